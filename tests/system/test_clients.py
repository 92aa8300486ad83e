"""Clients that read slowly, vanish, flood, send garbage or leave without a word: they hurt only themselves."""
import json
import os
import random
import select
import socket
import time
from contextlib import suppress
from pathlib import Path

import pytest

from clients import BOTH, call, cancelled, initialize, message
from gateway_under_test import TLS, chaos, echo
from wire import TIMEOUT, Connection, Ended, is_refused

SERVICES = {"chaos": chaos(), "echo": echo()}
IDLE = "10s"  # of a session: as long as a machine may need between a handshake and what follows


def assert_well(gateway):
    """Another client is served as if nothing had happened."""
    assert gateway.http("echo").call("echo", {"text": "well"})["result"]["content"][0]["text"] == "well"
    assert gateway.process.poll() is None


def raw(gateway, data):
    """A connection on which these bytes were sent."""
    connection = Connection(gateway.port)
    connection.send(data)
    return connection


def request_bytes(path="/echo/mcp", body=b"", method="POST", **fields):
    head = {"Host": "localhost", "Content-Type": "application/json", "Accept": BOTH, "Content-Length": len(body),
            **{name.replace("_", "-"): value for name, value in fields.items()}}
    lines = "".join("%s: %s\r\n" % pair for pair in head.items() if pair[1] is not None)
    return ("%s %s HTTP/1.1\r\n%s\r\n" % (method, path, lines)).encode() + body


def echo_bytes(text, id=1):
    return json.dumps(call("echo", {"text": text}, id)).encode()


# ── slow readers ─────────────────────────────────────────────────────────────────────────────────


def test_a_reader_that_reads_nothing_loses_its_stream_and_nobody_else_does(start_gateway):
    """Case 85, F27."""
    gateway = start_gateway(SERVICES, {"limits": {"max_client_queue_bytes": "1MiB", "write_timeout": "1h"}})
    good, slow = gateway.sse("echo"), gateway.sse("echo", receive_buffer=4096)
    for number in range(30):
        slow.post(call("big", {"bytes": 500_000}, number), expect=202)
        assert good.call("big", {"bytes": 1000})["result"]["content"][0]["text"] == "x" * 1000
        if gateway.metric("mcp_gateway_slow_clients_total"):
            break
    assert gateway.metric("mcp_gateway_slow_clients_total") == 1
    assert gateway.metric("mcp_gateway_sessions_closed_total", server="echo", reason="slow") == 1
    slow.post(call("echo", {"text": "x"}), expect=404)
    assert gateway.health("echo")["sessions"] == 1
    good.request("ping")
    assert good.stream.unread == []


def test_a_reader_that_stalls_is_given_up_after_the_write_timeout(start_gateway):
    """F27."""
    gateway = start_gateway(SERVICES, {"limits": {"write_timeout": "500ms"}})
    good, slow, post = gateway.sse("echo"), gateway.sse("echo", receive_buffer=4096), gateway.http("echo")
    slow.post(call("big", {"bytes": 20_000_000}))
    stalled = post.connect(receive_buffer=4096)
    stalled.send_request("POST", post.path, post.fields({}), json.dumps(call("big", {"bytes": 20_000_000})).encode())
    gateway.until(lambda: gateway.metric("mcp_gateway_slow_clients_total") == 2)
    gateway.until(lambda: gateway.health("echo")["sessions"] == 1)
    assert good.call("echo", {"text": "x"})["result"]["content"][0]["text"] == "x"


def test_a_reader_that_is_slow_but_reads_gets_everything(start_gateway):
    gateway = start_gateway(SERVICES, {"limits": {"write_timeout": "1m"}})
    client = gateway.sse("echo", receive_buffer=4096)
    client.post(call("big", {"bytes": 3_000_000}, "big"))
    assert client.stream.answer("big")["result"]["content"][0]["text"] == "x" * 3_000_000


# ── clients that vanish ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_an_sse_client_that_leaves_in_mid_call_has_its_calls_cancelled_at_the_child(gateway, sse, leave):
    """Case 38, F35."""
    other, client = sse("chaos"), sse("chaos")
    before = len(other.seen_by_child()["cancelled"])
    client.post(call("hang", id="hung"))
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 1)
    getattr(client.stream.connection, leave)()
    gateway.until(lambda: len(other.seen_by_child()["cancelled"]) == before + 1)
    client.post(call("echo"), expect=404)
    assert gateway.health("chaos")["calls_in_flight"] == 0


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_a_streamable_client_that_leaves_in_mid_call_has_taken_nothing_back(gateway, http, sse, leave):
    """Case 25, F29."""
    other, client = sse("chaos"), http("chaos")
    client.initialize()
    before = len(other.seen_by_child()["cancelled"])
    connection = client.begin(call("slow", {"ms": 300}, "slow"))
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 1)
    getattr(connection, leave)()
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 0)
    assert len(other.seen_by_child()["cancelled"]) == before
    assert client.text("echo", {}) == "{}"
    client.delete()


def test_a_call_without_a_session_ends_with_its_client(gateway, http, sse):
    other = sse("chaos")
    before = len(other.seen_by_child()["cancelled"])
    connection = http("chaos").begin(call("hang"))
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 1)
    connection.close()
    gateway.until(lambda: len(other.seen_by_child()["cancelled"]) == before + 1)
    gateway.until(lambda: gateway.health("chaos")["sessions"] == 1)


def test_clients_that_reset_at_any_byte_leave_nothing_behind(gateway):
    """F35."""
    whole = request_bytes(body=echo_bytes("x"))
    descriptors = len(os.listdir("/proc/%d/fd" % gateway.process.pid))
    for length in range(0, len(whole) + 1, 3):
        raw(gateway, whole[:length]).reset()
    gateway.until(lambda: len(os.listdir("/proc/%d/fd" % gateway.process.pid)) <= descriptors)
    assert_well(gateway)


def test_a_request_in_single_bytes_is_answered_like_a_whole_one(gateway):
    """F35."""
    connection = Connection(gateway.port)
    for byte in request_bytes(body=echo_bytes("split")):
        connection.send(bytes([byte]))
    assert connection.read_response().json["result"]["content"][0]["text"] == "split"


# ── garbage ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("data, status", [
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x7f" * 200 + b"\r\n\r\n", 400),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    (b"GET /echo/sse\r\n\r\n", 400),
    (b"\r\n\r\n\r\nnonsense\r\n\r\n", 400),
    (b"POST /echo/mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
    (b"POST /echo/mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"POST /echo/mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
], ids=["TLS", "HTTP/2", "HTTP/0.9", "words", "two lengths", "length and chunks", "a bad chunk"])
def test_what_is_no_http_1_1_is_refused_and_the_connection_closed(gateway, data, status):
    connection = raw(gateway, data)
    response = connection.read_response()
    assert (response.status, response["connection"]) == (status, "close")
    assert connection.is_closed()
    assert_well(gateway)


def test_random_bytes_never_end_or_block_the_gateway(gateway):
    chance = random.Random(7)
    template = request_bytes(body=echo_bytes("x"))
    for _ in range(300):
        data = bytearray(template)
        for _ in range(chance.randint(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        raw(gateway, bytes(data)).close()
    assert_well(gateway)


def test_nesting_and_numbers_without_end_are_refused_as_what_they_are(gateway, http):
    """F22."""
    client = http("echo")
    deep = b'{"jsonrpc":"2.0","id":1,"method":"ping","params":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert client.post(deep).error == (400, -32700)
    assert client.post(b'{"jsonrpc":"2.0","id":' + b"1" * 100_000 + b',"method":"ping"}').error == (400, -32600)
    assert client.post(b'{"jsonrpc":"2.0","id":1,"method":"' + b"m" * 100_000 + b'"}').error == (400, -32600)
    assert client.post(b'{"jsonrpc":"2.0","id":1,"ID":2,"method":"ping"}').error == (400, -32600)
    assert_well(gateway)


# ── too slow, too much ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("begin", [b"POST /echo/mcp HTTP/1.1\r\nHost: loc", b"P",
                                   b"POST /echo/mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n{",
                                   b"POST /echo/mcp HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n"],
                         ids=["head", "first byte", "body", "chunks"])
def test_a_request_that_trickles_is_given_up_with_408(start_gateway, begin):
    """Case 92, F25: bytes that go on coming do not help."""
    gateway = start_gateway(SERVICES, {"limits": {"head_timeout": "300ms", "body_timeout": "300ms"}})
    connection = raw(gateway, begin)
    deadline = time.monotonic() + TIMEOUT
    while not select.select([connection.socket], [], [], 0.05)[0]:
        connection.send(b"a")
        assert time.monotonic() < deadline
    response = connection.read_response()
    assert (response.status, response["connection"]) == (408, "close")
    assert connection.is_closed()
    assert_well(gateway)


def test_two_hundred_trickling_connections_delay_nobody(start_gateway):
    """F25."""
    gateway = start_gateway(SERVICES, {"limits": {"head_timeout": "1s"}})
    slow = [raw(gateway, b"POST /echo/mcp HTTP/1.1\r\nHost: ") for _ in range(200)]
    assert_well(gateway)
    assert [connection.read_response().status for connection in slow] == [408] * 200
    gateway.until(lambda: gateway.metric("mcp_gateway_connections_active") <= 2)


def test_a_connection_that_stays_silent_between_requests_is_closed(start_gateway):
    gateway = start_gateway(SERVICES, {"limits": {"keepalive_timeout": "1s"}})

    def answered():
        connection = raw(gateway, request_bytes(body=echo_bytes("x")))
        with suppress(Ended, OSError):  # it was silent for too long before its first request, on a machine so slow
            assert connection.read_response().status == 200
            return connection

    assert gateway.until(answered).is_closed()


def test_a_body_over_the_limit_is_refused_before_it_is_read(gateway):
    """Case 27, F21."""
    limit = 4 << 20
    connection = raw(gateway, request_bytes(Content_Length=limit + 1))
    response = connection.read_response()
    assert (response.status, response["connection"]) == (413, "close")
    connection = raw(gateway, request_bytes(Content_Length=limit + 1, Expect="100-continue"))
    response = connection.read_response()
    assert (response.status, response.continued) == (413, 0)

    connection = raw(gateway, request_bytes(Content_Length=None, Transfer_Encoding="chunked"))
    chunk = b"%x\r\n" % (1 << 20) + b"x" * (1 << 20) + b"\r\n"
    for _ in range(4):
        connection.send(chunk)
    connection.send(b"1\r\nx\r\n")
    assert connection.read_response().status == 413
    assert_well(gateway)


def test_a_body_of_the_limit_is_served_and_100_continue_is_said(gateway):
    """Case 27."""
    body = echo_bytes("x" * ((4 << 20) - len(echo_bytes(""))))
    assert len(body) == 4 << 20
    connection = raw(gateway, request_bytes(Content_Length=len(body), Expect="100-continue"))
    assert connection.read_to(b"\r\n\r\n", time.monotonic() + TIMEOUT) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.send(body)
    response = connection.read_response()
    assert (response.status, len(response.body)) == (200, len(b'{"jsonrpc":"2.0","id":1,"result":{"content":['
                                                                b'{"type":"text","text":""}]}}') + (4 << 20) - len(echo_bytes("")))


@pytest.mark.parametrize("head, status", [
    (b"GET /echo/sse HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 17_000, 431),
    (b"GET /echo/sse HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 100, 431),
    (b"GET /echo/sse HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 10_000, 431),
    (b"GET /echo/sse HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1_000_000, 431),
    (b"GET /" + b"x" * 64_000, 414),
], ids=["17 KB", "101 fields", "10,000 fields", "1 MB", "64 KB target"])
def test_a_head_over_the_limits_is_refused(gateway, head, status):
    """Case 92, F24."""
    connection = Connection(gateway.port)
    try:
        connection.send(head + b"\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused while it was still being sent
    response = connection.read_response()
    assert (response.status, response["connection"]) == (status, "close")
    assert_well(gateway)


def test_a_hundred_fields_and_16_kilobytes_are_allowed(gateway):
    fields = "".join("X-%d: %s\r\n" % (number, "y" * 140) for number in range(94))
    head = request_bytes(body=b"").replace(b"Content-Length: 0\r\n\r\n", b"")
    body = echo_bytes("x")
    data = head + fields.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body
    assert raw(gateway, data).read_response().status == 200


def test_pipelined_requests_are_answered_in_their_order(gateway):
    """F34."""
    count = 1000
    connection = Connection(gateway.port)
    connection.send(b"".join(request_bytes(body=echo_bytes(str(number), number)) for number in range(count)))
    for number in range(count):
        answer = connection.read_response().json
        assert (answer["id"], answer["result"]["content"][0]["text"]) == (number, str(number))
    connection.send(request_bytes(body=echo_bytes("on", 1)))
    assert connection.read_response().status == 200


@pytest.mark.parametrize("method, path, status", [
    ("PUT", "/echo/mcp", 405), ("GET", "/echo/messages", 405), ("POST", "/echo/health", 405), ("TRACE", "/echo/mcp", 405),
    ("CONNECT", "localhost:80", 400), ("GET", "/nobody/mcp", 404), ("GET", "/echo/else", 404), ("GET", "/", 404)])
def test_wrong_methods_and_paths_are_named_and_the_connection_is_used_again(gateway, method, path, status):
    """F34."""
    connection = raw(gateway, request_bytes(path, method=method))
    response = connection.read_response()
    assert response.status == status
    assert (response["allow"] is not None) == (status == 405)
    if response["connection"] != "close":
        connection.send(request_bytes(body=echo_bytes("x")))
        assert connection.read_response().status == 200


# ── limits ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(TLS, reason="with TLS they are refused by an alert, which test_tls.py shows")
def test_connections_over_the_limit_are_refused_and_the_admin_listener_still_answers(start_gateway):
    """F31."""
    gateway = start_gateway(SERVICES, {"limits": {"max_connections": 20}})
    held = [raw(gateway, request_bytes(body=echo_bytes("x"))) for _ in range(20)]
    assert [connection.read_response().status for connection in held] == [200] * 20
    assert is_refused(Connection(gateway.port))
    assert is_refused(raw(gateway, request_bytes(body=echo_bytes("x"))))
    assert gateway.admin("/livez").status == 200
    assert gateway.metric("mcp_gateway_connections_active") >= 20
    held.pop().close()
    gateway.until(lambda: gateway.metric("mcp_gateway_connections_active") <= 20)
    assert_well(gateway)


def test_at_the_session_limit_the_longest_idle_makes_room_and_busy_ones_do_not(start_gateway):
    """Case 89, F33."""
    gateway = start_gateway(SERVICES, {"limits": {"max_sessions": 3}})
    a, b, c, d = (gateway.http("chaos") for _ in range(4))
    for client in (a, b, c):
        client.initialize()
    assert a.request("ping")["result"] == {}  # b is the longest idle now
    d.initialize()
    assert b.post(message("ping", id=1)).status == 404
    for client in (a, c, d):
        assert client.request("ping")["result"] == {}
    assert gateway.metric("mcp_gateway_sessions_closed_total", server="chaos", reason="evicted") == 1

    waiting = c.begin(call("hang", id="hung"))
    streams = [client.get() for client in (a, d)]
    assert [stream.status for stream in streams] == [200, 200]
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 1)
    refused = gateway.http("chaos").post(initialize())
    assert (refused.status, refused["retry-after"]) == (503, "1")
    connection = raw(gateway, request_bytes("/chaos/sse", method="GET", Accept="text/event-stream"))
    assert connection.read_response().status == 503
    for client in (a, c, d):
        assert client.request("ping")["result"] == {}
    assert gateway.health("chaos")["sessions"] == 3
    c.post(cancelled("hung"))
    waiting.read_response()


def test_at_the_limit_of_children_no_more_sessions_are_opened(start_gateway):
    gateway = start_gateway({"own": echo(isolation="session", max_children=2)})
    a, b = gateway.sse("own"), gateway.http("own")
    a.initialize()
    b.initialize()
    b.get()
    refused = gateway.http("own").post(initialize())
    assert (refused.status, refused["retry-after"]) == (503, "1")
    a.close()
    gateway.until(lambda: gateway.health("own")["children"] == 1)
    assert gateway.http("own").initialize()["serverInfo"]["name"] == "mcp-echo"


def test_at_the_limit_of_children_the_session_that_was_idle_longest_makes_room(start_gateway):
    """Clients that never say that they are done must not lock others out until their sessions are too old."""
    gateway = start_gateway({"own": chaos(isolation="session", max_children=4), "other": echo()}, wait_for=["other"])
    streaming, stream, calling = gateway.http("own"), gateway.sse("own"), gateway.http("own")
    bystander, idle = gateway.http("other"), gateway.http("own")
    for client in (bystander, streaming, stream, calling, idle):
        client.initialize()
    streaming.get()
    calling.begin(call("hang"))
    gateway.until(lambda: gateway.health("own")["calls_in_flight"] == 1)
    for number in range(3):
        new = gateway.http("own")
        assert new.initialize()["serverInfo"]["name"] == "chaos"
        assert idle.post(message("ping", id=1)).error == (404, -32001)
        assert gateway.metric("mcp_gateway_sessions_closed_total", server="own", reason="evicted") == number + 1
        idle = new
    for client in (bystander, streaming, stream, calling, idle):
        assert client.request("ping")["result"] == {}


def test_sessions_that_make_room_cannot_leave_any_number_of_children_behind(start_gateway):
    """A child may take its time to end: until then no more than twice as many run."""
    stubborn = chaos("--ignore-stdin-close", "--ignore-sigterm", isolation="session", max_children=2,
                     stop={"stdin_grace": "10m", "term_grace": "10ms"})
    gateway = start_gateway({"own": stubborn})
    statuses = [gateway.http("own").post(initialize()).status for _ in range(8)]
    assert statuses == [200] * 4 + [503] * 4
    assert gateway.health("own")["children"] == 4
    gateway.kill()


def test_an_idle_session_ends_and_the_child_does_not(start_gateway):
    """Case 26."""
    gateway = start_gateway({"chaos": chaos("--declare", "resources")}, {"limits": {"session_idle_timeout": IDLE}})
    idle, streaming, watcher = gateway.http("chaos"), gateway.http("chaos"), gateway.sse("chaos")
    pid = gateway.child_pid("chaos")
    for client in (idle, streaming):
        client.initialize()
    stream = streaming.get().stream
    assert idle.request("resources/subscribe", {"uri": "chaos://idle"})["result"] == {}
    gateway.until(lambda: gateway.health("chaos")["sessions"] == 2)
    assert gateway.metric("mcp_gateway_sessions_closed_total", reason="idle") == 1
    assert idle.post(message("ping", id=1)).error == (404, -32001)
    methods = [each["method"] for each in watcher.seen_by_child()["received"]]
    assert methods.count("resources/unsubscribe") == 1
    assert streaming.request("ping")["result"] == {}
    assert stream.unread == []
    assert gateway.child_pid("chaos") == pid


def test_a_session_may_wait_for_so_many_answers_and_no_more(start_gateway):
    gateway = start_gateway(SERVICES, {"limits": {"max_calls_per_session": 4}})
    a, b, other = gateway.sse("chaos"), gateway.http("chaos"), gateway.sse("chaos")
    b.initialize()
    for number in range(1000):
        a.post(call("hang", id=number))
    waiting = [b.begin(call("hang", id=number)) for number in range(4)]
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 8)
    for number in range(4, 1000):
        error = a.stream.answer(number)["error"]
        assert (error["code"], error["data"]["reason"]) == (-32603, "session_limit")
    response = b.post(call("echo", id=9))
    assert (response.status, response["retry-after"], response.json["error"]["data"]["reason"]) == (503, "1", "session_limit")
    assert other.text("echo", {}) == "{}"

    a.post(cancelled(0))
    b.post(cancelled(0))
    assert a.text("echo", {}) == b.text("echo", {}) == "{}"
    assert gateway.metric("mcp_gateway_rejected_total", server="chaos", reason="session_limit") == 997
    assert len(waiting) == 4


def test_a_service_owes_so_many_calls_and_others_wait_for_their_turn(start_gateway, tmp_path):
    gate = tmp_path / "gate"
    gateway = start_gateway({"chaos": chaos(max_calls=2, max_queue=3)})
    gateway.wait_for("service.tools")  # which takes a turn, too
    a = gateway.sse("chaos")
    for number in range(2):
        a.post(call("wait_for", {"path": str(gate)}, "wait-%d" % number))
    for number in range(4):
        a.post(call("echo", {"text": str(number)}, number))
    assert a.stream.answer(3)["error"]["data"]["reason"] == "queue_full"
    gate.touch()
    for number in range(3):
        assert json.loads(a.stream.answer(number)["result"]["content"][0]["text"]) == {"text": str(number)}


# ── leaks ────────────────────────────────────────────────────────────────────────────────────────


class Books:
    """What a gateway holds: descriptors, children, zombies, sessions, calls."""

    def __init__(self, gateway):
        self.descriptors = len(os.listdir("/proc/%d/fd" % gateway.process.pid))
        self.children = sorted(child_states(gateway.process.pid))
        page = gateway.health()["servers"]
        self.sessions = {name: service["sessions"] for name, service in page.items()}
        self.in_flight = {name: service["calls_in_flight"] for name, service in page.items()}
        self.restarts = {name: service["restarts"] for name, service in page.items()}

    def __eq__(self, other):
        return vars(self) == vars(other)


def books_at_rest(gateway):
    """What it holds once the connection of an earlier question is closed on its side too."""
    seen = []

    def unchanged():
        seen.append(Books(gateway))
        return len(seen) > 1 and seen[-1] == seen[-2]

    gateway.until(unchanged)
    return seen[-1]


def child_states(parent):
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                text = Path("/proc", name, "stat").read_text()
            except OSError:
                continue
            state, ppid = text[text.rindex(")") + 2 :].split()[:2]
            if int(ppid) == parent:
                yield int(name), state == "Z"


def abandoned_streamable(gateway, service, count):
    """So many sessions by one pipelining connection, then a reset."""
    body = json.dumps(initialize()).encode()
    one = request_bytes("/%s/mcp" % service, body)
    connection = raw(gateway, one * count)
    tokens = set()
    for _ in range(count):
        response = connection.read_response()
        assert response.status == 200
        tokens.add(response["mcp-session-id"])
    connection.reset()
    assert len(tokens) == count
    return tokens


def abandoned_sse(gateway, service, count, chance):
    """So many streams; some with a call in flight; all closed without a word, one way or another."""
    ask = request_bytes("/%s/sse" % service, method="GET", Accept="text/event-stream")
    streams = [raw(gateway, ask) for _ in range(count)]
    posts = Connection(gateway.port)
    for connection in streams:
        deadline = time.monotonic() + TIMEOUT
        head = connection.read_to(b"data: ", deadline)
        assert head.startswith(b"HTTP/1.1 200 ")
        endpoint = connection.read_to(b"\n", deadline).decode().strip()
        if chance.random() < 0.3:
            tool = call("sleep", {"ms": 60_000}) if chance.random() < 0.5 else call("echo", {"text": "x"})
            posts.send(request_bytes("/%s/%s" % (service, endpoint), json.dumps(tool).encode()))
            assert posts.read_response().status == 202
    for connection in streams:
        connection.reset() if chance.random() < 0.5 else connection.close()
    posts.close()


def test_after_ten_thousand_sessions_everything_is_as_at_the_start(start_gateway):
    """99 % of them abandoned."""
    gateway = start_gateway({"echo": echo(), "chaos": chaos()},
                            {"limits": {"session_idle_timeout": IDLE}})
    gateway.until(lambda: all(gateway.health(name).get("tools") for name in ("echo", "chaos")))
    before = books_at_rest(gateway)
    assert before.sessions == {"echo": 0, "chaos": 0} and all(not zombie for _, zombie in before.children)
    chance = random.Random(3)
    tokens = set()
    for _ in range(50):
        tokens |= abandoned_streamable(gateway, "echo", 100)
        abandoned_sse(gateway, "echo", 98, chance)
        for _ in range(2):
            with gateway.http("echo") as client:
                client.initialize()
                assert client.delete().status == 200
    assert len(tokens) == 5000
    gateway.until(lambda: gateway.health("echo")["sessions"] == 0)
    gateway.clients.clear()
    gateway.until(lambda: Books(gateway) == before, what="the state of the start")
    opened = {transport: gateway.metric("mcp_gateway_sessions_opened_total", server="echo", transport=transport)
              for transport in ("http", "sse")}
    assert opened == {"http": 5100, "sse": 4900}
    assert gateway.metric("mcp_gateway_sessions_active") == 0
    assert gateway.metric("mcp_gateway_sessions_closed_total", server="echo") == 10_000
    assert gateway.metric("mcp_gateway_sessions_closed_total", server="echo", reason="idle") == 5000
    assert_well(gateway)


def test_abandoned_sessions_with_children_of_their_own_leave_no_child(start_gateway):
    gateway = start_gateway({"own": echo(isolation="session", max_children=100), "echo": echo()},
                            {"limits": {"session_idle_timeout": IDLE}})
    before = books_at_rest(gateway)
    abandoned_streamable(gateway, "own", 40)
    abandoned_sse(gateway, "own", 40, random.Random(5))
    gateway.until(lambda: Books(gateway) == before, what="the state of the start")
    assert len(gateway.events("child.start", server="own")) >= 40
    assert len(gateway.events("child.exit", server="own")) == len(gateway.events("child.start", server="own"))
