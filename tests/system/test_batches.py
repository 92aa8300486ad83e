"""JSON-RPC batches, which one revision has: acceptance case 22."""
import pytest

from clients import call, cancelled, initialize, message
from gateway_under_test import chaos

SERVICES = {"chaos": chaos()}


@pytest.fixture
def batching(http):
    """A client of 2025-03-26, the one revision with batches."""
    client = http("chaos")
    client.initialize("2025-03-26")
    return client


def test_a_batch_is_answered_with_an_array(batching):
    """Case 22."""
    response = batching.post([call("echo", {"n": 1}, id="a"), message("notifications/initialized"),
                              message("ping", id=2)])
    answers = {answer["id"]: answer["result"] for answer in response.json}
    assert (response.status, len(response.json)) == (200, 2)
    assert answers["a"]["content"][0]["text"] == '{"n": 1}'
    assert answers[2] == {}


def test_a_batch_that_takes_only_a_stream_is_answered_on_one(batching):
    """Case 22."""
    response = batching.post([message("ping", id=1), call("echo", {}, id=2)], {"Accept": "text/event-stream"})
    answers = [event.json for event in response.stream.rest()]
    assert sorted(answer["id"] for answer in answers) == [1, 2]


def test_a_batch_of_notifications_is_accepted(batching):
    """Case 22."""
    response = batching.post([message("notifications/initialized"), cancelled(99)])
    assert (response.status, response.body) == (202, b"")


@pytest.mark.parametrize("batch", [
    [], [initialize()], [message("ping", id=1), message("ping", id=1)],
    [message("ping", id=id) for id in range(101)], [message("ping", id=1), 42], [[message("ping", id=1)]],
], ids=["empty", "initialize", "doubled id", "101 messages", "no message", "nested"])
def test_a_batch_that_is_none_is_refused_whole(batching, batch):
    """Case 22."""
    assert batching.post(batch).error == (400, -32600)


def test_a_hundred_messages_are_a_batch(batching):
    """Case 22."""
    response = batching.post([message("ping", id=id) for id in range(100)])
    assert sorted(answer["id"] for answer in response.json) == list(range(100))


@pytest.mark.parametrize("version", ["2024-11-05", "2025-06-18", "2025-11-25"])
def test_other_revisions_have_no_batches(http, version):
    """Case 22."""
    client = http("chaos")
    client.initialize(version)
    assert client.post([message("ping", id=1)]).error == (400, -32600)


def test_a_batch_keeps_its_answers_when_one_of_its_calls_is_cancelled(gateway, batching):
    """Case 22."""
    pending = batching.begin([message("ping", id=1), call("hang", id=2)])
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 1)
    assert batching.post(cancelled(2)).status == 202
    response = pending.read_response()
    answers = response.json if response.body else [event.json for event in response.stream.rest()]
    assert answers == [{"jsonrpc": "2.0", "id": 1, "result": {}}]


def test_a_batch_keeps_its_answers_when_it_becomes_a_stream(batching):
    """Case 22. Progress comes when one answer waits already."""
    response = batching.post([message("ping", id=1),
                              call("slow", {"ms": 100, "progress_steps": 1}, 2, progress_token=5)])
    messages = [event.json for event in response.stream.rest()]
    assert [each["id"] for each in messages if "id" in each] == [1, 2]
    assert [each["params"]["progress"] for each in messages if "method" in each] == [1]


def test_deleting_the_session_ends_a_batch_that_still_waits(gateway, batching):
    """Cases 16 and 22."""
    pending = batching.begin([call("hang", id=1), call("hang", id=2)])
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 2)
    assert batching.delete().status == 200
    assert pending.read_response().stream.rest() == []
