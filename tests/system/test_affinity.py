"""A child for each owner: for all sessions of a user, kept for the next of them, and for nobody else."""
import json
import os
import signal

import pytest

from clients import call, initialize
from gateway_under_test import chaos, is_gone
from test_child_faults import QUICK_STOP, SOON, pid_of
from test_shared_child import notes
from wire import Connection

TOKENS = {"ann": "token-of-ann-0123456789", "bob": "token-of-bob-0123456789"}
WITH_TOKENS = {"auth": {"tokens": [{"name": name, "token": token} for name, token in TOKENS.items()]}}


def by_header(*flags, keep="1h", **config):
    return chaos(*flags, isolation="affinity", affinity={"header": "X-User", "keep": keep}, stop=QUICK_STOP, **config)


def user(name, token=None):
    return {"X-User": name, **({"Authorization": "Bearer " + TOKENS[token]} if token else {})}


def start(start_gateway, config=None, **service):
    return start_gateway({"chaos": by_header(**service)}, config, wait_for=())


def test_sessions_of_a_user_share_a_child_and_users_do_not(start_gateway):
    gateway = start(start_gateway)
    ann, again, bob = (gateway.sse("chaos", headers=user(name)) for name in ("ann", "ann", "bob"))
    for client in (ann, again, bob):
        assert client.initialize()["serverInfo"]["name"] == "chaos"
    assert pid_of(ann) == pid_of(again) != pid_of(bob)
    http = gateway.http("chaos", headers=user("bob"))
    http.initialize()
    assert pid_of(http) == pid_of(bob)
    health = gateway.health("chaos")
    assert (health["status"], health["state"], health["children"], health["sessions"]) == ("HEALTHY", "ready", 2, 4)

    ann.call("change_tools")
    assert len(notes(again, "notifications/tools/list_changed")) <= 1  # told of by the next listing
    assert notes(bob, "notifications/tools/list_changed") == []


def test_a_session_for_each_call_finds_what_the_last_one_left(start_gateway):
    """What LiteLLM does: connect, initialize, one call, gone."""
    gateway = start(start_gateway)
    pids = set()
    for _ in range(20):
        with gateway.sse("chaos", headers=user("ann")) as client:
            client.initialize()
            pids.add(pid_of(client))
    assert len(pids) == 1
    one_shot = gateway.http("chaos", headers=user("ann"))
    assert {pid_of(one_shot), pid_of(one_shot)} == pids
    assert gateway.health("chaos")["children"] == 1


def test_a_child_is_kept_for_its_time_and_then_ended_with_all_it_started(start_gateway):
    gateway = start_gateway({"chaos": by_header("--daemonize-grandchild", keep="300ms")}, wait_for=())
    client = gateway.sse("chaos", headers=user("ann"))
    client.initialize()
    process = json.loads(client.text("pid"))
    client.close()

    assert is_gone(process["pid"]) and is_gone(process["grandchildren"][0])
    gateway.until(lambda: gateway.health("chaos")["state"] == "on_demand")
    assert gateway.events("child.backoff") == []
    new = gateway.sse("chaos", headers=user("ann"))
    new.initialize()
    assert pid_of(new) != process["pid"]


@pytest.mark.parametrize("headers", [{}, {"X-User": ""}, {"X-Usr": "ann"}], ids=["missing", "empty", "another"])
def test_a_session_that_does_not_say_whose_it_is_is_refused(start_gateway, headers):
    gateway = start(start_gateway)
    for posted in (initialize(), call("echo")):
        refused = gateway.http("chaos", headers=headers).post(posted)
        assert refused.error == (400, -32000)
        assert "the header x-user must say, once, whose session this is" in refused.json["error"]["message"]
    connection = Connection(gateway.port)
    connection.send_request("GET", "/chaos/sse", {"Accept": "text/event-stream", **headers})
    assert connection.read_response().status == 400
    connection.close()
    assert gateway.events("child.start") == []


def test_a_session_that_names_two_users_is_refused(start_gateway):
    """A proxy and a client may each have written one."""
    gateway = start(start_gateway)
    connection = Connection(gateway.port)
    connection.send(b"GET /chaos/sse HTTP/1.1\r\nHost: localhost\r\nX-User: ann\r\nX-USER: bob\r\n\r\n")
    assert connection.read_response().status == 400
    connection.close()


def test_the_same_name_under_another_token_is_another_user(start_gateway):
    gateway = start(start_gateway, WITH_TOKENS)
    clients = [gateway.sse("chaos", headers=user("1", token)) for token in ("ann", "bob", "ann")]
    pids = [pid_of(client) for client in clients]
    assert pids[0] == pids[2] != pids[1]


def test_without_a_header_the_holder_of_the_token_is_the_owner(start_gateway):
    gateway = start_gateway({"chaos": chaos(isolation="affinity")}, WITH_TOKENS, wait_for=())
    bearer = [{"Authorization": "Bearer " + TOKENS[name], "X-User": str(at)}
              for at, name in enumerate(("ann", "bob", "ann"))]
    pids = [pid_of(gateway.sse("chaos", headers=headers)) for headers in bearer]
    assert pids[0] == pids[2] != pids[1]


def test_a_session_cannot_be_used_under_another_token(start_gateway):
    gateway = start(start_gateway, WITH_TOKENS)
    ann = gateway.http("chaos", headers=user("1", "ann"))
    ann.initialize()
    bob = gateway.http("chaos", headers=user("1", "bob"))
    bob.session = ann.session
    assert bob.post(call("pid")).status == 404


def test_the_child_that_was_unused_longest_makes_room_and_one_in_use_does_not(start_gateway):
    gateway = start(start_gateway, max_children=2)
    pids = {}
    for name in ("ann", "bob"):
        with gateway.sse("chaos", headers=user(name)) as client:
            pids[name] = pid_of(client)
        gateway.until(lambda: gateway.health("chaos")["sessions"] == 0)
    cid = gateway.sse("chaos", headers=user("cid"))
    pid_of(cid)
    assert is_gone(pids["ann"])
    bob = gateway.sse("chaos", headers=user("bob"))
    assert pid_of(bob) == pids["bob"]

    refused = gateway.http("chaos", headers=user("dan")).post(initialize())
    assert refused.error == (503, -32603)
    assert pid_of(gateway.sse("chaos", headers=user("cid"))) == pid_of(cid)


def test_a_child_that_ends_comes_back_for_its_sessions_and_not_for_nobody(start_gateway):
    gateway = start(start_gateway, restart=SOON)
    ann, bob = (gateway.sse("chaos", headers=user(name)) for name in ("ann", "bob"))
    pid_ann, pid_bob = pid_of(ann), pid_of(bob)
    bob.close()
    gateway.until(lambda: gateway.health("chaos")["sessions"] == 1)
    for pid in (pid_ann, pid_bob):
        os.kill(pid, signal.SIGKILL)
    gateway.wait_for("child.exit", count=2)

    assert pid_of(ann) not in (pid_ann, pid_bob)
    assert gateway.health("chaos")["children"] == 1
    assert pid_of(gateway.sse("chaos", headers=user("bob"))) != pid_bob


def test_a_program_that_is_missing_is_said_to_each_who_asks(start_gateway):
    gateway = start_gateway({"gone": {"command": "/no/such/program", "isolation": "affinity",
                                      "affinity": {"header": "x-user"}, "restart": {"max_restarts": 0},
                                      "call_timeout": "2s"}}, wait_for=())
    for name in ("ann", "bob"):
        answer = gateway.http("gone", headers=user(name)).post(initialize()).json
        assert answer["error"]["code"] == -32603


def test_children_of_owners_are_probed(start_gateway):
    gateway = start(start_gateway, probe={"tool": "is_error", "interval": "100ms"})
    assert "probe" not in gateway.health("chaos")
    client = gateway.sse("chaos", headers=user("ann"))
    client.initialize()
    gateway.until(lambda: gateway.health("chaos").get("probe", {}).get("status") == "failed")
    assert gateway.health("chaos")["status"] == "DEGRADED"
