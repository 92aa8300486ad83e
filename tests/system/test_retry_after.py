"""Whoever is refused for a moment is told when to come back: 503 has Retry-After, wherever it comes from."""
import pytest

from clients import BOTH, JSON, as_bytes, call, initialize, message
from gateway_under_test import Gateway, chaos, echo
from wire import Connection

TOKEN = {"Authorization": "Bearer of-the-operator"}
LOOP = {"backoff_initial": "10ms", "max_restarts": 0, "crash_loop_pause": "1h"}


@pytest.fixture(scope="module")
def gateway():
    """Services that cannot serve now, each for a reason of its own."""
    running = Gateway({
        "fine": echo(),
        "lacking": echo(needs=[{"variable": "NOBODY_HAS_SET_THIS", "for": "a test"}]),
        "looping": chaos("--exit-at-start", "9", restart=LOOP, required=True),
        "taken": chaos(isolation="session", max_children=1),
        "drained": echo(),
        "busy": chaos(max_calls=1, max_queue=0),
    }, {"admin_token": "of-the-operator"}, wait_for=["fine", "drained", "busy"])
    running.wait_for("child.crash_loop", server="looping")
    assert ask(running.ports["admin"], "POST", "/api/services/drained/drain", TOKEN).status == 200
    holder = running.http("taken")
    holder.initialize()
    holder.get()  # with a stream it is not idle, and makes no room
    yield running
    running.stop()


def ask(port, method, path, fields=(), body=None):
    connection = Connection(port)
    connection.send_request(method, path, fields, body)
    response = connection.read_response()
    connection.close()
    return response


def assert_comes_back(response):
    assert (response.status, response["retry-after"]) == (503, "1"), response


@pytest.mark.parametrize("service", ["lacking", "taken", "drained"])
def test_a_session_that_cannot_be_opened(gateway, service):
    assert_comes_back(gateway.http(service).post(initialize()))
    assert_comes_back(ask(gateway.port, "GET", f"/{service}/sse", {"Accept": "text/event-stream"}))


def test_a_call_without_a_session(gateway):
    assert_comes_back(ask(gateway.port, "POST", "/lacking/mcp", {"Accept": BOTH, **JSON}, as_bytes(call("echo"))))


def test_a_call_to_a_server_that_does_not_run(gateway):
    refused = gateway.http("looping").post(initialize())
    assert_comes_back(refused)
    assert refused.json["error"]["data"]["reason"] == "not_running"


def test_a_call_that_finds_no_room_to_wait(gateway, tmp_path):
    client = gateway.http("busy")
    client.initialize()
    pending = client.begin(call("slow", {"path": str(tmp_path / "gate")}, id=1))
    gateway.until(lambda: gateway.health("busy")["calls_in_flight"] == 1)
    refused = client.post(call("echo", id=2))
    assert_comes_back(refused)
    assert refused.json["error"]["data"]["reason"] == "queue_full"
    (tmp_path / "gate").touch()
    assert pending.read_response().status == 200
    assert client.post(message("ping", id=3)).status == 200


@pytest.mark.parametrize("path", ["/lacking/health", "/looping/health", "/health"])
def test_health_of_what_is_not_well(gateway, path):
    assert_comes_back(ask(gateway.port, "GET", path))


@pytest.mark.parametrize("path", ["/health", "/readyz"])
def test_the_admin_pages_of_a_gateway_that_is_not_well(gateway, path):
    assert_comes_back(ask(gateway.ports["admin"], "GET", path))


def test_an_answer_that_is_no_503_says_nothing_of_it(gateway):
    for response in (ask(gateway.port, "GET", "/fine/health"), ask(gateway.port, "GET", "/nobody/mcp"),
                     gateway.http("fine").post(initialize())):
        assert response["retry-after"] is None, response
