"""T-TOK: what a client shows to the gateway is for the gateway: no child reads a byte of it, and it is shown to nobody else.

The child writes down its environment, its command line and every byte of its stdin.
"""
import json
import sys

import pytest

from canaries import Planted
from clients import call, message
from gateway_under_test import Gateway

WRITES_DOWN = """
import json, os, sys
with open(sys.argv[1], "ab", buffering=0) as file:
    file.write(open("/proc/self/environ", "rb").read() + open("/proc/self/cmdline", "rb").read() + b"\\n")
    for line in sys.stdin.buffer:
        file.write(line)
        asked = json.loads(line)
        result = {"initialize": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                                 "serverInfo": {"name": "w", "version": "1"}},
                  "tools/list": {"tools": [{"name": "any", "inputSchema": {"type": "object"}}]}, "tools/call": {"content": []}}
        if "id" in asked:
            print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result.get(asked["method"], {})}), flush=True)
"""
ISOLATIONS = {"shared": {}, "session": {}, "affinity": {}, "affinity to a header": {"header": "X-User-Id"}}
OTHERS = {"Cookie": "canary-cookie", "X-Forwarded-User": "canary-forwarded", "Proxy-Authorization": "Basic canary-proxy",
          "X-Request-Id": "canary-request", "X-Forwarded-For": "10.99.98.97", "User-Agent": "canary-agent", "X-User-Id": "canary-user",
          "Referer": "http://localhost/canary-referer"}
SHOWN_BY = ["Authorization", "X-API-Key"]
ENVELOPE = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"}}


class Recorded:
    """A service of each isolation, and what their children were given."""

    def __init__(self, folder):
        self.folder = folder
        self.planted = Planted(folder)
        services = {isolation.replace(" ", "-"): {
            "command": sys.executable, "args": ["-c", WRITES_DOWN, str(folder / isolation.replace(" ", "-"))],
            "isolation": isolation.split()[0], **({"affinity": more} if more else {})} for isolation, more in ISOLATIONS.items()}
        self.gateway = Gateway(services, {**self.planted.gateway, "traces": {}}, wait_for=["shared"], env=self.planted.variables)

    def stop(self):
        self.gateway.stop()
        self.planted.stop()

    def given(self, isolation):
        return (self.folder / isolation.replace(" ", "-")).read_text()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    made = Recorded(tmp_path_factory.mktemp("canaries"))
    yield made
    made.stop()


def by_streamable_http(gateway, service, headers):
    client = gateway.http(service, headers=headers)
    client.initialize()
    client.call("any", {"proof": "it was called"})
    client.post(message("notifications/roots/list_changed"))
    return client.session


def by_sse(gateway, service, headers):
    client = gateway.sse(service, headers=headers)
    client.initialize()
    client.call("any", {"proof": "it was called"})
    return client.endpoint.rpartition("=")[2]


def without_a_session(gateway, service, headers):
    assert gateway.http(service, headers=headers).post(call("any", {"proof": "it was called"})).status == 200


def by_the_stateless_revision(gateway, service, headers):
    posted = call("any", {"proof": "it was called"})
    posted["params"]["_meta"] = ENVELOPE
    fields = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "any"}
    assert gateway.http(service, headers={**headers, **fields}).post(posted).status == 200


@pytest.mark.parametrize("field", SHOWN_BY)
@pytest.mark.parametrize("ask", [by_streamable_http, by_sse, without_a_session, by_the_stateless_revision])
@pytest.mark.parametrize("isolation", ISOLATIONS)
def test_no_child_is_given_what_a_client_showed(recorded, isolation, ask, field):
    token = recorded.planted.secrets["token"]
    shown = {field: "Bearer " + token if field == "Authorization" else token}
    session = ask(recorded.gateway, isolation.replace(" ", "-"), {**OTHERS, **shown})
    given = recorded.given(isolation)
    assert "it was called" in given
    assert recorded.planted.found_in(given) == []
    assert "canary" not in given and "10.99.98.97" not in given
    assert not session or session not in given


def test_a_token_that_the_gateway_knows_is_shown_to_no_issuer(recorded):
    for place in ("token", "token from a variable", "token of tokens_file"):
        without_a_session(recorded.gateway, "shared", {"Authorization": "Bearer " + recorded.planted.secrets[place]})
    assert recorded.planted.found_in(json.dumps(recorded.planted.issuer.asked), but=["introspection"]) == []
