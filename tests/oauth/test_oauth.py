"""Clients log in at a real authorization server (oidc-provider) and call a tool through the gateway."""
import pytest

from guarded import INTROSPECTION, begin
from programs import CLIENTS, Client

@pytest.mark.parametrize("name", CLIENTS)
def test_a_client_finds_where_to_log_in_and_calls_a_tool(started, name):
    _, gateway = begin(started)
    started.append(client := Client(name, gateway.url()))
    assert client.ask("call") == {"text": "in"}
    done = gateway.wait_for("audit.call")
    assert (done["principal"], done["credential"], done["decision"]) == ("login:ann", "jwt", "allowed")


@pytest.mark.parametrize("algorithm", ["PS256", "ES256", "EdDSA"])
def test_every_algorithm_is_verified(started, algorithm):
    _, gateway = begin(started, algorithm)
    started.append(client := Client("typescript", gateway.url()))
    assert client.ask("call") == {"text": "in"}


def test_keys_can_be_rotated(started):
    server, gateway = begin(started)
    started.append(before := Client("typescript", gateway.url()))
    assert before.ask("call") == {"text": "in"}
    server.control(keys=1)
    started.append(after := Client("typescript", gateway.url(), "eve"))
    assert after.ask("call") == {"text": "in"}
    assert gateway.wait_for("audit.call", 2)["principal"] == "login:eve"


def test_a_client_goes_on_while_the_authorization_server_is_away(started):
    server, gateway = begin(started)
    started.append(client := Client("typescript", gateway.url()))
    server.control(away=True)
    assert client.ask("call") == {"text": "in"}


@pytest.mark.parametrize("skew, status", [(30, 200), (300, 401)])
def test_clocks_may_differ_by_the_leeway(started, skew, status):
    server, gateway = begin(started)
    server.control(skew=30)
    started.append(client := Client("typescript", gateway.url()))
    assert client.ask("call") == {"text": "in"}
    if skew > 60:
        server.control(skew=skew)
        with pytest.raises(AssertionError):  # the client is refused with the token that it got
            Client("typescript", gateway.url(), "eve")
        gateway.wait_for("audit.auth", reason="not_yet_valid")


def test_an_opaque_token_is_good_until_it_is_revoked(started):
    server, gateway = begin(started, token_format="opaque", introspection=INTROSPECTION)
    started.append(client := Client("typescript", gateway.url()))
    assert client.ask("call") == {"text": "in"}
    token = client.ask("token")["token"]
    assert "." not in token
    assert gateway.wait_for("audit.call")["credential"] == "opaque_token"
    server.control(revoke=token)
    while (status := gateway.status(token)) == 200:  # for the second for which an answer is kept
        pass
    assert status == 401
    gateway.wait_for("audit.auth", reason="inactive")
