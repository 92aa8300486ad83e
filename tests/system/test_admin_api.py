"""The admin API: who may act, what each action does and what it leaves alone, on one loop and on two."""
import json
import sys

import pytest

from clients import call
from gateway_under_test import ROOT, chaos, echo
from wire import TIMEOUT, Connection

TOKEN = "an-admin-token-of-a-test"
SIGNED = {"Authorization": "Bearer " + TOKEN}
HOSTILE = str(ROOT / "tests" / "children" / "hostile.py")


def hostile():
    return {"command": sys.executable, "args": ["-I", "-S", HOSTILE]}


@pytest.fixture(params=[1, 2], ids=["one loop", "two loops"])
def running(request, start_gateway):
    """Two services: with two loops the second is on another than the admin listener."""
    return start_gateway({"first": chaos(), "second": chaos()}, {"admin_token": TOKEN, "loops": request.param})


def ask(gateway, method, path, headers=(), body=None):
    connection = Connection(gateway.ports["admin"])
    try:
        connection.send_request(method, path, headers, body)
        return connection.read_response()
    finally:
        connection.close()


def post(gateway, path, body=None, headers=SIGNED):
    return ask(gateway, "POST", path, headers, None if body is None else json.dumps(body).encode())


def status(gateway):
    return ask(gateway, "GET", "/api/status").json


# --- who may act


@pytest.mark.parametrize("path", ["/api/services/second/" + action for action in ("restart", "renew", "drain", "undrain", "call")]
                         + ["/api/log-level"])
def test_nothing_is_changed_without_the_admin_token(running, path):
    for headers, why in [({}, "the admin token is needed"), ({"Authorization": "Bearer wrong"}, "this is not the admin token"),
                         ({"Authorization": "Basic " + TOKEN}, "the admin token is needed"),
                         ({"Authorization": "Bearer " + TOKEN[:-1]}, "this is not the admin token")]:
        refused = post(running, path, {"tool": "echo", "level": "debug"}, headers)
        assert (refused.status, refused.json["error"]) == (401, why)
        assert refused["www-authenticate"].startswith("Bearer")
    denied = running.wait_for("auth.denied", count=4)
    assert denied["listener"] == "admin"
    assert running.metric("mcp_gateway_auth_failures_total") == 4
    assert running.events("child.exit") == [] and running.events("admin.action") == []
    assert running.health()["status"] == "HEALTHY"


def test_nobody_may_act_where_no_token_is_configured(start_gateway):
    gateway = start_gateway({"first": echo()})
    for headers in ({}, SIGNED, {"Authorization": "Bearer "}):
        refused = post(gateway, "/api/services/first/restart", {}, headers)
        assert refused.status == 403 and "no gateway.admin_token is configured" in refused.json["error"]
    assert status(gateway)["actions"] is False


def test_the_token_of_clients_is_not_the_operators(start_gateway):
    gateway = start_gateway({"first": echo()}, {"admin_token": TOKEN, "auth": {
        "tokens": [{"name": "client", "token": "a-token-of-a-client"}]}})
    assert post(gateway, "/api/log-level", {"level": "debug"}, {"Authorization": "Bearer a-token-of-a-client"}).status == 401
    connection = Connection(gateway.port)
    connection.send_request("GET", "/first/sse", SIGNED)
    assert connection.read_response().status == 401
    connection.close()


@pytest.mark.parametrize("host", ["evil.example", "mcp.evil.example:9090", "127.0.0.1.evil.example", "localhost.evil.example"])
def test_a_host_that_is_not_ours_sees_nothing(running, host):
    for path in ("/", "/api/status", "/api/events", "/metrics", "/health"):
        assert ask(running, "GET", path, {"Host": host}).status == 403
    assert post(running, "/api/services/first/restart", {}, {**SIGNED, "Host": host}).status == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]:9090", "10.1.2.3:9090", "localhost:9090", "gateway:9090", "mcp-first:9090",
                                  "MCP-Gateway", "status.example.com"])
def test_the_names_scrapers_and_people_use_are_served(start_gateway, host):
    gateway = start_gateway({"first": echo()}, {"allowed_hosts": ["status.example.com"]})
    assert ask(gateway, "GET", "/metrics", {"Host": host}).status == 200


def test_every_answer_says_what_a_browser_may_do_with_it(running):
    for path in ("/", "/health", "/api/status", "/api/log", "/nowhere"):
        answer = ask(running, "GET", path)
        assert answer["x-content-type-options"] == "nosniff"
        assert answer["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer["content-security-policy"]
        assert "default-src 'none'" in answer["content-security-policy"]
    assert "unsafe" not in ask(running, "GET", "/")["content-security-policy"]


@pytest.mark.parametrize("method, path, expected", [
    ("GET", "/api/log-level", 405), ("POST", "/api/status", 405), ("POST", "/", 405), ("DELETE", "/api/log", 405),
    ("HEAD", "/api/events", 405),
    ("GET", "/api/services/first/restart", 405), ("POST", "/api/services/none/restart", 404), ("POST", "/api/none", 404),
    ("GET", "/api/services/none/tools", 404), ("GET", "/api/services/first", 404), ("GET", "/api/services//tools", 404),
    ("GET", "/api/log?service=none", 404)])
def test_what_does_not_exist_is_told(running, method, path, expected):
    assert ask(running, method, path, SIGNED).status == expected


@pytest.mark.parametrize("body", [b"{", b"[]", b"nonsense", b'"x"', b"{}{}", b"[" * 10000])
def test_a_body_that_is_no_object_is_refused(running, body):
    assert ask(running, "POST", "/api/services/first/restart", SIGNED, body).status == 400
    assert running.events("child.exit") == []


# --- restart


@pytest.mark.parametrize("service", ["first", "second"])
def test_a_restart_gives_open_calls_one_answer_each_and_keeps_the_session(running, service):
    other = "second" if service == "first" else "first"
    client = running.sse(service)
    client.initialize()
    pid, other_pid = running.child_pid(service), running.child_pid(other)
    client.post(call("hang", {}, "open"))
    running.until(lambda: running.health(service)["calls_in_flight"] == 1)

    assert post(running, "/api/services/%s/restart" % service, {}).json == {"restarted": 1}
    failed = client.stream.answer("open")
    assert "a new run of it is started" in failed["error"]["message"]
    running.wait_for("service.ready", count=2, server=service)
    assert client.text("echo", {}) == "{}"
    assert running.child_pid(service) != pid and running.child_pid(other) == other_pid
    running.until(lambda: running.metric("mcp_child_restarts_total", server=service, reason="admin") == 1)
    assert running.metric("mcp_child_restarts_total", server=service) == 1


def test_one_child_of_several_can_be_restarted(start_gateway):
    gateway = start_gateway({"first": chaos(replicas=2)}, {"admin_token": TOKEN}, wait_for=[])
    gateway.wait_for("service.ready", count=2, server="first")
    pids = [child["pid"] for child in gateway.health("first")["replicas"]]
    assert post(gateway, "/api/services/first/restart", {"pid": pids[0]}).json == {"restarted": 1}
    assert gateway.wait_for("child.exit", server="first")["child.pid"] == pids[0]
    gateway.wait_for("service.ready", count=3, server="first")
    assert pids[1] in [child["pid"] for child in gateway.health("first")["replicas"]]

    refused = post(gateway, "/api/services/first/restart", {"pid": 1})
    assert (refused.status, refused.json["error"]) == (503, "'first' has no child 1")


def test_a_restart_ends_the_rest_of_a_crash_loop(start_gateway, tmp_path):
    gateway = start_gateway({"first": chaos("--exit-at-start", "3", restart={"max_restarts": 0, "crash_loop_pause": "1h"})},
                            {"admin_token": TOKEN}, wait_for=[])
    gateway.wait_for("child.crash_loop", server="first")
    assert post(gateway, "/api/services/first/restart", {}).json == {"restarted": 1}
    gateway.wait_for("child.crash_loop", count=2, server="first")


# --- drain


@pytest.mark.parametrize("service", ["first", "second"])
def test_a_drained_service_refuses_new_sessions_and_serves_open_ones(running, service):
    client = running.sse(service)
    client.initialize()
    assert post(running, "/api/services/%s/drain" % service, {}).json == {"draining": True, "sessions": 1, "calls": 0}

    refused = running.http(service).post(call("echo"))
    assert refused.status == 503
    assert refused.json["error"]["message"] == "the server '%s' takes no new sessions now" % service
    assert refused.json["error"]["data"] == {"reason": "no_session", "retryable": True}
    assert client.text("echo", {}) == "{}"
    health = running.health(service)
    assert (health["status"], health["state"]) == ("DRAINING", "ready")
    assert health["reason"].startswith("drained by an operator")
    assert running.health()["status"] == "DEGRADED"

    assert post(running, "/api/services/%s/undrain" % service, {}).json["draining"] is False
    assert running.health()["status"] == "HEALTHY"
    with running.http(service) as after:
        after.initialize()


# --- tools


@pytest.mark.parametrize("service", ["first", "second"])
def test_the_tools_are_told_with_their_schemas(running, service):
    running.wait_for("service.tools", server=service)
    tools = ask(running, "GET", "/api/services/%s/tools" % service).json["tools"]
    assert "echo" in [tool["name"] for tool in tools]
    assert all("inputSchema" in tool for tool in tools)


@pytest.mark.parametrize("service", ["first", "second"])
def test_a_tool_can_be_tried_and_that_is_no_traffic_of_a_client(running, service):
    tried = post(running, "/api/services/%s/call" % service, {"tool": "echo", "arguments": {"a": [1, "\n"]}}).json
    assert tried["outcome"] == "ok" and tried["ms"] >= 0
    assert json.loads(tried["result"]["structuredContent"]["arguments"]) == {"a": [1, "\n"]}
    assert running.events("request.done") == []
    assert running.metric("mcp_server_requests_total") == 0 and running.metric("mcp_server_tool_calls_total") == 0
    assert running.wait_for("admin.action", action="call")["tool"] == "echo"


def test_a_tried_tool_that_is_unknown_or_fails_says_so(running):
    unknown = post(running, "/api/services/second/call", {"tool": "no such tool"}).json
    assert unknown["outcome"] in ("rpc_error", "tool_error")
    for body in ({}, {"tool": 7}, {"tool": "echo", "arguments": []}):
        assert post(running, "/api/services/second/call", body).status == 400


def test_a_tried_tool_is_given_the_time_of_a_clients_call_and_no_more(start_gateway):
    gateway = start_gateway({"first": chaos(call_timeout="300ms")}, {"admin_token": TOKEN})
    tried = post(gateway, "/api/services/first/call", {"tool": "hang"}).json
    assert tried["outcome"] == "timeout" and "did not answer within" in tried["error"]["message"]
    assert gateway.sse("first").initialize() and gateway.events("child.exit") == []


def test_a_tried_tool_fails_once_when_its_child_is_restarted(running):
    connection = Connection(running.ports["admin"])
    connection.send_request("POST", "/api/services/second/call", SIGNED, b'{"tool":"hang"}')
    running.wait_for("admin.action", action="call")
    assert post(running, "/api/services/second/restart", {}).status == 200
    assert connection.read_response().json["outcome"] == "child_exited"
    connection.close()


def test_a_tool_of_private_children_cannot_be_tried(start_gateway):
    gateway = start_gateway({"first": chaos(isolation="session")}, {"admin_token": TOKEN})
    refused = post(gateway, "/api/services/first/call", {"tool": "echo"})
    assert refused.status == 409 and "a child of its own" in refused.json["error"]


def test_hostile_texts_come_through_as_data(start_gateway):
    gateway = start_gateway({"first": hostile()}, {"admin_token": TOKEN})
    gateway.wait_for("service.tools", server="first")
    answer = ask(gateway, "GET", "/api/services/first/tools")
    assert answer["content-type"] == "application/json"
    assert "<script>window.hostile=1</script>" in answer.json["tools"][0]["description"]
    assert "<script>" in post(gateway, "/api/services/first/call", {"tool": "say"}).json["result"]["content"][0]["text"]
    gateway.wait_for("child.stderr", server="first")
    lines = ask(gateway, "GET", "/api/log?service=first", SIGNED).json["lines"]
    assert any("onerror" in json.loads(line).get("line", "") for line in lines)


# --- the log


def test_the_log_level_is_changed_on_every_loop(running):
    assert status(running)["log_level"] == "info"
    assert post(running, "/api/log-level", {"level": "debug"}).json == {"level": "debug"}
    for service in ("first", "second"):
        running.sse(service)
    running.wait_for("session.open", count=2)
    assert status(running)["log_level"] == "debug"

    assert post(running, "/api/log-level", {"level": "error"}).status == 200
    before = len(running.events("session.open"))
    running.sse("second")
    assert len(running.events("session.open")) == before
    assert post(running, "/api/log-level", {"level": "loud"}).status == 400


def test_the_last_lines_are_told_of_one_service_or_of_all(running):
    def lines(query=""):
        return [json.loads(line) for line in ask(running, "GET", "/api/log" + query, SIGNED).json["lines"]]

    of_second = lines("?service=second")
    assert {line["server"] for line in of_second} == {"second"}
    assert "service.ready" in [line["event"] for line in of_second]
    assert "gateway.start" in [line["event"] for line in lines()]
    assert len(lines("?lines=1")) == 1


def test_the_log_asks_for_the_token_where_there_is_one(running):
    assert ask(running, "GET", "/api/log").status == 401


def test_the_log_is_open_on_loopback_without_a_token(start_gateway):
    assert ask(start_gateway({"first": echo()}), "GET", "/api/log").status == 200


# --- live


def test_an_open_page_is_told_at_once_and_then_every_other_second(running):
    connection = Connection(running.ports["admin"])
    connection.send_request("GET", "/api/events", {"Accept": "text/event-stream"})
    stream = connection.read_response().stream
    first = stream.take()
    assert first.event == "status"
    told = first.json
    assert list(told["servers"]) == ["first", "second"]
    assert len(told["servers"]["first"]["traffic"]["history"]["calls"]) == 60
    assert stream.take().json["uptime_seconds"] > told["uptime_seconds"]
    connection.close()


def test_the_sixty_fifth_page_is_refused_until_another_closes(start_gateway):
    gateway = start_gateway({"first": echo()})

    def open_page():
        connection = Connection(gateway.ports["admin"])
        connection.send_request("GET", "/api/events", {"Accept": "text/event-stream"})
        return connection, connection.read_response()

    pages = [open_page() for _ in range(64)]
    assert [response.status for _, response in pages] == [200] * 64
    refused = open_page()[1]
    assert (refused.status, refused["retry-after"], refused.json) == (503, "1", {"error": "too many pages are open"})
    assert status(gateway)["servers"]["first"]["state"] == "ready"
    assert all(response.stream.take().event == "status" for _, response in pages)

    pages.pop()[0].close()
    last = gateway.until(lambda: response if (response := open_page()[1]).status == 200 else None)
    assert last.stream.take().event == "status"


def test_the_status_counts_calls_and_their_time(running):
    client = running.sse("second")
    client.initialize()
    for _ in range(5):
        client.text("echo", {})

    def counted():
        found = status(running)["servers"]["second"]["traffic"]
        return found if sum(found["history"]["calls"]) >= 5 and "p95_ms" in found else None

    traffic = running.until(counted, timeout=2 * TIMEOUT)
    assert traffic["calls_total"] >= 5 and traffic["errors_total"] == 0
    assert 0 < traffic["p50_ms"] <= traffic["p95_ms"]
    assert status(running)["servers"]["first"]["traffic"]["calls_total"] == 0
