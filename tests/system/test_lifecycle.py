"""The handshake, sessions and their ends: acceptance cases 14 to 19, 26 and 30."""
import json
import re

import pytest

from clients import BOTH, call, initialize, message
from gateway_under_test import chaos

SERVICES = {
    "chaos": chaos("--strict-start", era="legacy"),
    "fresh": chaos(era="legacy"),
    "old": chaos("--protocol", "2024-11-05"),
    "own": chaos("--strict-start", isolation="session", era="legacy"),
    "busy": chaos(),
}


@pytest.mark.parametrize(("asked", "agreed"), [
    ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"),
    ("2025-11-25", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("1999-01-01", "2025-11-25")])
def test_initialize_agrees_on_the_version_asked_or_the_newest(http, sse, asked, agreed):
    """Case 14."""
    response = http("chaos").post(initialize(asked, id="x"))
    assert response.status == 200
    assert response.json == {"jsonrpc": "2.0", "id": "x", "result": {
        "protocolVersion": agreed, "capabilities": {"tools": {}},
        "serverInfo": {"name": "chaos", "version": "1.0.0"}, "instructions": "Misbehaves on request."}}
    assert re.fullmatch("[\x21-\x7e]{22,}", response["mcp-session-id"])
    assert sse("chaos").initialize(asked)["protocolVersion"] == agreed


def test_initialize_never_agrees_on_more_than_the_child_speaks(http):
    """Case 14."""
    assert http("old").initialize("2025-11-25")["protocolVersion"] == "2024-11-05"


def test_a_childs_own_session_gets_the_version_it_asked_for(http):
    """Case 14, with a child of its own: it is given the client's handshake."""
    client = http("own")
    assert client.initialize("2025-06-18", {"roots": {}})["protocolVersion"] == "2025-06-18"
    seen = client.seen_by_child()["received"]
    assert [each["method"] for each in seen][:2] == ["initialize", "notifications/initialized"]
    assert json.loads(seen[0]["params"]) == initialize("2025-06-18", {"roots": {}})["params"]


def test_fifty_sessions_are_one_handshake_at_the_child(http, sse):
    """Case 15."""
    sessions = set()
    for _ in range(25):
        sse("fresh").initialize()
        client = http("fresh")
        client.initialize()
        sessions.add(client.session)
    received = client.seen_by_child()["received"]
    handshakes = [seen for seen in received if seen["method"] in ("initialize", "notifications/initialized")]
    assert [seen["method"] for seen in handshakes] == ["initialize", "notifications/initialized"]
    assert handshakes[0] is received[0]
    assert json.loads(handshakes[0]["params"])["capabilities"] == {}
    assert len(sessions) == 25


def test_a_request_without_a_session_is_served_for_itself(gateway, http):
    """Case 16: what a plain curl command sends is answered in the response."""
    client = http("chaos")
    response = client.post(call("echo", {"plain": True}, id=3))
    assert (response.status, response["mcp-session-id"]) == (200, None)
    assert response.json["result"]["content"][0]["text"] == '{"plain": true}'
    assert client.post(message("tools/list", id=4)).json["result"]["tools"][0]["name"] == "echo"
    assert gateway.metric("mcp_gateway_sessions_active", server="chaos", transport="oneshot") == 0


@pytest.mark.parametrize("session", ["\x80", "s\xe9ssion", "a b", "a\tb", ""])
@pytest.mark.parametrize("method", ["POST", "GET", "DELETE"])
def test_what_can_be_no_session_id_is_refused_as_malformed(http, session, method):
    """Case 90. It is not a session that is over, for which a client would initialize anew."""
    client = http("chaos")
    client.session, client.headers = None, {"Mcp-Session-Id": session}
    send = {"POST": lambda: client.post(message("ping", id=1)), "GET": client.get, "DELETE": client.delete}[method]
    assert send().error == (400, -32000)


@pytest.mark.parametrize("field", ["Mcp-Session-Id", "MCP-Protocol-Version"])
def test_a_field_that_stands_twice_is_refused(http, field):
    """What stands before us may mean the other one."""
    client = http("chaos")
    client.initialize()
    connection = client.connect()
    value = client.fields({})[field]
    connection.send_request("POST", client.path, {**client.fields({}), field.upper(): value}, json.dumps(message("ping", id=1)).encode())
    assert connection.read_response().error == (400, -32000)


@pytest.mark.parametrize("version", ["\x80", "2025-11-25\xe9", ""])
def test_what_can_be_no_version_is_refused(http, version):
    client = http("chaos")
    client.initialize()
    assert client.post(message("ping", id=1), {"MCP-Protocol-Version": version}).error == (400, -32000)


def test_an_unknown_session_is_not_found(http):
    """Case 16."""
    client = http("chaos")
    client.session = "there-is-no-such-session"
    assert client.post(message("ping", id=1)).error == (404, -32001)
    assert client.post(initialize()).error == (404, -32001)
    assert client.get().error == (404, -32001)
    assert client.delete().error == (404, -32001)


def test_a_session_of_another_service_is_not_found(http):
    """Case 16: a session id is good for the service that gave it."""
    here, there = http("chaos"), http("fresh")
    here.initialize()
    there.session = here.session
    assert there.post(message("ping", id=1)).error == (404, -32001)
    assert there.delete().error == (404, -32001)
    assert here.request("ping")["result"] == {}


def test_a_deleted_session_is_gone(http):
    """Case 16."""
    client = http("chaos")
    client.initialize()
    assert client.request("ping")["result"] == {}
    assert client.delete().status == 200
    assert client.post(message("ping", id=1)).error == (404, -32001)
    assert client.delete().error == (404, -32001)


def test_a_deletion_without_a_session_is_a_bad_request(http):
    """Case 16."""
    assert http("chaos").delete().error == (400, -32000)


def test_deleting_a_session_takes_its_open_calls_back(http, sse, tmp_path):
    """Case 16: what the session waited for ends, at the client and at the child."""
    client, other = http("chaos"), sse("chaos")
    client.initialize()
    before = other.seen_by_child()["cancelled"]
    stream = client.get().stream
    endless = {"progress_steps": 2, "path": str(tmp_path / "never")}
    post = client.post(call("slow", endless, id=1, progress_token=1)).stream
    post.note("notifications/progress")
    assert client.delete().status == 200
    assert {event.json["method"] for event in post.rest()} <= {"notifications/progress"}
    assert stream.rest() == []
    assert len(other.seen_by_child()["cancelled"]) == len(before) + 1


def test_an_unsupported_version_header_is_refused(http):
    """Case 17."""
    client = http("chaos")
    client.initialize()
    for version in ("bogus", "2030-01-01", ""):
        response = client.post(message("ping", id=1), {"MCP-Protocol-Version": version})
        assert response.error == (400, -32000), version
        assert "Unsupported protocol version" in response.json["error"]["message"]
    assert client.get({"MCP-Protocol-Version": "bogus"}).error == (400, -32000)


def test_a_version_header_may_be_absent_or_on_initialize(http):
    """Case 17."""
    client = http("chaos")
    client.initialize("2025-11-25")
    assert client.post(message("ping", id=1), {"MCP-Protocol-Version": None}).json["result"] == {}
    assert client.post(message("ping", id=1), {"MCP-Protocol-Version": "2025-03-26"}).json["result"] == {}
    for version in ("2025-06-18", "2099-01-01"):
        assert http("chaos").post(initialize(), {"MCP-Protocol-Version": version}).status == 200


@pytest.mark.parametrize("service", ["chaos", "own"])
@pytest.mark.parametrize("kind", ["sse", "http"])
def test_a_probe_between_initialize_and_initialized_does_not_reach_the_child(gateway, request, service, kind):
    """Case 18. Some children end at any request that comes before initialized."""
    client = request.getfixturevalue(kind)(service)
    if kind == "sse":
        client.request(**{key: initialize()[key] for key in ("method", "params")})
    else:
        client.session = client.post(initialize())["mcp-session-id"]
    assert client.request("server/discover", {})["error"]["code"] == -32601
    assert client.request("ping")["result"] == {}
    client.post(message("notifications/initialized"))
    methods = [seen["method"] for seen in client.seen_by_child()["received"]]
    assert "server/discover" not in methods and "ping" not in methods
    assert gateway.events("child.exit", server=service, exit="exit status 1") == []


def test_initialized_is_accepted_at_once_while_the_child_is_busy(sse, http, tmp_path):
    """Case 19."""
    waiting, client = sse("busy"), http("busy")
    client.initialize()
    gate = tmp_path / "gate"
    assert waiting.text("stop_reading", {"path": str(gate)}) == "not reading"
    waiting.post(call("echo", id=1))
    for _ in range(20):
        response = client.post(message("notifications/initialized"))
        assert (response.status, response.body, response["content-type"]) == (202, b"", None)
    with pytest.raises(TimeoutError):
        waiting.stream.next_block(timeout=0.001)  # the child was indeed busy all the time
    gate.touch()
    assert waiting.stream.answer(1)["result"]["content"][0]["text"] == "{}"


def test_an_idle_session_ends_and_takes_its_subscriptions_along(start_gateway):
    """Case 26."""
    gateway = start_gateway({"chaos": chaos("--declare", "resources")},
                            {"limits": {"session_idle_timeout": "10s"}})
    idle, active, watching = gateway.http("chaos"), gateway.http("chaos"), gateway.sse("chaos")
    idle.initialize()
    active.initialize()
    stream = active.get().stream
    assert idle.request("resources/subscribe", {"uri": "chaos://one"})["result"] == {}
    gateway.until(lambda: gateway.metric("mcp_gateway_sessions_closed_total", server="chaos", reason="idle") == 1)
    assert idle.post(message("ping", id=1)).error == (404, -32001)
    received = watching.seen_by_child()["received"]
    assert [seen["params"] for seen in received if seen["method"] == "resources/unsubscribe"] == [
        '{"uri":"chaos://one"}']
    assert active.request("ping")["result"] == {}, "a session with an open stream is not idle"
    assert not stream.is_over
    assert gateway.events("child.exit") == []


def test_a_gateway_that_stops_ends_every_stream_properly(start_gateway):
    """Cases 16 and 26: calls are waited for as long as configured, then all sessions end."""
    gateway = start_gateway({"chaos": chaos()})
    events, session, plain = gateway.sse("chaos"), gateway.http("chaos"), gateway.http("chaos")
    session.initialize()
    stream = session.get().stream
    events.post(call("hang", id=1))
    posts = [session.begin(call("hang", id=1)), plain.begin(call("hang", id=1)),
             plain.begin([call("hang", id=1), call("hang", id=2)])]
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 5)
    gateway.process.terminate()
    assert events.stream.rest() == stream.rest() == []
    assert [post.read_response().stream.rest() for post in posts] == [[], [], []]
    gateway.assert_ended()


def test_an_unknown_method_is_the_childs_to_refuse(http):
    """Case 30."""
    client = http("chaos")
    client.initialize()
    response = client.post(message("vendor/extension", {"a": 1}, id=1), {"Accept": BOTH})
    assert response.status == 200
    assert response.json == {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "Method not found"}}
    seen = client.seen_by_child()["received"][-2]
    assert (seen["method"], json.loads(seen["params"])) == ("vendor/extension", {"a": 1})
