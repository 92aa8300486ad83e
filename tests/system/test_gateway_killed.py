"""How the gateway itself ends: killed, told to stop, told twice. Nothing of it stays behind."""
import json
import signal
import sys
import time

import pytest

from clients import call, message
from gateway_under_test import chaos, echo, is_gone

STUBBORN = ("--ignore-sigterm", "--ignore-stdin-close", "--grandchild", "--daemonize-grandchild")


def family(client):
    said = json.loads(client.text("pid"))
    return [said["pid"], *said["grandchildren"]]


def test_when_the_gateway_is_killed_its_children_and_their_daemons_are_gone_within_seconds(start_gateway):
    """Case 84, F40."""
    gateway = start_gateway({"good": chaos("--daemonize-grandchild"), "stubborn": chaos(*STUBBORN),
                             "own": chaos(*STUBBORN, isolation="session")})
    pids = [pid for service in ("good", "stubborn", "own") for pid in family(gateway.sse(service))]
    assert len(pids) == 8
    everything = set(gateway.processes())
    assert set(pids) < everything
    gateway.process.kill()
    gateway.process.wait()
    assert all(is_gone(pid) for pid in everything)


def test_when_the_gateway_is_killed_a_child_may_still_end_by_itself(start_gateway, tmp_path):
    """Case 84: the end of its stdin comes first."""
    server = ("import sys; print('up', file=sys.stderr, flush=True); [None for _ in sys.stdin]; "
              "open(sys.argv[1], 'w').write('well')")
    done = tmp_path / "done"
    for _ in range(10):  # it has two seconds, in which a busy machine may not let it run
        gateway = start_gateway({"ends": {"command": sys.executable, "args": ["-c", server, str(done)]}}, wait_for=())
        pid = gateway.wait_for("child.stderr")["child.pid"]
        gateway.process.kill()
        gateway.process.wait()
        assert is_gone(pid)
        if done.exists():
            break
    assert done.read_text() == "well"


def test_sigterm_lets_calls_in_flight_finish_refuses_new_sessions_and_exits_0(start_gateway, tmp_path):
    """Case 83, F39."""
    gate = tmp_path / "gate"
    gateway = start_gateway({"chaos": chaos(), "echo": echo()}, {"drain_timeout": "1h"})
    a, b, idle = gateway.sse("chaos"), gateway.http("chaos"), gateway.sse("echo")
    b.initialize()
    stream_of_b = b.get().stream
    a.post(call("wait_for", {"path": str(gate)}, "slow"))
    waiting = b.begin(call("wait_for", {"path": str(gate)}, "slow"))
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 2)
    gateway.process.send_signal(signal.SIGTERM)
    gateway.wait_for("gateway.drain", calls=2)

    response = gateway.admin("/health")
    assert (response.status, response.json["status"], response.json["draining"]) == (503, "DRAINING", True)
    assert gateway.admin("/readyz").status == 503
    assert gateway.admin("/livez").status == 200
    assert gateway.metric("mcp_gateway_draining") == 1
    refused = gateway.http("echo").post(message("initialize", {"protocolVersion": "2025-11-25"}, 1))
    assert (refused.status, refused["retry-after"]) == (503, "1")

    gate.touch()
    assert a.stream.answer("slow")["result"]["content"][0]["text"] == "waited"
    assert waiting.read_response().json["result"]["content"][0]["text"] == "waited"
    for stream in (a.stream, stream_of_b, idle.stream):
        assert stream.rest() == []  # ended in good order
    gateway.assert_ended()


def test_sigterm_without_calls_ends_at_once_and_streams_end_in_good_order(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"drain_timeout": "1h"})
    a, b = gateway.sse("echo"), gateway.http("echo")
    b.initialize()
    stream_of_b = b.get().stream
    gateway.process.send_signal(signal.SIGTERM)
    assert a.stream.rest() == stream_of_b.rest() == []
    gateway.assert_ended()


@pytest.mark.parametrize("service", [chaos("--never-initialize"), chaos("--start-delay", "60"),
                                     {"command": "no-such-program-7"}], ids=["mute", "slow", "missing"])
def test_sigterm_does_not_wait_for_a_child_that_has_not_started(start_gateway, service):
    gateway = start_gateway({"bad": {**service, "stop": {"stdin_grace": "100ms", "term_grace": "100ms"}}},
                            {"drain_timeout": "1h"}, wait_for=())
    gateway.process.send_signal(signal.SIGTERM)
    gateway.assert_ended()


def test_sigterm_does_not_wait_for_calls_that_were_taken_back(start_gateway):
    gateway = start_gateway({"chaos": chaos()}, {"drain_timeout": "1h"})
    a = gateway.sse("chaos")
    a.post(call("hang", id="hung"))
    a.post(message("notifications/cancelled", {"requestId": "hung"}))
    gateway.until(lambda: len(a.seen_by_child()["cancelled"]) == 1)
    gateway.process.send_signal(signal.SIGTERM)
    gateway.assert_ended()


def test_sigterm_lets_a_slow_client_take_the_answer_it_has_begun_to_read(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"drain_timeout": "1h"})
    client = gateway.http("echo")
    connection = client.connect(receive_buffer=4096)
    connection.send_request("POST", client.path, client.fields({}), json.dumps(call("big", {"bytes": 5_000_000})).encode())
    gateway.until(lambda: gateway.metric("mcp_server_requests_total", method="tools/call", code="200") == 1)
    gateway.process.send_signal(signal.SIGTERM)
    gateway.wait_for("gateway.drain", calls=0)
    assert connection.read_response().json["result"]["content"][0]["text"] == "x" * 5_000_000
    gateway.assert_ended()


def test_calls_that_outlast_the_drain_end_with_the_gateway(start_gateway):
    """F39: each is answered or its stream ends."""
    gateway = start_gateway({"chaos": chaos()}, {"drain_timeout": "300ms"})
    a, b = gateway.sse("chaos"), gateway.http("chaos")
    b.initialize()
    a.post(call("hang", id="hung"))
    waiting = b.begin(call("hang", id="hung"))
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 2)
    gateway.process.send_signal(signal.SIGTERM)
    response = waiting.read_response()
    assert response.status == 200
    assert response.stream.rest() == [] if response.stream else "error" in response.json
    a.stream.rest()
    gateway.assert_ended()


def test_a_second_ctrl_c_does_not_wait_for_calls(start_gateway):
    gateway = start_gateway({"chaos": chaos()}, {"drain_timeout": "1h"})
    a = gateway.sse("chaos")
    a.post(call("hang", id="hung"))
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 1)
    begun = time.monotonic()
    gateway.process.send_signal(signal.SIGINT)
    gateway.wait_for("gateway.drain", calls=1)
    assert gateway.admin("/health").json["draining"] is True
    # One that comes with the first, from a terminal and from a parent, is no second one: it takes a second.
    gateway.process.send_signal(signal.SIGINT)

    def ended():
        gateway.process.send_signal(signal.SIGINT)
        return gateway.process.poll() is not None

    gateway.until(ended)
    assert time.monotonic() - begun > 0.9
    gateway.assert_ended()


def test_hangups_without_end_change_nothing(start_gateway):
    gateway = start_gateway({"echo": echo()})
    for _ in range(100):
        gateway.process.send_signal(signal.SIGHUP)
    gateway.wait_for("config.reload")
    assert gateway.http("echo").call("echo", {"text": "x"})["result"]["content"][0]["text"] == "x"
    gateway.stop()
