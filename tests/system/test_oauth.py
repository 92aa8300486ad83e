"""Access tokens of an authorization server: who is let in, who is not, and what each is told."""
import json
import time

import pytest

from authorization_server import AuthorizationServer, SigningKey
from clients import BOTH, JSON, call, initialize, message
from gateway_under_test import chaos, echo
from wire import TIMEOUT, Connection

PUBLIC = "https://gw.test"
STATIC = "static-token-of-bob"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return [SigningKey(folder, "one"), SigningKey(folder, "two"), SigningKey(folder, "stranger")]


@pytest.fixture
def issuer(keys):
    server = AuthorizationServer([keys[0]])
    yield server
    server.stop()


def configuration(issuer, oauth=None, introspection=None, **gateway):
    one = {"issuer": issuer.issuer, "name": "login"}
    if introspection is not None:
        one["introspection"] = introspection
    return {"public_url": PUBLIC, "log": {"audit": True}, **gateway,
            "auth": {"tokens": [{"name": "bob", "token": STATIC}],
                     "oauth": {"issuers": [one], "required_scopes": ["mcp"], **(oauth or {})}}}


SERVICES = {"echo": echo(required_scopes=["echo:use"]), "other": echo(required_scopes=["other:use"])}

# Every door of a service: method, path, Host, and the path of its metadata.
ROUTES = [("POST", "/echo/mcp", None, "/echo/mcp"), ("GET", "/echo/mcp", None, "/echo/mcp"),
          ("DELETE", "/echo/mcp", None, "/echo/mcp"), ("GET", "/echo/sse", None, "/echo/sse"),
          ("POST", "/echo/sse", None, "/echo/sse"), ("POST", "/echo/messages?sessionId=x", None, "/echo/sse"),
          ("POST", "/servers/echo/mcp", None, "/echo/mcp"), ("POST", "/mcp", "mcp-echo", "/echo/mcp"),
          ("GET", "/sse", "mcp-echo:8080", "/echo/sse")]


def ask(gateway, method="POST", path="/echo/mcp", token=None, host=None, fields=(), body=None):
    connection = Connection(gateway.port)
    head = {"Accept": BOTH, **(JSON if method == "POST" else {}), **dict(fields)}
    if token is not None:
        head["Authorization"] = "Bearer " + token
    if host is not None:
        head["Host"] = host
    if method == "POST" and body is None:
        body = json.dumps(call("echo", {"text": "in"})).encode()
    connection.send_request(method, path, head, body)
    response = connection.read_response()
    connection.close()
    return response


def bad_tokens(issuer, keys):
    """What is wrong, the token, and the status."""
    key, stranger = keys[0], keys[2]
    good = issuer.claims()
    now = int(time.time())
    return {
        "missing": (None, 401),
        "bad_token": ("not-a-token-of-anybody", 401),
        "malformed": ("eyJhbGciOiJSUzI1NiJ9.bm90IEpTT04.c2ln", 401),
        "expired": (key.token(issuer.claims(exp=now - 120)), 401),
        "not_yet_valid": (key.token(issuer.claims(nbf=now + 3600)), 401),
        "wrong_audience": (key.token(issuer.claims(aud=PUBLIC + "/other/mcp")), 401),
        "wrong_issuer": (key.token(issuer.claims(iss="https://evil.test")), 401),
        "wrong_algorithm": (key.unsigned_token(good), 401),
        "wrong_algorithm ": (key.token_with_secret(good, key.public_pem()), 401),
        "wrong_algorithm  ": (key.token(good, {"alg": "RS512"}), 401),
        "unknown_key": (stranger.token(good), 401),
        "bad_signature": (stranger.token(good, {"kid": key.kid}), 401),
        "insufficient_scope": (key.token(issuer.claims(scope="mcp other:use")), 403),
        "insufficient_scope ": (key.token(issuer.claims(scope="echo:use")), 403),
    }


@pytest.mark.parametrize("reason", ["missing", "bad_token", "malformed", "expired", "not_yet_valid", "wrong_audience",
                                    "wrong_issuer", "wrong_algorithm", "wrong_algorithm ", "wrong_algorithm  ", "unknown_key",
                                    "bad_signature", "insufficient_scope", "insufficient_scope "])
def test_a_token_that_is_not_good_opens_no_door(start_gateway, issuer, keys, reason):
    """On every door: the status, what the client is told to do, the audit and the metric."""
    gateway = start_gateway(SERVICES, configuration(issuer))
    token, status = bad_tokens(issuer, keys)[reason]
    for method, path, host, metadata in ROUTES:
        response = ask(gateway, method, path, token, host)
        assert response.status == status, (method, path, response.body)
        said = response["www-authenticate"]
        assert said.startswith('Bearer realm="mcp-gateway"')
        assert f'resource_metadata="{PUBLIC}/.well-known/oauth-protected-resource{metadata}"' in said
        assert 'scope="mcp echo:use"' in said
        error = "insufficient_scope" if status == 403 else None if token is None else "invalid_token"
        assert ("error=" in said) == (error is not None)
        assert error is None or f'error="{error}"' in said
        assert token is None or token not in response.body.decode()
    reason = reason.strip()
    assert gateway.metric("mcp_gateway_auth_failures_total", reason=reason) == len(ROUTES)
    gateway.wait_for("audit.auth", len(ROUTES), decision="denied", reason=reason)


def test_a_good_token_opens_every_door_and_names_its_principal(start_gateway, issuer, keys):
    gateway = start_gateway(SERVICES, configuration(issuer))
    token = keys[0].token(issuer.claims())
    for method, path, host, _ in ROUTES:
        if method == "POST" and "messages" not in path:
            assert ask(gateway, method, path, token, host).status == 200, path
    done = gateway.wait_for("audit.call", 4)
    assert (done["principal"], done["credential"]) == ("login:ann", "jwt")
    assert ask(gateway, path="/other/mcp", token=token).status == 401  # for another service's endpoint
    assert ask(gateway, token=STATIC).status == 200
    assert gateway.wait_for("audit.call", 5)["credential"] == "static_token"


def test_a_session_belongs_to_the_principal_that_opened_it(start_gateway, issuer, keys):
    gateway = start_gateway({"echo": echo()}, configuration(issuer, {"required_scopes": []}))
    ann, eve = (keys[0].token(issuer.claims(sub=sub)) for sub in ("ann", "eve"))
    opened = ask(gateway, token=ann, body=json.dumps(initialize()).encode())
    session = {"Mcp-Session-Id": opened["mcp-session-id"]}
    stream = gateway.sse("echo", headers={"Authorization": "Bearer " + ann})
    for token in (eve, STATIC):
        for method in ("POST", "GET", "DELETE"):
            assert ask(gateway, method, token=token, fields=session).status == 404
        assert ask(gateway, path=stream.endpoint, token=token).status == 404
    gateway.wait_for("audit.auth", 8, reason="other_session")
    assert gateway.metric("mcp_gateway_auth_failures_total", reason="other_session") == 8
    another = keys[0].token(issuer.claims(jti="2"))  # of the same principal
    assert ask(gateway, token=another, fields=session).status == 200
    assert ask(gateway, fields=session).status == 401
    expired = keys[0].token(issuer.claims(exp=int(time.time()) - 120))
    assert ask(gateway, token=expired, fields=session).status == 401


def test_subjects_of_two_issuers_and_holders_of_tokens_are_different_principals(start_gateway, issuer, keys):
    second = AuthorizationServer([keys[1]])
    config = configuration(issuer, {"required_scopes": []})
    config["auth"]["oauth"]["issuers"].append({"issuer": second.issuer, "name": "second"})
    gateway = start_gateway({"echo": echo()}, config)
    names = set()
    for count, token in enumerate((keys[0].token(issuer.claims(sub="bob")), keys[1].token(second.claims(sub="bob")), STATIC), 1):
        assert ask(gateway, token=token).status == 200
        names.add(gateway.wait_for("audit.call", count)["principal"])
    assert names == {"login:bob", "second:bob", "bob"}
    assert ask(gateway, token=keys[1].token(issuer.claims())).status == 401  # signed by the other issuer
    second.stop()


# ── metadata ─────────────────────────────────────────────────────────────────────────────────────

WELL_KNOWN = "/.well-known/oauth-protected-resource"


@pytest.mark.parametrize("path, resource, scopes", [
    ("", "", ["mcp", "echo:use", "other:use"]), ("/echo/mcp", "/echo/mcp", ["mcp", "echo:use"]),
    ("/echo/sse", "/echo/sse", ["mcp", "echo:use"]), ("/other/mcp", "/other/mcp", ["mcp", "other:use"]),
    ("/servers/echo/mcp", "/echo/mcp", ["mcp", "echo:use"])])
def test_metadata_says_where_tokens_come_from(start_gateway, issuer, path, resource, scopes):
    gateway = start_gateway(SERVICES, configuration(issuer))
    response = ask(gateway, "GET", WELL_KNOWN + path)
    assert response.status == 200
    said = response.json
    assert said["resource"] == PUBLIC + resource
    assert said["authorization_servers"] == [issuer.issuer]
    assert said["scopes_supported"] == scopes
    assert said["bearer_methods_supported"] == ["header"]


def test_there_is_no_metadata_of_what_is_not_there(start_gateway, issuer):
    gateway = start_gateway(SERVICES, configuration(issuer))
    for path in ("/nobody/mcp", "/echo", "/echo/health", "/health", "x", "/echo/mcp/x"):
        assert ask(gateway, "GET", WELL_KNOWN + path).status == 404, path
    assert ask(gateway, "POST", WELL_KNOWN).status == 405
    without = start_gateway({"echo": echo()}, {"auth": {"tokens": [{"name": "a", "token": STATIC}]}})
    assert ask(without, "GET", WELL_KNOWN).status == 404
    assert "resource_metadata" not in ask(without)["www-authenticate"]


def test_urls_are_those_of_the_proxy_in_front_if_it_is_trusted(start_gateway, issuer):
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "mcp.example.com:8443"}
    config = configuration(issuer, base_path="/team", allowed_hosts=["mcp.example.com"])
    for proxies, origin in ((["127.0.0.0/8"], "https://mcp.example.com:8443"), (["10.0.0.0/8"], PUBLIC), ([], PUBLIC)):
        gateway = start_gateway(SERVICES, {**config, "trusted_proxies": proxies})
        assert ask(gateway, "GET", WELL_KNOWN + "/team/echo/mcp", fields=forwarded).json["resource"] == origin + "/team/echo/mcp"
        assert f'"{origin}{WELL_KNOWN}/team/echo/mcp"' in ask(gateway, fields=forwarded)["www-authenticate"]
    evil = {**forwarded, "X-Forwarded-Host": "evil.test"}
    gateway = start_gateway(SERVICES, {**config, "trusted_proxies": ["127.0.0.1"]})
    assert ask(gateway, "GET", WELL_KNOWN, fields=evil).json["resource"] == PUBLIC + "/team"


# ── keys and opaque tokens ───────────────────────────────────────────────────────────────────────

def test_a_new_key_is_fetched_when_a_token_names_it(start_gateway, issuer, keys):
    gateway = start_gateway(SERVICES, configuration(issuer))
    assert ask(gateway, token=keys[0].token(issuer.claims())).status == 200
    issuer.keys = [keys[1]]
    assert ask(gateway, token=keys[1].token(issuer.claims())).status == 200
    assert issuer.count("/keys") == 2
    for _ in range(20):
        assert ask(gateway, token=keys[2].token(issuer.claims())).status == 401
    assert issuer.count("/keys") <= 6  # at a bounded rate


def test_an_issuer_that_is_away_keeps_nobody_out_whose_key_is_known(start_gateway, issuer, keys):
    gateway = start_gateway(SERVICES, configuration(issuer))
    assert ask(gateway, token=keys[0].token(issuer.claims())).status == 200
    issuer.is_away = True
    refused = ask(gateway, token=keys[1].token(issuer.claims()))
    assert (refused.status, refused["retry-after"]) == (503, "1")
    assert ask(gateway, token=keys[0].token(issuer.claims(sub="eve"))).status == 200
    assert "503" in gateway.wait_for("auth.source", source="jwks", level="error")["err.msg"]
    assert gateway.metric("mcp_gateway_auth_source_reads_total", source="jwks", outcome="error") >= 1


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys"])
def test_an_issuer_cannot_send_the_gateway_elsewhere(start_gateway, issuer, keys, path):
    """To a server of the gateway's own network, for example, which only it can reach."""
    elsewhere = AuthorizationServer([keys[1]])
    issuer.redirects[path] = elsewhere.issuer + path
    gateway = start_gateway(SERVICES, configuration(issuer))
    assert ask(gateway, token=keys[1].token(issuer.claims())).status == 503
    assert path in [asked[0] for asked in issuer.asked] and elsewhere.asked == []
    elsewhere.stop()


def test_keys_of_a_file_are_read_again_when_it_was_replaced(start_gateway, issuer, keys, tmp_path):
    path = tmp_path / "keys.json"

    def replace(text):
        new = tmp_path / "new"
        new.write_text(text, encoding="utf-8")
        new.rename(path)

    replace(json.dumps({"keys": [keys[0].jwk()]}))
    config = configuration(issuer)
    config["auth"]["oauth"]["issuers"][0]["jwks_file"] = str(path)
    gateway = start_gateway(SERVICES, config)
    assert ask(gateway, token=keys[0].token(issuer.claims())).status == 200
    replace("{}")
    gateway.wait_for("auth.source", source="jwks", level="error")
    assert ask(gateway, token=keys[0].token(issuer.claims(sub="eve"))).status == 200
    replace(json.dumps({"keys": [keys[1].jwk()]}))
    gateway.wait_for("auth.source", 2, source="jwks", level="info")
    assert ask(gateway, token=keys[1].token(issuer.claims())).status == 200
    assert ask(gateway, token=keys[0].token(issuer.claims())).status == 401
    assert issuer.count("/keys") == 0


def test_an_opaque_token_is_good_while_its_issuer_says_so(start_gateway, issuer):
    asks = {"client_id": "gate way", "client_secret": "s:ecret", "cache": "0s"}
    gateway = start_gateway(SERVICES, configuration(issuer, introspection=asks))
    issuer.answers["opaque+/="] = {"active": True, "sub": "ann", "aud": PUBLIC, "scope": "mcp echo:use"}
    assert ask(gateway, token="opaque+/=").status == 200
    done = gateway.wait_for("audit.call")
    assert (done["principal"], done["credential"]) == ("login:ann", "opaque_token")
    asked = next(asked for asked in issuer.asked if asked[0] == "/ask")
    assert asked[2] == "Basic Z2F0ZSUyMHdheTpzJTNBZWNyZXQ="
    del issuer.answers["opaque+/="]  # revoked
    deadline = time.monotonic() + TIMEOUT
    while (status := ask(gateway, token="opaque+/=").status) == 200 and time.monotonic() < deadline:
        pass
    assert status == 401
    assert gateway.metric("mcp_gateway_auth_failures_total", reason="inactive") >= 1
    issuer.is_away = True
    assert ask(gateway, token="another").status == 503


def test_a_client_that_leaves_while_its_issuer_is_asked_harms_nobody(start_gateway, issuer, keys):
    gateway = start_gateway(SERVICES, configuration(issuer, introspection={"client_id": "g", "client_secret": "s"}))
    body = json.dumps(call("echo", {"text": "in"}))
    head = f"POST /echo/mcp HTTP/1.1\r\nHost: localhost\r\nAccept: {BOTH}\r\nContent-Type: application/json\r\n"
    for number in range(20):
        connection = Connection(gateway.port)
        connection.send(f"{head}Authorization: Bearer token-{number}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        connection.reset()
    assert ask(gateway, token=keys[0].token(issuer.claims())).status == 200


def test_each_request_of_a_connection_is_judged_by_the_token_it_shows(start_gateway, issuer, keys):
    gateway = start_gateway(SERVICES, configuration(issuer, log={"level": "info", "audit": True}))
    connection = Connection(gateway.port)
    ann, eve = (keys[0].token(issuer.claims(sub=sub)) for sub in ("ann", "eve"))
    wrong = ann[:-8] + ("A" * 8 if ann[-8:] != "A" * 8 else "B" * 8)
    for token, status in ((ann, 200), (ann, 200), (eve, 200), (wrong, 401), (ann, 200), (STATIC, 200), ("", 401), (ann, 200)):
        fields = {"Accept": BOTH, "Content-Type": "application/json", **({"Authorization": "Bearer " + token} if token else {})}
        connection.send_request("POST", "/echo/mcp", fields, json.dumps(call("echo", {"text": "in"})).encode())
        assert connection.read_response().status == status
    gateway.wait_for("audit.call", 6)
    assert [line["principal"] for line in gateway.events("audit.call")] == [
        "login:ann", "login:ann", "login:eve", "login:ann", "bob", "login:ann"]


def test_requests_behind_one_that_waits_are_answered_in_their_order(start_gateway, issuer, keys):
    gateway = start_gateway(SERVICES, configuration(issuer, introspection={"client_id": "g", "client_secret": "s"}))
    connection = Connection(gateway.port)
    bodies = [json.dumps(call("echo", {"text": "in"}, id=number)) for number in (1, 2)]
    tokens = ["unknown", keys[0].token(issuer.claims())]
    connection.send("".join(
        f"POST /echo/mcp HTTP/1.1\r\nHost: localhost\r\nAccept: {BOTH}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        for token, body in zip(tokens, bodies)).encode())
    assert connection.read_response().status == 401
    assert connection.read_response().json["id"] == 2


def test_a_clients_token_never_reaches_the_child(start_gateway, issuer, keys):
    gateway = start_gateway({"chaos": chaos()}, configuration(issuer, {"required_scopes": []}))
    token = keys[0].token(issuer.claims(aud=PUBLIC, sub="zelda-of-login"))
    client = gateway.http("chaos", headers={"Authorization": "Bearer " + token})
    client.initialize()
    client.call("echo", {"a": 1})
    seen = json.dumps(client.seen_by_child())
    assert "zelda" not in seen and token not in seen and token.rpartition(".")[2] not in seen


def test_a_stateless_client_is_let_in_by_its_token(start_gateway, issuer, keys):
    gateway = start_gateway(SERVICES, configuration(issuer))
    fields = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "server/discover"}
    body = json.dumps(message("server/discover", {"_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}}}, id=1)).encode()
    assert ask(gateway, token=keys[0].token(issuer.claims()), fields=fields, body=body).status == 200
    assert ask(gateway, token=keys[0].token(issuer.claims(scope="mcp")), fields=fields, body=body).status == 403


# ── static tokens ────────────────────────────────────────────────────────────────────────────────

def test_a_static_token_ends_when_it_says_and_does_what_it_may(start_gateway):
    tokens = [{"name": "old", "token": "old-token-0123456789", "expires": "2020-01-01"},
              {"name": "poor", "token": "poor-token-0123456789", "scopes": ["other:use"]},
              {"name": "rich", "token": "rich-token-0123456789"}]
    gateway = start_gateway(SERVICES, {"auth": {"tokens": tokens}, "log": {"audit": True}})
    assert ask(gateway, token="old-token-0123456789").status == 401
    gateway.wait_for("audit.auth", reason="expired")
    refused = ask(gateway, token="poor-token-0123456789")
    assert refused.status == 403
    assert refused["www-authenticate"] == 'Bearer realm="mcp-gateway", error="insufficient_scope", scope="echo:use"'
    assert gateway.wait_for("audit.auth", reason="insufficient_scope")["principal"] == "poor"
    assert ask(gateway, path="/other/mcp", token="poor-token-0123456789").status == 200
    assert ask(gateway, token="rich-token-0123456789").status == 200


def test_a_file_of_tokens_is_read_again_and_a_broken_one_is_not_used(start_gateway, tmp_path):
    path = tmp_path / "tokens.json"

    def replace(text):
        new = tmp_path / "new"
        new.write_text(text, encoding="utf-8")
        new.rename(path)

    replace(json.dumps({"tokens": [{"name": "one", "token": "token-one-0123456789"}]}))
    gateway = start_gateway({"echo": echo()}, {"auth": {"tokens_file": str(path)}})
    assert ask(gateway, token="token-one-0123456789").status == 200
    replace('{"tokens": [{"name": "two"}]}')
    problem = gateway.wait_for("auth.source", source="tokens_file", level="error")
    assert problem["err.msg"] == f"the file {path} is not used: tokens[0]: expected exactly one of token and sha256"
    assert gateway.metric("mcp_gateway_auth_source_reads_total", source="tokens_file", outcome="error") == 1
    assert ask(gateway, token="token-one-0123456789").status == 200
    replace(json.dumps({"tokens": [{"name": "two", "token": "token-two-0123456789"}]}))
    gateway.wait_for("auth.source", 2, source="tokens_file", level="info")
    assert ask(gateway, token="token-one-0123456789").status == 401
    assert ask(gateway, token="token-two-0123456789").status == 200
