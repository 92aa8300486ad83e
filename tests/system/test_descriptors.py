"""Open files run out: what is kept back for children, for who is refused, and for the admin listener."""
import json
import os
import signal
import socket
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from clients import BOTH, JSON, as_bytes, call, initialize, message
from gateway_under_test import GATEWAY, chaos, echo, limit_descriptors
from wire import TIMEOUT, Connection, is_refused

FEW = 256
CROWD = 500


@pytest.fixture
def crowd():
    """crowd(gateway, count) opens so many connections that say nothing, and gives them. They stay open."""
    with ExitStack() as ends:
        def come(gateway, count=CROWD):
            return [ends.enter_context(socket.create_connection(("127.0.0.1", gateway.port))) for _ in range(count)]

        yield come


class Kept:
    """A Streamable client with one connection, which it keeps: it needs no other while none is to be had."""

    def __init__(self, gateway, service):
        self.path = "/%s/mcp" % service
        self.fields = {"Accept": BOTH, **JSON}
        self.connection = Connection(gateway.port)

    def begin(self):
        response = self.post(initialize())
        self.fields["Mcp-Session-Id"] = response["mcp-session-id"]
        assert self.post(message("notifications/initialized")).status == 202

    def post(self, posted):
        self.connection.send_request("POST", self.path, self.fields, as_bytes(posted))
        return self.connection.read_response()

    def answers(self, arguments):
        response = self.post(call("echo", arguments))
        answer = response.stream.message() if response.stream else response.json
        return json.loads(answer["result"]["structuredContent"]["arguments"]) == arguments


def counted(gateway, result):
    return gateway.metric("mcp_gateway_connections_total", result=result)


def full(gateway, connections):
    """Waits until all of them are taken in or refused."""
    gateway.until(lambda: counted(gateway, "accepted") + counted(gateway, "rejected_limit") >= connections)


@pytest.mark.parametrize("loops", [1, 3])
def test_a_killed_child_comes_back_and_sessions_go_on_while_a_crowd_holds_every_connection(start_gateway, crowd, loops):
    gateway = start_gateway({"a": chaos(), "b": chaos(replicas=2)}, {"loops": loops}, descriptors=FEW)
    gateway.wait_for("service.ready", count=2, server="b")
    told = gateway.wait_for("gateway.descriptors")
    assert (told["limit"], told["max_connections"]) == (FEW, 16384)
    assert told["connections"] == gateway.metric("mcp_gateway_connections_limit") < FEW < told["wanted"]

    events = gateway.sse("a")
    events.initialize()
    kept = Kept(gateway, "b")
    kept.begin()
    assert kept.answers({"n": 1})
    others = crowd(gateway)
    full(gateway, CROWD)
    assert counted(gateway, "rejected_limit") >= CROWD - told["connections"]
    assert is_refused(Connection(gateway.port))

    for pid in [event["child.pid"] for event in gateway.events("child.start")]:
        os.kill(pid, signal.SIGKILL)
    gateway.wait_for("service.ready", count=2, server="a")
    gateway.wait_for("service.ready", count=4, server="b")
    assert kept.answers({"n": 2})
    assert events.text("echo", {"n": 3})
    assert gateway.health()["status"] == "HEALTHY"
    assert counted(gateway, "emfile") == 0
    assert len(gateway.events("gateway.descriptors")) == 1

    for other in others:
        other.close()
    gateway.until(lambda: gateway.metric("mcp_gateway_connections_active") < 10)
    assert gateway.http("b").initialize()


def test_all_children_of_sessions_start_while_a_crowd_holds_every_connection(start_gateway, crowd):
    gateway = start_gateway({"own": chaos(isolation="session", max_children=10)}, descriptors=FEW)
    assert gateway.events("gateway.descriptors")[0]["private_children"] == 10
    clients = [Kept(gateway, "own") for _ in range(10)]
    clients[0].begin()
    crowd(gateway)
    full(gateway, CROWD + 1)
    for client in clients[1:]:
        client.begin()
    assert all(client.answers({"n": n}) for n, client in enumerate(clients))
    assert (counted(gateway, "emfile"), gateway.metric("mcp_child_up", server="own")) == (0, 10)


def test_whoever_waits_is_refused_when_descriptors_run_out_all_the_same(start_gateway, crowd):
    gateway = start_gateway({"echo": echo()})
    kept = Kept(gateway, "echo")
    kept.begin()
    limit_descriptors(64, gateway.process.pid)
    others = crowd(gateway, 100)
    assert is_refused(Connection(gateway.port))
    kept.connection.send_request("GET", "/echo/health")
    assert kept.connection.read_response().status == 200
    for other in others:
        other.close()
    gateway.until(lambda: gateway.admin("/livez").status == 200)
    assert counted(gateway, "emfile") > 0
    assert gateway.http("echo").initialize()


def test_a_limit_that_is_large_enough_is_not_told_of(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"limits": {"max_connections": 50}}, descriptors=FEW)
    assert gateway.metric("mcp_gateway_connections_limit") == 50
    assert not gateway.events("gateway.descriptors")


def test_a_limit_with_which_nobody_could_be_served_ends_the_start():
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "gateway.json")
        path.write_text(json.dumps({"gateway": {"listen": "127.0.0.1:0"}, "mcpServers": {"echo": echo()}}), encoding="utf-8")
        ended = subprocess.run([GATEWAY, "run", "--config", str(path)], capture_output=True, text=True, timeout=TIMEOUT,
                               preexec_fn=lambda: limit_descriptors(40))
    assert ended.returncode == 1
    assert ended.stderr.startswith("cannot start: the system allows 40 open files, but what is configured takes at least "), ended.stderr
