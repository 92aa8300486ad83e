"""Called as supergateway or mcp-proxy, with the flags people have in their scripts: served at the same paths."""
import json
import os
import signal
import subprocess
import threading
from contextlib import contextmanager

import pytest

from clients import HttpClient, SseClient
from test_import import PROGRAM, ROOT, mcp_gateway, written
from waiting import free_port
from wire import TIMEOUT

ECHO = os.path.abspath(os.environ.get("MCP_ECHO", str(ROOT / "build" / "mcp-echo")))


class Bridge:
    """A bridge that runs: where it listens, and what it warns of."""

    def __init__(self, process, until):
        self.process = process
        self.warnings = {}
        self.port = None
        for text in process.stderr:
            line = json.loads(text)
            if line["event"] == "config.warning":
                self.warnings[line["path"]] = line["msg"]
            if line["event"] == "listener.ready" and line["listener"] == "main":
                self.port = line["port"]
            if line["event"] == until:
                return
        raise AssertionError(f"it ended before it said {until}")


@contextmanager
def bridge(*command, program=None, until="service.ready"):
    process = subprocess.Popen([program or PROGRAM, *map(str, command)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    watchdog = threading.Timer(TIMEOUT, process.kill)
    watchdog.start()
    try:
        yield Bridge(process, until)
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        assert process.wait() == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
        watchdog.cancel()


def works(kind, port, prefix=""):
    with kind(port, prefix) as client:
        client.initialize()
        return True


@pytest.fixture(params=["supergateway", "mcp-proxy"])
def link(request, tmp_path):
    path = tmp_path / request.param
    path.symlink_to(PROGRAM)
    return path


def refused(*command, **options):
    done = mcp_gateway(*command, **options)
    assert (done.returncode, done.stdout) == (2, ""), done
    return done.stderr


def test_supergateway_serves_a_program_at_its_usual_paths():
    port = free_port()
    with bridge("--compat", "supergateway", "--stdio", ECHO, "--port", port, "--outputTransport", "streamableHttp", "--logLevel", "info",
                "--cors", "--header", "X-A: 1", "--healthEndpoint", "/health", "--frobnicate") as running:
        assert running.port == port
        assert works(SseClient, port) and works(HttpClient, port)
        assert set(running.warnings) == {"--cors", "--header", "--frobnicate", "--port"}


def test_mcp_proxy_serves_a_program_at_its_usual_paths():
    with bridge("run", "--compat=mcp-proxy", "--port=0", "--pass-environment", "-e", "A", "1", "--", ECHO) as running:
        assert works(SseClient, running.port) and works(HttpClient, running.port)
        assert running.warnings == {}


def test_mcp_proxy_serves_programs_by_name_below_servers(tmp_path):
    config = written(tmp_path, {"mcpServers": {"one": {"command": ECHO}, "two": {"command": ECHO}, "off": {"command": ECHO, "disabled": True}}})
    with bridge("--compat", "mcp-proxy", "--port", 0, "--named-server-config", config) as running:
        for name in ("one", "two"):
            assert works(SseClient, running.port, f"/servers/{name}") and works(HttpClient, running.port, f"/servers/{name}")
            assert works(HttpClient, running.port, f"/{name}")


def test_a_server_with_a_name_is_below_servers_also_if_it_is_the_only_one():
    with bridge("--compat", "mcp-proxy", "--named-server", "echo", ECHO) as running:
        assert works(SseClient, running.port, "/servers/echo")


def test_a_link_of_its_name_is_the_program(link):
    command = ["--stdio", ECHO, "--port", free_port()] if link.name == "supergateway" else ["--port", 0, ECHO]
    with bridge(*command, program=link) as running:
        assert works(HttpClient, running.port)


def test_options_of_run_stand_before_it(tmp_path):
    token = written(tmp_path, "0123456789abcdef0123", "token.txt")
    with bridge("run", "--token-file", token, "--admin", "127.0.0.1:0", "--compat", "supergateway", "--stdio", ECHO, "--port", 0) as running:
        assert "--port" not in running.warnings
        with HttpClient(running.port, headers={"Authorization": "Bearer 0123456789abcdef0123"}) as client:
            client.initialize()


def test_stateful_streamable_http_gives_each_client_a_child():
    with bridge("--compat", "supergateway", "--stdio", ECHO, "--port", 0, "--outputTransport", "streamableHttp", "--stateful",
                "--sessionTimeout", "60000", until="gateway.start") as running:
        assert works(HttpClient, running.port) and works(HttpClient, running.port)


def test_the_version_is_ours(link):
    if link.name == "mcp-proxy":
        done = subprocess.run([link, "--version"], capture_output=True, text=True, timeout=TIMEOUT, check=True)
        assert done.stdout.startswith("mcp-gateway ")


@pytest.mark.parametrize(("command", "expected"), [
    (["--compat", "supergateway", "--sse", "https://mcp.example.com/sse"], "supergateway: --sse connects to a remote server"),
    (["--compat", "supergateway", "--stdio", "x", "--outputTransport", "stdio"], "supergateway: --outputTransport: expected sse or "),
    (["--compat", "supergateway"], "supergateway: expected --stdio \"COMMAND\", found none"),
    (["--compat", "supergateway", "--stdio", "x", "--port", "70000"], "supergateway: --port: expected a port in 0..65535, found '70000'"),
    (["--compat", "mcp-proxy", "http://localhost:8080/sse"], "mcp-proxy: 'http://localhost:8080/sse' is a remote server"),
    (["--compat", "mcpo"], "--compat: expected supergateway or mcp-proxy, found 'mcpo'"),
    (["check", "--compat", "supergateway"], "--compat belongs to run, found 'check'"),
    (["run", "--isolation", "session", "--compat", "supergateway", "--stdio", "x"], "run: --isolation is for a server behind --"),
])
def test_what_is_not_served_is_one_clear_error(command, expected):
    text = refused(*command)
    assert text.startswith(expected) and text.count("\n") == 1, text


def test_nobody_else_can_reach_it_unless_that_is_wanted():
    done = mcp_gateway("--compat", "mcp-proxy", "--host", "0.0.0.0", "--port", 0, ECHO)
    assert done.returncode == 1 and "would be reachable from other machines without authentication" in done.stderr
    with bridge("run", "--allow-unauthenticated", "--compat", "mcp-proxy", "--host", "0.0.0.0", "--port", 0, ECHO) as running:
        assert works(HttpClient, running.port)


def test_behind_two_dashes_it_is_a_word_of_the_server(tmp_path):
    done = mcp_gateway("check", "--", "--compat", "supergateway", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (2, "check: found a command behind --, '--compat', which only run takes\n")
