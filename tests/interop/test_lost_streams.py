"""A session's stream that is lost on the way, which the gateway cannot know: its client comes back, and misses nothing."""

import json

import pytest

from interoplib import programs
from interoplib.silent_proxy import SilentProxy

CLIENTS = [client for client in programs.clients() if client.transport == "http"]


@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_a_client_whose_stream_was_lost_without_a_word_hears_of_what_came_meanwhile(client, gateway, home):
    with SilentProxy(gateway.port) as proxy:
        url = f"http://127.0.0.1:{proxy.port}/everything/mcp"
        with client.start(url, "lostStream", home=home) as process:
            proxy.wait_for_streams(1)
            proxy.lose_streams()
            name = f"lost-{client.name.replace(' ', '-')}.gz"
            made = client.run(gateway.url("everything", "http"), "listChanged", {"name": name}, home=home)
            assert made["listed"] is True
            proxy.let_in()
            proxy.wait_for_streams(2)
            output, errors = process.communicate(timeout=600)
    assert process.returncode == 0, output + errors
    found = json.loads(output)
    assert found["told"] >= 1
    assert found["echo"] == {"value": "Echo: still here"}
