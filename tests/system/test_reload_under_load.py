"""Reloads of every kind under the load of many sessions of each era: no call fails, and no answer is another's."""
from gateway_under_test import LOOPS, echo
from load_of_eras import SESSIONS, Load

RELOADS = 100


def test_a_hundred_reloads_under_the_load_of_sessions_of_each_era(start_gateway):
    gateway = start_gateway({"busy": echo(max_queue=1000), "calm": echo(), "own": echo(isolation="session")},
                            {"drain_timeout": "120s", "allowed_hosts": ["a.example"]}, wait_for=["busy", "calm"])
    calm = gateway.child_pid("calm")
    with Load(gateway.port, "busy") as load:
        gateway.until(lambda: gateway.health("busy")["sessions"] >= 2 * SESSIONS or load.outcome)
        started = 1
        for number in range(RELOADS):
            kind = number % 5
            if kind == 0:
                gateway.reload({"busy": echo(max_queue=1000, args=["--%d" % number])})
                started += 1
                gateway.wait_for("service.ready", started, server="busy")
            elif kind == 1:
                gateway.reload({"other": echo() if number % 2 else None, "third": echo(args=["--%d" % number])})
            elif kind == 2:
                gateway.reload(config={"allowed_hosts": ["host-%d.example" % number], "limits": {"max_sessions": 5000 + number}})
            elif kind == 3:
                gateway.reload(config={"log": {"level": ("debug", "info")[number // 5 % 2]}})
            else:
                gateway.reload(config={"loops": 60}, result="refused")
                gateway.change(config={"loops": LOOPS})
    load.assert_nothing_failed()
    assert {each["child.pid"] for each in gateway.events("child.start", server="calm")} == {calm}
    gateway.until(lambda: len(gateway.events("child.exit", server="busy")) == started - 1)
    gateway.until(lambda: gateway.health("busy")["calls_in_flight"] == 0)
