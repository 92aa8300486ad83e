"""Spans of real calls, as a real collector understood them."""
import json
import re

import pytest

from clients import call, message
from gateway_under_test import chaos, impatient

ALL = {"sample": 1}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
OTHER_TRACE = "0af7651916cd43dd8448eb211c80319c"
OTHER_SPAN = "b7ad6b7169203331"


def context(trace=TRACE, span=SPAN, flags="01"):
    return f"00-{trace}-{span}-{flags}"


def with_meta(posted, **meta):
    posted["params"]["_meta"] = meta
    return posted


def traces(collector, **more):
    return {"endpoint": collector.endpoint, **more}


def client_of(gateway, transport, service="chaos"):
    client = (gateway.sse if transport == "sse" else gateway.http)(service)
    client.initialize()
    return client


def ask(client, posted, headers=()):
    """Posts a request on either transport and gives its answer."""
    if hasattr(client, "stream"):
        client.post(posted, headers=headers)
        return client.stream.answer(posted["id"])
    return client.post(posted, headers=headers).json


def seen_meta(answer):
    """The _meta that the child of an echo saw."""
    meta = answer["result"]["structuredContent"]["meta"]
    return json.loads(meta) if meta else {}


def calls(span):
    return span.name == "tools/call echo"


def only(spans, kind):
    found = [span for span in spans if span.kind == kind]
    assert len(found) == 1, spans
    return found[0]


@pytest.mark.parametrize("transport", ["sse", "http"])
def test_a_call_becomes_three_spans_of_one_trace(collector, start_gateway, transport):
    gateway = start_gateway({"chaos": chaos()}, traces(collector, **ALL), env="test", pool="blue")
    client = client_of(gateway, transport)
    answer = ask(client, call("echo", {"a": 1}, id="seven"), headers={"X-Request-Id": "my-request"})

    server, asked = (only(collector.wait_for(calls, 2), kind) for kind in ("server", "client"))
    around = collector.wait_for(lambda span: span.id == server.parent)[0]
    assert around.kind == "server" and around.trace == server.trace == asked.trace
    assert around.name == ("POST /messages" if transport == "sse" else "POST /mcp")
    assert around.parent == "" and asked.parent == server.id
    assert server.start <= asked.start <= asked.end <= server.end

    assert server.attributes["mcp.method.name"] == "tools/call"
    assert server.attributes["gen_ai.tool.name"] == "echo"
    assert server.attributes["gen_ai.operation.name"] == "execute_tool"
    assert server.attributes["jsonrpc.request.id"] == "seven"
    assert server.attributes["network.transport"] == "tcp"
    assert server.attributes["mcp_gateway.server"] == "chaos"
    assert server.attributes["mcp_gateway.request_id"] == "my-request"
    assert asked.attributes["network.transport"] == "pipe"
    assert around.attributes["http.request.method"] == "POST"
    assert around.attributes["http.response.status_code"] == ("202" if transport == "sse" else "200")
    assert around.attributes["client.address"] == "127.0.0.1"
    assert not (server.failed or asked.failed or around.failed)
    assert {"service.name": "mcp-gateway", "deployment.environment.name": "test", "mcp_gateway.pool": "blue"}.items() \
        <= server.resource.items()

    # The child is told whose span it works in, and the log whose trace it was.
    assert seen_meta(answer)["traceparent"] == context(server.trace, asked.id)
    done = gateway.wait_for("request.done", tool="echo")
    assert (done["trace_id"], done["span_id"], done["request_id"]) == (server.trace, server.id, "my-request")


def test_no_span_holds_the_id_of_a_session(collector, start_gateway):
    gateway = start_gateway({"chaos": chaos()}, traces(collector, **ALL))
    clients = [client_of(gateway, "sse"), client_of(gateway, "http")]
    secrets = [re.search("sessionId=(.*)", clients[0].endpoint)[1], clients[1].session]
    for client in clients:
        ask(client, call("echo", id=1))
    spans = collector.wait_for(calls, 4)
    assert all(span.attributes["mcp.session.id"] for span in spans if span.kind == "server")
    text = collector.written.read_text()
    assert not [secret for secret in secrets if secret in text]


def test_a_clients_http_context_is_the_parent_and_its_state_travels(collector, start_gateway):
    gateway = start_gateway({"chaos": chaos()}, traces(collector, sample=0))
    answer = ask(client_of(gateway, "http"), call("echo", id=1),
                 headers={"traceparent": context(), "tracestate": "vendor=1"})
    server, asked = (only(collector.wait_for(calls, 2), kind) for kind in ("server", "client"))
    around = collector.wait_for(lambda span: span.id == server.parent)[0]
    assert (around.trace, around.parent, around.state) == (TRACE, SPAN, "vendor=1")
    assert server.links == []
    assert seen_meta(answer) == {"traceparent": context(TRACE, asked.id), "tracestate": "vendor=1"}


@pytest.mark.parametrize("transport", ["sse", "http"])
def test_the_messages_context_wins_and_the_http_one_is_linked(collector, start_gateway, transport):
    gateway = start_gateway({"chaos": chaos()}, traces(collector, sample=0))
    meta = {"traceparent": context(), "tracestate": "own=1", "progressToken": "p", "com.example/x": {"a": [1]}}
    answer = ask(client_of(gateway, transport), with_meta(call("echo", id=1), **meta),
                 headers={"traceparent": context(OTHER_TRACE, OTHER_SPAN), "tracestate": "other=1"})
    server, asked = (only(collector.wait_for(calls, 2), kind) for kind in ("server", "client"))
    around = collector.wait_for(lambda span: span.parent == OTHER_SPAN)[0]
    assert (server.trace, server.parent, server.state) == (TRACE, SPAN, "own=1")
    assert around.trace == OTHER_TRACE and server.links == [(OTHER_TRACE, around.id)]
    seen = seen_meta(answer)
    assert seen["traceparent"] == context(TRACE, asked.id)
    assert (seen["tracestate"], seen["com.example/x"]) == ("own=1", {"a": [1]})


def test_what_a_client_does_not_record_is_not_recorded_but_passed_on(collector, start_gateway):
    gateway = start_gateway({"chaos": chaos()}, traces(collector, **ALL))
    client = client_of(gateway, "http")
    quiet = ask(client, call("echo", id=1), headers={"traceparent": context(flags="00")})
    assert seen_meta(quiet)["traceparent"] == context(flags="00")
    in_message = ask(client, with_meta(call("echo", id=2), traceparent=context(flags="00")))
    assert seen_meta(in_message)["traceparent"] == context(flags="00")
    ask(client, call("echo", id=3), headers={"traceparent": context(OTHER_TRACE, OTHER_SPAN)})
    recorded = collector.wait_for(calls, 2)
    assert {span.trace for span in recorded} == {OTHER_TRACE}
    assert gateway.wait_for("request.done", tool="echo")["trace_id"] == TRACE


@pytest.mark.parametrize("broken", ["", "00-0-0-00", context("0" * 32), context(TRACE.upper()), context() + "-x", "é"])
def test_a_broken_context_begins_a_new_trace_and_is_counted(collector, start_gateway, broken):
    gateway = start_gateway({"chaos": chaos()}, traces(collector, **ALL))
    ask(client_of(gateway, "http"), with_meta(call("echo", id=1), traceparent=broken))
    server = only(collector.wait_for(calls, 2), "server")
    assert server.trace != TRACE
    assert gateway.metric("mcp_gateway_trace_context_invalid_total") == (1 if broken else 0)


@pytest.mark.parametrize("tool, kind", [("is_error", "tool_error"), ("rpc_error", r"-?\d+")])
def test_a_call_that_fails_is_recorded_although_it_was_not_chosen(collector, start_gateway, tool, kind):
    gateway = start_gateway({"chaos": chaos()}, traces(collector, sample=0))
    client = client_of(gateway, "http")
    ask(client, call("echo", id=1))
    ask(client, call(tool, id=2))
    spans = collector.wait_for(lambda span: span.name == f"tools/call {tool}", 2)
    failed, asked = only(spans, "server"), only(spans, "client")
    assert failed.failed and failed.parent == "" and asked.parent == failed.id
    assert re.fullmatch(kind, failed.attributes["error.type"])
    assert not [span for span in collector.spans() if calls(span)]
    assert gateway.wait_for("request.done", tool=tool)["trace_id"] == failed.trace


def test_a_call_that_timed_out_is_marked_at_both_ends(collector, start_gateway):
    gateway = start_gateway({"chaos": chaos(**impatient("hang"))}, traces(collector, **ALL))
    ask(client_of(gateway, "http"), call("hang", id=1))
    spans = collector.wait_for(lambda span: span.name == "tools/call hang", 2)
    assert {span.kind for span in spans} == {"server", "client"}
    assert all(span.failed and span.attributes["error.type"] == "timeout" for span in spans)


def test_a_child_is_told_nothing_where_the_configuration_says_so(collector, start_gateway):
    gateway = start_gateway({"chaos": chaos()}, traces(collector, sample=1, propagate=False))
    answer = ask(client_of(gateway, "http"), call("echo", id=1))
    assert seen_meta(answer) == {}
    collector.wait_for(calls, 2)


def test_the_start_of_a_child_is_a_trace(collector, start_gateway):
    start_gateway({"chaos": chaos()}, traces(collector, sample=0))
    start = collector.wait_for(lambda span: span.name == "child.start")[0]
    parts = collector.wait_for(lambda span: span.parent == start.id, 2)
    assert {span.name for span in parts} == {"child.spawn", "initialize"}
    assert all(span.trace == start.trace and start.start <= span.start <= span.end <= start.end for span in parts)


def test_thousands_of_spans_arrive_in_batches(collector, start_gateway):
    gateway = start_gateway({"chaos": chaos()}, traces(collector, **ALL))
    client = client_of(gateway, "http")
    for number in range(400):
        ask(client, call("echo", id=number))
    collector.wait_for(calls, 800)
    counted = gateway.until(lambda: gateway.metric("mcp_gateway_otlp_spans_total", result="exported"))
    assert counted > 0
    assert gateway.metric("mcp_gateway_otlp_spans_total", result="dropped") == 0
    assert len(collector.written.read_text().splitlines()) < 20


def test_a_collector_that_is_down_is_told_of_and_costs_no_call(start_gateway):
    gateway = start_gateway({"chaos": chaos()}, {"endpoint": "http://127.0.0.1:1/v1/traces", **ALL})
    client = client_of(gateway, "http")
    for number in range(20):
        assert "result" in ask(client, call("echo", id=number))
    told = gateway.wait_for("traces.export")
    assert told["level"] == "warn" and "err.msg" in told
    assert gateway.until(lambda: gateway.metric("mcp_gateway_otlp_spans_total", result="failed")) > 0


def test_a_notification_and_an_empty_answer_make_no_trouble(collector, start_gateway):
    gateway = start_gateway({"chaos": chaos()}, traces(collector, **ALL))
    client = client_of(gateway, "http")
    client.post(message("notifications/cancelled", {"requestId": "none"}))
    assert ask(client, message("ping", id=5))["result"] == {}
    ping = collector.wait_for(lambda span: span.name == "ping")[0]
    assert ping.kind == "server" and "gen_ai.tool.name" not in ping.attributes
