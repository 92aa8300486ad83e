"""Clients log in at a real authorization server (oidc-provider) and call a tool through the gateway."""
import json
import socket

import pytest

from clients import BOTH, JSON, call
from gateway_under_test import Gateway, echo
from programs import CLIENTS, AuthorizationServer, Client
from wire import Connection


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Guarded(Gateway):
    """A gateway that lets those in who have a token of `server`."""

    def __init__(self, server, introspection=None):
        self.at = free_port()
        issuer = {"issuer": server.issuer, "name": "login", **({"introspection": introspection} if introspection else {})}
        super().__init__({"echo": echo(required_scopes=["echo:use"])},
                         {"listen": f"127.0.0.1:{self.at}", "public_url": f"http://127.0.0.1:{self.at}",
                          "log": {"audit": True},
                          "auth": {"oauth": {"issuers": [issuer], "required_scopes": ["mcp"]}}})

    @property
    def url(self):
        return f"http://127.0.0.1:{self.at}/echo/mcp"

    def stop(self):
        self.kill()

    def status(self, token):
        connection = Connection(self.at)
        connection.send_request("POST", "/echo/mcp", {"Accept": BOTH, **JSON, "Authorization": "Bearer " + token},
                                json.dumps(call("echo", {"text": "in"})).encode())
        status = connection.read_response().status
        connection.close()
        return status


def begin(started, algorithm="RS256", token_format="jwt", introspection=None):
    started.append(server := AuthorizationServer(algorithm, token_format))
    started.append(gateway := Guarded(server, introspection))
    return server, gateway


@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_finds_where_to_log_in_and_calls_a_tool(started, name):
    _, gateway = begin(started)
    started.append(client := Client(name, gateway.url))
    assert client.ask("call") == {"text": "in"}
    done = gateway.wait_for("audit.call")
    assert (done["principal"], done["credential"], done["decision"]) == ("login:ann", "jwt", "allowed")


@pytest.mark.parametrize("algorithm", ["PS256", "ES256", "EdDSA"])
def test_every_algorithm_is_verified(started, algorithm):
    _, gateway = begin(started, algorithm)
    started.append(client := Client("typescript", gateway.url))
    assert client.ask("call") == {"text": "in"}


def test_keys_can_be_rotated(started):
    server, gateway = begin(started)
    started.append(before := Client("typescript", gateway.url))
    assert before.ask("call") == {"text": "in"}
    server.control(keys=1)
    started.append(after := Client("typescript", gateway.url, "eve"))
    assert after.ask("call") == {"text": "in"}
    assert gateway.wait_for("audit.call", 2)["principal"] == "login:eve"


def test_a_client_goes_on_while_the_authorization_server_is_away(started):
    server, gateway = begin(started)
    started.append(client := Client("typescript", gateway.url))
    server.control(away=True)
    assert client.ask("call") == {"text": "in"}


@pytest.mark.parametrize("skew, status", [(30, 200), (300, 401)])
def test_clocks_may_differ_by_the_leeway(started, skew, status):
    server, gateway = begin(started)
    server.control(skew=30)
    started.append(client := Client("typescript", gateway.url))
    assert client.ask("call") == {"text": "in"}
    if skew > 60:
        server.control(skew=skew)
        with pytest.raises(AssertionError):  # the client is refused with the token that it got
            Client("typescript", gateway.url, "eve")
        gateway.wait_for("audit.auth", reason="not_yet_valid")


def test_an_opaque_token_is_good_until_it_is_revoked(started):
    introspection = {"client_id": "gateway", "client_secret": "secret-of-the-gateway", "cache": "0s"}
    server, gateway = begin(started, token_format="opaque", introspection=introspection)
    started.append(client := Client("typescript", gateway.url))
    assert client.ask("call") == {"text": "in"}
    token = client.ask("token")["token"]
    assert "." not in token
    assert gateway.wait_for("audit.call")["credential"] == "opaque_token"
    server.control(revoke=token)
    while (status := gateway.status(token)) == 200:  # for the second for which an answer is kept
        pass
    assert status == 401
    gateway.wait_for("audit.auth", reason="inactive")
