"""All nine services at one endpoint."""
import contextlib
import json
import os
import random
import signal
import threading
import time

import pytest

from backends import PATIENCE
from calls import REAL, filled, text_of, text_of_success
from clients import HttpClient, SseClient, message
from interoplib import programs
from interoplib.litellm import LiteLLM
from nine import NINE, TESTED, definition_of

CALLS = 1000
CLIENTS = 9  # three of each kind
SEED = 16
ENVELOPE = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}}
# What a call is told whose server was killed, or was not there again yet.
MEANWHILE = ("exited", "not running", "unavailable", "did not answer", "went away", "starting", "ended")


def joined(name):
    return f"{name}__{REAL[name].tool}"


class Stateless:
    """Calls of revision 2026-07-28."""

    def __init__(self, port):
        self.client = HttpClient(port, "/all", {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call"})

    def call(self, tool, arguments):
        params = {"name": tool, "arguments": arguments, "_meta": ENVELOPE}
        return self.client.post(message("tools/call", params, 1), {"Mcp-Name": tool}).json

    def close(self):
        self.client.close()


def opened(kind, gateway):
    if kind == "stateless":
        return Stateless(gateway.port)
    client = (SseClient if kind == "sse" else HttpClient)(gateway.port, "/all")
    client.patience = PATIENCE
    client.initialize()
    return client


def test_every_tool_of_all_nine_is_there_by_a_name_that_fits(nine):
    client = opened("http", nine)
    tools = [tool["name"] for tool in client.request("tools/list")["result"]["tools"]]
    client.close()
    assert sorted(tools) == sorted(f"{service}__{tool}" for service in NINE for tool in definition_of(service)["expected_tools"])
    assert max(len(f"mcp__all__{tool}") for tool in tools) <= 64


@pytest.mark.parametrize("kind", ["sse", "http", "stateless"])
def test_each_service_is_called_at_the_joined_endpoint(nine, site, files, kind):
    client = opened(kind, nine)
    for name, asked in REAL.items():
        answer = client.call(joined(name), filled(asked.arguments, site, files))
        assert asked.says in text_of_success(answer), name
    client.close()


def test_litellm_lists_and_calls_all_nine_at_one_address(nine, site, files, tmp_path):
    if not (programs.CACHE / "venv-litellm" / ".stamp").exists():
        pytest.exit("LiteLLM is not installed; run tests/services/setup.sh first", returncode=3)
    with LiteLLM({"all": f"http://127.0.0.1:{nine.port}/all/sse"}, tmp_path) as litellm:
        assert len(litellm.list_tools("all")) == sum(len(definition_of(name)["expected_tools"]) for name in NINE)
        for name, asked in REAL.items():
            status, result = litellm.call_tool("all", joined(name), filled(asked.arguments, site, files))
            assert status == 200 and asked.says in text_of_success({"result": result}), (name, status, result)


class Callers:
    """Clients that call services at random, and keep what is wrong with an answer."""

    def __init__(self, gateway, services, site, files):
        self.gateway, self.services, self.site, self.files = gateway, services, site, files
        self.answered, self.failed, self.wrong = 0, 0, []
        self.lock = threading.Lock()

    def run(self):
        """All calls, each of which is answered."""
        workers = [threading.Thread(target=self.work, args=(number,), daemon=True) for number in range(CLIENTS)]
        for worker in workers:
            worker.start()
        deadline = time.monotonic() + 4 * PATIENCE
        for worker in workers:
            worker.join(max(0.0, deadline - time.monotonic()))
            assert not worker.is_alive(), "a call was not answered"
        assert not self.wrong, self.wrong[:5]
        assert self.answered + self.failed >= CALLS

    def work(self, number):
        chance = random.Random(SEED * 1000 + number)
        client = opened(("sse", "http", "stateless")[number % 3], self.gateway)
        often = [each for each in self.services if each != "playwright"]  # a browser takes its time
        for _ in range(CALLS // CLIENTS + 1):
            name = chance.choice(often + ["playwright"] * (chance.random() < 0.2))
            asked = REAL[name]
            self.look_at(name, asked, client.call(joined(name), filled(asked.arguments, self.site, self.files)))
        if isinstance(client, HttpClient):
            client.delete()
        client.close()

    def look_at(self, name, asked, answer):
        text = json.dumps(answer, ensure_ascii=False)
        is_right = "result" in answer and asked.says in text_of(answer["result"])
        is_told = "error" in answer and any(word in text for word in MEANWHILE)
        with self.lock:
            self.answered += is_right
            self.failed += is_told
            if not is_right and not is_told:
                self.wrong.append((name, text[:500]))


def kill_children(gateway, over):
    """One service after the other, until it is over."""
    chance = random.Random(SEED)
    while not over.wait(1):
        for pid in gateway.processes_of(chance.choice(["filesystem", "memory", "fetch", "github", "n8n", "monitoring"])):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_of_a_thousand_calls_at_random_each_is_answered_by_its_service(nine, site, files):
    callers = Callers(nine, NINE, site, files)
    callers.run()
    assert callers.failed == 0


@pytest.mark.usefixtures("nine")  # of which Prometheus has something to tell
def test_of_a_thousand_calls_at_random_none_is_crossed_while_members_are_killed(start, site, files):
    services = [name for name in NINE if name != "timescaledb"]  # which takes one client, and the other gateway is one
    gateway = start(TESTED, impatient=True, only=services)
    callers, over = Callers(gateway, services, site, files), threading.Event()
    killer = threading.Thread(target=kill_children, args=(gateway, over))
    killer.start()
    try:
        callers.run()
    finally:
        over.set()
        killer.join()
    assert callers.answered > CALLS // 2
    assert gateway.metric("mcp_child_restarts_total", reason="signal") > 0
    gateway.until(lambda: gateway.metric("mcp_gateway_sessions_active") == 0, what="the end of all sessions")
