"""`url` in mcpServers: a remote server as a service like any other."""
import json
import os
import subprocess
from pathlib import Path

import pytest

from gateway_under_test import GATEWAY, chaos, echo
from scripted_server import ScriptedServer, initialized
from waiting import free_port
from wire import TIMEOUT


@pytest.fixture
def serve():
    opened = []

    def start(script, **options):
        opened.append(ScriptedServer(script, **options))
        return opened[-1]

    yield start
    for server in opened:
        server.close()


def scripted(call=lambda r: r.result({"content": [{"type": "text", "text": "hi"}]}), tools=("hello",)):
    def script(request):
        if request.method != "POST":
            return request.status(405 if request.method == "GET" else 200)
        if request.rpc == "server/discover":
            return request.status(400, "Bad Request: No valid session ID provided")
        if request.rpc == "initialize":
            return request.result(initialized(request), session="s1")
        if request.rpc == "tools/list":
            return request.result({"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in tools]})
        if request.id is None or request.rpc is None:
            return request.accepted()
        return call(request)
    return script


def address(gateway, path):
    return "http://127.0.0.1:%d%s" % (gateway.port, path)


def commands_below(pid):
    """The command lines and environments of the descendants of a process."""
    found = []
    for child in Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split():
        found.append(Path("/proc", child, "cmdline").read_bytes().replace(b"\0", b" ").decode())
        found += commands_below(int(child))
    return found


# --- our own gateway behind our own gateway


@pytest.fixture(scope="module")
def chain():
    from gateway_under_test import Gateway
    behind = Gateway({"echo": echo(), "chaos": chaos(), "private": chaos(isolation="session")})
    before = Gateway({"echo": {"url": address(behind, "/echo/mcp")},
                      "by-sse": {"url": address(behind, "/echo/sse"), "type": "sse"},
                      "old-era": {"url": address(behind, "/echo/mcp"), "era": "legacy"},
                      "private": {"url": address(behind, "/private/mcp"), "isolation": "session"}})
    yield before
    before.stop()
    behind.stop()


@pytest.mark.parametrize("service", ["echo", "by-sse", "old-era"])
def test_a_service_behind_another_gateway_is_called_by_every_transport(chain, service):
    client = chain.http(service)
    client.initialize()
    assert client.text("echo", {"text": "through two"}) == "through two"
    client.close()
    legacy = chain.sse(service)
    legacy.initialize()
    assert legacy.text("echo", {"text": "by events"}) == "by events"
    legacy.close()


# --- what others see of it


def test_secrets_are_in_no_list_of_processes_and_in_no_log(serve, start_gateway):
    server = serve(scripted())
    gateway = start_gateway({"remote": {"url": server.url + "?key=in-the-query-1234",
                                        "headers": {"Authorization": "Bearer ${REMOTE_TOKEN}", "X-Plain": "literal-secret"}}},
                            env={"REMOTE_TOKEN": "the-token-nobody-sees"})
    seen = server.wait(lambda r: r.rpc == "initialize")
    assert seen.headers["authorization"] == "Bearer the-token-nobody-sees" and seen.headers["x-plain"] == "literal-secret"
    assert seen.path == "/mcp?key=in-the-query-1234"
    commands = [line for line in commands_below(gateway.process.pid) if " connect " in line]
    assert commands, commands_below(gateway.process.pid)
    for secret in ("nobody-sees", "literal-secret", "in-the-query"):
        assert secret not in "".join(commands)
        assert secret not in json.dumps(gateway.log.events)


def test_a_server_that_is_down_says_so_in_health_and_comes_back_by_itself(serve, start_gateway):
    port = free_port()
    gateway = start_gateway({"remote": {"url": "http://127.0.0.1:%d/mcp" % port,
                                        "restart": {"backoff_initial": "50ms", "backoff_max": "100ms", "max_restarts": 1000}}},
                            wait_for=[])
    reason = gateway.until(lambda: (service := gateway.health("remote"))["state"] == "backoff" and service["reason"])
    assert "Connection refused" in reason
    serve(scripted(), port=port)
    gateway.wait_for("service.ready", server="remote")
    client = gateway.http("remote")
    client.initialize()
    assert client.text("hello") == "hi"


def test_the_circuit_breaker_opens_when_the_server_goes_away(serve, start_gateway):
    server = serve(scripted(call=lambda r: r.status(503, "down for a while")))
    gateway = start_gateway({"remote": {"url": server.url, "circuit_breaker": {"consecutive_failures": 2, "wait_duration": "1h"}}})
    client = gateway.http("remote")
    client.initialize()
    for _ in range(2):
        error = client.request("tools/call", {"name": "hello"})["error"]
        assert "503 Service Unavailable: down for a while" in error["message"]
    gateway.wait_for("circuit.open", server="remote")


def test_a_cut_connection_costs_one_call_and_no_more(serve, start_gateway):
    server = serve(scripted(call=lambda r: r.cut() if r.message["params"]["name"] == "cut" else r.result({"content": []}), tools=("cut", "fine")))
    gateway = start_gateway({"remote": {"url": server.url}})
    client = gateway.http("remote")
    client.initialize()
    assert "unknown whether" in client.request("tools/call", {"name": "cut"})["error"]["message"]
    assert client.call("fine")["result"] == {"content": []}
    assert len([r for r in server.posts("tools/call") if r.message["params"]["name"] == "cut"]) == 1


# --- the commands


def said_by(*words, env=None):
    return subprocess.run([GATEWAY, *map(str, words)], capture_output=True, text=True, timeout=TIMEOUT, stdin=subprocess.DEVNULL,
                          env={**os.environ, **(env or {})}, check=False)


def test_check_connect_and_list_know_remote_servers(serve, tmp_path):
    server = serve(scripted())
    file = tmp_path / "gateway.json"
    file.write_text(json.dumps({"mcpServers": {"there": {"url": server.url}}}))
    checked = said_by("check", file, "--connect")
    assert checked.returncode == 0 and "1 tool" in checked.stdout, checked
    listed = said_by("list", file)
    assert server.url in listed.stdout, listed
    server.close()
    file.write_text(json.dumps({"mcpServers": {"gone": {"url": "http://127.0.0.1:%d/mcp" % free_port()}}}))
    checked = said_by("check", file, "--connect")
    assert checked.returncode == 1 and "Connection refused" in checked.stdout, checked


@pytest.mark.parametrize("entry, text", [
    ({"url": "ftp://x"}, "expected a URL such as"),
    ({"url": "https://x/mcp", "type": "ws"}, "it is of the type 'ws'"),
    ({"type": "http"}, "has no url"),
    ({"url": "https://x/mcp", "ca": "relative.pem"}, "expected \"\" or an absolute path"),
    ({"url": "https://x/mcp", "headers": {"A": 1}}, "expected a text without line ends"),
])
def test_a_wrong_entry_is_said(entry, text, tmp_path):
    file = tmp_path / "gateway.json"
    file.write_text(json.dumps({"mcpServers": {"x": entry}}))
    checked = said_by("check", file)
    assert checked.returncode != 0 and text in checked.stdout + checked.stderr, checked


@pytest.mark.parametrize("entry, ours", [
    ({"type": "http", "url": "https://a/mcp", "headers": {"A": "${B}"}}, {"url": "https://a/mcp", "transport": "http", "headers": {"A": "${B}"}}),
    ({"serverUrl": "https://a/mcp"}, {"url": "https://a/mcp"}),
    ({"httpUrl": "https://a/mcp"}, {"url": "https://a/mcp", "transport": "http"}),
    ({"type": "streamable-http", "url": "https://a/mcp"}, {"url": "https://a/mcp", "transport": "http"}),
    ({"transportType": "sse", "url": "https://a/sse"}, {"url": "https://a/sse", "transport": "sse"}),
    ({"url": "https://a/mcp", "auth_type": "bearer_token", "auth_value": "${T}"},
     {"url": "https://a/mcp", "headers": {"Authorization": "Bearer ${T}"}}),
])
def test_import_takes_over_remote_servers(entry, ours, tmp_path):
    file = tmp_path / "theirs.json"
    file.write_text(json.dumps({"mcpServers": {"x": entry}}))
    imported = said_by("import", file)
    assert json.loads(imported.stdout)["mcpServers"]["x"] == ours, imported
