"""`mcp-gateway connect` with servers that do what none should: nothing hangs, nothing runs twice, nothing crosses sessions."""
import json
import threading
import time

import pytest

from scripted_server import initialized
from stdio_client import INITIALIZE
from test_connect import connect, data, serve, sessions  # noqa: F401: fixtures
from wire import TIMEOUT

# --- the stream of what a server says on its own


def test_a_server_without_a_route_for_get_has_no_stream(serve, connect):
    """Express answers 404 there, not 405."""
    def script(request):
        if request.method == "GET":
            return request.status(404)
        return sessions(lambda r: r.result({}))(request)
    server = serve(script)
    client = connect(server.url)
    client.initialize()
    server.wait(lambda r: r.method == "GET")
    for _ in range(5):
        assert client.result("ping") == {}
    client.close()
    assert len(server.posts("initialize")) == 1 and len([r for r in server.requests if r.method == "GET"]) == 1


def test_progress_on_it_keeps_a_call_alive(serve, connect):
    streams, done = [], threading.Event()

    def stream(request):
        request.stream()
        streams.append(request)
        request.wait_until_closed()

    def call(request):
        assert done.wait(TIMEOUT)
        request.result({"is": "late"})
    server = serve(sessions(call, stream=stream))
    client = connect(server.url, "--timeout", "4s")
    client.initialize()
    server.wait(lambda r: r.method == "GET")
    id = client.ask("tools/call", {"name": "slow", "_meta": {"progressToken": 1}})
    server.wait(lambda r: r.rpc == "tools/call")
    for step in range(25):
        streams[0].event({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": step}})
        client.message("notifications/progress")
        time.sleep(0.2)  # longer together than the call may be silent
    done.set()
    assert client.answer(id)["result"] == {"is": "late"}
    client.close()


# --- sessions


def asking(streams):
    """Sessions s1, s2 and so on, each with a stream; a call in s1 is refused once `streams` has one more than asked for."""
    opened = []

    def script(request):
        if request.method == "GET":
            request.stream()
            streams.append(request)
            request.event({"jsonrpc": "2.0", "id": 1, "method": "roots/list"})
            request.wait_until_closed()
        if request.method == "DELETE":
            return request.status(200)
        if request.rpc == "initialize":
            opened.append("s%d" % (len(opened) + 1))
            return request.result(initialized(request), session=opened[-1])
        if request.headers.get("mcp-session-id") != opened[-1] or (request.rpc == "ping" and len(opened) == 1):
            return request.status(404)
        return request.accepted() if request.id is None or request.rpc is None else request.result({})
    return script


def test_an_answer_to_a_question_of_a_lost_session_is_not_given_in_another(serve, connect):
    server = serve(asking([]))
    client = connect(server.url)
    client.initialize()
    question = client.message("roots/list")
    assert client.result("ping") == {}  # refused in s1, answered in s2
    assert client.message("notifications/cancelled")["params"]["requestId"] == question["id"]
    again = client.message("roots/list")
    client.respond(again, {"roots": ["of s2"]})
    client.respond(question, {"roots": ["of s1"]})
    answered = server.wait(lambda r: r.method == "POST" and r.rpc is None)
    assert client.result("ping") == {}
    client.close()
    assert answered.message["result"] == {"roots": ["of s2"]} and answered.headers["mcp-session-id"] == "s2"
    assert len([r for r in server.requests if r.method == "POST" and r.rpc is None]) == 1


def test_an_answer_that_nothing_asked_for_is_not_passed_on(serve, connect):
    server = serve(sessions(lambda r: r.result({})))
    client = connect(server.url)
    client.initialize()
    client.respond({"id": 77}, {})
    assert client.result("ping") == {}
    client.close()
    assert not [r for r in server.requests if r.method == "POST" and r.rpc is None]


def test_a_call_that_was_cancelled_before_its_session_was_lost_is_not_carried_out_in_another(serve, connect):
    cancelled, opened = threading.Event(), []

    def script(request):
        if request.rpc == "initialize":
            opened.append("s%d" % (len(opened) + 1))
            return request.result(initialized(request), session=opened[-1])
        if request.rpc == "notifications/cancelled":
            cancelled.set()
            return request.accepted()
        if request.rpc == "tools/call" and request.headers["mcp-session-id"] == "s1":
            assert cancelled.wait(TIMEOUT)
            return request.status(404)
        if request.method == "POST" and request.headers["mcp-session-id"] != opened[-1]:
            return request.status(404)
        return sessions(lambda r: r.result({}))(request)
    server = serve(script)
    client = connect(server.url)
    client.initialize()
    id = client.ask("tools/call", {"name": "x"})
    other = client.ask("tools/call", {"name": "y"})
    server.wait(lambda r: r.rpc == "tools/call", count=2)
    client.notify("notifications/cancelled", {"requestId": id})
    assert client.answer(other)["result"] == {}
    client.asked.remove(id)
    client.close()
    carried_out = [r.message["params"]["name"] for r in server.posts("tools/call") if r.headers["mcp-session-id"] == "s2"]
    assert carried_out == ["y"]


def test_an_error_that_mentions_a_session_is_the_answer(serve, connect):
    error = {"code": -32602, "message": "'session_name' is required"}
    server = serve(sessions(lambda r: r.json({"jsonrpc": "2.0", "id": r.id, "error": error}, status=400)))
    client = connect(server.url)
    client.initialize()
    assert client.error("tools/call", {"name": "x"}) == error
    client.close()
    assert len(server.posts("initialize")) == 1 and len(server.posts("tools/call")) == 1


def test_a_cancelled_call_whose_stream_stays_open_holds_up_nothing(serve, connect):
    closed = threading.Semaphore(0)

    def call(request):
        request.stream()
        try:
            request.wait_until_closed()
        finally:
            closed.release()
    server = serve(sessions(call))
    client = connect(server.url)
    client.initialize()
    for count in range(3):
        id = client.ask("tools/call", {"name": "slow"})
        server.wait(lambda r: r.rpc == "tools/call", count=count + 1)
        client.notify("notifications/cancelled", {"requestId": id})
        client.asked.remove(id)
    server.wait(lambda r: r.rpc == "notifications/cancelled", count=3)
    for _ in range(3):
        assert closed.acquire(timeout=TIMEOUT)
    client.close()


# --- answers


@pytest.mark.parametrize("body", [
    '{"error": {"code": "rate_limit_exceeded", "message": "slow down"}}',
    '{"jsonrpc": "2.0", "error": {"code": null, "message": "slow down"}}',
    '{"jsonrpc": "2.0", "error": {"code": 1.5, "message": "slow down"}}',
    '{"jsonrpc": "2.0", "error": {"code": 429, "message": "slow down"',
    '{"jsonrpc": "2.0", "error": {"code": 429, "message": "slow down", "data": nonsense}}',
])
def test_an_error_of_http_that_is_none_of_json_rpc_is_told_as_one(serve, connect, body):
    client = connect(serve(sessions(lambda r: r.raw(429, {"Content-Type": "application/json", "Retry-After": "7"}, body.encode()))).url)
    client.initialize()
    error = client.error("tools/call", {"name": "x"})
    assert error["code"] == -32603 and data(error) == ("http_status", "no")
    assert error["data"]["status"] == 429 and error["data"]["retry_after_ms"] == 7000
    client.close()


@pytest.mark.parametrize("result", ['{"a": nonsense}', '{"a": NaN}', '{"a": "\udcff"}', '{"a": 1,}'])
@pytest.mark.parametrize("kind", ["json", "events"])
def test_an_answer_that_is_no_json_is_not_passed_on(serve, connect, kind, result):
    def call(request):
        body = ('{"jsonrpc": "2.0", "id": %d, "result": %s}' % (request.id, result)).encode(errors="surrogateescape")
        if kind == "json":
            return request.raw(200, {"Content-Type": "application/json"}, body)
        request.stream()
        request.send(b"data: " + body + b"\n\n")
        request.cut()
    client = connect(serve(sessions(call)).url)
    client.initialize()
    error = client.error("tools/call", {"name": "x"})
    assert data(error) == ("bad_answer" if kind == "json" else "connection_lost", "unknown")
    client.close()


@pytest.mark.parametrize("sent, spelled", [("a/b", r'"a\/b"'), ("\u00e9", r'"\u00e9"')])
def test_an_id_is_known_in_another_spelling(serve, connect, sent, spelled):
    def call(request):
        request.raw(200, {"Content-Type": "application/json"},
                    ('{"jsonrpc": "2.0", "id": %s, "result": {"is": "it"}}' % spelled).encode())
    client = connect(serve(sessions(call)).url)
    client.initialize()
    assert client.answer(client.ask("tools/call", {"name": "x"}, id=sent))["result"] == {"is": "it"}
    client.close()


def test_an_array_in_an_event_is_each_message_of_it(serve, connect):
    def call(request):
        request.stream()
        request.event([{"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}},
                       {"jsonrpc": "2.0", "id": request.id, "result": {"is": "it"}}])
    client = connect(serve(sessions(call)).url)
    client.initialize()
    assert client.result("tools/call", {"name": "x"}) == {"is": "it"}
    client.message("notifications/message")
    client.close()


@pytest.mark.parametrize("status, executed", [(408, "unknown"), (520, "unknown"), (524, "unknown"), (501, "no"), (503, "no")])
def test_a_status_says_whether_the_request_may_have_been_carried_out(serve, connect, status, executed):
    client = connect(serve(sessions(lambda r: r.status(status))).url)
    client.initialize()
    assert data(client.error("tools/call", {"name": "x"})) == ("http_status", executed)
    client.close()


def test_a_refusal_whose_text_does_not_end_is_told(serve, connect):
    def call(request):
        request.send(b"HTTP/1.1 503 Busy\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nbusy")
        request.wait_until_closed()
    client = connect(serve(sessions(call)).url)
    client.initialize()
    error = client.error("tools/call", {"name": "x"})
    assert "503" in error["message"] and "busy" in error["message"] and data(error) == ("http_status", "no")
    client.close()


def test_what_a_client_says_wrongly_does_not_answer_its_own_request(serve, connect):
    done = threading.Event()

    def call(request):
        assert done.wait(TIMEOUT)
        request.result({"is": "it"})
    client = connect(serve(sessions(call)).url)
    client.initialize()
    id = client.ask("tools/call", {"name": "x"})
    client.send_text('{"jsonrpc": "2.0", "id": %d, "result": {}, "error": {"code": 1, "message": "both"}}' % id)
    assert "id" not in client.wait(lambda m: "error" in m, "an error")
    done.set()
    assert client.answer(id)["result"] == {"is": "it"}
    client.close()


# --- redirects


@pytest.mark.parametrize("location", ["/maintenance", ""])
def test_a_redirect_to_a_page_is_not_remembered(serve, connect, location):
    once = [True]

    def script(request):
        if request.path != "/mcp":
            return request.raw(200, {"Content-Type": "text/html"}, b"<p>back soon")
        if request.rpc == "tools/call" and once:
            once.pop()
            return request.status(307, **({"Location": location} if location else {}))
        return sessions(lambda r: r.result({"is": "it"}))(request)
    client = connect(serve(script).url)
    client.initialize()
    client.error("tools/call", {"name": "x"})
    assert client.result("tools/call", {"name": "x"}) == {"is": "it"}
    client.close()


# --- HTTP with SSE


def legacy(script_of_post, endpoint=True):
    streams = []

    def script(request):
        if request.method == "GET":
            request.stream()
            if endpoint is False or (callable(endpoint) and not endpoint()):
                request.cut()
            request.event("/messages?n=%d" % len(streams), name="endpoint")
            streams.append(request)
            request.wait_until_closed()
        script_of_post(request, streams)
    return script


def tell(stream, request, result):
    stream.event({"jsonrpc": "2.0", "id": request.id, "result": result})


def test_a_stream_that_ends_before_it_says_where_to_post_is_told(serve, connect):
    client = connect(serve(legacy(None, endpoint=False)).url, "--transport", "sse")
    error = client.error("initialize", INITIALIZE)
    assert "before it said where to POST" in error["message"] and data(error) == ("connection_lost", "no")
    client.close()


def test_a_session_that_cannot_be_opened_again_holds_up_no_call(serve, connect):
    """The server takes the second initialize and never answers it."""
    def post(request, streams):
        request.accepted()
        if request.rpc == "initialize" and len(streams) == 1:
            return tell(streams[0], request, initialized(request, "2024-11-05"))
        if request.rpc == "drop":
            streams[0].connection.shutdown(2)
    client = connect(serve(legacy(post)).url, "--transport", "sse", "--timeout", "4s")
    client.initialize()
    client.error("drop")
    error = client.error("ping")
    assert "was not opened in 4 s" in error["message"]
    client.close()


def test_a_server_that_does_not_end_its_answer_to_initialized_is_called_all_the_same(serve, connect):
    def post(request, streams):
        if request.rpc == "notifications/initialized":
            request.wait_until_closed()
        request.accepted()
        if request.id is not None:
            tell(streams[0], request, initialized(request, "2024-11-05") if request.rpc == "initialize" else {})
    client = connect(serve(legacy(post)).url, "--transport", "sse", "--timeout", "4s")
    client.initialize()
    assert client.result("ping") == {}
    client.close()
