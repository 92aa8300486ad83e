"""What is measured, and how each is started: the floor, the gateway, and (peers.py) the programs of others."""

import dataclasses
import json
import subprocess
from pathlib import Path

from . import collector


# By what bench-load calls them: their names in tables.
TRANSPORTS = {"sse": "SSE", "http": "HTTP", "stateless": "stateless HTTP"}


@dataclasses.dataclass(frozen=True)
class Launch:
    """What a program is started for: it listens on 127.0.0.1:port and serves so many services of that command."""

    build: Path
    folder: Path  # for its configuration
    port: int
    transport: str  # one of TRANSPORTS
    child: tuple
    services: int = 1

    def names(self):
        return [f"echo{number}" for number in range(self.services)]

    def command_line(self):
        return [str(word) for word in self.child]

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


class Program:
    """`name` is in the results, `title` in tables. Of `transports`, "http" is Streamable HTTP with sessions and
    "stateless" is that of revision 2026-07-28, which has none."""

    name = title = ""
    transports = ("sse", "http")
    serves_many = False  # several services in one process
    tool_prefix = ""  # what it puts before the names of all tools
    has_tls = False

    def command(self, launch):
        raise NotImplementedError

    def path(self, launch):
        """Of the last service's endpoint."""
        raise NotImplementedError


class Floor(Program):
    name, title = "floor", "floor"
    transports = ("sse",)

    def command(self, launch):
        return [launch.build / "bench-floor", str(launch.port), *launch.child]

    def path(self, launch):
        return "/sse"


class Gateway(Program):
    """As it is delivered: all checks, limits and metrics on, and the access log in a file; or with other `settings`."""

    transports = tuple(TRANSPORTS)
    serves_many = True

    def __init__(self, name="gateway", title="mcp-gateway", **settings):
        self.name, self.title, self.settings = name, title, settings

    def path(self, launch):
        return f"/{launch.names()[-1]}/{'sse' if launch.transport == 'sse' else 'mcp'}"

    def command(self, launch):
        program, *arguments = launch.command_line()
        service = {"command": program, "args": arguments}
        config = launch.write("gateway.json", json.dumps({
            "gateway": {"listen": f"127.0.0.1:{launch.port}", "admin_listen": "off", **self.settings},
            "mcpServers": {name: service for name in launch.names()},
        }))
        return [launch.build / "mcp-gateway", "run", "--config", config]


class Encrypted(Gateway):
    """With TLS and a certificate on P-256, as authorities issue them today."""

    has_tls = True

    def command(self, launch):
        certificate, key = launch.folder / "certificate.pem", launch.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=localhost", "-keyout", key, "-out", certificate], check=True, capture_output=True)
        self.settings = {"tls": {"certificate": str(certificate), "key": str(key)}}
        return super().command(launch)


class Traced(Gateway):
    """One trace in a hundred is recorded and sent."""

    def command(self, launch):
        self.settings = {"traces": {"endpoint": collector.address(), "sample": 0.01}}
        return super().command(launch)
