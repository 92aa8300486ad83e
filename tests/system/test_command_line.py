"""What mcp-gateway says and how it exits, command by command."""

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from wire import TIMEOUT

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.path.abspath(os.environ.get("MCP_GATEWAY", str(ROOT / "build" / "mcp-gateway")))
ECHO = str(ROOT / "build" / "mcp-echo")
CHAOS = [sys.executable, str(ROOT / "tests" / "children" / "chaos.py")]


def mcp_gateway(*arguments, **options):
    """Runs to its end."""
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=TIMEOUT, **options)


def written(folder, configuration):
    file = folder / "gateway.json"
    file.write_text(configuration if isinstance(configuration, str) else json.dumps(configuration))
    return file


def child(command, *arguments, **more):
    return {"command": command, "args": list(arguments), **more}


def one_sentence(text):
    """The whole of what was said, when it is one line of text."""
    assert text.endswith("\n") and text.count("\n") == 1, text
    return text[:-1]


class Running:
    """`run` in the background; its log lines as they come."""

    def __init__(self, *arguments, env=None):
        self.process = subprocess.Popen([PROGRAM, "run", *map(str, arguments)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        self.watchdog = threading.Timer(TIMEOUT, self.process.kill)
        self.watchdog.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate()
        self.watchdog.cancel()
        assert self.process.returncode == 0

    def event(self, name):
        for text in self.process.stderr:
            line = json.loads(text)
            if line["event"] == name:
                return line
        raise AssertionError(f"the gateway ended before it said {name}")


def get(port, path, method="GET", body=b"", **fields):
    """One request on a connection of its own: status, head, body as far as it came when the head was whole."""
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n{head}"
                           f"Connection: close\r\n\r\n".encode() + body)
        answer = b""
        while b"\r\n\r\n" not in answer or (b"event-stream" in answer and b"\n\n" not in answer.split(b"\r\n\r\n", 1)[1]):
            piece = connection.recv(65536)
            if not piece:
                break
            answer += piece
        if b"event-stream" not in answer:
            while piece := connection.recv(65536):
                answer += piece
    head, _, rest = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode().lower(), rest


# ── version, help, schema ────────────────────────────────────────────────────────────────────────


def test_version_is_one_line_with_name_number_revision_and_time():
    done = mcp_gateway("version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"mcp-gateway \d+\.\d+\.\d+\S* \([^,]+, built \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\)\n", done.stdout), done.stdout


def test_help_tells_the_commands_an_example_of_each_and_the_exit_codes():
    done = mcp_gateway("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for wanted in ("run ", "check ", "health ", "status ", "top ", "version ", "schema ", "help ", "Examples:",
                   "run gateway.json", "-- node server.js", "Exit codes:"):
        assert wanted in done.stdout, wanted
    assert mcp_gateway("help").stdout == done.stdout


def test_without_a_command_the_commands_are_listed_and_it_exits_2():
    done = mcp_gateway()
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == mcp_gateway("--help").stdout


def test_version_is_also_an_option():
    assert mcp_gateway("--version").stdout == mcp_gateway("-V").stdout == mcp_gateway("version").stdout


@pytest.mark.parametrize("command", ["run", "check"])
def test_help_of_a_command_tells_its_options(command):
    done = mcp_gateway(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for wanted in {"run": ("--config", "--service", "--host", "--port", "--name", "--allow-unauthenticated", "--admin",
                           "--token-file", "--env", "--pass-env", "FILE", "-- COMMAND", "HOME"),
                   "check": ("--config", "--service", "--connect", "FILE")}[command]:
        assert wanted in done.stdout, wanted
    assert mcp_gateway("help", command).stdout == done.stdout


def test_the_schema_is_valid_json_and_names_every_block():
    done = mcp_gateway("schema")
    assert (done.returncode, done.stderr) == (0, "")
    schema = json.loads(done.stdout)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert {"gateway", "mcpServers"} <= schema["properties"].keys()


# ── health ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("needs", "code", "says"), [([], 0, '"status": "HEALTHY"'),
                                                     ([{"variable": "NOBODY_SETS_THIS", "for": "a test"}], 1, "NOBODY_SETS_THIS")])
def test_health_says_what_the_gateway_says_and_exits_by_its_status(tmp_path, needs, code, says):
    file = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0"},
                              "mcpServers": {"echo": child(ECHO, required=True, needs=needs)}})
    with Running("--config", file) as gateway:
        port = next(line["port"] for line in iter(lambda: gateway.event("listener.ready"), None) if line["listener"] == "admin")
        if not needs:
            gateway.event("service.ready")
        done = mcp_gateway("health", f"http://127.0.0.1:{port}/health")
    assert (done.returncode, done.stderr) == (code, "")
    assert says in done.stdout


def listening_at(gateway):
    """Listener to port, of a gateway that has just begun."""
    ports = {}
    while not {"main", "admin"} <= ports.keys():
        line = gateway.event("listener.ready")
        ports[line["listener"]] = line["port"]
    return ports


def until_all_are_heard_of(gateway, count):
    """Waits until so many services are ready or have failed."""
    servers = set()
    while len(servers) < count:
        line = json.loads(next(gateway.process.stderr))
        if line["event"] in ("service.ready", "child.backoff"):
            servers.add(line["server"])


@pytest.mark.parametrize(("required", "status", "code"), [(False, "DEGRADED", 0), (True, "UNHEALTHY", 1)])
def test_health_exits_with_0_while_every_required_service_can_be_called(tmp_path, required, status, code):
    file = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0"},
                              "mcpServers": {"echo": child(ECHO), "dies": child("false", required=required)}})
    with Running("--config", file) as gateway:
        ports = listening_at(gateway)
        until_all_are_heard_of(gateway, 2)
        done = mcp_gateway("health", str(ports["admin"]))
        ready = mcp_gateway("health", f"http://127.0.0.1:{ports['admin']}/readyz")
        of_echo = mcp_gateway("health", f"http://127.0.0.1:{ports['main']}/echo/health")
        of_dead = mcp_gateway("health", f"http://127.0.0.1:{ports['main']}/dies/health")
        nowhere = mcp_gateway("health", f"http://127.0.0.1:{ports['main']}/none/health")
    assert (done.returncode, json.loads(done.stdout)["status"], done.stderr) == (code, status, "")
    assert (ready.returncode, ready.stdout) == (code, "not ready\n" if code else "ok\n")
    assert (of_echo.returncode, json.loads(of_echo.stdout)["status"]) == (0, "HEALTHY")
    assert (of_dead.returncode, json.loads(of_dead.stdout)["status"]) == (1, "UNHEALTHY")
    assert nowhere.returncode == 1 and "found status 404" in nowhere.stderr


def test_health_of_a_gateway_that_was_told_to_stop_is_draining_and_exits_1(tmp_path):
    file = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0", "drain_timeout": "1h"},
                              "mcpServers": {"chaos": child(*CHAOS)}})
    with Running("--config", file) as gateway:
        ports = listening_at(gateway)
        until_all_are_heard_of(gateway, 1)
        with socket.create_connection(("127.0.0.1", ports["main"]), TIMEOUT) as waiting:
            body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"hang"}}'
            waiting.sendall(b"POST /chaos/mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                            b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            while json.loads(get(ports["admin"], "/health")[2])["servers"]["chaos"]["calls_in_flight"] == 0:
                pass
            gateway.process.send_signal(signal.SIGTERM)
            gateway.event("gateway.drain")
            done = mcp_gateway("health", str(ports["admin"]))
            alive = mcp_gateway("health", f"http://127.0.0.1:{ports['admin']}/livez")
    found = json.loads(done.stdout)
    assert (done.returncode, found["status"], found["draining"], done.stderr) == (1, "DRAINING", True, "")
    assert (alive.returncode, alive.stdout) == (0, "ok\n")


def test_health_without_a_token_is_the_status_alone_and_exits_by_it(tmp_path):
    file = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0",
                                          "auth": {"tokens": [{"name": "a", "token": "0123456789abcdef"}]}},
                              "mcpServers": {"echo": child(ECHO), "dies": child("false")}})
    with Running("--config", file) as gateway:
        ports = listening_at(gateway)
        until_all_are_heard_of(gateway, 2)
        asked = [mcp_gateway("health", f"http://127.0.0.1:{ports['main']}{path}") for path in ("/health", "/echo/health", "/dies/health")]
    assert [(each.returncode, json.loads(each.stdout)) for each in asked] == [
        (0, {"status": "DEGRADED"}), (0, {"status": "HEALTHY"}), (1, {"status": "UNHEALTHY"})]


def nobody_at(url):
    """What is said where no gateway runs."""
    return (f"no gateway answers at {url} (connecting: Connection refused); start one with 'mcp-gateway run FILE' or "
            "'mcp-gateway run --admin 9090 -- COMMAND', or give the address of its admin listener")


def test_health_of_nobody_is_one_sentence_and_exit_1():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/health"
    done = mcp_gateway("health", url)
    assert (done.returncode, done.stdout) == (1, "")
    assert one_sentence(done.stderr) == f"health: {nobody_at(url)}"


# ── status and top ───────────────────────────────────────────────────────────────────────────────


def status_gateway(tmp_path, **more):
    """A gateway to ask, and how to ask it."""
    file = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0"},
                              "mcpServers": {"echo": child(ECHO, required=True, **more), "absent": child("/no/such/program")}})
    return Running("--config", file)


def admin_url(gateway):
    port = next(line["port"] for line in iter(lambda: gateway.event("listener.ready"), None) if line["listener"] == "admin")
    return f"http://127.0.0.1:{port}"


def test_status_is_a_table_of_the_services_and_says_why_one_is_not_well(tmp_path):
    with status_gateway(tmp_path) as gateway:
        url = admin_url(gateway)
        gateway.event("service.ready")
        done = mcp_gateway("status", "--url", url)
        as_json = mcp_gateway("status", "--json", "--url", url + "/")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "DEGRADED" in lines[0] and lines[1].startswith("2 services, 0 sessions")
    assert lines[3].split()[:4] == ["SERVICE", "STATE", "CALLS/MIN", "ERR/MIN"]
    assert lines[4].split()[:2] == ["echo", "ready"] and lines[5].split()[0] == "absent"
    assert "absent: " in done.stdout and "/no/such/program" in done.stdout
    assert "\x1b" not in done.stdout
    assert list(json.loads(as_json.stdout)["servers"]) == ["echo", "absent"]


def test_status_exits_1_when_requests_are_not_served(tmp_path):
    with status_gateway(tmp_path, needs=[{"variable": "NOBODY_SETS_THIS", "for": "a test"}]) as gateway:
        done = mcp_gateway("status", "--url", admin_url(gateway))
    assert done.returncode == 1
    assert "UNHEALTHY" in done.stdout and "NOBODY_SETS_THIS" in done.stdout


@pytest.mark.parametrize("command", ["status", "top"])
def test_status_of_nobody_is_one_sentence_and_exit_1(command):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    done = mcp_gateway(command, "--url", url)
    assert (done.returncode, done.stdout) == (1, "")
    assert one_sentence(done.stderr) == f"{command}: {nobody_at(url + '/api/status')}"


def test_top_prints_once_where_stdout_is_no_terminal(tmp_path):
    with status_gateway(tmp_path) as gateway:
        url = admin_url(gateway)
        gateway.event("service.ready")
        done = mcp_gateway("top", "--url", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("SERVICE") == 1 and "\x1b" not in done.stdout


class Screen:
    """A command on a terminal of its own."""

    def __init__(self, command, *arguments):
        self.terminal, inner = pty.openpty()
        self.before = termios.tcgetattr(self.terminal)
        self.process = subprocess.Popen([PROGRAM, command, *map(str, arguments)], stdin=inner, stdout=inner, stderr=inner,
                                        env={**os.environ, "TERM": "dumb"} if command == "run" else None)
        os.close(inner)
        self.shown = ""

    def until(self, wanted):
        deadline = time.monotonic() + TIMEOUT
        while not re.search(wanted, self.shown, re.S):
            assert select.select([self.terminal], [], [], deadline - time.monotonic())[0], self.shown
            self.shown += os.read(self.terminal, 65536).decode()

    def press(self, keys):
        self.shown = ""
        os.write(self.terminal, keys)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


@pytest.fixture
def on_terminal():
    """on_terminal(command, *arguments) runs it on a terminal, until the test is over."""
    with ExitStack() as ends:
        yield lambda *arguments: ends.enter_context(closing(Screen(*arguments)))


@pytest.mark.parametrize("ending", ["q", "ctrl-c", "sigterm", "sighup"])
def test_top_gives_the_terminal_back_however_it_ends(tmp_path, ending, on_terminal):
    with status_gateway(tmp_path) as gateway:
        url = admin_url(gateway)
        gateway.event("service.ready")
        screen = on_terminal("top", "--url", url, "--interval", "1")
        kept = os.dup(screen.terminal)
        screen.until(r"\x1b\[\?1049h.*SERVICE.*echo.*absent.*q quit")
        raw = termios.tcgetattr(kept)
        assert not raw[3] & (termios.ECHO | termios.ICANON)
        screen.press(b"n")
        screen.until("absent.*echo.*q quit")
        if ending in ("q", "ctrl-c"):
            screen.press(b"q" if ending == "q" else b"\x03")
        else:
            screen.process.send_signal(signal.SIGTERM if ending == "sigterm" else signal.SIGHUP)
        screen.until(r"\x1b\[\?1049l")
        code = screen.process.wait(TIMEOUT)
        after = termios.tcgetattr(kept)
        os.close(kept)
    assert code == 0
    assert after == screen.before
    assert "\x1b[?25h" in screen.shown and "\x1b[?7h" in screen.shown


def test_top_goes_on_when_the_gateway_is_away_for_a_while(tmp_path, on_terminal):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    screen = on_terminal("top", "--url", f"http://127.0.0.1:{port}", "--interval", "1")
    screen.until(r"Connection refused\); asking again")
    file = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": f"127.0.0.1:{port}"},
                              "mcpServers": {"echo": child(ECHO)}})
    with Running("--config", file):
        screen.until("SERVICE.*echo")
        screen.press(b"q")
        screen.until(r"\x1b\[\?1049l")
    assert screen.process.wait(TIMEOUT) == 0


@pytest.mark.parametrize("command", ["health", "status", "top"])
def test_a_gateway_is_asked_by_any_way_to_write_its_address(tmp_path, command):
    with status_gateway(tmp_path) as gateway:
        url = admin_url(gateway)
        gateway.event("service.ready")
        port = url.rsplit(":", 1)[1]
        for address in ([url], [url + "/"], [f"127.0.0.1:{port}"], [f"localhost:{port}"], [f":{port}"], [port],
                        ["--url", url], [f"--url={port}"], [url + "/health"]):
            done = mcp_gateway(command, *address)
            assert (done.returncode, done.stderr) == (0, ""), address
            assert "DEGRADED" in done.stdout and "/no/such/program" in done.stdout, address


@pytest.mark.parametrize("command", ["health", "status", "top"])
def test_an_address_that_is_none_is_a_usage_error(command):
    done = mcp_gateway(command, "ftp://127.0.0.1:9090")
    assert done.returncode == 2
    assert one_sentence(done.stderr) == (f"{command}: expected the address of a gateway, such as 9090, HOST:9090 or "
                                         "https://HOST:9090, port 1..65535, found 'ftp://127.0.0.1:9090'")


def test_status_of_another_listener_says_that_it_is_no_admin_listener(tmp_path):
    file = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": "off"}, "mcpServers": {"echo": child(ECHO)}})
    with Running("--config", file) as gateway:
        port = gateway.event("listener.ready")["port"]
        done = mcp_gateway("status", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"expected a gateway's admin listener at http://127.0.0.1:{port}/api/status, found something else" in done.stderr


# ── check ────────────────────────────────────────────────────────────────────────────────────────


def test_check_of_a_good_file_says_so_and_exits_0(tmp_path):
    file = written(tmp_path, '{ "mcpServers": { "a": { "command": "true" }, // a remark\n "b": { "command": "true", }, }, }')
    done = mcp_gateway("check", "--config", file)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{file}: 2 services, no errors\n", "")


def test_check_tells_every_error_at_once_with_its_place_and_exits_2(tmp_path):
    file = written(tmp_path, {
        "gateway": {"limits": {"max_sessions": -5}, "lisen": "x"},
        "mcpServers": {"github": {"command": "x", "cal_timeout": 5, "env": {"TOKEN": "${NOT_SET_ANYWHERE_7}"}}, "b": {}}})
    done = mcp_gateway("check", "--config", file)
    assert (done.returncode, done.stdout) == (2, "")
    first, *errors, note = done.stderr.splitlines()
    assert first == f"{file}: 4 errors"
    assert note == ("  note: mcpServers.github: not started; env.TOKEN: the environment variable NOT_SET_ANYWHERE_7 is not set; "
                    "${NOT_SET_ANYWHERE_7:-default} would give a default")
    assert sorted(errors) == sorted([
        "  gateway.limits.max_sessions: expected 1..1000000, found -5",
        "  gateway: unknown key 'lisen'; did you mean 'listen'?",
        "  mcpServers.github: unknown key 'cal_timeout'; did you mean 'call_timeout'?",
        "  mcpServers.b: expected the key 'command', which is missing"])


def test_check_finds_a_program_that_is_not_there_and_a_command_line_in_one_text(tmp_path):
    file = written(tmp_path, {"mcpServers": {
        "missing": child("no-such-program-7"),
        "in-one": {"command": f"{sys.executable} -m server"},
        "folder": child("true", cwd="/no/such/folder"),
        "windows": child("C:\\node\\node.exe"),
        "its-shell": child("cmd", "/c", "npx"),
        "home": child("~/bin/server"),
        "off": child("no-such-program-7", disabled=True),
        "well": child("true")}})
    done = mcp_gateway("check", file)
    assert (done.returncode, done.stderr) == (1, "")
    *cannot, summary = done.stdout.splitlines()
    assert summary == f"{file}: 8 services, 6 cannot start"
    assert len(cannot) == 6
    assert cannot[0].startswith("cannot start: missing: cannot start 'no-such-program-7': not found in PATH (")
    assert cannot[1].endswith(f"'{sys.executable}' is a program: its arguments go into args, each as a text of its own")
    assert cannot[2] == "cannot start: folder: cannot start 'true' in '/no/such/folder': No such file or directory"
    assert "not found; it looks like a Windows path" in cannot[3]
    assert "not found; it is the Windows shell: make what follows /c the command" in cannot[4]
    assert "not found; ~ is only expanded by shells: write ${HOME}/ instead of ~/" in cannot[5]


def test_check_of_a_file_that_is_no_json_tells_where(tmp_path):
    done = mcp_gateway("check", "--config", written(tmp_path, '{\n  "mcpServers": {\n    "a" }\n}'))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.search(r"\bline 3\b", done.stderr), done.stderr


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("name, why", [
    ("no-such-file.json", "it is not there; looked for {folder}/no-such-file.json"),
    ("/no/such/file.json", "it is not there"),
    ("some-server", "it is not there; a server's command stands behind --: mcp-gateway run -- some-server"),
    ("folder", "it is a folder; expected a file in it"),
    ("link.json", "it is a symbolic link to '/no/such/file.json', which does not exist"),
])
def test_a_configuration_that_cannot_be_read_is_one_sentence_with_the_reason(tmp_path, command, name, why):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.json").symlink_to("/no/such/file.json")
    done = mcp_gateway(command, "--config", name, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert one_sentence(done.stderr) == f"cannot read the configuration '{name}': {why.format(folder=tmp_path)}"


def test_a_configuration_that_may_not_be_read_says_whose_it_is():
    user = 65534 if os.geteuid() == 0 else os.geteuid()  # nothing is forbidden to root
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        file = written(Path(folder), {"mcpServers": {"a": child("true")}})
        file.chmod(0)
        done = mcp_gateway("check", file, user=user)
    assert done.returncode == 2
    assert one_sentence(done.stderr) == (f"cannot read the configuration '{file}': this user (uid {user}) may not read it: "
                                         f"it belongs to uid {os.geteuid()} and has mode 0000")


def test_a_configuration_in_a_folder_that_is_closed_names_the_folder():
    user = 65534 if os.geteuid() == 0 else os.geteuid()  # nothing is forbidden to root
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        closed = Path(folder) / "closed"
        closed.mkdir()
        written(closed, {"mcpServers": {"a": child("true")}})
        closed.chmod(0)
        done = mcp_gateway("check", closed / "x.json", user=user)
        closed.chmod(0o700)
    assert done.returncode == 2
    assert one_sentence(done.stderr) == (f"cannot read the configuration '{closed}/x.json': "
                                         f"this user (uid {user}) has no permission to enter the directory '{closed}'")


def test_check_connect_reports_time_version_tools_and_noise(tmp_path):
    file = written(tmp_path, {"mcpServers": {"quiet": child(ECHO), "noisy": child(*CHAOS, "--banner", "--protocol", "2025-06-18")}})
    done = mcp_gateway("check", "--config", file, "--connect")
    assert (done.returncode, done.stderr) == (0, "")
    first, *reports = done.stdout.splitlines()
    assert first == f"{file}: 2 services, no errors"
    warnings = [line for line in reports if line.startswith("warning: ")]
    assert "warning: quiet: the tool echo has the name of one of noisy" in warnings
    noisy, quiet = sorted(set(reports) - set(warnings))
    assert re.fullmatch(r"ok    noisy +ready in \d+ ms, protocol 2025-06-18, \d+ tools, \d+ lines on stdout were no messages", noisy)
    assert re.fullmatch(r"ok    quiet +ready in \d+ ms, protocol 2025-11-25, 3 tools", quiet)


def test_check_connect_of_servers_that_fail_tells_why_with_the_end_of_stderr_and_exits_1(tmp_path):
    file = written(tmp_path, {"mcpServers": {
        "dies": child("sh", "-c", "echo first >&2; echo no database >&2; exit 3"),
        "missing": child("no-such-program-7"),
        "one-text": child("sh -c true"),
        "mute": child(*CHAOS, "--never-initialize", start_timeout="300ms"),
        "refuses": child(*CHAOS, "--refuse-initialize"),
        "well": child(ECHO)}})
    done = mcp_gateway("check", "--config", file, "--connect")
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    at = lines.index("FAIL  dies             it ended with exit status 3")
    assert lines[at + 1 : at + 4] == ["      the end of its stderr:", "        first", "        no database"]
    reports = {line.split()[1]: line for line in lines if line.startswith(("ok ", "FAIL "))}
    assert set(reports) == {"dies", "missing", "one-text", "mute", "refuses", "well"}
    assert reports["well"].startswith("ok ")
    assert "cannot start 'no-such-program-7': not found in PATH" in reports["missing"]
    assert "'sh' is a program: its arguments go into args" in reports["one-text"]
    assert "it did not answer initialize within 0.3 s" in reports["mute"]
    assert "it refused initialize: chaos refuses to start" in reports["refuses"]


@pytest.mark.parametrize("service", [child("/no/such/program"), child("sh", "-c", "exit 3")], ids=["missing", "dies"])
def test_check_connect_exits_1_in_good_order_when_no_service_comes_up(tmp_path, service):
    file = written(tmp_path, {"mcpServers": {"a": service}})
    done = mcp_gateway("check", "--config", file, "--connect")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines()[1].startswith("FAIL  a ")


def test_check_connect_can_be_kept_to_one_service(tmp_path):
    file = written(tmp_path, {"mcpServers": {"well": child(ECHO), "missing": child("no-such-program-7")}})
    done = mcp_gateway("check", "--config", file, "--service", "well", "--connect")
    assert done.returncode == 0
    assert "missing" not in done.stdout


# ── wrong command lines ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("arguments, said", [
    (["run", "--nope"], "unknown option '--nope'"),
    (["fly"], "unknown command 'fly'"),
    (["fly", "--help"], "unknown command 'fly'"),
    (["chekc", "x.json"], "did you mean 'mcp-gateway check'?"),
    (["run"], "mcp-gateway run FILE    or    mcp-gateway run -- node server.js"),
    (["run", "--config", "x.json", "--", "true"], "expected either a file or a command behind --, found both"),
    (["run", "--port", "x", "--", "true"], "--port: expected a number in 0..65535, found 'x'"),
    (["run", "--port", "65536", "--", "true"], "--port: expected a number in 0..65535, found '65536'"),
    (["run", "--log-level", "loud", "--", "true"], "--log-level: expected 'debug' or 'info' or 'warn' or 'error', found 'loud'"),
    (["run", sys.executable, "x.py"], f"a server's command stands behind --: mcp-gateway run -- {sys.executable} x.py"),
    (["run", "x.json", "--env", "A=b"], "--env is for a server behind --"),
    (["check"], "expected a configuration file"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_a_wrong_command_line_exits_2_and_says_what_is_wrong(arguments, said):
    done = mcp_gateway(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) <= 2


@pytest.mark.parametrize("command", ["run", "check"])
def test_an_unknown_service_is_one_sentence_with_the_names_there_are(tmp_path, command):
    file = written(tmp_path, {"mcpServers": {"a": child("true"), "b": child("true")}})
    done = mcp_gateway(command, "--config", file, "--service", "a", "--service", "c")
    assert (done.returncode, done.stdout) == (2, "")
    assert one_sentence(done.stderr) == "--service c: the configuration has no service of that name; it has: a b"


@pytest.mark.parametrize("program", ["no-such-program-7", "./no-such-program-7", "/"])
def test_a_missing_program_ends_the_start_with_one_sentence(program):
    done = mcp_gateway("run", "--port", "0", "--", program)
    assert (done.returncode, done.stdout) == (1, "")
    assert one_sentence(done.stderr).startswith(f"cannot start '{program}': ")


def test_a_port_that_is_taken_ends_the_start_with_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        from_arguments = mcp_gateway("run", "--port", port, "--", ECHO)
        file = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": f"127.0.0.1:{port}",
                                              "log": {"level": "error"}}, "mcpServers": {"a": child(ECHO)}})
        from_file = mcp_gateway("run", "--config", file)
        own = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": "off", "log": {"level": "error"}},
                                 "mcpServers": {"a": child(ECHO, listen=f"127.0.0.1:{port}")}})
        of_service = mcp_gateway("run", "--config", own)
    for done, gives in ((from_arguments, "choose another with --host, --port"), (from_file, "choose another with gateway.admin_listen (or --admin)"),
                        (of_service, "choose another with mcpServers.a.listen")):
        assert (done.returncode, done.stdout) == (1, "")
        sentence = one_sentence(done.stderr)
        assert sentence == f"cannot listen on 127.0.0.1:{port}: the port is taken by another program; {gives}"


# ── run ──────────────────────────────────────────────────────────────────────────────────────────


def test_run_with_a_command_serves_it_at_the_root():
    with Running("--port", 0, "--name", "solo", "--", ECHO) as running:
        port = running.event("listener.ready")["port"]
        assert running.event("service.ready")["server"] == "solo"

        status, head, body = get(port, "/sse", Accept="text/event-stream")
        assert status == 200 and "content-type: text/event-stream" in head
        assert re.search(rb"event: endpoint\r?\ndata: messages\?sessionId=[!-~]+\r?\n", body), body

        call = b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{"text":"root"}}}'
        status, _, body = get(port, "/mcp", "POST", call, Content_Type="application/json", Accept="application/json")
        assert status == 200
        assert json.loads(body) == {"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": "root"}]}}

        status, _, body = get(port, "/health")
        assert (status, json.loads(body)["status"], json.loads(body)["server"]) == (200, "HEALTHY", "solo")
        assert get(port, "/messages?sessionId=unknown", "POST", call, Content_Type="application/json")[0] == 404
        assert get(port, "/solo/mcp", "POST", call, Content_Type="application/json", Accept="application/json")[0] == 200


def test_one_server_has_an_admin_listener_a_token_and_variables_by_flags(tmp_path):
    token = tmp_path / "alice"
    token.write_text("secret-of-alice\n")
    script = ("import json, os, sys; open('seen', 'w').write(json.dumps([os.environ.get(n) for n in ('GIVEN', 'PASSED', 'KEPT')]));"
              " print('written', file=sys.stderr); sys.stdin.read()")
    with Running("--port", 0, "--admin", "127.0.0.1:0", "--token-file", token, "--env", "GIVEN=a=${B}", "--pass-env", "PASSED",
                 "--cwd", tmp_path, "--", sys.executable, "-c", script, env={**os.environ, "PASSED": "p", "KEPT": "k"}) as running:
        port = running.event("listener.ready")["port"]
        admin = running.event("listener.ready")["port"]
        assert running.event("child.stderr")["line"] == "written"
        assert json.loads((tmp_path / "seen").read_text()) == ["a=${B}", "p", None]
        listed = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
        fields = {"Content_Type": "application/json", "Accept": "application/json"}
        assert get(port, "/mcp", "POST", listed, **fields)[0] == 401
        assert get(port, "/mcp", "POST", listed, Authorization="Bearer secret-of-alice", **fields)[0] != 401
        assert get(admin, "/metrics")[0] == 200
        assert "server" in mcp_gateway("status", admin).stdout


def test_flags_hold_over_the_file(tmp_path):
    file = written(tmp_path, {"gateway": {"listen": "127.0.0.2:1", "admin_listen": "127.0.0.1:1"}, "mcpServers": {"echo": child(ECHO)}})
    with Running(file, "--host", "127.0.0.1", "--port", 0, "--admin", "off") as running:
        listening = running.event("listener.ready")
        assert (listening["listener"], listening["address"]) == ("main", "127.0.0.1")
        assert listening["port"] > 1
        running.event("service.ready")
        assert get(listening["port"], "/echo/health")[0] == 200


def test_a_configuration_may_come_from_stdin():
    done = subprocess.run([PROGRAM, "check", "-"], input='{"mcpServers": {"a": {"command": "true"}}}', capture_output=True, text=True, timeout=TIMEOUT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "stdin: 1 service, no errors\n", "")


def test_run_at_a_terminal_tells_people_where_each_service_is_and_why_one_is_not(tmp_path, on_terminal):
    file = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0"}, "mcpServers": {
        "echo": child(ECHO), "remote": {"url": "https://example.com/mcp", "type": "ws"}, "missing": child("no-such-program-7"),
        "private": child(ECHO, isolation="session")}})
    screen = on_terminal("run", file)
    screen.until(r"\r\nmcp-gateway \S+ serves 4 services at http://127\.0\.0\.1:\d+; Ctrl-C ends it\.\r\nStatus page: http://127\.0\.0\.1:\d+/\r\n")
    port = re.search(r"serves 4 services at http://127\.0\.0\.1:(\d+);", screen.shown)[1]
    for line in (f"  echo     3 tools   http://127.0.0.1:{port}/echo/mcp  http://127.0.0.1:{port}/echo/sse",
                 f"  private  a child for each session  http://127.0.0.1:{port}/private/mcp  http://127.0.0.1:{port}/private/sse",
                 "  remote   not started; it is of the type 'ws', which mcp-gateway does not serve",
                 "  missing  cannot start 'no-such-program-7': not found in PATH"):
        screen.until(r"\r\n" + re.escape(line))
    assert not re.search(r"^\{", screen.shown, re.M)
    screen.process.send_signal(signal.SIGINT)
    assert screen.process.wait(TIMEOUT) == 0


def test_one_server_at_a_terminal_has_its_urls_at_the_root(on_terminal):
    screen = on_terminal("run", "--port", 0, "--", ECHO)
    screen.until(r"serves 1 service at http://127\.0\.0\.1:\d+; Ctrl-C ends it\.\r\nStatus page: none; --admin 9090 gives one\.")
    screen.until(r"\r\n  server  3 tools   http://127\.0\.0\.1:\d+/mcp  http://127\.0\.0\.1:\d+/sse\r\n")
    screen.process.send_signal(signal.SIGINT)
    assert screen.process.wait(TIMEOUT) == 0


def test_a_log_that_is_configured_stays_as_it_is_at_a_terminal(tmp_path, on_terminal):
    file = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": "off", "log": {"format": "json"}},
                              "mcpServers": {"echo": child(ECHO)}})
    screen = on_terminal("run", file)
    screen.until('"event":"service.tools"')
    screen.process.send_signal(signal.SIGINT)
    assert screen.process.wait(TIMEOUT) == 0
    assert all(line.startswith("{") for line in screen.shown.splitlines() if line)


def test_run_passes_arguments_behind_the_dashes_untouched():
    arguments = ["--help", "--config", "a b", "$(touch x)", "; true", "é", ""]
    script = "import json, sys; print(json.dumps(sys.argv[1:]), file=sys.stderr); sys.stdin.read()"
    with Running("--port", 0, "--", sys.executable, "-c", script, *arguments) as running:
        assert json.loads(running.event("child.stderr")["line"]) == arguments


def test_run_serves_only_the_services_it_is_told_to(tmp_path):
    file = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": "off"},
                              "mcpServers": {"a": child(ECHO), "b": child(ECHO), "c": child(ECHO)}})
    with Running("--config", file, "--service", "a", "--service", "c") as running:
        port = running.event("listener.ready")["port"]
        assert set(json.loads(get(port, "/health")[2])["servers"]) == {"a", "c"}
        assert get(port, "/b/health")[0] == 404


def test_log_options_override_the_configuration(tmp_path):
    file = written(tmp_path, {"gateway": {"listen": "127.0.0.1:0", "admin_listen": "off", "log": {"level": "error"}},
                              "mcpServers": {"a": child(ECHO)}})
    with Running("--config", file, "--log-level", "debug") as running:
        assert running.event("service.ready")["server"] == "a"
