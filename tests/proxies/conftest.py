"""Fixtures of the tests of proxies: the three of them in front of real gateways, and clients that speak to them.

    tests/proxies/setup.sh && python3 -m pytest tests/proxies
"""
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))

from gateway_under_test import Gateway, chaos, echo  # noqa: E402
from proxies import CACHE, NAME, PREFIXES, PROXIES, UNPACKED, Certificate  # noqa: E402
from through import HttpThrough, SseThrough  # noqa: E402

TOKEN = "a-token-of-these-tests-0123456789"
SDK_PYTHON = Path(os.environ.get("INTEROP_CACHE", HERE.parent / "interop" / ".cache")) / "venv-mcp2" / "bin" / "python"


@pytest.fixture(scope="session", autouse=True)
def installed():
    needed = [CACHE / "caddy" / "caddy", SDK_PYTHON]
    if Path("/usr/bin/apt-get").exists():
        needed.append(UNPACKED / ".stamp")
    missing = [str(path) for path in needed if not path.exists()]
    if missing:
        pytest.exit("missing are %s: run tests/proxies/setup.sh first" % ", ".join(missing), returncode=3)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("tls"))


def start_gateway(prefix="", **config):
    """A gateway as one behind a proxy is configured; its keep-alive is short, so that no test waits for it."""
    return Gateway({"echo": echo(), "chaos": chaos()},
                   {"base_path": prefix, "allowed_hosts": [NAME], "sse_keepalive": "1s", "drain_timeout": "0s",
                    "log": {"level": "debug"}, "auth": {"tokens": [{"name": "alice", "token": TOKEN}]}, **config})


@pytest.fixture(scope="session")
def gateways():
    """A gateway for each place in a proxy's file."""
    with ExitStack() as ends:
        started = {place: start_gateway(prefix) for place, prefix in PREFIXES.items()}
        for each in started.values():
            ends.callback(each.stop)
        yield started


@pytest.fixture(scope="session", params=PROXIES, ids=lambda kind: kind.__name__)
def proxy(request, gateways, certificate, tmp_path_factory):
    """Each proxy in turn, on its file as it is shipped."""
    ports = {place: gateway.port for place, gateway in gateways.items()}
    with request.param(ports, certificate, tmp_path_factory.mktemp(request.param.__name__)) as running:
        yield running


@pytest.fixture
def gateway(gateways):
    """The gateway at a proxy's root."""
    return gateways["main"]


@pytest.fixture
def start(certificate, tmp_path):
    """start(kind, gateway, edits) gives a proxy of a test's own, with one gateway at every place in its file."""
    with ExitStack() as ends:
        def start_proxy(kind, gateway, edits=()):
            ports = {place: gateway.port for place in PREFIXES}
            return ends.enter_context(kind(ports, certificate, tmp_path / kind.__name__, edits))

        yield start_proxy


@pytest.fixture
def sse():
    """sse(proxy, "echo") opens a client of the old transport."""
    yield from opening(SseThrough)


@pytest.fixture
def http():
    """http(proxy, "echo") makes a client of Streamable HTTP."""
    yield from opening(HttpThrough)


def opening(kind):
    with ExitStack() as ends:
        def open_client(proxy, service, place="main", token=TOKEN, **options):
            headers = {"Authorization": "Bearer " + token, **options.pop("headers", {})}
            return ends.enter_context(kind(proxy, PREFIXES[place] + "/" + service, headers, **options))

        yield open_client
