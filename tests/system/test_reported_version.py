"""The version of the build, at every place that reports it."""
import re
import subprocess
import sys

from gateway_under_test import GATEWAY

# A child that tells in its log who initialized it.
CHILD = """
import json, sys
for line in sys.stdin:
    asked = json.loads(line)
    if asked.get("method") == "initialize": print(json.dumps(asked["params"]["clientInfo"]), file=sys.stderr, flush=True)
    result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "own", "version": "7"}}
    if "id" in asked: print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""


def test_every_place_reports_the_same_version_and_the_server_keeps_its_own(start_gateway):
    said = subprocess.run([GATEWAY, "version"], capture_output=True, text=True, check=True).stdout
    version, revision, built = re.fullmatch(r"mcp-gateway (\S+) \((\w+), built (\S+)\)\n", said).groups()
    gateway = start_gateway({"own": {"command": sys.executable, "args": ["-c", CHILD]}})
    page = gateway.admin("/version").json
    assert (page["version"], page["revision"], page["buildTime"]) == (version, revision, built)
    health = gateway.health()
    assert (health["version"], health["buildTime"]) == (version, built)
    assert gateway.metric("mcp_gateway_build_info", version=version, revision=revision) == 1
    assert gateway.wait_for("gateway.start")["version"] == version
    assert f'"version": "{version}"' in gateway.wait_for("child.stderr")["line"]
    assert gateway.http("own").initialize()["serverInfo"] == {"name": "own", "version": "7"}
