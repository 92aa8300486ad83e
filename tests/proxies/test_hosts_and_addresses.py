"""Names that are let in, the client's address, and what a proxy writes down."""
import re

import pytest

from behind import start_gateway
from clients import call, initialize
from proxies import PROXIES, Nginx
from wire import TIMEOUT

EVERY_PROXY = pytest.mark.parametrize("kind", PROXIES, ids=lambda kind: kind.__name__)


@pytest.fixture(scope="module")
def knows_no_name():
    """A gateway that was not told under which name the proxy serves it."""
    running = start_gateway(allowed_hosts=[])
    yield running
    running.stop()


@EVERY_PROXY
def test_without_allowed_hosts_the_proxys_name_is_refused(start, knows_no_name, http, kind):
    refused = http(start(kind, knows_no_name), "echo").post(initialize())
    assert refused.status == 403 and "Host" in refused.json["error"]["message"]
    assert knows_no_name.wait_for("auth.denied", reason="host", remote="127.0.0.1")


def test_a_name_that_is_not_allowed_reaches_no_service(proxy, http):
    client = http(proxy, "echo", headers={"Host": "evil.example"})
    answer = client.post(initialize())
    assert "result" not in answer.body.decode() and answer["mcp-session-id"] is None


def test_nginx_sends_the_name_of_its_upstream_unless_told(start, gateway, http):
    edits = {"proxy_set_header Host $host;": ""}
    assert http(start(Nginx, gateway, edits), "echo").post(initialize()).status == 403
    assert gateway.wait_for("auth.denied", reason="host")


@pytest.mark.parametrize("transport", ["sse", "http"])
def test_the_address_of_a_client_is_found_by_the_id_of_its_request(proxy, gateway, request, transport):
    client = request.getfixturevalue(transport)(proxy, "echo", source="127.0.0.9")
    client.initialize()
    posted = client.post(call("echo", {"text": "hello"}, id="mine"))
    id = posted["x-request-id"]
    assert gateway.wait_for("request.done", request_id=id)["tool"] == "echo"
    line = written(gateway, proxy, id)
    assert "127.0.0.9" in line and "/echo/" in line


def test_a_clients_own_request_id_goes_all_the_way(proxy, gateway, http):
    client = http(proxy, "echo", headers={"X-Request-Id": "from-the-client-1"})
    assert client.post(initialize())["x-request-id"] == "from-the-client-1"
    assert gateway.wait_for("request.done", request_id="from-the-client-1")
    assert written(gateway, proxy, "from-the-client-1")


def test_no_proxy_writes_down_what_lets_in(proxy, gateway, sse, http):
    old, new = sse(proxy, "echo"), http(proxy, "echo", headers={"X-Api-Key": "also-a-secret-key"})
    old.initialize()
    new.initialize()
    keys = [re.search("sessionId=(.*)", old.endpoint)[1], new.session, new.headers["Authorization"].split()[1],
            "also-a-secret-key"]
    id = new.post(call("echo", {"text": "the last"}))["x-request-id"]
    old.close()
    written(gateway, proxy, id)
    log = proxy.access_log()
    assert "/messages" in log
    assert not [key for key in keys if key in log]


def written(gateway, proxy, id):
    """The line that a proxy writes about the request with that id, once it has."""
    def line():
        return next((line for line in proxy.access_log().splitlines() if id in line), None)

    return gateway.until(line, TIMEOUT, "a line of the proxy about request %s" % id)
