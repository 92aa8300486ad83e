"""Traffic between two instances behind HAProxy, and its way back when the new version is not well."""
import json
import os
import signal

import pytest

from site_of_profiles import PATIENCE
from waiting import wait_until

# The triggers in seconds instead of minutes, and of few calls, as a busy machine makes no more; the limits are those of
# every day. Only the test of slow calls judges latency.
HURRIED = "--interval=100ms --trigger-window=2s --latency-window=%s --least-calls=4 --json"
WATCH = "mcp-server monitor --profile=production-secondary --duration=10m --auto-rollback " + HURRIED % "1h"


def split(site):
    return {name: weight for name, (weight, _) in site.weights().items()}


def shares(site, count):
    """How many of so many requests each instance gets."""
    before = [site.requests("production-" + name) for name in ("primary", "secondary")]
    for _ in range(count):
        assert site.call(site.entry, "echo")[0] == 200
    return [site.requests("production-" + name) - was for name, was in zip(("primary", "secondary"), before)]


def test_traffic_is_split_as_it_was_said(two):
    assert shares(two, 20) == [20, 0]
    ran = two.run("load-balancer set-traffic-split primary:90 secondary:10")
    assert ran.stdout == "traffic: primary:90 secondary:10\n" and split(two) == {"primary": 90, "secondary": 10}
    assert json.loads((two.state / "traffic.json").read_text())["shares"] == {"primary": 90, "secondary": 10}
    primary, secondary = shares(two, 200)
    assert primary + secondary == 200 and 10 <= secondary <= 30
    two.run("load-balancer set-traffic-split primary:0 secondary:100")
    assert shares(two, 20) == [0, 20]


def test_a_session_stays_where_it_is(two):
    opened = two.post(two.entry, "initialize", {"protocolVersion": "2025-11-25", "capabilities": {},
                                                 "clientInfo": {"name": "t", "version": "1"}})
    assert opened[0] == 200 and opened[2]
    two.run("load-balancer set-traffic-split primary:0 secondary:100")
    before = two.requests("production-primary")
    for _ in range(5):
        assert two.call(two.entry, "echo", session=opened[2])[0] == 200
    assert two.requests("production-primary") - before == 5


def test_what_haproxy_refuses_changes_nothing(two):
    two.run("load-balancer set-traffic-split primary:90 secondary:10")
    two.run("load-balancer set-traffic-split primary:50 third:50", expect=2)
    two.run("load-balancer set-traffic-split --backend=none primary:50 secondary:50", expect=2)
    assert split(two) == {"primary": 90, "secondary": 10}


def test_a_split_is_restored_after_haproxy_was_started_again(two):
    two.run("load-balancer set-traffic-split primary:70 secondary:30")
    two.haproxy.kill()
    two.haproxy.wait()
    two.start_haproxy()
    assert split(two) == {"primary": 100, "secondary": 0}
    two.run("load-balancer set-traffic-split --restore")
    assert split(two) == {"primary": 70, "secondary": 30}


def watched(site, fault=None, line=WATCH, seconds=PATIENCE):
    """What monitor said in the end, and its exit code."""
    site.run("load-balancer set-traffic-split primary:90 secondary:10")
    monitor = site.start(line)
    looked = monitor.stderr.readline()
    if fault:
        fault()
    out, errors = monitor.communicate(timeout=seconds)
    assert out, looked + errors
    return monitor.returncode, json.loads(out), looked + errors


def test_a_version_that_is_well_stays(two):
    primary, secondary = (two.ports["production-" + name][0] for name in ("primary", "secondary"))
    with two.traffic((primary, "echo", {}), (secondary, "echo", {})):
        code, said, progress = watched(two, line=WATCH.replace("--duration=10m --auto-rollback", "--duration=4s"))
    assert (code, said["result"]) == (0, "well"), said
    assert said["requests"] > 0 and "monitor: " in progress
    assert split(two) == {"primary": 90, "secondary": 10}


def test_tools_that_err_more_than_at_the_primary_end_the_trial(two):
    primary, secondary = (two.ports["production-" + name][0] for name in ("primary", "secondary"))
    with two.traffic((primary, "echo", {}), (secondary, "is_error", {})):
        code, said, _ = watched(two)
    assert (code, said["trigger"]["name"]) == (5, "tool_errors"), said
    assert split(two) == {"primary": 100, "secondary": 0}


def test_slow_tools_end_the_trial(two):
    secondary = two.ports["production-secondary"][0]
    with two.traffic((secondary, "slow", {"ms": 1000})):
        code, said, _ = watched(two, line=WATCH.replace("--latency-window=1h", "--latency-window=8s"))
    assert (code, said["trigger"]["name"]) == (5, "latency"), said


def test_an_instance_that_is_killed_ends_the_trial(two):
    (pid,) = two.instances("production-secondary")
    code, said, _ = watched(two, lambda: os.kill(pid, signal.SIGKILL))
    assert (code, said["trigger"]["name"]) == (5, "health"), said
    assert split(two) == {"primary": 100, "secondary": 0}
    assert two.call(two.entry, "echo")[0] == 200


@pytest.mark.parametrize("tool", ["die"])
def test_a_server_that_ends_again_and_again_ends_the_trial(two, tool):
    secondary = two.ports["production-secondary"][0]
    with two.traffic((secondary, tool, {"code": 1})):
        code, said, _ = watched(two)
    assert code == 5 and said["trigger"]["name"] in ("errors", "restart_loop", "health"), said
    assert split(two) == {"primary": 100, "secondary": 0}


def test_an_instance_that_is_gone_already_ends_the_trial(two):
    two.run("mcp-server stop --profile=production-secondary")
    two.run(WATCH.replace(" --auto-rollback", ""), expect=3)
    code, said, _ = watched(two)
    assert (code, said["trigger"]["name"]) == (5, "health"), said


def test_without_auto_rollback_the_trial_only_fails(two):
    (pid,) = two.instances("production-secondary")
    code, said, _ = watched(two, lambda: os.kill(pid, signal.SIGKILL), WATCH.replace(" --auto-rollback", ""))
    assert (code, said["result"], said["trigger"]["name"]) == (1, "failed", "health"), said
    assert split(two) == {"primary": 90, "secondary": 10}


def test_the_primary_is_not_taken_out_of_traffic(two):
    two.run("mcp-server monitor --profile=production-primary --auto-rollback", expect=2)
    wait_until(lambda: two.call(two.entry, "echo")[0] == 200, "traffic", PATIENCE)
