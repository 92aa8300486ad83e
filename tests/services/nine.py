"""A gateway in front of the nine services of config/nine.json, with backends of the test's own."""
import json
import os
import re
from pathlib import Path

from backends import HERE, PATIENCE, SERVICES
from clients import SseClient
from gateway_under_test import Gateway

ROOT = SERVICES.parent
NINE = ("filesystem", "monitoring", "memory", "fetch", "postgres", "github", "n8n", "playwright", "timescaledb")
# In place of those that need what cannot be had here: Grafana, and GitHub's own server.
TESTED = {"monitoring": "monitoring/prometheus", "github": "github/archived"}
CRYSTALDBA = SERVICES / "postgres/crystaldba/.venv/bin/postgres-mcp"  # where there is Python 3.12
SERVER_OF_GITHUB = SERVICES / "github/archived/node_modules/@modelcontextprotocol/server-github/dist/index.js"

# What tests lay over the definitions, because here ...
OVERLAYS = {
    # ... the page that is fetched is on this machine,
    "fetch": {"args": ["--allow-private-ips"]},
    # ... GitHub is a stand-in,
    "github": {"args": ["--require", str(HERE / "stand_ins" / "github.cjs"), str(SERVER_OF_GITHUB)],
               "env": {"GITHUB_STAND_IN": "${GITHUB_STAND_IN}"}},
    # ... and this TimescaleDB has room for one client.
    "timescaledb": {"replicas": 1},
}
# Tests that stop a backend do not want to wait for a probe, or for a restart, as long as people may.
IMPATIENT = {"probe": {"interval": "1s", "timeout": "5s"}, "restart": {"backoff_max": "1s", "crash_loop_pause": "1s"}}


# With this every service runs in the sandbox of its preset.
SANDBOXED = os.environ.get("SERVICES_SANDBOXED") == "1"


def sandbox_of(service, folder, environment):
    """A service's preset, with what is elsewhere here: backends at ports of the system's choice, files of the tests."""
    values = [str(value) for value in environment.values()]
    ports = sorted({int(port) for value in values for port in re.findall(r"(?:^|:)(\d{4,5})(?=$|/)", value)})
    box = {"preset": "memory-file" if folder == "memory/file" else service}
    if service in ("fetch", "playwright"):
        box["connect_ports"] = "any"
    elif box["preset"] not in ("filesystem", "memory-file"):
        box["connect_ports"] = [53, *ports]
    if box["preset"] == "memory-file":
        box["write"] = [str(Path(environment["MEMORY_FILE_PATH"]).parent)]
    if service == "github":
        box["read"] = [str(HERE / "stand_ins")]
    return box


def connected(gateway, service, **options):
    """An initialised SSE client of a service, on the service's own port."""
    client = SseClient(gateway.ports[service], **options)
    client.patience = PATIENCE
    client.initialize()
    return client


def without_remarks(text):
    """JSON from our configuration syntax: no // remarks, no trailing commas."""
    kept = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda found: found[1] or "", text)
    return re.sub(r",(\s*[}\]])", r"\1", kept)


def read_definition(path):
    """A service.json as {name: definition}, nothing replaced in it."""
    return json.loads(without_remarks(path.read_text()))["mcpServers"]


def definition_of(service):
    """The definition of a service that the fixture `nine` runs."""
    return read_definition(SERVICES / TESTED.get(service, service) / "service.json")[service]


def read_nine():
    """config/nine.json as it is: its include paths absolute, its listeners on ports of the system's choice."""
    path = ROOT / "config" / "nine.json"
    text = without_remarks(path.read_text())
    nine = json.loads(re.sub(r'"127\.0\.0\.1:\d+"', '"127.0.0.1:0"', text))
    nine["include"] = [str((path.parent / file).resolve()) for file in nine["include"]]
    return nine


class Services(Gateway):
    """A gateway on service definitions. `variants` puts other folders in place of some of the nine.

    `sandboxed` services run with their presets. `environment` holds the variables the definitions name; one of None is not set.
    """

    def __init__(self, environment, variants=None, overlays=OVERLAYS, only=NINE, gateway=None, wait_for=None, impatient=False,
                 sandboxed=SANDBOXED):
        self.nine = read_nine()
        for name, folder in (variants or {}).items():
            place = NINE.index(name)
            self.nine["include"][place] = str(SERVICES / folder / "service.json")
        self.nine["include"] = [file for name, file in zip(NINE, self.nine["include"]) if name in only]
        services = {}
        for name in only:
            services[name] = {**self.nine["mcpServers"][name], **(overlays.get(name) or {})}
            if sandboxed:
                services[name]["sandbox"] = sandbox_of(name, (variants or {}).get(name, name), environment)
            if impatient:
                services[name] = {**services[name], **IMPATIENT}
        if wait_for is None:
            wait_for = [name for name in only if name != "playwright"]  # it has no child before its first session
        environment = {name: value for name, value in environment.items() if value is not None}
        super().__init__(services, gateway, wait_for=[], env=environment)
        try:
            for name in wait_for:  # nine programs start at once
                self.wait_for("service.ready", server=name, timeout=PATIENCE)
        except BaseException:
            self.kill()
            raise

    def file(self, config, services):
        return {"gateway": config, "include": self.nine["include"], "mcpServers": services,
                "groups": {"all": {"members": "*", "member_wait": "1m"}}}

    def processes_of(self, service):
        """Process ids of the living children of one service."""
        started = {event["child.pid"] for event in self.events("child.start", server=service)}
        return [pid for pid in self.processes() if pid in started]

