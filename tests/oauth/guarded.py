"""A gateway that lets those in who have a token: one of a real authorization server, or one of its configuration."""
import json
import secrets
import socket

from clients import BOTH, JSON, call
from gateway_under_test import Gateway, echo
from programs import AuthorizationServer
from wire import Connection

TOKEN = secrets.token_hex(16)
NARROW_TOKEN = secrets.token_hex(16)  # without the scope that the service needs
WRONG_TOKEN = secrets.token_hex(16)
INTROSPECTION = {"client_id": "gateway", "client_secret": "secret-of-the-gateway", "cache": "0s"}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Guarded(Gateway):
    """Accepts tokens of `server`, of `tokens_file`, TOKEN and NARROW_TOKEN. `oauth` is more of `auth.oauth`."""

    def __init__(self, server, introspection=None, tokens_file=None, **oauth):
        self.server = server
        self.at = free_port()
        issuer = {"issuer": server.issuer, "name": "login", **({"introspection": introspection} if introspection else {})}
        tokens = [{"name": "agent", "token": TOKEN, "scopes": ["echo:use"]},
                  {"name": "narrow", "token": NARROW_TOKEN, "scopes": ["mcp"]}]
        super().__init__({"echo": echo(required_scopes=["echo:use"])},
                         {"listen": f"127.0.0.1:{self.at}", "public_url": f"http://127.0.0.1:{self.at}",
                          "log": {"audit": True},
                          "auth": {"tokens": tokens, **({"tokens_file": str(tokens_file)} if tokens_file else {}),
                                   "oauth": {"issuers": [issuer], "required_scopes": ["mcp"], **oauth}}})

    def url(self, transport="http"):
        return f"http://127.0.0.1:{self.at}/echo/{'sse' if transport == 'sse' else 'mcp'}"

    def stop(self):
        self.kill()

    def refused(self, reason):
        """How many requests were refused for that reason; the log does not tell of each."""
        return self.metric("mcp_gateway_auth_failures_total", reason=reason)

    def status(self, token):
        connection = Connection(self.at)
        connection.send_request("POST", "/echo/mcp", {"Accept": BOTH, **JSON, "Authorization": "Bearer " + token},
                                json.dumps(call("echo", {"text": "in"})).encode())
        status = connection.read_response().status
        connection.close()
        return status


def begin(started, algorithm="RS256", token_format="jwt", introspection=None, **more):
    started.append(server := AuthorizationServer(algorithm, token_format))
    started.append(gateway := Guarded(server, introspection, **more))
    return server, gateway
