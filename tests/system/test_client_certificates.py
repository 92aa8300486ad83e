"""Client certificates: who is let in, as whom, and what a token beside one means."""
import json
import subprocess
import time

import pytest

from certificates import SERVER_NAMES, Authority
from clients import BOTH, JSON, as_bytes, call, initialize
from gateway_under_test import ECHO, GATEWAY, echo
from wire import SECURE, TIMEOUT, Connection

TOKEN = {"Authorization": "Bearer a-token-that-nobody-guesses"}
TOKENS = {"tokens": [{"name": "tina", "token": "a-token-that-nobody-guesses"}]}


@pytest.fixture
def servers(tmp_path):
    """The authority of the gateway's own certificate."""
    return Authority(tmp_path / "servers", "servers")


@pytest.fixture
def people(tmp_path):
    """The authority of clients' certificates."""
    return Authority(tmp_path / "people", "people")


@pytest.fixture
def tls(servers, people):
    return {**servers.issue("server", SERVER_NAMES).config, "client_ca": str(people.certificate)}


def post(port, context, headers=(), path="/echo/mcp", body=None):
    """The response to a call on a connection of its own."""
    connection = Connection(port, context=context)
    try:
        connection.send_request("POST", path, {**JSON, "Accept": BOTH, **dict(headers)},
                                as_bytes(body or initialize()))
        return connection.read_response()
    finally:
        connection.close()


def is_turned_away(port, context):
    """Whether a client gets no answer, but an alert. With TLS 1.3 it learns so when it reads."""
    try:
        post(port, context)
    except (OSError, AssertionError):  # ssl.SSLError is one
        return True
    return False


def principals(gateway, count):
    """Who made the calls so far, and by which credential."""
    gateway.wait_for("audit.call", count)
    return [(event.get("principal"), event.get("credential")) for event in gateway.events("audit.call")]


def call_as(gateway, context, headers=(), **where):
    """Calls a tool on a connection of its own; the status."""
    return post(where.get("port", gateway.port), context, headers, where.get("path", "/echo/mcp"),
                call("echo", {"text": "x"})).status


AUDIT = {"log": {"audit": True}}


# ── who is let in ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("client_auth", ["required", "optional"])
def test_the_matrix_of_certificates(start_gateway, tmp_path, servers, people, tls, client_auth):
    strangers = Authority(tmp_path / "strangers", "people")  # of the same name
    gateway = start_gateway({"echo": echo()}, {"tls": {**tls, "client_auth": client_auth}, **AUDIT})
    alice = people.issue("alice")
    assert call_as(gateway, servers.client(alice)) == 200
    assert principals(gateway, 1) == [("cert:alice", "client_certificate")]
    bad = {"self-signed": Authority(tmp_path / "self", "alice"), "expired": people.issue("alice", days=-1),
           "another authority": strangers.issue("alice"), "a server's": people.issue("alice", usage="serverAuth")}
    for what, shown in bad.items():
        assert is_turned_away(gateway.port, servers.client(shown)), what
    gateway.until(lambda: gateway.metric("mcp_gateway_tls_handshakes_total", result="bad_certificate") == len(bad))
    assert gateway.metric("mcp_gateway_auth_failures_total", reason="bad_certificate") == len(bad)
    told = [event["shown"] for event in gateway.events("auth.denied", reason="bad_certificate")]
    assert len(told) == len(bad) and "certificate has expired" in told, told
    if client_auth == "required":
        assert is_turned_away(gateway.port, servers.client())
        gateway.until(lambda: gateway.metric("mcp_gateway_auth_failures_total", reason="no_certificate") == 1)
    else:
        assert call_as(gateway, servers.client()) == 200
        assert principals(gateway, 2)[1] == (None, None)


def test_the_admin_listener_can_ask_for_certificates(start_gateway, servers, people, tls):
    gateway = start_gateway({"echo": echo()}, {"admin_tls": {**tls, "client_auth": "required"}})
    port = gateway.ports["admin"]
    assert is_turned_away(port, servers.client())
    SECURE[port] = servers.client(people.issue("operator"))
    try:
        assert gateway.admin("/livez").status == 200
        assert gateway.events("auth.denied", listener="admin", reason="no_certificate")
    finally:
        SECURE.pop(port)


# ── a token beside a certificate ─────────────────────────────────────────────────────────────────


def test_a_token_decides_where_one_is_shown(start_gateway, servers, people, tls):
    gateway = start_gateway({"echo": echo()}, {"tls": {**tls, "client_auth": "optional"}, "auth": TOKENS, **AUDIT})
    alice, nobody = servers.client(people.issue("alice")), servers.client()
    assert call_as(gateway, alice) == 200
    assert call_as(gateway, alice, TOKEN) == 200
    assert call_as(gateway, nobody, TOKEN) == 200
    assert call_as(gateway, nobody) == 401
    assert call_as(gateway, alice, {"Authorization": "Bearer wrong"}) == 401
    assert call_as(gateway, alice, {"X-API-Key": "wrong"}) == 401
    assert call_as(gateway, alice, {"Authorization": "Basic YTpi"}) == 200
    assert [name for name, _ in principals(gateway, 4)] == ["cert:alice", "tina", "tina", "cert:alice"]


def test_tokens_mean_nothing_where_there_are_none(start_gateway, servers, people, tls):
    gateway = start_gateway({"echo": echo()}, {"tls": {**tls, "client_auth": "required"}, **AUDIT})
    assert call_as(gateway, servers.client(people.issue("alice")), TOKEN) == 200
    assert principals(gateway, 1) == [("cert:alice", "client_certificate")]


def test_health_is_told_in_full_to_those_who_are_known(start_gateway, servers, people, tls):
    gateway = start_gateway({"echo": echo()}, {"tls": {**tls, "client_auth": "optional"}, "auth": TOKENS})

    def members(context):
        connection = Connection(gateway.port, context=context)
        connection.send_request("GET", "/health")
        response = connection.read_response()
        connection.close()
        return set(json.loads(response.body))

    assert members(servers.client()) == {"status"}
    assert "servers" in members(servers.client(people.issue("alice")))


# ── who it is ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("client_name, names, principal", [
    ("common_name", None, "cert:alice"),
    ("email", "email:alice@example.com,DNS:laptop", "cert:alice@example.com"),
    ("dns", "email:alice@example.com,DNS:laptop", "cert:laptop"),
    ("uri", "URI:spiffe://example.com/alice", "cert:spiffe://example.com/alice"),
    ("email", None, None),
    ("email", "email:a@example.com,email:b@example.com", None),
    ("uri", "DNS:laptop", None),
])
def test_a_certificate_names_its_holder(start_gateway, servers, people, tls, client_name, names, principal):
    gateway = start_gateway({"echo": echo()},
                            {"tls": {**tls, "client_auth": "required", "client_name": client_name}, **AUDIT})
    shown = servers.client(people.issue("alice", names))
    if principal:
        assert call_as(gateway, shown) == 200
        assert principals(gateway, 1)[0][0] == principal
    else:
        response = post(gateway.port, shown)
        assert response.status == 401 and "does not name one holder" in response.json["error"]["message"]
        assert gateway.metric("mcp_gateway_auth_failures_total", reason="unnamed_certificate") == 1


@pytest.mark.parametrize("subject", ["/CN=alice/CN=admin", "/O=nobody", "/CN=" + "a" * 64 + "/CN=b"])
def test_a_subject_without_one_name_is_nobodys(start_gateway, servers, people, tls, subject):
    gateway = start_gateway({"echo": echo()}, {"tls": {**tls, "client_auth": "required"}})
    assert post(gateway.port, servers.client(people.issue(subject=subject))).status == 401


def test_a_certificate_that_expires_while_its_connection_is_open_ends_to_be_accepted(start_gateway, servers, people, tls):
    gateway = start_gateway({"echo": echo()}, {"tls": {**tls, "client_auth": "required"}})

    def status():
        connection.send_request("POST", "/echo/mcp", {**JSON, "Accept": BOTH}, as_bytes(initialize()))
        return connection.read_response().status

    for lifetime in (3, 10, 30, 90):  # on a busy machine the shorter may be over before it was used
        ends = time.time() + lifetime
        connection = Connection(gateway.port, context=servers.client(people.issue("alice", ends=ends)))
        if (first := status()) == 200:
            break
        connection.close()
    assert first == 200
    gateway.until(lambda: status() == 401)
    assert time.time() >= int(ends)
    assert gateway.metric("mcp_gateway_auth_failures_total", reason="expired_certificate") == 1
    connection.close()


def test_a_session_belongs_to_whoever_opened_it(start_gateway, servers, people, tls):
    gateway = start_gateway({"echo": echo()}, {"tls": {**tls, "client_auth": "required"}})
    alice, bob = servers.client(people.issue("alice")), servers.client(people.issue("bob"))
    SECURE[gateway.port] = alice
    try:
        client = gateway.http("echo")
        client.initialize()
        assert client.text("echo", {"text": "x"}) == "x"
        SECURE[gateway.port] = bob
        response = client.post(call("echo", {"text": "x"}))
        assert response.status == 404
        SECURE[gateway.port] = servers.client(people.issue("alice"))  # another certificate of hers
        assert client.text("echo", {"text": "y"}) == "y"
    finally:
        SECURE.pop(gateway.port)


@pytest.mark.parametrize("loops", [1, 2])
def test_each_owner_has_a_child_of_its_own(start_gateway, servers, people, tls, loops):
    """With isolation: affinity, by certificate alone, on whatever loop."""
    gateway = start_gateway({"own": echo(isolation="affinity"), "other": echo()},
                            {"tls": {**tls, "client_auth": "required"}, "loops": loops}, wait_for=["other"])
    for name in ("alice", "bob", "alice"):
        assert call_as(gateway, servers.client(people.issue(name)), path="/own/mcp") == 200
    assert len(gateway.events("child.start", server="own")) == 2


def test_scopes_are_granted_by_the_listener(start_gateway, servers, people, tls):
    services = {"open": echo(), "scoped": echo(required_scopes=["use"])}
    alice = servers.client(people.issue("alice"))
    for granted, expected in ((None, 200), (["use"], 200), ([], 403), (["other"], 403)):
        scopes = {} if granted is None else {"client_scopes": granted}
        gateway = start_gateway(services, {"tls": {**tls, "client_auth": "required", **scopes}})
        assert call_as(gateway, alice, path="/scoped/mcp") == expected
        assert call_as(gateway, alice, path="/open/mcp") == 200


def test_listeners_with_other_authorities_have_other_principals(start_gateway, tmp_path, servers, people, tls):
    partners = Authority(tmp_path / "partners", "partners")
    own = {**tls, "client_ca": str(partners.certificate), "client_auth": "required", "client_prefix": "partner"}
    gateway = start_gateway({"echo": echo(listen="127.0.0.1:0", tls=own)},
                            {"tls": {**tls, "client_auth": "required"}, **AUDIT})
    assert call_as(gateway, servers.client(people.issue("alice"))) == 200
    assert call_as(gateway, servers.client(partners.issue("alice")), port=gateway.ports["echo"], path="/mcp") == 200
    assert is_turned_away(gateway.ports["echo"], servers.client(people.issue("alice")))
    assert [name for name, _ in principals(gateway, 2)] == ["cert:alice", "partner:alice"]


# ── authorities ──────────────────────────────────────────────────────────────────────────────────


def test_authorities_are_read_again_and_old_tickets_are_worth_nothing(start_gateway, tmp_path, servers, people, tls):
    gateway = start_gateway({"echo": echo()}, {"tls": {**tls, "client_auth": "required"}})
    others = Authority(tmp_path / "others", "others")
    alice, oscar = servers.client(people.issue("alice")), servers.client(others.issue("oscar"))
    assert call_as(gateway, alice) == 200 and is_turned_away(gateway.port, oscar)
    people.certificate.write_bytes(others.certificate.read_bytes())
    gateway.wait_for("tls.certificate", level="info")
    assert call_as(gateway, oscar) == 200
    assert is_turned_away(gateway.port, alice)
    people.certificate.write_text("nothing")
    told = gateway.wait_for("tls.certificate", level="error")
    assert "gateway.tls.client_ca: " in told["err.msg"]
    assert call_as(gateway, oscar) == 200


def test_a_revoked_certificate_is_turned_away(start_gateway, servers, people, tls):
    alice, bob = people.issue("alice"), people.issue("bob")
    with people.certificate.open("ab") as file:
        file.write(people.revocations(bob))
    gateway = start_gateway({"echo": echo()}, {"tls": {**tls, "client_auth": "required"}})
    assert call_as(gateway, servers.client(alice)) == 200
    assert is_turned_away(gateway.port, servers.client(bob))
    gateway.until(lambda: gateway.events("auth.denied", shown="certificate revoked"))


# ── configurations that cannot be ────────────────────────────────────────────────────────────────


def check(tmp_path, gateway, **service):
    path = tmp_path / "gateway.json"
    path.write_text(json.dumps({"gateway": gateway, "mcpServers": {"echo": {"command": ECHO, **service}}}))
    ran = subprocess.run([GATEWAY, "check", str(path)], capture_output=True, text=True, timeout=TIMEOUT)
    return ran.returncode, ran.stdout + ran.stderr


def test_each_contradiction_is_one_sentence_with_its_field(tmp_path, servers, people, tls):
    on = {**tls, "client_auth": "required"}
    without_ca = {key: value for key, value in on.items() if key != "client_ca"}
    issuer = {"auth": {"oauth": {"issuers": [{"issuer": "https://login.example.com", "name": "cert"}]}},
              "public_url": "https://mcp.example.com"}
    for gateway, service, expected in (
            ({"tls": without_ca}, {}, "gateway.tls.client_ca: expected a file with authorities"),
            ({"tls": tls}, {}, "gateway.tls.client_auth: expected optional or required"),
            ({"tls": {**on, "client_ca": "/nowhere/ca.pem"}}, {}, "gateway.tls.client_ca: the file /nowhere/ca.pem cannot"),
            ({"tls": {**on, "client_ca": on["key"]}}, {}, "gateway.tls.client_ca: %s: expected certificates in PEM" % on["key"]),
            ({"tls": {**on, "client_name": "serial"}}, {}, "gateway.tls.client_name: expected"),
            ({"tls": {**on, "client_prefix": "a:b"}}, {}, "gateway.tls.client_prefix: expected a name"),
            ({"tls": on, **issuer}, {}, "gateway.tls.client_prefix: expected another prefix than 'cert', which is the name"),
            ({"tls": on}, {"listen": "127.0.0.1:0", "tls": {**on, "client_name": "dns"}},
             "mcpServers.echo.tls.client_prefix: expected another prefix than 'cert', which gateway.tls has"),
            ({"admin_tls": {**on, "client_auth": "optional"}}, {}, "gateway.admin_tls.client_auth: expected off or required"),
    ):
        code, said = check(tmp_path, gateway, **service)
        assert code == 2 and expected in said, said
        assert ": 1 error\n" in said, said
    assert check(tmp_path, {"tls": on}, listen="127.0.0.1:0", tls=on)[0] == 0
    assert check(tmp_path, {"tls": on}, isolation="affinity")[0] == 0
    assert check(tmp_path, {"tls": on}, isolation="affinity", listen="127.0.0.1:0")[0] == 2


def test_certificates_that_are_required_are_enough_to_be_reachable(start_gateway, servers, people, tls):
    gateway = start_gateway({"echo": echo()}, {"listen": "0.0.0.0:0", "tls": {**tls, "client_auth": "required"}})
    assert call_as(gateway, servers.client(people.issue("alice"))) == 200
    with pytest.raises(AssertionError, match="before the end"):
        start_gateway({"echo": echo()}, {"listen": "0.0.0.0:0", "tls": {**tls, "client_auth": "optional"}})


# ── another process ──────────────────────────────────────────────────────────────────────────────


def test_a_certificate_holds_in_the_process_that_has_the_session_whichever_has_the_connection(start_gateway, servers, people, tls):
    gateway = start_gateway({"echo": echo()}, {"tls": {**tls, "client_auth": "required"}, **AUDIT})
    alice, bob = servers.client(people.issue("alice")), servers.client(people.issue("bob"))
    session = {"Mcp-Session-Id": post(gateway.port, alice)["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
    gateway.upgrade()
    response = post(gateway.port, alice, session, body=call("echo", {"text": "still alice"}))
    assert (response.status, response.json["result"]["content"][0]["text"]) == (200, "still alice")
    assert principals(gateway, 1) == [("cert:alice", "client_certificate")]
    assert post(gateway.port, bob, session, body=call("echo", {"text": "x"})).status == 404
    assert call_as(gateway, bob) == 200
    assert principals(gateway, 2)[1] == ("cert:bob", "client_certificate")
