"""Which tools a group offers, and how: names, descriptions, arguments, and what is left out; alike in lists and calls."""
import json

import pytest

from test_groups import KINDS, check, library, message, names, opened, session, text_of, two

DESK = library("desk", "--desk")


def shaped(prefix="never", **tools):
    """One service, and a group of it alone, for `start`."""
    return {"services": {"desk": DESK}, "groups": {"g": {"members": ["desk"], "prefix": prefix, "member_wait": "20s", "tools": tools}}}


@pytest.fixture
def start(start_gateway):
    """start(**options) gives a gateway that knows the tools of the service: calls need no list before them."""
    def started(**options):
        gateway = start_gateway(**options)
        gateway.wait_for("service.tools", server="desk")
        return gateway
    return started


def tools_of(client):
    return {tool["name"]: tool for tool in client.request("tools/list")["result"]["tools"]}


def unknown(answer):
    return answer["error"]["code"] == -32602 and answer["error"]["message"].startswith("Unknown tool: ")


@KINDS
def test_tools_that_are_not_allowed_are_neither_listed_nor_called(start, kind):
    gateway = start(**shaped(allow=["f*", "who"], deny=["file"]))
    client = opened(kind, gateway, "g")
    assert unknown(client.call("file", {"shelf": "a", "title": "b"}))  # before anybody has listed them
    assert set(tools_of(client)) == {"find", "who"}
    assert text_of(client.call("who")) == "desk"
    assert unknown(client.call("touch"))
    assert unknown(client.call("file", {"shelf": "a", "title": "b"}))


@KINDS
@pytest.mark.parametrize("prefix", ["never", "always"])
def test_a_read_only_endpoint_has_only_tools_that_are_annotated_so(start, kind, prefix):
    gateway = start(**shaped(prefix, read_only=True))
    client = opened(kind, gateway, "g")
    name = {"never": "{}", "always": "desk__{}"}[prefix].format
    assert unknown(client.call(name("file"), {"shelf": "a", "title": "b"}))
    assert json.loads(text_of(client.call(name("find"), {"shelf": "a"}))) == ["find", {"shelf": "a"}]
    assert list(tools_of(client)) == [name("find")]
    assert unknown(client.call(name("who")))
    assert unknown(client.call(name("file"), {"shelf": "a", "title": "b"}))


def test_the_service_itself_is_served_as_before(start):
    gateway = start(**shaped(read_only=True))
    assert text_of(session(gateway, "desk").call("who")) == "desk"


@KINDS
def test_a_tool_has_another_name_and_description(start, kind):
    change = {"desk__find": {"name": "search", "description": "Looks \"everywhere\""}, "desk__who": {"name": "desk__touch"}}
    client = opened(kind, start(**shaped("always", change=change)), "g")
    found = tools_of(client)
    assert found["search"]["description"] == "Looks \"everywhere\""
    assert found["search"]["annotations"] == {"readOnlyHint": True}
    assert "desk__find" not in found and "desk__who" not in found
    assert text_of(client.call("desk__touch")) == "desk"  # the tool that had this name is not offered
    assert json.loads(text_of(client.call("search", {"shelf": "s"}))) == ["find", {"shelf": "s"}]
    assert unknown(client.call("desk__find"))
    assert unknown(client.call("desk__who"))


@KINDS
def test_an_argument_that_is_set_is_not_told_and_not_to_be_changed(start, kind):
    change = {"file": {"arguments": {"shelf": "shared \"1\"", "force": False, "tags": [1, {"a": None}]}}}
    client = opened(kind, start(**shaped(change=change)), "g")
    schema = tools_of(client)["file"]["inputSchema"]
    assert schema == {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    always = {"shelf": "shared \"1\"", "force": False, "tags": [1, {"a": None}]}

    def got(arguments):
        return json.loads(text_of(client.call("file", arguments)))[1]

    assert got({"title": "t"}) == {"title": "t", **always}
    assert got({"shelf": "mine", "Shelf": "mine", "title": "t", "force": True}) == {"title": "t", **always}
    assert json.loads(text_of(client.call("find", {"shelf": "mine"})))[1] == {"shelf": "mine"}


def test_arguments_that_are_set_are_there_without_any_others(start):
    client = session(start(**shaped(change={"file": {"arguments": {"shelf": "s"}}})), "g")
    for params in ({"name": "file"}, {"name": "file", "arguments": None}):
        assert json.loads(text_of(client.request("tools/call", params)))[1] == {"shelf": "s"}
    for arguments in ([], "shelf", 1):
        refused = client.request("tools/call", {"name": "file", "arguments": arguments})
        assert refused["error"]["code"] == -32602 and "to be an object" in refused["error"]["message"]


def test_progress_and_cancellation_are_as_without(start):
    gateway = start(**shaped(change={"who": {"name": "w", "arguments": {"a": 1}}, "wait": {"arguments": {"a": 1}}}))
    client = gateway.sse("g")
    client.initialize()
    client.post(message("tools/call", {"name": "w", "_meta": {"progressToken": "p"}}, 5))
    assert client.stream.note("notifications/progress")["params"]["progressToken"] == "p"
    assert text_of(client.stream.answer(5)) == "desk"


def test_rules_of_members_hold_for_the_names_there(start):
    """A policy knows a tool by the name that its server gave it."""
    token = "the-token-of-ann-in-tests"
    config = {"auth": {"tokens": [{"name": "ann", "token": token}]},
              "policy": {"rules": [{"effect": "allow", "principals": ["ann"], "services": ["desk"], "tools": ["find"]}],
                         "default": "deny"}}
    client = session(start(**shaped(change={"find": {"name": "search"}}), config=config), "g",
                     headers={"Authorization": "Bearer " + token})
    assert names(client) == ["search"]
    assert json.loads(text_of(client.call("search", {"shelf": "s"})))[0] == "find"


def test_a_reload_changes_what_is_offered_and_tells_clients(start):
    gateway = start(**shaped(deny=["file"]))
    client = gateway.sse("g")
    client.initialize()
    assert "file" not in names(client)
    gateway.groups = shaped(deny=["find"])["groups"]
    gateway.reload()
    client.stream.note("notifications/tools/list_changed")
    assert "file" in names(client) and "find" not in names(client)
    assert unknown(client.call("find"))


def test_the_tools_of_all_members_are_shaped_by_their_names_at_the_group(start_gateway):
    client = session(start_gateway(**two(tools={"deny": ["*_only", "blue__*"]})))
    assert {name.split("__")[0] for name in names(client)} == {"red"}
    assert not any(name.endswith("_only") for name in names(client))


@pytest.mark.parametrize("tools, what", [
    ({"alow": ["a"]}, "allow"),
    ({"allow": []}, "found an empty one"),
    ({"allow": "*"}, "a list of names of tools"),
    ({"read_only": "yes"}, "groups.all.tools.read_only"),
    ({"change": {"a": {"name": "x"}, "b": {"name": "x"}}}, "expected another name than that of a tool before, found 'x'"),
    ({"change": {"a": {"name": "with space"}}}, "groups.all.tools.change.a.name"),
    ({"change": {"a": {"arguments": [1]}}}, "an object of arguments"),
    ({"change": ["a"]}, "an object of tools by name"),
])
def test_what_is_wrong_is_said(tmp_path, tools, what):
    assert what in check(tmp_path, {"all": {"members": "*", "tools": tools}})
