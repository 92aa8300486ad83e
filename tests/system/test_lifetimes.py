"""Sessions that end while others hold them: by a request that waits behind a stream, on another connection, or twice."""
import pytest

from clients import JSON
from gateway_under_test import chaos
from wire import Connection

SERVICES = {"chaos": chaos(), "own": chaos(isolation="session")}


@pytest.fixture(params=["chaos", "own"])
def client(http, request):
    client = http(request.param)
    client.initialize()
    return client


def request(client, method, headers=(), host="127.0.0.1"):
    fields = {"Host": host, "Mcp-Session-Id": client.session, "Accept": "text/event-stream", **dict(headers)}
    lines = ["%s %s/mcp HTTP/1.1" % (method, client.prefix)] + ["%s: %s" % field for field in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def stream_with(client, *behind):
    """A standalone stream of the session, and what its connection has sent behind it."""
    connection = Connection(client.port)
    connection.send(request(client, "GET") + b"".join(behind))
    stream = connection.read_response().stream
    stream.next_block()
    return connection, stream


def sessions_in(gateway):
    return sum(each["sessions"] for each in gateway.health()["servers"].values())


@pytest.mark.parametrize("behind", ["DELETE", "GET"])
def test_a_session_is_deleted_while_its_streams_connection_waits_to_delete_it_too(gateway, client, behind):
    connection, stream = stream_with(client, request(client, behind))
    assert client.delete().status == 200
    stream.rest()
    assert connection.read_response().status == 404
    gateway.until(lambda: sessions_in(gateway) == 0)


def test_a_stream_is_taken_over_while_its_connection_waits_to_delete_the_session(gateway, client):
    connection, stream = stream_with(client, request(client, "DELETE"))
    taker = Connection(client.port)
    taker.send(request(client, "GET", {"Last-Event-ID": "0-0"}))
    stream.rest()
    assert connection.read_response().status == 200
    assert taker.read_response().stream.rest() == []
    gateway.until(lambda: sessions_in(gateway) == 0)


def test_a_call_is_open_while_its_session_is_deleted_from_behind_a_stream(gateway, client):
    connection, stream = stream_with(client, request(client, "DELETE"))
    caller = Connection(client.port)
    caller.send_request("POST", client.prefix + "/mcp", {**JSON, "Mcp-Session-Id": client.session},
                        b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"hang","arguments":{}}}')
    gateway.until(lambda: gateway.health()["servers"][client.prefix[1:]]["calls_in_flight"] == 1)
    assert client.delete().status == 200
    stream.rest()
    assert connection.read_response().status == 404
    assert caller.read_response().status == 200
    gateway.until(lambda: sessions_in(gateway) == 0)


def test_the_gateway_ends_while_a_delete_waits_behind_a_stream(start_gateway):
    gateway = start_gateway(SERVICES)
    client = gateway.http("chaos")
    client.initialize()
    connection, stream = stream_with(client, request(client, "DELETE"))
    gateway.process.terminate()
    stream.rest()
    assert connection.read_response().status == 404
    gateway.assert_ended()
