"""Another process in the place of one that serves: what goes on, what moves, and what happens when it does not work."""
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

from clients import BOTH, JSON, call, initialize, message
from gateway_under_test import GATEWAY, TLS, Log, chaos, echo, is_gone
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


def test_a_question_to_a_stateless_client_is_taken_up_by_the_process_that_asked(start_gateway):
    gateway = start_gateway({"chaos": chaos(isolation="session")}, wait_for=[])
    client = gateway.http("chaos", headers={"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call",
                                            "Mcp-Name": "ask"})
    asking = {"method": "elicitation/create",
              "params": {"message": "Who?", "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}}}}
    params = {"name": "ask", "arguments": asking,
              "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}}}
    asked = client.post(message("tools/call", params, 1)).json["result"]
    assert asked["resultType"] == "input_required", asked
    gateway.upgrade()
    told = {next(iter(asked["inputRequests"])): {"action": "accept", "content": {"name": "the answer"}}}
    answer = client.post(message("tools/call", {**params, "requestState": asked["requestState"], "inputResponses": told}, 2))
    assert "the answer" in json.dumps(answer.json["result"]), answer.json
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
