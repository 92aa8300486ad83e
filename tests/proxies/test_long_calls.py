"""Calls and streams that are silent for longer than a proxy waits by itself."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from behind import start_gateway
from clients import call
from proxies import PROXIES, HAProxy, Nginx
from wire import Ended

PATIENCE = 20  # of the proxies here, in seconds. The gateway's first sign in the answer to a POST comes after 10
LONGER = {"ms": 24_000}
SHORT = 5  # of those that give up, and still longer than a busy gateway needs for an answer
TOO_LONG = {"ms": 1000 * SHORT + 3000}


@pytest.fixture(scope="module")
def kept_alive():
    running = start_gateway(sse_keepalive="2s")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def silent():
    """One whose keep-alive comes too late for an impatient proxy."""
    running = start_gateway(sse_keepalive="1h")
    yield running
    running.stop()


def long_call(client):
    client.initialize()
    if hasattr(client, "stream"):
        return client.text("sleep", LONGER)
    posted = client.begin(call("sleep", LONGER)).read_response()
    return posted.stream.answer(1)["result"]["content"][0]["text"]


def test_keep_alive_carries_calls_past_the_patience_of_a_proxy(start, kept_alive, sse, http):
    proxies = [start(kind, kept_alive, kind.impatient(PATIENCE)) for kind in PROXIES]
    clients = [open_client(proxy, "echo") for proxy in proxies for open_client in (sse, http)]
    with ThreadPoolExecutor(len(clients)) as pool:
        assert list(pool.map(long_call, clients)) == ["slept"] * 6


@pytest.mark.parametrize("kind", [Nginx, HAProxy])
def test_without_keep_alive_an_impatient_proxy_ends_a_stream(start, silent, sse, kind):
    client = sse(start(kind, silent, kind.impatient(SHORT)), "echo")
    with pytest.raises(Ended):
        client.stream.next_block()


@pytest.mark.parametrize("kind", [Nginx, HAProxy])
def test_a_client_that_takes_no_stream_needs_the_patience_of_the_proxy(start, silent, http, kind):
    """Why the files say 1h: a call without events is silent to its end."""
    impatient = start(kind, silent, kind.impatient(SHORT))
    posted = http(impatient, "echo").begin(call("sleep", TOO_LONG), {"Accept": "application/json"})
    assert posted.read_response().status == 504
    impatient.stop()
    shipped = start(kind, silent)
    posted = http(shipped, "echo").begin(call("sleep", TOO_LONG), {"Accept": "application/json"})
    assert posted.read_response().status == 200
