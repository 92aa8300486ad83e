"""What a client leaves behind must not keep the gateway from stopping."""

import time

import pytest

from interoplib import programs
from interoplib.gateway import Gateway

LATER = {"drain_timeout": "1h"}  # whoever waits for the calls left behind below waits as long as they last: half an hour


@pytest.fixture
def gateway(tmp_path):
    with Gateway({"everything": programs.node_server("server-everything", "stdio")}, tmp_path, options=LATER) as running:
        yield running


@pytest.mark.parametrize("transport", ["sse", "http"])
def test_the_gateway_does_not_wait_for_a_call_that_its_client_cancelled(gateway, transport, home):
    client = next(client for client in programs.clients() if client.transport == transport)
    client.run(gateway.url("everything", transport), "cancel", home=home)
    gateway.stop()


@pytest.mark.parametrize("client", [client for client in programs.clients() if client.transport == "sse"], ids=str)
def test_the_gateway_does_not_wait_for_a_call_whose_sse_client_was_killed(gateway, client, home):
    with client.start(gateway.url("everything", "sse"), "progress", {"duration": 1800, "steps": 1800}, home=home) as process:
        gateway.wait_for_event("request.done", method="initialize")
        time.sleep(2)
        process.kill()
    gateway.stop()


def test_idle_sessions_of_every_kind_do_not_keep_the_gateway_from_stopping(gateway, home):
    processes = [client.start(gateway.url("everything", client.transport), "idle", home=home) for client in programs.clients()]
    try:
        for process in processes:
            assert process.stdout.readline() == "idle\n"
        gateway.stop()
    finally:
        for process in processes:
            process.kill()
            process.communicate()
