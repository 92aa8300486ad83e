"""Children that do one thing at a time, as MCP Toolbox does, or that lose what comes at the same time."""
from clients import call, cancelled
from gateway_under_test import chaos, impatient
from test_child_faults import QUICK_STOP, SOON, pid_of, reason


def order_at_child(client, tool):
    """The `who` of each call of that tool, in the order the child received them."""
    seen = [each["params"] for each in client.seen_by_child()["received"] if each["method"] == "tools/call"]
    return [params.split('"who": "')[1].split('"')[0] for params in seen if '"name": "%s"' % tool in params]


def test_a_session_with_many_calls_waiting_does_not_starve_another(start_gateway, tmp_path):
    gateway = start_gateway({"serial": chaos("--serial", max_calls=1)})
    gateway.wait_for("service.tools")  # which takes a turn, too
    busy, late, later = (gateway.sse("serial") for _ in range(3))
    gate = tmp_path / "gate"
    busy.post(call("wait_for", {"path": str(gate)}, "first"))
    for number in range(100):
        busy.post(call("echo", {"who": "busy"}, number))
    for client, who in ((late, "late"), (later, "later")):
        for number in range(2):
            client.post(call("echo", {"who": who}, number))
    gate.touch()

    for number in range(2):
        assert late.stream.answer(number)["result"] and later.stream.answer(number)["result"]
    for number in ("first", *range(100)):
        assert "result" in busy.stream.answer(number)
    order = order_at_child(late, "echo")
    assert order[:6] == ["busy", "late", "later"] * 2
    assert order[6:] == ["busy"] * 98


def test_a_full_queue_makes_room_for_a_session_that_has_less(start_gateway, tmp_path):
    gateway = start_gateway({"serial": chaos("--serial", max_calls=1, max_queue=4)})
    gateway.wait_for("service.tools")  # which takes a turn, too
    busy, late = gateway.sse("serial"), gateway.sse("serial")
    gate = tmp_path / "gate"
    busy.post(call("wait_for", {"path": str(gate)}, "first"))
    for number in range(5):
        busy.post(call("echo", {}, number))
    assert reason(busy.stream.answer(4)) == "queue_full"
    late.post(call("echo", {}, "late"))
    assert reason(busy.stream.answer(3)) == "queue_full"
    gate.touch()

    assert "result" in late.stream.answer("late")
    for number in ("first", 0, 1, 2):
        assert "result" in busy.stream.answer(number)


def test_nothing_is_lost_of_what_several_sessions_write_at_once_to_a_child_that_loses_writes(start_gateway, tmp_path):
    """30 creates sent at once to the file-backed memory server are 30 successes and one entity."""
    gateway = start_gateway({"lossy": chaos(max_calls=1)})
    clients = [gateway.sse("lossy") for _ in range(3)]
    store = tmp_path / "store"
    for number in range(10):
        for at, client in enumerate(clients):
            client.post(call("remember", {"path": str(store), "line": "%d-%d" % (at, number)}, number))
    for client in clients:
        for number in range(10):
            assert client.stream.answer(number)["result"]["content"][0]["text"] == "remembered"

    stored = store.read_text().split()
    assert sorted(stored) == sorted("%d-%d" % (at, number) for at in range(3) for number in range(10))


def test_a_call_that_was_taken_back_and_is_never_answered_gives_its_place_free(start_gateway):
    """Servers made with the SDKs do not answer a cancelled request."""
    gateway = start_gateway({"chaos": chaos(max_calls=1)})
    client = gateway.sse("chaos")
    client.post(call("hang", {}, "taken back"))
    client.post(call("echo", {}, "waits"))
    client.post(cancelled("taken back"))

    assert client.stream.answer("waits")["result"]["content"][0]["text"] == "{}"
    assert gateway.events("child.exit") == []


def test_a_serial_child_that_hangs_is_ended_by_the_times_of_those_who_wait(start_gateway, tmp_path):
    """It is not asked whether it lives: nothing but the calls is ever sent to it."""
    gateway = start_gateway({"serial": chaos("--serial", max_calls=1, restart=SOON, stop=QUICK_STOP,
                                             **impatient("wait_for", "hang"))})
    a, b = gateway.sse("serial"), gateway.sse("serial")
    pid = pid_of(a)
    a.post(call("wait_for", {"path": str(tmp_path / "never")}, "hangs"))
    a.post(call("hang", {}, "behind"))
    b.post(call("hang", {}, "behind"))

    assert [reason(client.stream.answer(id)) for client, id in ((a, "hangs"), (a, "behind"), (b, "behind"))] == [
        "timeout"] * 3
    assert gateway.wait_for("child.hang", server="serial")["child.pid"] == pid
    gateway.wait_for("service.ready", count=2, server="serial")
    assert a.text("echo", {}) == b.text("echo", {}) == "{}"
    assert pid_of(a) != pid
    assert gateway.metric("mcp_child_restarts_total", server="serial", reason="hang") == 1


def test_a_serial_child_that_is_only_slow_is_left_alone(start_gateway, tmp_path):
    gateway = start_gateway({"serial": chaos("--serial", max_calls=1, call_timeout="10s")})  # less than all calls take together
    a, b = gateway.sse("serial"), gateway.sse("serial")
    for at, (client, other) in enumerate(((a, b), (b, a)) * 2):
        client.post(call("slow", {"ms": 2600, "stubborn": True}, "slow %d" % at))
        other.post(call("echo", {}, "behind %d" % at))
        assert "result" in other.stream.answer("behind %d" % at)
        assert "result" in client.stream.answer("slow %d" % at)
    assert gateway.events("child.hang") == gateway.events("child.exit") == []
    assert all(each["method"] != "ping" for each in a.seen_by_child()["received"])


def test_what_waits_for_its_turn_outlives_the_end_of_the_child(start_gateway, tmp_path):
    """It was never sent, so it is neither lost nor done twice."""
    gateway = start_gateway({"serial": chaos("--serial", max_calls=1, restart=SOON)})
    a, b = gateway.sse("serial"), gateway.sse("serial")
    gate = tmp_path / "gate"
    a.post(call("wait_for", {"path": str(gate)}, "first"))
    a.post(call("die", {}, "dies"))
    b.post(call("echo", {}, "waits"))
    a.post(call("echo", {}, "waits"))
    gate.touch()

    assert "result" in a.stream.answer("first")
    assert "result" in b.stream.answer("waits")
    assert reason(a.stream.answer("dies")) == "child_exited"
    assert "result" in a.stream.answer("waits")
