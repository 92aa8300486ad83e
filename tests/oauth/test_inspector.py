"""The MCP Inspector's command line at a protected service: with a token, and with a login of its own."""
import json
import subprocess

import pytest

from guarded import NARROW_TOKEN, TOKEN, WRONG_TOKEN, begin, free_port
from interoplib import programs as interop
from programs import visited, with_browser

TRANSPORTS = ["http", "sse"]
PROGRAM = interop.CLIENT_MODULES / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"
CALL = ("--method", "tools/call", "--tool-name", "echo", "--tool-arg", "text=in")
CALLED = (0, {"content": [{"type": "text", "text": "in"}]})
AUTH_REQUIRED = 3  # the Inspector's exit code
INTERACTIVE = {"MCP_AUTO_OPEN_ENABLED": "true", "MCP_INSPECTOR_SECRET_STORE": "file"}


@pytest.fixture
def inspect(tmp_path):
    """inspect(gateway, transport, option...) calls echo. The exit code, and the result or the error."""
    def run(gateway, transport, *options, **environment):
        command = [interop.client_node(), str(PROGRAM), "--cli", gateway.url(transport), "--transport", transport, *CALL]
        done = subprocess.run([*command, "--quiet", *options], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=600, cwd=tmp_path, env=with_browser(tmp_path, **environment), check=False)
        return done.returncode, json.loads(done.stdout or done.stderr)

    return run


def with_token(token):
    return "--header", "Authorization: Bearer " + token, "--stored-auth-only"


def new_login():
    return "--callback-url", f"http://127.0.0.1:{free_port()}/oauth/callback"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_inspector_calls_a_tool_with_a_token(started, inspect, transport):
    _, gateway = begin(started)
    assert inspect(gateway, transport, *with_token(TOKEN)) == CALLED
    assert gateway.wait_for("audit.call")["principal"] == "agent"


@pytest.mark.parametrize("transport, code, said", [
    ("http", AUTH_REQUIRED, "Unauthorized: the token that was shown is none of this gateway's"), ("sse", AUTH_REQUIRED, "(401)"),
], ids=TRANSPORTS)
def test_the_inspector_says_that_a_token_is_wrong(started, inspect, transport, code, said):
    _, gateway = begin(started)
    status, answer = inspect(gateway, transport, *with_token(WRONG_TOKEN))
    assert status == code
    assert said in answer["error"]["message"]
    gateway.wait_for("audit.auth", reason="bad_token")


@pytest.mark.parametrize("transport, code, said", [
    ("http", 1, 'Insufficient scope: required "mcp echo:use"'), ("sse", AUTH_REQUIRED, "(403)"),
], ids=TRANSPORTS)
def test_the_inspector_says_that_a_token_lacks_a_scope(started, inspect, transport, code, said):
    _, gateway = begin(started)
    status, answer = inspect(gateway, transport, *with_token(NARROW_TOKEN))
    assert status == code
    assert said in answer["error"]["message"]
    assert gateway.wait_for("audit.auth", reason="insufficient_scope")["principal"] == "narrow"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_person_logs_in_for_the_inspector(started, inspect, tmp_path, transport):
    _, gateway = begin(started)
    assert inspect(gateway, transport, *new_login(), **INTERACTIVE) == CALLED
    assert gateway.wait_for("audit.call")["principal"] == "login:ann"
    [login] = visited(tmp_path)
    assert login["resource"] == gateway.url(transport)


def test_the_inspector_keeps_a_login(started, inspect, tmp_path):
    _, gateway = begin(started)
    assert inspect(gateway, "http", *new_login(), **INTERACTIVE) == CALLED
    assert inspect(gateway, "http", "--stored-auth-only", **INTERACTIVE) == CALLED
    assert len(visited(tmp_path)) == 1


def test_the_inspector_can_be_a_client_that_the_authorization_server_knows(started, inspect, tmp_path):
    _, gateway = begin(started)
    assert inspect(gateway, "http", "--client-id", "desktop", *new_login(), **INTERACTIVE) == CALLED
    assert [login["client_id"] for login in visited(tmp_path)] == ["desktop"]


def test_the_inspector_cannot_call_a_tool_without_a_login(started, inspect):
    _, gateway = begin(started)
    status, answer = inspect(gateway, "http", "--stored-auth-only")
    assert (status, answer["error"]["code"]) == (AUTH_REQUIRED, "auth_required")
    gateway.wait_for("audit.auth", reason="missing")
