"""What FastMCP keeps for a session: `ctx.set_state`, by the session that the server has, and globals of its process."""


def test_clients_with_children_of_their_own_have_their_own_state(gateway, clients):
    """isolation: session."""
    ann, eve = (clients.open("fastmcp", gateway.url("mcpgw-alone", transport)) for transport in ("sse", "http"))
    assert ann.value("remember", value="of ann") is None
    assert eve.value("remember", value="of eve") is None
    assert (ann.value("recall"), eve.value("recall")) == ("of ann", "of eve")
    ann.close()
    assert eve.value("recall") == "of eve"
    eve.close()
    eve = clients.open("sdk", gateway.url("mcpgw-alone", "http"))
    assert eve.value("recall") is None
    eve.close()


def test_clients_of_a_shared_child_are_one_session_to_fastmcp(gateway, clients):
    """It sees one client, the gateway. What one user keeps, another reads: servers with state need isolation."""
    ann, eve = (clients.open(kind, gateway.url("mcpgw", transport)) for kind, transport in (("fastmcp", "sse"), ("sdk", "http")))
    ann.value("remember", value="of ann")
    assert eve.value("recall") == "of ann"
    assert eve.value("remember", value="of eve") == "of ann"
    assert ann.value("recall") == "of eve"
    ann.close()
    eve.close()


def test_what_a_process_counts_is_counted_for_all_clients_of_a_shared_child(gateway, clients):
    ann, eve = (clients.open("fastmcp", gateway.url("fininfo", transport)) for transport in ("sse", "http"))
    first = ann.value("count_calls")
    assert (eve.value("count_calls"), ann.value("count_calls")) == (first + 1, first + 2)
    ann.close()
    eve.close()


def test_state_of_a_shared_child_is_gone_when_it_was_renewed(gateway, clients):
    """Though the session of the client goes on."""
    client = clients.open("fastmcp", gateway.url("realserverfaketools", "http"))
    steps = client.value("calibrate", step=1)
    assert client.value("calibrate", step=2) == [*steps, 2]
    with gateway.former_children_of("realserverfaketools"):
        gateway.renew("realserverfaketools")
    assert client.value("calibrate", step=3) == [3]
    client.close()
