"""Several loops (gateway.loops): services served side by side, and connections that move between them.

SERVICES are spread over three loops in their order: a and d on loop 0, b and e on 1, c on 2.
Every other module holds with several loops too: GATEWAY_LOOPS=2 python3 -m pytest tests/system.
"""
import ctypes
import json
import os
import random
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

import gateway_under_test
from clients import BOTH, JSON, call, initialize, message
from gateway_under_test import TLS, chaos, echo, is_gone
from wire import TIMEOUT, Connection, is_refused

SERVICES = {"a": echo(), "b": echo(), "c": chaos(), "d": echo(), "e": chaos()}
GATEWAY = {"loops": 3}


def post_request(service, text, id, session=None):
    """A tools/call of `echo` as head fields and body. Without a session it is served for itself."""
    fields = {"Accept": BOTH, **JSON}
    if session:
        fields["Mcp-Session-Id"] = session
    return "/%s/mcp" % service, fields, json.dumps(call("echo", {"text": text}, id)).encode()


def assert_answer(response, service, text, id):
    assert response.status == 200, response
    answer = response.json
    assert answer["id"] == id
    said = answer["result"]["content"][0]["text"]
    # echo gives the text, chaos the raw arguments.
    assert said == text or said == '{"text": "%s"}' % text, said


def chunked(path, fields, body, cut):
    """The request with its body in chunks of the sizes in `cut`."""
    head = "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n" % path
    head += "".join("%s: %s\r\n" % field for field in fields.items())
    out = head.encode() + b"\r\n"
    while body:
        size = min(next(cut), len(body))
        out += b"%x\r\n%s\r\n" % (size, body[:size])
        body = body[size:]
    return out + b"0\r\n\r\n"


def plain(path, fields, body):
    fields = {"Host": "127.0.0.1", "Content-Length": len(body), **fields}
    return ("POST %s HTTP/1.1\r\n" % path + "".join("%s: %s\r\n" % field for field in fields.items())
            + "\r\n").encode() + body


def sizes(rng):
    while True:
        yield rng.randint(1, 60)


# --- where things are


def test_services_are_spread_over_the_loops_in_their_order(gateway):
    servers = gateway.health()["servers"]
    assert {name: servers[name]["loop"] for name in SERVICES} == {"a": 0, "b": 1, "c": 2, "d": 0, "e": 1}


def loop_threads(gateway):
    tasks = Path("/proc", str(gateway.process.pid), "task")
    return sorted(name for task in tasks.iterdir() if (name := (task / "comm").read_text().strip()).startswith("mcp-gw-loop"))


def test_each_loop_but_the_first_is_a_thread_with_its_number_as_name(gateway):
    assert loop_threads(gateway) == ["mcp-gw-loop-1", "mcp-gw-loop-2"]


def test_one_loop_is_no_thread_and_nothing_moves(start_gateway):
    gateway = start_gateway({"a": echo(), "b": echo()}, {"loops": 1})
    connection = Connection(gateway.port)
    for id, service in enumerate("abab"):
        connection.send(plain(*post_request(service, "x", id)))
        assert_answer(connection.read_response(), service, "x", id)
    assert loop_threads(gateway) == []
    assert gateway.metric("mcp_gateway_connections_moved_total") == 0
    assert "loop" not in gateway.health("a")


def test_the_health_of_all_is_told_to_whoever_asks_anywhere(gateway):
    for _ in range(20):  # each time by a loop of the system's choice
        connection = Connection(gateway.port)
        connection.send_request("GET", "/health")
        page = connection.read_response().json
        assert page["status"] == "HEALTHY" and list(page["servers"]) == list(SERVICES)
        connection.send_request("GET", "/e/health")
        page = connection.read_response().json
        assert (page["server"], page["loop"]) == ("e", 1)
        connection.close()


def test_a_service_with_its_own_listener_is_listened_for_where_it_lives(start_gateway):
    gateway = start_gateway({"a": echo(), "b": echo(listen="127.0.0.1:0")}, {"loops": 2})
    for id in range(10):
        connection = Connection(gateway.ports["b"])
        path, fields, body = post_request("b", "x", id)
        connection.send(plain("/mcp", fields, body))
        assert_answer(connection.read_response(), "b", "x", id)
        connection.close()
    assert gateway.metric("mcp_gateway_connections_moved_total") == 0


@pytest.mark.parametrize("loops", [1, 3])
def test_a_second_gateway_is_told_that_the_port_is_taken(start_gateway, tmp_path, loops):
    """SO_REUSEPORT would let it take half of the connections."""
    first = start_gateway({"a": echo()}, {"loops": 3})
    config = tmp_path / "second.json"
    config.write_text('{"gateway": {"listen": "127.0.0.1:%d", "admin_listen": "off", "loops": %d},'
                      ' "mcpServers": {"a": {"command": "true"}}}' % (first.port, loops))
    second = subprocess.run([gateway_under_test.GATEWAY, "run", "--config", str(config)], capture_output=True, text=True, timeout=TIMEOUT)
    assert second.returncode == 1
    assert "the port is taken by another program" in second.stderr


# --- connections that move


@pytest.mark.parametrize("seed", range(4))
def test_a_thousand_requests_on_connections_that_move_get_their_own_answers(gateway, seed):
    """250 a seed, on four connections in turn: whole, in pieces, in chunks, and several sent ahead."""
    rng = random.Random(seed)
    moved_before = gateway.metric("mcp_gateway_connections_moved_total")
    connections = [Connection(gateway.port) for _ in range(4)]
    id = 0
    while id < 250:
        connection = rng.choice(connections)
        expected, out = [], b""
        for _ in range(rng.choice([1, 1, 1, 2, 5])):
            id += 1
            service = rng.choice("abcde")
            text = "%d-%d-%s" % (seed, id, "x" * rng.choice([0, 10, 1000, 20000]))
            request = post_request(service, text, id)
            out += chunked(*request, sizes(rng)) if rng.random() < 0.3 and len(text) < 5000 else plain(*request)
            expected.append((service, text, id))
        while out:
            size = rng.choice([len(out), len(out), rng.randint(1, len(out))])
            connection.send(out[:size])
            out = out[size:]
        for each in expected:
            assert_answer(connection.read_response(), *each)
    for connection in connections:
        connection.close()
    # Every request is for another loop than the one before in two of three cases.
    assert gateway.metric("mcp_gateway_connections_moved_total") - moved_before > 100


def test_clients_of_all_services_at_once_get_their_own_answers(gateway):
    problems = []

    def work(seed):
        try:
            rng = random.Random(seed)
            connection = Connection(gateway.port)
            for id in range(150):
                if rng.random() < 0.1:
                    connection.close()
                    connection = Connection(gateway.port)
                service, text = rng.choice("abcde"), "%d-%d" % (seed, id)
                connection.send(plain(*post_request(service, text, id)))
                assert_answer(connection.read_response(), service, text, id)
            connection.close()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems


def test_a_request_sent_ahead_moves_after_the_answer_before_it(gateway):
    connection = Connection(gateway.port)
    path, fields, _ = post_request("c", "", 0)
    slow = json.dumps(call("slow", {"ms": 300}, "slow")).encode()
    connection.send(plain(path, fields, slow) + plain(*post_request("b", "next", 2)))
    first = connection.read_response()
    assert first.json["id"] == "slow"
    assert_answer(connection.read_response(), "b", "next", 2)
    connection.close()


def test_a_large_answer_is_whole_before_the_connection_moves(gateway):
    connection = Connection(gateway.port, receive_buffer=8192)
    path, fields, _ = post_request("a", "", 0)
    big = json.dumps(call("big", {"bytes": 4_000_000}, "big")).encode()
    connection.send(plain(path, fields, big) + plain(*post_request("b", "next", 2)))
    assert len(connection.read_response().json["result"]["content"][0]["text"]) == 4_000_000
    assert_answer(connection.read_response(), "b", "next", 2)
    connection.close()


def test_what_names_no_service_is_answered_where_it_is(gateway):
    connection = Connection(gateway.port)
    before = gateway.metric("mcp_gateway_connections_moved_total")
    for _ in range(5):
        connection.send_request("GET", "/nothing/mcp")
        assert connection.read_response().status == 404
    assert gateway.metric("mcp_gateway_connections_moved_total") == before
    connection.close()


def test_limits_of_a_request_hold_where_it_moved_to(start_gateway):
    gateway = start_gateway({"a": echo(), "b": echo(), "c": echo()},
                            {"loops": 3, "limits": {"max_request_bytes": "2KiB", "body_timeout": "300ms"}})
    for service in "abc":
        for request in plain(*post_request(service, "x" * 3000, 1)), chunked(
                *post_request(service, "x" * 3000, 1), sizes(random.Random(1))):
            connection = Connection(gateway.port)
            connection.send(request)
            assert connection.read_response().status == 413
            connection.close()
        connection = Connection(gateway.port)
        connection.send(plain(*post_request(service, "x", 1))[:-5])
        assert connection.read_response().status == 408
        connection.close()


# --- sessions


def test_a_session_is_found_from_whatever_loop_its_messages_come_in_by(gateway):
    for service in SERVICES:
        with gateway.http(service) as http, gateway.sse(service) as sse:
            http.initialize()
            sse.initialize()
            stream = http.get().stream
            for id in range(10):  # each on a connection of its own
                assert http.call("echo", {"text": "t%d" % id})["result"]
                sse.posts = None
                assert sse.call("echo", {"text": "t%d" % id})["result"]
            stream.close()
            assert http.delete().status == 200


def test_a_session_of_another_loop_is_not_found(gateway):
    with gateway.http("a") as a, gateway.http("b") as b, gateway.sse("a") as sse:
        a.initialize()
        b.session, b.version = a.session, a.version
        assert b.post(message("ping", id=1)).error == (404, -32001)
        sse.endpoint = sse.endpoint.replace("/a/", "/b/")
        sse.post(message("ping", id=1), expect=404)


def test_at_a_root_that_names_no_service_the_session_tells_the_loop(gateway):
    """What a client does whose base path a proxy took away."""
    for service in SERVICES:
        with gateway.sse(service) as sse:
            sse.endpoint = sse.endpoint.replace("/%s/" % service, "/")
            assert sse.endpoint.startswith("/messages?")
            for id in range(10):
                sse.posts = None
                sse.post(call("echo", {"text": "x"}, id))
                assert sse.stream.answer(id)["result"]
    for token in "", "A", "-", "%", "é":
        connection = Connection(gateway.port)
        connection.send_request("POST", "/messages?sessionId=" + token, JSON, b"{}")
        assert connection.read_response().status in (400, 404)
        connection.close()


def test_sessions_are_counted_over_all_loops(start_gateway):
    gateway = start_gateway({"a": echo(), "b": echo(), "c": echo()}, {"loops": 3, "limits": {"max_sessions": 3}})
    open_ones = [gateway.sse(service) for service in "aab"]
    for service in "abc":
        assert gateway.http(service).post(initialize()).status == 503
    open_ones[0].close()
    gateway.until(lambda: gateway.metric("mcp_gateway_sessions_active") == 2)
    assert gateway.http("c").post(initialize()).status == 200
    # It is idle, and makes room at its own loop only.
    assert gateway.http("a").post(initialize()).status == 503
    assert gateway.http("c").post(initialize()).status == 200


@pytest.mark.skipif(TLS, reason="with TLS they are refused by an alert, which test_tls.py shows")
def test_connections_are_counted_over_all_loops(start_gateway):
    gateway = start_gateway({"a": echo(), "b": echo(), "c": echo()}, {"loops": 3, "limits": {"max_connections": 6}})
    connections = []
    for id, service in enumerate("abcabc"):
        connections.append(Connection(gateway.port))
        connections[-1].send(plain(*post_request(service, "x", id)))
        assert_answer(connections[-1].read_response(), service, "x", id)
    assert is_refused(Connection(gateway.port))
    # Moving takes no second place, and gives none back.
    for id, connection in enumerate(connections):
        connection.send(plain(*post_request("b", "x", id)))
        assert_answer(connection.read_response(), "b", "x", id)
    assert is_refused(Connection(gateway.port))
    for connection in connections:
        connection.close()

    def comes_in():
        connection = Connection(gateway.port)
        try:
            connection.send(plain(*post_request("c", "x", 1)))
            return connection.read_response().status == 200
        finally:
            connection.close()

    gateway.until(comes_in)


# --- side by side


def thread_of_loop(gateway, number):
    """The thread id of a loop that is not the first."""
    for task in Path("/proc", str(gateway.process.pid), "task").iterdir():
        if (task / "comm").read_text().strip() == "mcp-gw-loop-%d" % number:
            return int(task.name)
    raise AssertionError("no such loop")


@contextmanager
def halted(thread):
    """One thread of another process, stopped by ptrace; the others go on."""
    attach, detach, wall = 16, 17, 0x40000000
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(attach, thread, 0, 0) != 0:
        pytest.skip("this machine lets nobody halt a thread: " + os.strerror(ctypes.get_errno()))
    os.waitpid(thread, wall)
    try:
        yield
    finally:
        assert libc.ptrace(detach, thread, 0, 0) == 0


def kept_connection(gateway, service):
    """A connection that is at home with its service."""
    connection = Connection(gateway.port)
    connection.send(plain(*post_request(service, "x", 0)))
    assert_answer(connection.read_response(), service, "x", 0)
    return connection


def test_a_loop_that_stands_still_holds_up_only_its_own_services(start_gateway):
    gateway = start_gateway({"a": echo(), "b": echo(required=True)}, {"loops": 2})
    a, b = kept_connection(gateway, "a"), kept_connection(gateway, "b")
    sse = gateway.sse("a")
    sse.initialize()
    with halted(thread_of_loop(gateway, 1)):
        b.send(plain(*post_request("b", "late", 7)))
        for id in range(100):
            a.send(plain(*post_request("a", "t%d" % id, id)))
            assert_answer(a.read_response(), "a", "t%d" % id, id)
            assert sse.text("echo", {"text": "t%d" % id}) == "t%d" % id
        assert gateway.metric("mcp_gateway_loop_busy_seconds_total", loop="0") > 0  # asks no loop
        assert gateway.admin("/livez").status == 200

        # Health does not lie: nobody knows how b is.
        page = gateway.admin("/health")
        assert (page.status, page.json["status"]) == (503, "UNHEALTHY")
        assert page.json["servers"]["a"]["status"] == "HEALTHY"
        assert page.json["servers"]["b"]["state"] == "unknown"
        assert page.json["servers"]["b"]["reason"] == "its loop does not answer"
        assert gateway.admin("/readyz").status == 503
    assert_answer(b.read_response(), "b", "late", 7)
    assert gateway.health()["status"] == "HEALTHY"


def test_the_loops_of_busy_services_both_work(start_gateway):
    gateway = start_gateway({"a": echo(), "b": echo()}, {"loops": 2})

    def busy():
        return [gateway.metric("mcp_gateway_loop_busy_seconds_total", loop=str(loop)) for loop in (0, 1)]

    before = busy()
    clients = [gateway.sse(service) for service in "ab"]
    for round in range(10):
        for client in clients:
            for id in range(10):
                client.post(call("big", {"bytes": 300_000}, "%d-%d" % (round, id)))
        for client in clients:
            for id in range(10):
                answer = client.stream.answer("%d-%d" % (round, id))
                assert len(answer["result"]["content"][0]["text"]) == 300_000
    # 30 MB each cannot be relayed in less.
    assert all(after - first > 0.001 for first, after in zip(before, busy()))


def test_children_of_all_loops_that_end_at_once_are_waited_for_by_their_own(start_gateway):
    services = {name: chaos("--grandchild", "--daemonize-grandchild",
                            restart={"backoff_initial": "1ms", "backoff_max": "1ms", "max_restarts": 100})
                for name in "abcd"}
    gateway = start_gateway(services, {"loops": 3})
    for round in range(1, 6):
        connections = [gateway.http(name).begin(call("die", {"code": 10 + round})) for name in services]
        for connection in connections:
            assert connection.read_response().status == 200
        for name in services:
            gateway.wait_for("service.ready", count=round + 1, server=name)
    for name in services:
        exits = [event["exit"] for event in gateway.events("child.exit", server=name)]
        assert exits == ["exit status %d" % (10 + round) for round in range(1, 6)]


# --- the end


def test_calls_of_every_loop_are_waited_for_before_any_loop_stops(start_gateway, tmp_path):
    gateway = start_gateway({"a": chaos(), "b": chaos(), "c": chaos()}, {"loops": 3, "drain_timeout": "1h"})
    clients = {name: gateway.sse(name) for name in "abc"}
    for name, client in clients.items():
        client.post(call("wait_for", {"path": str(tmp_path / name)}, "slow"))
    gateway.until(lambda: sum(each["calls_in_flight"] for each in gateway.health()["servers"].values()) == 3)
    gateway.process.send_signal(signal.SIGTERM)
    gateway.wait_for("gateway.drain", calls=3)
    (tmp_path / "a").touch()
    assert clients["a"].stream.answer("slow")["result"]
    # Its own calls are done, but it is not stopped before the others are.
    assert clients["a"].call("echo", {"text": "x"})["result"]
    with gateway.http("b") as late:
        assert late.post(initialize()).status == 503
    for name in "cb":
        (tmp_path / name).touch()
        assert clients[name].stream.answer("slow")["result"]
    for client in clients.values():
        assert client.stream.rest() == []  # ended in good order
    gateway.assert_ended()


def test_a_second_signal_stops_every_loop(start_gateway):
    gateway = start_gateway({"a": chaos(), "b": chaos(), "c": chaos()}, {"loops": 3, "drain_timeout": "1h"})
    clients = [gateway.sse(name) for name in "abc"]
    for client in clients:
        client.post(call("hang", {}, "hang"))
    gateway.until(lambda: sum(each["calls_in_flight"] for each in gateway.health()["servers"].values()) == 3)
    gateway.process.send_signal(signal.SIGTERM)
    gateway.wait_for("gateway.drain")

    def ended():
        gateway.process.send_signal(signal.SIGTERM)  # counts when a second has passed
        return gateway.has_ended()

    gateway.until(ended)
    gateway.assert_ended()


def test_stopping_in_the_middle_of_everything_leaves_no_process(start_gateway):
    gateway = start_gateway({name: chaos("--daemonize-grandchild") for name in "abcd"}, {"loops": 3})
    stop = threading.Event()

    def work(seed):
        rng = random.Random(seed)
        while not stop.is_set():
            try:
                connection = Connection(gateway.port)
                for id in range(rng.randint(1, 20)):
                    connection.send(plain(*post_request(rng.choice("abcd"), "x", id)))
                    connection.read_response()
                connection.close()
            except (OSError, AssertionError):
                pass  # it is being stopped under our feet

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    try:
        gateway.until(lambda: gateway.metric("mcp_gateway_connections_moved_total") > 100)
        gateway.stop()
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_killed_gateway_leaves_no_child_of_any_loop(start_gateway):
    gateway = start_gateway({name: chaos("--daemonize-grandchild") for name in "abc"}, {"loops": 3})
    everything = gateway.processes()
    assert len(everything) >= 7
    gateway.process.kill()
    gateway.process.wait()
    assert all(is_gone(pid) for pid in everything)
