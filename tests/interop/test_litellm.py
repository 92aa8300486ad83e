"""A real LiteLLM proxy in front of the gateway: it opens a new SSE session for every single call."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from interoplib.litellm import LiteLLM
from interoplib.web import serving

SERVERS = ("filesystem", "memory", "everything", "fetch")


@pytest.fixture(scope="module")
def litellm(gateway, tmp_path_factory):
    urls = {name: gateway.url(name, "sse") for name in SERVERS}
    with LiteLLM(urls, tmp_path_factory.mktemp("litellm")) as running:
        yield running


def text_of(answer):
    status, result = answer
    assert status == 200, answer
    assert not result.get("isError"), result
    return "\n".join(block["text"] for block in result["content"] if block["type"] == "text")


def test_litellm_knows_the_servers_of_its_configuration(litellm):
    status, servers = litellm.get("/v1/mcp/server")
    assert status == 200
    assert {server["server_name"] for server in servers} == set(SERVERS)


def test_litellm_finds_every_server_healthy(litellm):
    status, found = litellm.get("/v1/mcp/server/health")
    assert status == 200
    assert [entry["status"] for entry in found] == ["healthy"] * len(SERVERS), found


@pytest.mark.parametrize("server, count, some", [
    ("filesystem", 14, "read_text_file"), ("memory", 9, "create_entities"), ("everything", 12, "echo"), ("fetch", 1, "fetch"),
])
def test_litellm_lists_the_tools_of(litellm, server, count, some):
    tools = litellm.list_tools(server)
    assert len(set(tools) - {"simulate-research-query"}) == count
    assert some in tools
    assert tools[some]["inputSchema"]["type"] == "object"


def test_litellm_reads_a_file(litellm, data):
    small = data / "small.txt"
    assert text_of(litellm.call_tool("filesystem", "read_text_file", {"path": str(small)})) == small.read_text()


def test_litellm_remembers_and_finds_again(litellm):
    entity = {"name": "LiteLLM", "entityType": "proxy", "observations": ["calls through the gateway"]}
    text_of(litellm.call_tool("memory", "create_entities", {"entities": [entity]}))
    assert "calls through the gateway" in text_of(litellm.call_tool("memory", "search_nodes", {"query": "LiteLLM"}))


def test_litellm_calls_echo_and_sum(litellm):
    assert text_of(litellm.call_tool("everything", "echo", {"message": "é \u2028 漢字"})) == "Echo: é \u2028 漢字"
    assert text_of(litellm.call_tool("everything", "get-sum", {"a": 40, "b": 2})) == "The sum of 40 and 2 is 42."


def test_litellm_fetches_a_page(litellm):
    def site(_method, path):
        if path == "/robots.txt":
            return 200, "text/plain", "User-agent: *\nAllow: /\n"
        return 200, "text/html", f"<html><body><h1>A page</h1><p>served at {path} for interop</p></body></html>"

    with serving(site) as (url, seen):
        text = text_of(litellm.call_tool("fetch", "fetch", {"url": f"{url}/page"}))
    assert "served at /page for interop" in text
    assert [request["path"] for request in seen] == ["/robots.txt", "/page"]


def test_ten_calls_at_once_through_litellm_each_get_their_own_answer(litellm):
    def call(number):
        return text_of(litellm.call_tool("everything", "echo", {"message": f"interop-payload {number}"}))

    with ThreadPoolExecutor(10) as pool:
        assert list(pool.map(call, range(10))) == [f"Echo: interop-payload {number}" for number in range(10)]


def test_a_tools_error_reaches_litellms_caller_as_such(litellm):
    status, result = litellm.call_tool("filesystem", "read_text_file", {"path": "/etc/hostname"})
    assert status == 200 and result["isError"] is True
    assert "Access denied" in result["content"][0]["text"]


def test_a_result_too_large_for_litellms_client_is_a_clear_error_and_the_next_call_works(litellm, data):
    begun = time.monotonic()
    status, result = litellm.call_tool("filesystem", "read_text_file", {"path": str(data / "large.txt")})
    text = result["content"][0]["text"]
    assert status == 200 and result["isError"] is True
    assert any(limit in text for limit in ("1048576", "1,048,576", "1 MiB")), text[:500]
    assert time.monotonic() - begun < 20
    assert str(data) in text_of(litellm.call_tool("filesystem", "list_allowed_directories"))


def test_litellms_own_mcp_endpoint_lists_all_servers_at_once(litellm):
    status, found = litellm.get("/v1/mcp/tools")
    assert status == 200
    names = {tool["name"] for tool in found["tools"]}
    assert any(name.endswith("read_text_file") for name in names) and any(name.endswith("create_entities") for name in names)


def test_calls_through_litellm_leave_nothing_behind_in_the_gateway(litellm, gateway):
    def settled_descriptors():
        time.sleep(1)  # LiteLLM closes its streams a moment after its answer
        return gateway.open_descriptors()

    text_of(litellm.call_tool("everything", "echo", {"message": "before"}))
    children, before = gateway.children(), settled_descriptors()
    assert len(children) == len(SERVERS), children
    for number in range(30):
        text_of(litellm.call_tool("everything", "echo", {"message": f"call {number}"}))
    assert settled_descriptors() <= before + 2
    assert gateway.children() == children
