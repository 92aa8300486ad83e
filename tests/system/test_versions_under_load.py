"""Canaries under the load of many sessions of each era: no call fails, and no answer is another's."""
from gateway_under_test import echo
from load_of_eras import SESSIONS, Load, legacy, short_lived, stateless, streamable
from test_versions import TOKEN, command, weights

ERAS = (legacy, streamable, short_lived, stateless)
STEPS = [{"weight": weight, "hold": "2s"} for weight in (10, 50, 100)]


def service(next_version):
    # Nothing timed decides: all compete for the same cores.
    return {**echo(max_queue=1000), "canary": {"steps": STEPS, "p95": "1h", "baseline_ratio": 0, "error_window": "1s",
                                               "latency_window": "1s", "failed_health": 600},
            "versions": {"stable": {}, "next": next_version}}


def start(start_gateway, next_version, tmp_path):
    return start_gateway({"tool": service(next_version)},
                         {"admin_token": TOKEN, "drain_timeout": "120s", "state_file": str(tmp_path / "state.json"),
                          "limits": {"max_sessions": 5000}}, wait_for=["tool", "tool@next"])


def test_a_canary_goes_through_a_reload_and_an_upgrade(start_gateway, tmp_path):
    gateway = start(start_gateway, {"args": ["--next"]}, tmp_path)
    with Load(gateway.port, "tool", ERAS) as load:
        gateway.until(lambda: gateway.health("tool")["sessions"] >= 2 * SESSIONS or load.outcome)
        assert command(gateway, "start", "tool", "next").returncode == 0
        gateway.wait_for("canary.step", weight=10)
        gateway.reload(config={"log": {"level": "debug"}})
        gateway.wait_for("canary.step", weight=50)
        gateway.upgrade()
        gateway.learn_ports()
        gateway.wait_for("canary.done")
        assert weights(gateway) == {"stable": 0, "next": 100}
        called = gateway.metric("mcp_server_tool_calls_total", server="tool@next")
        gateway.until(lambda: gateway.metric("mcp_server_tool_calls_total", server="tool@next") > called)
    load.assert_nothing_failed()


def test_canaries_are_begun_and_rolled_back_again_and_again(start_gateway, tmp_path):
    gateway = start(start_gateway, {"args": ["--next"]}, tmp_path)
    with Load(gateway.port, "tool", ERAS) as load:
        gateway.until(lambda: gateway.health("tool")["sessions"] >= 2 * SESSIONS or load.outcome)
        for number in range(1, 21):
            now, then = (("stable", 0), ("next", 100))[:: 1 if number % 2 else -1]
            assert command(gateway, "weights", "tool", "next:%d" % now[1]).returncode == 0
            assert command(gateway, "start", "tool", then[0]).returncode == 0
            gateway.wait_for("canary.step", number, weight=10)
            assert command(gateway, "rollback", "tool").returncode == 0
            assert weights(gateway)[now[0]] == 100
    load.assert_nothing_failed()
