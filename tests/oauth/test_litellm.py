"""A real LiteLLM proxy before a protected service: with tokens of each kind, over both transports, right and wrong."""
import json
import os
import secrets

import pytest

from guarded import NARROW_TOKEN, TOKEN, WRONG_TOKEN, begin
from interoplib.litellm import LiteLLM

LENT_TOKEN = secrets.token_hex(16)
ENVIRONMENT = {"GATEWAY_TOKEN": TOKEN, "LENT_TOKEN": LENT_TOKEN, "NARROW_TOKEN": NARROW_TOKEN, "WRONG_TOKEN": WRONG_TOKEN,
               "CLIENT_SECRET": "secret-of-the-agent"}
TRANSPORTS = ("sse", "http")
ACCEPTED = {"auth_value": "agent", "authentication_token": "agent", "static_header": "agent", "api_key": "agent",
            "lent": "guest", "client_credentials": "login:agent"}  # the way to show a token, and the principal behind it
WRONG = "Unauthorized: the token that was shown is none of this gateway's"
MISSING = "Unauthorized: a bearer token is needed"
NARROW = "Forbidden: the credential that was shown lacks a scope"
REFUSED = {"wrong": (401, "bad_token", WRONG), "none": (401, "missing", MISSING),
           "narrow": (403, "insufficient_scope", NARROW), "narrow_client_credentials": (403, "insufficient_scope", NARROW)}


def bearer(variable):
    return {"auth_type": "bearer_token", "auth_value": "os.environ/" + variable}


def client_credentials(server, *scopes):
    return {"auth_type": "oauth2", "oauth2_flow": "client_credentials", "token_url": server.issuer + "/token",
            "client_id": "agent", "client_secret": "os.environ/CLIENT_SECRET", "scopes": list(scopes)}


def entries(server):
    return {"auth_value": bearer("GATEWAY_TOKEN"),
            "authentication_token": {"auth_type": "bearer_token", "authentication_token": "os.environ/GATEWAY_TOKEN"},
            "static_header": {"static_headers": {"Authorization": "Bearer " + TOKEN}},
            "api_key": {"auth_type": "api_key", "auth_value": "os.environ/GATEWAY_TOKEN"},
            "lent": bearer("LENT_TOKEN"),
            "client_credentials": client_credentials(server, "mcp", "echo:use"),
            "wrong": bearer("WRONG_TOKEN"),
            "none": {},
            "narrow": bearer("NARROW_TOKEN"),
            "narrow_client_credentials": client_credentials(server, "mcp")}


@pytest.fixture(scope="module")
def lend(tmp_path_factory):
    """lend(token...) makes them the content of the gateway's tokens_file, which is lend.file."""
    def replace(*tokens):
        new = replace.file.with_suffix(".new")
        new.write_text(json.dumps({"tokens": [{"name": "guest", "token": token} for token in tokens]}))
        os.replace(new, replace.file)

    replace.file = tmp_path_factory.mktemp("tokens") / "tokens.json"
    replace(LENT_TOKEN)
    return replace


@pytest.fixture(scope="module")
def gateway(started_for_all, lend):
    """Accepts tokens for all of it: LiteLLM does not tell the authorization server which service it wants one for."""
    server, gateway = begin(started_for_all, audience=["https://mcp.example.com"], tokens_file=lend.file)
    server.control(audience="https://mcp.example.com")
    return gateway


@pytest.fixture(scope="module")
def litellm(gateway, tmp_path_factory):
    """Has an entry for each way to show a token over each transport."""
    servers = {f"{way}_{transport}": {"url": gateway.url(transport), "transport": transport, **entry}
               for way, entry in entries(gateway.server).items() for transport in TRANSPORTS}
    with LiteLLM(servers, tmp_path_factory.mktemp("litellm"), environment=ENVIRONMENT) as running:
        yield running


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("way", ACCEPTED)
def test_litellm_lists_and_calls_tools_with_a_right_token(litellm, gateway, way, transport):
    name = f"{way}_{transport}"
    assert list(litellm.list_tools(name)) == ["echo", "sleep", "big"]
    before = len(gateway.events("audit.call"))
    status, result = litellm.call_tool(name, "echo", {"text": "in"})
    assert (status, result["content"][0]["text"]) == (200, "in")
    done = gateway.wait_for("audit.call", before + 1)
    assert (done["principal"], done["decision"]) == (ACCEPTED[way], "allowed")


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("way", REFUSED)
def test_litellm_tells_its_caller_that_a_token_is_refused_and_its_log_why(litellm, gateway, way, transport):
    name, (status, reason, said) = f"{way}_{transport}", REFUSED[way]
    before, logged = gateway.refused(reason), len(litellm.log_text())
    assert litellm.get(f"/mcp-rest/tools/list?server_id={name}")[0] == status
    gateway.until(lambda: gateway.refused(reason) > before)
    assert said in litellm.log_text()[logged:]
    assert litellm.call_tool(name, "echo", {"text": "in"})[0] == 500


def test_a_server_with_a_refused_token_is_unhealthy_and_those_beside_it_are_not(litellm):
    health = {name: found for name, found in litellm.health().items() if "client_credentials" not in name}  # not probed
    refused = {f"{way}_{transport}" for way in REFUSED for transport in TRANSPORTS}
    assert health == {name: "unhealthy" if name in refused else "healthy" for name in health}
    assert len(health) == len(TRANSPORTS) * (len(ACCEPTED) + len(REFUSED) - 2)


def test_litellm_needs_no_restart_when_its_token_is_taken_away_and_given_back(litellm, gateway, lend):
    lend()
    gateway.until(lambda: gateway.status(LENT_TOKEN) == 401)
    for name in ("lent_sse", "lent_http"):
        status, result = litellm.call_tool(name, "echo", {"text": "in"})
        assert (status, result["isError"]) == (200, True)
        assert "401 Unauthorized" in result["content"][0]["text"]
    lend(LENT_TOKEN)
    gateway.until(lambda: gateway.status(LENT_TOKEN) == 200)
    for name in ("lent_sse", "lent_http"):
        status, result = litellm.call_tool(name, "echo", {"text": "in"})
        assert (status, result["isError"]) == (200, False)


def test_the_gateway_logs_no_token(litellm, gateway):
    assert litellm.call_tool("auth_value_http", "echo", {"text": "in"})[0] == 200
    logged = json.dumps(gateway.log.events)
    assert not [name for name, token in ENVIRONMENT.items() if token in logged]
