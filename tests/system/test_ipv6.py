"""Listeners on [::1]: every door, the Host check, the log and the command line."""
import subprocess

import pytest

from clients import JSON, HttpClient, SseClient, call
from gateway_under_test import GATEWAY as PROGRAM
from gateway_under_test import Gateway, echo
from wire import TIMEOUT, Connection

HERE = "::1"


@pytest.fixture(scope="module", params=[1, 2], ids=["one loop", "two loops"])
def gateway(request):
    """Main listener, admin listener and a service's own, on IPv6 alone."""
    running = Gateway({"echo": echo(), "own": echo(listen="[::1]:0")},
                      {"listen": "[::1]:0", "admin_listen": "[::1]:0", "allowed_hosts": ["mcp.example.com"], "loops": request.param})
    yield running
    running.stop()


def ask(port, path, host=None, body=None):
    connection = Connection(port, HERE)
    fields = {**JSON, **({"Host": host} if host else {})}
    connection.send_request("POST" if body else "GET", path, fields, body)
    response = connection.read_response()
    connection.close()
    return response


@pytest.mark.parametrize("service", ["echo", "own"])
@pytest.mark.parametrize("kind", [HttpClient, SseClient])
def test_a_client_of_either_transport_is_served(gateway, service, kind):
    with kind(gateway.port, "/" + service, host=HERE) as client:
        client.initialize()
        assert "over six" in client.text("echo", {"text": "over six"})


def test_a_service_is_served_at_the_root_of_its_own_listener(gateway):
    for kind in (HttpClient, SseClient):
        with kind(gateway.ports["own"], host=HERE) as client:
            client.initialize()
            assert "own" in client.text("echo", {"text": "own"})


def test_the_listeners_are_not_there_on_ipv4(gateway):
    for port in gateway.ports.values():
        with pytest.raises(ConnectionRefusedError):
            Connection(port)


def test_the_log_names_the_address(gateway):
    assert {event["address"] for event in gateway.events("listener.ready")} == {HERE}


@pytest.mark.parametrize(("host", "status"), [
    ("[::1]", 200), ("[::1]:8080", 200), ("[0:0:0:0:0:0:0:1]:1", 200), ("[fd00::7]:8080", 200), ("localhost:8080", 200),
    ("127.0.0.1", 200), ("mcp.example.com", 200), ("[::FFFF:127.0.0.1]", 200), ("mcp-echo", 200),
    ("evil.example.com", 403), ("evil.example.com:8080", 403),
    ("::1", 400), ("[::1", 400), ("[::1]evil.com", 400), ("[::1].evil.com", 400), ("[evil.com]", 400), ("[]", 400)])
def test_the_host_is_checked_as_elsewhere(gateway, host, status):
    assert ask(gateway.port, "/echo/health", host).status == status
    admin = ask(gateway.ports["admin"], "/livez", host)
    assert admin.status == status


def test_a_refused_host_is_refused_on_the_services_own_listener_too(gateway):
    body = b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{}}}'
    assert ask(gateway.ports["own"], "/mcp", "evil.example.com", body).status == 403
    assert ask(gateway.ports["own"], "/mcp", "[::1]", body).status == 200


def test_the_audit_of_an_access_names_the_address_of_the_client(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"listen": "[::1]:0", "log": {"audit": True}})
    with HttpClient(gateway.port, "/echo", host=HERE) as client:
        client.initialize()
        client.post(call("echo", {"text": "x"}))
    assert gateway.wait_for("audit.call")["remote"] == HERE


@pytest.mark.parametrize("arguments", [["health", "http://[::1]:{}/health"], ["status", "--url", "http://[::1]:{}"]])
def test_the_command_line_asks_over_ipv6(gateway, arguments):
    command = [PROGRAM, *(argument.format(gateway.ports["admin"]) for argument in arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert ended.returncode == 0, ended.stderr
    assert "echo" in ended.stdout


def test_a_port_that_is_taken_is_named_with_its_address(gateway):
    ended = subprocess.run([PROGRAM, "run", "--host", HERE, "--port", str(gateway.port), "--", "cat"], capture_output=True, text=True,
                           timeout=TIMEOUT)
    assert ended.returncode == 1
    assert "cannot listen on [::1]:%d: the port is taken by another program" % gateway.port in ended.stderr
