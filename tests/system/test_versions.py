"""Versions of a service: who gets which, and canaries that move it from one to another or go back."""
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from clients import HttpClient
from gateway_under_test import GATEWAY, ROOT, chaos, is_gone
from test_upgrade import AskedClient
from wire import Connection

TOKEN = "an-admin-token-of-tests"
VERSION = str(ROOT / "tests" / "children" / "version.py")
QUICK = {"steps": [{"weight": 10, "hold": "1s"}, {"weight": 50, "hold": "1s"}, {"weight": 100, "hold": "1s"}],
         "error_window": "1s", "latency_window": "1s", "least_calls": 3, "ready_timeout": "20s"}
STEADY = {**QUICK, "steps": [{"weight": 50, "hold": "10m"}, {"weight": 100, "hold": "1s"}]}


def does(version, what="ok"):
    return ["-I", "-S", VERSION, version, "--does", what]


def versions(stable=100, next=0, what="ok", canary=QUICK, **more):
    """A service with two versions, of which `next` does something."""
    return {"command": sys.executable, "args": does("stable"), "canary": canary, **more,
            "versions": {"stable": {"weight": stable}, "next": {"weight": next, "args": does("next", what)}}}


def start(start_gateway, service, config=None, **options):
    return start_gateway({"tool": service}, {"admin_token": TOKEN, **(config or {})},
                         wait_for=options.pop("wait_for", ["tool", "tool@next"]), **options)


def admitted(gateway, server="tool@next"):
    """Waits until a version may have sessions."""
    gateway.wait_for("version.admitted", server=server)


def which(client):
    return client.call("which")["result"]["content"][0]["text"]


def session(gateway, path="tool", **options):
    client = gateway.http(path, **options)
    client.initialize()
    return client


def spread(gateway, count, **options):
    """The versions that so many new sessions get."""
    found = []
    for _ in range(count):
        client = session(gateway, **options)
        found.append(which(client))
        client.delete()
        client.close()
    return found


def command(gateway, *words, token=TOKEN):
    return subprocess.run([GATEWAY, "canary", *words, "--url", str(gateway.ports["admin"])], capture_output=True,
                          text=True, timeout=60, env={**os.environ, "MCP_GATEWAY_ADMIN_TOKEN": token})


def status(gateway):
    return gateway.admin("/api/versions").json["services"]["tool"]


def weights(gateway):
    return {each["version"]: each["weight"] for each in status(gateway)["versions"]}


@contextmanager
def calls(gateway, path="tool"):
    """Short sessions one after another, each with a call. What they got is in the list."""
    got, over = [], threading.Event()

    def work():
        while not over.is_set():
            with gateway.http(path) as client:
                client.initialize()
                got.append(client.call("which"))
                client.delete()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield got
    finally:
        over.set()
        worker.join(30)


def texts(got):
    return [answer["result"]["content"][0]["text"] for answer in got if "result" in answer]


# ── who gets which ────────────────────────────────────────────────────────────


def test_sessions_of_nobody_in_particular_are_spread_by_the_weights(start_gateway):
    gateway = start(start_gateway, versions(80, 20))
    admitted(gateway)
    assert spread(gateway, 50).count("next") == pytest.approx(10, abs=2)


def test_an_owner_keeps_its_version_in_every_era_and_goes_along_when_that_grows(start_gateway):
    tokens = [{"name": "owner-%d" % i, "token": "a-token-of-tests-%02d" % i} for i in range(20)]
    gateway = start(start_gateway, versions(70, 30), {"auth": {"tokens": tokens}})
    admitted(gateway)

    def of(token):
        bearer = {"headers": {"Authorization": "Bearer " + token["token"]}}
        by_session = session(gateway, **bearer)
        sse = gateway.sse("tool", **bearer)
        sse.initialize()
        alone = gateway.http("tool", **bearer)
        found = {which(by_session), which(sse), which(alone)}
        assert len(found) == 1, found
        return found.pop()

    first = [of(token) for token in tokens]
    assert [of(token) for token in tokens] == first
    assert 1 <= first.count("next") <= 14
    assert command(gateway, "weights", "tool", "next:60").returncode == 0
    second = [of(token) for token in tokens]
    assert all(now == "next" for was, now in zip(first, second) if was == "next")
    assert second.count("next") > first.count("next")


def test_a_session_stays_with_its_version_when_the_weights_change(start_gateway):
    gateway = start(start_gateway, versions(100, 0))
    admitted(gateway)
    client = session(gateway)
    assert which(client) == "stable"
    assert command(gateway, "weights", "tool", "next:100").returncode == 0
    assert which(client) == "stable"
    assert spread(gateway, 3) == ["next"] * 3


def test_a_version_has_an_endpoint_of_its_own_where_sessions_of_others_are_not_known(start_gateway):
    gateway = start(start_gateway, versions(100, 0))
    client = session(gateway, "tool@next")
    assert which(client) == "next"
    elsewhere = gateway.http("tool")
    elsewhere.session = client.session
    assert which(elsewhere) == "next"  # at the service's own endpoint every version is
    stable = session(gateway)
    beside = gateway.http("tool@next")
    beside.session = stable.session
    assert beside.post({"jsonrpc": "2.0", "id": 1, "method": "ping"}).status == 404


def test_the_version_is_in_server_info_health_and_metrics(start_gateway):
    gateway = start(start_gateway, versions(90, 10))
    client = gateway.http("tool@next")
    assert client.initialize()["serverInfo"]["version"] == "1.0.0+next"
    assert gateway.health("tool@next")["version"] == "next"
    assert gateway.metric("mcp_gateway_version_weight", server="tool@next", service="tool", version="next") == 10
    assert which(client) == "next"
    assert gateway.metric("mcp_server_tool_calls_total", server="tool@next") == 1
    assert gateway.metric("mcp_server_tool_calls_total", server="tool") == 0


def test_a_version_gets_no_session_before_it_has_been_healthy(start_gateway, tmp_path):
    gate = tmp_path / "gate"
    service = versions(1, 99)
    wait = "while [ ! -e '%s' ]; do sleep 0.01; done; exec \"$@\"" % gate
    service["versions"]["next"].update(command="/bin/sh", args=["-c", wait, "sh", sys.executable, *does("next")])
    gateway = start(start_gateway, service, wait_for=["tool"])
    admitted(gateway, "tool")
    assert spread(gateway, 5) == ["stable"] * 5
    gate.touch()
    admitted(gateway)
    assert "next" in spread(gateway, 3)


def test_a_version_gets_no_session_before_its_probe_has_passed(start_gateway):
    service = versions(50, 50, "tool_error", probe={"tool": "which", "interval": "100ms"})
    gateway = start(start_gateway, service)
    admitted(gateway, "tool")
    gateway.until(lambda: gateway.health("tool@next")["probe"]["status"] == "failed")
    assert spread(gateway, 6) == ["stable"] * 6
    assert not gateway.events("version.admitted", server="tool@next")


def test_a_version_that_is_down_gets_no_new_sessions(start_gateway):
    gateway = start(start_gateway, versions(50, 50, "exit", restart={"backoff_initial": "1h", "backoff_max": "1h"}))
    admitted(gateway)
    client = session(gateway, "tool@next")
    assert client.call("which")["error"]
    gateway.wait_for("version.withdrawn", server="tool@next")
    assert spread(gateway, 4) == ["stable"] * 4


def test_a_version_that_an_operator_drains_gets_no_new_sessions(start_gateway):
    gateway = start(start_gateway, versions(50, 50))
    admitted(gateway)
    connection = Connection(gateway.ports["admin"])
    connection.send_request("POST", "/api/services/tool@next/drain", {"Authorization": "Bearer " + TOKEN}, b"{}")
    assert connection.read_response().status == 200
    gateway.wait_for("version.withdrawn", server="tool@next")
    assert spread(gateway, 6) == ["stable"] * 6


def test_versions_are_reached_by_every_way_to_their_service(start_gateway):
    gateway = start(start_gateway, versions(0, 100, listen="127.0.0.1:0"), {"loops": 2})
    admitted(gateway)
    by_name = {"headers": {"Host": "mcp-tool"}}
    for client in (HttpClient(gateway.ports["tool"], ""), HttpClient(gateway.port, "", **by_name)):
        client.initialize()
        assert which(client) == "next"
        assert client.delete().status == 200
        client.close()
    sse = gateway.sse("servers/tool")
    sse.initialize()
    assert which(sse) == "next"


def test_a_question_of_a_version_is_answered_to_it_though_the_weights_have_changed(start_gateway):
    service = chaos(isolation="session", versions={"stable": {"weight": 0}, "next": {"weight": 100}})
    gateway = start(start_gateway, service, wait_for=[])
    admitted(gateway)
    client = AskedClient(gateway, "tool")
    assert command(gateway, "weights", "tool", "next:0").returncode == 0
    client.answer("the answer")


def test_rules_and_scopes_of_a_service_hold_for_its_versions(start_gateway):
    gateway = start(start_gateway, versions(0, 100, required_scopes=["use"]), {
        "auth": {"tokens": [{"name": "a", "token": "token-of-tests-a", "scopes": ["use"]},
                            {"name": "b", "token": "token-of-tests-b", "scopes": ["other"]},
                            {"name": "c", "token": "token-of-tests-c", "scopes": ["use"]}]},
        "policy": {"rules": [{"principals": ["c"], "services": ["tool"], "effect": "deny"}]}})

    def posted(path, token):
        return gateway.http(path, headers={"Authorization": "Bearer token-of-tests-" + token}).post(
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "which", "arguments": {}}})

    for path in ("tool", "tool@next"):
        assert posted(path, "a").status == 200
        assert posted(path, "b").status == 403
        refused = posted(path, "c")
        assert refused.status == 403 or "error" in refused.json, refused.body


def test_check_says_once_what_a_client_may_do_with_all_versions(tmp_path):
    file = tmp_path / "gateway.json"
    file.write_text(json.dumps({
        "gateway": {"auth": {"tokens": [{"name": "bob", "token": "a-token-of-tests"}]},
                    "policy": {"rules": [{"principals": ["bob"], "services": ["tool"], "effect": "deny"}]}},
        "mcpServers": {"tool": versions()}}), encoding="utf-8")
    checked = subprocess.run([GATEWAY, "check", str(file), "--as", "bob", "--connect"], capture_output=True, text=True, timeout=60)
    assert checked.stdout.count("no access") == 1 and "allow" not in checked.stdout.replace("allows", ""), checked
    assert "has the name of one of" not in checked.stdout, checked


# ── canaries ──────────────────────────────────────────────────────────────────


def test_a_canary_that_is_well_takes_over_step_by_step(start_gateway):
    gateway = start(start_gateway, versions())
    with calls(gateway) as got:
        done = command(gateway, "start", "tool", "next", "--wait")
        assert done.returncode == 0, done
        seen = len(got)
        gateway.until(lambda: len(got) > seen + 3)
    assert [event["weight"] for event in gateway.events("canary.step")] == [10, 50, 100]
    assert gateway.events("canary.done", to="next")
    assert "error" not in json.dumps(got)
    assert texts(got)[-1] == "next" and "stable" in texts(got)
    assert weights(gateway) == {"stable": 0, "next": 100}
    assert "done" in done.stdout and "step 2 of 3" in done.stderr


@pytest.mark.parametrize("what,trigger,canary", [
    ("silent", "errors", {}),
    ("tool_error", "tool_errors", {}),
    ("slow", "latency", {"p95": "100ms"}),
    ("slow", "baseline", {"p95": "10s"}),
    ("exit", ("restart_loop", "health", "errors"), {}),
])
def test_a_canary_that_fails_is_rolled_back(start_gateway, what, trigger, canary):
    restart = {"backoff_initial": "1ms", "max_restarts": 2, "window": "1m", "crash_loop_pause": "1h"}
    gateway = start(start_gateway, versions(what=what, canary={**STEADY, **canary}, call_timeout="200ms" if what == "silent" else "10s",
                                            restart=restart))
    with calls(gateway) as got:
        ended = command(gateway, "start", "tool", "--wait", "--json")
        assert ended.returncode == 5, ended
        assert spread(gateway, 4) == ["stable"] * 4
    assert "stable" in texts(got)
    fired = json.loads(ended.stdout)["tool"]["canary"]["trigger"]["name"]
    assert fired in (trigger if isinstance(trigger, tuple) else (trigger,))
    assert gateway.events("canary.rolled_back")[-1]["trigger"] == fired
    assert gateway.metric("mcp_gateway_canary_rollbacks_total", server="tool", trigger=fired) == 1
    assert weights(gateway) == {"stable": 100, "next": 0}


def test_a_version_that_does_not_become_healthy_never_gets_a_session(start_gateway):
    gateway = start(start_gateway, versions(what="broken", canary={**QUICK, "ready_timeout": "1s"}), wait_for=["tool"])
    with calls(gateway) as got:
        ended = command(gateway, "start", "tool", "next", "--wait")
    assert ended.returncode == 5, ended
    assert set(texts(got)) == {"stable"} and "error" not in json.dumps(got)
    assert "was not healthy within 1s" in ended.stdout


def test_an_operator_promotes_or_rolls_back(start_gateway):
    gateway = start(start_gateway, versions(canary=STEADY))
    admitted(gateway)
    assert command(gateway, "start", "tool", "next").returncode == 0
    gateway.wait_for("canary.step", weight=50)
    assert "a canary of tool is under way" in command(gateway, "start", "tool", "next").stderr
    assert command(gateway, "weights", "tool", "next:10").returncode == 1
    assert command(gateway, "rollback", "tool").returncode == 0
    assert weights(gateway) == {"stable": 100, "next": 0}
    assert "no canary of tool is under way" in command(gateway, "promote", "tool").stderr
    assert command(gateway, "start", "tool", "next").returncode == 0
    assert command(gateway, "promote", "tool").returncode == 0
    assert weights(gateway) == {"stable": 0, "next": 100}
    assert spread(gateway, 3) == ["next"] * 3


@pytest.mark.parametrize("words,said", [
    (("start",), "expected the name of a service"),
    (("start", "nothing"), "there is no such service"),
    (("start", "tool", "later"), "tool has no version 'later'; it has next:0 stable:100"),
    (("weights", "tool", "next"), "expected VERSION:PERCENT such as next:25, found 'next'"),
    (("weights", "tool", "next:101"), "expected VERSION:PERCENT such as next:25, found 'next:101'"),
    (("weights", "tool", "next:60", "stable:60"), "expected weights of 100 in all, found 120"),
    (("status", "nothing"), "there is no service nothing with several versions"),
    (("status", "tool", "next"), "found 'next', and expected nothing there"),
])
def test_what_cannot_be_done_is_said_in_one_line(start_gateway, words, said):
    gateway = start(start_gateway, versions())
    ended = command(gateway, *words)
    assert ended.returncode in (1, 2) and said in ended.stderr and len(ended.stderr.splitlines()) == 1, ended
    assert weights(gateway) == {"stable": 100, "next": 0}


def test_only_the_admin_token_moves_a_service(start_gateway):
    gateway = start(start_gateway, versions())
    ended = command(gateway, "start", "tool", token="not-the-token-of-tests")
    assert ended.returncode == 1 and "this is not the admin token" in ended.stderr
    assert weights(gateway) == {"stable": 100, "next": 0}


# ── other configurations, other processes ─────────────────────────────────────


def test_weights_that_were_set_stay_while_the_configured_ones_do(start_gateway):
    gateway = start(start_gateway, versions(90, 10))
    admitted(gateway)
    assert command(gateway, "weights", "tool", "next:100").returncode == 0
    gateway.reload(config={"sse_keepalive": "20s"})
    assert weights(gateway) == {"stable": 0, "next": 100}
    gateway.reload({"tool": versions(80, 20)})
    assert weights(gateway) == {"stable": 80, "next": 20}


def test_a_version_is_added_and_removed_without_a_new_child_of_the_others(start_gateway):
    gateway = start(start_gateway, {"command": sys.executable, "args": does("stable")}, wait_for=["tool"])
    child = gateway.child_pid("tool")
    client = session(gateway)
    gateway.reload({"tool": versions(50, 50)})
    gateway.wait_for("service.ready", server="tool@next")
    admitted(gateway)
    assert set(spread(gateway, 6)) == {"stable", "next"}
    gateway.reload({"tool": {"command": sys.executable, "args": does("stable"), "canary": QUICK}})
    assert spread(gateway, 4) == ["stable"] * 4
    assert which(client) == "stable" and gateway.child_pid("tool") == child
    assert "mcp_gateway_version_weight{" not in gateway.metrics()
    gateway.reload({"tool": versions(30, 70)})
    assert gateway.metric("mcp_gateway_version_weight", server="tool") == 30
    assert gateway.metric("mcp_gateway_version_weight", server="tool@next") == 70


def test_a_canary_goes_on_in_the_process_after_a_kill_and_after_an_upgrade(start_gateway, tmp_path):
    kept = tmp_path / "state.json"
    service, config = versions(canary=STEADY), {"state_file": str(kept)}
    gateway = start(start_gateway, service, config)
    admitted(gateway)
    assert command(gateway, "start", "tool", "next").returncode == 0
    gateway.wait_for("canary.step", weight=50)
    gateway.process.send_signal(signal.SIGKILL)
    gateway.process.wait()
    gateway.until(lambda: all(is_gone(pid) for pid in gateway.processes()))
    again = start(start_gateway, service, config)
    again.wait_for("canary.step", weight=50)
    assert weights(again) == {"stable": 50, "next": 50}
    again.upgrade()
    again.until(lambda: len(again.events("canary.step", weight=50)) == 2)
    again.learn_ports()
    assert status(again)["canary"]["phase"] == "observe"
    assert command(again, "promote", "tool").returncode == 0
    last = start(start_gateway, service, config)
    assert weights(last) == {"stable": 0, "next": 100}


def test_who_waits_for_a_canary_that_a_reload_has_dropped_is_told_so(start_gateway, tmp_path):
    gateway = start(start_gateway, versions(canary=STEADY), {"state_file": str(tmp_path / "state.json")})
    admitted(gateway)
    waiting = subprocess.Popen([GATEWAY, "canary", "start", "tool", "--wait", "--url", str(gateway.ports["admin"])],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "MCP_GATEWAY_ADMIN_TOKEN": TOKEN})
    gateway.wait_for("canary.step", weight=50)
    gateway.reload({"tool": versions(90, 10, canary=STEADY)})
    gateway.wait_for("canary.dropped")
    said = waiting.communicate(timeout=60)
    assert waiting.returncode == 1 and "it ended otherwise meanwhile" in said[1], said


def test_a_rule_that_names_a_version_is_said_to_fit_nothing(tmp_path):
    file = tmp_path / "gateway.json"
    file.write_text(json.dumps({"gateway": {"policy": {"rules": [{"services": ["tool@next"], "effect": "deny"}]}},
                                "mcpServers": {"tool": versions()}}), encoding="utf-8")
    checked = subprocess.run([GATEWAY, "check", str(file)], capture_output=True, text=True, timeout=30)
    assert "No service is called 'tool@next'" in checked.stdout + checked.stderr, checked


def test_weights_are_kept_in_a_file_that_a_reload_names(start_gateway, tmp_path):
    kept = tmp_path / "state.json"
    gateway = start(start_gateway, versions())
    admitted(gateway)
    assert command(gateway, "weights", "tool", "next:70").returncode == 0
    gateway.reload(config={"state_file": str(kept)})
    assert json.loads(kept.read_text())["services"]["tool"]["weights"] == {"next": 70, "stable": 30}


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_state_file_that_is_none_does_not_stop_the_gateway(start_gateway, tmp_path, make):
    make(tmp_path / "state")
    gateway = start(start_gateway, versions(), {"state_file": str(tmp_path / "state")})
    assert gateway.events("canary.state_unreadable")


def test_a_state_file_that_cannot_be_read_is_said_and_the_configured_weights_hold(start_gateway, tmp_path):
    kept = tmp_path / "state.json"
    kept.write_text("{\"services\": 1", encoding="utf-8")
    gateway = start(start_gateway, versions(90, 10), {"state_file": str(kept)})
    assert gateway.events("canary.state_unreadable")
    assert weights(gateway) == {"stable": 90, "next": 10}


@pytest.mark.parametrize("service,said", [
    ({"versions": {"a": {}}}, "expected 2..8 versions, found 1"),
    ({"versions": {"a": {"weight": 50}, "b": {"weight": 60}}}, "expected weights of 100 in all, found 110"),
    ({"versions": {"a": {}, "b": {"weight": 101}}}, "expected 0..100, found 101"),
    ({"versions": {"a": {}, "b": {"listen": "127.0.0.1:0"}}}, "expected beside versions: it holds for all of them"),
    ({"versions": {"a": {"disabled": True}, "b": {}}}, "expected a first version that is not disabled"),
    ({"versions": {"a": {}, "b/c": {}}}, "expected a name of 1..64"),
    ({"versions": {"a": {}, "b": {"argss": []}}}, "unknown key 'argss'"),
    ({"canary": {"steps": [{"weight": 50}]}}, "expected steps of which the last has the weight 100"),
    ({"canary": {"steps": [{"weight": 50}, {"weight": 50}, {"weight": 100}]}},
     "expected more than the weight before (50), found 50"),
])
def test_versions_that_make_no_sense_are_refused(tmp_path, service, said):
    file = tmp_path / "gateway.json"
    file.write_text(json.dumps({"mcpServers": {"tool": {"command": "true", **service}}}), encoding="utf-8")
    checked = subprocess.run([GATEWAY, "check", str(file)], capture_output=True, text=True, timeout=30)
    assert checked.returncode != 0 and said in checked.stdout + checked.stderr, checked
