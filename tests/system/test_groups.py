"""Services joined to one endpoint: names, who gets what, members that come and go, in every era."""
import json
import subprocess
import sys
from pathlib import Path

import pytest

from clients import call, cancelled, message
from gateway_under_test import GATEWAY, ROOT, chaos
from test_eras import stateless as stateless_server

LIBRARY = str(ROOT / "tests" / "children" / "library.py")
ENVELOPE = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}}


def library(name, *flags, **config):
    return {"command": sys.executable, "args": ["-I", "-S", LIBRARY, name, *flags], **config}


def two(**group):
    """Two libraries and a group of them, for start_gateway."""
    return {"services": {"red": library("red"), "blue": library("blue")},
            "groups": {"all": {"members": "*", "member_wait": "20s", **group}}}


def names(client, kind="tools"):
    return [thing["name"] for thing in client.request(kind + "/list")["result"][kind]]


def session(gateway, path="all", **options):
    client = gateway.http(path, **options)
    client.initialize()
    return client


class Stateless:
    """A client of revision 2026-07-28."""

    def __init__(self, gateway, path="all", **headers):
        self.client = gateway.http(path, headers={"MCP-Protocol-Version": "2026-07-28", **headers})

    def post(self, method, params=None, id=1):
        params = {**(params or {}), "_meta": ENVELOPE}
        name = params.get("name") or params.get("uri")
        return self.client.post(message(method, params, id), {"Mcp-Method": method, **({"Mcp-Name": name} if name else {})})

    def request(self, method, params=None):
        return self.post(method, params).json

    def call(self, tool, arguments=None):
        return self.request("tools/call", {"name": tool, "arguments": arguments or {}})


def text_of(answer):
    return answer["result"]["content"][0]["text"]


def opened(kind, gateway, path="all"):
    """A client of one of the three kinds, ready for requests."""
    if kind == "stateless":
        return Stateless(gateway, path)
    client = gateway.sse(path) if kind == "sse" else gateway.http(path)
    client.initialize()
    return client


KINDS = pytest.mark.parametrize("kind", ["sse", "http", "stateless"])

# ── names ─────────────────────────────────────────────────────────────────────


@KINDS
def test_tools_of_all_members_are_offered_and_called_by_names_of_their_own(start_gateway, kind):
    client = opened(kind, start_gateway(**two()))
    tools = names(client)
    assert [name for name in tools if name.endswith("who")] == ["red__who", "blue__who"]
    assert text_of(client.call("red__who")) == "red"
    assert text_of(client.call("blue__who")) == "blue"


@KINDS
def test_a_tool_can_be_called_before_anybody_has_listed_it(start_gateway, kind):
    gateway = start_gateway(**two(prefix="conflict"))
    for name in ("red", "blue"):
        gateway.wait_for("service.tools", server=name)
    client = opened(kind, gateway)
    assert text_of(client.call("blue__who")) == "blue"
    assert text_of(client.call("red_only")) == "red"


def test_only_names_that_several_members_have_get_a_prefix_on_conflict(start_gateway):
    client = session(start_gateway(**two(prefix="conflict")))
    tools = names(client)
    assert "red_only" in tools and "blue_only" in tools and "red__who" in tools and "who" not in tools
    assert names(client, "prompts") == ["red__greet", "blue__greet"]
    assert client.call("who")["error"]["message"] == "Unknown tool: who"


def test_without_prefixes_the_first_member_has_the_name(start_gateway):
    client = session(start_gateway(**two(prefix="never")))
    assert names(client).count("who") == 1
    assert text_of(client.call("who")) == "red"
    assert text_of(client.call("blue_only")) == "blue"


def test_aliases_and_separators_are_by_choice(start_gateway):
    gateway = start_gateway(**two(members=[{"service": "red", "alias": "r"}, "blue"], separator="."))
    client = session(gateway)
    assert names(client, "prompts") == ["r.greet", "blue.greet"]
    assert text_of(client.call("r.red_only")) == "red"


def test_long_names_are_shortened_always_in_the_same_way_and_found_again(start_gateway):
    long = "a_tool_with_a_name_that_is_rather_long_for_a_model_of_today"
    found = []
    for _ in range(2):
        gateway = start_gateway(**two())
        gateway.sse("blue").call("grow", {"tool": long})
        client = session(gateway)
        found.append(next(name for name in names(client) if name.startswith("blue__a_tool")))
        assert text_of(client.call(found[-1])) == "blue"
        gateway.stop()
    assert found[0] == found[1]
    assert len(found[0]) == 64 - len("mcp__all__")


def test_pages_of_members_become_one(start_gateway):
    gateway = start_gateway({"red": library("red", "--pages", "1"), "blue": library("blue", "--pages", "2")},
                            groups={"all": {"members": "*", "member_wait": "20s"}})
    client = session(gateway)
    assert len(names(client)) == 12
    assert len(client.request("resources/list")["result"]["resources"]) == 5
    answer = client.request("tools/list", {"cursor": "1"})
    assert answer["error"]["code"] == -32602


# ── prompts, resources, completions ───────────────────────────────────────────


@KINDS
def test_prompts_and_completions_are_those_of_the_member_that_is_named(start_gateway, kind):
    client = opened(kind, start_gateway(**two()))
    assert names(client, "prompts") == ["red__greet", "blue__greet"]
    got = client.request("prompts/get", {"name": "blue__greet"})["result"]["messages"][0]["content"]["text"]
    assert got == "blue greets"
    done = client.request("completion/complete", {"ref": {"type": "ref/prompt", "name": "blue__greet"},
                                                  "argument": {"name": "whom", "value": "a"}})
    assert done["result"]["completion"]["values"] == ["blue"]
    done = client.request("completion/complete", {"ref": {"type": "ref/resource", "uri": "lib://blue/{page}"},
                                                  "argument": {"name": "page", "value": "a"}})
    assert done["result"]["completion"]["values"] in (["blue"], ["red"])  # nobody has listed templates


@KINDS
def test_resources_keep_their_uris_and_find_their_way_back(start_gateway, kind):
    client = opened(kind, start_gateway(**two()))
    uris = [each["uri"] for each in client.request("resources/list")["result"]["resources"]]
    assert uris == ["lib://red/1", "ui://red/view", "shared://one", "lib://blue/1", "ui://blue/view"]
    templates = client.request("resources/templates/list")["result"]["resourceTemplates"]
    assert [each["uriTemplate"] for each in templates] == ["lib://red/{page}", "lib://blue/{page}"]

    def read(uri):
        return client.request("resources/read", {"uri": uri})["result"]["contents"][0]["text"]

    assert read("ui://blue/view") == "blue"
    assert read("lib://blue/2") == "blue"  # by its template
    assert read("odd:blue") == "blue"      # listed by nobody: the first that has it
    assert "error" in client.request("resources/read", {"uri": "none:at-all"})


def test_a_resource_is_read_before_anybody_has_listed_it(start_gateway):
    client = session(start_gateway(**two()))
    assert client.request("resources/read", {"uri": "ui://blue/view"})["result"]["contents"][0]["text"] == "blue"


def test_changes_of_a_resource_come_to_those_who_subscribed(start_gateway):
    gateway = start_gateway(**two())
    client = gateway.sse("all")
    client.initialize()
    other = gateway.sse("all")
    other.initialize()
    client.request("resources/list")
    for uri in ("lib://blue/1", "odd:blue"):
        assert client.request("resources/subscribe", {"uri": uri})["result"] == {}
        client.call("blue__touch", {"uri": uri})
        assert client.stream.note("notifications/resources/updated")["params"] == {"uri": uri}
        assert client.request("resources/unsubscribe", {"uri": uri})["result"] == {}
    client.call("blue__touch", {"uri": "lib://blue/1"})
    client.request("ping")
    other.request("ping")
    assert not [event for event in client.stream.unread + other.stream.unread if "updated" in event.data]


# ── what one member says ──────────────────────────────────────────────────────


def test_a_group_introduces_itself_for_all(start_gateway):
    gateway = start_gateway({"red": library("red", "--without", "logging", "completions"), "blue": library("blue")},
                            groups={"all": {"members": "*", "member_wait": "20s"}})
    result = gateway.http("all").initialize()
    assert result["serverInfo"]["name"] == "all"
    assert result["capabilities"] == {"tools": {"listChanged": True}, "prompts": {"listChanged": True},
                                      "resources": {"listChanged": True, "subscribe": True},
                                      "completions": {}, "logging": {}}
    assert result["instructions"] == "# red\n\nAsk red\n\n# blue\n\nAsk blue"
    told = Stateless(gateway).request("server/discover")["result"]
    assert told["supportedVersions"] == ["2026-07-28"]
    assert "completions" in told["capabilities"]


def test_list_changes_progress_and_logs_come_from_the_member(start_gateway):
    client = start_gateway(**two()).sse("all")
    client.initialize()
    client.post(call("blue__who", {}, id=5, progress_token="mine"))
    assert client.stream.note("notifications/progress")["params"]["progressToken"] == "mine"
    assert text_of(client.stream.answer(5)) == "blue"
    assert client.request("logging/setLevel", {"level": "error"})["result"] == {}
    client.call("blue__say", {"level": "error"})
    assert client.stream.note("notifications/message")["params"]["data"] == "blue"
    assert client.request("logging/setLevel", {"level": "loud"})["error"]["code"] == -32602
    client.call("blue__grow", {"tool": "more"})
    client.stream.note("notifications/tools/list_changed")
    assert "blue__more" in names(client)
    assert text_of(client.call("blue__more")) == "blue"


def test_a_call_is_cancelled_at_the_member_that_has_it(start_gateway):
    gateway = start_gateway({"one": chaos(), "two": chaos()}, groups={"all": {"members": "*", "member_wait": "20s"}})
    client = gateway.sse("all")
    client.initialize()
    client.post(call("two__hang", {}, id=7))
    gateway.until(lambda: gateway.metric("mcp_gateway_requests_in_flight", server="two"), what="the call")
    client.post(cancelled(7))
    gateway.until(lambda: len(client.call("two__cancel_seen")["result"]["structuredContent"]["cancelled"]) == 1)
    assert client.call("one__cancel_seen")["result"]["structuredContent"]["cancelled"] == []


def test_questions_of_two_members_with_one_id_are_told_apart(start_gateway):
    gateway = start_gateway({"one": chaos(isolation="session"), "two": chaos(isolation="session")}, wait_for=[],
                            groups={"all": {"members": "*", "member_wait": "20s"}})
    client = gateway.sse("all")
    client.initialize(capabilities={"elicitation": {}, "sampling": {}, "roots": {}})
    for number, member in enumerate(("one", "two")):
        client.post(call(member + "__ask", {"method": "roots/list"}, id=number))
    asked = [client.stream.take(lambda event: "roots/list" in event.data) for _ in range(2)]
    ids = [json.loads(event.data)["id"] for event in asked]
    assert len(set(ids)) == 2
    for number, id in enumerate(ids):
        client.post({"jsonrpc": "2.0", "id": id, "result": {"roots": [{"uri": "file:///%d" % number}]}})
    answers = {number: json.dumps(client.stream.answer(number)) for number in range(2)}
    assert sorted("file:///%d" % number for number in range(2) if any("file:///%d" % number in text for text in answers.values()))
    assert answers[0] != answers[1]


def test_a_question_to_a_stateless_client_is_taken_up_by_the_member_that_asked(start_gateway):
    gateway = start_gateway({"one": chaos(isolation="session"), "two": chaos(isolation="session")}, wait_for=[],
                            groups={"all": {"members": "*"}})
    asking = {"method": "elicitation/create",
              "params": {"message": "Who?", "requestedSchema": {"type": "object", "properties": {"name": {"type": "string"}}}}}
    client = gateway.http("all", headers={"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call",
                                          "Mcp-Name": "two__ask"})
    params = {"name": "two__ask", "arguments": asking,
              "_meta": {**ENVELOPE, "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}}}}
    asked = client.post(message("tools/call", params, 1)).json["result"]
    assert asked["resultType"] == "input_required"
    told = {next(iter(asked["inputRequests"])): {"action": "accept", "content": {"name": "somebody"}}}
    answer = client.post(message("tools/call", {**params, "requestState": asked["requestState"], "inputResponses": told}, 2))
    assert "somebody" in json.dumps(answer.json["result"])


def test_a_stateless_client_listens_to_all_members(start_gateway):
    gateway = start_gateway(**two())
    client = Stateless(gateway)
    response = client.post("subscriptions/listen", {"notifications": {"toolsListChanged": True, "resourceSubscriptions": ["lib://blue/1"]}})
    first = json.loads(response.stream.take().data)
    assert first["method"] == "notifications/subscriptions/acknowledged"
    Stateless(gateway).call("red__grow", {"tool": "more"})
    response.stream.note("notifications/tools/list_changed")
    Stateless(gateway).call("blue__touch")
    assert response.stream.note("notifications/resources/updated")["params"]["uri"] == "lib://blue/1"


@KINDS
def test_a_method_with_a_name_that_must_be_escaped_is_asked_of_one_member_after_the_other(start_gateway, kind):
    gateway = start_gateway({"one": chaos(), "two": chaos()}, groups={"all": {"members": "*", "member_wait": "20s"}})
    client = opened(kind, gateway)
    if kind == "stateless":
        answer = client.client.post(message('odd"\\\n', {"_meta": ENVELOPE}, 1), {"Mcp-Method": 'odd'}).json
    else:
        answer = client.request('odd"\\\n')
    assert "error" in answer
    assert "result" in opened("sse", gateway).call("two__echo", {"text": "x"})


def test_a_member_whose_cursor_is_no_json_is_left_out(start_gateway):
    source = Path(LIBRARY).read_text().replace("print(json.dumps(message), flush=True)",
                                               "print(json.dumps(message).replace('CURSOR', chr(92) + 'q'), flush=True)")
    source = source.replace('str(first + self.pages)}', '"CURSOR"}')
    broken = {"command": sys.executable, "args": ["-I", "-S", "-c", source, "broken", "--pages", "1"]}
    gateway = start_gateway({"red": library("red"), "broken": broken}, groups={"all": {"members": "*", "member_wait": "20s"}})
    client = session(gateway)
    for kind in ("tools", "prompts"):
        assert "red__" in names(client, kind)[0]
    assert text_of(client.call("red__who")) == "red"


# ── members that are away ─────────────────────────────────────────────────────


def test_a_member_that_is_down_is_left_out_and_comes_back_with_a_change_of_the_list(start_gateway, tmp_path):
    gate = tmp_path / "gate"
    late = library("blue", start_timeout="1h")
    late = {**late, "command": "/bin/sh", "args": ["-c", "while [ ! -e '%s' ]; do sleep 0.01; done; exec \"$@\"" % gate, "sh",
                                                    late["command"], *late["args"]]}
    gateway = start_gateway({"red": library("red"), "blue": late}, wait_for=["red"],
                            groups={"all": {"members": "*", "member_wait": "100ms"}})
    client = gateway.sse("all")
    client.initialize()
    result = client.request("tools/list")["result"]
    assert {each["name"].split("__")[0] for each in result["tools"]} == {"red"}
    assert result["_meta"]["mcp-gateway/unavailable"] == ["blue"]
    assert text_of(client.call("red__who")) == "red"
    gateway.wait_for("group.left_out", group="all")
    gate.touch()
    client.stream.note("notifications/tools/list_changed")
    gateway.until(lambda: "blue__who" in names(client))
    assert text_of(client.call("blue__who")) == "blue"


def test_a_call_to_a_member_that_dies_fails_and_those_of_others_do_not(start_gateway):
    gateway = start_gateway({"one": chaos(), "red": library("red")}, groups={"all": {"members": "*", "member_wait": "20s"}})
    client = session(gateway)
    assert "error" in client.call("one__die")
    assert text_of(client.call("red__who")) == "red"
    gateway.wait_for("service.ready", count=2, server="one")
    assert "result" in client.call("one__echo", {"text": "x"})


def test_a_member_that_is_not_set_up_is_said_to_be_so(start_gateway):
    gateway = start_gateway({"red": library("red"), "blue": {**library("blue"), "needs": [{"variable": "NOT_SET_ANYWHERE"}]}},
                            wait_for=["red"], groups={"all": {"members": "*"}})
    client = session(gateway)
    assert {name.split("__")[0] for name in names(client)} == {"red"}
    assert "not set up" in client.call("blue__who")["error"]["message"]


def slow_lists(name, seconds):
    """A library that takes so long for each of its lists of prompts."""
    lists = "if method == \"prompts/list\": __import__(\"time\").sleep(%s)" % seconds
    source = Path(LIBRARY).read_text().replace('if method == "prompts/list":', lists + '\n        if method == "prompts/list":')
    return {"command": sys.executable, "args": ["-I", "-S", "-c", source, name]}


def test_a_list_that_comes_too_late_is_there_when_the_client_asks_again(start_gateway):
    gateway = start_gateway({"red": library("red"), "blue": slow_lists("blue", 1)},
                            groups={"all": {"members": "*", "member_wait": "300ms"}})
    client = gateway.sse("all")
    client.initialize()
    assert names(client, "prompts") == ["red__greet"]
    client.stream.note("notifications/prompts/list_changed")
    assert names(client, "prompts") == ["red__greet", "blue__greet"]
    assert client.request("prompts/get", {"name": "blue__greet"})["result"]


def test_a_client_that_listens_hears_members_that_are_added(start_gateway):
    gateway = start_gateway(**two())
    wanted = {"notifications": {"toolsListChanged": True}}
    first = Stateless(gateway).post("subscriptions/listen", wanted).stream
    first.take()
    gateway.reload({"green": library("green")})
    first.answer(1)  # it has ended, so that the client listens again
    second = Stateless(gateway).post("subscriptions/listen", wanted).stream
    second.take()
    Stateless(gateway).call("green__grow", {"tool": "more"})
    second.note("notifications/tools/list_changed")


def test_the_answer_to_a_question_reaches_no_other_one(start_gateway):
    """Not even where the member's next child asks with the same id."""
    gateway = start_gateway({"one": chaos(isolation="session")}, wait_for=[], groups={"all": {"members": "*", "member_wait": "20s"}})
    client = gateway.sse("all")
    client.initialize(capabilities={"roots": {}})
    client.post(call("one__ask", {"method": "roots/list"}, id=1))
    first = client.stream.note("roots/list")["id"]
    gateway.reload({"one": chaos("--caps", "roots", isolation="session")})
    client.stream.answer(1)
    client.post(call("one__ask", {"method": "roots/list"}, id=2))
    second = client.stream.note("roots/list")["id"]
    assert first != second
    client.post({"jsonrpc": "2.0", "id": first, "result": {"roots": [{"uri": "file:///old"}]}})
    client.post({"jsonrpc": "2.0", "id": second, "result": {"roots": [{"uri": "file:///new"}]}})
    assert "file:///new" in json.dumps(client.stream.answer(2))


def test_idle_sessions_at_a_group_make_room_for_others_at_a_member(start_gateway):
    gateway = start_gateway({"one": chaos(isolation="session", max_children=2), "red": library("red")}, wait_for=["red"],
                            groups={"all": {"members": "*", "member_wait": "20s"}})
    clients = [session(gateway) for _ in range(3)]
    assert [client.post(message("ping", id=1)).status for client in clients] == [404, 200, 200]
    assert "result" in session(gateway, "one").call("echo", {"text": "x"})


# ── another configuration ─────────────────────────────────────────────────────


def test_a_reload_adds_and_removes_members_and_sessions_stay(start_gateway):
    gateway = start_gateway(**two())
    client = gateway.sse("all")
    client.initialize()
    names(client)
    gateway.reload({"green": library("green")})
    client.stream.note("notifications/tools/list_changed")
    assert "green__who" in names(client)
    assert text_of(client.call("green__who")) == "green"
    gateway.reload({"red": None})
    client.stream.note("notifications/tools/list_changed")
    assert {name.split("__")[0] for name in names(client)} == {"blue", "green"}
    assert "error" in client.call("red__who")
    assert text_of(client.call("blue__who")) == "blue"


def test_a_member_whose_configuration_changes_goes_on(start_gateway):
    gateway = start_gateway(**two())
    client = session(gateway)
    gateway.reload({"blue": library("cyan")})
    gateway.wait_for("service.ready", count=2, server="blue")
    gateway.until(lambda: text_of(client.call("blue__who")) == "cyan")
    assert text_of(client.call("red__who")) == "red"


def test_a_group_that_is_removed_ends_its_sessions_and_one_that_is_added_is_served(start_gateway):
    gateway = start_gateway(**two())
    client = session(gateway)
    gateway.groups = {"some": {"members": ["red"]}}
    gateway.reload()
    assert client.post(message("ping", id=1)).status == 404
    assert text_of(session(gateway, "some").call("red__who")) == "red"


def test_with_several_loops_members_live_on_one(start_gateway):
    services = {name: library(name) for name in ("a", "b", "c", "d")}
    gateway = start_gateway(services, {"loops": 2}, groups={"some": {"members": ["a", "d"]}, "more": {"members": ["d", "c"]}})
    for path, tool in (("some", "a__who"), ("some", "d__who"), ("more", "c__who"), ("more", "d__who")):
        assert text_of(session(gateway, path).call(tool)) == tool[0]
    gateway.groups = {"some": {"members": ["a", "b"]}}
    said = gateway.reload(result="refused")
    assert "groups.some" in json.dumps(said)


def test_sessions_survive_an_upgrade(start_gateway):
    gateway = start_gateway(**two())
    client = session(gateway)
    gateway.upgrade()
    assert text_of(client.call("red__who")) == "red"
    assert text_of(session(gateway).call("blue__who")) == "blue"
    client.delete()
    gateway.wait_for("upgrade.over")


# ── who may what ──────────────────────────────────────────────────────────────

TOKENS = {"auth": {"tokens": [{"name": "ann", "token": "the-token-of-ann-in-tests"},
                              {"name": "bob", "token": "the-token-of-bob-in-tests"},
                              {"name": "eve", "token": "the-token-of-eve-in-tests"}]}}
POLICY = {"policy": {"rules": [{"effect": "allow", "principals": ["ann"]},
                               {"effect": "allow", "principals": ["bob"], "services": ["red"], "tools": ["who"]}],
                     "default": "deny"}}


def test_the_rules_for_a_member_hold_at_the_group(start_gateway):
    gateway = start_gateway(**two(), config={**TOKENS, **POLICY})
    ann, bob = (session(gateway, headers={"Authorization": "Bearer the-token-of-%s-in-tests" % who}) for who in ("ann", "bob"))
    assert len(names(ann)) == 12
    assert names(bob) == ["red__who"]
    assert text_of(bob.call("red__who")) == "red"
    assert "not allowed" in bob.call("red__touch")["error"]["message"]
    assert "not allowed" in bob.call("blue__who")["error"]["message"]
    assert "error" in bob.request("resources/read", {"uri": "ui://blue/view"})
    eve = gateway.http("all", headers={"Authorization": "Bearer the-token-of-eve-in-tests"})
    assert eve.post(message("ping", id=1)).status == 403
    assert len(names(ann)) == 12  # what one may see is not what another sees


def test_the_quotas_of_a_member_hold_at_the_group(start_gateway):
    quotas = {"quotas": [{"services": ["blue"], "calls": 3, "per": "1h"}]}
    client = session(start_gateway(**two(), config={**TOKENS, **quotas}), headers={"Authorization": "Bearer the-token-of-ann-in-tests"})
    found = [client.request("resources/read", {"uri": "odd:blue"}) for _ in range(3)]
    assert all("result" in answer for answer in found)
    assert "error" in client.request("resources/read", {"uri": "odd:blue"})
    assert client.request("prompts/list")["result"]["_meta"]["mcp-gateway/unavailable"] == ["blue"]
    assert "too many requests" in client.call("blue__who")["error"]["message"]
    assert text_of(client.call("red__who")) == "red"


# ── where it is ───────────────────────────────────────────────────────────────


def test_a_group_may_be_at_the_root_and_has_a_health_page(start_gateway):
    gateway = start_gateway(**two(at_root=True))
    assert text_of(session(gateway, "").call("red__who")) == "red"
    client = gateway.sse("")
    client.initialize()
    assert text_of(client.call("blue__who")) == "blue"
    health = gateway.http(path="/all/health").get({"Accept": "application/json"})
    assert health.status == 200
    assert health.json["status"] == "HEALTHY" and set(health.json["servers"]) == {"red", "blue"}


@pytest.mark.parametrize("group, what", [
    ({"members": ["redd"]}, "did you mean 'red'"),
    ({"members": []}, "at least one"),
    ({"members": ["red", "red"]}, "again"),
    ({"members": ["red", {"service": "blue", "alias": "red"}]}, "another alias"),
    ({"members": "*", "separator": ""}, "1..8 of"),
    ({"members": "*", "name_limit": 3}, "16..256"),
    ({"members": "*", "prefixx": "always"}, "prefix"),
])
def test_a_group_that_is_wrong_is_said_to_be(tmp_path, group, what):
    assert what in check(tmp_path, {"all": group})


def test_a_group_has_a_name_of_its_own(tmp_path):
    assert "another name" in check(tmp_path, {"red": {"members": "*"}})
    assert "at most one" in check(tmp_path, {"a": {"members": "*", "at_root": True}, "b": {"members": "*", "at_root": True}})


def check(tmp_path, groups):
    file = tmp_path / "gateway.json"
    file.write_text(json.dumps({"mcpServers": {"red": library("red"), "blue": library("blue")}, "groups": groups}))
    done = subprocess.run([GATEWAY, "check", str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0, done.stdout
    return done.stdout + done.stderr


def test_members_of_both_eras_are_joined(start_gateway):
    gateway = start_gateway({"old": library("old"), "new": stateless_server(era="auto")},
                            groups={"all": {"members": "*", "member_wait": "20s"}})
    for kind in ("sse", "http", "stateless"):
        client = opened(kind, gateway)
        assert {"old__who", "new__who"} <= set(names(client))
        assert text_of(client.call("old__who")) == "old"
        assert "result" in client.call("new__who")


def test_a_call_without_a_session_is_served_on_its_own(start_gateway):
    client = start_gateway(**two()).http("all")
    assert text_of(client.call("blue__who")) == "blue"
    assert len(names(client)) == 12


def test_the_members_own_endpoints_are_served_as_before(start_gateway):
    gateway = start_gateway(**two())
    assert names(session(gateway, "red"))[0] == "who"
    gateway.until(lambda: gateway.metric("mcp_gateway_sessions_active") == 1, what="the one session")
