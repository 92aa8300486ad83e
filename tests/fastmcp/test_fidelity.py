"""What clients get through the gateway is what the servers say on stdio."""
from functools import cache

import pytest

from serving import SERVERS, asked_by_gateway, asked_directly, command

TRANSPORTS = ["sse", "http"]
KINDS = ["fastmcp", "sdk"]
PROMPTS = {"mcpgw": {"find_tool": {"task": "tell the time", "limit": "2"}}, "fininfo": {"analyse": {"ticker": "MSFT"}},
           "realserverfaketools": {"report": {"finding": "nothing, 漢字"}}}
READ = {"mcpgw": "registry://services/fininfo", "fininfo": "fininfo://nowhere", "realserverfaketools": "fake://flux/9?mode=wild"}
CALLS = {
    "mcpgw": [["list_services", {}], ["toggle_service", {"path": "/mcpgw", "enabled": False}], ["toggle_service", {"path": "/none"}],
              ["toggle_service", {"path": "no path"}], ["echo", {"text": "\u2028 🎈 \\u0000"}], ["no_such_tool", {}]],
    "fininfo": [["get_stock_aggregates", {"ticker": "MSFT", "days": 5}], ["get_stock_aggregates", {"ticker": "NONE"}],
                ["get_stock_aggregates", {"ticker": "AAPL", "days": 0}], ["divide", {"amount": 1, "shares": 3}],
                ["divide", {"amount": 1, "shares": 0}]],
    "realserverfaketools": [["quantum_flux_analyzer", {"energy_level": 7, "mode": "wild"}],
                            ["hyperspectral_mapper", {"place": {"latitude": 1.5, "longitude": -0.0}, "layers": ["red"]}],
                            ["hyperspectral_mapper", {"place": {"latitude": 91, "longitude": 0}, "layers": []}],
                            ["picture", {}], ["labelled", {"text": "x"}]],
}
RAW = [("tools/list",), ("resources/list",), ("resources/templates/list",), ("prompts/list",),
       ("tools/call", {"name": "echo", "arguments": {"text": "é 漢字 🎈 \\"}})]


@cache
def seen(clients, kind, server, target):
    client = clients.open(kind, target)
    found = {"looked": client.look(PROMPTS[server]), "read more": client.read(READ[server]), "called": client.call_all(*CALLS[server])}
    client.close()
    return found


def directly(clients, kind, server):
    return seen(clients, kind, server, tuple(command(server)))


@cache
def raw(server):
    return asked_directly(server, RAW)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("server", SERVERS)
def test_lists_are_byte_for_byte_those_of_the_server(gateway, server, transport):
    with (gateway.sse if transport == "sse" else gateway.http)(server) as client:
        client.initialize("2025-11-25")
        assert asked_by_gateway(client, RAW) == raw(server)
        if transport == "http":
            client.delete()


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("server", SERVERS)
def test_a_client_sees_what_it_sees_on_stdio(gateway, clients, server, kind, transport):
    through, direct = seen(clients, kind, server, gateway.url(server, transport)), directly(clients, kind, server)
    for part in ("tools", "resources", "resource_templates", "prompts", "read", "said"):
        assert through["looked"][part] == direct["looked"][part], part
    assert through["read more"] == direct["read more"]
    assert through["called"] == direct["called"]


@pytest.mark.parametrize("server", SERVERS)
def test_a_client_is_told_the_servers_name_and_instructions(gateway, clients, server):
    through, direct = (each["looked"]["about"] for each in (seen(clients, "sdk", server, gateway.url(server, "http")),
                                                            directly(clients, "sdk", server)))
    assert through == direct


def test_what_is_compared_has_annotations_structure_progress_and_errors(clients):
    """Or the tests above would hold for servers that say nothing."""
    registry, prices, fakes = (directly(clients, "fastmcp", server) for server in SERVERS)
    tools = {tool["name"]: tool for each in (registry, prices, fakes) for tool in each["looked"]["tools"]}
    assert tools["toggle_service"]["annotations"] == {
        "title": "Switch a service", "readOnlyHint": False, "destructiveHint": True, "idempotentHint": True}
    assert tools["list_services"]["title"] == "List services"
    assert tools["list_services"]["_meta"] == {"owner": "platform", "cost": 0.5, "fastmcp": {"tags": ["read", "registry"]}}
    assert tools["hyperspectral_mapper"]["outputSchema"]["required"] == ["latitude", "longitude"]
    assert tools["get_stock_aggregates"]["outputSchema"]["properties"]["bars"]["type"] == "array"
    assert "outputSchema" not in tools["picture"]
    assert registry["looked"]["resource_templates"][0]["uriTemplate"] == "registry://services/{name}"
    assert registry["read more"][0]["text"] == "fininfo is registered"
    assert prices["read more"]["error"]["code"] == -32002
    assert list(fakes["looked"]["read"].values())[0][0]["blob"] == "AP+ACg=="
    assert registry["looked"]["said"]["find_tool"]["messages"][0]["content"]["text"] == "Find at most 2 tools for: tell the time"
    assert registry["called"][2]["content"][0]["text"] == "no service at /none" and registry["called"][2]["is_error"]
    assert prices["called"][0]["progress"] == [[day, 5, f"day {day}"] for day in range(1, 6)]
    assert prices["called"][0]["structured"]["bars"][4] == {"day": 5, "close": 101.25}
    assert prices["called"][4] == {"content": [{"type": "text", "text": "Error calling tool 'divide'"}], "structured": None,
                                   "data": "None", "meta": None, "is_error": True, "progress": []}
    assert fakes["called"][0]["structured"]["id"] == 2 ** 53 + 1
    assert [block["type"] for block in fakes["called"][3]["content"]] == ["text", "image"]
    assert fakes["called"][4]["meta"] == {"took": "no time"}
