"""The clients of these tests: those of tests/system with a proxy between them and the gateway, and the Python of the SDK."""
import os
from pathlib import Path

from clients import HttpClient, SseClient

INTEROP = Path(os.environ.get("INTEROP_CACHE", Path(__file__).resolve().parents[1] / "interop" / ".cache"))
SDK_PYTHON = INTEROP / "venv-mcp2" / "bin" / "python"


class Through:
    """What makes a client of tests/system go through a proxy, in which its service has that prefix."""

    def __init__(self, proxy, prefix, headers, source="127.0.0.1"):
        self.proxy = proxy
        super().__init__(proxy.port, prefix, headers, source=source)

    def connect(self, **_options):
        connection = self.proxy.connect(self.source)
        self.connections.append(connection)
        return connection


class SseThrough(Through, SseClient):
    pass


class HttpThrough(Through, HttpClient):
    pass
