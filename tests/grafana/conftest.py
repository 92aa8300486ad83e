"""Fixtures of the dashboards' tests; what they start is in stack.py."""
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for folder in (HERE, HERE.parent / "system", HERE.parent / "services", HERE.parents[1] / "bench"):
    sys.path.insert(0, str(folder))

import stack  # noqa: E402: of the folders above
import watchers  # noqa: E402


def built(name):
    """Ends the run where a program is missing, with the command that makes it so."""
    if not (watchers.CACHE / name / name).exists():
        pytest.exit(f"{name} is not built; run tests/grafana/setup.sh first", returncode=3)


@pytest.fixture(scope="session")
def logs(tmp_path_factory):
    """Where the gateways' logs are."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="session")
def gateway(logs):
    with stack.aggregate(logs) as running:
        yield running


@pytest.fixture(scope="session")
def container(logs):
    with stack.container(logs) as running:
        yield running


@pytest.fixture(scope="session")
def prometheus(gateway, container, tmp_path_factory):
    with stack.prometheus(tmp_path_factory.mktemp("prometheus"), gateway, container) as running:
        yield running


@pytest.fixture(scope="session")
def loki(tmp_path_factory):
    built("loki")
    with watchers.Loki(tmp_path_factory.mktemp("loki")) as running:
        yield running


@pytest.fixture(scope="session")
def promtail(gateway, container, loki, logs, tmp_path_factory):
    built("promtail")
    with stack.promtail(tmp_path_factory.mktemp("promtail"), loki, logs) as running:
        yield running
