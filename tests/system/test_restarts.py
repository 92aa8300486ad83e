"""The wait before a child is started again: it grows with each end, and a run that was stable sets it back."""
from gateway_under_test import chaos

INITIAL = 100  # ms; a wait is between half of what it should be and all of it


def waits(gateway, service):
    return [event["wait_ms"] for event in gateway.events("child.backoff", server=service)]


def end_child(gateway, service, after_ms):
    """Has the child run for so long, and end. The wait that follows, once it is over."""
    ends = len(waits(gateway, service))
    client = gateway.http(service)
    client.call("slow", {"ms": after_ms})
    client.call("die")
    gateway.wait_for("child.backoff", count=ends + 1, server=service)
    gateway.wait_for("service.ready", count=ends + 2, server=service)
    return waits(gateway, service)[-1]


def test_a_wait_doubles_with_each_end_and_never_passes_its_bound(start_gateway):
    restart = {"backoff_initial": f"{INITIAL}ms", "backoff_max": f"{4 * INITIAL}ms", "stable_after": "1h", "max_restarts": 1000}
    gateway = start_gateway({"chaos": chaos(restart=restart)})
    for full in (INITIAL, 2 * INITIAL, 4 * INITIAL, 4 * INITIAL):
        assert full / 2 <= end_child(gateway, "chaos", after_ms=0) <= full


def test_a_run_as_long_as_stable_after_sets_the_wait_back(start_gateway):
    restart = {"backoff_initial": f"{INITIAL}ms", "stable_after": "10s", "max_restarts": 1000}
    gateway = start_gateway({"chaos": chaos(restart=restart)})
    gateway.until(lambda: end_child(gateway, "chaos", after_ms=0) > INITIAL)  # it has grown
    assert INITIAL / 2 <= end_child(gateway, "chaos", after_ms=10_100) <= INITIAL
    assert gateway.health("chaos")["state"] == "ready"
