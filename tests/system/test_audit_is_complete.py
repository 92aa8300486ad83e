"""T-LOG: as many records in the audit as calls of tools, by whatever way they came and however they ended."""
import json
import signal
import uuid
from collections import Counter

import pytest

from clients import call, cancelled, message
from gateway_under_test import Gateway, chaos, impatient

TOKENS = {"tokens": [{"name": name, "token": f"token-of-{name}-0123"} for name in ("ann", "bob")]}
POLICY = {"default": "allow", "rules": [{"effect": "deny", "tools": ["env"]}]}
QUOTAS = [{"principals": ["bob"], "calls": 1, "per": "1h"}]
ENVELOPE = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"}}


@pytest.fixture(scope="module")
def gateway():
    running = Gateway({"chaos": chaos(restart={"backoff_initial": "1ms"}, **impatient("hang", "raw_line"))},
                      {"auth": TOKENS, "policy": POLICY, "quotas": QUOTAS, "log": {"audit": True}})
    yield running
    running.stop()


@pytest.fixture
def narrow(start_gateway):
    """Takes two calls at once, and keeps none waiting."""
    return start_gateway({"chaos": chaos(max_calls=2, max_queue=0)}, {"auth": TOKENS, "log": {"audit": True}})


class Caller:
    """A client whose calls are counted. Each has a request id of its own."""

    def __init__(self, gateway, name="ann"):
        self.gateway = gateway
        self.fields = {"Authorization": f"Bearer token-of-{name}-0123"}
        self.sent = {}
        self.http = gateway.http("chaos", headers=self.fields)
        self.http.initialize()
        self.sse = gateway.sse("chaos", headers=self.fields)
        self.alone = gateway.http("chaos", headers=self.fields)

    def named(self, count=1):
        id = uuid.uuid4().hex
        self.sent[id] = count
        return {"X-Request-Id": id}

    def assert_audited(self):
        """One record for each call, and none besides."""

        def audited():
            found = Counter(line["request_id"] for line in self.gateway.events("audit.call"))
            return {id: found[id] for id in self.sent}

        self.gateway.until(lambda: audited() == self.sent, what="a record for each call")
        assert all(line["principal"] and line["decision"] in ("allowed", "refused") for line in self.gateway.events("audit.call"))


@pytest.fixture
def ann(gateway):
    gateway.until(lambda: gateway.health("chaos")["status"] == "HEALTHY" and gateway.health("chaos")["calls_in_flight"] == 0)
    return Caller(gateway)


OUTCOMES = {
    "an answer": ("echo", {"a": 1}), "an error of the tool": ("is_error", {}), "an error of the protocol": ("rpc_error", {}),
    "no such tool": ("nothing-like-it", {}), "no right to it": ("env", {}), "no answer in time": ("hang", {}),
    "an answer that is none": ("raw_line", {"line": "nonsense"}), "two answers": ("twice", {}),
    "progress": ("slow", {"ms": 20, "progress_steps": 2}), "the end of the child": ("die", {"signal": signal.SIGKILL})}


@pytest.mark.parametrize("what", OUTCOMES)
def test_of_a_call_that_ends_with(ann, what):
    tool, arguments = OUTCOMES[what]
    ann.http.post(call(tool, arguments, progress_token=1), headers=ann.named())
    ann.assert_audited()
    ann.gateway.wait_for("service.ready", server="chaos", count=len(ann.gateway.events("child.start", server="chaos")))
    ann.sse.post(call(tool, arguments, id=7, progress_token=1), headers=ann.named())
    ann.sse.stream.answer(7)
    ann.assert_audited()


def test_of_a_call_without_a_session_and_of_one_of_the_stateless_revision(ann):
    assert ann.alone.post(call("echo"), headers=ann.named()).status == 200
    stateless = call("echo")
    stateless["params"]["_meta"] = ENVELOPE
    fields = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "echo"}
    assert ann.alone.post(stateless, headers={**fields, **ann.named()}).status == 200
    ann.assert_audited()


def test_of_each_call_of_a_batch(ann):
    batch = [call("echo", id=1), message("ping", id=2), call("env", id="3"), message("notifications/initialized"),
             call("is_error", id=4)]
    ann.alone.initialize("2025-03-26")
    assert ann.alone.post(json.dumps(batch).encode(), headers=ann.named(3)).status == 200
    ann.assert_audited()


def test_of_a_call_that_was_taken_back(ann, tmp_path):
    begun = ann.http.begin(call("slow", {"path": str(tmp_path / "never")}, id=5), headers=ann.named())
    ann.gateway.until(lambda: ann.gateway.health("chaos")["calls_in_flight"] == 1)
    assert ann.http.post(cancelled(5)).status == 202
    ann.assert_audited()
    begun.close()


def test_of_a_call_whose_client_has_left(ann):
    ann.http.begin(call("slow", {"ms": 100}), headers=ann.named()).reset()
    ann.alone.begin(call("slow", {"ms": 100}), headers=ann.named()).reset()
    ann.sse.post(call("slow", {"ms": 100}), headers=ann.named())
    ann.sse.close()
    ann.assert_audited()


def test_of_a_call_whose_session_was_ended(ann, tmp_path):
    begun = ann.http.begin(call("slow", {"path": str(tmp_path / "never")}), headers=ann.named())
    ann.gateway.until(lambda: ann.gateway.health("chaos")["calls_in_flight"] == 1)
    ann.http.delete()
    ann.assert_audited()
    begun.close()


def test_of_calls_beyond_what_the_service_takes_at_once(narrow, tmp_path):
    ann = Caller(narrow)
    begun = [ann.http.begin(call("slow", {"path": str(tmp_path / "gate")}, id=number), headers=ann.named()) for number in range(8)]
    narrow.wait_for("audit.call", count=6, decision="refused")
    (tmp_path / "gate").touch()
    ann.assert_audited()
    assert {line["decision"] for line in narrow.events("audit.call")} == {"allowed", "refused"}
    for each in begun:
        each.close()


def test_of_a_call_beyond_a_quota(gateway, ann):
    bob = Caller(gateway, "bob")
    for _ in range(3):
        bob.alone.post(call("echo"), headers=bob.named())
    bob.assert_audited()
    assert {line["outcome"] for line in gateway.events("audit.call", principal="bob")} >= {"limited"}


@pytest.mark.parametrize("params", [None, {}, {"name": 7}, {"name": "echo", "arguments": 7}, {"name": "echo", "arguments": [1]},
                                    {"name": ""}, {"name": "x" * 100_000}], ids=lambda params: json.dumps(params)[:40])
def test_of_a_call_that_says_no_tool_or_no_arguments(ann, params):
    ann.http.post(message("tools/call", params, id=1), headers=ann.named())
    ann.assert_audited()


def test_of_a_call_but_not_of_one_whose_id_is_open(ann, tmp_path):
    """Which is answered 400, and is no call."""
    begun = ann.http.begin(call("slow", {"path": str(tmp_path / "gate")}, id=9), headers=ann.named())
    ann.gateway.until(lambda: ann.gateway.health("chaos")["calls_in_flight"] == 1)
    assert ann.http.post(call("echo", id=9), headers=ann.named(0)).status == 400
    (tmp_path / "gate").touch()
    ann.assert_audited()
    begun.close()


def test_of_nothing_else(ann):
    """Other methods are no calls, whatever they are named like."""
    ann.sent["none"] = 0
    for method in ("ping", "tools/list", "tools/Call", "tools/call ", "resources/read", "completion/complete"):
        ann.http.post(message(method, {"name": "echo"}, id=1), headers=ann.named(0))
    ann.assert_audited()
