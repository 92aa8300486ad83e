"""Children with nothing to do: stopped until somebody comes, or begun anew."""
import json
import os
import signal
from contextlib import suppress

from clients import call
from gateway_under_test import chaos, gated, is_gone
from test_child_faults import QUICK_STOP, SOON, pid_of, reason
from test_shared_child import notes, received, subscribe, updates

IDLE = {"idle_stop": "300ms", "stop": QUICK_STOP}


def asleep(gateway, times=1):
    gateway.wait_for("child.idle", count=times, server="chaos")
    gateway.until(lambda: gateway.health("chaos")["state"] == "idle")


# ── asleep ───────────────────────────────────────────────────────────────────────────────────────


def test_a_child_nobody_uses_is_stopped_and_started_by_the_next_session(start_gateway):
    gateway = start_gateway({"chaos": chaos("--daemonize-grandchild", required=True, **IDLE)})
    client = gateway.sse("chaos")
    client.initialize()
    process = json.loads(client.text("pid"))
    client.close()
    asleep(gateway)

    assert is_gone(process["pid"]) and is_gone(process["grandchildren"][0])
    health = gateway.health("chaos")
    assert (health["status"], health["children"], health["restarts"]) == ("HEALTHY", 0, 0)
    assert gateway.health()["status"] == "HEALTHY" and gateway.admin("/readyz").status == 200
    assert gateway.metric("mcp_child_state", server="chaos", state="idle") == 1
    assert gateway.metric("mcp_child_restarts_total", server="chaos") == 0
    assert gateway.events("child.backoff") == []

    client = gateway.sse("chaos")
    assert pid_of(client) != process["pid"]
    assert gateway.health("chaos")["state"] == "ready"


def test_a_child_with_a_session_or_a_call_is_not_stopped(start_gateway):
    gateway = start_gateway({"chaos": chaos(**IDLE), "clock": chaos(**IDLE)})
    client = gateway.sse("chaos")
    pid = pid_of(client)
    with gateway.sse("clock") as other:
        pid_elsewhere = pid_of(other)
    assert is_gone(pid_elsewhere)  # when its time had passed
    assert pid_of(client) == pid
    so_far = gateway.log.events
    begun = so_far.index(gateway.wait_for("child.start", server="chaos", **{"child.pid": pid}))
    assert not [event for event in so_far[begun:] if (event["event"], event.get("server")) == ("child.idle", "chaos")]


def test_lists_and_initialize_are_answered_while_the_child_starts(start_gateway, tmp_path):
    """From what its last run said."""
    gate = tmp_path / "gate"
    gateway = start_gateway({"chaos": gated(gate, **IDLE)}, wait_for=())
    gate.touch()
    gateway.wait_for("service.tools", server="chaos")
    known = gateway.http("chaos").request("tools/list")
    asleep(gateway)
    gate.unlink()

    client, other = gateway.sse("chaos"), gateway.http("chaos")
    assert client.initialize()["serverInfo"]["name"] == other.initialize()["serverInfo"]["name"] == "chaos"
    assert client.request("tools/list")["result"] == known["result"]
    assert gateway.health("chaos")["state"] == "starting"
    assert gateway.health("chaos")["status"] == "HEALTHY"
    client.post(call("echo", {}, "waits"))
    client.request("ping")
    assert client.stream.unread == []
    gate.touch()
    assert client.stream.answer("waits")["result"]["content"][0]["text"] == "{}"
    assert notes(client, "notifications/tools/list_changed") == notes(client, "notifications/prompts/list_changed") == []


def test_sessions_are_told_when_the_tools_of_the_new_run_are_others(start_gateway, tmp_path):
    more, gate = tmp_path / "more", tmp_path / "gate"
    gate.touch()
    gateway = start_gateway({"chaos": gated(gate, "--tools-from", str(more), **IDLE)})
    asleep(gateway)
    gate.unlink()
    more.write_text("one\n")

    client = gateway.sse("chaos")
    client.initialize()
    assert "extra_1" not in json.dumps(client.request("tools/list"))
    gate.touch()
    client.stream.note("notifications/tools/list_changed")
    assert "extra_1" in json.dumps(client.request("tools/list"))


def test_a_session_that_comes_while_the_child_is_being_stopped_gets_the_next_run(start_gateway):
    gateway = start_gateway({"chaos": chaos("--ignore-stdin-close", idle_stop="300ms",
                                            stop={"stdin_grace": "500ms", "term_grace": "200ms"})})
    gateway.wait_for("child.idle", server="chaos")
    client = gateway.sse("chaos")
    assert client.initialize()["serverInfo"]["name"] == "chaos"
    assert client.text("echo", {}) == "{}"
    assert gateway.metric("mcp_child_restarts_total", server="chaos") == 0


def test_a_child_that_cannot_be_started_again_fails_those_who_wait(start_gateway, tmp_path):
    once = tmp_path / "once"
    child = chaos()
    gateway = start_gateway({"chaos": {"command": "/bin/sh", "args": ["-c", "mkdir %s || exit 7; exec \"$@\"" % once, "sh",
                                                                      child["command"], *child["args"]],
                                       "restart": {"max_restarts": 0}, **IDLE}})
    asleep(gateway)
    answer = gateway.http("chaos").call("echo")
    assert reason(answer) == "not_running" and "exit status 7" in answer["error"]["message"]
    assert gateway.health("chaos")["status"] == "UNHEALTHY"


def test_a_sleeping_child_is_not_probed_and_costs_no_call(start_gateway):
    gateway = start_gateway({"chaos": chaos(probe={"tool": "echo", "interval": "100ms"}, **IDLE)})
    asleep(gateway)
    asked = gateway.metric("mcp_child_probes_total", server="chaos")
    assert gateway.health("chaos")["probe"] == {"status": "unknown"}
    asleep_for = gateway.health()["uptime_seconds"]
    gateway.until(lambda: gateway.health()["uptime_seconds"] > asleep_for + 0.5)
    assert gateway.metric("mcp_child_probes_total", server="chaos") == asked
    assert len(gateway.events("child.start")) == 1


def test_a_gateway_ends_cleanly_with_children_asleep(start_gateway):
    gateway = start_gateway({"chaos": chaos(replicas=2, **IDLE)})
    gateway.wait_for("child.idle", count=2)
    gateway.until(lambda: gateway.health("chaos")["children"] == 0)
    gateway.stop()


# ── begun anew ───────────────────────────────────────────────────────────────────────────────────


def test_an_old_child_is_replaced_between_calls_and_its_sessions_do_not_notice(start_gateway):
    gateway = start_gateway({"chaos": chaos("--declare", "resources", recycle={"max_age": "1s"}, stop=QUICK_STOP)})
    client = gateway.sse("chaos")
    client.initialize()
    pid = pid_of(client)
    subscribe(client, "chaos://kept")
    client.post(call("slow", {"ms": 2000}, "long"))
    assert "result" in client.stream.answer("long")  # longer than it may live

    assert gateway.wait_for("child.recycle", server="chaos", **{"child.pid": pid})["reason"] == "recycle_age"
    for number in range(50):
        assert client.text("echo", {"n": number}) == '{"n": %d}' % number
    gateway.until(lambda: pid_of(client) != pid)
    client.text("update_resource", {"uri": "chaos://kept"})
    assert updates(client) == [{"uri": "chaos://kept"}]
    assert gateway.metric("mcp_child_restarts_total", server="chaos", reason="recycle_age") >= 1
    assert gateway.metric("mcp_server_tool_calls_total", server="chaos", outcome="child_exited") == 0
    assert gateway.events("child.backoff") == []


def test_a_child_that_has_grown_is_replaced(start_gateway):
    gateway = start_gateway({"chaos": chaos("--grandchild", recycle={"max_memory": "150MiB"}, stop=QUICK_STOP)})
    client = gateway.sse("chaos")
    pid = pid_of(client)
    client.call("grow", {"bytes": 200 << 20})

    event = gateway.wait_for("child.recycle", server="chaos")
    assert event["reason"] == "recycle_memory" and 200 << 20 < event["memory_bytes"] < 300 << 20
    assert pid_of(client) != pid
    assert gateway.metric("mcp_child_restarts_total", server="chaos", reason="recycle_memory") == 1


def test_a_child_that_crashes_while_it_is_replaced_comes_back(start_gateway):
    gateway = start_gateway({"chaos": chaos("--ignore-stdin-close", recycle={"max_age": "1s"}, restart=SOON,
                                            stop={"stdin_grace": "5s"})})
    client = gateway.sse("chaos")
    pid = gateway.wait_for("child.recycle", server="chaos")["child.pid"]
    client.post(call("echo", {}, "waits"))
    with suppress(ProcessLookupError):  # on a machine so slow that it has ended
        os.kill(pid, signal.SIGKILL)
    assert "result" in client.stream.answer("waits")
    assert received(client, "tools/call", "echo") != []
