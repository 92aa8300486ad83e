"""Who shares a browser: sessions of one user do, those of two never. What LiteLLM does, a session for each call, must work."""
import json

import pytest

from calls import text_of_success
from clients import initialize
from nine import connected

AFFINITY = {"isolation": "affinity", "affinity": {}}  # as in service.json; nine.json has no tokens to tell users by
TOKENS = {name: f"token-of-{name}-{'0' * 24}" for name in ("ann", "bob")}


@pytest.fixture(scope="module")
def gateway(start):
    tokens = [{"name": name, "token": token} for name, token in TOKENS.items()]
    return start(only=["playwright"], gateway={"auth": {"tokens": tokens}}, overlays={"playwright": AFFINITY})


@pytest.fixture(scope="module")
def gateway_by_user(start):
    """One token, and a header that says for whom."""
    return start(only=["playwright"], gateway={"auth": {"tokens": [{"name": "litellm", "token": TOKENS["ann"]}]}},
                 overlays={"playwright": {**AFFINITY, "affinity": {"header": "x-user-id"}}})


def of(person, **more):
    return {"Authorization": f"Bearer {TOKENS[person]}", **more}


def in_one_session(gateway, headers, tool, arguments=None):
    """As LiteLLM calls: a session, one call, gone."""
    with connected(gateway, "playwright", headers=headers) as client:
        return text_of_success(client.call(tool, arguments))


def test_the_next_session_of_a_user_finds_the_page_of_the_one_before(gateway, site):
    in_one_session(gateway, of("ann"), "browser_navigate", {"url": f"{site.url}/of-ann"})
    assert "what stands at /of-ann" in in_one_session(gateway, of("ann"), "browser_snapshot")


def test_another_user_sees_neither_the_page_nor_its_cookies(gateway, site):
    in_one_session(gateway, of("ann"), "browser_navigate", {"url": f"{site.url}/of-ann"})
    in_one_session(gateway, of("ann"), "browser_evaluate", {"function": "() => { document.cookie = 'secret=of-ann' }"})
    in_one_session(gateway, of("bob"), "browser_navigate", {"url": f"{site.url}/of-bob"})

    assert "of-ann" not in in_one_session(gateway, of("bob"), "browser_snapshot")
    cookies = {person: in_one_session(gateway, of(person), "browser_evaluate", {"function": "() => document.cookie"})
               for person in TOKENS}
    assert "secret=of-ann" in cookies["ann"] and "of-ann" not in cookies["bob"]
    assert "what stands at /of-ann" in in_one_session(gateway, of("ann"), "browser_snapshot")
    assert len(gateway.processes_of("playwright")) == 2


def test_the_header_tells_apart_who_comes_with_one_token(gateway_by_user, site):
    headers = {user: of("ann", **{"x-user-id": user}) for user in ("u1", "u2")}
    for user in headers:
        in_one_session(gateway_by_user, headers[user], "browser_navigate", {"url": f"{site.url}/of-{user}"})
    for user in headers:
        assert f"what stands at /of-{user}" in in_one_session(gateway_by_user, headers[user], "browser_snapshot")


def test_a_session_that_does_not_say_for_whom_is_refused(gateway_by_user):
    with gateway_by_user.http("playwright", headers=of("ann")) as client:
        refused = client.post(initialize())
    assert refused.status == 400
    assert "x-user-id" in json.loads(refused.body)["error"]["message"].lower()
