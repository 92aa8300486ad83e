"""`isolation: session`: each session has a child of its own, so the server may ask the client for something."""

import pytest

from interoplib import programs
from interoplib.gateway import Gateway


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    server = programs.node_server("server-everything", "stdio") | {"isolation": "session"}
    with Gateway({"everything": server}, tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.mark.parametrize("client", programs.clients(), ids=str)
def test_sampling_elicitation_and_roots_reach_the_client_that_was_asked(client, gateway, home):
    answer = f"answer-of-{client.name.replace(' ', '-')}"
    found = client.run(gateway.url("everything", client.transport), "asked", {"answer": answer}, home=home)
    assert {"trigger-sampling-request", "trigger-elicitation-request", "get-roots-list"} <= set(found["tools"])
    assert f"{answer}: 1 message(s)" in found["sampling"]["value"]
    assert f"- Name: {answer}" in found["elicitation"]["value"]
    assert f"URI: file:///{answer}" in found["roots"]["value"]
