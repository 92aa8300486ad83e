"""mcp-gateway doctor: each server started once, where its time goes, and what to do."""
import http.server
import json
import subprocess
import threading
import urllib.request

import pytest

from authorization_server import AuthorizationServer, SigningKey
from gateway_under_test import GATEWAY, chaos, echo
from wire import TIMEOUT


def doctor(tmp_path, services, *options, gateway=None):
    file = tmp_path / "gateway.json"
    file.write_text(json.dumps({"gateway": gateway or {}, "mcpServers": services}))
    return subprocess.run([GATEWAY, "doctor", file, *options], capture_output=True, text=True, timeout=TIMEOUT)


def test_servers_that_are_well_show_where_their_time_goes(tmp_path):
    done = doctor(tmp_path, {"one": echo(), "two": echo()})
    assert done.returncode == 0, done
    assert done.stdout.count("first word") == 2 and "3 tools, about" in done.stdout, done.stdout


def test_what_is_wrong_is_told_with_what_to_do(tmp_path):
    done = doctor(tmp_path, {"noisy": chaos("--banner"), "missing": {"command": "no-such-program-of-tests"}})
    assert done.returncode == 1, done
    assert "FAIL  missing" in done.stdout
    assert "have it log to stderr" in done.stdout, done.stdout


def test_the_public_address_is_looked_at_from_outside(start_gateway, tmp_path):
    gateway = start_gateway({"echo": echo()})
    url = "http://127.0.0.1:%d" % gateway.port
    assert url + "/health says HEALTHY" in doctor(tmp_path, {"echo": echo()}, "--url", url).stdout
    gateway.stop()
    failed = doctor(tmp_path, {"echo": echo()}, "--url", url)
    assert failed.returncode == 1 and "is the gateway running" in failed.stdout, failed


class HoldingProxy:
    """A stand-in for a proxy that buffers: an answer is passed on once it is whole."""

    def __init__(self, port):
        holding = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked = urllib.request.Request("http://127.0.0.1:%d%s" % (port, self.path), headers={"Accept": self.headers.get("Accept", "*/*")})
                answer = urllib.request.urlopen(asked, timeout=TIMEOUT)
                holding.open.append(answer)
                body = answer.read()
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *ignored):
                pass

        self.open = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d" % self.server.server_port

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def test_a_proxy_that_holds_streams_back_is_found(start_gateway, tmp_path):
    gateway = start_gateway({"echo": echo()})
    proxy = HoldingProxy(gateway.port)
    straight = doctor(tmp_path, {"echo": echo()}, "--url", "http://127.0.0.1:%d" % gateway.port)
    assert straight.returncode == 0 and "/echo/sse streams without delay" in straight.stdout, straight
    held = doctor(tmp_path, {"echo": echo()}, "--url", proxy.url)
    proxy.stop()
    assert held.returncode == 1 and "holds streams back" in held.stdout and "proxy_buffering off" in held.stdout, held


def test_streams_are_not_looked_at_without_the_token_they_need(start_gateway, tmp_path):
    gateway = start_gateway({"echo": echo()}, {"auth": {"tokens": [{"name": "a", "token": "a-token-of-tests"}]}})
    done = doctor(tmp_path, {"echo": echo()}, "--url", "http://127.0.0.1:%d" % gateway.port)
    assert done.returncode == 0 and "needs a token" in done.stdout, done


@pytest.fixture
def issuer(tmp_path):
    server = AuthorizationServer([SigningKey(tmp_path, "one")])
    yield server
    server.stop()


def test_the_way_to_a_token_is_followed(start_gateway, tmp_path, issuer):
    def oauth(issuer):
        return {"public_url": "http://127.0.0.1", "auth": {"oauth": {"issuers": [{"issuer": issuer, "name": "login"}]}}}

    gateway = start_gateway({"echo": echo()}, oauth(issuer.issuer))
    done = doctor(tmp_path, {"echo": echo()}, "--url", "http://127.0.0.1:%d" % gateway.port, gateway=oauth(issuer.issuer))
    assert "names" in done.stdout and issuer.issuer in done.stdout, done
    assert "token endpoint" in done.stdout, done
