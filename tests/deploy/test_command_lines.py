"""The command lines by which deployments are planned, word for word."""
import json
import os
import socket
import stat

from site_of_profiles import TOKENS

GRADUAL = """
set -e
# Deploy to secondary instance
mcp-server deploy --profile=production-secondary --validate-first
# Limited traffic routing (10%)
load-balancer set-traffic-split primary:90 secondary:10
mcp-server monitor --profile=production-secondary --duration=10m
# Increase traffic (50%)
load-balancer set-traffic-split primary:50 secondary:50
mcp-server monitor --profile=production-secondary --duration=20m
# Full traffic migration
load-balancer set-traffic-split primary:0 secondary:100
"""

BACK_AT_ONCE = """
set -e
load-balancer set-traffic-split primary:100 secondary:0
mcp-server health-check --profile=production-primary
"""

BACK_COMPLETELY = """
set -e
mcp-server stop --profile=production-secondary
mcp-server rollback --profile=production --version=previous
mcp-server validate --profile=production --comprehensive
"""


def hurried(script):
    """The same in seconds: only durations differ."""
    return (script.replace("--duration=10m", "--duration=1s --interval=200ms")
            .replace("--duration=20m", "--duration=1s --interval=200ms")
            .replace("--comprehensive", "--comprehensive --stability=1s"))


def test_staging_is_validated_deployed_and_checked(site):
    site.run("""
set -e
mcp-server validate-config --profile=staging
mcp-server deploy --profile=staging --validate-first
mcp-server health-check --profile=staging --timeout=30s
""")
    assert list(site.instances("staging").values()) == [1]


def test_production_moves_to_the_new_version_and_back(site):
    site.run("mcp-server deploy --profile=production-primary --validate-first && mcp-server deploy --profile=production-secondary")
    site.run("mcp-server deploy --profile=production --version=v1 && mcp-server deploy --profile=production --version=v2")
    site.start_haproxy()
    site.run(hurried(GRADUAL))
    assert {name: weight for name, (weight, _) in site.weights().items()} == {"primary": 0, "secondary": 100}
    site.run(hurried(BACK_AT_ONCE))
    assert {name: weight for name, (weight, _) in site.weights().items()} == {"primary": 100, "secondary": 0}
    said = site.run(hurried(BACK_COMPLETELY)).stdout
    assert "release 1 (v1) is ready" in said and " 0 failed" in said
    assert not site.instances("production-secondary") and list(site.instances("production").values()) == [1]


def test_a_token_of_staging_is_refused_by_production(site):
    site.run("mcp-server deploy --profile=staging && mcp-server deploy --profile=production")
    for mine, other in (("staging", "production"), ("production", "staging")):
        port = site.ports[mine][0]
        assert site.post(port, "tools/list", token=TOKENS[mine])[0] == 200
        assert site.post(port, "tools/list", token=TOKENS[other])[0] == 401


def test_validate_finds_what_is_wrong(site):
    site.add_profile("staging", echo={"expected_tools": ["echo", "fly"]})
    site.run("mcp-server deploy --profile=staging")
    ran = site.run("mcp-server validate --profile=staging --comprehensive --stability=1s --json", expect=1)
    checks = json.loads(ran.stdout)["checks"]
    assert [check for check in checks if not check["ok"]] == [
        {"service": "echo", "check": "tools", "ok": False, "detail": "missing: fly"}]
    assert {check["check"] for check in checks} == {
        "ready", "token", "handshake", "discover", "tools", "unknown tool", "broken JSON", "latency", "stability", "metrics",
        "log", "audit"}
    site.run("mcp-server stop --profile=staging && mcp-server validate --profile=staging", expect=3)


def test_the_state_is_exported_without_secrets(site):
    secrets = {"a-key-in-the-environment": {"env": {"API_KEY": "a-key-in-the-environment"}},
               "a-key-in-an-argument": {"args": ["--api-key", "a-key-in-an-argument"]}}
    service = dict(site.services["echo"])
    for each in secrets.values():
        service.update(each)
    site.add_profile("production", other=service)
    site.run("mcp-server deploy --profile=production --version=v7")
    site.run("mcp-server export-state --profile=production --output=production-state-backup")
    file = site.folder / "production-state-backup"
    text = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for secret in (*TOKENS.values(), *secrets):
        assert secret not in text
    state = json.loads(text)["state"]
    assert state["release"]["version"] == "v7" and state["instance"]["servers"]["echo"]["status"] == "HEALTHY"
    assert stat.S_IMODE((site.state / "profiles/production/releases/1/config.json").stat().st_mode) == 0o600


def test_health_check_says_what_is_reached(site):
    probe = {"method": "ping", "interval": "1h"}
    site.services["echo"]["probe"] = {**probe, "reaches": "database"}
    site.services["chaos"]["probe"] = {**probe, "reaches": "external"}
    site.write_base()
    site.run("mcp-server deploy --profile=production")
    ran = site.run("./health-check --database", MCP_ENV="production")
    assert ran.stdout == "Database connection: OK\n"
    ran = site.run("./health-check --external-services --timeout=60s", MCP_ENV="production")
    assert ran.stdout.split() == ["chaos", "reachable"]


def test_health_check_tells_a_failure_from_nobody_and_from_silence(site):
    site.run("mcp-server health-check --profile=staging --timeout=1s", expect=3)
    with socket.create_server(("127.0.0.1", site.ports["staging"][1])):
        site.run("mcp-server health-check --profile=staging --timeout=1s", expect=4)
    site.add_profile("staging", absent={"command": "/no/such/program"})
    site.run("mcp-server deploy --profile=staging && mcp-server health-check --profile=staging --timeout=1s", expect=1)


def test_wrong_command_lines_and_configurations_end_with_2(site):
    for line in ("mcp-server deploy", "mcp-server deploy --profile=nowhere",
                 "mcp-server monitor --profile=staging --duration=soon", "load-balancer set-traffic-split primary:90 secondary:20",
                 "load-balancer set-traffic-split",
                 "mcp-server rollback --profile=staging", "mcp-server stop --profile=../staging",
                 "mcp-server export-state --profile=staging",
                 "health-check --database --profile=staging"):
        site.run(line, expect=2)
    (site.folder / "profiles" / "staging.json").write_text('{"gateway": {"listen": 1.5}}')
    ran = site.run("mcp-server validate-config --profile=staging", expect=2)
    assert "profiles/staging.json: gateway.listen: " in ran.stderr
    site.run("load-balancer set-traffic-split primary:90 secondary:10", expect=3)
    assert os.listdir(site.state) == ["profiles"]  # a lock
