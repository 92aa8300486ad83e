"""What one client may have of a service: never all of it while others are there, or may come.

A client is whoever holds a token, or, without tokens, whoever has an address.
"""
import json

import pytest

from clients import call
from gateway_under_test import chaos
from test_child_faults import reason
from test_serial_children import order_at_child
from test_shared_child import set_level, received, until_received

FOR_LONG = {"call_timeout": "30m"}  # longer than any test: nothing here ends by a time limit
TWO_TOKENS = {"auth": {"tokens": [{"name": "greedy", "token": "token-of-the-greedy"},
                                  {"name": "other", "token": "token-of-the-other"}]}}


def of_token(token):
    return {"headers": {"Authorization": "Bearer " + token}}


# The gateway block, then what makes a client the greedy one and what makes it another.
KNOWN_BY = [
    pytest.param(TWO_TOKENS, of_token("token-of-the-greedy"), of_token("token-of-the-other"), id="token"),
    pytest.param({}, {"source": "127.0.0.1"}, {"source": "127.0.0.2"}, id="address"),
]
GREEDY, OTHER = {"source": "127.0.0.1"}, {"source": "127.0.0.2"}


def sessions(gateway, count, client, version="2025-11-25"):
    """So many Streamable sessions of one client."""
    opened = [gateway.http("chaos", **client) for _ in range(count)]
    for each in opened:
        each.initialize(version)
    return opened


def in_flight(gateway):
    """Calls that are owed or wait, as the health page counts them."""
    return gateway.health("chaos")["calls_in_flight"]


def leave(clients):
    """Closes all their connections; their sessions stay, and nothing is taken back."""
    for each in clients:
        each.close()


@pytest.mark.parametrize("config, greedy, other", KNOWN_BY)
def test_a_client_that_fills_a_service_and_leaves_does_not_hold_it(start_gateway, config, greedy, other):
    gateway = start_gateway({"chaos": chaos(max_calls=8, max_queue=4, **FOR_LONG)}, config)
    gateway.wait_for("service.tools")  # which takes a place, too
    greedy = sessions(gateway, 4, greedy)
    waiting = [(each, each.begin(call("hang", id=number))) for each in greedy for number in range(4)]
    gateway.until(lambda: gateway.metric("mcp_gateway_rejected_total", server="chaos", reason="client_share") == 5)
    assert in_flight(gateway) == 7 + 4  # of 8 places and 4 that wait
    leave(greedy)

    other = gateway.http("chaos", **other)
    other.initialize()
    assert other.text("echo", {"who": "other"}) == '{"who": "other"}'
    assert other.seen_by_child()["cancelled"] == []
    assert in_flight(gateway) == 11
    assert len(waiting) == 16


def test_a_handful_of_sessions_does_not_hold_a_service_as_it_is_delivered(start_gateway):
    gateway = start_gateway({"chaos": chaos(**FOR_LONG)})
    gateway.wait_for("service.tools")
    greedy = sessions(gateway, 5, GREEDY, version="2025-03-26")
    for each in greedy:
        for first, last in ((0, 100), (100, 200), (200, 256)):
            each.begin(json.dumps([call("hang", id=number) for number in range(first, last)]).encode())
    gateway.until(lambda: in_flight(gateway) == 896 + 256)  # seven eighths of max_calls, and max_queue
    leave(greedy)

    other = gateway.http("chaos", **OTHER)
    other.initialize()
    assert other.text("echo", {}) == "{}"
    assert in_flight(gateway) == 896 + 256


def test_clients_take_turns_however_many_sessions_one_of_them_has(start_gateway, tmp_path):
    gateway = start_gateway({"serial": chaos("--serial", max_calls=1)})
    gateway.wait_for("service.tools")  # which takes a turn, too
    many = [gateway.sse("serial", **GREEDY) for _ in range(3)]
    one = gateway.sse("serial", **OTHER)
    gate = tmp_path / "gate"
    many[0].post(call("wait_for", {"path": str(gate)}, "first"))
    for number in range(2):
        for at, client in enumerate(many):
            client.post(call("echo", {"who": "many-%d" % at}, number))
    for number in range(3):
        one.post(call("echo", {"who": "one"}, number))
    gate.touch()

    for number in range(2):
        assert all("result" in client.stream.answer(number) for client in many)
    for number in range(3):
        assert "result" in one.stream.answer(number)
    assert order_at_child(one, "echo") == ["many-0", "one", "many-1", "one", "many-2", "one", "many-0", "many-1", "many-2"]


def test_a_full_queue_makes_room_for_another_client(start_gateway, tmp_path):
    gateway = start_gateway({"serial": chaos("--serial", max_calls=1, max_queue=4)})
    gateway.wait_for("service.tools")  # which takes a turn, too
    greedy = [gateway.sse("serial", **GREEDY) for _ in range(2)]
    other = gateway.sse("serial", **OTHER)
    gate = tmp_path / "gate"
    greedy[0].post(call("wait_for", {"path": str(gate)}, "first"))
    for number in range(3):
        greedy[0].post(call("echo", {}, number))
    greedy[1].post(call("echo", {}, 0))

    other.post(call("echo", {}, 0))
    error = greedy[0].stream.answer(2)["error"]
    assert (error["code"], error["data"]["reason"], error["data"]["retryable"]) == (-32603, "client_share", True)
    other.post(call("echo", {}, 1))
    assert reason(greedy[0].stream.answer(1)) == "client_share"
    other.post(call("echo", {}, 2))  # it has as many as the greedy now
    assert reason(other.stream.answer(2)) == "queue_full"
    gate.touch()

    for client, id in ((greedy[0], "first"), (greedy[0], 0), (greedy[1], 0), (other, 0), (other, 1)):
        assert "result" in client.stream.answer(id)
    assert gateway.metric("mcp_gateway_rejected_total", server="serial", reason="client_share") == 2
    assert gateway.metric("mcp_gateway_rejected_total", server="serial", reason="queue_full") == 1


@pytest.mark.parametrize("config, service, places", [
    pytest.param({}, {}, 3, id="another address"),
    pytest.param(TWO_TOKENS, {}, 3, id="another token"),
    pytest.param({"auth": {"tokens": TWO_TOKENS["auth"]["tokens"][:1]}}, {}, 4, id="nobody: one token"),
    pytest.param({}, {"isolation": "session"}, 4, id="nobody: a child of its own"),
    pytest.param({}, {"isolation": "affinity", "affinity": {"header": "x-user-id"}}, 4, id="nobody: its owner's child"),
    pytest.param({}, {"client_share": 1}, 4, id="nobody: as configured"),
    pytest.param({}, {"client_share": 0.5}, 2, id="as configured"),
])
def test_places_are_kept_for_others_where_others_may_come(start_gateway, config, service, places):
    gateway = start_gateway({"chaos": chaos(max_calls=4, max_queue=0, **service, **FOR_LONG)}, config, wait_for=())
    headers = {"Authorization": "Bearer token-of-the-greedy", "X-User-Id": "u"}
    client = gateway.sse("chaos", headers=headers)
    client.initialize()
    gateway.wait_for("service.tools")  # which takes a place, too
    for number in range(6):
        client.post(call("hang", id=number))
    for number in range(places, 6):
        assert reason(client.stream.answer(number)) == ("client_share" if places < 4 else "queue_full")
    assert in_flight(gateway) == places


def test_what_a_client_subscribes_to_is_in_its_share(start_gateway, tmp_path):
    """Asked of the child by the gateway itself, once for all, but for somebody."""
    gateway = start_gateway({"serial": chaos("--serial", "--declare", "resources", max_calls=4)})
    gateway.wait_for("service.tools")  # which takes a place, too
    greedy, other = gateway.sse("serial", **GREEDY), gateway.sse("serial", **OTHER)
    gate = tmp_path / "gate"
    greedy.post(call("wait_for", {"path": str(gate)}, "first"))
    for number in range(8):
        greedy.post({"jsonrpc": "2.0", "id": number, "method": "resources/subscribe", "params": {"uri": "chaos://%d" % number}})
    other.post(call("echo", {}, "other"))
    gate.touch()

    assert "result" in other.stream.answer("other")
    for number in range(8):
        assert greedy.stream.answer(number)["result"] == {}
    seen = [each["method"] for each in other.seen_by_child()["received"]]
    began = seen.index("tools/call")
    assert seen[began:began + 4] == ["tools/call", "resources/subscribe", "resources/subscribe", "tools/call"]
    assert seen.count("resources/subscribe") == 8


def test_a_client_that_changes_the_log_level_without_end_asks_the_child_once_at_a_time(start_gateway, tmp_path):
    gateway = start_gateway({"serial": chaos("--serial", "--declare", "logging")})
    gateway.wait_for("service.tools")
    client = gateway.sse("serial")
    gate = tmp_path / "gate"
    client.post(call("wait_for", {"path": str(gate)}, "first"))
    for _ in range(10):
        for level in ("debug", "error"):
            assert set_level(client, level)["result"] == {}
    gate.touch()

    assert until_received(gateway, client, 2, "logging/setLevel") == ['{"level":"debug"}', '{"level":"error"}']
    assert set_level(client, "info")["result"] == {}
    assert until_received(gateway, client, 3, "logging/setLevel")[2:] == ['{"level":"info"}']
