"""Fixtures of the service tests: real backends, and a gateway with the nine services in front of them."""
import secrets
import shutil
import signal
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "system", HERE.parent / "interop"):
    sys.path.insert(0, str(folder))

import backends  # noqa: E402: of the folders above
import databases  # noqa: E402
from backends import CACHE, SERVICES, PostgreSQL, Prometheus, TimescaleDB, Web  # noqa: E402
from nine import TESTED, Services, connected  # noqa: E402
from stand_ins import apis  # noqa: E402


def pytest_configure():
    """A run that is told to end (a CI's time limit) still stops what it started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def installed():
    """Everything these tests run exists; if not, the run ends with the command that makes it so."""
    needed = [backends.POSTGRES_PROGRAMS / "postgres", CACHE / "database/.stamp", SERVICES / "fetch/.venv/.stamp",
              SERVICES / "monitoring/.venv/.stamp"]
    needed += [SERVICES / name / "node_modules/.stamp" for name in (
        "filesystem", "memory/file", "monitoring/prometheus", "toolbox", "github/archived", "n8n", "playwright")]
    missing = [str(file) for file in needed if not file.exists()]
    missing += [program for program in ("node", "psql", "prometheus", "chromium") if not shutil.which(program)]
    if missing:
        pytest.exit(f"not installed: {', '.join(missing)}; run tests/services/setup.sh first", returncode=3)


# --- backends


@pytest.fixture(scope="session")
def postgresql():
    with PostgreSQL() as running:
        yield running


@pytest.fixture(scope="session")
def timescaledb():
    with TimescaleDB() as running:
        yield running


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory):
    with Prometheus(tmp_path_factory.mktemp("prometheus")) as running:
        yield running


@pytest.fixture(scope="session")
def site():
    with Web(apis.website) as running:
        yield running


@pytest.fixture(scope="session")
def accounts():
    """The secrets of the stand-ins."""
    return {name: secrets.token_hex(16) for name in ("github", "n8n", "grafana")}


@pytest.fixture(scope="session")
def github_api(accounts):
    with Web(apis.github({accounts["github"]: "example/gateway"})) as running:
        yield running


@pytest.fixture(scope="session")
def n8n_api(accounts):
    with Web(apis.n8n(accounts["n8n"])) as running:
        yield running


@pytest.fixture(scope="session")
def grafana_api(accounts, prometheus):
    with Web(apis.grafana(accounts["grafana"], prometheus.port)) as running:
        yield running


# --- what the services are told


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """The folder of the filesystem service."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "hello.txt").write_text("hello from a file\n")
    return folder


@pytest.fixture(scope="session")
def memory_environment(postgresql):
    return databases.prepare_memory(postgresql)


@pytest.fixture(scope="session")
def postgres_environment(postgresql):
    return databases.prepare_postgres(postgresql)


@pytest.fixture(scope="session")
def timescaledb_environment(timescaledb):
    return databases.prepare_timescaledb(timescaledb)


@pytest.fixture(scope="session")
def environment(files, prometheus, grafana_api, github_api, n8n_api, accounts, memory_environment, postgres_environment,
                timescaledb_environment, tmp_path_factory):
    """The variables of all services and variants."""
    folder = tmp_path_factory.mktemp("variables")
    return {
        "FILESYSTEM_ROOT": str(files),
        "PROMETHEUS_URL": f"http://127.0.0.1:{prometheus.port}",
        "GRAFANA_URL": grafana_api.url,
        "GRAFANA_SERVICE_ACCOUNT_TOKEN": accounts["grafana"],
        "MEMORY_FILE_PATH": str(folder / "memory.jsonl"),
        "GITHUB_PERSONAL_ACCESS_TOKEN": accounts["github"],
        "GITHUB_STAND_IN": github_api.url,
        "N8N_API_URL": n8n_api.url,
        "N8N_API_KEY": accounts["n8n"],
        "WEBHOOK_SECURITY_MODE": "moderate",
        "PLAYWRIGHT_OUTPUT_DIR": str(folder / "playwright"),
        **memory_environment, **postgres_environment, **timescaledb_environment,
        "DATABASE_URI": "postgresql://{POSTGRES_USER}:{POSTGRES_PASSWORD}@{POSTGRES_HOST}:{POSTGRES_PORT}/{POSTGRES_DATABASE}"
                        .format(**postgres_environment),
    }


# --- gateways


@pytest.fixture(scope="session")
def nine(environment, prometheus):
    """All nine of config/nine.json in one gateway."""
    running = Services(environment, TESTED)
    prometheus.scrape(running.ports["admin"])
    yield running
    running.stop()


@pytest.fixture(scope="module")
def start(environment):
    """start(variants, only=[...]) gives a gateway with these services, which must end cleanly with the module."""
    started = []

    def start_services(variants=None, **options):
        started.append(Services({**environment, **options.pop("environment", {})}, variants, **options))
        return started[-1]

    yield start_services
    for gateway in started:
        if not gateway.has_ended():
            gateway.stop()


@pytest.fixture
def connect():
    """connect(gateway, service) is an initialised SSE client on the service's own port, closed after the test."""
    opened = []

    def open_client(gateway, service, **options):
        opened.append(connected(gateway, service, **options))
        return opened[-1]

    yield open_client
    for client in opened:
        client.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of its gateway's log."""
    report = (yield).get_result()
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Services):
                lines = "\n".join(str(event) for event in value.log.events[-15:])
                report.sections.append(("the gateway's log", lines))
