"""The clients of tests/system with a proxy between them and the gateway."""
from clients import HttpClient, SseClient


class Through:
    """What makes a client of tests/system go through a proxy. `source` is the address it comes from."""

    def __init__(self, proxy, prefix, headers, source="127.0.0.1"):
        self.proxy = proxy
        self.source = source
        super().__init__(proxy.port, prefix, headers)

    def connect(self, **_options):
        connection = self.proxy.connect(self.source)
        self.connections.append(connection)
        return connection


class SseThrough(Through, SseClient):
    pass


class HttpThrough(Through, HttpClient):
    pass
