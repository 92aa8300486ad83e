"""Several children of one service: sessions are spread over them and stay, and move when theirs goes down."""
import json
import os
import signal

from clients import call
from gateway_under_test import chaos
from test_child_faults import SOON, pid_of, reason
from test_shared_child import notes, received, subscribe, updates

LATE = {"backoff_initial": "1h", "backoff_max": "1h"}


def replicas(number, *flags, **config):
    return chaos(*flags, replicas=number, **config)


def ready(gateway, number, service="chaos"):
    gateway.wait_for("service.ready", count=number, server=service)
    gateway.wait_for("service.tools", count=number, server=service)


def opened(gateway, number):
    clients = [gateway.sse("chaos") for _ in range(number)]
    for client in clients:
        client.initialize()
    return clients


def test_sessions_are_spread_and_stay_where_they_are(start_gateway):
    gateway = start_gateway({"chaos": replicas(3)})
    ready(gateway, 3)
    clients = opened(gateway, 9)
    pids = [pid_of(client) for client in clients]
    assert sorted(pids.count(pid) for pid in set(pids)) == [3, 3, 3]
    assert [pid_of(client) for client in clients] == pids

    health = gateway.health("chaos")
    assert (health["status"], health["children"], health["sessions"]) == ("HEALTHY", 3, 9)
    assert sorted((each["pid"], each["state"], each["sessions"]) for each in health["replicas"]) == [
        (pid, "ready", 3) for pid in sorted(set(pids))]
    assert gateway.metric("mcp_child_up", server="chaos") == 3
    assert gateway.metric("mcp_child_state", server="chaos", state="ready") == 3

    for client in clients[1:]:
        client.close()
    gateway.until(lambda: gateway.health("chaos")["sessions"] == 1)
    assert pids[0] not in {pid_of(client) for client in opened(gateway, 2)}


def test_children_work_at_the_same_time_and_a_busy_one_keeps_only_its_own_waiting(start_gateway, tmp_path):
    gateway = start_gateway({"chaos": replicas(2, "--serial", max_calls=1)})
    ready(gateway, 2)
    a, b = opened(gateway, 2)
    gate = tmp_path / "gate"
    a.post(call("wait_for", {"path": str(gate)}, "long"))
    assert b.text("echo", {}) == "{}"
    gate.touch()
    assert "result" in a.stream.answer("long")


def test_a_child_that_goes_down_fails_its_calls_and_its_sessions_go_on_at_another(start_gateway):
    gateway = start_gateway({"chaos": replicas(2, restart=LATE)})
    ready(gateway, 2)
    a, b = opened(gateway, 2)
    pid_a, pid_b = pid_of(a), pid_of(b)
    assert pid_a != pid_b
    a.post(call("hang", {}, "in flight"))
    b.post(call("slow", {"ms": 1000}, "elsewhere"))
    os.kill(pid_a, signal.SIGKILL)

    assert reason(a.stream.answer("in flight")) == "child_exited"
    assert pid_of(a) == pid_b
    assert "result" in b.stream.answer("elsewhere")
    health = gateway.health("chaos")
    assert (health["status"], health["state"], health["children"]) == ("DEGRADED", "ready", 1)
    assert health["reason"] == "1 of 2 children is not ready: it ended with signal 9 (Killed)"
    assert {each["state"]: each["sessions"] for each in health["replicas"]} == {"ready": 2, "backoff": 0}
    assert pid_of(gateway.http("chaos")) == pid_b


def test_a_session_that_moves_keeps_its_subscriptions_and_log_level(start_gateway):
    gateway = start_gateway({"chaos": replicas(2, "--declare", "resources,logging", "--list-changed", shared_logs="all",
                                               restart=LATE)})
    ready(gateway, 2)
    a, b = opened(gateway, 2)
    pid_b = pid_of(b)
    subscribe(a, "chaos://one")
    subscribe(a, "chaos://both")
    subscribe(b, "chaos://both")
    a.request("logging/setLevel", {"level": "debug"})
    os.kill(pid_of(a), signal.SIGKILL)
    gateway.wait_for("child.exit")

    gateway.until(lambda: received(b, "resources/subscribe", "chaos://one"))
    gateway.until(lambda: received(b, "logging/setLevel", "debug"))
    assert len(received(b, "resources/subscribe", "chaos://both")) == 1
    assert pid_of(a) == pid_b
    for uri in ("chaos://one", "chaos://both"):
        b.text("update_resource", {"uri": uri})
    assert updates(a) == [{"uri": "chaos://one"}, {"uri": "chaos://both"}]
    assert updates(b) == [{"uri": "chaos://both"}]
    b.text("log", {"level": "debug", "text": "x"})
    assert len(notes(a, "notifications/message")) == 1
    assert notes(a, "notifications/tools/list_changed") == []


def test_a_session_that_moves_to_other_tools_is_told(start_gateway):
    gateway = start_gateway({"chaos": replicas(2, "--list-changed", restart=LATE)})
    ready(gateway, 2)
    a, b = opened(gateway, 2)
    b.call("change_tools")
    gateway.wait_for("service.tools", changed=True)
    assert len(notes(b, "notifications/tools/list_changed")) == 1
    assert notes(a, "notifications/tools/list_changed") == []
    os.kill(pid_of(a), signal.SIGKILL)
    gateway.wait_for("child.exit")

    assert "extra_1" in json.dumps(a.request("tools/list"))
    assert len(notes(a, "notifications/tools/list_changed")) == 1


def test_what_a_moving_session_has_waiting_is_answered_at_the_other_child(start_gateway):
    gateway = start_gateway({"chaos": replicas(2, "--serial", max_calls=1, restart=LATE)})
    ready(gateway, 2)
    a, b = opened(gateway, 2)
    pid_a, pid_b = pid_of(a), pid_of(b)
    a.post(call("hang", {}, "in flight"))
    for number in range(20):
        a.post(call("echo", {}, number))
    os.kill(pid_a, signal.SIGKILL)

    assert reason(a.stream.answer("in flight")) == "child_exited"
    for number in range(20):
        assert a.stream.answer(number)["result"]["content"][0]["text"] == "{}"
    assert len(received(b, "tools/call", "echo")) == 20
    assert pid_of(a) == pid_b


def test_sessions_wait_for_the_restart_when_no_child_is_left(start_gateway):
    gateway = start_gateway({"chaos": replicas(2, restart=SOON)})
    ready(gateway, 2)
    a, b = opened(gateway, 2)
    pids = [pid_of(a), pid_of(b)]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    gateway.wait_for("child.exit", count=2)

    assert a.text("echo", {}) == b.text("echo", {}) == "{}"
    gateway.wait_for("service.ready", count=4, server="chaos")
    assert {pid_of(a), pid_of(b)}.isdisjoint(pids)


def test_a_session_on_a_child_that_will_not_start_finds_one_that_runs(start_gateway, tmp_path):
    """Whoever was placed there moves with its next message, if not before."""
    wrapper = "mkdir %s || exit 1; exec \"$@\"" % (tmp_path / "only-once")
    child = chaos()
    gateway = start_gateway({"chaos": {"command": "/bin/sh", "args": ["-c", wrapper, "sh", child["command"], *child["args"]],
                                       "replicas": 2, "restart": LATE}}, wait_for=["chaos"])
    gateway.wait_for("child.backoff")
    a, b, c = opened(gateway, 3)
    assert len({pid_of(client) for client in (a, b, c)}) == 1


def test_a_thousand_calls_through_children_that_are_killed_are_each_answered_once(start_gateway):
    gateway = start_gateway({"chaos": replicas(3, restart=SOON)})
    ready(gateway, 3)
    clients = opened(gateway, 10)
    for round in range(5):
        for client in clients:
            for number in range(20):
                client.post(call("echo", {"who": number}, "%d-%d" % (round, number)))
        victim = json.loads(clients[0].call("pid").get("result", {"content": [{"text": "{}"}]})["content"][0]["text"])
        if victim:
            os.kill(victim["pid"], signal.SIGKILL)
        for client in clients:
            for number in range(20):
                answer = client.stream.answer("%d-%d" % (round, number))
                if "error" in answer:
                    assert reason(answer) in ("child_exited", "not_running", "queue_full")  # its stdin may end before it
                else:
                    assert json.loads(answer["result"]["content"][0]["text"]) == {"who": number}
    for client in clients:
        client.request("ping")
        assert [event for event in client.stream.unread if "id" in event.json] == []
