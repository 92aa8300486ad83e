"""A real LiteLLM proxy before the nine services: everything an agent does reaches them through it, call by call."""
import os
import signal
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from backends import wait_until
from calls import REAL, WRONG, filled, text_of_success
from clients import SseClient
from interoplib import programs
from interoplib.litellm import LiteLLM
from nine import NINE, definition_of

LOOP_CALL = {"id": "call_1", "type": "function",
             "function": {"name": "filesystem-list_allowed_directories", "arguments": "{}"}}


@pytest.fixture(scope="module")
def litellm(nine, tmp_path_factory):
    if not (programs.CACHE / "venv-litellm" / ".stamp").exists():
        pytest.exit("LiteLLM is not installed; run tests/services/setup.sh first", returncode=3)
    loop = {"model_name": "fake-with-tools", "litellm_params": {
        "model": "openai/gpt-4o-mini", "api_key": "fake-key", "mock_response": "what the model says last",
        "mock_tool_calls": [LOOP_CALL]}}
    urls = {name: f"http://127.0.0.1:{nine.ports[name]}/sse" for name in NINE}
    with LiteLLM(urls, tmp_path_factory.mktemp("litellm"), [loop]) as running:
        yield running


@pytest.fixture
def call(litellm, site, files):
    """call(service, asked) gives the answer to a call through LiteLLM in the shape of an MCP answer."""
    def make(service, asked):
        status, result = litellm.call_tool(service, asked.tool, filled(asked.arguments, site, files))
        assert status == 200, (status, result)
        return {"result": result}

    return make


def sessions(gateway):
    return gateway.metric("mcp_gateway_sessions_active", transport="sse")


def descriptors(gateway):
    return len(os.listdir(f"/proc/{gateway.process.pid}/fd"))


def children(gateway):
    return {name: sorted(gateway.processes_of(name)) for name in NINE}


# --- what is there


def test_litellm_finds_all_nine_healthy(litellm):
    status, found = litellm.get("/v1/mcp/server/health")
    assert status == 200
    assert [entry["status"] for entry in found] == ["healthy"] * len(NINE), found


@pytest.mark.parametrize("service", NINE)
def test_litellm_lists_every_tool_of(service, litellm):
    assert sorted(litellm.list_tools(service)) == sorted(definition_of(service)["expected_tools"])


def test_litellm_lists_all_tools_of_all_nine_at_once(litellm):
    expected = sorted(tool for service in NINE for tool in definition_of(service)["expected_tools"])

    status, found = litellm.get("/mcp-rest/tools/list")
    assert (status, sorted(tool["name"] for tool in found["tools"])) == (200, expected)
    status, found = litellm.get("/v1/mcp/tools")
    prefixed = sorted(f"{service}-{tool}" for service in NINE for tool in definition_of(service)["expected_tools"])
    assert (status, sorted(tool["name"] for tool in found["tools"])) == (200, prefixed)


# --- calls


@pytest.mark.parametrize("service", NINE)
def test_a_call_through_litellm_reaches_what_stands_behind(service, call):
    assert REAL[service].says in text_of_success(call(service, REAL[service]))


def test_a_wrong_call_is_told_to_litellms_caller(call):
    result = call("postgres", WRONG["postgres"])["result"]
    assert result["isError"] is True
    assert WRONG["postgres"].says in result["content"][0]["text"]


def test_the_model_gets_the_answer_of_the_tool_it_asked_for(litellm, nine):
    def calls():
        return nine.metric("mcp_server_tool_calls_total", server="filesystem", tool="list_allowed_directories")

    before = calls()
    status, found = litellm.post("/v1/chat/completions", {
        "model": "fake-with-tools", "messages": [{"role": "user", "content": "Which directories may you use?"}],
        "tools": [{"type": "mcp", "server_label": "litellm", "server_url": "litellm_proxy/mcp/filesystem",
                   "require_approval": "never"}]})

    assert status == 200, found
    assert found["choices"][0]["message"]["content"] == "what the model says last"
    assert calls() == before + 1


def test_nine_sessions_at_once_each_get_their_own_answer(call):
    with ThreadPoolExecutor(len(NINE)) as pool:
        answers = list(pool.map(lambda service: call(service, REAL[service]), NINE))
    for service, answer in zip(NINE, answers):
        assert REAL[service].says in text_of_success(answer)


def test_a_browser_keeps_its_page_between_two_calls_of_litellm(litellm, site):
    status, _ = litellm.call_tool("playwright", "browser_navigate", {"url": f"{site.url}/kept"})
    assert status == 200
    status, found = litellm.call_tool("playwright", "browser_snapshot")
    assert status == 200
    assert "what stands at /kept of the site" in found["content"][0]["text"]


def test_five_hundred_calls_leave_no_session_no_child_and_no_descriptor(call, nine, litellm):
    rounds = ("filesystem", "memory", "postgres", "n8n", "monitoring")
    for service in rounds:
        text_of_success(call(service, REAL[service]))
    wait_until(lambda: sessions(nine) == 0, "LiteLLM closing its sessions")
    before = descriptors(nine), children(nine)

    for number in range(500):
        service = rounds[number % len(rounds)]
        text_of_success(call(service, REAL[service]))

    wait_until(lambda: sessions(nine) == 0, "LiteLLM closing its sessions")
    wait_until(lambda: descriptors(nine) <= before[0] + 2, "connections closed")
    assert children(nine) == before[1]


def test_a_child_killed_within_a_call_costs_that_call_and_no_other(call, litellm, nine):
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(litellm.call_tool, "postgres", "execute_sql", {"sql": "SELECT pg_sleep(30)"})
        wait_until(lambda: nine.metric("mcp_gateway_requests_in_flight", server="postgres") == 1, "the slow call under way")
        for pid in nine.processes_of("postgres"):
            os.kill(pid, signal.SIGKILL)
        begun = time.monotonic()
        status, found = slow.result()
        waited = time.monotonic() - begun

    assert status == 200 and found["isError"] is True, found
    assert waited < 20  # the call would have lasted 30 s
    for _ in range(10):
        text_of_success(call("postgres", REAL["postgres"]))


# --- where the time goes


def test_the_gateways_part_of_a_calls_time_is_known(litellm, nine, record_property):
    """Not judged, only told: a call through LiteLLM, the same by a client of the gateway, and the call alone."""
    rounds = 40

    def milliseconds(work):
        taken = []
        for _ in range(rounds):
            begun = time.perf_counter()
            work()
            taken.append((time.perf_counter() - begun) * 1000)
        return taken

    def session_and_call():
        with SseClient(nine.ports["filesystem"]) as client:
            client.initialize()
            assert "result" in client.call("list_allowed_directories")

    seen = len(nine.events("request.done", server="filesystem", tool="list_allowed_directories"))
    through = milliseconds(lambda: litellm.call_tool("filesystem", "list_allowed_directories"))
    logged = {"server": "filesystem", "tool": "list_allowed_directories"}
    nine.wait_for("request.done", count=seen + rounds, **logged)
    within = [event["duration_ms"] for event in nine.events("request.done", **logged)[seen:]]
    alone = milliseconds(session_and_call)

    told = {"through LiteLLM": through, "a session and a call without LiteLLM": alone,
            "the call from the gateway to the child and back": within}
    for name, taken in told.items():
        ordered = sorted(taken)
        text = f"p50 {statistics.median(ordered):.1f} ms, p95 {ordered[int(rounds * 0.95) - 1]:.1f} ms"
        record_property(name, text)
        print(f"{name}: {text}")
