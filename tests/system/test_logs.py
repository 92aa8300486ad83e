"""What the gateway writes about itself: request ids, redaction, the audit, lines for people.

That every line is as docs/logs.md says is asserted at the end of every gateway of every system test.
"""
import hashlib
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import log_schema
from clients import JSON, HttpClient, call, message
from gateway_under_test import CHAOS, GATEWAY as PROGRAM, chaos, echo
from waiting import free_port, wait_until
from wire import TIMEOUT, Connection

SERVICES = {"chaos": chaos(), "echo": echo()}
MADE = re.compile(r"[0-9a-z]{15}")



def test_a_list_of_tools_that_is_the_same_again_is_no_news(start_gateway):
    gateway = start_gateway({"chaos": chaos(tools_refresh="10ms")}, {"log": {"level": "debug"}})
    gateway.wait_for("service.tools", count=3, server="chaos")
    gateway.sse("chaos").text("change_tools", {"silent": True})
    gateway.wait_for("service.tools", changed=True)
    levels = [(event["level"], event["changed"]) for event in gateway.events("service.tools")]
    assert [level for level in levels if level[0] == "info"] == [("info", False), ("info", True)]
    assert levels[0] == ("info", False) and ("debug", False) in levels and ("debug", True) not in levels


# --- request ids


def test_a_clients_request_id_is_given_back_and_logged_by_either_transport(gateway, sse, http):
    gateway.wait_for("service.tools", server="echo")
    stream = sse("echo")
    stream.initialize()
    posted = stream.post(call("echo", {"a": 1}, id=1), headers={"X-Request-Id": "of.sse-1"})
    assert (posted.status, posted["x-request-id"]) == (202, "of.sse-1")
    assert gateway.wait_for("request.done", request_id="of.sse-1")["tool"] == "echo"

    client = http("echo")
    client.initialize()
    answered = client.post(call("echo", {"a": 1}, id=1), headers={"X-Request-Id": "of.http_1"})
    assert answered["x-request-id"] == "of.http_1"
    assert gateway.wait_for("request.done", request_id="of.http_1")["tool"] == "echo"


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 65, "a\"b", "a/b"])
def test_any_other_request_gets_an_id_made_here(gateway, http, given):
    client = http("echo")
    client.initialize()
    answered = client.post(call("echo", {"a": 1}, id=1), headers={} if given is None else {"X-Request-Id": given})
    assert MADE.fullmatch(answered["x-request-id"])
    assert gateway.wait_for("request.done", request_id=answered["x-request-id"])


def test_refusals_have_a_request_id_too(gateway, http):
    client = http("echo")
    for path, status in (("/nowhere", 404), ("/echo/messages?sessionId=none", 404), ("/echo/mcp", 400)):
        connection = client.connect()
        connection.send_request("POST", path, {**JSON, "X-Request-Id": "refused"}, b"{")
        response = connection.read_response()
        assert (response.status, response["x-request-id"]) == (status, "refused"), path
    connection = client.connect()
    connection.send(b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")
    response = connection.read_response()
    assert response.status == 400 and MADE.fullmatch(response["x-request-id"])


def test_two_requests_never_have_the_same_made_id(http):
    client = http("echo")
    client.initialize()
    ids = [client.post(message("ping", id=number))["x-request-id"] for number in range(50)]
    assert len(set(ids)) == 50


# --- what lines hold


def test_whatever_a_child_writes_a_line_is_one_line_of_json(start_gateway):
    gateway = start_gateway({"chaos": chaos("--banner", "--bom")})
    client = gateway.http("chaos")
    client.initialize()
    for text in ("plain", "\x1b[31mred\x1b[0m", "\u2028 \ud83c\udf88", '"},{"level":"error"', "x" * 12_000, "\x01" * 6000):
        client.request("tools/call", {"name": "stderr", "arguments": {"text": text, "lines": 1}})
    lines = gateway.wait_for("child.stderr", count=2)
    assert lines["log_type"] == "child" and lines["stream"] == "child_stderr"
    gateway.stop()  # asserts that every line is as documented
    assert all(len(json.dumps(line, ensure_ascii=False).encode()) <= 17_000 for line in gateway.log.events)


def test_the_last_line_of_a_child_needs_no_end(start_gateway):
    """It often says why the child ends."""
    last = "import sys; sys.stderr.write('one\\nout of memory'); sys.stderr.flush(); sys.exit(3)"
    gateway = start_gateway({"short": {"command": sys.executable, "args": ["-c", last], "restart": {"max_restarts": 0}}}, wait_for=[])
    assert gateway.wait_for("child.exit")["stderr_tail"] == "one\nout of memory\n"
    assert [event["line"] for event in gateway.events("child.stderr")] == ["one", "out of memory"]


def test_pool_and_env_are_on_every_line(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"pool": "blue", "env": "staging"})
    assert {(line["pool"], line["env"]) for line in gateway.log.events} == {("blue", "staging")}
    assert re.search(r'mcp_gateway_build_info\{.*pool="blue"', gateway.metrics())


def test_secrets_of_the_configuration_are_taken_out_of_what_a_child_writes(start_gateway):
    secret = "correct-horse-battery"
    gateway = start_gateway({"chaos": chaos(env={"API_KEY": secret, "DB": "postgres://me:pass-in-url@db/x", "SHORT": "abc"})},
                            {"auth": {"tokens": [{"name": "alice", "token": "token-of-alice-0123"}]}})
    client = gateway.http("chaos", headers={"Authorization": "Bearer token-of-alice-0123"})
    client.initialize()
    for text in (f"key={secret}!", "pw pass-in-url", "bearer token-of-alice-0123", "short abc"):
        client.request("tools/call", {"name": "stderr", "arguments": {"text": text, "lines": 1}})
    gateway.wait_for("child.stderr", count=4)
    shown = [line["line"] for line in gateway.events("child.stderr")]
    assert shown[-4:] == ["key=***!", "pw ***", "bearer ***", "short abc"]
    os.kill(gateway.child_pid("chaos"), signal.SIGKILL)
    ended = gateway.wait_for("child.exit", server="chaos")
    assert "key=***!" in ended["stderr_tail"]
    everything = json.dumps(gateway.log.events) + gateway.admin("/health").body.decode()
    assert not [text for text in (secret, "pass-in-url", "token-of-alice") if text in everything]


def test_what_was_put_in_for_a_variable_or_a_file_is_taken_out_wherever_it_stands(start_gateway, tmp_path):
    """A child may write its command line. A default is in the file for everybody to read."""
    (tmp_path / "key").write_text("key-from-a-file\n")
    shout = "import sys; print(*sys.argv[1:], file=sys.stderr, flush=True); sys.stdin.read()"
    arguments = ["-c", shout, "--token=${TOKEN}", "${file:%s}" % (tmp_path / "key"), "${ABSENT:-by-default}", "${PLACE}", "${SHORT}"]
    gateway = start_gateway({"shouts": {"command": sys.executable, "args": arguments, "start_timeout": "1h"}}, wait_for=[],
                            env={"TOKEN": "token-from-a-variable", "PLACE": str(tmp_path), "SHORT": "abcde"})
    assert gateway.wait_for("child.stderr")["line"] == f"--token=*** *** by-default {tmp_path} abcde"
    assert "from-a-" not in json.dumps(gateway.log.events) + gateway.admin("/health").body.decode()


def test_what_was_not_let_in_is_logged_and_a_flood_of_it_only_counted(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"auth": {"tokens": [{"name": "alice", "token": "token-of-alice-0123"}]}})
    client = gateway.http("echo")
    for _ in range(60):
        assert client.post(message("ping", id=1), headers={"Authorization": "Bearer wrong"}).status == 401
    denied = gateway.wait_for("auth.denied", reason="bad_token")
    assert denied["remote"] == "127.0.0.1" and MADE.fullmatch(denied["request_id"])
    assert gateway.metric("mcp_gateway_auth_failures_total", reason="bad_token") == 60
    assert len(gateway.events("auth.denied")) < 40
    assert "wrong" not in json.dumps(gateway.events("auth.denied"))


# --- the audit


def test_the_audit_tells_who_called_what_and_never_with_which_values(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"log": {"audit": True, "level": "info"},
                                               "auth": {"tokens": [{"name": "alice", "token": "token-of-alice-0123"}]}})
    gateway.wait_for("service.tools", server="echo")  # a tool that is not listed yet is "_other"
    client = gateway.http("echo", headers={"Authorization": "Bearer token-of-alice-0123"})
    client.initialize()
    raw = b'{"text":"my secret words","n":[1,2]}'
    client.post(b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":%s}}' % raw,
                headers={"X-Request-Id": "audited"})
    line = gateway.wait_for("audit.call", request_id="audited")
    assert (line["log_type"], line["principal"], line["tool"], line["decision"], line["outcome"], line["remote"]) == (
        "audit", "alice", "echo", "allowed", "ok", "127.0.0.1")
    shape = json.loads(line["arguments"])
    assert shape["keys"] == {"text": {"kind": "string", "bytes": 17}, "n": {"kind": "array", "bytes": 5}}
    assert shape["sha256"] == hashlib.sha256(raw).hexdigest()
    assert "secret words" not in json.dumps(gateway.log.events)
    client.request("tools/list")
    assert client.post(message("ping", id=9), headers={"Authorization": "Bearer no"}).status == 401
    assert gateway.wait_for("audit.auth")["decision"] == "denied"
    assert len(gateway.events("audit.call")) == 1


def test_sessions_are_named_whatever_the_level_of_the_log(start_gateway):
    """Also those that were opened while there were no lines to name them in."""
    gateway = start_gateway({"echo": echo()}, {"log": {"audit": True, "level": "info"}, "admin_token": "token-of-the-operator",
                                               "limits": {"sse_event_limits": {"python": "1KiB"}}})

    def set_level(level):
        connection = Connection(gateway.ports["admin"])
        connection.send_request("POST", "/api/log-level", {"Authorization": "Bearer token-of-the-operator"},
                                json.dumps({"level": level}).encode())
        assert connection.read_response().status == 200
        connection.close()

    set_level("warn")
    client, stream = gateway.http("echo"), gateway.sse("echo", headers={"User-Agent": "python"})
    client.initialize()
    client.post(call("echo", {"text": "x"}, id=7), headers={"X-Request-Id": "quiet"})
    stream.call("big", {"bytes": 5000})
    names = {gateway.wait_for("audit.call", request_id="quiet")["session"], gateway.wait_for("answer.too_large")["session"]}
    assert names == {session_name(client.session), session_name(stream.endpoint.rpartition("=")[2])}
    set_level("info")
    client.post(call("echo", {"text": "x"}, id=8), headers={"X-Request-Id": "loud"})
    assert gateway.wait_for("request.done", request_id="loud")["session"] == session_name(client.session)


def session_name(token):
    return hashlib.sha256(token.encode()).hexdigest()[:12]


def test_there_is_no_audit_unless_it_is_asked_for(gateway, http):
    client = http("echo")
    client.initialize()
    client.call("echo", {"a": 1})
    assert not [line for line in gateway.log.events if line["log_type"] == "audit"]


# --- for people


def run_for_a_person(environment):
    """The first bytes a gateway writes to a terminal."""
    ours, theirs = pty.openpty()
    command = [PROGRAM, "run", "--port", "0", "--log-format", "text", "--", sys.executable, "-I", "-S", CHAOS]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs, env=environment)
    os.close(theirs)
    written = b""
    try:
        while b"service ready" not in written:
            written += os.read(ours, 65536)
    finally:
        process.terminate()
        process.wait()
        os.close(ours)
    return written


def test_lines_for_people_are_coloured_at_a_terminal_unless_they_say_otherwise():
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    assert b"\x1b[32minfo" in run_for_a_person({**environment, "TERM": "xterm"})
    assert b"\x1b" not in run_for_a_person({**environment, "TERM": "xterm", "NO_COLOR": "1"})
    assert b"\x1b" not in run_for_a_person({**environment, "TERM": "dumb"})


def test_lines_for_people_have_no_colour_in_a_file(tmp_path):
    written = tmp_path / "log"
    command = [PROGRAM, "run", "--port", "0", "--log-format", "text", "--", sys.executable, "-I", "-S", CHAOS, "--exit-at-start", "3"]
    with open(written, "wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                                   env={**os.environ, "TERM": "xterm"})
    try:
        while "child.exit" not in (text := written.read_text()):
            assert process.poll() is None, text
    finally:
        process.terminate()
        process.wait()
    assert "\x1b" not in text and not text.startswith("{")


@pytest.fixture
def unwritten(tmp_path):
    """A gateway whose log goes to a device on which there is never room: its ports, and its process."""
    main, admin = free_port(), free_port()
    configuration = tmp_path / "gateway.json"
    configuration.write_text(json.dumps({
        "gateway": {"listen": f"127.0.0.1:{main}", "admin_listen": f"127.0.0.1:{admin}", "drain_timeout": "200ms"},
        "mcpServers": {"chaos": chaos()}}))
    with open("/dev/full", "wb") as full:
        process = subprocess.Popen([PROGRAM, "run", "--config", str(configuration)], stdin=subprocess.DEVNULL, stderr=full)
    wait_until(lambda: accepts(admin), "the gateway")
    yield main, admin, process
    process.terminate()
    assert process.wait(TIMEOUT) == 0


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def metric_of(admin, name):
    connection = Connection(admin)
    connection.send_request("GET", "/metrics")
    text = connection.read_response().body.decode()
    connection.close()
    return sum(float(value) for value in re.findall(r"^%s(?:\{.*\})? (\S+)$" % name, text, re.M))


def cpu_seconds(process):
    fields = Path("/proc", str(process.pid), "stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def test_a_log_that_cannot_be_written_is_counted_as_lost_and_holds_up_nothing(unwritten):
    main, admin, process = unwritten
    with HttpClient(main, "/chaos") as client:
        client.initialize()
        for number in range(50):
            assert client.text("echo", {"n": number})
        client.call("stderr", {"lines": 30})
    lines = "mcp_gateway_log_lines_total"
    wait_until(lambda: metric_of(admin, "mcp_gateway_log_dropped_total") >= metric_of(admin, lines) > 80, "the count")
    before = cpu_seconds(process)
    assert not select.select([], [], [], 1)[0]  # the time in which it would spin
    assert cpu_seconds(process) - before < 0.5


def test_the_schema_refuses_what_it_does_not_know():
    good = {"ts": "2026-01-01T00:00:00.000000Z", "level": "info", "event": "gateway.end", "msg": "m", "log_type": "app",
            "service": "mcp-gateway", "version": "1", "instance_id": "i"}
    assert log_schema.complaints(good) == []
    assert log_schema.complaints({**good, "event": "no.such"})
    assert log_schema.complaints({**good, "extra": 1})
    assert log_schema.complaints({**good, "level": "loud"})
    assert Path(log_schema.__file__).exists() and len(log_schema.EVENTS) > 20
