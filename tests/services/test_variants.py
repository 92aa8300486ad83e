"""The second definitions that some services have: what they offer, that they reach what is behind them, and their own traps."""
import json

import pytest

from backends import SERVICES, wait_until
from calls import text_of_failure, text_of_success
from clients import call as call_request
from nine import CRYSTALDBA, read_definition

VARIANTS = {"monitoring": "monitoring", "memory": "memory/file", "n8n": "n8n/offline"}


@pytest.fixture(scope="module")
def gateway(start):
    return start(VARIANTS, only=list(VARIANTS))


@pytest.mark.parametrize("service", VARIANTS)
def test_the_tools_a_variant_expects_are_there_and_its_probe_passes(service, gateway, connect):
    definition = read_definition(SERVICES / VARIANTS[service] / "service.json")[service]
    tools = connect(gateway, service).request("tools/list")["result"]["tools"]

    assert set(definition["expected_tools"]) <= {tool["name"] for tool in tools}
    wait_until(lambda: gateway.health(service)["probe"]["status"] == "passed", f"the probe of {service}")


def test_grafana_is_asked_for_what_prometheus_knows(gateway, connect, prometheus, nine):
    assert nine  # which Prometheus scrapes
    answer = connect(gateway, "monitoring").call("query_prometheus", {
        "datasourceUid": "prometheus", "expr": 'mcp_child_up{server="filesystem"}', "queryType": "instant", "endTime": "now"})
    assert "mcp-gateway" in text_of_success(answer)


def test_grafana_refusing_the_token_degrades_the_service_and_is_told(start, connect):
    gateway = start({"monitoring": "monitoring"}, only=["monitoring"], environment={"GRAFANA_SERVICE_ACCOUNT_TOKEN": "wrong"})
    assert "401" in text_of_failure("monitoring", connect(gateway, "monitoring").call("list_datasources"))
    health = wait_until(lambda: (found := gateway.health("monitoring"))["probe"]["status"] == "failed" and found, "the probe")
    assert "401" in health["reason"]


def test_thirty_writes_at_once_to_the_file_are_all_kept(gateway, connect):
    """Given to the server at once they would all be answered with success, and most would be lost."""
    client = connect(gateway, "memory")
    ids = [client.next_id() for _ in range(30)]
    for request_id in ids:
        entities = [{"name": f"entity {request_id}", "entityType": "number", "observations": []}]
        client.post(call_request("create_entities", {"entities": entities}, request_id))
    for request_id in ids:
        text_of_success(client.stream.answer(request_id))
    assert len(json.loads(text_of_success(client.call("read_graph")))["entities"]) == 30


def test_n8ns_nodes_are_found_without_an_n8n(gateway, connect):
    assert "webhook" in text_of_success(connect(gateway, "n8n").call("search_nodes", {"query": "webhook", "limit": 1})).lower()


@pytest.mark.skipif(not CRYSTALDBA.exists(), reason="postgres/crystaldba is not installed: it needs Python 3.12")
def test_crystaldbas_server_reads_explains_and_refuses_to_write(start, connect):
    gateway = start({"postgres": "postgres/crystaldba"}, only=["postgres"])
    client = connect(gateway, "postgres")

    assert "42" in text_of_success(client.call("execute_sql", {"sql": "SELECT sum(amount) FROM orders"}))
    assert "Seq Scan" in text_of_success(client.call("explain_query", {"sql": "SELECT * FROM orders WHERE amount > 3"}))
    assert "Error" in text_of_success(client.call("execute_sql", {"sql": "DELETE FROM orders"}))
    wait_until(lambda: gateway.health("postgres")["probe"]["status"] == "passed", "the probe")
