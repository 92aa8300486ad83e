"""Another process in the place of one that serves: what goes on, what moves, and what happens when it does not work."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from clients import BOTH, JSON, HttpClient, call, initialize, message
from gateway_under_test import GATEWAY, TLS, Log, chaos, echo, gated, is_gone
from test_reload import TOKEN, say, session
from wire import TIMEOUT, Ended


def test_sessions_live_on_in_the_process_before_and_new_ones_are_those_of_the_next(start_gateway):
    gateway = start_gateway({"echo": echo()})
    sse, http = gateway.sse("echo"), session(gateway, "echo")
    sse.initialize()
    before = gateway.child_pid("echo")
    gateway.upgrade()
    assert gateway.serving != gateway.process.pid
    assert gateway.child_pid("echo") != before
    for number in range(3):  # each request of `http` on a connection of its own
        assert say(sse, str(number)) == say(http, str(number)) == str(number)
    new_sse, new_http = gateway.sse("echo"), session(gateway, "echo")
    new_sse.initialize()
    assert say(new_sse) == say(new_http) == "x"
    assert gateway.health("echo")["sessions"] == 2, "the page is the next process's"
    assert not gateway.has_ended()
    sse.close()
    assert http.delete().status == 200
    gateway.wait_for("upgrade.over")
    assert gateway.process.wait(TIMEOUT) == 0
    assert is_gone(before)
    assert say(new_sse) == say(new_http) == "x"


def test_a_call_in_flight_is_answered_by_the_process_it_was_sent_to(start_gateway):
    gateway = start_gateway({"echo": echo()})
    client = session(gateway, "echo")
    slow = client.begin(call("sleep", {"ms": 5000}, id=7))
    gateway.until(lambda: gateway.health("echo")["calls_in_flight"] == 1)
    gateway.upgrade()
    assert slow.read_response().json["id"] == 7
    assert client.delete().status == 200
    gateway.wait_for("upgrade.over")


class KeptConnection:
    """Requests one after another on one connection; on another where the gateway says that one ends."""

    def __init__(self, client):
        self.client = client
        self.connection = client.connect()

    def post(self, posted, **fields):
        self.connection.send_request("POST", self.client.path, {**JSON, "Accept": BOTH, **fields}, json.dumps(posted).encode())
        response = self.connection.read_response()
        assert response.status == 200, response
        if response["connection"] == "close":
            self.connection = self.client.connect()
        return response

    def text(self, text, **fields):
        answer = self.post(call("echo", {"text": text}), **fields).json
        return answer["result"]["content"][0]["text"]


def test_a_connection_that_stays_open_goes_on_at_the_process_that_each_request_is_for(start_gateway):
    gateway = start_gateway({"echo": echo()})
    kept = session(gateway, "echo")  # so that the process before has a reason to live
    connection = KeptConnection(gateway.http("echo"))
    assert connection.text("a") == "a"
    gateway.upgrade()
    assert connection.text("b") == "b"
    opened = connection.post(initialize())["mcp-session-id"]
    assert gateway.health("echo")["sessions"] == 1, "it is a session of the next process"
    version = {"MCP-Protocol-Version": "2025-11-25"}
    assert connection.text("c", **{"Mcp-Session-Id": kept.session}, **version) == "c"
    assert connection.text("d", **{"Mcp-Session-Id": opened}, **version) == "d"
    assert kept.delete().status == 200
    gateway.wait_for("upgrade.over")
    assert connection.text("e") == "e"


@pytest.mark.skipif(TLS, reason="a connection with TLS ends with its process")
def test_idle_connections_outlive_the_process_that_accepted_them(start_gateway):
    gateway = start_gateway({"echo": echo()})
    client = gateway.http("echo")
    begun = client.connect()
    posted = json.dumps(call("echo", {"text": "late"}, id=1)).encode()
    head = ("POST /echo/mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            "Accept: application/json\r\nContent-Length: %d\r\n\r\n" % len(posted)).encode()
    pieces = [client.connect() for _ in range(3)]
    for connection, sent in zip(pieces, (b"", head[:20], head + posted[:10])):
        connection.send(sent)
    begun.send_request("POST", "/echo/mcp", {**JSON, "Accept": "application/json"}, posted)
    assert begun.read_response().status == 200
    gateway.upgrade()
    assert gateway.process.wait(TIMEOUT) == 0, "nobody needs the process before"
    for connection, sent in zip(pieces, (b"", head[:20], head + posted[:10])):
        connection.send((head + posted)[len(sent):])
        assert connection.read_response().json["result"]["content"][0]["text"] == "late"
    begun.send_request("POST", "/echo/mcp", {**JSON, "Accept": "application/json"}, posted)
    assert begun.read_response().status == 200


def test_sessions_that_live_too_long_end_and_their_clients_come_back(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"upgrade": {"session_limit": "0ms"}})
    sse, http = gateway.sse("echo"), session(gateway, "echo")
    sse.initialize()
    gateway.upgrade()
    gateway.wait_for("upgrade.over")
    with pytest.raises(Ended):
        sse.stream.next_block()
    assert http.post(call("echo", {"text": "x"})).status == 404
    http.session = None
    http.initialize()
    assert say(http) == "x"


def test_settings_that_a_reload_cannot_change_come_with_an_upgrade(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"instance_id": "before"})
    gateway.change(config={"instance_id": "after", "loops": 2}, services={"more": echo()})
    gateway.upgrade()
    assert gateway.admin("/health").json["instance_id"] == "after"
    assert gateway.health("more")["status"] == "HEALTHY" or gateway.wait_for("service.ready", server="more")
    assert say(session(gateway, "more")) == say(session(gateway, "echo")) == "x"


def test_a_configuration_that_is_wrong_leaves_everything_as_it_is(start_gateway):
    gateway = start_gateway({"echo": echo()})
    client = session(gateway, "echo")
    gateway.path.write_text('{"mcpServers": {"echo": {}}}')
    said = gateway.upgrade(result="failed")
    assert "mcpServers.echo" in said["err.msg"], said
    gateway.write()
    assert say(client) == "x"
    gateway.until(lambda: len(gateway.processes()) >= 2)
    gateway.upgrade()
    assert say(client) == "x"


def test_a_service_that_would_not_work_any_more_stops_the_upgrade(start_gateway):
    gateway = start_gateway({"echo": echo(), "other": echo()})
    client = session(gateway, "echo")
    gateway.change({"echo": {"command": "no-such-program-of-tests"}})
    said = gateway.upgrade(result="failed")
    assert "echo" in said["err.msg"] and "other" not in said["err.msg"], said
    assert say(client) == "x"


def test_a_process_that_is_not_ready_in_time_is_ended(start_gateway, tmp_path):
    gate = tmp_path / "gate"
    gateway = start_gateway({"echo": echo()}, {"upgrade": {"ready_timeout": "10s"}})
    client = session(gateway, "echo")
    gateway.change({"echo": {"command": "/bin/sh", "args": ["-c", "while [ ! -e '%s' ]; do sleep 0.05; done" % gate],
                             "start_timeout": "1h", "stop": {"stdin_grace": "0ms", "term_grace": "100ms"}}})
    said = gateway.upgrade(result="failed")
    assert "in time" in said["err.msg"] and "echo" in said["err.msg"], said
    gateway.wait_for("upgrade.abandoned")
    gateway.wait_for("gateway.end")
    assert say(client) == "x"


@pytest.mark.parametrize("when", ["starting", "serving"])
def test_the_process_before_serves_again_if_the_next_one_is_killed(start_gateway, tmp_path, when):
    gateway = start_gateway({"echo": echo()})
    client = session(gateway, "echo")
    if when == "starting":
        gateway.change({"echo": echo(command="/bin/sh", args=["-c", "sleep 60"], start_timeout="1h")})
        os.kill(gateway.serving, signal.SIGUSR2)
        pid = gateway.until(lambda: [each for each in gateway.processes() if is_gateway(each) and each != gateway.serving])[0]
        os.kill(pid, signal.SIGKILL)
        assert gateway.wait_for("upgrade.end")["result"] == "failed"
    else:
        gateway.upgrade()
        os.kill(gateway.serving, signal.SIGKILL)
        gateway.wait_for("upgrade.lost")
        gateway.serving = gateway.process.pid
    assert say(client) == "x"
    assert say(session(gateway, "echo")) == "x"
    assert gateway.health("echo")["sessions"] == 2
    gateway.change({"echo": echo()})
    gateway.until(lambda: not upgrade_pending(gateway))
    gateway.upgrade()
    assert say(client) == "x"


def test_a_process_about_to_end_serves_again_if_the_next_one_is_killed(start_gateway):
    gateway = start_gateway({"echo": echo()})
    client = session(gateway, "echo")
    connection = client.connect()
    connection.send_request("POST", "/echo/mcp", client.fields({}), json.dumps(call("echo", {"text": "x"})).encode())
    assert connection.read_response().status == 200
    gateway.upgrade()
    os.kill(gateway.serving, signal.SIGSTOP)  # it cannot answer that it knows
    connection.send_request("DELETE", "/echo/mcp", client.fields({"Content-Type": None}))
    assert connection.read_response().status == 200
    gateway.wait_for("upgrade.leaving")
    os.kill(gateway.serving, signal.SIGKILL)
    gateway.wait_for("upgrade.lost")
    gateway.serving = gateway.process.pid
    client = session(gateway, "echo")
    assert say(client) == "x"
    assert client.delete().status == 200
    gateway.upgrade()
    gateway.wait_for("upgrade.leaving", 2)
    gateway.wait_for("upgrade.over")


def upgrade_pending(gateway):
    """Whether the gateway still waits for a process that failed to end."""
    return any(is_gateway(each) and each != gateway.serving for each in gateway.processes())


def is_gateway(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as file:
            words = file.read().split(b"\0")
        with open("/proc/%d/environ" % pid, "rb") as file:
            environ = file.read()
    except OSError:
        return False
    return words[:2] == [GATEWAY.encode(), b"run"] and b"MCP_GATEWAY_CHANNEL" in environ


@pytest.mark.parametrize("when", ["starting", "serving"])
def test_the_next_process_serves_if_the_one_before_is_killed(start_gateway, when):
    gateway = start_gateway({"echo": echo(), "slow": chaos()})
    client = session(gateway, "echo")
    children = [gateway.child_pid("echo"), gateway.child_pid("slow")]
    if when == "starting":
        gateway.change({"slow": {"command": sys.executable, "args": ["-c", "import time; time.sleep(60)"],
                                 "start_timeout": "1h"}})
        os.kill(gateway.serving, signal.SIGUSR2)
        pids = gateway.until(lambda: [each for each in gateway.processes() if is_gateway(each)])
        gateway.wait_for("service.ready", 2, server="echo")
        gateway.process.kill()
        gateway.serving = pids[0]
        gateway.wait_for("upgrade.serving")
    else:
        gateway.upgrade()
        gateway.process.kill()
        gateway.wait_for("upgrade.over")
    gateway.process.wait()
    assert client.post(call("echo", {"text": "x"})).status == 404
    assert say(session(gateway, "echo")) == "x"
    assert all(is_gone(child) for child in children), "its children end with it"
    os.kill(gateway.serving, signal.SIGTERM)
    assert is_gone(gateway.serving)
    gateway.until(lambda: not gateway.processes())


def test_several_upgrades_in_a_row_leave_each_session_where_it_is(start_gateway):
    gateway = start_gateway({"echo": echo()})
    clients = [session(gateway, "echo")]
    for _ in range(4):
        gateway.upgrade()
        clients.append(session(gateway, "echo"))
        assert [say(client) for client in clients] == ["x"] * len(clients)
    for client in clients[:2] + clients[3:4]:
        assert client.delete().status == 200
    assert say(clients[2]) == say(clients[4]) == "x"


@pytest.mark.skipif(TLS, reason="the test cannot tell which of two ports of that name has TLS")
def test_whatever_a_service_is_called_connections_find_the_listener_they_came_by(start_gateway):
    own = {"listen": "127.0.0.1:0"}
    gateway = start_gateway({"main": echo(**own), "admin": echo(**own), "echo": echo()})
    main, own_of_main = (event["port"] for event in gateway.events("listener.ready", listener="main"))
    gateway.ports["main"] = main
    clients = [session(gateway, name) for name in ("main", "admin", "echo")]
    at_root = HttpClient(own_of_main, "")
    at_root.initialize()
    gateway.upgrade()
    assert [say(client) for client in (*clients, at_root)] == ["x"] * 4
    at_root.close()


def test_a_listener_that_is_configured_no_more_is_closed_while_sessions_live_on(start_gateway):
    gateway = start_gateway({"echo": echo(), "own": echo(listen="127.0.0.1:0")})
    kept, port = session(gateway, "echo"), gateway.ports["own"]
    gateway.change({"own": echo()})
    gateway.upgrade()

    def is_refused():
        try:
            socket.create_connection(("127.0.0.1", port), TIMEOUT).close()
        except ConnectionRefusedError:
            return True
        return False

    gateway.until(is_refused)
    assert say(kept) == say(session(gateway, "own")) == "x"


def test_sessions_of_a_service_that_is_configured_no_more_live_on(start_gateway):
    gateway = start_gateway({"goes": echo(), "stays": echo()})
    http, sse = session(gateway, "goes"), gateway.sse("goes")
    sse.initialize()
    gateway.change({"goes": None})
    gateway.upgrade()
    sse.posts = None  # on a connection of the next process
    assert say(http) == say(sse) == "x"
    assert gateway.http("goes").post(initialize()).status == 404


def test_what_is_not_of_a_session_is_judged_by_the_next_process_on_old_connections_too(start_gateway):
    before, after = ({"name": "a", "token": "a-token-of-tests-%d" % number} for number in range(2))
    gateway = start_gateway({"echo": echo()}, {"auth": {"tokens": [before]}})
    old, new = ({"Authorization": "Bearer " + token["token"]} for token in (before, after))
    kept = session(gateway, "echo", headers=old)
    connection = KeptConnection(gateway.http("echo", headers=old))
    connection.post(call("echo", {"text": "x"}), **old)
    gateway.change({"new": echo()}, {"auth": {"tokens": [before, {**after, "name": "b"}]}})
    gateway.upgrade()
    connection.client = gateway.http("new", headers=new)
    assert connection.post(initialize(), **new)["mcp-session-id"]
    assert say(kept) == "x"


def test_the_process_before_serves_again_although_the_next_one_has_reloaded(start_gateway):
    gateway = start_gateway({"echo": echo()})
    kept = session(gateway, "echo")
    gateway.upgrade()
    gateway.change({"more": echo()})
    os.kill(gateway.serving, signal.SIGHUP)
    gateway.wait_for("config.reload", result="applied")
    os.kill(gateway.serving, signal.SIGKILL)
    gateway.wait_for("upgrade.lost")
    gateway.serving = gateway.process.pid
    assert say(session(gateway, "echo")) == say(kept) == "x"


def test_each_process_serves_again_when_those_after_it_are_killed(start_gateway):
    gateway = start_gateway({"echo": echo()})
    processes, clients = [gateway.serving], [session(gateway, "echo")]
    for _ in range(2):
        gateway.upgrade()
        processes.append(gateway.serving)
        clients.append(session(gateway, "echo"))
    for lost, serving in ((1, 1), (2, 0)):
        clients.pop()
        os.kill(processes.pop(), signal.SIGKILL)
        gateway.wait_for("upgrade.lost", lost)
        gateway.serving = processes[serving]
        assert say(session(gateway, "echo")) == "x"
        assert [say(client) for client in clients] == ["x"] * len(clients)


def test_what_a_failed_program_leaves_behind_does_not_stop_the_next_upgrade(start_gateway, tmp_path):
    link, left = tmp_path / "mcp-gateway", tmp_path / "left"
    link.symlink_to(GATEWAY)
    gateway = start_gateway({"echo": echo()}, program=str(link))
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\nsleep 1000 & echo $! > '%s'\nexit 1\n" % left, encoding="utf-8")
    script.chmod(0o755)
    link.unlink()
    link.symlink_to(script)
    try:
        said = gateway.upgrade(result="failed")
        assert "ended before it was ready" in said["err.msg"], said
        link.unlink()
        link.symlink_to(GATEWAY)
        gateway.upgrade()
        assert say(session(gateway, "echo")) == "x"
    finally:
        os.kill(int(left.read_text()), signal.SIGKILL)


def test_a_process_that_waits_to_serve_cannot_be_replaced(start_gateway, tmp_path):
    gate = tmp_path / "gate"
    gateway = start_gateway({"echo": echo()})
    kept = session(gateway, "echo")
    gateway.change({"echo": gated(gate)})
    os.kill(gateway.serving, signal.SIGUSR2)
    gateway.wait_for("child.start", 2, server="echo")
    parent = Path("/proc/%d/stat" % gateway.child_pid("echo")).read_text().rsplit(")", 1)[1].split()[1]
    os.kill(int(parent), signal.SIGUSR2)
    said = gateway.wait_for("upgrade.end", result="not_now")
    assert "has not taken the place of the one before yet" in said["err.msg"]
    gate.touch()
    gateway.serving = gateway.wait_for("upgrade.end", result="upgraded")["pid"]
    assert say(kept) == "x"


@pytest.mark.skipif(TLS, reason="a connection with TLS ends with its process")
def test_an_idle_connection_for_which_there_is_no_room_is_closed_without_a_word(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"limits": {"max_connections": 3}})
    client = session(gateway, "echo")
    idle = gateway.http("echo").connect()
    idle.send_request("POST", "/echo/mcp", {**JSON, "Accept": "application/json"}, json.dumps(call("echo", {"text": "x"})).encode())
    assert idle.read_response().status == 200
    gateway.upgrade()
    others = [gateway.http("echo").connect() for _ in range(3)]
    idle.send_request("DELETE", "/echo/mcp", client.fields({"Content-Type": None}))
    assert idle.read_response().status == 200
    gateway.wait_for("upgrade.over")
    with pytest.raises(Ended):
        idle.read_response()
    for other in others:
        other.close()


class AskedClient:
    """A client of the stateless revision, whose call has chaos ask it something."""

    def __init__(self, gateway, service):
        self.client = gateway.http(service, headers={"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call",
                                                     "Mcp-Name": "ask"})
        asking = {"method": "elicitation/create",
                  "params": {"message": "Who?", "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}}}}
        self.params = {"name": "ask", "arguments": asking,
                       "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                                 "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                                 "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}}}
        self.asked = self.client.post(message("tools/call", self.params, 1)).json["result"]
        assert self.asked["resultType"] == "input_required", self.asked

    def answer(self, text):
        """Comes back with an answer, which is in the result."""
        told = {next(iter(self.asked["inputRequests"])): {"action": "accept", "content": {"name": text}}}
        answer = self.client.post(message("tools/call", {**self.params, "requestState": self.asked["requestState"],
                                                         "inputResponses": told}, 2))
        assert text in json.dumps(answer.json["result"]), answer.json


def test_a_question_to_a_stateless_client_is_taken_up_by_the_process_that_asked(start_gateway):
    gateway = start_gateway({"chaos": chaos(isolation="session")}, wait_for=[])
    client = AskedClient(gateway, "chaos")
    gateway.upgrade()
    client.answer("the answer")
    gateway.wait_for("upgrade.over")


def test_the_command_says_what_came_of_it(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"admin_token": TOKEN})
    address = str(gateway.ports["admin"])

    def upgrade(*options, token=TOKEN):
        return subprocess.run([GATEWAY, "upgrade", *options, address], capture_output=True, text=True, timeout=TIMEOUT,
                              env={**os.environ, "MCP_GATEWAY_ADMIN_TOKEN": token})

    assert upgrade(token="another-token-of-tests").returncode == 2
    done = upgrade("--json")
    assert done.returncode == 0 and json.loads(done.stdout)["result"] == "upgraded", done
    gateway.serving = json.loads(done.stdout)["pid"]
    gateway.path.write_text("{")
    failed = upgrade()
    assert failed.returncode == 1 and "the running process goes on" in failed.stderr and "JSON" in failed.stderr, failed
    gateway.write()
    again = gateway.until(lambda: (said := upgrade()).returncode == 0 and said)
    assert "upgraded: process" in again.stdout
    gateway.serving = gateway.events("upgrade.end", result="upgraded")[-1]["pid"]


def test_the_program_is_the_one_that_its_path_leads_to_then(start_gateway, tmp_path):
    link = tmp_path / "mcp-gateway"
    link.symlink_to(GATEWAY)
    gateway = start_gateway({"echo": echo()}, program=str(link))
    other = tmp_path / "other"
    shutil.copy(GATEWAY, other)
    link.unlink()
    link.symlink_to(other)
    gateway.upgrade()
    assert os.readlink("/proc/%d/exe" % gateway.serving) == str(other)


def test_a_gateway_with_a_configuration_from_stdin_refuses():
    config = {"gateway": {"listen": "127.0.0.1:0", "admin_listen": "off"}, "mcpServers": {"echo": echo()}}
    process = subprocess.Popen([GATEWAY, "run", "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    log = Log(process.stderr)
    try:
        process.stdin.write(json.dumps(config).encode())
        process.stdin.close()
        log.wait("gateway.start", {}, 1, TIMEOUT)
        process.send_signal(signal.SIGUSR2)
        said = log.wait("upgrade.end", {}, 1, TIMEOUT)[0]
        assert said["result"] == "refused" and "stdin" in said["err.msg"], said
    finally:
        process.terminate()
        assert process.wait(TIMEOUT) == 0
        log.end()
