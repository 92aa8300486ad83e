"""Upgrades one after another under the load of many sessions of each era: no call fails, and no answer is another's."""
from gateway_under_test import echo
from load_of_eras import SESSIONS, Load, legacy, short_lived, stateless, streamable

UPGRADES = 20


def test_twenty_upgrades_under_the_load_of_sessions_of_each_era(start_gateway):
    gateway = start_gateway({"busy": echo(max_queue=1000)}, {"drain_timeout": "120s", "limits": {"max_sessions": 5000}})
    with Load(gateway.port, "busy", (legacy, streamable, short_lived, stateless)) as load:
        gateway.until(lambda: gateway.health("busy")["sessions"] >= 2 * SESSIONS or load.outcome)
        for _ in range(UPGRADES):
            gateway.upgrade()
    load.assert_nothing_failed()
    assert len(gateway.events("upgrade.end", result="upgraded")) == UPGRADES
    # Those in between have had no session that lasts: the first has those that were there before.
    gateway.until(lambda: gateway.has_ended())
    gateway.wait_for("gateway.end", UPGRADES)


def test_sessions_that_end_in_the_middle_of_upgrades_are_told_so_and_nothing_else_fails(start_gateway):
    gateway = start_gateway({"busy": echo(max_queue=1000)},
                            {"drain_timeout": "120s", "upgrade": {"session_limit": "100ms"}})
    with Load(gateway.port, "busy", (stateless,)) as load:
        gateway.until(lambda: gateway.metric("mcp_gateway_connections_active") >= SESSIONS or load.outcome)
        for _ in range(UPGRADES):
            gateway.upgrade()
    load.assert_nothing_failed()
    gateway.wait_for("gateway.end", UPGRADES)
