"""What stands behind a service goes away and comes back: calls fail in words meanwhile, the service stays, and then it works."""
import os
import signal

import pytest

from backends import PATIENCE, PostgreSQL, TimescaleDB, Web, wait_until
from calls import REAL, Asked, filled, text_of_failure, text_of_success
from databases import prepare_memory, prepare_postgres, prepare_timescaledb
from nine import TESTED
from stand_ins import apis


@pytest.fixture(scope="module")
def own_postgresql():
    """One of this module's own, because it is stopped."""
    with PostgreSQL() as running:
        yield running


@pytest.fixture(scope="module")
def own_timescaledb():
    with TimescaleDB() as running:
        yield running


@pytest.fixture(scope="module")
def own_github_api(accounts):
    with Web(apis.github({accounts["github"]: "example/gateway"})) as running:
        yield running


@pytest.fixture(scope="module")
def own_n8n_api(accounts):
    with Web(apis.n8n(accounts["n8n"])) as running:
        yield running


@pytest.fixture(scope="module")
def own_site():
    with Web(apis.website) as running:
        yield running


class Folder:
    """The folder of the filesystem service, as something that can be away."""

    def __init__(self, path):
        self.path = path
        self.away = path.with_name("away")

    def stop(self):
        self.path.rename(self.away)

    def start(self):
        self.away.rename(self.path)


@pytest.fixture(scope="module")
def own_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own") / "files"
    folder.mkdir()
    (folder / "hello.txt").write_text("hello from a file\n")
    return folder


@pytest.fixture(scope="module")
def own_environment(own_postgresql, own_timescaledb, own_github_api, own_n8n_api, own_files):
    return {"FILESYSTEM_ROOT": str(own_files), "GITHUB_STAND_IN": own_github_api.url, "N8N_API_URL": own_n8n_api.url,
            **prepare_memory(own_postgresql), **prepare_postgres(own_postgresql), **prepare_timescaledb(own_timescaledb)}


@pytest.fixture(scope="module")
def gateway(start, own_environment):
    return start(TESTED, impatient=True, environment=own_environment)


@pytest.fixture
def backend(service, request):
    """What is behind a service, running again after the test."""
    name = {"filesystem": "own_files", "monitoring": "prometheus", "memory": "own_postgresql", "fetch": "own_site",
            "postgres": "own_postgresql", "github": "own_github_api", "n8n": "own_n8n_api", "playwright": "own_site",
            "timescaledb": "own_timescaledb"}[service]
    found = request.getfixturevalue(name)
    return Folder(found) if name == "own_files" else found


SAYS = {
    "filesystem": "directory does not exist",
    "monitoring": "fetch failed",
    "memory": "connect",
    "fetch": "connection",
    "postgres": "connect",
    "github": "fetch failed",
    "n8n": "unable to connect",
    "playwright": "ERR_CONNECTION_REFUSED",
    "timescaledb": "connect",
}
PROBED = set(SAYS) - {"fetch", "playwright"}  # these have no page to count on
CALLS = {**REAL, "monitoring": Asked("prometheus_build_info", "version")}


@pytest.mark.parametrize("service", SAYS)
def test_a_backend_that_went_away_is_told_and_one_that_came_back_is_used(service, backend, gateway, connect, own_site, own_files):
    client = connect(gateway, service)
    asked = CALLS[service]

    def call():
        return client.call(asked.tool, filled(asked.arguments, own_site, own_files))

    # Another service's test may have stopped the same database: the first call on an old connection then says so.
    wait_until(lambda: succeeded(call()), f"{service} using its backend")
    backend.stop()
    try:
        # The first call after it may say that a connection ended; those after it say why there is none.
        wait_until(lambda: said(service, call()), f"{service} telling that its backend is away")
        if service in PROBED:
            health = wait_until(lambda: with_probe(gateway, service, "failed"), f"{service} being degraded")
            assert (health["status"], health["state"]) == ("DEGRADED", "ready")  # nothing was restarted
            assert health["probe"]["reason"]
    finally:
        backend.start()
    found = wait_until(lambda: succeeded(call()), f"{service} using its backend again")
    assert asked.says in found
    if service in PROBED:
        health = wait_until(lambda: with_probe(gateway, service, "passed"), f"{service} being well again")
        assert health["status"] == "HEALTHY"


def with_probe(gateway, service, status):
    """What health says of the service, once its probe has this status."""
    found = gateway.health()["servers"][service]
    return found["probe"]["status"] == status and found


def said(service, answer):
    return SAYS[service].lower() in text_of_failure(service, answer).lower()


def succeeded(answer):
    """The text, or None."""
    try:
        return text_of_success(answer)
    except AssertionError:
        return None


@pytest.mark.parametrize("service", ["memory", "postgres"])
def test_a_database_that_comes_later_than_the_gateway_is_found(service, start, own_postgresql, own_environment):
    own_postgresql.stop()
    try:
        gateway = start(only=[service], impatient=True, wait_for=[], environment=own_environment)
        assert "connection refused" in gateway.wait_for("child.exit", server=service)["stderr_tail"]
        assert gateway.health()["servers"][service]["state"] != "ready"
    finally:
        own_postgresql.start()
    gateway.wait_for("service.ready", server=service, timeout=PATIENCE)


def test_a_browser_that_is_killed_costs_what_was_under_way_and_is_started_again(gateway, connect, own_site):
    client = connect(gateway, "playwright")
    text_of_success(client.call("browser_navigate", {"url": f"{own_site.url}/first"}))
    browsers = [pid for pid in gateway.processes() if b"--type=" not in command_line(pid) and b"chromium" in command_line(pid)]
    assert browsers
    for pid in browsers:
        os.kill(pid, signal.SIGKILL)

    def navigated():
        return succeeded(client.call("browser_navigate", {"url": f"{own_site.url}/second"}))

    wait_until(navigated, "another browser")
    assert "what stands at /second" in text_of_success(client.call("browser_snapshot"))


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""
