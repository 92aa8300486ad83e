"""mcp-remote, the bridge of desktop programs that only start stdio servers, logs in or shows a token it was given."""
import json

import pytest

from guarded import INTROSPECTION, NARROW_TOKEN, TOKEN, WRONG_TOKEN, begin, free_port
from programs import McpRemote, visited

TRANSPORTS = {"http": ("--transport", "http-only"), "sse": ("--transport", "sse-only")}
WITH_HEADER = ("--header", "Authorization:${AUTH_HEADER}")  # as docs/clients.md has it for Claude Desktop


def assert_works(remote):
    assert remote.initialize() == "mcp-echo"
    assert [tool["name"] for tool in remote.request("tools/list")["result"]["tools"]] == ["echo", "sleep", "big"]
    assert remote.call("echo", {"text": "in"}) == "in"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_person_logs_in_for_a_desktop_program(started, tmp_path, transport):
    _, gateway = begin(started)
    started.append(remote := McpRemote(gateway.url(transport), tmp_path, *TRANSPORTS[transport]))
    assert_works(remote)
    done = gateway.wait_for("audit.call")
    assert (done["principal"], done["credential"], done["decision"]) == ("login:ann", "jwt", "allowed")
    [login] = visited(tmp_path)
    assert login["resource"] == gateway.url(transport)
    assert {"mcp", "echo:use"} <= set(login["scope"].split())


def test_a_person_logs_in_once_for_all_starts_of_a_desktop_program(started, tmp_path):
    _, gateway = begin(started)
    started.append(first := McpRemote(gateway.url(), tmp_path))
    assert_works(first)
    first.stop()
    started.append(second := McpRemote(gateway.url(), tmp_path))
    assert_works(second)
    assert len(visited(tmp_path)) == 1


def test_a_token_that_has_ended_is_renewed_without_a_login(started, tmp_path):
    server, gateway = begin(started, token_format="opaque", introspection=INTROSPECTION)
    started.append(remote := McpRemote(gateway.url(), tmp_path))
    assert_works(remote)
    [kept] = tmp_path.glob(".mcp-auth/*/*_tokens.json")
    token = json.loads(kept.read_text())["access_token"]
    server.control(revoke=token)
    gateway.until(lambda: gateway.status(token) == 401)
    assert remote.call("echo", {"text": "in"}) == "in"
    assert json.loads(kept.read_text())["access_token"] != token
    assert len(visited(tmp_path)) == 1


def test_a_client_that_the_authorization_server_knows_need_not_register(started, tmp_path):
    _, gateway = begin(started)
    port = str(free_port())
    started.append(remote := McpRemote(gateway.url(), tmp_path, port, "--static-oauth-client-info", '{"client_id": "desktop"}'))
    assert_works(remote)
    [login] = visited(tmp_path)
    assert (login["client_id"], login["redirect_uri"]) == ("desktop", f"http://localhost:{port}/oauth/callback")


def test_a_login_without_the_scope_of_the_service_is_refused(started, tmp_path):
    _, gateway = begin(started)
    started.append(remote := McpRemote(gateway.url(), tmp_path, "--static-oauth-client-metadata", json.dumps({"scope": "mcp"})))
    assert remote.process.wait(60) == 1
    assert gateway.wait_for("audit.auth", reason="insufficient_scope")["principal"] == "login:ann"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_desktop_program_with_a_token_needs_no_login(started, tmp_path, transport):
    _, gateway = begin(started)
    started.append(remote := McpRemote(gateway.url(transport), tmp_path, *TRANSPORTS[transport], *WITH_HEADER,
                                       AUTH_HEADER="Bearer " + TOKEN))
    assert_works(remote)
    assert gateway.wait_for("audit.call")["principal"] == "agent"
    assert visited(tmp_path) == []


@pytest.mark.parametrize("token, reason", [(WRONG_TOKEN, "bad_token"), (NARROW_TOKEN, "insufficient_scope")],
                         ids=["bad_token", "insufficient_scope"])
def test_a_desktop_program_with_a_token_that_is_refused_asks_for_a_login(started, tmp_path, token, reason):
    _, gateway = begin(started)
    started.append(McpRemote(gateway.url(), tmp_path, *WITH_HEADER, AUTH_HEADER="Bearer " + token, PERSON="away"))
    gateway.wait_for("audit.auth", reason=reason)
    gateway.until(lambda: visited(tmp_path))
