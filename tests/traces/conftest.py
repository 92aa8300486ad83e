"""Fixtures of the tests of traces: the real gateway and a real OpenTelemetry Collector, built by setup.sh.

    python3 -m pytest tests/traces

The collector takes OTLP over HTTP, and writes what it understood to a file. Tests read that file.
"""
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))

from gateway_under_test import Gateway, TIMEOUT  # noqa: E402

CACHE = Path(os.environ.get("TRACES_CACHE", HERE / ".cache"))
PROGRAM = CACHE / "collector" / "collector"
# Spans wait at most so long in the gateway for others.
SENT_WITHIN = 10 + TIMEOUT


class Span:
    """One span as the collector wrote it."""

    def __init__(self, raw, resource):
        self.name = raw["name"]
        self.kind = {1: "internal", 2: "server", 3: "client"}[raw["kind"]]
        self.trace = raw["traceId"]
        self.id = raw["spanId"]
        self.parent = raw.get("parentSpanId", "")
        self.state = raw.get("traceState", "")
        self.links = [(link["traceId"], link["spanId"]) for link in raw.get("links", [])]
        self.failed = raw.get("status", {}).get("code") == 2
        self.start, self.end = int(raw["startTimeUnixNano"]), int(raw["endTimeUnixNano"])
        self.attributes = attributes(raw)
        self.resource = resource

    def __repr__(self):
        return f"<{self.kind} {self.name!r} {self.trace[:6]}/{self.id[:6]} of {self.parent[:6]!r} {self.attributes}>"


def attributes(holder):
    return {each["key"]: next(iter(each["value"].values())) for each in holder.get("attributes", [])}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Collector:
    """A running collector."""

    def __init__(self, folder):
        self.port = free_port()
        self.written = folder / "spans.json"
        self.written.touch()
        config = {
            "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{self.port}"}}}},
            "exporters": {"file": {"path": str(self.written), "flush_interval": "100ms"}},
            "service": {
                "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "warn"}},
                "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["file"]}},
            },
        }
        path = folder / "collector.json"
        path.write_text(json.dumps(config))
        self.log = folder / "collector.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([PROGRAM, "--config", f"file:{path}"], stdin=subprocess.DEVNULL, stderr=log,
                                            stdout=log)
        self.wait_until_it_listens()

    def wait_until_it_listens(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log.read_text()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("the collector does not listen: " + self.log.read_text())

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}/v1/traces"

    def spans(self):
        """All it has understood so far."""
        found = []
        for line in self.written.read_text().splitlines():
            for resource in json.loads(line)["resourceSpans"]:
                for scope in resource["scopeSpans"]:
                    found += [Span(raw, attributes(resource["resource"])) for raw in scope["spans"]]
        return found

    def wait_for(self, matches, count=1):
        """Waits for so many spans that match, and gives them."""
        deadline = time.monotonic() + SENT_WITHIN
        while len(found := [span for span in self.spans() if matches(span)]) < count:
            assert time.monotonic() < deadline, f"{len(found)} of {count}; there are {self.spans()}"
            time.sleep(0.05)
        return found

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(TIMEOUT)
        finally:
            self.process.kill()
        assert "error" not in self.log.read_text().lower(), self.log.read_text()


@pytest.fixture(scope="session", autouse=True)
def installed():
    if not PROGRAM.exists():
        pytest.exit("no collector: run tests/traces/setup.sh first", returncode=3)


@pytest.fixture
def collector(tmp_path):
    running = Collector(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def start_gateway():
    """start_gateway(services, traces) gives a Gateway; it must end cleanly."""
    with ExitStack() as ends:
        def start(services, traces, **more):
            started = Gateway(services, {"traces": traces, **more})
            for name in services:
                started.wait_for("service.tools", server=name)  # a tool that is not listed yet is "_other"
            ends.callback(lambda: started.kill() if started.has_ended() else started.stop())
            return started

        yield start
