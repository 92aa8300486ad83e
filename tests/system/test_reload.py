"""Another configuration for a gateway that serves: what changes, and what nobody notices."""
import json
import os
import signal
import socket
import subprocess

import pytest

from certificates import tls_of_tests
from clients import HttpClient
from gateway_under_test import GATEWAY, echo
from wire import SECURE, Connection

TOKEN = "an-admin-token-of-tests"


def free_port():
    """A port that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def say(client, text="x"):
    return client.call("echo", {"text": text})["result"]["content"][0]["text"]


def reload_command(gateway, *options, token=TOKEN):
    return subprocess.run([GATEWAY, "reload", *options, str(gateway.ports["admin"])], capture_output=True, text=True,
                          timeout=60, env={**os.environ, "MCP_GATEWAY_ADMIN_TOKEN": token})


def post_reload(gateway, body=b"{}", token=TOKEN):
    connection = Connection(gateway.ports["admin"])
    connection.send_request("POST", "/api/reload", {"Authorization": "Bearer " + token}, body)
    response = connection.read_response()
    connection.close()
    return response


def session(gateway, service, **options):
    client = gateway.http(service, **options)
    client.initialize()
    return client


def test_a_service_that_stays_as_it_is_keeps_its_child_its_sessions_and_its_streams(start_gateway):
    gateway = start_gateway({"stays": echo(), "goes": echo()})
    sse, http = gateway.sse("stays"), session(gateway, "stays")
    sse.initialize()
    child = gateway.child_pid("stays")
    said = gateway.reload({"goes": None, "comes": echo()})
    assert (said["added"], said["removed"], said["by"]) == ("comes", "goes", "signal")
    gateway.wait_for("service.ready", server="comes")
    assert say(sse) == say(http) == say(gateway.http("comes")) == "x"
    assert gateway.child_pid("stays") == child
    assert gateway.http("goes").post({"jsonrpc": "2.0", "id": 1, "method": "ping"}).status == 404
    gateway.until(lambda: len(gateway.events("child.exit", server="goes")) == 1)


def test_sessions_of_a_shared_child_move_to_that_of_the_new_configuration(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"drain_timeout": "30s"})
    sse, http = gateway.sse("echo"), session(gateway, "echo")
    sse.initialize()
    before = gateway.child_pid("echo")
    said = gateway.reload({"echo": echo(args=["--anything"])})
    assert said["changed"] == "echo"
    gateway.wait_for("service.ready", 2, server="echo")
    gateway.wait_for("child.exit", server="echo", **{"child.pid": before})
    assert say(sse) == say(http) == "x"
    assert gateway.child_pid("echo") != before
    assert gateway.health("echo")["sessions"] == 2


def test_a_call_that_was_sent_is_answered_by_the_child_it_was_sent_to(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"drain_timeout": "60s"})
    client = session(gateway, "echo")
    slow = client.begin({"jsonrpc": "2.0", "id": 9, "method": "tools/call",
                         "params": {"name": "sleep", "arguments": {"ms": 3000}}})
    gateway.until(lambda: gateway.health("echo")["calls_in_flight"] == 1)
    gateway.reload({"echo": echo(args=["--anything"])})
    gateway.wait_for("service.ready", 2, server="echo")
    assert "result" in slow.read_response().json
    assert say(client) == "x"


@pytest.mark.parametrize("wrong, found", [
    ({"services": {"other": {"command": ""}}}, "mcpServers.other.command"),
    ({"config": {"limits": {"max_sessions": 0}}}, "gateway.limits.max_sessions"),
    ({"config": {"loops": 7}}, "gateway.loops"),
    ({"config": {"instance_id": "another"}}, "gateway.instance_id"),
    ({"config": {"listen": "0.0.0.0:0"}}, "without authentication"),
    ({"config": {"listen": "192.0.2.1:80", "auth": {"allow_unauthenticated": True}}}, "gateway.listen"),
    ({"config": {"tls": {"certificate": "/nowhere.pem", "key": "/nowhere.key"}}}, "gateway.tls.certificate"),
])
def test_what_is_wrong_is_told_to_whoever_asked_and_nothing_changes(start_gateway, wrong, found):
    gateway = start_gateway({"echo": echo()}, {"admin_token": TOKEN})
    sse = gateway.sse("echo")
    sse.initialize()
    child = gateway.child_pid("echo")
    gateway.change(**wrong)
    asked = reload_command(gateway)
    assert asked.returncode == 1 and "nothing was changed" in asked.stderr and found in asked.stderr, asked
    answered = post_reload(gateway)
    assert answered.status == 422 and answered.json["result"] == "refused", answered
    gateway.process.send_signal(signal.SIGHUP)
    assert found in gateway.wait_for("config.reload", by="signal")["err.msg"]
    assert gateway.metric("mcp_gateway_config_reloads_total", result="refused") == 3
    assert gateway.metric("mcp_gateway_config_last_reload_successful") == 0
    assert say(sse) == "x" and gateway.child_pid("echo") == child


def test_half_a_file_and_none_are_refused_and_the_next_good_one_is_taken(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"admin_token": TOKEN})
    whole = gateway.path.read_text()
    gateway.path.write_text(whole[:len(whole) // 2])
    assert "line 1" in reload_command(gateway).stderr
    gateway.path.unlink()
    assert "it is not there" in reload_command(gateway).stderr
    gateway.reload({"another": echo()})
    assert gateway.metric("mcp_gateway_config_last_reload_successful") == 1
    assert say(gateway.http("another")) == "x"


def test_a_dry_run_says_what_would_change_and_changes_nothing(start_gateway):
    gateway = start_gateway({"a": echo(), "b": echo()}, {"admin_token": TOKEN, "log": {"audit": True}})
    gateway.change({"a": echo(args=["--x"]), "b": None, "c": echo()}, {"log": {"audit": True, "level": "debug"}})
    asked = reload_command(gateway, "--dry-run")
    assert asked.returncode == 0, asked
    assert asked.stdout.splitlines() == ["would be changed by a reload:", "  - service b", "  + service c",
                                         "  ~ service a: args", "  ~ gateway.log.level"]
    planned = json.loads(reload_command(gateway, "--dry-run", "--json").stdout)
    assert planned == {"result": "planned", "added": ["c"], "removed": ["b"], "settings": ["gateway.log.level"],
                       "changed": [{"name": "a", "fields": ["args"]}], "errors": []}
    assert set(gateway.health()["servers"]) == {"a", "b"}
    assert gateway.metric("mcp_gateway_config_reloads_total") == 0
    assert gateway.wait_for("audit.admin", action="reload_dry_run")["result"] == "planned"
    assert reload_command(gateway).stdout.startswith("reloaded:\n")
    assert reload_command(gateway).stdout == "nothing has changed\n"
    assert set(gateway.health()["servers"]) == {"a", "c"}


def test_only_the_holder_of_the_admin_token_may_ask_for_it(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"admin_token": TOKEN})
    gateway.change({"another": echo()})
    assert post_reload(gateway, token="wrong").status == 401
    asked = reload_command(gateway, token="wrong")
    assert (asked.returncode, asked.stdout) == (2, "") and "not the admin token" in asked.stderr
    assert "MCP_GATEWAY_ADMIN_TOKEN" in reload_command(gateway, token="").stderr
    assert post_reload(gateway, b'{"dry_run": 1}').status == 400
    assert not gateway.events("config.reload")


def test_tokens_policies_and_quotas_hold_from_the_next_request_on(start_gateway):
    tokens = [{"name": "alice", "token": "alice-token"}]
    gateway = start_gateway({"echo": echo()}, {"auth": {"tokens": tokens}})
    alice = gateway.http("echo", headers={"Authorization": "Bearer alice-token"})
    alice.initialize()
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    gateway.reload(config={"quotas": [{"calls": 1, "per": "1h"}]})
    assert say(alice) == "x"
    assert "error" in alice.call("echo", {"text": "x"})
    gateway.reload(config={"quotas": None, "policy": {"default": "deny"}})
    assert alice.post(ping).status == 403
    gateway.reload(config={"policy": None, "auth": {"tokens": [{"name": "bob", "token": "bob-token"}]}})
    assert alice.post(ping).status == 401
    assert say(gateway.http("echo", headers={"Authorization": "Bearer bob-token"})) == "x"


def test_listeners_move_while_connections_and_sessions_stay(start_gateway):
    gateway = start_gateway({"echo": echo(), "own": echo(listen="127.0.0.1:0")})
    sse = gateway.sse("echo")
    sse.initialize()
    kept = Connection(gateway.port)
    before = dict(gateway.ports)
    gateway.reload({"own": echo(listen="127.0.0.1:%d" % free_port())}, {"listen": "127.0.0.1:%d" % free_port()})
    assert {name for name in before if gateway.ports[name] != before[name]} == {"main", "own"}
    kept.send_request("GET", "/echo/health")
    assert kept.read_response().status == 200
    for old in (before["main"], before["own"]):
        with pytest.raises(ConnectionRefusedError):
            Connection(old).send_request("GET", "/")
    assert say(gateway.http("echo")) == say(HttpClient(gateway.ports["own"])) == say(sse) == "x"


def test_the_same_port_can_be_opened_to_all_addresses(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"auth": {"tokens": [{"name": "a", "token": "a-token"}]}})
    port = gateway.port
    gateway.reload(config={"listen": "0.0.0.0:%d" % port})
    gateway.reload(config={"listen": "127.0.0.1:%d" % port})
    assert say(gateway.http("echo", headers={"Authorization": "Bearer a-token"})) == "x"


def test_a_listener_gets_tls_and_loses_it(start_gateway):
    gateway = start_gateway({"own": echo(listen="127.0.0.1:0")})
    port, child = gateway.ports["own"], gateway.child_pid("own")
    plain = Connection(port)
    tls, context = tls_of_tests()
    gateway.reload({"own": echo(listen="127.0.0.1:0", tls=tls)})
    plain.send_request("GET", "/health")
    assert plain.read_response().status == 200
    SECURE[port] = context
    assert say(HttpClient(port)) == "x"
    SECURE.pop(port)
    gateway.reload({"own": echo(listen="127.0.0.1:0")})
    assert say(HttpClient(port)) == "x"
    assert gateway.child_pid("own") == child


def test_a_changed_file_is_read_again_where_that_is_wanted(start_gateway, tmp_path):
    (tmp_path / "token").write_text("first-token")
    gateway = start_gateway({"echo": echo()}, {"reload_on_change": True})
    gateway.change({"another": echo()})
    assert gateway.wait_for("config.reload")["by"] == "file"
    gateway.change(config={"auth": {"tokens": [{"name": "a", "token": "${file:%s}" % (tmp_path / "token")}]}})
    gateway.wait_for("config.reload", 2)
    (tmp_path / "token").write_text("second-token")
    assert gateway.wait_for("config.reload", 3)["settings"] == "gateway.auth.tokens"
    assert say(gateway.http("echo", headers={"Authorization": "Bearer second-token"})) == "x"


def test_what_is_missing_is_looked_for_again(start_gateway, tmp_path):
    needed = tmp_path / "needed"
    gateway = start_gateway({"echo": echo(needs=[{"file": str(needed)}])}, wait_for=[])
    assert gateway.health("echo")["state"] == "unavailable"
    needed.write_text("")
    gateway.reload()
    gateway.wait_for("service.ready", server="echo")
    assert say(gateway.http("echo")) == "x"
    gateway.until(lambda: gateway.metric("mcp_child_state", server="echo", state="unavailable") == 0)


def test_a_removed_service_is_not_in_the_metrics_and_comes_back_with_its_counts(start_gateway):
    gateway = start_gateway({"stays": echo(), "goes": echo()})
    assert say(gateway.http("goes")) == "x"
    calls = gateway.metric("mcp_server_requests_total", server="goes", method="tools/call")
    assert calls == 1
    gateway.reload({"goes": None})
    assert 'server="goes"' not in gateway.metrics()
    gateway.reload({"goes": echo()})
    gateway.wait_for("service.ready", 2, server="goes")
    assert say(gateway.http("goes")) == "x"
    assert gateway.metric("mcp_server_requests_total", server="goes", method="tools/call") == 2


def test_the_log_level_of_the_file_holds_when_it_was_changed(start_gateway):
    gateway = start_gateway({"echo": echo()})
    gateway.reload(config={"log": {"level": "debug"}})
    session(gateway, "echo")
    gateway.wait_for("session.open")


def test_an_operator_renews_children_without_a_failed_call(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"admin_token": TOKEN, "drain_timeout": "60s"})
    client, before = session(gateway, "echo"), gateway.child_pid("echo")
    connection = Connection(gateway.ports["admin"])
    connection.send_request("POST", "/api/services/echo/renew", {"Authorization": "Bearer " + TOKEN}, b"{}")
    assert connection.read_response().json == {"renewing": True, "sessions": 1}
    connection.close()
    assert say(client) == "x"
    gateway.wait_for("child.exit", server="echo", **{"child.pid": before})
    assert say(client) == "x"
    assert gateway.wait_for("service.former_ended", server="echo")["moved"] == 1


def test_without_a_file_there_is_nothing_to_reload():
    gateway = subprocess.Popen([GATEWAY, "run", "--port", "0", "--log-format", "json", "--", *[echo()["command"]]],
                               stderr=subprocess.PIPE, text=True)
    for line in gateway.stderr:
        if '"service.ready"' in line:
            gateway.send_signal(signal.SIGHUP)
        if '"config.reload"' in line:
            assert "without a configuration file" in line
            gateway.send_signal(signal.SIGTERM)
    assert gateway.wait(30) == 0
    gateway.stderr.close()


def test_a_reload_while_the_gateway_stops_changes_nothing(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"drain_timeout": "60s", "admin_token": TOKEN})
    client = session(gateway, "echo")
    slow = client.begin({"jsonrpc": "2.0", "id": 9, "method": "tools/call",
                         "params": {"name": "sleep", "arguments": {"ms": 2000}}})
    gateway.until(lambda: gateway.health("echo")["calls_in_flight"] == 1)
    gateway.process.send_signal(signal.SIGTERM)
    gateway.wait_for("gateway.drain")
    gateway.change({"another": echo()})
    assert post_reload(gateway).status == 503
    assert "result" in slow.read_response().json
