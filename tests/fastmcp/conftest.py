"""Fixtures of the tests with FastMCP 3: a gateway before three of its servers, and clients.

    tests/fastmcp/setup.sh && python3 -m pytest tests/fastmcp
"""
import signal
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system"), str(HERE.parent / "interop")]

from serving import PYTHON, Clients, Serving  # noqa: E402


def pytest_configure():
    """A run that is told to end (a CI's time limit) still stops its gateway."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def installed():
    if not PYTHON.exists():
        pytest.exit("no FastMCP: run tests/fastmcp/setup.sh first", returncode=3)


@pytest.fixture(scope="session")
def gateway():
    """One for all tests: each start of a FastMCP server takes seconds."""
    running = Serving()
    yield running
    running.kill() if running.has_ended() else running.stop()


@pytest.fixture(scope="session")
def clients():
    running = Clients()
    yield running
    running.stop()
