"""Fixtures of the tests of proxies: the three of them in front of real gateways, and clients that speak to them.

    tests/proxies/setup.sh && python3 -m pytest tests/proxies
"""
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))

from behind import TOKEN, start_gateway  # noqa: E402
from proxies import CACHE, PREFIXES, PROXIES, UNPACKED, Certificate  # noqa: E402
from through import SDK_PYTHON, HttpThrough, SseThrough  # noqa: E402


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
