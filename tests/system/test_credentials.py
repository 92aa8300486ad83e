"""Every route of the gateway with every credential that is not good there: what is refused, how, and what is told of it.

T-AUT. The routes are made from three tables, DOORS, WAYS and KINDS, and those of the admin listener from ADMIN. A path that the
sources serve and no table has fails a test. All requests show the open session of Ann: nobody else may use it.
"""
import itertools
import json
import re
import time
from collections import Counter
from dataclasses import dataclass, replace

import pytest

from authorization_server import AuthorizationServer, SigningKey
from clients import BOTH, JSON, call, initialize
from gateway_under_test import ROOT, Gateway, chaos
from wire import Connection

PUBLIC, BASE = "https://gw.test", "/team"
OPERATOR = "token-of-the-operator-0123"
INTRUDER = "said-by-an-intruder"  # no child may ever read this

# ── the routes ───────────────────────────────────────────────────────────────────────────────────

# What stands behind a service's name: the endpoint whose metadata a refusal names; None where a stranger is answered, in brief.
DOORS = {"/mcp": "/mcp", "/sse": "/sse", "/messages": "/sse", "/message": "/sse", "/health": None}

# How a path leads to a door: listener, Host and path.
WAYS = {
    "by its name": ("main", None, "/{service}{door}"),
    "with a slash at the end": ("main", None, "/{service}{door}/"),
    "by the alias": ("main", None, "/servers/{service}{door}"),
    "below the base path": ("main", None, BASE + "/{service}{door}"),
    "by its host": ("main", "mcp-{service}", "{door}"),
    "on its own listener": ("{service}", None, "{door}"),
    "on its own listener by its name": ("{service}", None, "/{service}{door}"),
}

CALL = json.dumps(call("echo", {"text": INTRUDER})).encode()
STATELESS_CALL = json.dumps(call("echo", {"text": INTRUDER}) | {"params": {
    "name": "echo", "arguments": {"text": INTRUDER}, "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"}}}}).encode()
STATELESS = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "echo"}

# Method, whether Ann's session is named, other fields, and the body.
KINDS = {
    "GET": ("GET", False, {}, None), "GET of a session": ("GET", True, {}, None),
    "POST": ("POST", False, JSON, CALL), "POST of a session": ("POST", True, JSON, CALL),
    "POST of initialize": ("POST", False, JSON, json.dumps(initialize()).encode()),
    "stateless POST": ("POST", False, {**JSON, **STATELESS}, STATELESS_CALL),
    "DELETE of a session": ("DELETE", True, {}, None),
    "PUT": ("PUT", False, JSON, CALL), "PATCH": ("PATCH", True, JSON, CALL), "HEAD": ("HEAD", True, {}, None),
}
LOOKS_FOR_A_SESSION = {"/mcp": ("GET", "POST", "DELETE"), "/sse": ("GET", "POST", "DELETE"), "/messages": ("POST",), "/message": ("POST",)}

# Pages of the admin listener. "free" ones are read by everybody who reaches it, the others need the token of the operator.
ADMIN = {"/": "free", "/index.html": "free", "/health": "free", "/healthz": "free", "/readyz": "free", "/livez": "free",
         "/version": "free", "/metrics": "free", "/api/status": "free", "/api/events": "free", "/api/versions": "free", "/api/log": "GET",
         "/api/log-level": "POST", "/api/reload": "POST", "/api/upgrade": "POST"}
ADMIN_OF_SERVICES = {"tools": "free", "restart": "POST", "renew": "POST", "drain": "POST", "undrain": "POST", "call": "POST", "reset-circuit": "POST",
                     "canary": "POST"}


@dataclass(frozen=True)
class Route:
    service: str
    door: str
    listener: str
    host: str
    path: str
    method: str
    shows_session: bool
    fields: dict
    body: bytes

    def finds_a_session(self):
        return self.shows_session and self.method in LOOKS_FOR_A_SESSION.get(self.door, ())


def routes(services=("guarded", "plain")):
    for service, door, way, kind in itertools.product(services, DOORS, WAYS.values(), KINDS.values()):
        listener, host, path = (text and text.format(service=service, door=door) for text in way)
        yield Route(service, door, listener, host, path, *kind)
    for service, kind in itertools.product(services, KINDS.values()):
        if kind[1]:  # only the session says of which service
            yield Route(service, "/messages", "main", None, "/messages", *kind)


# ── the credentials ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Wrong:
    """A credential that is not good. `shown` makes its header fields of the issuer and two keys, the second a stranger's."""

    reason: str
    shown: object
    status: int = 401
    services: tuple = ("guarded", "plain")
    principal: str = None  # who it is all the same
    is_token: bool = True


def bearer(token):
    return {"Authorization": "Bearer " + token}


def good(issuer, **changes):
    """Claims of Ann that are good everywhere, but for these."""
    return issuer.claims(**{"aud": PUBLIC, "scope": "mcp guarded:use", **changes})


def signed(**changes):
    return lambda issuer, ours, _: bearer(ours.token(good(issuer, **changes)))


def in_seconds(seconds):
    return int(time.time()) + seconds


CREDENTIALS = {
    "none": Wrong("missing", lambda *_: {}, is_token=False),
    "an empty one": Wrong("missing", lambda *_: {"Authorization": "Bearer "}, is_token=False),
    "another scheme": Wrong(
        "missing", lambda issuer, ours, _: {"Authorization": "Basic " + ours.token(good(issuer))}, is_token=False),
    "a good token in a cookie": Wrong(
        "missing", lambda issuer, ours, _: {"Cookie": "access_token=" + ours.token(good(issuer))}, is_token=False),
    "a token of nobody": Wrong("bad_token", lambda *_: bearer("not-a-token-of-anybody")),
    "a key of nobody": Wrong("bad_token", lambda *_: {"X-API-Key": "not-a-token-of-anybody"}),
    "the operator's": Wrong("bad_token", lambda *_: bearer(OPERATOR)),
    "malformed": Wrong("malformed", lambda *_: bearer("eyJhbGciOiJSUzI1NiJ9.bm90IEpTT04.c2ln")),
    "without an end": Wrong("malformed", signed(exp=None)),
    "without a subject": Wrong("malformed", signed(sub=None)),
    "too long": Wrong("malformed", signed(padding="x" * 7000)),
    "expired": Wrong("expired", lambda issuer, ours, _: bearer(ours.token(good(issuer, exp=in_seconds(-120))))),
    "an expired key": Wrong("expired", lambda *_: {"X-API-Key": "token-that-is-old-0123"}),
    "not yet valid": Wrong("not_yet_valid", lambda issuer, ours, _: bearer(ours.token(good(issuer, nbf=in_seconds(3600))))),
    "for another gateway": Wrong("wrong_audience", signed(aud="https://other.test")),
    "for another service": Wrong("wrong_audience", signed(aud=PUBLIC + BASE + "/nobody/mcp")),
    "for our host by another scheme": Wrong("wrong_audience", signed(aud="http://gw.test")),
    "for nobody": Wrong("wrong_audience", signed(aud=[])),
    "of another issuer": Wrong("wrong_issuer", signed(iss="https://evil.test")),
    "signed with none": Wrong("wrong_algorithm", lambda issuer, ours, _: bearer(ours.unsigned_token(good(issuer)))),
    "signed with the public key as secret": Wrong(
        "wrong_algorithm", lambda issuer, ours, _: bearer(ours.token_with_secret(good(issuer), ours.public_pem()))),
    "named another algorithm": Wrong("wrong_algorithm", lambda issuer, ours, _: bearer(ours.token(good(issuer), {"alg": "RS512"}))),
    "signed by a stranger": Wrong("unknown_key", lambda issuer, _, stranger: bearer(stranger.token(good(issuer)))),
    "signed by a stranger in our name": Wrong(
        "bad_signature", lambda issuer, ours, stranger: bearer(stranger.token(good(issuer), {"kid": ours.kid}))),
    "for another service by its scope": Wrong(
        "insufficient_scope", signed(scope="mcp other:use"), 403, ("guarded",), "login:ann"),
    "without the scope of the gateway": Wrong("insufficient_scope", signed(scope="guarded:use"), 403, principal="login:ann"),
    "a key with another scope": Wrong(
        "insufficient_scope", lambda *_: {"X-API-Key": "token-of-poor-0123"}, 403, ("guarded",), "poor"),
    "another's, good for itself": Wrong("other_session", signed(sub="eve"), 404, principal="login:eve"),
    "a key, good for itself": Wrong("other_session", lambda *_: {"X-API-Key": "token-of-rich-0123"}, 404, principal="rich"),
}


def challenge(route, wrong):
    """The whole WWW-Authenticate of a refusal."""
    if wrong.status == 404:
        return None
    error = ', error="insufficient_scope"' if wrong.status == 403 else ', error="invalid_token"' if wrong.is_token else ""
    scopes = "mcp guarded:use" if route.service == "guarded" else "mcp"
    metadata = f"{PUBLIC}/.well-known/oauth-protected-resource{BASE}/{route.service}{DOORS[route.door]}"
    return f'Bearer realm="mcp-gateway"{error}, scope="{scopes}", resource_metadata="{metadata}"'


# ── the gateway ──────────────────────────────────────────────────────────────────────────────────


class Guarded:
    """A gateway, its issuer, and sessions of Ann in both services, by both transports."""

    def __init__(self, folder):
        self.keys = [SigningKey(folder, "one"), SigningKey(folder, "stranger")]
        self.issuer = AuthorizationServer(self.keys[:1])
        tokens = [{"name": "old", "token": "token-that-is-old-0123", "expires": "2020-01-01"},
                  {"name": "poor", "token": "token-of-poor-0123", "scopes": ["other:use"]},
                  {"name": "rich", "token": "token-of-rich-0123"}]
        oauth = {"issuers": [{"issuer": self.issuer.issuer, "name": "login"}], "required_scopes": ["mcp"]}
        self.gateway = Gateway(
            {"guarded": chaos(required_scopes=["guarded:use"], listen="127.0.0.1:0"), "plain": chaos(listen="127.0.0.1:0")},
            {"loops": 1,  # each has its own count of lines that were suppressed
             "public_url": PUBLIC, "base_path": BASE, "admin_token": OPERATOR, "log": {"audit": True},
             "auth": {"tokens": tokens, "oauth": oauth}})
        self.ann = bearer(self.keys[0].token(good(self.issuer)))
        self.http, self.sse = {}, {}
        for service in self.gateway.services:
            self.http[service] = self.gateway.http(service, headers=self.ann)
            self.http[service].initialize()
            self.sse[service] = self.gateway.sse(service, headers=self.ann)
        self.connections = {}
        self.refused = {}  # request id to reason and principal, of all that the main listener and those of services refused

    def stop(self):
        self.gateway.stop()
        self.issuer.stop()

    def shown(self, name):
        return CREDENTIALS[name].shown(self.issuer, *self.keys)

    def send(self, listener, method, path, fields, body):
        """The response, on a connection that is kept. Of HEAD there is no body, and of a stream nothing is read."""
        connection = self.connections.pop(listener, None) or Connection(self.gateway.ports[listener])
        connection.send_request(method, path, fields, body)
        response = connection.read_response(has_body=method != "HEAD")
        if response.stream or connection.is_over or response["connection"] == "close":
            connection.close()
        else:
            self.connections[listener] = connection
        return response

    def ask(self, route, credential):
        """What a route answers to header fields that are a credential."""
        path, session = route.path, {}
        if route.shows_session and "/message" in route.door:
            path += "?sessionId=" + self.sse[route.service].endpoint.rpartition("=")[2]
        elif route.shows_session:
            session = {"Mcp-Session-Id": self.http[route.service].session}
        host = {"Host": route.host} if route.host else {}
        fields = {"Accept": BOTH, **host, **route.fields, **session, **credential}
        return self.send(route.listener, route.method, path, fields, route.body)

    def ask_refused(self, route, wrong, credential):
        """The same where it must be refused."""
        response = self.ask(route, credential)
        assert response.status == wrong.status, (route, response.body[:300])
        assert response["www-authenticate"] == challenge(route, wrong), route
        assert not any(value.split()[-1].encode() in response.body for value in credential.values() if len(value) > 10)
        self.refused[response["x-request-id"]] = wrong.reason, wrong.principal
        return response

    def failures(self):
        """What the metric has counted so far, by reason."""
        return Counter({reason: int(float(count)) for reason, count in re.findall(
            r'^mcp_gateway_auth_failures_total\{.*?reason="(\w+)".*?\} (\S+)$', self.gateway.metrics(), re.M)})

    def assert_untouched(self):
        """Ann's sessions are as they were, and no child has read a word of an intruder."""
        for service in self.gateway.services:
            assert self.http[service].request("ping")["result"] == {}
            assert self.sse[service].request("ping")["result"] == {}
            assert self.sse[service].stream.unread == []
            seen = json.dumps(self.http[service].seen_by_child())
            assert INTRUDER not in seen and "ping" not in seen


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    running = Guarded(tmp_path_factory.mktemp("keys"))
    yield running
    running.stop()


# ── the matrix ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", CREDENTIALS)
def test_no_route_is_opened_by(guarded, name):
    """Cases 90 and 91."""
    wrong, credential = CREDENTIALS[name], guarded.shown(name)
    before = guarded.failures()
    asked = [route for route in routes(wrong.services)
             if DOORS[route.door] and (wrong.status != 404 or route.finds_a_session())]
    for route in asked:
        guarded.ask_refused(route, wrong, credential)
    assert len(asked) >= 88
    assert guarded.failures() - before == Counter({wrong.reason: len(asked)})
    guarded.assert_untouched()


def test_the_same_routes_are_open_to_ann(guarded):
    """Or the matrix would show nothing. What is wrong with a request itself, its method for example, is told to her alone."""
    for route in routes():
        if DOORS[route.door] and route.method == "POST" and not route.shows_session and DOORS[route.door] == route.door:
            asked = replace(route, body=route.body.replace(INTRUDER.encode(), b"said by ann"))
            response = guarded.ask(asked, guarded.ann)
            assert response.status == 200, (route, response.body)
        if DOORS[route.door] and route.method in ("PUT", "PATCH", "HEAD"):
            assert guarded.ask(route, guarded.ann).status == 405
    guarded.assert_untouched()


def test_a_good_token_in_the_query_is_none(guarded):
    token = guarded.ann["Authorization"].split()[1]
    for route in routes():
        if DOORS[route.door] and not route.shows_session:
            asked = replace(route, path=f"{route.path}?access_token={token}&token={token}")
            guarded.ask_refused(asked, CREDENTIALS["none"], {})


@pytest.mark.parametrize("name", [name for name, wrong in CREDENTIALS.items() if wrong.status == 401])
def test_to_strangers_the_health_of_a_service_is_one_word(guarded, name):
    before, credential = guarded.failures(), guarded.shown(name)
    for route in routes():
        if route.door == "/health" and route.method == "GET":
            assert guarded.ask(route, credential).json == {"status": "HEALTHY"}
    assert guarded.failures() == before


def test_what_a_stranger_sends_is_judged_by_nothing_but_its_credential(guarded):
    """Whether a session, a method or a body is good is told to those who may know."""
    wrong = CREDENTIALS["a token of nobody"]
    for path in ("/guarded/mcp", "/guarded/sse", "/guarded/messages?sessionId=unknown", "/guarded/messages"):
        for body in (b"", b"{", b"[]", b"\xff", CALL):
            for fields in ({}, JSON, {"Content-Type": "text/plain"}, {**JSON, "Mcp-Session-Id": "unknown"},
                           {**JSON, "MCP-Protocol-Version": "x"}):
                answer = guarded.send("main", "POST", path, {**fields, **guarded.shown("a token of nobody")}, body)
                assert answer.status == 401 and "error" in answer.json
                guarded.refused[answer["x-request-id"]] = wrong.reason, wrong.principal


# ── the admin listener ───────────────────────────────────────────────────────────────────────────


def pages(guard):
    paths = ADMIN | {f"/api/services/plain/{name}": how for name, how in ADMIN_OF_SERVICES.items()}
    return [path for path, how in paths.items() if how == guard]


@pytest.mark.parametrize("name", [*CREDENTIALS, "ann's"])
def test_no_action_of_an_operator_is_opened_by(guarded, name):
    if name == "the operator's":
        credential, reason = {"X-API-Key": OPERATOR[:-1]}, "bad_token"
    else:
        credential = guarded.ann if name == "ann's" else guarded.shown(name)
        reason = CREDENTIALS[name].reason if name in CREDENTIALS and not CREDENTIALS[name].is_token else "bad_token"
    error = "" if reason == "missing" else ', error="invalid_token"'
    before = guarded.failures()
    asked = [("POST", path) for path in pages("POST")] + [("GET", path) for path in pages("GET")]
    for method, path in asked:
        wanted = {"level": "debug", "tool": "echo", "arguments": {"text": INTRUDER}}
        body = json.dumps(wanted).encode() if method == "POST" else None
        for query in ("", f"?token={OPERATOR}&access_token={OPERATOR}"):
            response = guarded.send("admin", method, path + query, credential, body)
            assert response.status == 401, (method, path)
            assert response["www-authenticate"] == f'Bearer realm="mcp-gateway admin"{error}'
            assert list(response.json) == ["error"]
    assert guarded.failures() - before == Counter({reason: 2 * len(asked)})
    assert not guarded.gateway.events("admin.action") and not guarded.gateway.events("child.exit")
    guarded.assert_untouched()


def test_what_is_free_at_the_admin_listener_answers_without_a_token(guarded):
    for path in pages("free"):
        assert guarded.send("admin", "GET", path, {}, None).status == 200, path


def test_a_method_that_a_page_does_not_have_goes_around_no_token(guarded):
    for path in pages("POST"):
        for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"):
            assert guarded.send("admin", method, path, {}, None).status == 405, (method, path)
    assert not guarded.gateway.events("admin.action")


# ── what is told of it ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", CREDENTIALS)
def test_the_log_and_the_audit_say_who_was_refused_and_why(guarded, name):
    """So many lines a second; others are only counted."""
    wrong, credential = CREDENTIALS[name], guarded.shown(name)
    route = next(route for route in routes() if DOORS[route.door] and route.finds_a_session())
    mine = set()

    def lines(event):
        if not any(line.get("request_id") in mine for line in guarded.gateway.events(event)):
            mine.add(guarded.ask_refused(route, wrong, credential)["x-request-id"])
        return [line for line in guarded.gateway.events(event) if line.get("request_id") in mine]

    for event in ("audit.auth", "auth.denied"):
        line = guarded.gateway.until(lambda event=event: lines(event), what="a line in " + event)[0]
        assert (line["reason"], line.get("principal"), line["remote"]) == (wrong.reason, wrong.principal, "127.0.0.1")
    assert all(line["decision"] == "denied" for line in guarded.gateway.events("audit.auth"))


@pytest.mark.parametrize("event", ["audit.auth", "auth.denied"])
def test_each_refusal_is_a_line_or_counted_in_the_next(guarded, event):
    route = next(route for route in routes() if route.door == "/mcp")
    guarded.ask_refused(route, CREDENTIALS["none"], {})
    lines = guarded.gateway.until(lambda: [line for line in guarded.gateway.events(event)
                                           if line.get("request_id") in guarded.refused])
    for line in lines:
        assert (line["reason"], line.get("principal")) == guarded.refused[line["request_id"]]
    told = sum(1 + line.get("suppressed", 0) for line in lines)
    assert told == list(guarded.refused).index(lines[-1]["request_id"]) + 1


def test_no_line_holds_a_credential(guarded):
    everything = json.dumps(guarded.gateway.log.events) + guarded.gateway.metrics()
    for name in [*CREDENTIALS, "ann's"]:
        for value in (guarded.ann if name == "ann's" else guarded.shown(name)).values():
            for part in re.split(r"[ =.]", value):
                assert len(part) < 12 or part not in everything, name
    assert guarded.http["plain"].session not in everything


# ── the tables ───────────────────────────────────────────────────────────────────────────────────


def test_the_tables_have_every_path_that_the_sources_serve():
    """A new route needs a row here, which says who may use it."""
    endpoints = (ROOT / "gateway/frontend/endpoint.cc").read_text(encoding="utf-8")
    assert set(re.findall(r'path == "(/\w+)"', endpoints)) == set(DOORS)
    pages_of_admin = (ROOT / "gateway/admin/route.cc").read_text(encoding="utf-8")
    named = re.findall(r'\{"([^"]+)", Page::\w+\}', pages_of_admin)
    assert {name for name in named if name.startswith("/")} == set(ADMIN)
    assert {name for name in named if not name.startswith("/")} == set(ADMIN_OF_SERVICES)


def test_the_tables_have_every_reason_that_a_token_can_be_refused_for():
    """Those that are missing here need a certificate, a policy or an issuer that is asked."""
    denials = (ROOT / "gateway/auth/denial.h").read_text(encoding="utf-8")
    elsewhere = {"inactive", "expired_certificate", "unnamed_certificate", "forbidden", "issuer_unavailable"}
    assert {wrong.reason for wrong in CREDENTIALS.values()} - {"other_session"} == set(re.findall(r'return "(\w+)"', denials)) - elsewhere
