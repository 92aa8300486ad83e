"""Streamable HTTP, request by request: acceptance cases 20, 21, 27 to 29 and 37."""
import json
import sys
import time

import pytest

from clients import BOTH, call, initialize, message
from gateway_under_test import chaos
from wire import TIMEOUT

SERVICES = {"chaos": chaos(), "own": chaos(isolation="session")}
GATEWAY = {"sse_keepalive": "1s"}


@pytest.fixture
def client(http):
    """A client of the newest revision, after its handshake."""
    client = http("chaos")
    client.initialize()
    return client


# --- GET


def test_a_session_may_open_a_stream_and_it_is_kept_alive(client):
    """Case 20."""
    response = client.get()
    assert response.status == 200
    assert (response["content-type"], response["cache-control"]) == ("text/event-stream", "no-cache, no-transform")
    assert response["content-length"] is None
    assert response["x-accel-buffering"] == "no"
    first = response.stream.next_block()
    assert (first.id, first.data, first.event) == ("0-0", "", None)
    assert response.stream.next_block().retry == "1000"
    assert response.stream.next_block().comments == ["ping"]
    client.request("ping")
    assert response.stream.unread == []


@pytest.mark.parametrize("version", ["2025-03-26", "2025-06-18", "2025-11-25"])
def test_the_newer_of_two_streams_takes_over_and_the_older_ends(http, version):
    """Case 20. The older may be dead without a word, which its client knows long before the gateway."""
    client = http("chaos")
    client.initialize(version)
    older = client.get()
    newer = client.get()
    assert (older.status, newer.status) == (200, 200)
    assert older.stream.rest() == []
    client.call("change_tools")
    assert newer.stream.message() == {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}
    assert older.stream.unread == []


def test_what_came_to_a_stream_that_was_dead_comes_again_on_the_next(client):
    """A client that has seen nothing but the first event has its id to come back with."""
    older = client.get()
    first = older.stream.next_block()
    client.call("change_tools")
    older.stream.take()  # written, and on the way to nobody
    newer = client.get({"Last-Event-ID": first.id})
    assert newer.stream.next_block().id == first.id
    assert newer.stream.message() == {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


def test_what_comes_while_a_stream_is_away_is_kept_although_it_had_no_event(gateway, client):
    older = client.get()
    first = older.stream.next_block()
    older.stream.connection.reset()
    changes = len(gateway.events("service.tools", changed=True))
    gateway.until(lambda: gateway.metric("mcp_gateway_streams_active", server="chaos", kind="http_get") == 0)
    client.call("change_tools")
    gateway.wait_for("service.tools", count=changes + 1, changed=True)
    assert client.get({"Last-Event-ID": first.id}).stream.message()["method"] == "notifications/tools/list_changed"


def test_another_principal_cannot_take_over_a_stream(start_gateway):
    tokens = [{"name": name, "token": "token-of-" + name * 16} for name in "ab"]
    gateway = start_gateway({"chaos": chaos()}, {"auth": {"tokens": tokens}})
    a, b = (gateway.http("chaos", headers={"Authorization": "Bearer " + each["token"]}) for each in tokens)
    a.initialize()
    stream = a.get().stream
    b.session, b.version = a.session, a.version
    assert b.get().status == 404
    a.call("change_tools")
    assert stream.message()["method"] == "notifications/tools/list_changed"


def test_who_asks_for_the_rest_of_an_unknown_answer_does_not_end_the_sessions_own_stream(client):
    own = client.get()
    assert client.get({"Last-Event-ID": "999-1"}).error == (409, -32000)
    client.call("change_tools")
    assert own.stream.message()["method"] == "notifications/tools/list_changed"


def test_a_stream_may_be_opened_again_when_its_connection_is_gone(client):
    """Case 20."""
    client.get()
    client.connections[-1].reset()
    again = client.get()
    assert again.status == 200
    client.call("change_tools")
    assert again.stream.message() == {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


def test_a_get_must_admit_an_event_stream(client):
    """Case 20."""
    for accept in ("application/json", "text/html"):
        assert client.get({"Accept": accept}).error == (406, -32000)
    accepted = ("*/*", "text/*", BOTH, None)
    assert [client.get({"Accept": accept}).status for accept in accepted] == [200] * 4


def test_what_a_path_does_not_offer_is_not_allowed_and_says_what_is(http, client):
    """Cases 21 and 37: 405 with Allow is what clients take for "no stream here"."""
    for path, method, allow in [("/chaos/mcp", "GET", "POST, DELETE"), ("/chaos/mcp", "PUT", "GET, POST, DELETE"),
                                ("/chaos/messages", "GET", "POST"), ("/chaos/health", "POST", "GET, HEAD")]:
        connection = client.connect()
        connection.send_request(method, path, {"Accept": "text/event-stream"}, b"{}" if method != "GET" else None)
        response = connection.read_response()
        assert (response.status, response["allow"]) == (405, allow), path


def test_a_post_to_the_sse_path_is_a_streamable_one(http):
    """Case 37."""
    client = http("chaos", path="/chaos/sse")
    assert client.initialize("2025-03-26")["protocolVersion"] == "2025-03-26"
    assert client.session
    assert client.text("echo", {"a": 1}) == '{"a": 1}'
    assert client.get().stream.next_block().comments == ["open"]
    assert client.delete().status == 200


# --- bodies


def test_a_body_of_exactly_the_limit_is_served(client):
    """Case 27."""
    frame = len(json.dumps(call("echo", {"x": ""})))
    response = client.post(call("echo", {"x": "x" * ((4 << 20) - frame)}))
    assert response.status == 200
    assert len(response.json["result"]["content"][0]["text"]) == (4 << 20) - frame + len('{"x": ""}')


def test_a_body_over_the_limit_is_refused_before_it_is_read(client):
    """Case 27."""
    connection = client.connect()
    connection.send_request("POST", client.path, client.fields({"Content-Length": str((4 << 20) + 1)}))
    assert connection.read_response().status == 413
    connection = client.connect()
    connection.send_request("POST", client.path, client.fields({"Transfer-Encoding": "chunked"}))
    connection.send(b"400001\r\n" + b"x" * (1 << 16))
    assert connection.read_response().status == 413


def test_a_client_that_waits_for_continue_is_told_so(client):
    """Case 27."""
    connection = client.connect()
    body = json.dumps(message("ping", id=1)).encode()
    connection.send_request("POST", client.path, client.fields({"Expect": "100-continue",
                                                                "Content-Length": str(len(body))}))
    assert connection.read_to(b"\r\n\r\n", deadline=time.monotonic() + TIMEOUT) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.send(body)
    assert connection.read_response().json["result"] == {}


def test_a_client_that_waits_for_continue_learns_that_its_body_is_too_large(client):
    """Case 27."""
    connection = client.connect()
    connection.send_request("POST", client.path, client.fields({"Expect": "100-continue", "Content-Length": "4194305"}))
    response = connection.read_response()
    assert (response.status, response.continued) == (413, 0)


def test_a_chunked_body_is_read(client):
    """Case 27. Node's and Go's clients send them."""
    connection = client.connect()
    body = json.dumps(message("ping", id=1)).encode()
    connection.send_request("POST", client.path, client.fields({"Transfer-Encoding": "chunked"}))
    for byte in body:
        connection.send(b"1\r\n%c\r\n" % byte)
    connection.send(b"0\r\n\r\n")
    assert connection.read_response().json["result"] == {}


@pytest.mark.parametrize("fields", [{"Content-Type": "text/plain"}, {"Content-Type": None},
                                    {"Content-Type": "application/jsonx"}, {"Content-Encoding": "gzip"}])
def test_a_body_of_another_type_is_refused(client, fields):
    """Case 27."""
    assert client.post(message("ping", id=1), fields).error == (415, -32000)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "APPLICATION/JSON ;charset=UTF-8"])
def test_a_content_type_may_have_parameters(client, content_type):
    """Case 27."""
    assert client.post(message("ping", id=1), {"Content-Type": content_type}).json["result"] == {}


@pytest.mark.parametrize(("body", "code"), [
    (b"", -32700), (b"{", -32700), (b'{"jsonrpc":"2.0","id":1,"method":"ping"} x', -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"p\xff"}', -32700), (b'{"jsonrpc":"2.0","id":1,"method":"a\nb"}', -32700),
    (b'{"foo":1}', -32600), (b'"text"', -32600), (b"42", -32600), (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600),
    (b'{"jsonrpc":"2.0","id":1}', -32600), (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":"ping","Method":"x"}', -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":' + b"[" * 200 + b"]" * 200 + b"}}", -32700)],
    ids=range(13))
def test_a_body_that_is_no_message_is_refused(client, body, code):
    """Case 27."""
    assert client.post(body).error == (400, code)


@pytest.mark.parametrize(("body", "answered"), [
    (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":null}', 1), (b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[ ]}', 1),
    (b'{"jsonrpc":"2.0","id":1.0,"method":"ping"}', 1), (b'{"jsonrpc":"2.0","id":1,"method":"ping","result":null,"error":null}', 1),
    (b'{"jsonrpc":"2.0","id":1,"method":"ping","more":{}}', 1), (b' \r\n{"jsonrpc":"2.0","id":1,"method":"ping"}\r\n ', 1),
    (b'{"jsonrpc":"2.0","id":null,"method":"notifications/initialized","params":null}', None)], ids=range(7))
def test_what_can_only_mean_one_thing_is_forgiven(client, body, answered):
    """As the official SDKs' servers do, each of them or one."""
    response = client.post(body)
    if answered is None:
        assert (response.status, response.body) == (202, b"")
    else:
        assert (response.status, response.json) == (200, {"jsonrpc": "2.0", "id": answered, "result": {}})


@pytest.mark.parametrize("params", [b"null", b"[]"])
def test_params_that_are_none_are_left_out_for_the_child(client, params):
    client.post(b'{"jsonrpc":"2.0","id":1,"method":"no/such","params":%s}' % params)
    client.post(b'{"jsonrpc":"2.0","method":"notifications/none","params":%s}' % params)
    received = client.seen_by_child()["received"]
    assert {each["params"] for each in received if each["method"] in ("no/such", "notifications/none")} == {""}


@pytest.mark.parametrize("body", [
    b'{"jsonrpc":"2.0","id":null,"method":"ping"}', b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":"{}"}', b'{"jsonrpc":"2.0","id":1e0,"method":"ping"}',
    b'{"jsonrpc":"2.0","id":1,"method":"ping","params":null,"params":{}}', b'{"id":1,"method":"ping"}'], ids=range(6))
def test_what_can_mean_more_than_one_thing_is_refused(client, body):
    assert client.post(body).error == (400, -32600)


def test_a_call_may_be_taken_back_by_an_id_with_a_point(gateway, client):
    cancelled = len(client.seen_by_child()["cancelled"])
    hung = client.begin(b'{"jsonrpc":"2.0","id":7.0,"method":"tools/call","params":{"name":"hang"}}')
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 1)
    client.post(b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7.0}}')
    assert hung.read_response().status == 200
    assert len(client.seen_by_child()["cancelled"]) == cancelled + 1


@pytest.mark.parametrize(("line", "answer"), [
    ('{"jsonrpc":"2.0","id":$ID,"result":{"a":1},"error":null}', {"result": {"a": 1}}),
    ('{"jsonrpc":"2.0","id":$ID,"result":null,"error":{"code":-7,"message":"no"}}', {"error": {"code": -7, "message": "no"}}),
    ('{"jsonrpc":"2.0","id":$ID.0,"result":{"a":1}}', {"result": {"a": 1}}),
    ('{"jsonrpc":"2.0","id":$ID,"method":null,"params":null,"result":{"a":1},"more":2} \t\r', {"result": {"a": 1}})], ids=range(4))
def test_what_a_child_answers_is_read_as_the_sdks_read_it(client, line, answer):
    assert client.call("raw_line", {"line": line}) == {"jsonrpc": "2.0", "id": client.last_id, **answer}


def test_params_that_are_none_are_left_out_for_the_client(sse):
    """The TypeScript SDK takes no message with null there."""
    own = sse("own")
    own.initialize()
    lines = ['{"jsonrpc":"2.0","id":null,"method":"notifications/a","params":null}', '{"jsonrpc":"2.0","method":"notifications/b","params":[]}',
             '{"jsonrpc":"2.0","id":$ID,"result":{}}']
    own.call("raw_line", {"line": "\n".join(lines)})
    assert [event.json for event in own.stream.unread] == [{"jsonrpc": "2.0", "method": "notifications/" + name} for name in "ab"]


NULLS = """
import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("method") == "initialize":
        result = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "nulls", "version": "1"}}
        print(json.dumps({"jsonrpc": "2.0", "id": float(message["id"]), "result": result, "error": None}), flush=True)
"""


def test_a_server_that_writes_null_for_no_error_comes_up(start_gateway):
    gateway = start_gateway({"nulls": {"command": sys.executable, "args": ["-c", NULLS]}})
    assert gateway.http("nulls").initialize()["serverInfo"]["name"] == "nulls"


def test_a_byte_order_mark_is_tolerated(client):
    """Case 27."""
    assert client.post(b"\xef\xbb\xbf" + json.dumps(message("ping", id=1)).encode()).json["result"] == {}


# --- Accept


@pytest.mark.parametrize(("accept", "type_given"), [
    ("*/*", "application/json"), ("application/json", "application/json"), ("application/*", "application/json"),
    (BOTH, "application/json"), (None, "application/json"), ("text/event-stream", "text/event-stream"),
    ("text/html, text/event-stream;q=0.5", "text/event-stream")])
def test_an_answer_comes_in_a_type_that_is_accepted(http, accept, type_given):
    """Case 28, for the call and for initialize before it."""
    client = http("chaos")
    opened = client.post(initialize(), {"Accept": accept})
    assert (opened.status, opened["content-type"]) == (200, type_given)
    client.session = opened["mcp-session-id"]
    assert client.session
    response = client.post(call("echo", {"a": 1}, id=1), {"Accept": accept})
    assert (response.status, response["content-type"]) == (200, type_given)
    answer = response.stream.rest()[0].json if response.stream else response.json
    assert answer["result"]["content"][0]["text"] == '{"a": 1}'


def test_a_call_with_progress_is_answered_in_json_when_no_stream_is_accepted(client):
    """Case 28."""
    response = client.post(call("slow", {"ms": 50, "progress_steps": 3}, 1, progress_token=1),
                           {"Accept": "application/json"})
    assert response.json["result"]["content"][0]["text"] == "slow"


def test_a_post_that_accepts_neither_type_is_refused(client):
    """Case 28."""
    assert client.post(message("ping", id=1), {"Accept": "text/html"}).error == (406, -32000)


def test_a_client_that_does_not_read_ends_only_itself(start_gateway):
    """Case 28: the answer finds that more waits for the client than may."""
    gateway = start_gateway({"chaos": chaos()}, {"limits": {"max_client_queue_bytes": "64KiB"}})
    client = gateway.http("chaos")
    progress = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$ID,"message":"%s"}}'
    line = progress % ("x" * 3_000_000) + '\n{"jsonrpc":"2.0","id":$ID,"result":{}}'
    slow = client.connect(receive_buffer=4096)
    slow.send_request("POST", client.path, client.fields({}),
                      json.dumps(call("raw_line", {"line": line}, 1, progress_token=1)).encode())
    gateway.until(lambda: gateway.metric("mcp_gateway_slow_clients_total") == 1)
    assert client.request("ping")["result"] == {}
    gateway.until(lambda: gateway.health("chaos")["sessions"] == 0)


# --- answers of clients


def test_an_answer_to_what_was_never_asked_is_accepted_and_dropped(client):
    """Case 29."""
    for answer in ({"jsonrpc": "2.0", "id": 1, "result": {}}, {"jsonrpc": "2.0", "id": "x", "error": {"code": 1}}):
        response = client.post(answer)
        assert (response.status, response.body) == (202, b"")
    assert [seen for seen in client.seen_by_child()["received"] if seen["method"] is None] == []


def test_only_the_session_that_was_asked_can_answer(http):
    """Case 29."""
    asked, other = http("own"), http("own")
    asked.initialize(capabilities={"sampling": {}})
    other.initialize(capabilities={"sampling": {}})
    stream = asked.post(call("ask", {"method": "sampling/createMessage", "params": {"n": 1}}, id=1)).stream
    question = stream.note("sampling/createMessage")
    assert question["params"] == {"n": 1}
    forged = {"jsonrpc": "2.0", "id": question["id"], "result": {"from": "other"}}
    assert other.post(forged).status == 202
    assert asked.post({**forged, "id": str(question["id"]) + "0"}).status == 202
    assert asked.post({**forged, "result": {"from": "asked"}}).status == 202
    assert stream.answer(1)["result"]["content"][0]["text"] == '{"result":{"from": "asked"}}'
    assert [seen for seen in other.seen_by_child()["received"] if seen["method"] is None] == []
