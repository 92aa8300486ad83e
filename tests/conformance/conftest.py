"""Fixtures: the server `everything` on its own, and behind a gateway."""

import os
import signal
import subprocess

import pytest

import suite
from interoplib.gateway import Gateway
from interoplib.programs import GATEWAY


def pytest_configure():
    """A run that is told to end (a CI's time limit) still stops what it started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def installed():
    """Everything these tests run exists; if not, the run ends with the command that makes it so."""
    if not suite.is_installed():
        pytest.exit("the suite is not installed; run tests/conformance/setup.sh first", returncode=3)
    if not os.access(GATEWAY, os.X_OK):
        pytest.exit(f"no gateway at {GATEWAY}; build it first or set MCP_GATEWAY", returncode=3)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """A gateway with the server three times: initialized, with one child for all sessions or one for each; and spoken
    to in 2026-07-28. Each is the only member of a group, too."""
    everything = {"command": str(suite.PYTHON), "args": [str(suite.EVERYTHING)]}
    servers = {"shared": everything | {"isolation": "shared", "era": "legacy"},
               "session": everything | {"isolation": "session", "era": "legacy"},
               "modern": everything | {"era": "modern"}}
    groups = {"group_of_" + name: {"members": [name], "prefix": "never", "member_wait": "1m"} for name in servers}
    with Gateway(servers, tmp_path_factory.mktemp("gateway"), groups=groups) as running:
        yield running


@pytest.fixture(scope="module")
def url_without_gateway():
    """The server on the Streamable HTTP of its own SDK."""
    command = [str(suite.PYTHON), str(suite.EVERYTHING), "--http", "0"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()
