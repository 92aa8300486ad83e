"""Fixtures for the tests with real programs: what setup.sh installed, and gateways in front of real servers."""

import os
import random
import signal

import pytest

from interoplib import programs
from interoplib.gateway import Gateway


def pytest_configure():
    """A run that is told to end (a CI's time limit) still stops its gateways."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def installed_programs():
    """Everything these tests run exists; if not, the run ends with the command that makes it so."""
    missing = programs.missing_parts()
    if missing:
        pytest.exit(f"not installed: {', '.join(missing)}; run tests/interop/setup.sh first", returncode=3)
    if not os.access(programs.GATEWAY, os.X_OK):
        pytest.exit(f"no gateway at {programs.GATEWAY}; build it first or set MCP_GATEWAY", returncode=3)
    programs.put_node_scripts_beside_their_modules()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home directory for client programs, so that none reads or writes a person's own."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The directory that server-filesystem serves: a small file and one of two megabytes."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "small.txt").write_text("a small file: é, 漢字, \u2028, 🎈\n")
    digits = random.Random(1)
    (folder / "large.txt").write_text("".join(f"line {number:07} {digits.getrandbits(160):040x}\n" for number in range(37_000)))
    return folder


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, data):
    """One gateway with the four real servers that need no account; each child is shared by all sessions."""
    folder = tmp_path_factory.mktemp("gateway")
    servers = {
        "everything": programs.node_server("server-everything", "stdio"),
        "filesystem": programs.node_server("server-filesystem", data),
        "memory": programs.node_server("server-memory", MEMORY_FILE_PATH=str(folder / "memory.jsonl")),
        "fetch": programs.fetch_server(),
    }
    with Gateway(servers, folder) as running:
        yield running
    assert "interop-payload" not in running.log_text(), "the gateway logged the content of a message"
