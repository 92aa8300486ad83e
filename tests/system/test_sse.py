"""HTTP+SSE of 2024-11-05: acceptance cases 31 to 41."""
import json
import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin

import pytest

from clients import BOTH, JSON, SseClient, call, initialize, message, resolved
from gateway_under_test import chaos, echo, gated
from wire import Connection

SERVICES = {
    "chaos": chaos(),
    "echo": echo(),
    "own": chaos("--strict-start", isolation="session"),
    "sse-tools": echo(listen="127.0.0.1:0"),
}
GATEWAY = {"sse_keepalive": "1s"}

ENVELOPE = {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
                      "io.modelcontextprotocol/clientCapabilities": {},
                      "io.modelcontextprotocol/clientInfo": {"name": "probe", "version": "1"}}}


def test_the_first_event_is_the_endpoint_and_comes_at_once_while_the_child_starts(start_gateway, tmp_path):
    """Case 31."""
    gateway = start_gateway({"cold": gated(tmp_path / "gate")}, wait_for=[])
    for _ in range(5):
        client = gateway.sse("cold")
        assert re.fullmatch(r"messages\?sessionId=[\w-]{22,}", client.endpoint_event.data)
    assert gateway.events("service.ready") == [], "the child was not cold"
    assert client.response["content-type"] == "text/event-stream"
    assert client.response["cache-control"] == "no-cache, no-transform"
    (tmp_path / "gate").touch()
    assert client.initialize()["serverInfo"]["name"] == "chaos"


def test_a_get_must_admit_an_event_stream(gateway):
    """Case 31."""
    connection = Connection(gateway.port)
    connection.send_request("GET", "/chaos/sse", {"Accept": "application/json"})
    assert connection.read_response().error == (406, -32000)
    connection.close()


def test_a_message_is_accepted_before_the_child_has_answered(sse, tmp_path):
    """Case 32."""
    client = sse("chaos")
    response = client.post(call("slow", {"path": str(tmp_path / "gate")}, id="a"))
    assert (response.status, response.body) == (202, b"")
    with pytest.raises(TimeoutError):
        client.stream.next_block(timeout=0.05)
    (tmp_path / "gate").touch()
    event = client.stream.take()
    assert event.event in (None, "message")
    assert event.json == {"jsonrpc": "2.0", "id": "a", "result": {"content": [{"type": "text", "text": "slow"}]}}


def test_a_client_that_posts_one_by_one_can_answer_in_mid_call(sse):
    """Case 33: each POST must have returned before the next is sent."""
    client = sse("own")
    client.initialize(capabilities={"sampling": {}, "roots": {}})
    client.post(call("ask", {"method": "sampling/createMessage", "params": {"maxTokens": 5}}, id=1))
    question = client.stream.note("sampling/createMessage")
    assert question["params"] == {"maxTokens": 5}
    client.post({"jsonrpc": "2.0", "id": question["id"], "result": {"role": "assistant", "model": "m"}})
    answer = client.stream.answer(1)
    assert json.loads(answer["result"]["content"][0]["text"]) == {"result": {"role": "assistant", "model": "m"}}


def test_a_clients_refusal_reaches_the_child(sse):
    """Case 33."""
    client = sse("own")
    client.initialize(capabilities={"elicitation": {}})
    client.post(call("ask", {"method": "elicitation/create", "params": {"message": "?"}}, id=1))
    question = client.stream.note("elicitation/create")
    client.post({"jsonrpc": "2.0", "id": question["id"], "error": {"code": -1, "message": "no"}})
    answer = client.stream.answer(1)
    assert json.loads(answer["result"]["content"][0]["text"]) == {"error": {"code": -1, "message": "no"}}


def test_a_shared_child_that_asks_is_refused_at_once(sse):
    """Case 33: it cannot say whom it means."""
    client = sse("chaos")
    client.initialize(capabilities={"sampling": {}})
    refusal = json.loads(client.text("ask", {"method": "sampling/createMessage"}))
    assert refusal["error"]["code"] == -32601
    assert client.stream.unread == []


def test_a_message_that_cannot_be_read_is_refused_and_the_session_lives(sse):
    """Case 34."""
    client = sse("chaos")
    for body, code in [(b"{", -32700), (b"", -32700), (b'{"foo":1}', -32600), (b"[]", -32600)]:
        assert client.post(body, expect=400).error == (400, code)
    assert client.post(message("ping", id=1), {"Content-Type": "text/plain"}, expect=415).error == (415, -32000)
    assert client.request("ping")["result"] == {}


def test_a_message_for_no_session_is_refused(sse):
    """Case 34."""
    client = sse("chaos")
    known = client.endpoint
    for endpoint, error in [("/chaos/messages?sessionId=unknown", (404, -32001)),
                            (known.replace("/chaos/", "/echo/"), (404, -32001)),
                            ("/chaos/messages?sessionId=", (400, -32000)), ("/chaos/messages", (400, -32000))]:
        client.endpoint = endpoint
        assert client.post(message("ping", id=1), expect=error[0]).error == error
    client.endpoint = known.replace("sessionId", "session_id")
    assert client.request("ping")["result"] == {}


def test_a_session_of_another_principal_is_not_found(start_gateway):
    """Case 34."""
    tokens = [{"name": "alice", "token": "a" * 32}, {"name": "bob", "token": "b" * 32}]
    gateway = start_gateway({"echo": echo()}, {"auth": {"tokens": tokens}})
    alice = gateway.sse("echo", headers={"Authorization": "Bearer " + "a" * 32})
    bob = {"Authorization": "Bearer " + "b" * 32}
    assert alice.post(message("ping", id=1), bob, expect=404).error == (404, -32001)
    assert alice.post(message("ping", id=1), {"Authorization": None}, expect=401).status == 401
    assert alice.request("ping")["result"] == {}
    web = gateway.http("echo", headers={"Authorization": "Bearer " + "a" * 32})
    web.initialize()
    assert web.post(message("ping", id=1), bob).error == (404, -32001)
    assert web.delete(bob).error == (404, -32001)


@pytest.mark.parametrize("service", ["chaos", "own"])
def test_a_client_that_reconnects_need_not_initialize_again(sse, service):
    """Case 35: EventSource opens a new stream by itself and carries on, ids continuing."""
    first = sse(service)
    first.initialize()
    first.close()
    again = sse(service)
    assert again.endpoint != first.endpoint
    assert again.request("tools/list", id=17)["result"]["tools"][0]["name"] == "echo"
    assert again.text("echo", {"a": 1}) == '{"a": 1}'


def test_a_probe_for_the_stateless_revision_is_refused_even_while_the_child_starts(start_gateway, tmp_path):
    """Case 36."""
    gateway = start_gateway({"cold": gated(tmp_path / "gate", "--strict-start")}, wait_for=[])
    client = gateway.sse("cold")
    assert client.request("server/discover", ENVELOPE)["error"]["code"] == -32601
    assert gateway.events("service.ready") == [], "the child was not cold"
    (tmp_path / "gate").touch()
    assert client.initialize()["protocolVersion"] == "2024-11-05"
    methods = [seen["method"] for seen in client.seen_by_child()["received"]]
    assert "server/discover" not in methods


def test_the_envelope_of_the_stateless_revision_does_not_reach_the_child(sse):
    """Case 36: a child that was initialized rejects it."""
    client = sse("chaos")
    meta = {**ENVELOPE["_meta"], "progressToken": "p", "vendor/key": 1}
    answer = client.request("tools/call", {"name": "echo", "arguments": {}, "_meta": meta})
    seen = json.loads(answer["result"]["structuredContent"]["meta"])
    assert set(seen) == {"progressToken", "vendor/key"}


def test_posting_initialize_to_the_sse_path_is_answered_in_the_response(http):
    """Case 37."""
    response = http("chaos", path="/chaos/sse").post(initialize(id=9))
    assert (response.status, response.json["id"]) == (200, 9)
    assert response["mcp-session-id"]


def test_a_client_that_leaves_takes_its_calls_back(gateway, sse):
    """Case 38."""
    watching, client = sse("chaos"), sse("chaos")
    before = len(watching.seen_by_child()["cancelled"])
    closed = gateway.metric("mcp_gateway_sessions_closed_total", server="chaos", transport="sse")
    for id in range(3):
        client.post(call("hang", {"case": 38}, id=id))
    client.stream.close()
    gateway.until(lambda: gateway.metric("mcp_gateway_sessions_closed_total", server="chaos",
                                         transport="sse") == closed + 1)
    seen = watching.seen_by_child()
    called = [each["id"] for each in seen["received"] if '"case": 38' in each["params"]]
    assert len(called) == 3
    assert sorted(seen["cancelled"][before:]) == sorted(called)
    assert client.post(message("ping", id=1), expect=404).error == (404, -32001)


def test_no_answer_of_one_session_reaches_another(gateway):
    """Case 39: sixteen clients, the same ids, every answer looked at."""
    def converse(number):
        with gateway.sse("echo") as client:
            for round in range(20):
                for id in range(5):
                    client.post(call("echo", {"text": "%d/%d/%d" % (number, round, id)}, id=id))
                for id in range(5):
                    answer = client.stream.answer(id)
                    assert answer["result"]["content"][0]["text"] == "%d/%d/%d" % (number, round, id)
            return client.stream.unread

    with ThreadPoolExecutor(16) as clients:
        assert list(clients.map(converse, range(16))) == [[]] * 16


def test_a_quiet_stream_is_kept_open_by_comments(sse):
    """Case 40: one each second here, and one every 15 s by default."""
    client = sse("chaos")
    assert [client.stream.next_block().comments for _ in range(2)] == [["ping"], ["ping"]]
    assert client.request("ping")["result"] == {}


@pytest.mark.parametrize(("path", "endpoint"), [
    ("/chaos/sse", "/chaos/messages"), ("/chaos/sse/", "/chaos/messages"),
    ("/servers/chaos/sse", "/servers/chaos/messages"), ("/sse-tools/sse", "/sse-tools/messages"),
    ("/sse-tools/sse/", "/sse-tools/messages")])
def test_the_endpoint_is_beside_the_stream_on_every_path(gateway, sse, path, endpoint):
    """Case 41. A relative reference keeps whatever prefix a proxy took away."""
    client = sse("chaos", path=path)
    assert client.endpoint.split("?")[0] == endpoint
    assert client.request("ping")["result"] == {}
    behind_proxy = urljoin("https://mcp.example.com/team-a" + path, client.endpoint_event.data)
    assert behind_proxy == "https://mcp.example.com/team-a" + client.endpoint


def test_the_endpoint_is_beside_the_stream_on_a_listener_of_its_own(gateway):
    """Case 41."""
    connection = Connection(gateway.ports["sse-tools"])
    connection.send_request("GET", "/sse", {"Accept": BOTH})
    event = connection.read_response().stream.next_block()
    endpoint = resolved("/sse", event.data)
    assert endpoint.startswith("/messages?sessionId=")
    post = Connection(gateway.ports["sse-tools"])
    post.send_request("POST", endpoint, JSON, json.dumps(message("ping", id=1)).encode())
    assert post.read_response().status == 202
    post.close()
    connection.close()


def test_the_endpoint_is_beside_the_stream_of_a_host_name(gateway, sse):
    """Case 41: `Host: mcp-NAME` has the endpoints at the root."""
    client = sse("chaos", path="/sse", headers={"Host": "mcp-echo:%d" % gateway.port})
    assert client.endpoint.startswith("/messages?sessionId=")
    assert client.initialize()["serverInfo"]["name"] == "mcp-echo"


@pytest.mark.parametrize("path", ["/echo/sse", "/echo/sse/", "/servers/echo/sse"])
def test_a_configured_prefix_stands_before_the_endpoint(start_gateway, path):
    """Case 41: for proxies that clients do not see."""
    gateway = start_gateway({"echo": echo()}, {"base_path": "/team-a"})
    client = gateway.sse("echo", path=path)
    folder = path.removesuffix("/").removesuffix("sse")
    assert client.endpoint_event.data.startswith("/team-a" + folder + "messages?sessionId=")
    for endpoint in (client.endpoint, client.endpoint_event.data.removeprefix("/team-a")):
        client.endpoint = endpoint  # of a client that asks here, and of one behind a proxy that takes the prefix away
        assert client.request("ping")["result"] == {}


@pytest.mark.parametrize("path", ["/team-a/echo/sse", "/team-a/echo/sse/", "/team-a/servers/echo/sse"])
def test_a_proxy_may_leave_the_prefix_on(start_gateway, path):
    gateway = start_gateway({"echo": echo()}, {"base_path": "/team-a"})
    client = gateway.sse("echo", path=path)
    folder = path.removesuffix("/").removesuffix("sse")
    assert client.endpoint_event.data.startswith(folder + "messages?sessionId=")
    assert client.request("ping")["result"] == {}
    http = gateway.http("echo", path="/team-a/echo/mcp")
    http.initialize()
    assert http.get().status == 200 and http.delete().status == 200
    for page in ("/team-a/health", "/team-a/echo/health"):
        connection = client.connect()
        connection.send_request("GET", page)
        assert connection.read_response().json["status"] == "HEALTHY"


@pytest.mark.parametrize("path", ["/sse", "/sse/", "/team-a/sse"])
def test_a_listener_of_a_services_own_knows_no_prefix_and_takes_any_path_with_it(start_gateway, path):
    gateway = start_gateway({"echo": echo(listen="127.0.0.1:0")}, {"base_path": "/team-a"})
    with SseClient(gateway.ports["echo"], path=path) as client:
        assert client.endpoint_event.data.startswith(("messages?sessionId=", "../messages?sessionId="))
        assert client.request("ping")["result"] == {}
