"""Everything these tests run exists; if not, the run ends with the command that makes it so."""

import os
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import cells


def pytest_configure():
    """A run that is told to end (a CI's time limit) still stops its gateways."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def installed():
    missing = cells.missing()
    if missing:
        pytest.exit(f"not installed: {', '.join(missing)}; run tests/eras/setup.sh first", returncode=3)
    if not os.access(cells.programs.GATEWAY, os.X_OK):
        pytest.exit(f"no gateway at {cells.programs.GATEWAY}; build it first or set MCP_GATEWAY", returncode=3)
