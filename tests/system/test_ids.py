"""Ids, tokens and cancellation: acceptance cases 1 to 13."""
import json
import re

import pytest

from clients import SseClient, call, cancelled, initialize, message
from gateway_under_test import chaos, gated, impatient

SERVICES = {"chaos": chaos(), "impatient": chaos(**impatient("null_error"))}

# What a client may call a request, as the bytes it writes.
IDS = [b"0", b'""', b"-5", b"9007199254740993", b'"' + b"x" * 500 + b'"', '"é\\u2028"'.encode(), b'"\\u0031"', b'"1"',
       b"1"]


@pytest.fixture(params=["sse", "http"])
def client(request, sse, http):
    """A client of either kind, after its handshake."""
    client = (sse if request.param == "sse" else http)("chaos")
    client.initialize()
    return client


def echo_request(raw_id, raw_arguments=b"{}"):
    return b'{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":"echo","arguments":%s}}' % (
        raw_id, raw_arguments)


def answer_text(client, posted):
    """Posts a request and gives its answer as the text that came."""
    if isinstance(client, SseClient):
        client.post(posted)
        return client.stream.take().data
    response = client.post(posted)
    assert response.status == 200, response
    return response.body.decode()


def refusal(client, posted):
    """Posts what is refused at once, and gives status and code."""
    if isinstance(client, SseClient):
        return client.post(posted, expect=400)
    return client.post(posted)


def id_in(answer):
    return re.match(r'\{"jsonrpc":"2\.0","id":("(?:[^"\\]|\\.)*"|[^,]*),', answer)[1]


def child_ids(received, method="tools/call", text=""):
    return [seen["id"] for seen in received if seen["method"] == method and text in seen["params"]]


def test_two_sessions_with_the_same_id_each_get_their_own_answer(sse, http):
    """Case 1."""
    a, b, c = sse("chaos"), sse("chaos"), http("chaos")
    c.initialize()
    a.post(call("slow", {"ms": 300}, id=1))
    b.post(call("echo", {"who": "b"}, id=1))
    of_c = c.post(call("echo", {"who": "c"}, id=1)).json
    of_b = b.stream.answer(1)
    of_a = a.stream.answer(1)
    assert [answer["result"]["content"][0]["text"] for answer in (of_a, of_b, of_c)] == [
        "slow", '{"who": "b"}', '{"who": "c"}']
    assert a.stream.unread == b.stream.unread == []


def test_an_id_that_is_a_string_is_another_than_the_number(client, tmp_path):
    """Case 2."""
    gate = tmp_path / "gate"
    if isinstance(client, SseClient):
        client.post(call("slow", {"path": str(gate)}, id="1"))
        client.post(call("echo", {}, id=1))
        number = client.stream.message()
        gate.touch()
        string = client.stream.message()
    else:
        pending = client.begin(call("slow", {"path": str(gate)}, id="1"))
        number = client.post(call("echo", {}, id=1)).json
        gate.touch()
        string = pending.read_response().json
    assert (number["id"], number["result"]["content"][0]["text"]) == (1, "{}")
    assert (string["id"], string["result"]["content"][0]["text"]) == ("1", "slow")
    assert isinstance(number["id"], int)


@pytest.mark.parametrize("raw_id", IDS, ids=lambda raw: raw[:12].decode())
def test_every_legal_id_comes_back_byte_for_byte(client, raw_id):
    """Case 3."""
    assert id_in(answer_text(client, echo_request(raw_id))).encode() == raw_id


def test_an_id_with_a_raw_line_separator_comes_back_as_the_same_text(sse, http):
    """Case 3. On an event stream it is escaped, since some readers end a line there."""
    raw_id = '"é\u2028"'
    web = http("chaos")
    web.initialize()
    assert id_in(answer_text(web, echo_request(raw_id.encode()))) == raw_id
    assert id_in(answer_text(sse("chaos"), echo_request(raw_id.encode()))) == '"é\\u2028"'


def test_the_child_sees_only_its_own_numbers(sse, http):
    """Case 3. Neither 0, nor one twice, nor anything that is no positive integer."""
    a, b = sse("chaos"), http("chaos")
    b.initialize()
    for raw_id in IDS:
        answer_text(a, echo_request(raw_id))
        answer_text(b, echo_request(raw_id))
    ids = [seen["id"] for seen in a.seen_by_child()["received"] if seen["id"] is not None]
    assert len(ids) > 2 * len(IDS)
    assert all(re.fullmatch("[1-9][0-9]*", id) for id in ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("raw_id", [b"null", b"true", b"1.5", b"{}", b"[]", b"1e0"], ids=bytes.decode)
def test_an_illegal_id_is_refused_and_the_child_sees_nothing(client, raw_id):
    """Case 4."""
    response = refusal(client, b'{"jsonrpc":"2.0","id":%s,"method":"illegal/id","params":{}}' % raw_id)
    assert response.error == (400, -32600)
    assert "id" not in response.json
    assert child_ids(client.seen_by_child()["received"], "illegal/id") == []


def test_a_second_request_with_an_open_id_is_refused_and_the_first_goes_on(sse, tmp_path):
    """Case 5, on SSE: the refusal is the POST's, the stream shows only the first answer."""
    client = sse("chaos")
    client.post(call("slow", {"path": str(tmp_path / "gate")}, id=7))
    response = client.post(call("echo", {}, id=7), expect=400)
    assert response.error == (400, -32600)
    assert response.json["id"] == 7
    (tmp_path / "gate").touch()
    assert client.stream.answer(7)["result"]["content"][0]["text"] == "slow"
    client.request("ping")
    assert client.stream.unread == []


def test_a_second_post_with_an_open_id_is_refused_and_the_first_goes_on(http, tmp_path):
    """Case 5, on Streamable HTTP."""
    client = http("chaos")
    client.initialize()
    slow = {"progress_steps": 2, "path": str(tmp_path / "gate")}
    first = client.begin(call("slow", slow, id=7, progress_token="p")).read_response()
    first.stream.note("notifications/progress")
    assert client.post(call("echo", {}, id=7)).error == (400, -32600)
    (tmp_path / "gate").touch()
    assert first.stream.answer(7)["result"]["content"][0]["text"] == "slow"
    assert client.post(call("echo", {"again": 1}, id=7)).json["result"]["content"][0]["text"] == '{"again": 1}'


def test_progress_reaches_only_its_own_call_under_its_own_token(sse):
    """Case 6."""
    a, b = sse("chaos"), sse("chaos")
    a.post(call("slow", {"ms": 200, "progress_steps": 3}, id=1, progress_token=0))
    b.post(call("slow", {"ms": 200, "progress_steps": 2}, id=1, progress_token="0"))
    of_a = [a.stream.message() for _ in range(4)]
    of_b = [b.stream.message() for _ in range(3)]
    assert [note["params"] for note in of_a[:-1]] == [
        {"progressToken": 0, "progress": step, "total": 3} for step in (1, 2, 3)]
    assert [note["params"] for note in of_b[:-1]] == [
        {"progressToken": "0", "progress": step, "total": 2} for step in (1, 2)]
    assert of_a[-1]["id"] == of_b[-1]["id"] == 1


def test_progress_after_the_answer_is_dropped(gateway, sse):
    """Case 6. The child's token is the id it was given, so the tool can name it."""
    client = sse("chaos")
    dropped = gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason="unknown_id")
    progress = '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$ID,"progress":%d}}'
    answer = '{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}'
    client.post(call("raw_line", {"line": "\n".join([progress % 1, answer, progress % 2])}, id=1, progress_token="t"))
    assert client.stream.message()["params"] == {"progressToken": "t", "progress": 1}
    assert client.stream.message() == {"jsonrpc": "2.0", "id": 1, "result": {"content": []}}
    client.call("echo")
    assert client.stream.unread == []
    assert gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason="unknown_id") == dropped + 1


def test_a_cancel_reaches_the_child_under_its_own_id_and_the_late_answer_is_dropped(gateway, sse, tmp_path):
    """Case 7."""
    client = sse("chaos")
    dropped = gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason="unknown_id")
    client.post(call("slow", {"path": str(tmp_path / "gate"), "stubborn": True, "case": 7}, id=0))
    client.post(cancelled(0))
    seen = client.seen_by_child()
    assert seen["cancelled"][-1:] == child_ids(seen["received"], text='"case": 7')
    (tmp_path / "gate").touch()
    gateway.until(lambda: gateway.metric("mcp_child_protocol_errors_total", server="chaos",
                                         reason="unknown_id") == dropped + 1)
    client.call("echo")
    assert client.stream.unread == []


def test_a_cancelled_post_ends_its_stream_without_an_answer(http, tmp_path):
    """Case 7, on Streamable HTTP."""
    client = http("chaos")
    client.initialize()
    endless = {"progress_steps": 2, "path": str(tmp_path / "never"), "case": "7h"}
    response = client.post(call("slow", endless, id=0, progress_token=1))
    response.stream.note("notifications/progress")
    assert client.post(cancelled(0)).status == 202
    assert {event.json["method"] for event in response.stream.rest()} <= {"notifications/progress"}
    seen = client.seen_by_child()
    assert seen["cancelled"][-1:] == child_ids(seen["received"], text='"case": "7h"')


def test_a_cancelled_post_that_takes_no_stream_is_told_so(gateway, http):
    """Case 7, for a client that takes only JSON: there has to be some answer."""
    client = http("chaos")
    client.initialize()
    pending = client.begin(call("hang", id=0), {"Accept": "application/json"})
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 1)
    assert client.post(cancelled(0)).status == 202
    assert pending.read_response().error == (200, -32603)


def test_a_cancel_of_anothers_an_unknown_or_a_finished_id_does_nothing(sse, tmp_path):
    """Case 8."""
    a, b = sse("chaos"), sse("chaos")
    before = len(a.seen_by_child()["cancelled"])
    b.post(call("slow", {"path": str(tmp_path / "gate")}, id=77))
    a.post(call("echo", id=5))
    a.stream.answer(5)
    for id in (77, 123456, 5, "77"):
        assert a.post(cancelled(id)).body == b""
    b.post(cancelled("77"))
    (tmp_path / "gate").touch()
    assert b.stream.answer(77)["result"]["content"][0]["text"] == "slow"
    assert len(a.seen_by_child()["cancelled"]) == before


def test_initialize_cannot_be_cancelled(start_gateway, tmp_path):
    """Case 9."""
    gateway = start_gateway({"late": gated(tmp_path / "gate")}, wait_for=[])
    client = gateway.sse("late")
    client.post(initialize(id=1))
    client.post(cancelled(1))
    assert gateway.events("service.ready") == []
    (tmp_path / "gate").touch()
    assert client.stream.answer(1)["result"]["serverInfo"]["name"] == "chaos"
    assert client.seen_by_child()["cancelled"] == []


@pytest.mark.parametrize(("tool", "text"), [("twice", "first"), ("wrong_id", "right id"), ("string_id", "string id"),
                                            ("null_error", "right id")])
def test_of_a_childs_answers_the_first_counts_and_the_rest_is_counted(gateway, sse, tool, text):
    """Cases 10 and 11. A string that spells our number counts as it; an id of null belongs to nobody."""
    client = sse("chaos")
    dropped = gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason="unknown_id")
    assert client.text(tool) == text
    client.call("echo")
    assert client.stream.unread == []
    assert gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason="unknown_id") == dropped + 1


@pytest.mark.parametrize("method", ["notifications/cancelled", "notifications/tasks/status", "notifications/elicitation/complete",
                                    "notifications/of_tomorrow"])
def test_what_a_shared_child_tells_nobody_in_particular_is_counted_and_told_to_nobody(gateway, sse, http, method):
    def dropped():
        return gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason="no_addressee")

    one, other, third = sse("chaos"), sse("chaos"), http("chaos")
    third.initialize()
    own = third.get().stream
    before = dropped()
    told = json.dumps(message(method, {"requestId": 1, "taskId": "1", "elicitationId": "1"}))
    for number in (1, 2):
        assert one.call("raw_line", {"line": told + '\n{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}'})["result"] == {"content": []}
        assert dropped() == before + number
    for client in (other, third):
        client.call("echo")
    assert one.stream.unread == other.stream.unread == []
    one.call("change_tools")
    assert own.message()["method"] == "notifications/tools/list_changed"  # and nothing before


def test_what_a_child_of_one_session_tells_goes_to_it_and_counts_as_no_fault(start_gateway):
    gateway = start_gateway({"own": chaos(isolation="session")})
    client = gateway.sse("own")
    client.initialize()
    told = json.dumps(message("notifications/of_tomorrow", {"n": 1}))
    client.call("raw_line", {"line": told + '\n{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}'})
    assert client.stream.note("notifications/of_tomorrow")["params"] == {"n": 1}
    assert gateway.metric("mcp_child_protocol_errors_total", server="own", reason="no_addressee") == 0


def test_an_error_without_an_id_fails_no_call_before_its_time(sse):
    """Case 11."""
    a, b = sse("chaos"), sse("chaos")
    a.post(call("slow", {"ms": 300}, id=1))
    assert b.text("null_error") == "right id"
    assert a.stream.answer(1)["result"]["content"][0]["text"] == "slow"


def test_a_call_that_only_got_an_error_without_an_id_times_out(sse):
    """Case 11."""
    client = sse("impatient")
    error = client.call("null_error", {"only": True})["error"]
    assert (error["code"], error["data"]["reason"]) == (-32603, "timeout")
    assert client.text("echo") == "{}"


@pytest.mark.parametrize("arguments", [
    rb'{"a":1.0,"b":12345678901234567890,"c":1e400,"d":1,"d":2,"e":"\ud800","f":-0,"g":1E+2}',
    rb'{ "spaces" : [ 1 ,	2 ] , "\u0061":"\/" , "":null }',
    '{"u":"é  😀","m":[[],{}]}'.encode(),
])
def test_arguments_reach_the_child_byte_for_byte(client, arguments):
    """Case 12."""
    answer = json.loads(answer_text(client, echo_request(b"1", arguments)))
    assert answer["result"]["structuredContent"]["arguments"].encode() == arguments


def test_a_pretty_printed_body_is_one_line_at_the_child(client):
    """Case 13. A line end between tokens becomes a space, nothing else changes."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                       "params": {"name": "echo", "arguments": {"a": [1, 2], "b": "x"}}}, indent=1)
    answer = json.loads(answer_text(client, body.replace("\n", "\r\n").encode()))
    arguments = answer["result"]["structuredContent"]["arguments"]
    assert "\r" not in arguments and "\n" not in arguments
    assert json.loads(arguments) == {"a": [1, 2], "b": "x"}
    assert [seen for seen in client.seen_by_child()["received"] if "garbage" in seen] == []


def test_a_line_separator_in_the_body_is_no_line_end_for_anyone(sse):
    """Case 13. The child gets the character, the event stream its escape."""
    client = sse("chaos")
    client.post(echo_request(b"1", '{"a":"x\u2028y\u2029z\u0085"}'.encode()))
    event = client.stream.take()
    assert not re.search("[\u2028\u2029\u0085]", event.data)
    assert event.json["result"]["structuredContent"]["arguments"] == '{"a":"x\u2028y\u2029z\u0085"}'
    client.post(message("tools/call", {"name": "raw_line", "arguments": {
        "line": '{"jsonrpc":"2.0","id":$ID,"result":{"raw":"x\u2028y\u0085"}}'}}, id=2))
    event = client.stream.take()
    assert not re.search("[\u2028\u2029\u0085]", event.data)
    assert event.json["result"] == {"raw": "x\u2028y\u0085"}
