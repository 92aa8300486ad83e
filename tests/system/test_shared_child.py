"""What many sessions on one child share and what each has for itself, and what changes when each has its own child."""
import json
import shutil
import subprocess

import pytest

from clients import call, message
from gateway_under_test import ROOT, chaos
from wire import Ended

EVERYTHING = ROOT / "services/everything/node_modules/@modelcontextprotocol/server-everything/dist/index.js"
ALL = {"sampling": {}, "elicitation": {}, "roots": {"listChanged": True}}
QUESTIONS = [("sampling/createMessage", {"messages": [], "maxTokens": 7}),
             ("elicitation/create", {"message": "name?", "requestedSchema": {"type": "object", "properties": {}}}),
             ("roots/list", None)]
NAMES = [method for method, _ in QUESTIONS]

SERVICES = {
    "chaos": chaos("--declare", "resources,tasks", "--list-changed"),
    "changes": chaos("--declare", "resources", "--list-changed"),
    "loud": chaos("--declare", "logging", shared_logs="all"),
    "single": chaos("--declare", "logging"),
    "mute": chaos("--declare", "logging", shared_logs="drop"),
    "asks-at-start": chaos("--roots-at-start"),
    "rejects": chaos("--declare", "resources", "--reject-subscribe"),
    "own": chaos("--caps", "sampling,elicitation,roots", "--list-changed", isolation="session"),
    "own-hasty": chaos("--caps", "sampling,elicitation,roots", isolation="session", server_request_timeout="1s"),
    "own-told": chaos("--declare", "resources,logging", isolation="session"),
    "own-strict": chaos("--strict-start", isolation="session"),
}


def notes(client, method):
    """The notifications of that method an SSE client has been sent by now, taken off its stream."""
    client.request("ping")
    found = [event for event in client.stream.unread if event.json.get("method") == method]
    client.stream.unread = [event for event in client.stream.unread if event not in found]
    return [event.json for event in found]


def received(client, method, holding=""):
    """The params, as text, of what chaos has received of that method."""
    return [each["params"] for each in client.seen_by_child()["received"]
            if each["method"] == method and holding in each["params"]]


def until_received(gateway, client, count, method, holding=""):
    gateway.until(lambda: len(received(client, method, holding)) >= count, what="%d of %s" % (count, method))
    return received(client, method, holding)


def answer_to(question, **result_or_error):
    return {"jsonrpc": "2.0", "id": question["id"], **result_or_error}


# ── a shared child's questions ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method, params", QUESTIONS, ids=NAMES)
def test_a_shared_child_that_asks_is_refused_and_no_client_is_asked(sse, http, method, params):
    """Case 69."""
    a, b = sse("chaos"), http("chaos")
    a.initialize(capabilities=ALL)
    b.initialize(capabilities=ALL)
    stream_of_b = b.get().stream
    asked = {"method": method, **({"params": params} if params else {})}
    for client in (a, b):
        answer = json.loads(client.text("ask", asked))
        assert answer["error"]["code"] == -32601
        assert "result" not in answer
    assert notes(a, method) == []
    a.call("change_tools")  # the next thing b's stream carries, and the first
    assert stream_of_b.message()["method"] == "notifications/tools/list_changed"


def test_a_child_that_asks_for_roots_before_there_is_a_session_is_answered_at_once(gateway, sse):
    """Case 70."""
    client = sse("asks-at-start")
    gateway.until(lambda: any(each["id"] == "0" for each in client.seen_by_child()["received"]))
    transcript = client.seen_by_child()["received"]
    methods = [each["method"] for each in transcript]
    answered = next(at for at, each in enumerate(transcript) if each["method"] is None)
    assert transcript[answered]["id"] == "0"
    assert answered < methods.index("tools/call")


# ── subscriptions ────────────────────────────────────────────────────────────────────────────────


def subscribe(client, uri):
    return client.request("resources/subscribe", {"uri": uri})


def updates(client):
    return [note["params"] for note in notes(client, "notifications/resources/updated")]


def test_sessions_share_one_subscription_at_the_child_until_the_last_one_leaves(gateway, sse):
    """Case 71."""
    a, b, other = sse("chaos"), sse("chaos"), sse("chaos")
    uri = "chaos://shared"
    for client in (a, b, a):
        assert subscribe(client, uri)["result"] == {}
    assert len(received(other, "resources/subscribe", uri)) == 1

    other.text("update_resource", {"uri": uri})
    other.text("update_resource", {"uri": "chaos://nobody"})
    assert (updates(a), updates(b), updates(other)) == ([{"uri": uri}], [{"uri": uri}], [])

    assert a.request("resources/unsubscribe", {"uri": uri})["result"] == {}
    other.text("update_resource", {"uri": uri})
    assert (updates(a), updates(b), updates(other)) == ([], [{"uri": uri}], [])
    assert received(other, "resources/unsubscribe", uri) == []

    b.close()
    assert len(until_received(gateway, other, 1, "resources/unsubscribe", uri)) == 1
    other.text("update_resource", {"uri": uri})
    assert updates(a) == []
    assert subscribe(other, uri)["result"] == {}
    assert len(received(other, "resources/subscribe", uri)) == 2
    assert len(received(other, "resources/unsubscribe", uri)) == 1


def test_an_unsubscribe_without_a_subscription_is_answered_and_not_passed_on(sse):
    a, b = sse("chaos"), sse("chaos")
    subscribe(a, "chaos://of-a")
    assert b.request("resources/unsubscribe", {"uri": "chaos://of-a"})["result"] == {}
    assert b.request("resources/unsubscribe", {"uri": "chaos://never"})["result"] == {}
    assert received(b, "resources/unsubscribe", "chaos://of-a") == []
    assert received(b, "resources/unsubscribe", "chaos://never") == []
    b.text("update_resource", {"uri": "chaos://of-a"})
    assert updates(a) == [{"uri": "chaos://of-a"}]


def test_an_update_below_a_subscribed_resource_reaches_its_subscriber(sse):
    a, b = sse("chaos"), sse("chaos")
    subscribe(a, "chaos://tree")
    subscribe(b, "chaos://tree/branch")
    for uri in ("chaos://tree/leaf", "chaos://tree/branch/leaf", "chaos://treetop"):
        a.text("update_resource", {"uri": uri})
    assert updates(a) == [{"uri": "chaos://tree/leaf"}]
    assert updates(b) == [{"uri": "chaos://tree/branch/leaf"}]


def test_a_streamable_session_is_told_on_its_own_stream_and_its_delete_unsubscribes(gateway, http, sse):
    a, other = http("chaos"), sse("chaos")
    a.initialize()
    stream = a.get().stream
    assert subscribe(a, "chaos://http")["result"] == {}
    other.text("update_resource", {"uri": "chaos://http"})
    assert stream.message() == {"jsonrpc": "2.0", "method": "notifications/resources/updated",
                                "params": {"uri": "chaos://http"}}
    assert a.delete().status == 200
    assert len(until_received(gateway, other, 1, "resources/unsubscribe", "chaos://http")) == 1


def test_first_subscriptions_at_the_same_time_are_one_question_and_its_refusal_reaches_both(sse, tmp_path):
    """Case 72."""
    a, b, other = sse("rejects"), sse("rejects"), sse("rejects")
    other.text("stop_reading", {"path": str(tmp_path / "gate")})  # so that the second comes before the first is answered
    a.post(message("resources/subscribe", {"uri": "chaos://x"}, "a"))
    b.post(message("resources/subscribe", {"uri": "chaos://x"}, "b"))
    (tmp_path / "gate").touch()
    refused = {"code": -32602, "message": "no subscriptions here"}
    assert a.stream.answer("a")["error"] == refused
    assert b.stream.answer("b")["error"] == refused
    assert len(received(other, "resources/subscribe")) == 1
    assert subscribe(a, "chaos://x")["error"] == refused
    assert len(received(other, "resources/subscribe")) == 2
    assert a.request("resources/unsubscribe", {"uri": "chaos://x"})["result"] == {}
    assert received(other, "resources/unsubscribe") == []


# ── log levels ───────────────────────────────────────────────────────────────────────────────────


def set_level(client, level):
    return client.request("logging/setLevel", {"level": level})


def logged(client):
    return [(note["params"]["level"], note["params"]["data"]) for note in notes(client, "notifications/message")]


def test_the_child_speaks_as_much_as_the_most_curious_session_and_each_hears_its_own_level(gateway, sse):
    """Case 73."""
    a, b, unset = sse("loud"), sse("loud"), sse("loud")
    assert set_level(a, "debug")["result"] == {}
    assert set_level(b, "error")["result"] == {}
    assert received(unset, "logging/setLevel") == ['{"level":"debug"}']

    for level in ("debug", "info", "warning", "error", "emergency"):
        unset.text("log", {"level": level, "text": "t-" + level})
    every = [(level, "t-" + level) for level in ("debug", "info", "warning", "error", "emergency")]
    assert logged(a) == every
    assert logged(b) == every[3:]
    assert logged(unset) == every[1:]

    a.close()
    assert until_received(gateway, unset, 2, "logging/setLevel") == ['{"level":"debug"}', '{"level":"error"}']


def test_an_unknown_log_level_is_refused_here(sse):
    a = sse("loud")
    assert set_level(a, "loud")["error"]["code"] == -32602
    assert received(a, "logging/setLevel", "loud") == []


def test_a_shared_childs_log_is_given_only_to_the_client_it_works_for(sse):
    a = sse("single")
    a.text("log", {"text": "alone"})
    assert logged(a) == [("info", "alone")]
    b = sse("single")
    b.initialize()
    a.text("log", {"text": "while the other waits for nothing"})
    assert (logged(a), logged(b)) == ([("info", "while the other waits for nothing")], [])
    b.post(call("hang", {}, "hung"))
    a.text("log", {"text": "about either"})
    assert (logged(a), logged(b)) == ([], [])


def test_a_shared_childs_log_can_be_dropped(sse):
    a = sse("mute")
    a.text("log", {"level": "emergency", "text": "x"})
    assert logged(a) == []


# ── lists that change ────────────────────────────────────────────────────────────────────────────

CHANGED = {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"}


def test_every_session_is_told_once_of_a_list_that_differs_and_never_of_one_that_does_not(sse, http, tmp_path):
    """Case 74."""
    a, b, c = sse("changes"), http("changes"), sse("changes")
    b.initialize()
    of_b = b.get().stream
    subscribe(b, "chaos://end")
    slow = {"progress_steps": 30, "path": str(tmp_path / "gate")}
    busy = b.begin(call("slow", slow, "slow", progress_token="p")).read_response().stream
    assert busy is not None

    for arguments in ({"same": True}, {}, {"same": True}, {"same": True}, {}):
        a.text("change_tools", arguments)
    assert [tool["name"] for tool in c.request("tools/list")["result"]["tools"]][-2:] == ["extra_1", "extra_2"]
    a.text("update_resource", {"uri": "chaos://end"})

    assert notes(a, CHANGED["method"]) == [CHANGED, CHANGED]
    assert notes(c, CHANGED["method"]) == [CHANGED, CHANGED]
    assert [of_b.message() for _ in range(3)][:2] == [CHANGED, CHANGED]
    (tmp_path / "gate").touch()
    methods = [event.json.get("method") for event in busy.rest()]
    assert set(methods) == {"notifications/progress", None} and methods.count(None) == 1


def test_a_child_of_one_session_tells_it_once_too(sse):
    a = sse("own")
    a.initialize()
    for arguments in ({}, {"same": True}, {}):
        a.text("change_tools", arguments)
    a.request("tools/list")
    assert notes(a, CHANGED["method"]) == [CHANGED, CHANGED]


# ── tasks ────────────────────────────────────────────────────────────────────────────────────────


def test_tasks_are_not_offered_by_a_shared_child(sse, http):
    """Case 75."""
    a, b = http("chaos"), sse("chaos")
    capabilities = a.initialize("2025-11-25")["capabilities"]
    assert set(capabilities) == {"tools", "resources"}

    params = {"name": "echo", "arguments": {"x": 1}, "task": {"ttl": 60000}}
    assert a.request("tools/call", params)["result"]["structuredContent"]["arguments"] == '{"x": 1}'
    assert all('"task"' not in params for params in received(b, "tools/call"))

    for method in ("tasks/get", "tasks/result", "tasks/cancel", "tasks/list"):
        assert b.request(method, {"taskId": "1"})["error"]["code"] == -32601
        assert received(b, method) == []


# ── a child for each session ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("capabilities", [{}, {"sampling": {}}, {"roots": {}, "elicitation": {}}, ALL],
                         ids=lambda capabilities: "+".join(capabilities) or "none")
def test_a_child_of_one_session_is_given_its_clients_capabilities(sse, http, capabilities):
    """Case 76."""
    for client in (sse("own"), http("own")):
        client.initialize(capabilities=capabilities)
        listed = [tool["name"] for tool in client.request("tools/list")["result"]["tools"]]
        assert [name for name in listed if name.startswith("with_")] == [
            "with_" + name for name in ("sampling", "elicitation", "roots") if name in capabilities]


def test_sessions_with_children_of_their_own_share_no_process(gateway, sse):
    a, b = sse("own"), sse("own")
    pids = [json.loads(client.text("pid"))["pid"] for client in (a, b)]
    assert pids[0] != pids[1]
    a.text("change_tools")
    assert "extra_1" in [tool["name"] for tool in a.request("tools/list")["result"]["tools"]]
    assert "extra_1" not in [tool["name"] for tool in b.request("tools/list")["result"]["tools"]]
    a.close()
    gateway.wait_for("child.exit", server="own", **{"child.pid": pids[0]})
    assert json.loads(b.text("pid"))["pid"] == pids[1]


def test_the_next_run_of_a_child_of_one_session_is_told_its_level_and_subscriptions_again(gateway, sse):
    client = sse("own-told")
    client.initialize()
    set_level(client, "debug")
    subscribe(client, "file:///kept")
    client.request("tools/call", {"name": "die", "arguments": {"signal": 9}})
    gateway.wait_for("service.ready", server="own-told", restarted=True)
    assert len(received(client, "logging/setLevel", "debug")) == 1
    assert len(received(client, "resources/subscribe", "file:///kept")) == 1


def test_a_child_of_one_session_gets_no_request_before_initialized(http):
    client = http("own-strict")
    client.initialize()
    assert client.text("echo", {}) == "{}"


def test_a_child_of_one_session_is_initialized_for_a_call_without_a_session(http):
    assert http("own-strict").text("echo", {}) == "{}"


def direct_tools(capabilities):
    """What server-everything lists when it is asked without a gateway."""
    with subprocess.Popen([shutil.which("node"), str(EVERYTHING), "stdio"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        def say(said):
            server.stdin.write(json.dumps(said).encode() + b"\n")
            server.stdin.flush()

        def answer(id):
            for line in server.stdout:
                if json.loads(line).get("id") == id and "method" not in json.loads(line):
                    return json.loads(line)["result"]

        say(message("initialize", {"protocolVersion": "2025-11-25", "capabilities": capabilities,
                                   "clientInfo": {"name": "test", "version": "1"}}, "init"))
        answer("init")
        say(message("notifications/initialized"))
        say(message("tools/list", {}, "list"))
        tools = answer("list")["tools"]
        server.kill()
    return tools


@pytest.mark.skipif(not (EVERYTHING.exists() and shutil.which("node")), reason="server-everything is not installed")
def test_server_everything_lists_through_the_gateway_what_it_lists_directly(start_gateway):
    """Case 76 with a server nobody here wrote."""
    gateway = start_gateway({"everything": {"command": "node", "args": [str(EVERYTHING), "stdio"], "isolation": "session"}})
    lists = []
    for capabilities in ({}, ALL):
        client = gateway.http("everything")
        client.initialize(capabilities=capabilities)
        tools = client.request("tools/list")["result"]["tools"]
        assert tools == direct_tools(capabilities)
        lists.append({tool["name"] for tool in tools})
        client.delete()
    assert lists[0] < lists[1]


# ── questions of a child that has one client ─────────────────────────────────────────────────────


@pytest.mark.parametrize("method, params", QUESTIONS, ids=NAMES)
def test_a_question_goes_to_the_client_over_sse_and_its_answer_back_byte_for_byte(sse, method, params):
    a = sse("own")
    a.initialize(capabilities=ALL)
    a.post(call("ask", {"method": method, **({"params": params} if params else {})}, "ask"))
    question = a.stream.note(method)
    assert question.get("params") == params
    result = b'{"n":1.0,"big":12345678901234567890,"text":"\\ud800"}'
    a.post(b'{"jsonrpc":"2.0","id":%d,"result":%s}' % (question["id"], result))
    assert a.stream.answer("ask")["result"]["content"][0]["text"] == '{"result":%s}' % result.decode()


@pytest.mark.parametrize("method, params", QUESTIONS, ids=NAMES)
def test_a_question_goes_to_the_client_over_streamable_http_on_the_stream_of_its_call(http, method, params):
    a = http("own")
    a.initialize(capabilities=ALL)
    own_stream = a.get().stream
    stream = a.begin(call("ask", {"method": method, **({"params": params} if params else {})}, "ask")).read_response().stream
    question = stream.note(method)
    assert question.get("params") == params
    response = a.post(answer_to(question, error={"code": -1, "message": "no"}))
    assert (response.status, response.body) == (202, b"")
    assert json.loads(stream.answer("ask")["result"]["content"][0]["text"]) == {"error": {"code": -1, "message": "no"}}
    assert stream.rest() == []
    assert own_stream.unread == []


def test_only_the_session_that_was_asked_can_answer_and_only_once(sse, http):
    a, b, c = sse("own"), sse("own"), http("own")
    for client in (a, b, c):
        client.initialize(capabilities=ALL)
    a.post(call("ask", {"method": "roots/list"}, "ask"))
    question = a.stream.note("roots/list")
    b.post(answer_to(question, result={"roots": [{"uri": "file:///of-b"}]}))
    assert c.post(answer_to(question, result={"roots": [{"uri": "file:///of-c"}]})).status == 202
    a.post({"jsonrpc": "2.0", "id": question["id"] + 1000, "result": {"roots": [{"uri": "file:///never-asked"}]}})
    assert (notes(b, "x"), notes(a, "x")) == ([], [])
    a.post(answer_to(question, result={"roots": [{"uri": "file:///of-a"}]}))
    a.post(answer_to(question, result={"roots": [{"uri": "file:///again"}]}))
    assert json.loads(a.stream.answer("ask")["result"]["content"][0]["text"]) == {
        "result": {"roots": [{"uri": "file:///of-a"}]}}
    answers = [each for each in a.seen_by_child()["received"] if each["method"] is None]
    assert len(answers) == 1


def test_a_question_nobody_answers_is_given_up_so_that_the_child_goes_on(sse):
    a = sse("own-hasty")
    a.initialize(capabilities=ALL)
    for method, expected in (("elicitation/create", {"result": {"action": "cancel"}}), ("sampling/createMessage", None)):
        a.post(call("ask", {"method": method}, method))
        question = a.stream.note(method)
        answer = json.loads(a.stream.answer(method)["result"]["content"][0]["text"])
        assert answer == expected if expected else answer["error"]["code"] == -32603
        assert a.stream.note("notifications/cancelled")["params"]["requestId"] == question["id"]


def test_a_question_without_a_stream_to_ask_it_on_is_refused_at_once(http):
    a = http("own")
    a.initialize(capabilities=ALL)
    first_the_answer = '{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}\n'
    a.call("raw_line", {"line": first_the_answer + '{"jsonrpc":"2.0","id":77,"method":"roots/list"}'})
    answers = [each for each in a.seen_by_child()["received"] if each["method"] is None]
    assert [each["id"] for each in answers] == ["77"]


def test_a_question_dies_with_its_session(gateway, sse):
    a = sse("own")
    a.initialize(capabilities=ALL)
    a.post(call("ask", {"method": "roots/list"}, "ask"))
    a.stream.note("roots/list")
    pid = gateway.events("child.start", server="own")[-1]["child.pid"]
    a.close()
    gateway.wait_for("child.exit", server="own", **{"child.pid": pid})
    with pytest.raises((Ended, OSError, ValueError)):
        a.stream.message()
