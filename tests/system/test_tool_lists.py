"""Tools of a child that does not say when they change: they are listed again, and clients are told."""
from gateway_under_test import chaos

CHANGED = "notifications/tools/list_changed"


def names(client):
    return [tool["name"] for tool in client.request("tools/list")["result"]["tools"]]


def test_a_list_that_changed_without_a_word_is_noticed_and_told(start_gateway):
    gateway = start_gateway({"chaos": chaos(tools_refresh="100ms")})
    posts, stream, other = gateway.http("chaos"), gateway.sse("chaos"), gateway.sse("chaos")
    for client in (posts, stream, other):
        client.initialize()
    own = posts.get().stream
    assert "extra_1" not in names(posts)

    assert posts.text("change_tools", {"silent": True}) == "extra_1"
    for told in (own, stream.stream, other.stream):
        assert told.note(CHANGED)
    assert "extra_1" in names(posts) and "extra_1" in names(stream)
    gateway.wait_for("service.tools", changed=True)
    assert len(gateway.events("service.tools", changed=True)) == 1


def test_a_list_that_is_the_same_is_listed_again_and_told_to_nobody(start_gateway):
    gateway = start_gateway({"chaos": chaos(tools_refresh="100ms")})
    client = gateway.sse("chaos")
    client.initialize()

    def listings():
        return sum(seen["method"] == "tools/list" for seen in client.seen_by_child()["received"])

    before = listings()
    gateway.until(lambda: listings() >= before + 3)
    assert client.stream.unread == []
    client.call("change_tools", {"silent": True})
    assert client.stream.note(CHANGED)
    assert client.stream.unread == []


def test_a_child_that_says_when_its_tools_change_is_not_asked_again(start_gateway):
    gateway = start_gateway({"telling": chaos("--list-changed", tools_refresh="100ms"), "asked": chaos(tools_refresh="100ms")})
    telling, asked = gateway.sse("telling"), gateway.sse("asked")

    def listings(client):
        return sum(seen["method"] == "tools/list" for seen in client.seen_by_child()["received"])

    gateway.until(lambda: listings(asked) >= 4)  # as long as it takes to ask the other so often
    assert listings(telling) == 1
