"""What a service sends, without what its clients are not to see: redact."""
import json

import pytest

from clients import message
from gateway_under_test import chaos
from test_command_line import ECHO, mcp_gateway, written

KEY = "ghp_" + "a1B2" * 9
PASSWORD = "hunter22-of-the-child"
ENVELOPE = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}}


def redacting(*flags, **rules):
    return chaos(*flags, env={"PASSWORD": PASSWORD}, redact=rules or {"secrets": True, "keys": True, "patterns": ["case-[0-9]{4}"]})


@pytest.fixture
def gateway(start_gateway):
    return start_gateway({"chaos": redacting("--declare", "logging")})


@pytest.fixture(params=["sse", "http"])
def client(gateway, request):
    opened = getattr(gateway, request.param)("chaos")
    opened.initialize()
    return opened


def test_results_and_errors_have_stars_instead(client, gateway):
    assert "***" in client.text("env") and PASSWORD not in client.text("env")
    failed = client.call("is_error", {"text": f"no access with {KEY} to case-1234, nor case-12"})
    assert failed["result"]["content"][0]["text"] == "no access with *** to ***, nor case-12"
    assert client.call("rpc_error", {"message": f"bad password {PASSWORD}"})["error"]["message"] == "bad password ***"
    assert gateway.metric("mcp_child_messages_redacted_total", server="chaos") >= 4


def test_what_is_escaped_is_found_as_well(client):
    line = r'{"jsonrpc":"2.0","id":$ID,"result":{"text":"\u0067%s, {\"key\":\"%s\"}"}}' % (KEY[1:], KEY)
    assert client.call("raw_line", {"line": line})["result"] == {"text": '***, {"key":"***"}'}


def test_notifications_have_stars_instead(gateway):
    client = gateway.sse("chaos")
    client.initialize()
    client.call("log", {"text": f"using {KEY}"})
    assert [event.json["params"]["data"] for event in client.stream.unread] == ["using ***"]


def test_a_client_of_the_stateless_revision_sees_no_more(gateway):
    asked = message("tools/call", {"name": "env", "arguments": {}, "_meta": ENVELOPE}, id=1)
    fields = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "env"}
    answered = gateway.http("chaos").post(asked, headers=fields).body.decode()
    assert "***" in answered and PASSWORD not in answered


def test_the_credential_of_an_owner_is_such_a_secret(start_gateway, tmp_path):
    (tmp_path / "ann").write_text("canary-of-ann-7f3a")
    service = {**redacting(secrets=True), "isolation": "affinity",
               "owner_env": {"USER_TOKEN": {"file": f"{tmp_path}/{{principal}}"}}}
    tokens = {"tokens": [{"name": "ann", "token": "token-of-ann-0123"}]}
    gateway = start_gateway({"chaos": service}, {"auth": tokens}, wait_for=())
    ann = gateway.http("chaos", headers={"Authorization": "Bearer token-of-ann-0123"})
    ann.initialize()
    assert json.loads(ann.text("env"))["USER_TOKEN"] == "***"


def test_only_what_a_rule_names_is_replaced(start_gateway):
    gateway = start_gateway({"chaos": redacting(patterns=["case-[0-9]{4}"])})
    client = gateway.http("chaos")
    client.initialize()
    text = f"{PASSWORD} {KEY} case-1234"
    assert client.call("is_error", {"text": text})["result"]["content"][0]["text"] == f"{PASSWORD} {KEY} ***"


@pytest.mark.parametrize("pattern, why", [("case-(", "missing )"), ("x*", "it fits an empty text"), ("", "it fits an empty text")])
def test_a_pattern_that_cannot_be_used_is_an_error(tmp_path, pattern, why):
    file = written(tmp_path, {"mcpServers": {"one": {"command": ECHO, "redact": {"patterns": ["fine", pattern]}}}})
    checked = mcp_gateway("check", file)
    assert checked.returncode != 0
    found = [line for line in checked.stderr.splitlines() if "redact.patterns[1]" in line]
    assert len(found) == 1 and "expected a regular expression of RE2" in found[0] and why in found[0]
