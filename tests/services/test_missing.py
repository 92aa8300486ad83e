"""config/nine.json itself: whoever lacks accounts and backends is told which, and has the services that need none."""
import os
import subprocess

import pytest

from calls import text_of_success
from gateway_under_test import GATEWAY
from nine import NINE, ROOT, Services, connected

# What no machine of somebody who only installed the servers has.
UNSET = {name: "" for name in (
    "GRAFANA_URL", "GRAFANA_SERVICE_ACCOUNT_TOKEN", "PGHOST", "PGDATABASE", "PGUSER", "PGPASSWORD", "POSTGRES_HOST",
    "POSTGRES_DATABASE", "POSTGRES_USER", "POSTGRES_PASSWORD", "GITHUB_PERSONAL_ACCESS_TOKEN", "N8N_API_URL", "N8N_API_KEY",
    "TIMESCALEDB_HOST", "TIMESCALEDB_DATABASE", "TIMESCALEDB_USER", "TIMESCALEDB_PASSWORD")}
LACKING = {
    "monitoring": ("GRAFANA_URL", "the URL of Grafana", "GRAFANA_SERVICE_ACCOUNT_TOKEN"),
    "memory": ("PGHOST", "the host of PostgreSQL", "PGPASSWORD"),
    "postgres": ("POSTGRES_HOST", "POSTGRES_USER", "a read-only role"),
    "github": ("GITHUB_PERSONAL_ACCESS_TOKEN", "a GitHub token"),
    "n8n": ("N8N_API_URL", "N8N_API_KEY"),
    "timescaledb": ("TIMESCALEDB_HOST", "prepared by services/setup timescaledb"),
}


@pytest.fixture(scope="module")
def gateway(files, tmp_path_factory):
    running = Services({**UNSET, "FILESYSTEM_ROOT": str(files), "PLAYWRIGHT_OUTPUT_DIR": str(tmp_path_factory.mktemp("output"))},
                       overlays={}, wait_for=["filesystem", "fetch"])
    yield running
    running.stop()


@pytest.mark.parametrize("service", LACKING)
def test_health_says_in_words_what_is_missing(service, gateway):
    found = gateway.health()["servers"][service]
    assert found["state"] == "unavailable"
    for words in LACKING[service]:
        assert words in found["reason"]


def test_the_others_run(gateway, files):
    with connected(gateway, "filesystem") as client:
        assert "hello" in text_of_success(client.call("read_text_file", {"path": f"{files}/hello.txt"}))
    with connected(gateway, "playwright") as client:
        assert "page.goto(" in text_of_success(client.call("browser_navigate", {"url": "about:blank"}))
    assert gateway.health()["status"] == "HEALTHY"


def test_fetch_as_it_is_shipped_refuses_this_machine(gateway, site):
    with connected(gateway, "fetch") as client:
        answer = client.call("fetch", {"url": f"{site.url}/page"})
    assert answer["result"]["isError"] is True
    assert "not a public address" in answer["result"]["content"][0]["text"]


def test_the_file_as_it_is_has_no_mistake_and_each_service_its_port():
    nine = ROOT / "config" / "nine.json"
    ran = subprocess.run([GATEWAY, "check", "--config", nine], env={**os.environ, **UNSET, "FILESYSTEM_ROOT": "/"},
                         capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "9 services, no errors" in ran.stdout
    text = nine.read_text()
    for number, service in enumerate(NINE):
        assert f'"{service}": {{ "listen": "127.0.0.1:{8501 + number}"' in text
