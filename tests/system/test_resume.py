"""Streams that break and are taken up again: acceptance cases 23 to 25."""
import pytest

from clients import call, message
from gateway_under_test import chaos

SERVICES = {"chaos": chaos()}
GATEWAY = {"limits": {"replay_events": 8}}


@pytest.fixture
def client(http):
    client = http("chaos")
    client.initialize()
    return client


def slow_calls_done(gateway):
    return gateway.metric("mcp_server_tool_calls_total", outcome="ok")


def begin_slow(client, id=1, ms=1200, steps=6, **more):
    """A call whose stream is open, its first progress read: the response, and that event."""
    response = client.post(call("slow", {"ms": ms, "progress_steps": steps, **more}, id, progress_token="t%s" % id))
    return response, response.stream.take()


def steps_in(events):
    return [event.json["params"]["progress"] for event in events if "method" in event.json]


def answers_in(events):
    return [event.json["id"] for event in events if "method" not in event.json]


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_lost_stream_goes_on_where_it_broke(client, end):
    """Cases 23 and 25: the rest comes, the answer once, nothing of another stream, and no cancel at the child."""
    cancelled = client.seen_by_child()["cancelled"]
    other, _ = begin_slow(client, id=2)
    response, _ = begin_slow(client, id=1)
    second = response.stream.take()
    getattr(response.stream.connection, end)()
    resumed = client.get({"Last-Event-ID": second.id})
    assert resumed.status == 200
    events = resumed.stream.rest()
    assert steps_in(events) == [3, 4, 5, 6]
    assert answers_in(events) == [1]
    assert events[-1].json["result"]["content"][0]["text"] == "slow"
    assert {event.json["params"]["progressToken"] for event in events[:-1]} == {"t1"}
    rest_of_other = other.stream.rest()
    assert (steps_in(rest_of_other), answers_in(rest_of_other)) == ([2, 3, 4, 5, 6], [2])
    assert client.seen_by_child()["cancelled"] == cancelled


def test_a_stream_is_taken_over_from_a_connection_that_only_seems_alive(client, tmp_path):
    """Case 23. A client that comes back knows better than the gateway that its connection is dead."""
    response, first = begin_slow(client, path=str(tmp_path / "gate"))
    taken = client.get({"Last-Event-ID": first.id}).stream
    (tmp_path / "gate").touch()
    events = taken.rest()
    assert steps_in(events) == [2, 3, 4, 5, 6]
    assert answers_in(events) == [1]
    assert answers_in(response.stream.rest()) == []


def test_a_stream_that_ended_unseen_is_replayed_and_ends(gateway, client):
    """Cases 23 and 25: the result of a call whose client went away is there when it comes back."""
    before = slow_calls_done(gateway)
    response, first = begin_slow(client, ms=200)
    response.stream.close()
    gateway.until(lambda: slow_calls_done(gateway) == before + 1)
    for _ in range(2):
        events = client.get({"Last-Event-ID": first.id}).stream.rest()
        assert (steps_in(events), answers_in(events)) == ([2, 3, 4, 5, 6], [1])
    last = events[-1].id
    assert client.get({"Last-Event-ID": last}).stream.rest() == []


def test_event_ids_are_unique_in_a_session_and_name_their_stream(client):
    """Case 23."""
    one, _ = begin_slow(client, id=1, ms=50, steps=2)
    two, _ = begin_slow(client, id=2, ms=50, steps=2)
    one.stream.rest()
    two.stream.rest()
    ids = [[block.id for block in response.stream.blocks if block.id] for response in (one, two)]
    assert len(set(ids[0] + ids[1])) == len(ids[0]) + len(ids[1]) == 8  # each a first event, 2 steps, the answer


@pytest.mark.parametrize("last", ["999-1", "1-1", "0-5", "garbage", "-", "18446744073709551615-18446744073709551615"])
def test_an_event_id_that_is_not_known_gives_a_live_stream(client, last):
    """Case 23: neither 404, which would end the session, nor an error."""
    response = client.get({"Last-Event-ID": last})
    assert response.status == 200
    assert response.stream.next_block().id == "0-0"
    client.call("change_tools")
    assert response.stream.message()["method"] == "notifications/tools/list_changed"


def test_events_of_the_sessions_own_stream_are_replayed(gateway, client):
    """Case 23, for the stream of GET: what came while nobody held it is not lost."""
    first = client.get().stream
    client.call("change_tools")
    seen = first.take()
    first.connection.reset()
    changes = len(gateway.events("service.tools", changed=True))
    client.call("change_tools")
    gateway.wait_for("service.tools", count=changes + 1, changed=True)
    second = client.get({"Last-Event-ID": seen.id})
    assert second.status == 200
    missed = second.stream.take()
    client.call("change_tools")
    live = second.stream.take()
    assert len({seen.id, missed.id, live.id}) == 3
    assert seen.data == missed.data == live.data
    assert second.stream.unread == []


def test_what_is_older_than_the_log_is_not_replayed(gateway, client):
    """Case 23: eight events are kept here."""
    before = slow_calls_done(gateway)
    response, first = begin_slow(client, ms=400, steps=20)
    response.stream.close()
    gateway.until(lambda: slow_calls_done(gateway) == before + 1)
    events = client.get({"Last-Event-ID": first.id}).stream.rest()
    assert steps_in(events) == [14, 15, 16, 17, 18, 19, 20]
    assert answers_in(events) == [1]


def test_what_does_not_fit_into_replay_bytes_is_not_replayed(start_gateway):
    """Case 23: the newest that fit together, and a message that is larger than all leaves nothing."""
    kept_bytes = 2048
    client = start_gateway({"chaos": chaos()}, {"limits": {"replay_bytes": f"{kept_bytes // 1024}KiB"}}).http("chaos")
    client.initialize()
    response, first = begin_slow(client, ms=100, steps=30)
    seen = [first, *response.stream.rest()]
    replayed = client.get({"Last-Event-ID": first.id}).stream.rest()
    assert 1 < len(replayed) < 30
    assert [(event.id, event.data) for event in replayed] == [(event.id, event.data) for event in seen[-len(replayed):]]
    kept = sum(len(event.data.encode()) for event in replayed)
    assert kept <= kept_bytes < kept + len(seen[-len(replayed) - 1].data.encode())

    large = client.post(call("big", {"bytes": 2 * kept_bytes}, id=2), {"Accept": "text/event-stream"}).stream.rest()
    assert answers_in(large) == [2]
    for last in (first.id, large[0].id):
        stream = client.get({"Last-Event-ID": last}).stream
        assert stream.next_block().id == "0-0"  # the session's own: nothing of the other is known
        stream.connection.close()


@pytest.mark.parametrize(("version", "primes"), [("2025-03-26", False), ("2025-06-18", False), ("2025-11-25", True)])
def test_only_the_newest_revision_gets_an_event_without_data(http, version, primes):
    """Case 24: older clients fail on it."""
    client = http("chaos")
    client.initialize(version)
    response, _ = begin_slow(client, ms=50, steps=1)
    response.stream.rest()
    first = response.stream.blocks[0]
    empty = [block for block in response.stream.blocks if block.data == ""]
    if primes:
        assert empty == [first]
        assert first.id and first.event is None
        assert [block.retry for block in response.stream.blocks if block.retry] == ["1000"]
    else:
        assert empty == []
        assert [block.retry for block in response.stream.blocks if block.retry] == []


def test_a_client_that_leaves_has_not_cancelled(gateway, client, tmp_path):
    """Case 25, for a POST that had not become a stream: its result is discarded, the call goes on."""
    cancelled = client.seen_by_child()["cancelled"]
    before = slow_calls_done(gateway)
    pending = client.begin(call("slow", {"path": str(tmp_path / "gate")}, id=1))
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 1)
    pending.close()
    (tmp_path / "gate").touch()
    gateway.until(lambda: slow_calls_done(gateway) == before + 1)
    assert client.seen_by_child()["cancelled"] == cancelled
    assert client.post(message("ping", id=1)).json["result"] == {}
