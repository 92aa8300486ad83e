"""The servers are replaced one by one, while FastMCP clients call them without a pause."""
import pytest

from serving import SERVERS, Program

CLIENTS = 6  # of each server, half of them on each transport


@pytest.fixture(scope="module")
def load(gateway):
    running = Program("load.py", CLIENTS, *(f"http://127.0.0.1:{gateway.port}/{server}" for server in SERVERS))
    try:
        go_on(running)
        # Streams that clients of other tests have closed are noticed a little later.
        gateway.until(lambda: all(gateway.health(server)["sessions"] == CLIENTS for server in SERVERS))
        yield running
        end = running.finish()
    finally:
        running.stop()
    assert end["failed"] == []
    assert len(end["calls"]) == CLIENTS * len(SERVERS)
    print("calls by client:", sorted(end["calls"].values()))


def go_on(load):
    """Each client has had another answer, and none a wrong one or an error before."""
    assert load.ask("") == []


def children(gateway):
    return {server: gateway.child_pid(server) for server in SERVERS}


def come_and_go(gateway, clients, server):
    """A client that comes while its server is replaced waits for the new one."""
    client = clients.open("fastmcp", gateway.url(server, "http"))
    assert client.value("echo", text="new here") == "new here"
    client.close()


def test_no_call_fails_while_servers_are_renewed_one_after_another(gateway, clients, load):
    for server in SERVERS:
        before = children(gateway)
        with gateway.former_children_of(server) as former:
            assert gateway.renew(server) == {"renewing": True, "sessions": CLIENTS}
            come_and_go(gateway, clients, server)
        assert (former["moved"], former["ended"]) == (CLIENTS, 0)
        go_on(load)
        after = children(gateway)
        assert [each for each in SERVERS if after[each] != before[each]] == [server]


def test_no_call_fails_while_a_changed_configuration_is_reloaded(gateway, clients, load):
    before = children(gateway)
    gateway.change({"fininfo": {**gateway.services["fininfo"], "args": [*gateway.services["fininfo"]["args"], "--harmless"]}})
    with gateway.former_children_of("fininfo") as former:
        assert "~ service fininfo: args" in gateway.reload_by_command()
        come_and_go(gateway, clients, "fininfo")
    assert (former["moved"], former["ended"]) == (CLIENTS, 0)
    go_on(load)
    after = children(gateway)
    assert [each for each in SERVERS if after[each] != before[each]] == ["fininfo"]
