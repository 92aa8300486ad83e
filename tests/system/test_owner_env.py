"""Credentials of users, each in a child of its own: owner_env."""
import json
from pathlib import Path

import pytest

from clients import call, message
from gateway_under_test import chaos

TOKENS = {"tokens": [{"name": name, "token": f"token-of-{name}-0123"} for name in ("ann", "bob", "eve")]}
CANARIES = {"ann": "canary-of-ann-7f3a", "bob": "canary-of-bob-91cc"}


def of(name, **headers):
    return {"headers": {"Authorization": f"Bearer token-of-{name}-0123", **headers}}


def environment(client):
    """Of the child a client talks to, as the child sees it."""
    return json.loads(client.text("env"))


def pid(client):
    return json.loads(client.text("pid"))["pid"]


@pytest.fixture
def stored(tmp_path):
    for name, canary in CANARIES.items():
        (tmp_path / name).write_text(canary + "\n")
    return tmp_path


def of_files(folder, **more):
    return chaos(isolation="affinity", owner_env={"USER_TOKEN": {"file": f"{folder}/{{principal}}"}}, **more)


def test_each_user_has_a_child_with_its_own_credential(start_gateway, stored):
    gateway = start_gateway({"chaos": of_files(stored)}, {"auth": TOKENS}, wait_for=())
    clients = {name: gateway.http("chaos", **of(name)) for name in CANARIES}
    for name, client in clients.items():
        client.initialize()
    for name, client in clients.items():
        assert environment(client)["USER_TOKEN"] == CANARIES[name]
    again = gateway.http("chaos", **of("ann"))
    again.initialize()
    assert pid(again) == pid(clients["ann"]) != pid(clients["bob"])


def test_a_user_without_one_starts_no_child(start_gateway, stored):
    gateway = start_gateway({"chaos": of_files(stored)}, {"auth": TOKENS}, wait_for=())
    refused = gateway.http("chaos", **of("eve")).post(message("tools/list", id=1))
    assert refused.status == 403
    assert "nothing is stored for 'eve'" in json.loads(refused.body)["error"]["message"]
    assert str(stored) not in refused.body.decode()
    assert gateway.sse("chaos", **of("ann"))


def test_a_changed_credential_is_for_the_next_session(start_gateway, stored):
    gateway = start_gateway({"chaos": of_files(stored, affinity={"keep": "0s"})}, {"auth": TOKENS}, wait_for=())
    old = gateway.http("chaos", **of("ann"))
    old.initialize()
    (stored / "ann").write_text("canary-of-ann-rotated")
    new = gateway.http("chaos", **of("ann"))
    new.initialize()
    assert environment(old)["USER_TOKEN"] == CANARIES["ann"]
    assert environment(new)["USER_TOKEN"] == "canary-of-ann-rotated"
    ending = pid(old)
    old.delete()
    gateway.until(lambda: not Path(f"/proc/{ending}").exists(), what="the child with the old one to end")


def test_a_restarted_child_has_the_same(start_gateway, stored):
    gateway = start_gateway({"chaos": of_files(stored, restart={"backoff_initial": "1ms"})}, {"auth": TOKENS}, wait_for=())
    ann = gateway.http("chaos", **of("ann"))
    ann.initialize()
    before = pid(ann)
    ann.post(call("die"))
    gateway.wait_for("child.start", count=2)
    assert environment(ann)["USER_TOKEN"] == CANARIES["ann"] and pid(ann) != before


def test_a_header_of_a_trusted_client_tells_users_apart(start_gateway):
    service = chaos(isolation="affinity", owner_env={"USER_TOKEN": {"header": "x-user-token"}})
    gateway = start_gateway({"chaos": service}, {"auth": TOKENS}, wait_for=())
    clients = {name: gateway.http("chaos", **of("ann", **{"X-User-Token": canary})) for name, canary in CANARIES.items()}
    for name, client in clients.items():
        client.initialize()
        assert environment(client)["USER_TOKEN"] == CANARIES[name]
    assert pid(clients["ann"]) != clients["bob"].text("pid")
    assert gateway.http("chaos", **of("ann")).post(message("tools/list", id=1)).status == 400


def test_no_credential_is_in_a_log_metric_or_health_page(start_gateway, stored):
    gateway = start_gateway({"chaos": of_files(stored)}, {"auth": TOKENS, "log": {"level": "debug", "audit": True}}, wait_for=())
    ann = gateway.http("chaos", **of("ann"))
    ann.initialize()
    ann.text("stderr", {"text": f"my token is {CANARIES['ann']}"})
    gateway.wait_for("child.stderr")
    seen = json.dumps([str(event) for event in gateway.log.events]) + gateway.metrics() + json.dumps(gateway.health())
    assert CANARIES["ann"] not in seen
    assert "token-of-ann-0123" not in json.dumps(environment(ann))
