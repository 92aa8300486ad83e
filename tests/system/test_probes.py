"""Probes of what is behind a child, and the tools it is expected to list."""
import json

from clients import call
from gateway_under_test import chaos
from test_child_faults import SOON, pid_of
from test_command_line import child, mcp_gateway, written, CHAOS


def probing(path, **more):
    """Good while the file at `path` holds ok."""
    return {"tool": "tell", "arguments": {"path": str(path)}, "expect": {"json": {"/status": "ok"}},
            "interval": "100ms", **more}


def say(path, **content):
    path.with_suffix(".new").write_text(json.dumps(content))
    path.with_suffix(".new").rename(path)


def probe_of(gateway, status, service="chaos"):
    """What health says of the service once its probe has this status."""
    return gateway.until(lambda: (found := gateway.health(service))["probe"]["status"] == status and found,
                         what="a probe that %s" % status)


def test_a_failed_probe_makes_a_service_degraded_until_one_passes_and_restarts_nothing(start_gateway, tmp_path):
    backend = tmp_path / "backend"
    say(backend, status="ok")
    gateway = start_gateway({"chaos": chaos(required=True, probe=probing(backend))})
    client = gateway.sse("chaos")
    pid = pid_of(client)
    well = probe_of(gateway, "passed")
    assert (well["status"], well["state"]) == ("HEALTHY", "ready")
    assert well["probe"]["ms"] > 0 and well["probe"]["age_seconds"] >= 0
    gateway.until(lambda: gateway.metric("mcp_child_probe_up", server="chaos") == 1)

    say(backend, status="starting")
    ill = probe_of(gateway, "failed")
    assert (ill["status"], ill["state"]) == ("DEGRADED", "ready")
    assert ill["probe"]["reason"] == '/status is "starting", expected "ok"'
    assert ill["reason"] == "the probe failed: " + ill["probe"]["reason"]
    assert gateway.health()["status"] == "DEGRADED"
    assert gateway.admin("/readyz").status == 200
    gateway.until(lambda: gateway.metrics().count('mcp_child_probe_up{server="chaos"} 0'))
    assert gateway.wait_for("service.probe", count=2, server="chaos")["reason"] == ill["probe"]["reason"]
    assert client.text("echo", {}) == "{}"

    say(backend, status="ok")
    assert probe_of(gateway, "passed")["status"] == "HEALTHY"
    assert pid_of(client) == pid and gateway.events("child.exit") == []


def test_a_probe_is_no_traffic_of_a_client(start_gateway, tmp_path):
    backend = tmp_path / "backend"
    say(backend, status="ok")
    gateway = start_gateway({"chaos": chaos(probe=probing(backend))})
    gateway.until(lambda: gateway.metric("mcp_child_probes_total", server="chaos", result="passed") >= 2)

    assert gateway.events("request.done") == []
    for name in ("mcp_server_requests_total", "mcp_server_tool_calls_total", "mcp_gateway_sessions_opened_total",
                 "mcp_server_message_bytes_count"):
        assert gateway.metric(name, server="chaos") == 0, name


def test_one_failure_alone_is_asked_again_at_once_and_does_not_count(start_gateway, tmp_path):
    """MCP Toolbox fails its first call after its database was started again."""
    backend = tmp_path / "backend"
    say(backend, status="ok")
    gateway = start_gateway({"chaos": chaos(probe=probing(backend, arguments={"path": str(backend), "fail_first": True}))})

    probe_of(gateway, "passed")
    assert gateway.metric("mcp_child_probes_total", server="chaos", result="failed") == 1
    assert [event["msg"] for event in gateway.events("service.probe")] == ["the probe passed"]


def test_a_child_that_is_busy_or_hangs_with_a_clients_call_is_not_ill(start_gateway, tmp_path):
    """The probe waits its turn like a call, and its own time begins when it is sent."""
    backend, gate = tmp_path / "backend", tmp_path / "gate"
    say(backend, status="ok")
    gateway = start_gateway({"chaos": chaos("--serial", max_calls=1, probe=probing(backend, timeout="8s"))})
    probe_of(gateway, "passed")
    client = gateway.sse("chaos")
    client.post(call("wait_for", {"path": str(gate)}, "long"))
    asked = gateway.metric("mcp_child_probes_total", server="chaos")
    gateway.until(lambda: gateway.health("chaos")["probe"]["age_seconds"] > 9)

    assert gateway.health("chaos")["status"] == "HEALTHY"
    assert gateway.metric("mcp_child_probes_total", server="chaos") <= asked + 1  # it may have been on its way
    gate.touch()
    assert "result" in client.stream.answer("long")
    gateway.until(lambda: gateway.metric("mcp_child_probes_total", server="chaos", result="passed") > asked + 1)
    assert gateway.metric("mcp_child_probes_total", server="chaos", result="failed") == 0


def test_a_probe_without_an_answer_fails_and_clients_calls_go_on(start_gateway):
    gateway = start_gateway({"chaos": chaos(probe={"tool": "hang", "interval": "100ms", "timeout": "50ms"})})

    assert probe_of(gateway, "failed")["probe"]["reason"] == "it did not answer within 0.1 s"
    client = gateway.sse("chaos")
    assert client.text("echo", {}) == "{}"
    assert gateway.events("child.hang") == gateway.events("child.exit") == []
    gateway.until(lambda: len(client.seen_by_child()["cancelled"]) >= 2)


def test_a_probe_by_method_is_an_answer_of_the_child_itself(start_gateway):
    gateway = start_gateway({"pings": chaos(probe={"method": "ping"}),
                             "lists": chaos(probe={"method": "tools/list", "expect": {"contains": '"echo"'}}),
                             "wrong": chaos(probe={"method": "no/such"})})

    assert probe_of(gateway, "passed", "pings") and probe_of(gateway, "passed", "lists")
    assert probe_of(gateway, "failed", "wrong")["probe"]["reason"] == "it answered with an error: Method not found"
    methods = [each["method"] for each in gateway.sse("pings").seen_by_child()["received"]]
    assert "ping" in methods


def test_the_next_run_of_a_child_is_probed_anew(start_gateway, tmp_path):
    backend = tmp_path / "backend"
    say(backend, status="down")
    gateway = start_gateway({"chaos": chaos(restart=SOON, probe=probing(backend, interval="1h"))})
    probe_of(gateway, "failed")
    say(backend, status="ok")
    gateway.sse("chaos").post(call("die"))
    gateway.wait_for("service.ready", count=2, server="chaos")
    assert probe_of(gateway, "passed")["status"] == "HEALTHY"


def test_a_service_that_lacks_an_expected_tool_is_degraded_and_names_it(start_gateway):
    gateway = start_gateway({"some": chaos(expected_tools=["echo", "extra_1"]), "many": chaos(expected_tools=1000),
                             "all": chaos(expected_tools=["echo", "hang"])})
    for name in gateway.services:
        gateway.wait_for("service.tools", server=name)

    assert gateway.health("all")["status"] == "HEALTHY"
    some, many = gateway.health("some"), gateway.health("many")
    assert (some["status"], some["reason"]) == ("DEGRADED", "it lacks the tools extra_1")
    assert many["status"] == "DEGRADED" and many["reason"].endswith("tools, expected 1000")
    assert gateway.metric("mcp_child_tools_missing", server="some") == 1

    client = gateway.sse("some")
    client.call("change_tools", {"silent": True})
    client.call("die")
    gateway.wait_for("service.tools", count=2, server="some")
    assert gateway.health("some")["status"] == "DEGRADED"


def test_check_connect_says_what_probes_and_lists_of_tools_show(tmp_path):
    good = {"tool": "echo", "expect": {"contains": "{}"}}
    file = written(tmp_path, {"mcpServers": {"good": child(*CHAOS, probe=good, expected_tools=["echo"])}})
    ran = mcp_gateway("check", "--config", file, "--connect")
    assert ran.returncode == 0 and ", probe passed in " in ran.stdout, ran

    file = written(tmp_path, {"mcpServers": {"bad": child(*CHAOS, probe={"tool": "is_error"}, expected_tools=["nope"])}})
    ran = mcp_gateway("check", "--config", file, "--connect")
    assert ran.returncode == 1
    assert "FAIL  bad" in ran.stdout and "probe failed" in ran.stdout
    assert "it lacks the tools nope; the probe failed: the tool failed: as asked" in ran.stdout
