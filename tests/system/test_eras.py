"""Servers of both eras, which the gateway tells apart by their answers to `server/discover`."""
import sys

from gateway_under_test import chaos

# Knows revision 2026-07-28 alone: every request must carry its envelope.
STATELESS = """
import json, sys
for line in sys.stdin:
    request = json.loads(line)
    if "id" not in request:
        continue
    meta = request.get("params", {}).get("_meta", {})
    known = {"server/discover": {"supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}}},
             "tools/list": {"tools": [{"name": "who", "inputSchema": {"type": "object"}}]},
             "tools/call": {"content": [], "structuredContent": meta}}
    answer = {"jsonrpc": "2.0", "id": request["id"]}
    if meta.get("io.modelcontextprotocol/protocolVersion") != "2026-07-28":
        answer["error"] = {"code": -32602, "message": "no envelope"}
    elif request["method"] not in known:
        answer["error"] = {"code": -32601, "message": "no such method"}
    else:
        answer["result"] = known[request["method"]] | {"resultType": "complete"}
    print(json.dumps(answer), flush=True)
"""


def stateless(**config):
    return {"command": sys.executable, "args": ["-c", STATELESS], **config}


def protocols(gateway, service):
    return [event["protocol"] for event in gateway.events("service.ready", server=service)]


def test_a_server_of_either_era_is_spoken_to_in_its_own(start_gateway):
    """87."""
    gateway = start_gateway({"new": stateless(era="auto"), "old": chaos(era="auto")})
    assert protocols(gateway, "new") == ["2026-07-28"]
    assert protocols(gateway, "old") == ["2025-11-25"]
    assert not gateway.events("child.exit")
    with gateway.http("new") as client:
        client.initialize()
        told = client.call("who")["result"]["structuredContent"]
    assert told["io.modelcontextprotocol/clientCapabilities"] == {}
    assert "io.modelcontextprotocol/clientInfo" in told


def test_a_server_that_exits_at_discover_is_started_again_at_once_and_remembered(start_gateway):
    """87."""
    slow = {"backoff_initial": "1h", "backoff_max": "1h"}
    gateway = start_gateway({"strict": chaos("--strict-start", era="auto", restart=slow)})
    assert protocols(gateway, "strict") == ["2025-11-25"]
    assert len(gateway.events("child.exit")) == 1
    assert gateway.sse("strict").text("echo", {"text": "x"})


def test_a_server_that_ends_is_not_asked_again_what_it_speaks(start_gateway):
    gateway = start_gateway({"old": chaos(era="auto", restart={"backoff_initial": "10ms"})})
    gateway.sse("old").call("die")
    gateway.wait_for("service.ready", count=2, server="old")
    asked = [seen["method"] for seen in gateway.sse("old").seen_by_child()["received"]]
    assert asked[:2] == ["initialize", "notifications/initialized"]
