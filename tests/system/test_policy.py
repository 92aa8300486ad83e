"""Which principal may use what, and how much of it: gateway.policy, gateway.quotas, tool_limits and check --as."""
import http.client
import json
import threading
import time
from collections import Counter

import pytest

from clients import call
from gateway_under_test import chaos, echo
from test_command_line import ECHO, mcp_gateway, written
from wire import TIMEOUT

TOKENS = {"tokens": [{"name": "ann", "token": "token-of-ann-0123", "scopes": ["read"]},
                     {"name": "bob", "token": "token-of-bob-0123"},
                     {"name": "eve", "token": "token-of-eve-0123", "scopes": []}]}
POLICY = {"default": "deny",
          "rules": [{"effect": "allow", "principals": ["bob"]},
                    {"effect": "allow", "scopes": ["read"], "services": ["one"], "tools": ["echo", "bi*"]},
                    {"effect": "allow", "principals": ["ann"], "scopes": ["write"], "services": ["one"],
                     "tools": ["sleep"]}]}
SERVICES = {"one": echo(), "two": echo()}
GATEWAY = {"auth": TOKENS, "policy": POLICY, "log": {"audit": True}}


def of(name):
    return {"headers": {"Authorization": f"Bearer token-of-{name}-0123"}}


def tools(client):
    return sorted(tool["name"] for tool in client.request("tools/list")["result"]["tools"])


def test_a_principal_sees_and_calls_the_tools_it_is_allowed(http):
    ann, bob = http("one", **of("ann")), http("one", **of("bob"))
    for each in (ann, bob):
        each.initialize()
    assert tools(ann) == ["big", "echo"]
    assert tools(bob) == ["big", "echo", "sleep"]
    assert ann.text("echo", {"text": "hello"}) == "hello"
    assert bob.text("sleep", {"ms": 0}) is not None


def test_a_refused_call_is_audited_with_its_principal_and_tool(gateway, http):
    ann = http("one", **of("ann"))
    ann.initialize()
    refused = ann.request("tools/call", {"name": "sl\u0065ep-else", "arguments": {}})
    assert refused["error"]["data"]["reason"] == "forbidden"
    audited = gateway.wait_for("audit.call", tool="sleep-else")
    assert (audited["decision"], audited["outcome"], audited["principal"]) == ("refused", "forbidden", "ann")
    assert gateway.metric("mcp_gateway_rejected_total", server="one", reason="forbidden") >= 1


def test_over_sse_the_same_holds(sse):
    ann = sse("one", **of("ann"))
    ann.initialize()
    assert tools(ann) == ["big", "echo"]
    refused = ann.request("tools/call", {"name": "sleep", "arguments": {"ms": 0}})
    assert refused["error"]["data"]["reason"] == "insufficient_scope"


def test_a_tool_that_needs_another_scope_is_answered_with_a_challenge(http):
    ann = http("one", **of("ann"))
    ann.initialize()
    response = ann.post(call("sleep", {"ms": 0}))
    assert response.status == 403
    assert response["WWW-Authenticate"] == 'Bearer realm="mcp-gateway", error="insufficient_scope", scope="write"'


@pytest.mark.parametrize("name, service", [("eve", "one"), ("ann", "two")])
def test_who_may_use_nothing_of_a_service_is_answered_403(gateway, http, name, service):
    client = http(service, **of(name))
    assert client.post(call("echo", {"text": "x"})).status == 403
    assert client.get().status == 403


# ── quotas ────────────────────────────────────────────────────────────────────

def hammer(port, service, name, answers, is_enough):
    """Calls on one connection as fast as answers come: when each was asked for and came, and what it was."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    fields = {**of(name)["headers"], "Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    while not is_enough(answers):
        asked = time.monotonic()
        connection.request("POST", f"/{service}/mcp", json.dumps(call("echo", {"text": "x"})), fields)
        answer = json.loads(connection.getresponse().read())
        answers.append((asked, time.monotonic(), answer["error"]["data"]["reason"] if "error" in answer else "ok"))
    connection.close()


def refilled(answers):
    """Seconds in which its quota grew and was used up, at least: it was empty at each refusal, and is full after a second."""
    refusals = sorted((asked, came) for asked, came, outcome in answers if outcome == "rate_limited")
    total, at = 0, 0
    while at + 1 < len(refusals):
        later = [number for number in range(at + 1, len(refusals)) if refusals[number][0] - refusals[at][1] <= 1]
        following = later[-1] if later else at + 1
        total += max(0, min(1, refusals[following][0] - refusals[at][1]))
        at = following
    return total


def test_a_rate_holds_over_two_loops(start_gateway):
    """A principal that calls services on two loops as fast as it can gets what its quota allows, give or take 5 %."""
    gateway = start_gateway(SERVICES, {"loops": 2, "auth": TOKENS,
                                       "quotas": [{"calls": 50, "per": "1s"}]})
    answers = {name: [] for name in ("ann", "bob")}
    began = time.monotonic()

    def is_enough(so_far):
        took = time.monotonic() - began
        return took > TIMEOUT or took > 3 and any(outcome == "rate_limited" for _, _, outcome in so_far)

    threads = [threading.Thread(target=hammer, args=(gateway.port, service, name, answers[name], is_enough))
               for name in answers for service in SERVICES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    for each in answers.values():
        counts = Counter(outcome for _, _, outcome in each)
        assert set(counts) == {"ok", "rate_limited"}
        assert 0.95 * (50 * refilled(each) + 50) <= counts["ok"] <= 1.05 * (50 * took + 50)


def test_a_principal_cannot_hold_a_child(start_gateway):
    gateway = start_gateway({"chaos": chaos(call_timeout="30m")},
                            {"auth": TOKENS, "quotas": [{"principals": ["ann"], "in_flight": 2}]})
    ann, bob = gateway.http("chaos", **of("ann")), gateway.http("chaos", **of("bob"))
    for each in (ann, bob):
        each.initialize()
    waiting = [ann.begin(call("hang", id=number)) for number in (1, 2)]
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 2)
    refused = ann.post(call("hang", id=3))
    assert refused.status == 429
    assert json.loads(refused.body)["error"]["data"]["reason"] == "in_flight_limit"
    assert "mine" in bob.text("echo", {"text": "mine"})
    for each in waiting:
        each.close()


# ── check --as ────────────────────────────────────────────────────────────────

CHECKED = {"gateway": {"auth": TOKENS, "policy": POLICY},
           "mcpServers": {name: {"command": ECHO} for name in ("one", "two")}}


def test_check_says_what_a_principal_may_do(tmp_path):
    checked = mcp_gateway("check", written(tmp_path, CHECKED), "--as", "ann")
    assert checked.returncode == 0
    assert checked.stdout.splitlines()[-5:] == [
        "as ann, with the scopes: read",
        "  one              tools: allow echo, bi*; deny the rest",
        "                   prompts: deny all",
        "                   resources: deny all",
        "  two              no access: no rule of gateway.policy allows anything"]


def test_check_connect_says_which_tools_a_principal_may_call(tmp_path):
    checked = mcp_gateway("check", written(tmp_path, CHECKED), "--connect", "--as", "ann")
    assert "      ann may call: big, echo\n      ann may not call: sleep\n" in checked.stdout
    assert "      ann may not call: big, echo, sleep\n" in checked.stdout


def test_check_says_what_a_principal_of_an_issuer_may_do(tmp_path):
    gateway = {"public_url": "https://mcp.example.com", "auth": {"oauth": {"issuers": [
        {"issuer": "https://login.example.com", "name": "login", "jwks_file": "/keys.json"}], "required_scopes": ["mcp"]}},
        "policy": {"default": "deny", "rules": [{"effect": "allow", "claims": {"groups": ["dev"]}}]}}
    file = written(tmp_path, {"gateway": gateway, "mcpServers": {"one": {"command": ECHO}}})

    def shown(*more):
        return mcp_gateway("check", file, "--as", "login:7", *more).stdout.splitlines()[-3:]

    assert "no access: lacks the scope mcp" in shown()[-1]
    assert "no access: no rule" in shown("--scope", "mcp", "--claim", "groups=ops")[-1]
    assert "resources: allow all" in shown("--scope", "mcp", "--claim", "groups=ops", "--claim", "groups=dev")[-1]


def test_check_reads_claims_as_the_policy_does(tmp_path):
    gateway = {"public_url": "https://mcp.example.com", "auth": {"oauth": {"issuers": [
        {"issuer": "https://login.example.com", "name": "login", "jwks_file": "/keys.json"}]}}}

    def shown(claims, effect, *more):
        rule = {"effect": effect, "claims": claims}
        policy = {"default": "deny" if effect == "allow" else "allow", "rules": [rule]}
        file = written(tmp_path, {"gateway": {**gateway, "policy": policy}, "mcpServers": {"one": {"command": ECHO}}})
        return "no access" not in mcp_gateway("check", file, "--as", "login:7", *more).stdout

    pointer = {"/realm_access/roles": ["dev"]}
    assert shown(pointer, "allow", "--claim", "/realm_access/roles=dev")
    assert not shown(pointer, "allow", "--claim", "/realm_access/roles=ops")
    assert not shown(pointer, "deny", "--claim", "/realm_access/roles=dev")
    assert shown({"sub": ["7"]}, "allow")
    assert shown({"scope": ["mcp"]}, "allow", "--scope", "mcp")
    assert shown({"a/b": ["x"]}, "allow", "--claim", "a/b=x")


def test_check_says_that_a_token_has_expired(tmp_path):
    tokens = {"tokens": [{"name": "old", "token": "token-of-old-0123", "expires": "2020-01-01"}]}
    file = written(tmp_path, {"gateway": {"auth": tokens}, "mcpServers": {"one": {"command": ECHO}}})
    assert "no access: its token has expired" in mcp_gateway("check", file, "--as", "old").stdout


def test_check_says_who_there_is_when_nobody_is_called_so(tmp_path):
    checked = mcp_gateway("check", written(tmp_path, CHECKED), "--as", "joe")
    assert checked.returncode == 2
    assert checked.stderr == "expected a principal, found 'joe'; there are ann, bob, eve\n"
