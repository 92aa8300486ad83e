"""Messages that two JSON parsers read in two ways: what is judged must be what the child does."""
import pytest

from clients import call, message
from gateway_under_test import chaos

SERVICES = {"chaos": chaos(), "own": chaos(isolation="session")}

AMBIGUOUS = {
    "a name twice": b'{"name":"echo","name":"die","arguments":{}}',
    "a name twice, once with an escape": b'{"name":"echo","n\\u0061me":"die","arguments":{}}',
    "a name in another case": b'{"name":"echo","Name":"die","arguments":{}}',
    "only in another case": b'{"NAME":"echo","arguments":{}}',
    "arguments twice": b'{"name":"echo","arguments":{"a":1},"arguments":{"a":2}}',
    "arguments in another case": b'{"name":"echo","arguments":{"a":1},"Arguments":{"a":2}}',
    "_meta twice": b'{"name":"echo","_meta":{},"_meta":{"progressToken":1}}',
    "a progress token twice": b'{"name":"echo","_meta":{"progressToken":1,"progressToken":2}}',
    "a progress token in another case": b'{"name":"echo","_meta":{"progresstoken":1}}',
}


def tools_call(params, id=1):
    return b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":%s}' % (id, params)


def calls_seen(client):
    """The params of the calls the child got, but for those that ask for this."""
    return [seen["params"] for seen in client.seen_by_child()["received"]
            if seen["method"] == "tools/call" and '"cancel_seen"' not in seen["params"]]


@pytest.mark.parametrize("params", AMBIGUOUS.values(), ids=AMBIGUOUS)
@pytest.mark.parametrize("service", ["chaos", "own"])
def test_a_call_that_is_ambiguous_is_refused_and_the_child_never_sees_it(gateway, http, sse, service, params):
    client = http(service)
    client.initialize()
    before = calls_seen(client)
    refused = client.post(tools_call(params))
    assert (refused.status, refused.json["error"]["code"]) == (400, -32600)
    assert refused.json["error"]["data"]["reason"] == "ambiguous"
    assert calls_seen(client) == before

    stream = sse(service)
    stream.initialize()
    before = calls_seen(stream)
    stream.post(tools_call(params))
    assert stream.stream.answer(1)["error"]["code"] == -32600
    assert calls_seen(stream) == before
    assert gateway.events("child.exit", server="chaos") == []


def test_what_is_ambiguous_within_arguments_is_the_childs_business(http):
    client = http("chaos")
    client.initialize()
    client.post(tools_call(b'{"name":"echo","arguments":{"name":1,"name":2,"Name":3}}'))
    assert calls_seen(client)[-1] == '{"name":"echo","arguments":{"name":1,"name":2,"Name":3}}'


def test_an_ambiguous_call_in_a_batch_leaves_the_others_alone(http):
    client = http("chaos")
    client.initialize("2025-03-26")
    batch = b"[%s,%s]" % (tools_call(AMBIGUOUS["a name twice"], id=1), tools_call(b'{"name":"echo","arguments":{"b":1}}', id=2))
    answers = {answer["id"]: answer for answer in client.post(batch).json}
    assert answers[1]["error"]["code"] == -32600
    assert answers[2]["result"]["structuredContent"]["arguments"] == '{"b":1}'


@pytest.mark.parametrize("text", [b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', b'{"jsonrpc":"2.0","id":1,"method":"ping","Method":"x"}',
                                  b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{},"PARAMS":{}}'])
def test_a_message_that_is_ambiguous_is_refused(http, text):
    client = http("chaos")
    client.initialize()
    refused = client.post(text)
    assert (refused.status, refused.json["error"]["code"]) == (400, -32600)


def test_a_cancellation_that_is_ambiguous_cancels_nothing(gateway, http, tmp_path):
    client = http("chaos")
    client.initialize()
    before = client.seen_by_child()["cancelled"]
    pending = client.begin(call("slow", {"path": str(tmp_path / "gate")}, id=7))
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 1)
    note = b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7,"requestId":8}}'
    assert client.post(note).status == 202
    (tmp_path / "gate").touch()
    assert pending.read_response().json["result"]["content"][0]["text"] == "slow"
    assert client.seen_by_child()["cancelled"] == before
    assert client.post(message("ping", id=9)).status == 200
