"""Fixtures of the system tests: `python3 -m pytest tests/system`.

A module whose tests can share one gateway defines SERVICES (name to chaos(...) or echo(...)), and GATEWAY
(the gateway block) where it needs one, and uses `gateway`, `sse` and `http`. A test that needs one for
itself, because it ends children or the gateway, uses `start_gateway`.
"""
from contextlib import ExitStack

import pytest

from gateway_under_test import Gateway


@pytest.fixture(scope="module")
def gateway(request):
    """One gateway for the tests of a module, from its SERVICES and GATEWAY. It must end cleanly."""
    module = request.module
    running = Gateway(module.SERVICES, getattr(module, "GATEWAY", None))
    yield running
    running.stop()


@pytest.fixture
def start_gateway():
    """start_gateway(services, config=None, ...) gives a Gateway, as many as asked for.

    Those that still run after the test must end cleanly.
    """
    with ExitStack() as ends:
        def start(*arguments, **options):
            started = Gateway(*arguments, **options)
            ends.callback(lambda: started.kill() if started.has_ended() else started.stop())
            return started

        yield start


@pytest.fixture
def sse(gateway):
    """sse("chaos") opens an SseClient of the module's gateway, closed after the test."""
    yield from opening(gateway.sse)


@pytest.fixture
def http(gateway):
    """http("chaos") makes an HttpClient of the module's gateway, closed after the test."""
    yield from opening(gateway.http)


def opening(make):
    opened = []

    def open_client(*arguments, **options):
        opened.append(make(*arguments, **options))
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
            if isinstance(value, Gateway):
                lines = "\n".join(str(event) for event in value.log.events[-30:])
                report.sections.append(("the gateway's log", lines))
