"""`mcp-gateway connect`: a remote server for a client at stdin and stdout."""
import json
import ssl
import threading

import pytest

from certificates import Authority
from cutting_proxy import CuttingProxy
from gateway_under_test import GATEWAY, chaos, echo
from scripted_server import ScriptedServer, initialized
from stdio_client import ENVELOPE, INITIALIZE, StdioClient
from wire import TIMEOUT


@pytest.fixture
def connect():
    """connect(url, *flags, env=None) gives a StdioClient."""
    opened = []

    def start(url, *flags, env=None):
        opened.append(StdioClient([GATEWAY, "connect", url, *flags], env))
        return opened[-1]

    yield start
    for client in opened:
        client.kill()


@pytest.fixture
def serve():
    """serve(script) gives a ScriptedServer."""
    opened = []

    def start(script, **options):
        opened.append(ScriptedServer(script, **options))
        return opened[-1]

    yield start
    for server in opened:
        server.close()


def sessions(call, session="s1", stream=None):
    """A script: a server with sessions, whose requests other than the usual are answered by `call`."""
    def script(request):
        if request.method == "GET":
            return stream(request) if stream else request.status(405)
        if request.method == "DELETE":
            return request.status(200)
        if request.rpc == "initialize":
            return request.result(initialized(request), session=session)
        if request.id is None or request.rpc is None:
            return request.accepted()
        return call(request)
    return script


def data(error):
    return error["data"]["reason"], error["data"]["executed"]


# --- our own gateway behind it


@pytest.fixture(scope="module")
def behind():
    from gateway_under_test import Gateway
    running = Gateway({"echo": echo(), "chaos": chaos(), "private": chaos(isolation="session")})
    yield running
    running.stop()


def address(gateway, path):
    return "http://127.0.0.1:%d%s" % (gateway.port, path)


@pytest.mark.parametrize("path, flags", [("/echo/mcp", ()), ("/echo/mcp", ("--transport", "http")),
                                         ("/echo/sse", ("--transport", "sse"))])
def test_calls_go_through_by_every_transport(behind, connect, path, flags):
    client = connect(address(behind, path), *flags)
    assert client.initialize()["protocolVersion"] in ("2025-11-25", "2024-11-05")
    assert {tool["name"] for tool in client.result("tools/list")["tools"]} >= {"echo", "sleep"}
    ids = [client.ask("tools/call", {"name": "echo", "arguments": {"text": str(i)}}) for i in range(50)]
    for i, id in enumerate(ids):
        assert client.answer(id)["result"]["content"][0]["text"] == str(i)
    client.close()


def test_a_stateless_client_needs_no_session(behind, connect):
    client = connect(address(behind, "/echo/mcp"))
    assert "2026-07-28" in client.stateless("server/discover")["result"]["supportedVersions"]
    called = client.stateless("tools/call", {"name": "echo", "arguments": {"text": "hi"}})
    assert called["result"]["content"][0]["text"] == "hi"
    client.close()


def test_ids_come_back_as_they_were_sent(behind, connect):
    client = connect(address(behind, "/echo/mcp"))
    client.initialize()
    for id in (0, "", -5, 9007199254740993, "é"):
        assert client.answer(client.ask("ping", id=id))["result"] == {}
    client.close()


def test_the_session_ends_with_stdin(start_gateway, connect):
    gateway = start_gateway({"echo": echo()})
    client = connect(address(gateway, "/echo/mcp"))
    client.initialize()
    client.result("ping")
    assert gateway.metric("mcp_gateway_sessions_active") == 1
    client.close()
    assert gateway.metric("mcp_gateway_sessions_active") == 0


def test_questions_of_the_server_reach_the_client_and_answers_go_back(behind, connect):
    client = connect(address(behind, "/private/mcp"))
    client.initialize()
    asked = client.ask("tools/call", {"name": "ask", "arguments": {"method": "roots/list"}})
    question = client.message("roots/list")
    client.respond(question, {"roots": [{"uri": "file:///here"}]})
    assert "file:///here" in json.dumps(client.answer(asked)["result"])
    client.close()


def test_a_service_of_a_configuration_is_found_by_its_name(start_gateway, connect):
    from waiting import free_port
    port = free_port()
    gateway = start_gateway({"echo": echo()}, {"listen": "127.0.0.1:%d" % port,
                                               "auth": {"tokens": [{"name": "me", "token": "a-token-of-thirty-two-letters-xy"}]}})
    client = connect("echo", "--config", str(gateway.path), env={"MCP_GATEWAY_TOKEN": "a-token-of-thirty-two-letters-xy"})
    client.initialize()
    assert client.text("echo", text="by name") == "by name"
    client.close()


def test_a_stream_of_our_gateway_that_is_cut_again_and_again_brings_the_whole_answer(behind, connect, tmp_path):
    """By Last-Event-ID: the call runs once, and no progress is lost or comes twice."""
    proxy = CuttingProxy(behind.port)
    client = connect("http://127.0.0.1:%d/chaos/mcp" % proxy.port)
    client.initialize()
    for cut in range(3):
        proxy.cut_when(b'"progress":%d' % (2 * cut + 1))
    asked = client.ask("tools/call", {"name": "slow", "arguments": {"ms": 600, "progress_steps": 6}, "_meta": {"progressToken": "t"}})
    assert client.answer(asked)["result"]["content"][0]["text"] == "slow"
    assert proxy.cuts >= 1  # more, unless the rest came in one piece
    client.close()
    steps = [m["params"]["progress"] for m in client.inbox if m.get("method") == "notifications/progress"]
    assert steps == [1, 2, 3, 4, 5, 6]
    proxy.close()


# --- what requests carry


def test_requests_of_a_session_name_it_and_its_version(serve, connect):
    server = serve(sessions(lambda r: r.result({}), stream=lambda r: r.stream() or r.wait_until_closed()))
    client = connect(server.url, "--header", "X-Key: ${KEY}", env={"KEY": "secret-value"})
    client.initialize()
    client.result("ping")
    server.wait(lambda r: r.method == "GET", "the stream")
    client.close()
    first, *rest = [r for r in server.requests]
    assert "mcp-session-id" not in first.headers and "mcp-protocol-version" not in first.headers
    for request in rest:
        assert request.headers["mcp-session-id"] == "s1" and request.headers["mcp-protocol-version"] == "2025-11-25"
    assert all(r.headers["x-key"] == "secret-value" for r in server.requests)
    assert server.requests[-1].method == "DELETE"
    assert "secret-value" not in "".join(client.stderr)


def test_stateless_requests_repeat_parts_of_themselves_in_headers(serve, connect):
    tool = {"name": "t\u00e9", "inputSchema": {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}}}

    def script(request):
        if request.rpc == "tools/list":
            return request.result({"resultType": "complete", "tools": [tool], "ttlMs": 0, "cacheScope": "public"})
        return request.result({"resultType": "complete", "content": []})
    server = serve(script)
    client = connect(server.url)
    client.stateless("tools/list")
    client.stateless("tools/call", {"name": "t\u00e9", "arguments": {"region": "eu west"}})
    client.close()
    listed, called = server.requests
    assert listed.headers["mcp-method"] == "tools/list" and "mcp-name" not in listed.headers
    assert called.headers["mcp-protocol-version"] == "2026-07-28"
    assert called.headers["mcp-method"] == "tools/call" and called.headers["mcp-name"] == "=?base64?dMOp?="
    assert called.headers["mcp-param-region"] == "eu west"


def test_cancelling_a_stateless_request_closes_its_connection(serve, connect):
    closed = threading.Event()

    def script(request):
        if request.rpc != "tools/call":
            return request.result({"resultType": "complete"})
        request.stream()
        try:
            request.wait_until_closed()
        finally:
            closed.set()
    server = serve(script)
    client = connect(server.url)
    client.stateless("server/discover")
    id = client.ask("tools/call", {"name": "slow", "arguments": {}, "_meta": ENVELOPE})
    server.wait(lambda r: r.rpc == "tools/call")
    client.notify("notifications/cancelled", {"requestId": id})
    assert closed.wait(TIMEOUT)
    assert client.stateless("server/discover")["result"]
    client.asked.remove(id)
    client.close()


def test_cancelling_passes_on_in_a_session(serve, connect):
    cancelled = threading.Event()

    def script(request):
        if request.rpc == "notifications/cancelled":
            cancelled.set()
            return request.accepted()
        if request.rpc == "tools/call":
            assert cancelled.wait(TIMEOUT)
            return request.stream() or request.cut()
        return sessions(lambda r: r.result({}))(request)
    server = serve(script)
    client = connect(server.url)
    client.initialize()
    id = client.ask("tools/call", {"name": "slow"})
    server.wait(lambda r: r.rpc == "tools/call")
    client.notify("notifications/cancelled", {"requestId": id})
    assert client.result("ping") == {}
    client.asked.remove(id)
    client.close()
    assert server.posts("notifications/cancelled")[0].message["params"]["requestId"] == id


def test_nothing_overtakes_the_handshake(serve, connect):
    order = []

    def script(request):
        if request.method == "POST":
            order.append(request.rpc)
        return sessions(lambda r: r.result({}))(request)
    server = serve(script)
    client = connect(server.url)
    first = client.ask("initialize", INITIALIZE)
    client.notify("notifications/initialized")
    others = [client.ask("ping") for _ in range(5)]
    assert client.answer(first)["result"]
    for id in others:
        assert client.answer(id)["result"] == {}
    client.close()
    assert order == ["initialize", "notifications/initialized"] + ["ping"] * 5
    assert server.requests[-1].method == "DELETE"


# --- which transport


def test_a_server_of_2024_is_found_by_itself(serve, connect):
    streams = []

    def script(request):
        if request.path == "/mcp" and request.method == "POST":
            return request.status(405)
        if request.method == "GET":
            request.stream()
            request.event("/messages?session=7", name="endpoint")
            streams.append(request)
            request.wait_until_closed()
        assert request.path == "/messages?session=7"
        request.accepted()
        if request.id is not None:
            result = initialized(request, "2024-11-05") if request.rpc == "initialize" else {"n": request.rpc}
            streams[-1].event({"jsonrpc": "2.0", "id": request.id, "result": result})
    server = serve(script)
    client = connect(server.url)
    assert client.initialize()["protocolVersion"] == "2024-11-05"
    assert client.result("ping") == {"n": "ping"}
    client.close()


def test_an_endpoint_of_another_server_gets_nothing(serve, connect):
    other = serve(lambda r: r.accepted())

    def script(request):
        request.stream()
        request.event(other.url, name="endpoint")
        request.wait_until_closed()
    client = connect(serve(script).url, "--transport", "sse", "--header", "Authorization: Bearer x")
    assert "another server" in client.error("initialize", INITIALIZE)["message"]
    client.close()
    assert other.requests == []


def test_what_is_no_server_at_all_is_said_with_both_answers(serve, connect):
    client = connect(serve(lambda r: r.status(404, "nothing here")).url)
    error = client.error("initialize", INITIALIZE)
    assert error["message"].count("404 Not Found") == 2 and data(error) == ("http_status", "no")
    client.close()


def test_a_server_that_comes_up_later_is_asked_by_post_again(serve, connect):
    answers = [lambda r: r.status(404)] * 2

    def script(request):
        return answers.pop(0)(request) if answers else sessions(lambda r: r.result({}))(request)
    client = connect(serve(script).url)
    assert "404" in client.error("initialize", INITIALIZE)["message"]
    assert client.initialize()
    client.close()


def test_a_discovery_that_a_server_of_sessions_refuses_leads_to_initialize(serve, connect):
    def script(request):
        if request.rpc == "server/discover":
            return request.status(400, "Bad Request: No valid session ID provided")
        return sessions(lambda r: r.result({}))(request)
    client = connect(serve(script).url)
    assert client.stateless("server/discover")["error"]["code"] == -32601
    assert client.initialize()["serverInfo"]["name"] == "scripted"
    client.close()


def test_streams_of_2024_are_opened_again_and_what_was_sent_is_not_repeated(serve, connect):
    streams = []

    def script(request):
        if request.method == "GET":
            request.stream()
            request.event("/messages", name="endpoint")
            streams.append(request)
            return request.wait_until_closed()
        request.accepted()
        if request.rpc == "tools/call":
            streams[-1].connection.shutdown(2)
        elif request.id is not None:
            streams[-1].event({"jsonrpc": "2.0", "id": request.id, "result": initialized(request, "2024-11-05")})
    server = serve(script)
    client = connect(server.url, "--transport", "sse")
    client.initialize()
    assert data(client.error("tools/call", {"name": "once"})) == ("connection_lost", "unknown")
    assert client.result("ping")
    client.close()
    assert [r.rpc for r in server.requests if r.method == "POST"] == \
        ["initialize", "notifications/initialized", "tools/call", "initialize", "notifications/initialized", "ping"]


# --- sessions that are lost


@pytest.mark.parametrize("status, text", [(404, "Session not found"), (400, "Bad Request: No valid session ID provided")])
def test_a_lost_session_is_replaced_and_the_request_sent_again(serve, connect, status, text):
    current = ["s1"]

    def script(request):
        if request.rpc == "initialize":
            return request.result(initialized(request), session=current[0])
        if request.method == "POST" and request.headers.get("mcp-session-id") != current[0]:
            return request.status(status, text)
        return sessions(lambda r: r.result({"session": current[0]}))(request)
    server = serve(script)
    client = connect(server.url)
    client.initialize()
    assert client.result("tools/call", {"name": "x"}) == {"session": "s1"}
    current[0] = "s2"
    ids = [client.ask("tools/call", {"name": "x"}) for _ in range(10)]
    assert [client.answer(id).get("result") for id in ids] == [{"session": "s2"}] * 10, (client.stderr, server.requests)
    client.close()
    assert len(server.posts("initialize")) == 2 and len(server.posts("notifications/initialized")) == 2
    assert client.inbox == []


def test_a_session_that_cannot_be_replaced_is_said_to_be_lost(serve, connect):
    known = [True]

    def script(request):
        if not known[0]:
            return request.status(404, "Session not found")
        return sessions(lambda r: r.result({}))(request)
    client = connect(serve(script).url)
    client.initialize()
    known[0] = False
    error = client.error("tools/call", {"name": "x"})
    assert "its session was lost" in error["message"] and data(error)[1] == "no"
    known[0] = True
    assert client.result("ping") == {}
    client.close()


# --- connections that are cut


def test_a_call_whose_connection_is_cut_is_not_sent_twice(serve, connect):
    server = serve(sessions(lambda r: r.cut() if r.rpc == "tools/call" else r.result({})))
    client = connect(server.url)
    client.initialize()
    client.result("ping")  # its connection is used again for the call
    error = client.error("tools/call", {"name": "once"})
    assert data(error) == ("connection_lost", "unknown") and "unknown whether" in error["message"]
    assert client.result("ping") == {}
    client.close()
    assert len(server.posts("tools/call")) == 1


def test_a_json_answer_that_breaks_off_is_an_error(serve, connect):
    def call(request):
        request.raw(200, {"Content-Type": "application/json", "Content-Length": 1000}, b'{"jsonrpc":"2.0",')
        request.cut()
    client = connect(serve(sessions(call)).url)
    client.initialize()
    assert data(client.error("tools/call", {"name": "x"})) == ("connection_lost", "unknown")
    client.close()


def test_a_stream_that_breaks_off_goes_on_where_it_was(serve, connect):
    def stream(request):
        if "last-event-id" not in request.headers:
            return request.status(405)
        assert request.headers["last-event-id"] == "e1"
        request.stream()
        request.event({"jsonrpc": "2.0", "id": call_id[0], "result": {"whole": True}}, id="e2")

    def call(request):
        call_id[0] = request.id
        request.stream()
        request.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "half"}}, id="e1", retry=1)
        request.cut()
    call_id = [None]
    server = serve(sessions(call, stream=stream))
    client = connect(server.url)
    client.initialize()
    assert client.result("tools/call", {"name": "x"}) == {"whole": True}
    assert client.message("notifications/message")["params"]["data"] == "half"
    client.close()
    assert len(server.posts("tools/call")) == 1


def test_a_stream_that_cannot_be_resumed_leaves_its_call_unknown(serve, connect):
    def call(request):
        request.stream()
        request.event("", id="e1")
        request.event({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": 1}}, id="e1", retry=1)
        request.cut()
    client = connect(serve(sessions(call)).url)
    client.initialize()
    assert data(client.error("tools/call", {"name": "x"})) == ("connection_lost", "unknown")
    client.close()


def test_the_stream_of_the_server_is_opened_again_where_it_ended(serve, connect):
    def stream(request):
        request.stream()
        last = request.headers.get("last-event-id")
        number = int(last or 0) + 1
        request.event({"jsonrpc": "2.0", "method": "notifications/tools/list_changed", "params": {"n": number}}, id=str(number), retry=1)
        if number == 3:
            request.wait_until_closed()
    client = connect(serve(sessions(lambda r: r.result({}), stream=stream)).url)
    client.initialize()
    assert [client.message("notifications/tools/list_changed")["params"]["n"] for _ in range(3)] == [1, 2, 3]
    client.close()


# --- answers that are none


@pytest.mark.parametrize("answer, reason, executed, text", [
    (lambda r: r.status(500, "boom"), "http_status", "unknown", "500 Internal Server Error: boom"),
    (lambda r: r.status(503, "", **{"Retry-After": "7"}), "http_status", "no", "503 Service Unavailable"),
    (lambda r: r.status(401, "", **{"WWW-Authenticate": 'Bearer realm="x"'}), "unauthorized", "no", 'Bearer realm="x"'),
    (lambda r: r.status(403, "no"), "http_status", "no", "403 Forbidden"),
    (lambda r: r.raw(200, {"Content-Type": "text/html"}, b"<html>"), "bad_answer", "unknown", "text/html"),
    (lambda r: r.raw(200, {"Content-Type": "application/json"}, b"not json"), "bad_answer", "unknown", "no answer"),
    (lambda r: r.accepted(), "bad_answer", "unknown", "202"),
    (lambda r: r.json({"jsonrpc": "2.0", "id": "other", "result": {}}), "bad_answer", "unknown", "no answer"),
])
def test_every_wrong_answer_is_said_precisely(serve, connect, answer, reason, executed, text):
    client = connect(serve(sessions(answer)).url)
    client.initialize()
    error = client.error("tools/call", {"name": "x"})
    assert data(error) == (reason, executed) and text in error["message"], error
    client.close()


def test_an_error_in_json_rpc_passes_whatever_its_status(serve, connect):
    error = {"code": -32022, "message": "no such version", "data": {"supported": ["2026-07-28"]}}
    client = connect(serve(lambda r: r.json({"jsonrpc": "2.0", "error": error}, status=400)).url, "--transport", "http")
    assert client.stateless("server/discover")["error"] == error
    client.close()


def test_json_on_several_lines_becomes_one(serve, connect):
    def call(request):
        text = json.dumps({"jsonrpc": "2.0", "id": request.id, "result": {"a": [1, 2]}}, indent=2)
        request.raw(200, {"Content-Type": "application/json; charset=utf-8"}, text.replace("\n", "\r\n").encode())
    client = connect(serve(sessions(call)).url)
    client.initialize()
    assert client.result("tools/call", {"name": "x"}) == {"a": [1, 2]}
    client.close()


def test_an_endless_stream_without_an_answer_ends_with_the_time_limit(serve, connect):
    def call(request):
        request.stream()
        while True:
            request.send(b": still here\n\n")
            if stop.wait(0.02):
                return
    stop = threading.Event()
    client = connect(serve(sessions(call)).url, "--timeout", "1s")
    client.initialize()
    assert data(client.error("tools/call", {"name": "x"})) == ("timeout", "unknown")
    stop.set()
    client.close()


def test_an_event_that_is_too_large_is_an_error(serve, connect):
    def call(request):
        request.stream()
        request.send(b"data: ")
        for _ in range(70):
            request.send(b"x" * (1 << 20))
        request.wait_until_closed()
    client = connect(serve(sessions(call)).url)
    client.initialize()
    error = client.error("tools/call", {"name": "x"})
    assert data(error) == ("bad_answer", "unknown") and "64 MiB" in error["message"]
    client.close()


def test_a_large_answer_passes_whole(serve, connect):
    text = "x" * (20 << 20)
    client = connect(serve(sessions(lambda r: r.result({"text": text}))).url)
    client.initialize()
    assert client.result("tools/call", {"name": "x"})["text"] == text
    client.close()


# --- redirects


def test_a_redirect_on_the_same_server_is_followed(serve, connect):
    def script(request):
        if request.path == "/mcp":
            return request.status(307, Location="/mcp/")
        return sessions(lambda r: r.result({}))(request)
    server = serve(script)
    client = connect(server.url)
    client.initialize()
    assert client.result("ping") == {}
    client.close()
    assert [r.path for r in server.requests if r.rpc == "ping"] == ["/mcp/"]


def test_a_redirect_to_another_server_is_not_followed(serve, connect):
    other = serve(lambda r: r.accepted())
    client = connect(serve(lambda r: r.status(307, Location=other.url)).url, "--header", "Authorization: Bearer x")
    error = client.error("initialize", INITIALIZE)
    assert "another server" in error["message"] and data(error)[1] == "no"
    client.close()
    assert other.requests == []


# --- servers that cannot be reached


def test_a_refused_connection_is_said_to_be_refused(connect):
    from waiting import free_port
    client = connect("http://127.0.0.1:%d/mcp?key=hidden-in-the-query" % free_port())
    error = client.error("initialize", INITIALIZE)
    assert "Connection refused" in error["message"] and data(error) == ("unreachable", "no")
    assert "hidden" not in json.dumps(error) + "".join(client.stderr)
    client.close()


def test_a_secret_in_the_path_of_a_url_is_not_shown(connect):
    from waiting import free_port
    client = connect("${WHERE}", env={"WHERE": "http://127.0.0.1:%d/hidden-in-the-path/mcp" % free_port()})
    error = client.error("initialize", INITIALIZE)
    assert "Connection refused" in error["message"]
    assert "hidden" not in json.dumps(error) + "".join(client.stderr)
    client.close()


def test_a_name_that_does_not_exist_is_said_not_to_resolve(connect):
    client = connect("http://nothing.invalid/mcp")
    error = client.error("initialize", INITIALIZE)
    assert "name cannot be resolved" in error["message"] and data(error) == ("unreachable", "no")
    client.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def secured(issued):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    return context


def test_a_certificate_of_a_known_authority_is_accepted(serve, connect, authority):
    server = serve(sessions(lambda r: r.result({})), tls=secured(authority.issue(names="IP:127.0.0.1")))
    client = connect(server.url, "--ca", str(authority.certificate))
    client.initialize()
    client.close()


@pytest.mark.parametrize("options, known, reason", [({"names": "IP:127.0.0.1"}, False, "certificate"),
                                                    ({"names": "DNS:elsewhere"}, True, "no alternative certificate subject name"),
                                                    ({"names": "IP:127.0.0.1", "days": -1}, True, "expired")])
def test_a_bad_certificate_is_refused_with_the_reason(serve, connect, authority, options, known, reason):
    server = serve(lambda r: r.accepted(), tls=secured(authority.issue(**options)))
    client = connect(server.url, *(("--ca", str(authority.certificate)) if known else ()))
    error = client.error("initialize", INITIALIZE)
    assert "TLS failed" in error["message"] and reason in error["message"] and data(error) == ("unreachable", "no")
    client.close()
    assert server.requests == []


# --- the client


def test_what_is_no_message_is_answered_and_the_next_one_served(serve, connect):
    client = connect(serve(sessions(lambda r: r.result({}))).url)
    client.send_text("not json")
    assert client.wait(lambda m: "error" in m, "an error")["error"]["code"] == -32700
    client.send_text("")
    client.initialize()
    client.close()


def test_an_id_that_is_still_owed_an_answer_is_refused(serve, connect):
    release = threading.Event()
    client = connect(serve(sessions(lambda r: release.wait(TIMEOUT) and r.result({"n": r.rpc}))).url)
    client.initialize()
    client.ask("ping", id="x")
    client.ask("ping", id="x")
    assert client.answer("x")["error"]["code"] == -32600
    release.set()
    assert client.answer("x")["result"] == {"n": "ping"}
    client.close()


def test_what_is_owed_when_stdin_ends_is_answered(serve, connect):
    release = threading.Event()
    server = serve(sessions(lambda r: release.wait(TIMEOUT) and r.result({})))
    client = connect(server.url)
    client.initialize()
    client.ask("tools/call", {"name": "x"})
    server.wait(lambda r: r.rpc == "tools/call")
    threading.Timer(0.1, release.set).start()
    client.close()
    assert server.requests[-1].method == "DELETE"


def test_a_signal_ends_it_with_an_error_for_what_is_owed(serve, connect):
    release = threading.Event()
    server = serve(sessions(lambda r: release.wait(TIMEOUT)))
    client = connect(server.url)
    client.initialize()
    id = client.ask("tools/call", {"name": "x"})
    server.wait(lambda r: r.rpc == "tools/call")
    client.process.terminate()
    assert data(client.answer(id)["error"]) == ("stopping", "unknown")
    client.close()
    release.set()
    server.wait(lambda r: r.method == "DELETE", "the end of the session")


@pytest.mark.parametrize("words, text", [((), "expected a URL or a service"), (("ftp://x/y",), "expected a URL such as"),
                                         (("http://x/", "--header", "no colon"), "Name: value"),
                                         (("http://x/", "--header", "A: ${UNSET_VARIABLE_X}"), "UNSET_VARIABLE_X is not set")])
def test_a_wrong_command_line_is_exit_code_2(words, text):
    import subprocess
    ended = subprocess.run([GATEWAY, "connect", *words], capture_output=True, text=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL)
    assert ended.returncode == 2 and text in ended.stderr and ended.stdout == ""
