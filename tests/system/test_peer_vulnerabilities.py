"""Vulnerabilities that were found in other MCP gateways, servers and SDKs, each tried on this gateway.

The ids are those of the advisories. Those of servers (file systems, databases, SSRF of fetch servers) are tried where these
servers are tested: in test_sandbox.py and tests/services.
"""
import http.client
import json

import pytest

from clients import call, message
from gateway_under_test import chaos
from wire import TIMEOUT

TOKENS = {"tokens": [{"name": name, "token": f"token-of-{name}-0123"} for name in ("ann", "eve")]}
SERVICES = {"chaos": chaos()}
GATEWAY = {"auth": TOKENS}
JSON = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
DOORS = [("POST", "/chaos/mcp"), ("GET", "/chaos/mcp"), ("GET", "/chaos/sse"), ("POST", "/chaos/messages?sessionId=x"),
         ("DELETE", "/chaos/mcp")]


def of(name):
    return {"Authorization": f"Bearer token-of-{name}-0123"}


def ask(port, method, path, headers=None, body=None):
    """One request with exactly these headers, and its status and body; the rest of a stream is not read."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    streams = (response.getheader("Content-Type") or "").startswith("text/event-stream")
    text = b"" if streams else response.read()
    connection.close()
    return response.status, text


def posted(gateway, raw, headers=None):
    return ask(gateway.port, "POST", "/chaos/mcp", {**JSON, **of("ann"), **(headers or {})}, raw)


@pytest.mark.parametrize("advisory", [
    "CVE-2025-64443", "CVE-2025-66414", "CVE-2025-66416", "CVE-2026-34742", "GHSA-89vp-x53w-74fx", "CVE-2026-35568",
    "CVE-2025-9611"])
@pytest.mark.parametrize("method, path", DOORS)
def test_a_page_whose_name_was_rebound_to_this_machine_is_refused(gateway, advisory, method, path):
    for headers in ({"Host": "evil.example"}, {"Host": f"evil.example:{gateway.port}", "Origin": "http://evil.example"},
                    {"Origin": "http://evil.example"}, {"Origin": "null"}):
        assert ask(gateway.port, method, path, {**JSON, **of("ann"), **headers}, "{}")[0] == 403


@pytest.mark.parametrize("advisory", ["CVE-2025-49596", "CVE-2026-30623", "CVE-2026-42271", "CVE-2026-23744"])
def test_no_request_starts_a_program_of_its_own(gateway, advisory, tmp_path):
    proof = tmp_path / "started"
    started = len(gateway.events("child.start"))
    server = {"command": "touch", "args": [str(proof)], "transport": "stdio", "transportType": "stdio",
              "name": "x", "server_name": "x"}
    for port in (gateway.port, gateway.ports["admin"]):
        for path in ("/", "/mcp", "/sse?transportType=stdio&command=touch&args=" + str(proof), "/stdio", "/servers", "/config",
                     "/api/services", "/api/services/x", "/api/mcp/connect", "/mcp-rest/test/connection", "/v1/mcp/server"):
            for method in ("GET", "POST", "PUT", "PATCH"):
                ask(port, method, path, {**JSON, **of("ann")}, json.dumps({**server, "mcpServers": {"x": server}}))
    assert not proof.exists()
    assert len(gateway.events("child.start")) == started


def test_cve_2026_48710_a_host_in_the_target_does_not_stand_in_for_the_header(gateway):
    target = f"http://localhost:{gateway.port}/chaos/mcp"
    assert ask(gateway.port, "POST", target, {**JSON, **of("ann"), "Host": "evil.example"}, "{}")[0] in (400, 403)


def test_ghsa_g53w_w6mj_hrpp_no_header_of_ours_lets_anybody_in(gateway):
    for headers in ({"X-API-Key": "secret-api-key"}, {"X-Internal-Request": "true"}, {"X-MCP-Internal": "secret-api-key"},
                    {"X-Forwarded-User": "ann"}, {"X-Auth-Request-User": "ann"}, {"X-Forwarded-For": "127.0.0.1"}):
        assert ask(gateway.port, "POST", "/chaos/mcp", {**JSON, **headers}, json.dumps(message("ping", id=1)))[0] == 401


def test_ghsa_wf8q_wvv8_p8jf_a_name_in_the_path_is_nobody(gateway):
    for path in ("/ann/chaos/sse", "/ann/sse", "/user/ann/chaos/mcp", "/chaos/ann/mcp"):
        for method in ("GET", "POST"):
            assert ask(gateway.port, method, path, JSON, "{}")[0] in (401, 404)


def test_cve_2026_25536_equal_ids_of_two_sessions_get_their_own_answers(gateway, http):
    ann, eve = http("chaos", headers=of("ann")), http("chaos", headers=of("eve"))
    for each in (ann, eve):
        each.initialize()
    slow = ann.begin(call("slow", {"ms": 100}, id=7))
    assert "of-eve" in json.dumps(json.loads(eve.post(call("echo", {"text": "of-eve"}, id=7)).body))
    assert "of-eve" not in slow.read_response().body.decode()


@pytest.mark.parametrize("advisory", ["CVE-2026-33946", "python-sdk-2100"])
def test_a_session_id_alone_is_no_identity(gateway, http, advisory):
    ann = http("chaos", headers=of("ann"))
    ann.initialize()
    session = {**JSON, **of("eve"), "Mcp-Session-Id": ann.session}
    for method in ("GET", "POST", "DELETE"):
        assert ask(gateway.port, method, "/chaos/mcp", session, json.dumps(message("ping", id=1)))[0] == 404
    assert ann.request("ping")["result"] == {}


def test_cve_2025_6515_session_ids_are_no_pointers_and_never_the_same(http):
    ids = []
    for _ in range(50):
        client = http("chaos", headers=of("ann"))
        client.initialize()
        ids.append(client.session)
    assert len(set(ids)) == len(ids)
    for position in range(2, min(map(len, ids))):
        assert len({each[position] for each in ids}) > 5, f"character {position} hardly differs"


def test_byterover_cli_329_without_an_id_nobody_gets_the_only_session(gateway, http):
    ann = http("chaos", headers=of("ann"))
    ann.initialize()
    assert ask(gateway.port, "GET", "/chaos/mcp", {**of("ann"), "Accept": "text/event-stream"})[0] in (400, 405)
    assert ask(gateway.port, "DELETE", "/chaos/mcp", of("ann"))[0] in (400, 404, 405)
    assert ann.request("ping")["result"] == {}


@pytest.mark.parametrize("raw", ['{"jsonrpc":"2.0","id":1,"Method":"tools/list"}',
                                 '{"jsonrpc":"2.0","id":1,"method":"ping","METHOD":"tools/call"}',
                                 '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","Name":"die"}}'])
def test_cve_2026_27896_members_in_another_case_are_refused(gateway, raw):
    assert posted(gateway, raw)[0] == 400


@pytest.mark.parametrize("advisory", ["CVE-2025-53365", "CVE-2025-53366"])
def test_what_is_malformed_or_broken_off_ends_nothing(gateway, advisory):
    for raw in (b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"jsonrpc":"2.0","id":1,"method":"x\xc3\x28"}', b"[" * 100_000):
        assert 400 <= posted(gateway, raw)[0] < 500
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port)
    connection.putrequest("POST", "/chaos/mcp")
    for name, value in {**JSON, **of("ann"), "Content-Length": "1000"}.items():
        connection.putheader(name, value)
    connection.endheaders(b"{")
    connection.close()
    assert posted(gateway, json.dumps(message("ping", id=1)))[0] == 200


@pytest.mark.parametrize("advisory", ["CVE-2026-33032", "CVE-2026-27825", "CVE-2026-27826", "CVE-2026-26118", "CVE-2026-32211",
                                      "CVE-2026-50027"])
@pytest.mark.parametrize("method, path", [*DOORS, ("GET", "/chaos/nothing"), ("PUT", "/chaos/mcp")])
def test_nothing_is_served_without_a_token(gateway, advisory, method, path):
    status, text = ask(gateway.port, method, path, JSON, json.dumps(message("tools/list", id=1)))
    assert status in (401, 404, 405)
    assert b"tools" not in text
