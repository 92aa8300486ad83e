"""tool_limits: a tool that never answers has a time-out of its own."""
import pytest


@pytest.mark.parametrize("transport", ["sse", "http"])
@pytest.mark.parametrize("kind", ["fastmcp", "sdk"])
def test_the_slow_tool_fails_and_the_session_goes_on(gateway, clients, kind, transport):
    client, child = clients.open(kind, gateway.url("fininfo", transport)), gateway.child_pid("fininfo")
    slow, prices, said = client.call_all(["wait_for_market", {}], ["get_stock_aggregates", {"ticker": "MSFT"}], ["echo", {"text": "x"}])
    assert (slow["error"]["code"], slow["error"]["data"]["reason"]) == (-32603, "timeout")
    assert (len(prices["progress"]), prices["is_error"], said["structured"]) == (3, False, {"result": "x"})
    assert client.value("echo", text="after") == "after"
    assert gateway.child_pid("fininfo") == child
    client.close()
