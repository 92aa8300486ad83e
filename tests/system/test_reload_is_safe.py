"""What a reload must not do: leave somebody in, give a secret away, hang, or take what it cannot give."""
import os
import signal
import socket

import pytest

from certificates import SERVER_NAMES, Authority
from clients import as_bytes, call, message
from gateway_under_test import chaos, echo
from wire import Connection

PING = message("ping", id=1)


def post(connection, posted=PING, path="/echo/mcp", headers=()):
    connection.send_request("POST", path, {"Content-Type": "application/json",
                                           "Accept": "application/json, text/event-stream", **dict(headers)}, as_bytes(posted))
    return connection.read_response()


def bearer(token):
    return {"Authorization": "Bearer " + token}


def tokens(*names):
    return {"tokens": [{"name": name, "token": name + "-token-1"} for name in names]}


@pytest.fixture
def authorities(tmp_path):
    """Of servers, of people, and of others."""
    return [Authority(tmp_path / name, name) for name in ("servers", "people", "others")]


def demanding(server, authority, **more):
    return {**server.config, "client_auth": "required", "client_ca": str(authority.certificate), **more}


def is_refused(connection, **options):
    """Whether a request is not served: a closed connection is as good as a refusal."""
    try:
        return post(connection, **options).status in (401, 403)
    except (AssertionError, OSError):
        return True


def test_a_connection_without_a_certificate_is_nobody_once_one_is_required(start_gateway, authorities):
    servers, people, _ = authorities
    server = servers.issue(names=SERVER_NAMES)
    gateway = start_gateway({"echo": echo()}, {"tls": server.config, "auth": tokens("a")}, wait_for=[])
    used, silent = (Connection(gateway.port, context=servers.client()) for _ in range(2))
    assert post(used).status == 401
    gateway.reload(config={"auth": None, "tls": demanding(server, people)})
    assert is_refused(used) and is_refused(silent)
    alice = Connection(gateway.port, context=servers.client(people.issue("alice")))
    assert post(alice).status == 200


def test_a_plain_connection_is_nobody_once_its_listener_requires_certificates(start_gateway, authorities):
    servers, people, _ = authorities
    gateway = start_gateway({"echo": echo(listen="127.0.0.1:0")}, {"auth": tokens("a")}, wait_for=[])
    plain = Connection(gateway.ports["echo"])
    assert post(plain, path="/mcp").status == 401
    gateway.reload({"echo": echo(listen="127.0.0.1:0", tls=demanding(servers.issue(names=SERVER_NAMES), people))}, {"auth": None})
    assert is_refused(plain, path="/mcp")


def test_a_certificate_of_one_authority_is_none_of_the_next(start_gateway, authorities):
    servers, people, others = authorities
    server = servers.issue(names=SERVER_NAMES)
    gateway = start_gateway({"echo": echo()}, {"tls": demanding(server, people, client_prefix="p"),
                                               "log": {"audit": True}}, wait_for=["echo"])
    alice = Connection(gateway.port, context=servers.client(people.issue("alice")))
    assert post(alice, call("echo", {"text": "x"}, id=1)).status == 200
    gateway.reload(config={"tls": demanding(server, others, client_prefix="q")})
    assert is_refused(alice)
    assert [event["principal"] for event in gateway.events("audit.call")] == ["p:alice"]


def test_the_sessions_of_a_token_that_is_gone_end(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"auth": tokens("alice", "bob")})
    alice, bob = (gateway.sse("echo", headers=bearer(name + "-token-1")) for name in ("alice", "bob"))
    alice.initialize(), bob.initialize()
    gateway.reload(config={"auth": tokens("bob")})
    alice.stream.rest()  # it ends
    assert bob.call("echo", {"text": "x"})["result"]
    gateway.reload(config={"auth": {"tokens": [{"name": "bob", "token": "another-token-of-bob"}]}})
    assert gateway.health("echo")["sessions"] == 1


def test_nobody_stays_once_tokens_are_asked_for(start_gateway):
    gateway = start_gateway({"echo": echo()})
    sse = gateway.sse("echo")
    sse.initialize()
    gateway.reload(config={"auth": tokens("alice")})
    sse.stream.rest()  # it ends
    assert gateway.health("echo")["sessions"] == 0


def test_secrets_of_a_new_configuration_do_not_show_in_what_children_log(start_gateway):
    first, second, third = "first-secret-1234", "second-secret-5678", "third-token-9012"
    gateway = start_gateway({"changed": chaos(env={"KEY": first}), "same": chaos()})
    gateway.reload({"changed": chaos(env={"KEY": second})}, {"auth": {"tokens": [{"name": "a", "token": third}]}})
    gateway.wait_for("service.ready", 2, server="changed")
    for service in ("changed", "same"):
        client = gateway.http(service, headers=bearer(third))
        client.initialize()
        client.call("stderr", {"text": "%s %s %s end" % (first, second, third)})
        gateway.wait_for("child.stderr", server=service, line="*** *** *** end")
    said = repr(gateway.log.events)
    assert not any(secret in said for secret in (first, second, third))


def test_a_configuration_that_is_a_pipe_is_refused_and_not_waited_for(start_gateway, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    gateway = start_gateway({"echo": echo()})
    gateway.path.unlink()
    gateway.path.symlink_to(tmp_path / "pipe")
    gateway.process.send_signal(signal.SIGHUP)
    assert "expected a file" in gateway.wait_for("config.reload")["err.msg"]
    assert gateway.http("echo").call("echo", {"text": "x"})["result"]


def test_a_value_from_a_pipe_makes_its_service_unavailable_and_is_not_waited_for(start_gateway, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    gateway = start_gateway({"echo": echo()})
    gateway.reload({"another": echo(env={"VALUE": "${file:%s}" % (tmp_path / "pipe")})})
    assert "expected a file" in gateway.health("another")["reason"]
    assert gateway.http("echo").call("echo", {"text": "x"})["result"]


def test_a_port_that_the_system_chose_for_one_listener_is_not_given_to_another(start_gateway):
    gateway = start_gateway({"echo": echo()})
    taken = "127.0.0.1:%d" % gateway.ports["admin"]
    said = gateway.reload({"echo": echo(listen=taken)}, result="refused")
    assert "mcpServers.echo.listen" in said["err.msg"]
    gateway.reload({"echo": echo()}, result="unchanged")


def test_more_services_than_there_are_descriptors_for_are_refused(start_gateway):
    gateway = start_gateway({"echo": echo()}, descriptors=160)
    said = gateway.reload({"more-%d" % number: echo() for number in range(60)}, result="refused")
    assert "160" in said["err.msg"], said
    assert len(gateway.health()["servers"]) == 1


def test_a_refused_configuration_leaves_nothing_in_the_metrics(start_gateway):
    gateway = start_gateway({"echo": echo()})
    with socket.create_server(("127.0.0.1", 0)) as server:
        said = gateway.reload({"fresh": echo(listen="127.0.0.1:%d" % server.getsockname()[1])}, result="refused")
    assert "taken by another program" in said["err.msg"]
    assert 'server="fresh"' not in gateway.metrics()
    gateway.reload({"fresh": echo()})
    assert 'server="fresh"' in gateway.metrics()


def test_a_child_that_works_is_not_given_up_for_one_that_never_starts(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"drain_timeout": "0ms"})
    client = gateway.http("echo")
    client.initialize()
    child = gateway.child_pid("echo")
    gateway.reload({"echo": chaos("--exit-at-start", "1")})
    gateway.wait_for("child.backoff", 3, server="echo")
    assert client.call("echo", {"text": "x"})["result"]
    gateway.reload({"echo": echo()})
    gateway.wait_for("child.exit", server="echo", **{"child.pid": child})
    assert client.call("echo", {"text": "x"})["result"]


def test_what_is_not_looked_at_any_more_does_not_show_as_it_was_found_last(start_gateway):
    gateway = start_gateway({"echo": echo(expected_tools=["nothing"], probe={"tool": "nothing", "interval": "100ms"},
                                          circuit_breaker={"consecutive_failures": 1, "wait_duration": "1h",
                                                           "failures": ["rpc_error", "tool_error"]})})
    gauges = {"mcp_child_probe_up": (0, 1), "mcp_child_tools_missing": (1, 0)}
    for name, (before, _) in gauges.items():
        gateway.until(lambda n=name, b=before: gateway.metric(n, server="echo") == b, what=name)
    gateway.reload({"echo": echo()})
    gateway.wait_for("service.former_ended", server="echo")
    for name, (_, after) in gauges.items():
        gateway.until(lambda n=name, a=after: gateway.metric(n, server="echo") == a, what=name)
    assert gateway.metric("mcp_circuit_state", server="echo") == 0


def test_health_counts_calls_of_former_children_too(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"drain_timeout": "120s"})
    client = gateway.http("echo")
    client.initialize()
    slow = client.begin(call("sleep", {"ms": 3000}, id=7))
    gateway.until(lambda: gateway.health("echo")["calls_in_flight"] == 1)
    gateway.reload({"echo": echo(args=["--x"])})
    assert gateway.health("echo")["calls_in_flight"] == 1
    assert "result" in slow.read_response().json
