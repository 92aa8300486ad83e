"""Each of the nine through one gateway, over SSE, on its own port: what it offers, a real call, and a call that fails."""
import pytest

from calls import REAL, WRONG, filled, text_of_failure, text_of_success
from nine import NINE, definition_of


@pytest.fixture
def ask(nine, connect, site, files):
    """ask(service, asked) gives the answer to the call, result or error."""
    return lambda service, asked: connect(nine, service).call(asked.tool, filled(asked.arguments, site, files))


@pytest.mark.parametrize("service", NINE)
def test_the_tools_are_those_its_definition_expects(service, nine, connect):
    tools = connect(nine, service).request("tools/list")["result"]["tools"]

    assert sorted(tool["name"] for tool in tools) == sorted(definition_of(service)["expected_tools"])
    assert all(tool["inputSchema"]["type"] == "object" and tool["description"] for tool in tools)


@pytest.mark.parametrize("service", NINE)
def test_a_call_reaches_what_stands_behind_it(service, ask):
    assert REAL[service].says in text_of_success(ask(service, REAL[service]))


@pytest.mark.parametrize("service", NINE)
def test_a_wrong_call_is_told_in_words(service, ask):
    assert WRONG[service].says.lower() in text_of_failure(service, ask(service, WRONG[service])).lower()


@pytest.mark.parametrize("service", NINE)
def test_an_unknown_tool_is_an_error(service, nine, connect):
    answer = connect(nine, service).call("no_such_tool")
    assert "error" in answer or answer["result"]["isError"] is True, answer


def test_the_nine_are_at_their_paths_of_the_main_listener_too(nine):
    for service in NINE:
        with nine.http(service) as client:
            assert client.initialize()["serverInfo"]["name"]


def test_health_names_all_nine(nine):
    assert set(nine.health()["servers"]) == set(NINE)
