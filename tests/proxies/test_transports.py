"""Both transports through each proxy, on its file as it is shipped: streams, sizes, sessions, prefixes."""
import json
import os
import subprocess
from pathlib import Path

import pytest

from behind import TOKEN
from clients import call, initialize, message
from proxies import NAME, PREFIXES, PROXIES, HAProxy
from through import SDK_PYTHON

MEGABYTE = 1_000_000  # within what clients take as one event
EVERY_PROXY = pytest.mark.parametrize("kind", PROXIES, ids=lambda kind: kind.__name__)
SDK_CLIENT = Path(__file__).with_name("sdk_client.py")


def curl(proxy, path, *options):
    """A command line of curl, which believes that the proxy's name is here."""
    return ["curl", "--silent", "--max-time", "30", "--cacert", str(proxy.certificate.certificate),
            "--resolve", "%s:%d:127.0.0.1" % (NAME, proxy.port), "--header", "Authorization: Bearer " + TOKEN,
            *options, proxy.url() + path]


def test_the_python_sdk_works_below_every_prefix_on_both_transports(proxy):
    targets = [(transport, proxy.url(place) + "/echo/" + path)
               for place in PREFIXES for transport, path in (("sse", "sse"), ("http", "mcp"))]
    ran = subprocess.run([SDK_PYTHON, SDK_CLIENT, TOKEN, *("%s=%s" % target for target in targets)],
                         env={**os.environ, "SSL_CERT_FILE": str(proxy.certificate.certificate)},
                         capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr
    expected = {"tools": ["big", "echo", "sleep"], "echo": "é 漢字", "answered": MEGABYTE, "sent": MEGABYTE, "slept": "slept"}
    assert list(zip(targets, json.loads(ran.stdout))) == [(target, expected) for target in targets]


@pytest.mark.parametrize("place", PREFIXES)
def test_events_of_an_sse_stream_arrive_one_by_one(proxy, sse, place):
    client = sse(proxy, "chaos", place)
    assert client.endpoint.startswith(PREFIXES[place] + "/chaos/messages?sessionId=")
    client.initialize()
    client.post(call("never", id="stays open"))
    assert client.text("echo", {"n": 1}) == '{"n": 1}'
    client.post(call("slow", {"ms": 10, "progress_steps": 2}, id="slow", progress_token="p"))
    assert [client.stream.note("notifications/progress")["params"]["progress"] for _ in range(2)] == [1, 2]
    assert client.stream.answer("slow")["result"]
    assert not client.stream.is_over


def test_an_event_arrives_over_http_2(proxy):
    command = curl(proxy, "/echo/sse", "--no-buffer", "--http2", "--dump-header", "-")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        lines = []
        for line in running.stdout:
            lines.append(line.strip())
            if line.startswith("event:"):
                break
        running.kill()
    assert (lines[0], lines[-1]) == ("HTTP/2 200", "event: endpoint")


def test_progress_of_a_post_arrives_before_its_answer(proxy, http):
    client = http(proxy, "chaos")
    client.initialize()
    posted = client.post(call("slow", {"ms": 60_000, "progress_steps": 600}, id=7, progress_token="p"))
    assert posted.stream.note("notifications/progress")["params"]["progress"] == 1
    client.post(message("notifications/cancelled", {"requestId": 7}))


def test_a_session_has_its_own_stream_and_can_be_deleted(proxy, http, gateway):
    client = http(proxy, "chaos")
    client.initialize()
    stream = client.get().stream
    stream.next_block()  # it is open before anything has happened
    client.call("change_tools")
    assert stream.note("notifications/tools/list_changed")
    assert client.delete().status == 200
    assert stream.rest() == []
    assert client.post(message("tools/list", id=2)).error == (404, -32001)


def test_a_stream_that_was_lost_is_taken_up_again(proxy, http):
    client = http(proxy, "chaos")
    client.initialize()
    lost = client.post(call("slow", {"ms": 300, "progress_steps": 3}, id=7, progress_token="p"))
    first = lost.stream.take()
    client.connections[-1].close()
    resumed = client.get({"Last-Event-ID": first.id}).stream
    assert resumed.answer(7)["result"]


@EVERY_PROXY
def test_a_prefix_that_is_taken_away_needs_no_base_path(start, sse, gateway, kind):
    """The gateway then names its endpoint relative to the address of the stream."""
    client = sse(start(kind, gateway), "echo", "stripped")
    assert client.endpoint_event.data.startswith("messages?")
    client.initialize()
    assert client.text("echo", {"text": "hello"}) == "hello"


@EVERY_PROXY
def test_a_reload_of_the_proxy_leaves_open_streams_alone(start, sse, http, gateway, kind):
    proxy = start(kind, gateway)
    client = sse(proxy, "echo")
    client.initialize()
    proxy.reload({"/team-a/": "/team-new/"} | ({"^/team-a(/.*)": "^/team-new(/.*)"} if kind is HAProxy else {}))

    def has_reloaded():
        connection = proxy.connect()
        connection.send_request("GET", "/team-new/health")
        return connection.read_response().status == 200

    gateway.until(has_reloaded, what="the reload")
    client.posts = None  # connections between requests are closed
    assert client.text("echo", {"text": "still here"}) == "still here"


@pytest.mark.parametrize("transport", ["sse", "http"])
def test_answers_and_requests_of_megabytes_come_through(proxy, transport, request):
    client = request.getfixturevalue(transport)(proxy, "echo")
    client.initialize()
    assert len(client.text("big", {"bytes": 2 * MEGABYTE})) == 2 * MEGABYTE
    assert len(client.text("echo", {"text": "x" * (3 * MEGABYTE)})) == 3 * MEGABYTE


def test_a_request_that_is_too_large_is_refused(proxy):
    posted = json.dumps(call("echo", {"text": "x" * (5 << 20)}))
    command = curl(proxy, "/echo/mcp", "--data-binary", "@-", "--header", "Content-Type: application/json",
                   "--output", os.devnull, "--write-out", "%{http_code}")
    assert subprocess.run(command, input=posted, capture_output=True, text=True).stdout == "413"


def test_refusals_come_through_as_they_are(proxy, http):
    refused = http(proxy, "echo", token="wrong").post(initialize())
    assert refused.status == 401 and refused["www-authenticate"].startswith("Bearer ")
    assert http(proxy, "nothing").post(initialize()).status == 404
