"""TLS on every kind of listener: what is served there, and certificates that are renewed while the gateway runs."""
import json
import os
import shutil
import socket
import ssl
import subprocess

import pytest

from certificates import SERVER_NAMES, Authority
from clients import BOTH, JSON, HttpClient, as_bytes, call, initialize
from gateway_under_test import ECHO, GATEWAY, chaos, echo
from wire import SECURE, TIMEOUT, Connection

MEGABYTE = 1 << 20


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "authority")


@pytest.fixture
def server(authority):
    """The certificate of the gateway."""
    return authority.issue("server-1", SERVER_NAMES)


@pytest.fixture
def start(start_gateway, authority, server):
    """start(config=None, services=None) gives a gateway with TLS on the main listener, whose clients know its authority."""
    started = []

    def start_tls(config=None, services=None, **options):
        gateway = start_gateway(services or {"chaos": chaos(), "echo": echo()},
                                {"tls": server.config, **(config or {})}, **options)
        SECURE[gateway.port] = authority.client()
        started.append(gateway)
        return gateway

    yield start_tls
    for gateway in started:
        SECURE.pop(gateway.port, None)


def shown_name(port, context):
    """The common name of the certificate that a new connection is shown."""
    connection = Connection(port, context=context)
    try:
        return dict(pair for (pair,) in connection.socket.getpeercert()["subject"])["commonName"]
    finally:
        connection.close()


def handshakes(gateway, result):
    return gateway.metric("mcp_gateway_tls_handshakes_total", result=result)


# ── what is served ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
def test_both_transports_work_over_both_versions(start, authority, newest):
    gateway = start()
    SECURE[gateway.port] = authority.client(maximum_version=newest)
    with gateway.sse("echo") as sse, gateway.http("echo") as http:
        sse.initialize()
        http.initialize()
        assert sse.text("echo", {"text": "by SSE"}) == "by SSE"
        assert http.text("echo", {"text": "by HTTP"}) == "by HTTP"
    version = {ssl.TLSVersion.TLSv1_2: "1.2", ssl.TLSVersion.TLSv1_3: "1.3"}[newest]
    assert gateway.metric("mcp_gateway_tls_connections_total", version=version) >= 2
    assert gateway.metric("mcp_gateway_tls_connections_total") == handshakes(gateway, "ok")


@pytest.mark.parametrize("loops", [1, 2])
def test_megabytes_go_both_ways_on_either_loop(start, loops):
    gateway = start({"loops": loops, "limits": {"max_request_bytes": "8MiB"}})
    text = "".join(chr(ord("a") + i % 26) for i in range(3 * MEGABYTE))
    for service, tool, argument in (("echo", "echo", "text"), ("chaos", "echo", "text")):
        for open_client in (gateway.sse, gateway.http):
            with open_client(service) as client:
                client.initialize()
                answer = client.call(tool, {argument: text})
                assert text in json.dumps(answer["result"])


def test_a_connection_changes_loops_with_its_keys(start):
    gateway = start({"loops": 2})
    connection = Connection(gateway.port)
    for i in range(20):
        service = ("echo", "chaos")[i % 2]
        body = as_bytes(initialize(id=i))
        connection.send_request("POST", "/%s/mcp" % service, {**JSON, "Accept": BOTH}, body)
        response = connection.read_response()
        assert response.status == 200 and b'"id":%d' % i in response.body, response
    connection.close()
    assert gateway.metric("mcp_gateway_connections_moved_total") >= 19


def test_a_slow_reader_loses_nothing(start):
    gateway = start(services={"echo": echo()})
    with gateway.http("echo") as client:
        client.initialize()
        connection = client.connect(receive_buffer=4096)
        connection.send_request("POST", client.path, client.fields({}),
                                as_bytes(call("big", {"bytes": 5 * MEGABYTE}, id=9)))
        gateway.until(lambda: gateway.metric("mcp_gateway_stream_buffer_bytes") > 0)
        response = connection.read_response()
        body = response.stream.answer(9) if response.stream else response.json
        assert len(body["result"]["content"][0]["text"]) >= 5 * MEGABYTE


def test_every_listener_has_its_own(start, start_gateway, authority, server):
    own, admin = authority.issue("own", SERVER_NAMES), authority.issue("admin", SERVER_NAMES)
    gateway = start({"admin_tls": admin.config},
                    {"echo": echo(listen="127.0.0.1:0", tls=own.config), "plain": echo(listen="127.0.0.1:0")})
    context = authority.client()
    assert shown_name(gateway.port, context) == "server-1"
    assert shown_name(gateway.ports["echo"], context) == "own"
    assert shown_name(gateway.ports["admin"], context) == "admin"
    SECURE[gateway.ports["echo"]] = SECURE[gateway.ports["admin"]] = context
    try:
        for port in (gateway.ports["echo"], gateway.ports["plain"]):
            with HttpClient(port) as client:
                client.initialize()
                assert client.text("echo", {"text": "x"}) == "x"
        assert {event["listener"]: event["tls"] for event in gateway.events("listener.ready")} == {
            "main": True, "admin": True, "echo": True, "plain": False}
        assert gateway.admin("/livez").status == 200
        assert gateway.metric("mcp_gateway_tls_certificate_expiry_timestamp_seconds", listener="admin") > 1.7e9
    finally:
        SECURE.pop(gateway.ports["echo"]), SECURE.pop(gateway.ports["admin"])


def test_curl_and_many_connections_at_once(start, authority):
    gateway = start()
    body = json.dumps(initialize())
    answered = subprocess.run(
        ["curl", "-sS", "--cacert", str(authority.certificate), "-H", "Content-Type: application/json", "-H",
         "Accept: " + BOTH, "-d", body, "https://127.0.0.1:%d/echo/mcp" % gateway.port],
        capture_output=True, check=True, timeout=TIMEOUT)
    assert json.loads(answered.stdout)["result"]["serverInfo"]
    context = authority.client()
    held = [Connection(gateway.port, context=context) for _ in range(200)]
    for connection in held:
        connection.send_request("POST", "/echo/mcp", {**JSON, "Accept": BOTH}, as_bytes(initialize()))
    assert [connection.read_response().status for connection in held] == [200] * len(held)
    for connection in held:
        connection.close()
    gateway.until(lambda: gateway.metric("mcp_gateway_connections_active") <= 2)


def test_a_session_is_resumed_on_whatever_loop_it_comes_to(start, authority):
    gateway = start({"loops": 2})
    context = authority.client(maximum_version=ssl.TLSVersion.TLSv1_2)
    ticket, resumed = None, 0
    for _ in range(20):
        raw = socket.create_connection(("127.0.0.1", gateway.port), timeout=TIMEOUT)
        with context.wrap_socket(raw, server_hostname="127.0.0.1", session=ticket) as connection:
            ticket = connection.session
            resumed += connection.session_reused
    assert resumed == 19
    gateway.until(lambda: gateway.metric("mcp_gateway_tls_connections_total", resumed="yes") == 19)


def ask(command, *arguments):
    """Exit code and everything that a command says of a running gateway."""
    ran = subprocess.run([GATEWAY, command, *map(str, arguments)], capture_output=True, text=True, timeout=TIMEOUT)
    return ran.returncode, ran.stdout + ran.stderr


def test_commands_ask_an_admin_listener_with_tls(start, tmp_path, authority, server):
    gateway = start({"admin_tls": server.config}, {"echo": echo()}, wait_for=["echo"])
    port = gateway.ports["admin"]
    for command in ("health", "status", "top"):
        code, said = ask(command, "https://127.0.0.1:%d" % port, "--ca", authority.certificate)
        assert code == 0 and "echo" in said, said
        assert ask(command, "https://localhost:%d" % port, "--insecure")[0] == 0
        code, said = ask(command, "https://127.0.0.1:%d" % port)
        assert code == 1 and "its certificate is not trusted: " in said, said
        code, said = ask(command, port)
        assert code == 1 and "speaks https; expected https://HOST:PORT" in said, said
    code, said = ask("health", "https://127.0.0.1:%d/health" % gateway.port, "--ca", authority.certificate)
    assert code == 0, said
    code, said = ask("health", "https://127.0.0.1:%d" % port, "--ca", tmp_path / "none.pem")
    assert code == 1 and "the authority in %s cannot be used" % (tmp_path / "none.pem") in said, said


def test_commands_check_the_name_of_the_server(start, authority):
    elsewhere = authority.issue("elsewhere", "DNS:elsewhere.example.com")
    gateway = start({"admin_tls": elsewhere.config}, {"echo": echo()})
    for host, why in (("127.0.0.1", "IP address mismatch"), ("localhost", "hostname mismatch")):
        code, said = ask("health", "https://%s:%d" % (host, gateway.ports["admin"]), "--ca", authority.certificate)
        assert code == 1 and why in said, said


def test_commands_show_a_certificate_where_one_is_required(start, authority, server):
    required = {**server.config, "client_auth": "required", "client_ca": str(authority.certificate)}
    gateway = start({"admin_tls": required}, {"echo": echo()})
    url = "https://127.0.0.1:%d" % gateway.ports["admin"]
    mine = authority.issue("operator")
    assert ask("health", url, "--ca", authority.certificate, "--cert", mine.certificate, "--key", mine.key)[0] == 0
    both = mine.key.with_suffix(".both")
    both.write_bytes(mine.key.read_bytes() + mine.certificate.read_bytes())
    assert ask("status", url, "--ca", authority.certificate, "--cert", both)[0] == 0
    code, said = ask("health", url, "--ca", authority.certificate)
    assert code == 1 and "certificate required" in said, said
    gateway.until(lambda: gateway.events("auth.denied", listener="admin", reason="no_certificate"))


def test_a_server_of_http_is_told_from_one_of_https(start_gateway):
    gateway = start_gateway({"echo": echo()})
    code, said = ask("health", "https://127.0.0.1:%d" % gateway.ports["admin"], "--insecure")
    assert code == 1 and "it speaks http, not https" in said, said


# ── what is not TLS, or does not end ─────────────────────────────────────────────────────────────


def test_plain_http_is_told_that_the_port_speaks_https(start):
    gateway = start()
    raw = socket.create_connection(("127.0.0.1", gateway.port), timeout=TIMEOUT)
    raw.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
    heard = b"".join(iter(lambda: raw.recv(65536), b""))
    raw.close()
    assert heard.startswith(b"HTTP/1.1 400 ") and b"https_expected" in heard
    assert handshakes(gateway, "plain_http") == 1
    assert gateway.metric("mcp_gateway_http_parse_errors_total", reason="https_expected") == 1


@pytest.mark.parametrize("garbage", [b"\0\0\0\0", b"SSH-2.0-x\r\n", b"\x80\x2e\x01\0\2", b"\x16\x03\x01\x00\x05hello"])
def test_garbage_is_closed_and_counted(start, garbage):
    gateway = start()
    raw = socket.create_connection(("127.0.0.1", gateway.port), timeout=TIMEOUT)
    raw.sendall(garbage)
    while True:
        try:
            if not raw.recv(65536):
                break
        except ConnectionResetError:
            break
    raw.close()
    gateway.until(lambda: handshakes(gateway, "not_tls") + handshakes(gateway, "failed")
                  + handshakes(gateway, "plain_http") == 1)
    assert gateway.http("echo").initialize()


def test_a_handshake_that_stalls_is_ended_while_others_are_served(start):
    gateway = start({"limits": {"head_timeout": "8s"}})
    stalled = [socket.create_connection(("127.0.0.1", gateway.port), timeout=TIMEOUT) for _ in range(50)]
    for raw in stalled[:25]:
        raw.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
    with gateway.http("echo") as client:
        client.initialize()
        assert client.text("echo", {"text": "x"}) == "x"
    for raw in stalled:
        assert raw.recv(10) == b""
        raw.close()
    assert handshakes(gateway, "timeout") == 50


def test_a_handshaking_connection_counts_and_others_are_refused(start, authority):
    gateway = start({"limits": {"max_connections": 3}})
    held = [socket.create_connection(("127.0.0.1", gateway.port), timeout=TIMEOUT) for _ in range(3)]
    gateway.until(lambda: gateway.metric("mcp_gateway_connections_active") >= 3)
    with pytest.raises(ssl.SSLError, match="(?i)internal.error"):
        Connection(gateway.port, context=authority.client())
    assert gateway.metric("mcp_gateway_connections_total", result="rejected_limit") == 1
    for raw in held:
        raw.close()


def test_a_client_that_ends_its_side_is_told_the_end_of_the_other(start):
    gateway = start()
    connection = Connection(gateway.port)
    connection.send_request("GET", "/health")
    assert connection.read_response().status == 200
    connection.socket.unwrap()  # waits until the gateway has ended its side, too
    connection.close()
    gateway.until(lambda: gateway.metric("mcp_gateway_connections_active") <= 1)


def test_a_session_ends_with_the_stream_of_a_client_that_is_gone(start):
    gateway = start(services={"chaos": chaos()})
    for end in ("close", "reset"):
        client = gateway.sse("chaos")
        client.initialize()
        getattr(client.stream.connection, end)()
        gateway.until(lambda: gateway.metric("mcp_gateway_sessions_active") == 0)


def test_old_versions_are_refused(start, authority, server):
    gateway = start({"tls": {**server.config, "min_version": "1.3"}})
    with pytest.raises(ssl.SSLError, match="(?i)protocol.version"):
        Connection(gateway.port, context=authority.client(maximum_version=ssl.TLSVersion.TLSv1_2))
    assert handshakes(gateway, "failed") == 1
    assert shown_name(gateway.port, authority.client()) == "server-1"


def test_calls_in_flight_finish_when_the_gateway_stops(start, tmp_path):
    gateway = start({"drain_timeout": "1h"}, {"chaos": chaos()})
    client = gateway.http("chaos")
    client.initialize()
    waiting = client.begin(call("slow", {"path": str(tmp_path / "gate")}, id=1))
    gateway.until(lambda: gateway.metric("mcp_gateway_requests_in_flight") == 1)
    gateway.process.terminate()
    gateway.wait_for("gateway.drain", calls=1)
    (tmp_path / "gate").touch()
    response = waiting.read_response()
    assert (response.stream.answer(1) if response.stream else response.json)["result"]


# ── certificates that are renewed ────────────────────────────────────────────────────────────────


def test_a_new_certificate_is_shown_while_open_streams_go_on(start, authority, server):
    gateway = start(services={"chaos": chaos()})
    context = authority.client()
    with gateway.sse("chaos") as client:
        client.initialize()
        server.replace(authority.issue("server-2", SERVER_NAMES, days=60))
        assert gateway.wait_for("tls.certificate", level="info")["listener"] == "main"
        assert shown_name(gateway.port, context) == "server-2"
        assert client.call("echo", {"a": 1})["result"]
    assert len(gateway.events("tls.certificate")) == 1
    assert gateway.metric("mcp_gateway_tls_certificate_reads_total", listener="main", outcome="ok") == 2


def test_a_broken_pair_leaves_the_old_one_in_use(start, authority, server):
    gateway = start(services={"chaos": chaos()})
    context = authority.client()
    renewed = authority.issue("server-2", SERVER_NAMES)
    old_key = server.key.read_bytes()
    server.certificate.write_bytes(renewed.certificate.read_bytes())  # and the key is still the old one
    told = gateway.wait_for("tls.certificate", level="error")
    assert told["err.msg"] == "gateway.tls.key: %s: the key is not that of the certificate" % server.key
    assert shown_name(gateway.port, context) == "server-1"
    os.remove(server.key)
    told = gateway.wait_for("tls.certificate", 2, level="error")
    assert told["err.msg"].startswith("gateway.tls.key: the file %s cannot be read" % server.key)
    server.key.write_bytes(old_key[: len(old_key) // 2])
    told = gateway.wait_for("tls.certificate", 3, level="error")
    assert "its private key cannot be read" in told["err.msg"]
    assert shown_name(gateway.port, context) == "server-1"
    assert gateway.metric("mcp_gateway_tls_certificate_reads_total", listener="main", outcome="error") == 3
    server.key.write_bytes(renewed.key.read_bytes())
    gateway.wait_for("tls.certificate", level="info")
    assert shown_name(gateway.port, context) == "server-2"
    assert len(gateway.events("tls.certificate", level="error")) == 3


def test_a_renewal_by_links_is_noticed_too(start_gateway, authority, tmp_path):
    """As Kubernetes and certbot do it: a link is pointed elsewhere."""
    for number in (1, 2):
        issued = authority.issue("server-%d" % number, SERVER_NAMES)
        folder = tmp_path / str(number)
        folder.mkdir()
        shutil.copy(issued.certificate, folder / "tls.crt")
        shutil.copy(issued.key, folder / "tls.key")
    live = tmp_path / "live"
    live.symlink_to(tmp_path / "1")
    gateway = start_gateway({"echo": echo()}, {"tls": {"certificate": str(live / "tls.crt"),
                                                       "key": str(live / "tls.key")}})
    assert shown_name(gateway.port, authority.client()) == "server-1"
    (tmp_path / "next").symlink_to(tmp_path / "2")
    os.replace(tmp_path / "next", live)
    gateway.wait_for("tls.certificate", level="info")
    assert shown_name(gateway.port, authority.client()) == "server-2"


# ── what is wrong with the files ─────────────────────────────────────────────────────────────────


def check(tmp_path, tls, service_tls=None):
    """What `check` says of a configuration: exit code, and what it writes."""
    service = {"command": ECHO, **({"listen": "127.0.0.1:0", "tls": service_tls} if service_tls else {})}
    path = tmp_path / "gateway.json"
    path.write_text(json.dumps({"gateway": {"tls": tls} if tls else {}, "mcpServers": {"echo": service}}))
    ran = subprocess.run([GATEWAY, "check", str(path)], capture_output=True, text=True, timeout=TIMEOUT)
    return ran.returncode, ran.stdout + ran.stderr


def test_each_fault_is_one_sentence_with_its_field(tmp_path, authority, server):
    other = authority.issue("other")
    empty = tmp_path / "empty.pem"
    empty.touch()
    encrypted = tmp_path / "encrypted.key"
    subprocess.run(["openssl", "pkey", "-in", server.key, "-aes256", "-passout", "pass:x", "-out", encrypted],
                   check=True, capture_output=True)
    good = server.config
    for changed, expected in (
            ({"certificate": "/nowhere/a.pem"}, "gateway.tls.certificate: the file /nowhere/a.pem cannot be read: No such"),
            ({"key": "/nowhere/a.key"}, "gateway.tls.key: the file /nowhere/a.key cannot be read: No such"),
            ({"key": str(other.key)}, "gateway.tls.key: %s: the key is not that of the certificate" % other.key),
            ({"certificate": str(empty)}, "gateway.tls.certificate: %s: expected certificates in PEM, found none" % empty),
            ({"key": str(empty)}, "gateway.tls.key: %s: expected a private key in PEM, found none" % empty),
            ({"key": str(encrypted)}, "gateway.tls.key: %s: expected a key without a passphrase" % encrypted),
            ({"certificate": "relative.pem"}, "gateway.tls.certificate: expected an absolute path"),
            ({"certificate": None}, "gateway.tls: expected the key 'certificate', which is missing"),
            ({"min_version": "1.1"}, "gateway.tls.min_version: expected"),
    ):
        code, said = check(tmp_path, {**good, **changed})
        assert code == 2 and expected in said, said
        assert said.count("gateway.tls") == 1, said
    code, said = check(tmp_path, good, {**good, "key": str(other.key)})
    assert code == 2 and "mcpServers.echo.tls.key: " in said, said
    assert check(tmp_path, good, good)[0] == 0


def test_warnings_do_not_keep_it_from_starting(tmp_path, authority, start_gateway):
    expired = authority.issue("expired", SERVER_NAMES, days=-1)
    expired.key.chmod(0o644)
    code, said = check(tmp_path, expired.config)
    assert code == 0, said
    assert "note: gateway.tls.certificate: The certificate in %s has expired" % expired.certificate in said
    assert "note: gateway.tls.key: Every user of this machine can read %s" % expired.key in said
    gateway = start_gateway({"echo": echo()}, {"tls": expired.config})
    paths = [event["path"] for event in gateway.events("config.warning")]
    assert paths == ["gateway.tls.certificate", "gateway.tls.key"]


def test_what_has_no_effect_is_noted(tmp_path, server):
    path = tmp_path / "gateway.json"
    path.write_text(json.dumps({
        "gateway": {"tls": server.config, "admin_listen": "off", "admin_tls": server.config,
                    "public_url": "http://mcp.example.com", "auth": {"allow_unauthenticated": True}},
        "mcpServers": {"a": {"command": ECHO, "tls": server.config}, "b": {"command": ECHO, "listen": ":0"}}}))
    said = subprocess.run([GATEWAY, "check", str(path)], capture_output=True, text=True, timeout=TIMEOUT).stdout
    for noted in ("note: gateway.admin_tls: Without effect", "note: gateway.public_url: It begins with http://",
                  "note: mcpServers.a.tls: Without effect", "note: mcpServers.b.listen: Plain HTTP"):
        assert noted in said, said
