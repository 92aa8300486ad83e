"""A server that really fails: the circuit opens, calls fail fast, a trial is let through, and it closes when that succeeds."""
import pytest

from clients import call, message
from gateway_under_test import chaos, impatient
from test_retry_after import ask

WAIT_MS = 2000
BREAKER = {"consecutive_failures": 3, "wait_duration": f"{WAIT_MS}ms"}
AUTHORIZED = {"Authorization": "Bearer of-the-operator"}


def circuit(gateway, **labels):
    return gateway.metric("mcp_gateway_circuit_state", server="one", **labels)


def transitions(gateway, to):
    return gateway.metric("mcp_gateway_circuit_transitions_total", server="one", to=to)


def reason(answer):
    return answer.get("error", {}).get("data", {}).get("reason")


def open_circuit(gateway, client, tool="rpc_error", arguments=None):
    for _ in range(3):
        assert reason(client.call(tool, arguments or {"code": -32603, "message": "the database is gone"})) != "circuit_open"
    assert transitions(gateway, "open") >= 1


@pytest.mark.parametrize("kind", ["sse", "http"])
def test_it_opens_fails_fast_tries_and_closes(start_gateway, kind):
    gateway = start_gateway({"one": chaos(circuit_breaker=BREAKER)})
    with getattr(gateway, kind)("one") as client:
        client.initialize()
        assert circuit(gateway) == 0
        open_circuit(gateway, client)
        refused = client.call("echo")
        if reason(refused) == "circuit_open":  # a machine so slow that the wait is over has let it through
            assert 0 < refused["error"]["data"]["retry_after_ms"] <= WAIT_MS
            assert gateway.metric("mcp_gateway_rejected_total", server="one", reason="circuit_open") == 1

        gateway.until(lambda: circuit(gateway) != 2)
        client.call("echo")
        assert circuit(gateway) == 0
        assert reason(client.call("echo")) is None
        assert gateway.health("one")["status"] == "HEALTHY"
        assert [transitions(gateway, to) for to in ("open", "half_open", "closed")] == [1, 1, 1]
        for event in ("circuit.open", "circuit.half_open", "circuit.closed"):
            gateway.wait_for(event, server="one")


def test_it_opens_again_when_the_trial_fails_and_waits_longer(start_gateway):
    gateway = start_gateway({"one": chaos(circuit_breaker={**BREAKER, "wait_duration": "200ms", "max_wait_duration": "10s"})})
    with gateway.http("one") as client:
        client.initialize()
        open_circuit(gateway, client)
        for times in (1, 2):
            gateway.until(lambda: circuit(gateway) == 1)
            client.call("rpc_error", {"code": -32603})
            assert transitions(gateway, "open") == 1 + times
        gateway.wait_for("circuit.open", count=3)
        assert [event["wait_ms"] for event in gateway.events("circuit.open")] == [200, 400, 800]


@pytest.mark.parametrize("tool, arguments", [("hang", {}), ("die", {"code": 3})])
def test_timeouts_and_exits_open_it(start_gateway, tool, arguments):
    restart = {"backoff_initial": "10ms", "max_restarts": 1000}
    gateway = start_gateway({"one": chaos(circuit_breaker={**BREAKER, "wait_duration": "1h"}, restart=restart, **impatient("hang"))})
    with gateway.http("one") as client:
        client.initialize()
        client.call("echo")
        open_circuit(gateway, client, tool, arguments)
        response = client.post(call("echo", id=99))  # fails fast: nothing here waits for an hour
        assert response.status == 503
        assert 3500 < int(response["retry-after"]) <= 3600
        assert client.post(message("tools/list", id=100)).status == 200
        gateway.until(lambda: gateway.health("one")["state"] == "ready")
        health = gateway.health("one")
        assert (health["status"], health["circuit"]["state"]) == ("UNHEALTHY", "open")
        assert 3500 < health["circuit"]["retry_after_seconds"] <= 3600


def test_an_operator_resets_it(start_gateway):
    gateway = start_gateway({"one": chaos(circuit_breaker={**BREAKER, "wait_duration": "1h"}), "two": chaos()},
                            {"admin_token": "of-the-operator"})

    def reset(service):
        return ask(gateway.ports["admin"], "POST", f"/api/services/{service}/reset-circuit", AUTHORIZED)

    with gateway.http("one") as client:
        client.initialize()
        open_circuit(gateway, client)
        assert reason(client.call("echo")) == "circuit_open"
        assert ask(gateway.ports["admin"], "POST", "/api/services/one/reset-circuit").status == 401
        assert reset("one").json == {"reset": 1}
        assert reason(client.call("echo")) is None
        assert reset("one").json == {"reset": 0}
    assert reset("two").status == 409


def test_a_tool_has_one_of_its_own_where_that_is_wanted(start_gateway):
    gateway = start_gateway({"one": chaos(circuit_breaker={**BREAKER, "wait_duration": "1h", "tools": ["*"]})})
    gateway.wait_for("service.tools", server="one")  # a tool that is not listed yet is one of all others
    with gateway.http("one") as client:
        client.initialize()
        for _ in range(3):
            client.call("rpc_error", {"code": -32603})
        refused = client.call("rpc_error", {"code": -32603})
        assert refused["error"]["data"]["tool"] == "rpc_error"
        assert reason(client.call("echo")) is None
        health = gateway.health("one")
        assert health["status"] == "DEGRADED"
        assert health["tool_circuits"]["rpc_error"]["state"] == "open"
        assert circuit(gateway, tool="rpc_error") == 2
