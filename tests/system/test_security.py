"""Who may come in, and what stays inside: Host and Origin, tokens, sessions of others, environments, logs."""
import hashlib
import json
import math
import os
import re
import subprocess
import uuid

import pytest

from clients import BOTH, JSON, call, initialize, message
from gateway_under_test import ECHO, Gateway, chaos, echo, impatient
from gateway_under_test import GATEWAY as PROGRAM
from wire import TIMEOUT, Connection

SERVICES = {"chaos": chaos(), "echo": echo(), "Mixed.Case_1": echo()}
GATEWAY = {"allowed_hosts": ["mcp.example.com"], "allowed_origins": ["https://app.example.com", "http://app.example.com:3000"]}
SAME = object()  # stands for the Host that a good client sends


def ask(gateway, path="/echo/mcp", method="POST", body=None, host=SAME, fields=(), port=None):
    """One request and its response."""
    connection = Connection(port or gateway.port)
    head = {"Accept": BOTH, **JSON, **dict(fields)} if method == "POST" else {"Accept": BOTH, **dict(fields)}
    if host is not SAME:
        head["Host"] = host
    if method == "POST" and body is None:
        body = json.dumps(call("echo", {"text": "in"})).encode()
    connection.send_request(method, path, head, body)
    return connection.read_response()


# ── Host ─────────────────────────────────────────────────────────────────────────────────────────

GOOD_HOSTS = ["localhost", "localhost:8080", "LOCALHOST", "LocalHost:1", "localhost.", "localhost.:80", "127.0.0.1",
              "127.0.0.1:8080", "127.1.2.3", "127.255.255.254:9", "[::1]", "[::1]:8080", "mcp.example.com",
              "MCP.Example.COM", "mcp.example.com:443", "mcp.example.com.", "mcp-echo", "mcp-echo:8080", "MCP-Echo",
              "mcp-mixed.case_1"]
EVIL_HOSTS = ["evil.example.com", "evil.example.com:8080", "localhost.evil.com", "127.0.0.1.evil.com", "evil-localhost",
              "notmcp.example.com", "mcp.example.com.evil.com", "mcp-nobody", "mcp-", "mcp", "1evil", "127.evil", "localhostx",
              "xlocalhost", "local", "127.0.0.1x", "rebind.network"]
NO_HOSTS = ["", "localhost@evil.com", "evil.com@localhost", "[::1].evil.com", "[::1", "::1", "localhost:80:90", "localhost:x",
            "localhost evil.com", "localhost,evil.com", "localhost/evil", "http://localhost", "[::1]evil", "[evil]", "localhost#",
            "local\thost", "l\xe9calhost"]


@pytest.mark.parametrize("host", GOOD_HOSTS)
def test_a_host_that_is_ours_is_let_in(gateway, host):
    """Case 89."""
    assert ask(gateway, host=host).status == 200


@pytest.mark.parametrize("host", EVIL_HOSTS)
def test_a_host_that_is_not_ours_is_forbidden_on_every_door(gateway, host):
    """Case 89: DNS rebinding."""
    for method, path in (("POST", "/echo/mcp"), ("GET", "/echo/sse"), ("GET", "/echo/health"), ("POST", "/echo/messages?sessionId=x")):
        response = ask(gateway, path, method, host=host)
        assert response.status == 403, path
        assert response["access-control-allow-origin"] is None
        name = host.split(":")[0].lower()
        assert response.json["error"]["message"] == (f"Forbidden: the Host '{name}' is not allowed here; "
                                                     "gateway.allowed_hosts (--allowed-host) says which names are")


def test_the_log_names_what_was_refused_and_what_would_allow_it(start_gateway):
    gateway = start_gateway({"echo": echo()})
    ask(gateway, host="evil.example.com:8080")
    ask(gateway, fields={"Origin": "https://evil.example.com"})
    host = gateway.wait_for("auth.denied", reason="host")
    assert (host["shown"], host["msg"]) == ("evil.example.com:8080", "a request was not let in: its Host is not among gateway.allowed_hosts")
    origin = gateway.wait_for("auth.denied", reason="origin")
    assert (origin["shown"], origin["msg"]) == ("https://evil.example.com", "a request was not let in: its Origin is not among gateway.allowed_origins")


@pytest.mark.parametrize("host", NO_HOSTS)
def test_a_host_that_is_none_is_a_bad_request(gateway, host):
    """Case 89."""
    assert ask(gateway, host=host).status == 400


def test_no_host_two_hosts_and_a_host_that_differs_from_the_target_are_bad_requests(gateway):
    body = json.dumps(call("echo", {"text": "in"})).encode()
    rest = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    for head in (b"POST /echo/mcp HTTP/1.1\r\n", b"POST /echo/mcp HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n",
                 b"POST http://evil.com/echo/mcp HTTP/1.1\r\nHost: localhost\r\n"):
        connection = Connection(gateway.port)
        connection.send(head + rest)
        assert connection.read_response().status == 400, head
    connection = Connection(gateway.port)
    connection.send(b"POST http://localhost/echo/mcp HTTP/1.1\r\nHost: localhost\r\n" + rest)
    assert connection.read_response().status == 200


def test_the_host_of_a_service_names_it_at_the_root(gateway):
    assert ask(gateway, "/mcp", host="mcp-echo").json["result"]["content"][0]["text"] == "in"
    assert ask(gateway, "/health", "GET", host="mcp-chaos").json["server"] == "chaos"
    assert ask(gateway, "/mcp", host="localhost").status == 404


# ── Origin ───────────────────────────────────────────────────────────────────────────────────────

GOOD_ORIGINS = ["http://localhost", "http://localhost:6274", "https://localhost:1", "http://127.0.0.1", "http://127.0.0.1:3000",
                "http://[::1]", "http://[::1]:5173", "HTTP://LOCALHOST:80", "https://app.example.com", "HTTPS://App.Example.com",
                "http://app.example.com:3000"]
EVIL_ORIGINS = ["null", "http://evil.example.com", "https://evil.example.com", "http://localhost.evil.com", "http://localhost@evil.com",
                "http://evil.com@localhost", "http://[::1].evil", "http://[::1]@evil", "http://127.0.0.1.evil.com", "http://127.evil",
                "http://localhost:80@evil.com", "http://localhost:evil", "http://localhost:80:90", "http://localhost/evil",
                "http://evil/localhost", "ftp://localhost", "file://", "file://localhost", "chrome-extension://abcdef", "localhost",
                "//localhost", "http:/localhost", "http://", "http:///localhost", "https://app.example.com:444",
                "http://app.example.com", "https://app.example.com.evil.com", "https://xapp.example.com", "https://example.com",
                "http://localhost http://evil.com", "http://evil.com,http://localhost", "http://192.168.0.1", "", "*"]


@pytest.mark.parametrize("origin", GOOD_ORIGINS)
def test_an_origin_that_is_ours_is_let_in_and_echoed(gateway, origin):
    """Case 88."""
    response = ask(gateway, fields={"Origin": origin})
    assert response.status == 200
    assert response["access-control-allow-origin"] == origin
    assert "Mcp-Session-Id" in response["access-control-expose-headers"]
    assert response["vary"] == "Origin"


@pytest.mark.parametrize("origin", EVIL_ORIGINS)
def test_an_origin_that_is_not_ours_is_forbidden_on_every_door(gateway, origin):
    """Case 88."""
    for method, path in (("POST", "/echo/mcp"), ("GET", "/echo/sse"), ("OPTIONS", "/echo/mcp"), ("POST", "/echo/messages?sessionId=x")):
        response = ask(gateway, path, method, fields={"Origin": origin})
        assert (response.status, response["access-control-allow-origin"]) == (403, None), path


def test_two_origins_are_forbidden_and_none_is_a_program(gateway):
    """Case 88."""
    body = json.dumps(call("echo", {"text": "in"})).encode()
    connection = Connection(gateway.port)
    connection.send(b"POST /echo/mcp HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nOrigin: http://localhost\r\n"
                    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert connection.read_response().status == 403
    response = ask(gateway)
    assert (response.status, response["access-control-allow-origin"]) == (200, None)


@pytest.mark.parametrize("site, status", [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)])
def test_a_browser_that_comes_from_another_site_without_an_origin_is_forbidden(gateway, site, status):
    """Case 89: an <img> or a link can send a GET."""
    response = ask(gateway, "/echo/sse", "GET", fields={"Sec-Fetch-Site": site})
    assert response.status == status
    allowed = ask(gateway, fields={"Sec-Fetch-Site": site, "Origin": "https://app.example.com"})
    assert allowed.status == 200


def test_a_preflight_is_answered_without_a_token_and_allows_what_clients_send(start_gateway):
    """Case 88."""
    gateway = start_gateway({"echo": echo()}, {"auth": {"tokens": [{"name": "a", "token": "secret-of-a"}]}})
    for path in ("/echo/mcp", "/echo/sse", "/echo/messages"):
        response = ask(gateway, path, "OPTIONS", fields={
            "Origin": "http://localhost:6274", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,mcp-protocol-version,mcp-session-id"})
        assert (response.status, response.body) == (204, b"")
        assert response["access-control-allow-origin"] == "http://localhost:6274"
        assert {"GET", "POST", "DELETE"} <= set(re.split(", *", response["access-control-allow-methods"]))
        assert {"authorization", "content-type", "accept", "mcp-session-id", "mcp-protocol-version", "last-event-id",
                "x-api-key"} <= set(re.split(", *", response["access-control-allow-headers"].lower()))
        assert "x-user-id" not in response["access-control-allow-headers"].lower()
    refused = ask(gateway, fields={"Origin": "http://localhost:6274"})
    assert (refused.status, refused["access-control-allow-origin"]) == (401, "http://localhost:6274")


def test_a_preflight_allows_the_header_by_which_a_service_tells_owners_apart(start_gateway):
    """Without it no page could open a session there."""
    owned = {"isolation": "affinity", "affinity": {"header": "X-User-Id"}, "listen": "127.0.0.1:0"}
    gateway = start_gateway({"mine": echo(**owned), "echo": echo()}, {"allowed_origins": ["https://app.example.com"]}, wait_for=["echo"])

    def allowed(path, port=None):
        response = ask(gateway, path, "OPTIONS", port=port, fields={
            "Origin": "https://app.example.com", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-user-id"})
        return set(re.split(", *", response["access-control-allow-headers"]))

    for path in ("/mine/mcp", "/mine/sse", "/mine/messages", "/messages?sessionId=x"):
        assert {"x-user-id", "content-type"} <= allowed(path)
    assert "x-user-id" in allowed("/mcp", gateway.ports["mine"])
    assert "x-user-id" not in allowed("/echo/mcp")


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────

A, B = "token-of-a-Zq3", "token-of-b-Zq3"
TOKENS = {"auth": {"tokens": [{"name": "a", "token": A}, {"name": "b", "sha256": hashlib.sha256(B.encode()).hexdigest()}]}}


@pytest.fixture(scope="module")
def guarded():
    running = Gateway({"echo": echo(), "chaos": chaos()}, TOKENS)
    yield running
    running.stop()


def wanted_of(fields):
    """What is said to who shows no token, something else, or a wrong one."""
    if fields.get("X-API-Key") or re.match("Bearer +[^ ]", fields.get("Authorization", "")):
        return ', error="invalid_token"', "the token that was shown is none of this gateway's"
    if "Authorization" in fields:
        return "", "expected Authorization: Bearer TOKEN, found another scheme or no token"
    return "", "a bearer token is needed; expected the field Authorization: Bearer TOKEN"


@pytest.mark.parametrize("fields", [
    {}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": A},
    {"Authorization": "Basic " + A}, {"Authorization": "Bearer %sx" % A}, {"Authorization": "Bearer " + A[:-1]},
    {"Authorization": "Bearer " + A.upper()}, {"Authorization": "Bearer %s %s" % (A, A)}, {"X-API-Key": "wrong"}, {"X-API-Key": ""},
    {"Authorization": "Bearer " + hashlib.sha256(B.encode()).hexdigest()}, {"Authorization": "Bearer a"},
    {"Authorization": "Bearer wrong", "X-API-Key": A},
], ids=lambda fields: json.dumps(fields)[:60])
def test_without_a_right_token_every_door_is_closed_and_says_what_it_wants(guarded, fields):
    """Cases 90 and 91."""
    for method, path in (("POST", "/echo/mcp"), ("GET", "/echo/mcp"), ("DELETE", "/echo/mcp"), ("GET", "/echo/sse"),
                         ("POST", "/echo/sse"), ("POST", "/echo/messages?sessionId=x"), ("POST", "/servers/echo/mcp")):
        response = ask(guarded, path, method, fields=fields)
        assert response.status == 401, (method, path)
        challenge, message = wanted_of(fields)
        assert response["www-authenticate"] == 'Bearer realm="mcp-gateway"' + challenge
        assert response.json["error"]["message"] == "Unauthorized: " + message


@pytest.mark.parametrize("fields", [{"Authorization": "Bearer " + A}, {"Authorization": "bearer   " + A}, {"Authorization": "BEARER " + B},
                                    {"X-API-Key": A}, {"x-api-key": B}], ids=lambda fields: json.dumps(fields)[:60])
def test_with_a_right_token_the_doors_are_open(guarded, fields):
    assert ask(guarded, fields=fields).json["result"]["content"][0]["text"] == "in"


def test_a_path_that_is_not_served_is_told_the_nearest_and_strangers_learn_nothing(guarded):
    known = ask(guarded, "/ehco/mcp", fields={"X-API-Key": A})
    assert (known.status, known.json["error"]["message"]) == (404, (
        "Not Found: there is no endpoint at '/ehco/mcp'; did you mean '/echo/mcp'?; each service is at /NAME/mcp and /NAME/sse: echo, chaos"))
    stranger = ask(guarded, "/ehco/mcp")
    assert (stranger.status, stranger.json["error"]["message"]) == (404, (
        "Not Found: there is no endpoint at '/ehco/mcp'; with a token this answer says which there are"))


def test_without_a_token_health_says_how_it_is_and_no_more(guarded):
    assert ask(guarded, "/echo/health", "GET").json == {"status": "HEALTHY"}
    assert ask(guarded, "/health", "GET").json == {"status": "HEALTHY"}
    assert ask(guarded, "/echo/health", "GET", fields={"X-API-Key": A}).json["server"] == "echo"


def test_a_session_of_another_principal_does_not_exist(guarded):
    """Case 90."""
    headers = [{"Authorization": "Bearer " + token} for token in (A, B)]
    of_a, of_b = (guarded.http("echo", headers=fields) for fields in headers)
    of_a.initialize()
    of_b.session = of_a.session
    for response in (of_b.post(message("ping", id=1)), of_b.get(), of_b.delete()):
        assert response.error == (404, -32001)
    assert of_a.request("ping")["result"] == {}

    stream = guarded.sse("echo", headers=headers[0])
    response = ask(guarded, stream.endpoint, body=json.dumps(message("ping", id=1)).encode(), fields=headers[1])
    assert response.status == 404
    assert ask(guarded, stream.endpoint, body=json.dumps(message("ping", id=1)).encode()).status == 401
    assert stream.request("ping", id=2)["result"] == {}
    assert stream.stream.unread == []


def test_a_session_of_another_service_does_not_exist(gateway, http, sse):
    client, stream = http("echo"), sse("echo")
    client.initialize()
    for fields in ({"Mcp-Session-Id": client.session},):
        assert ask(gateway, "/chaos/mcp", fields=fields).status == 404
    assert ask(gateway, stream.endpoint.replace("/echo/", "/chaos/"), body=json.dumps(message("ping", id=1)).encode()).status == 404
    # The id of one kind of session is none for the other.
    assert ask(gateway, "/echo/messages?sessionId=" + client.session).status == 404
    token = stream.endpoint.rpartition("=")[2]
    assert ask(gateway, "/echo/mcp", fields={"Mcp-Session-Id": token}).status == 404


def test_session_ids_are_long_random_and_visible_ascii(gateway):
    """Case 90."""
    tokens = set()
    connection = Connection(gateway.port)
    for _ in range(200):
        connection.send_request("POST", "/echo/mcp", {"Accept": BOTH, **JSON}, json.dumps(initialize()).encode())
        tokens.add(connection.read_response()["mcp-session-id"])
    assert len(tokens) == 200
    for token in tokens:
        assert re.fullmatch(r"[!-~]{22,128}", token)
    assert sum(math.log2(len(set(column))) for column in zip(*tokens)) >= 128  # bits, as far as 200 can show them
    connection.close()


@pytest.mark.parametrize("value", ["x\xe9", "x\x01", "x\x7f", "x\x00y"])
def test_a_session_header_with_other_bytes_is_no_session(gateway, value):
    """Case 90."""
    assert ask(gateway, fields={"Mcp-Session-Id": value}).status in (400, 404)


def test_a_session_id_that_a_client_chose_opens_nothing(gateway):
    """Fixation."""
    response = ask(gateway, body=json.dumps(initialize()).encode(), fields={"Mcp-Session-Id": "mine"})
    assert (response.status, response["mcp-session-id"]) == (404, None)


@pytest.mark.parametrize("path", ["/echo/mcp/", "/servers/echo/mcp/", "/echo/mcp"])
def test_a_slash_at_the_end_is_served_and_not_redirected(gateway, path):
    """Case 91."""
    response = ask(gateway, path)
    assert (response.status, response["location"]) == (200, None)


@pytest.mark.parametrize("path", ["/echo/../echo/mcp", "/echo//mcp", "//echo/mcp", "/echo/mcp//", "/echo/mcp/x", "/%65cho/mcp", "/echo/%6dcp",
                                  "/echo%2fmcp", "/servers/servers/echo/mcp", "/metrics", "/livez", "/readyz", "/version"])
def test_other_spellings_of_a_path_lead_nowhere(gateway, path):
    response = ask(gateway, path)
    assert response.status in (400, 404) and response["location"] is None


# ── listening beyond this machine ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("config", [{"listen": "0.0.0.0:0"}, {"listen": "[::]:0"}, {"listen": ":0"}, {"admin_listen": "0.0.0.0:0"}],
                         ids=lambda config: json.dumps(config))
def test_a_listener_beyond_this_machine_needs_tokens(tmp_path, config):
    done = run_to_its_end(tmp_path, config, {})
    assert (done.returncode, done.stdout) == (1, "")
    said = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(said) == 1 and "would be reachable from other machines without authentication" in said[0]


def test_a_service_of_its_own_port_beyond_this_machine_needs_tokens_too(tmp_path):
    done = run_to_its_end(tmp_path, {}, {"listen": "0.0.0.0:0"})
    assert done.returncode == 1
    assert "would be reachable from other machines without authentication" in done.stderr


def run_to_its_end(folder, config, service):
    file = folder / "gateway.json"
    file.write_text(json.dumps({"gateway": {"listen": "127.0.0.1:0", "admin_listen": "off", **config},
                                "mcpServers": {"echo": {"command": ECHO, **service}}}))
    return subprocess.run([PROGRAM, "run", "--config", str(file)], capture_output=True, text=True, timeout=TIMEOUT)


@pytest.mark.parametrize("config, flags", [(TOKENS, ()), ({"auth": {"allow_unauthenticated": True}}, ()), ({}, ("--allow-unauthenticated",))],
                         ids=["tokens", "config", "flag"])
def test_a_listener_beyond_this_machine_opens_with_tokens_or_when_told_so(start_gateway, config, flags):
    gateway = start_gateway({"echo": echo()}, {"listen": "0.0.0.0:0", **config}, flags=flags)
    assert ask(gateway, fields={"Authorization": "Bearer " + A}).status == 200
    gateway.stop()


# ── what stays inside ────────────────────────────────────────────────────────────────────────────


def test_a_child_gets_the_allow_list_its_config_and_its_mark_and_nothing_else(start_gateway):
    """T-ENV."""
    outside = {"LANG": "C.UTF-8", "LC_TIME": "C", "TZ": "UTC", "PASSED_ON": "yes", "GATEWAY_SECRET": "canary-1", "AWS_SECRET_ACCESS_KEY": "canary-2",
               "LD_PRELOAD_X": "canary-3", "MCP_GATEWAY_CHILD": "canary-4", "NODE_OPTIONS": "canary-5", "HTTPS_PROXY": "canary-6"}
    gateway = start_gateway({"chaos": chaos(env={"OWN": "from ${GATEWAY_SECRET}", "TZ": "Europe/Berlin"}, pass_env=["PASSED_ON", "NOT_THERE"])},
                            env=outside)
    environment = json.loads(gateway.sse("chaos").text("env"))
    mark = environment.pop("MCP_GATEWAY_CHILD")
    assert re.fullmatch(r"[0-9a-f]{16}\.\d+", mark)
    environment.pop("LC_CTYPE", None)  # Python's own doing
    allowed = ("PATH", "HOME", "LANG", "LANGUAGE", "TMPDIR", "USER", "LOGNAME", "SHELL", "TERM")
    expected = {name: os.environ[name] for name in allowed if name in os.environ}
    expected |= {name: value for name, value in os.environ.items() if name.startswith("LC_") and name != "LC_CTYPE"}
    expected |= {"LANG": "C.UTF-8", "LC_TIME": "C", "TZ": "Europe/Berlin", "PASSED_ON": "yes", "OWN": "from canary-1",
                 "GATEWAY_UNDER_TEST": gateway.mark}
    assert environment == expected


def test_a_child_has_its_pipes_and_no_other_descriptor_and_clean_signals(start_gateway):
    """T-ENV."""
    gateway = start_gateway({"chaos": chaos(), "own": chaos(isolation="session")})
    for client in (gateway.sse("chaos"), gateway.sse("own"), gateway.http("own")):
        client.initialize()
        said = json.loads(client.text("pid"))
        assert said["fds"][:3] == [0, 1, 2] and len(said["fds"]) == 4  # and the folder it reads
        assert said["pgid"] == said["pid"]
        assert said["ppid"] == gateway.process.pid
        assert int(said["signals"]["SigBlk"], 16) == 0
        assert int(said["signals"]["SigIgn"], 16) & ~(0b11 << 31) & ~(1 << 12 | 1 << 24) == 0
        # Python ignores SIGPIPE and SIGXFSZ itself, and 32 and 33 are of glibc and its posix_spawn.


def test_a_clients_token_never_reaches_the_child(guarded):
    """T-TOK."""
    client = guarded.http("chaos", headers={"Authorization": "Bearer " + A, "X-Canary": "canary-header", "Cookie": "canary-cookie"})
    client.initialize()
    everything = json.dumps(client.seen_by_child()) + client.text("env")
    assert "canary-" not in everything and A not in everything


def test_logs_hold_no_session_id_no_token_and_no_payload(start_gateway):
    """T-SEC, T-LOG."""
    canaries = {name: "canary-%s-%s" % (name, uuid.uuid4().hex) for name in
                ("token", "wrong-token", "argument", "result", "tool", "method", "uri", "env", "id", "reason", "oversized", "header", "client")}
    gateway = start_gateway({"chaos": chaos("--declare", "resources,logging", env={"SECRET": canaries["env"]}, **impatient("raw_line"))},
                            {"auth": {"tokens": [{"name": "a", "token": canaries["token"]}]}, "log": {"level": "debug"},
                             "limits": {"max_result_bytes": "64KiB"}})
    fields = {"Authorization": "Bearer " + canaries["token"], "X-Other": canaries["header"], "User-Agent": canaries["client"]}
    assert ask(gateway, "/chaos/mcp", fields={"Authorization": "Bearer " + canaries["wrong-token"]}).status == 401
    stream, client = gateway.sse("chaos", headers=fields), gateway.http("chaos", headers=fields)
    client.initialize()
    stream.initialize()
    for each in (stream, client):
        each.call("echo", {"text": canaries["argument"]})
        each.call(canaries["tool"])
        each.request(canaries["method"], {})
        each.request("resources/subscribe", {"uri": "chaos://" + canaries["uri"]})
        each.call("update_resource", {"uri": "chaos://" + canaries["uri"]})
        each.call("is_error", {"text": canaries["result"]})
        each.call("rpc_error", {"message": canaries["result"]})
        each.call("log", {"text": canaries["result"]})
        each.call("raw_line", {"line": '{"jsonrpc":"2.0","id":$ID,"resu' + canaries["result"]})
        each.call("raw_line", {"line": '{"jsonrpc":"2.0","id":$ID,"result":{"t":"%s%s"}}' % (canaries["oversized"], "x" * 80_000)})
        each.request("tools/call", {"name": "echo", "arguments": {}}, id=canaries["id"])
        each.post(message("notifications/cancelled", {"requestId": canaries["id"], "reason": canaries["reason"]}))
        each.post(b'{"jsonrpc":"2.0", "broken": "%s"' % canaries["argument"].encode(), **({"expect": 400} if each is stream else {}))
    tokens = [client.session, stream.endpoint.rpartition("=")[2]]
    client.delete()
    stream.close()
    gateway.until(lambda: gateway.health("chaos")["sessions"] == 0)
    gateway.stop()
    everything = "\n".join(json.dumps(event, ensure_ascii=False) for event in gateway.log.events)
    assert len(gateway.events("request.done")) >= 20
    found = [name for name, canary in canaries.items() if canary in everything]
    assert found == []
    assert not any(token in everything for token in tokens)


def test_what_a_child_writes_cannot_forge_a_log_line(start_gateway):
    """T-LOG."""
    gateway = start_gateway({"chaos": chaos()})
    forged = '{"event":"forged"}\n\x1b[31m"}\n{"event":"forged"}'
    gateway.sse("chaos").text("stderr", {"text": forged})
    gateway.sse("chaos").call("raw_line", {"line": "noise " + forged + '\n{"jsonrpc":"2.0","id":$ID,"result":{}}'})
    gateway.stop()
    assert gateway.events("forged") == [] and gateway.log.garbage == []
    lines = [event["line"] for event in gateway.events("child.stderr")]
    assert lines[:3] == ['{"event":"forged"}', '\x1b[31m"}', '{"event":"forged"}']


def test_arguments_of_a_service_are_data_and_no_shell_reads_them(start_gateway, tmp_path):
    """T-INJ."""
    target = tmp_path / "touched"
    injected = ["; touch %s" % target, "$(touch %s)" % target, "`touch %s`" % target, "| touch %s" % target, "& touch %s &" % target,
                "\ntouch %s\n" % target, "*", "~", "'\""]
    service = chaos()
    script = "import sys; sys.argv[1:2] = []; sys.stderr.write(repr(sys.argv[1:]) + '\\n'); sys.argv = sys.argv[:1]; exec(open(%r).read())"
    chaos_file = service["args"][2]
    service["args"] = ["-c", script % chaos_file, "-", *injected]
    gateway = start_gateway({"chaos": service})
    assert gateway.wait_for("child.stderr")["line"] == repr(injected)
    assert not target.exists()


def test_the_admin_listener_serves_no_mcp_and_the_main_one_no_metrics(gateway):
    """T-ADM."""
    for path in ("/echo/mcp", "/echo/sse", "/echo/health", "/mcp"):
        connection = Connection(gateway.ports["admin"])
        connection.send_request("GET", path)
        assert connection.read_response().status == 404
    assert ask(gateway, "/metrics", "GET").status == 404


@pytest.mark.parametrize("masked", [True, False])
def test_clients_learn_how_a_server_failed_unless_that_is_masked(start_gateway, masked):
    gateway = start_gateway({"chaos": chaos(call_timeout="1m", restart={"max_restarts": 0})},
                            {"mask_error_details": masked})
    client = gateway.http("chaos")
    client.initialize()
    died = client.request("tools/call", {"name": "die", "arguments": {"code": 47}})["error"]
    gateway.wait_for("child.exit")
    gone = client.request("tools/call", {"name": "echo", "arguments": {}})["error"]
    assert died["data"]["reason"] == "child_exited" and gone["data"]["reason"] == "not_running"
    for error in (died, gone):
        assert ("47" in error["message"]) is not masked
        assert (error["message"] == "the server 'chaos' cannot answer now") is masked
