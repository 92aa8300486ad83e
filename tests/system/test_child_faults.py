"""Children that crash, hang, flood, lie, or will not start or end: they hurt their own calls and nobody else's."""
import json
import os
import re
import signal
import sys
import time

import pytest

from clients import call, message
from gateway_under_test import chaos, echo, gated, impatient, is_gone

SOON = {"backoff_initial": "10ms", "backoff_max": "50ms", "max_restarts": 1000}
QUICK_STOP = {"stdin_grace": "200ms", "term_grace": "200ms"}
# Bytes of a gateway that gathers nothing. A sanitizer keeps what was freed for a while, and shadows it.
MODEST = (512 if os.environ.get("SYSTEM_TESTS_SANITIZED") else 64) << 20


def pid_of(client):
    return json.loads(client.text("pid"))["pid"]


def opened(gateway, service="chaos", **options):
    """One client of each kind, after its handshake."""
    clients = gateway.sse(service, **options), gateway.http(service)
    for client in clients:
        client.initialize()
    return clients


def reason(answer):
    assert answer["error"]["code"] == -32603, answer
    return answer["error"]["data"]["reason"]


# ── ends ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_killed_child_fails_all_its_calls_at_once_and_the_sessions_live_on(start_gateway):
    """Case 79, F01: 50 calls in flight."""
    gateway = start_gateway({"chaos": chaos(restart=SOON), "echo": echo()})
    a, b = opened(gateway)
    other = gateway.http("echo")
    asleep = other.begin(call("sleep", {"ms": 1000}))
    pid = pid_of(a)
    for number in range(40):
        a.post(call("hang", id=number))
    waiting = [b.begin(call("hang", id=number)) for number in range(10)]
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 50)
    os.kill(pid, signal.SIGKILL)

    answers = [a.stream.answer(number) for number in range(40)]
    for connection in waiting:
        response = connection.read_response()
        assert response.status == 200
        answers.append(response.json)
    for answer in answers:
        assert answer["error"] == {
            "code": -32603, "message": "the server 'chaos' cannot answer: it ended with signal 9 (Killed)",
            "data": {"reason": "child_exited", "server": "chaos", "retryable": False}}
    for client in (a, b):
        assert client.text("echo", {"x": 1}) == '{"x": 1}'
        assert [each["method"] for each in client.seen_by_child()["received"]].count("initialize") == 1
    assert pid_of(b) != pid
    assert all('"hang"' not in each["params"] for each in a.seen_by_child()["received"])  # nothing is asked twice
    assert asleep.read_response().json["result"]["content"][0]["text"] == "slept"
    assert gateway.events("child.exit", server="chaos")[0]["exit"] == "signal 9 (Killed)"
    assert gateway.metric("mcp_child_restarts_total", server="chaos", reason="signal") == 1
    assert gateway.health("echo")["restarts"] == 0


@pytest.mark.parametrize("how, said, label", [
    ({"code": 3}, "exit status 3", "exit"), ({"code": 0}, "exit status 0", "exit"), ({"code": 127}, "exit status 127", "exit"),
    ({"signal": signal.SIGSEGV}, "signal 11 (Segmentation fault)", "signal"),
    ({"signal": signal.SIGABRT}, "signal 6 (Aborted)", "signal"),
], ids=["exit 3", "exit 0", "exit 127", "SEGV", "ABRT"])
def test_a_child_that_ends_in_mid_call_is_named_with_how_it_ended_and_not_with_what_it_wrote(start_gateway, how, said, label):
    """Case 79, F02."""
    gateway = start_gateway({"chaos": chaos(restart=SOON)})
    a, b = opened(gateway)
    a.post(call("hang", id="bystander"))
    answer = b.call("die", {key: int(value) for key, value in how.items()})
    assert answer["error"]["message"] == "the server 'chaos' cannot answer: it ended with " + said
    assert reason(a.stream.answer("bystander")) == "child_exited"
    assert gateway.wait_for("child.exit")["exit"] == said
    assert "chaos: dying as asked" in gateway.wait_for("child.exit")["stderr_tail"]
    assert a.text("echo", {}) == b.text("echo", {}) == "{}"
    assert gateway.health("chaos")["last_exit"] == said
    assert gateway.metric("mcp_child_restarts_total", server="chaos", reason=label) == 1


def test_a_new_child_is_told_what_the_old_one_knew(start_gateway):
    """Case 79, F20: log level, subscriptions; clients hear that lists changed when they differ."""
    gateway = start_gateway({"chaos": chaos("--list-changed", "--declare", "logging,resources", restart=SOON, shared_logs="all")})
    a, b = opened(gateway)
    a.request("logging/setLevel", {"level": "warning"})
    a.request("resources/subscribe", {"uri": "chaos://kept"})
    b.request("resources/subscribe", {"uri": "chaos://left"})
    b.request("resources/unsubscribe", {"uri": "chaos://left"})
    a.text("change_tools")
    a.stream.note("notifications/tools/list_changed")

    os.kill(gateway.child_pid("chaos"), signal.SIGKILL)
    assert a.stream.note("notifications/tools/list_changed")  # extra_1 is gone
    gateway.wait_for("service.ready", count=2, server="chaos")
    received = [(each["method"], each["params"]) for each in b.seen_by_child()["received"]]
    assert [method for method, _ in received[:2]] == ["initialize", "notifications/initialized"]
    assert received.count(("logging/setLevel", '{"level":"warning"}')) == 1
    assert received.count(("resources/subscribe", '{"uri":"chaos://kept"}')) == 1
    assert not any("chaos://left" in params for _, params in received)
    b.text("update_resource", {"uri": "chaos://kept"})
    assert a.stream.note("notifications/resources/updated")["params"] == {"uri": "chaos://kept"}


def test_a_new_child_with_the_same_tools_is_no_news(start_gateway):
    gateway = start_gateway({"chaos": chaos("--list-changed", restart=SOON)})
    a, _ = opened(gateway)
    gateway.wait_for("service.tools")
    os.kill(gateway.child_pid("chaos"), signal.SIGKILL)
    gateway.wait_for("service.tools", count=2)
    a.request("ping")
    assert "notifications/tools/list_changed" not in [event.json.get("method") for event in a.stream.unread]


def test_the_child_of_one_session_is_started_again_for_it(start_gateway):
    gateway = start_gateway({"own": chaos(isolation="session", restart=SOON)})
    a, b = opened(gateway, "own")
    pids = pid_of(a), pid_of(b)
    os.kill(pids[0], signal.SIGKILL)
    gateway.wait_for("child.exit")
    assert a.text("echo", {}) == "{}"
    assert pid_of(a) != pids[0] and pid_of(b) == pids[1]


# ── hangs ────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_that_is_not_answered_in_time_fails_and_is_cancelled_at_the_child(start_gateway):
    """F04."""
    gateway = start_gateway({"chaos": chaos(**impatient("hang"))})
    for client in opened(gateway):
        answer = client.call("hang")
        assert reason(answer) == "timeout"
        said = re.fullmatch(r"the server 'chaos' did not answer within (\d+\.\d) s", answer["error"]["message"])
        assert float(said[1]) >= 0.3
        assert client.text("echo", {}) == "{}"
    transcript = gateway.clients[0].seen_by_child()
    hung = [each["id"] for each in transcript["received"] if '"hang"' in each["params"]]
    assert transcript["cancelled"] == hung and len(hung) == 2
    assert gateway.metric("mcp_server_requests_total", method="tools/call", outcome="timeout") == 2


def test_progress_keeps_a_call_alive_up_to_its_limit(start_gateway):
    gateway = start_gateway({"patient": chaos(call_timeout="8s"), "limited": chaos(call_timeout="8s", call_timeout_max="8s")})
    a, b = gateway.sse("patient"), gateway.sse("limited")
    a.post(call("slow", {"ms": 10_000, "progress_steps": 100}, "within", progress_token=1))
    a.post(call("slow", {"ms": 600_000}, "silent"))
    b.post(call("slow", {"ms": 600_000, "progress_steps": 6000}, "beyond", progress_token=2))
    assert reason(a.stream.answer("silent")) == "timeout"
    assert reason(b.stream.answer("beyond")) == "timeout"
    assert a.stream.answer("within")["result"]["content"][0]["text"] == "slow"


def test_a_child_that_gives_no_sound_through_three_timeouts_is_ended_and_started_again(start_gateway):
    """F04."""
    gateway = start_gateway({"chaos": chaos(restart=SOON, **impatient("hang")), "echo": echo()})
    a, b = opened(gateway)
    pid = pid_of(a)
    os.kill(pid, signal.SIGSTOP)
    for number in range(3):
        assert gateway.events("child.hang") == []
        assert reason((a, b)[number % 2].call("hang")) == "timeout"
        assert gateway.http("echo").call("echo", {"text": "x"})["result"]["content"][0]["text"] == "x"
    assert gateway.wait_for("child.hang")["child.pid"] == pid
    gateway.wait_for("service.ready", count=2, server="chaos")
    assert a.text("echo", {}) == b.text("echo", {}) == "{}"
    assert gateway.metric("mcp_child_restarts_total", server="chaos", reason="hang") == 1


def test_timeouts_of_a_child_that_answers_others_do_not_end_it(start_gateway):
    gateway = start_gateway({"chaos": chaos(**impatient("hang"))})
    a, _ = opened(gateway)
    for _ in range(4):
        a.post(call("hang", id="hung"))
        assert a.text("echo", {}) == "{}"
        assert reason(a.stream.answer("hung")) == "timeout"
    assert gateway.events("child.hang") == gateway.events("child.exit") == []


# ── stdout ───────────────────────────────────────────────────────────────────────────────────────

NOISE = {"not_json": 9, "bad_shape": 5, "bad_utf8": 1}  # what chaos.NOISE is counted as


def test_noise_on_stdout_is_counted_and_the_next_message_is_fine(start_gateway):
    """Case 77, F09."""
    gateway = start_gateway({"chaos": chaos("--banner", "--bom", "--crlf")})
    a, b = opened(gateway)
    assert a.text("noise") == b.text("noise") == "noise"
    assert a.text("echo", {"x": "y"}) == '{"x": "y"}'
    for kind, count in NOISE.items():
        assert gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason=kind) == 3 * count
    events = gateway.wait_for("child.noise")
    assert events["line"] == "Chaos server 1.0 -- listening on stdio"
    assert not any("{" in event.get("line", "") for event in gateway.events("child.noise"))
    assert gateway.health("chaos")["restarts"] == 0


@pytest.mark.parametrize(("line", "kind", "shown"), [
    ("[INFO] Server listening on stdio", "not_json", "[INFO] Server listening on stdio"),
    ("[12:00:01] [warn] " + "x" * 300, "not_json", ("[12:00:01] [warn] " + "x" * 300)[:200]),
    ("[]", "bad_shape", "[]"),
    ('[{"jsonrpc":"2.0","id":$ID,"result":{"secret":1}}] and more', "not_json", None),
    ('[{"jsonrpc":"2.0","id":$ID,"result":{"secret":1}}, 7]', "bad_shape", None),
    ('[[{"jsonrpc":"2.0","id":$ID,"result":{"secret":1}}]]', "bad_shape", None)])
def test_a_line_that_only_begins_like_an_array_is_logged_whole(start_gateway, line, kind, shown):
    """Nothing of one that may be a message is shown, and none of it is taken for one."""
    gateway = start_gateway({"chaos": chaos()})
    a = gateway.sse("chaos")
    a.post(call("raw_line", {"line": line}, 7))
    event = gateway.wait_for("child.noise")
    assert (event["reason"], event.get("line")) == (kind, shown)
    assert event["bytes"] >= len(line.replace("$ID", "1"))
    assert len(gateway.events("child.noise")) == 1
    assert a.text("echo", {}) == "{}"
    assert not any(each.json.get("id") == 7 for each in a.stream.unread)


def test_messages_in_an_array_are_taken_one_by_one(start_gateway):
    """2025-03-26 allows it. What is no message among them is noise."""
    gateway = start_gateway({"chaos": chaos("--protocol", "2025-03-26")})
    a = gateway.sse("chaos")
    note = '{"jsonrpc":"2.0","method":"notifications/resources/list_changed"}'
    answer = a.call("raw_line", {"line": ' [%s , {"x":1},{"jsonrpc":"2.0","id":$ID,"result":{"ok":true}}]\r' % note})
    assert answer["result"] == {"ok": True}
    assert a.stream.note("notifications/resources/list_changed")
    assert gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason="bad_shape") == 1


def test_a_line_of_nothing_but_brackets_costs_one_line_of_noise(start_gateway):
    gateway = start_gateway({"chaos": chaos()})
    a = gateway.sse("chaos")
    for line in ("[" * 1_000_000 + "]" * 1_000_000, "[" * 3_000_000, '[{"a":' * 300_000 + "1" + "}]" * 300_000):
        a.post(call("raw_line", {"line": line}, a.next_id()))
    assert a.text("echo", {}) == "{}"
    assert gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason="not_json") == 2
    assert gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason="bad_shape") == 1
    assert gateway.events("child.exit") == []


def test_a_message_byte_by_byte_and_a_thousand_in_one_write_arrive_whole(start_gateway):
    """Case 78."""
    gateway = start_gateway({"chaos": chaos("--declare", "logging")})
    a = gateway.sse("chaos")
    assert a.text("split", {"bytes": 5000}) == "x" * 5000
    assert a.text("burst", {"count": 1000}) == "burst"
    logged = [event.json["params"]["data"] for event in a.stream.unread if event.json.get("method")]
    assert logged == list(range(1000))


def test_results_of_50_and_60_megabytes_pass(start_gateway):
    """Case 78."""
    gateway = start_gateway({"chaos": chaos()})
    a, b = opened(gateway)
    a.post(call("big", {"bytes": 50_000_000}, "big"))
    answer = a.stream.answer("big")
    assert answer["result"]["content"][0]["text"] == "x" * 50_000_000
    response = b.begin(call("big", {"bytes": 60_000_000}, "big")).read_response()
    assert response.json["result"]["content"][0]["text"] == "x" * 60_000_000
    assert a.text("echo", {}) == b.text("echo", {}) == "{}"


def test_a_result_over_the_limit_fails_its_call_only(start_gateway):
    """Case 78, F10."""
    gateway = start_gateway({"chaos": chaos()}, {"limits": {"max_result_bytes": "1MiB"}})
    a, b = opened(gateway)
    a.post(call("slow", {"ms": 1000}, "bystander"))
    for client in (a, b):
        answer = client.call("big", {"bytes": 3_000_000})
        assert reason(answer) == "result_too_large"
        assert answer["error"]["message"] == "the server's answer is larger than the limit of 1048576 bytes"
        assert client.text("big", {"bytes": 1_000_000}) == "x" * 1_000_000
    assert a.stream.answer("bystander")["result"]["content"][0]["text"] == "slow"
    assert gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason="too_long") == 2
    assert gateway.wait_for("child.noise", reason="too_long")["bytes"] > 3_000_000
    assert gateway.events("child.exit") == []


@pytest.mark.parametrize("form", ['{"result":%s,"jsonrpc":"2.0","id":$ID}', '{"jsonrpc":"2.0","result":%s,"id":$ID}',
                                  '{"id":$ID,"jsonrpc":"2.0","result":%s}'])
def test_a_result_over_the_limit_finds_its_call_wherever_the_id_stands(start_gateway, form):
    """Servers on the TypeScript SDK write it last. An id within the result is nobody's."""
    gateway = start_gateway({"chaos": chaos()}, {"limits": {"max_result_bytes": "1MiB"}})
    a = gateway.sse("chaos")
    a.post(call("slow", {"ms": 1000}, "bystander"))
    id_of_bystander = int(a.call("echo")["result"]["structuredContent"]["id"]) - 1
    result = '{"id":%d,"text":"%s","more":{"id":%d}}' % (id_of_bystander, "x" * 2_000_000, id_of_bystander)
    assert reason(a.call("raw_line", {"line": form % result})) == "result_too_large"
    assert a.stream.answer("bystander")["result"]["content"][0]["text"] == "slow"


def test_a_list_of_tools_over_the_limit_does_not_keep_a_later_one_from_being_known(start_gateway):
    """The gateway's own questions can fail like a client's."""
    server = """
import json, sys
long = True
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked: continue
    if asked["method"] == "initialize":
        result = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {"listChanged": True}}, "serverInfo": {}}
    elif asked["method"] == "tools/list":
        result = {"tools": [{"name": "a", "description": "x" * 100_000 if long else "", "inputSchema": {"type": "object"}}]}
        long = False
    else:
        result = {}
        print('{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}')
    print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
"""
    gateway = start_gateway({"long": {"command": sys.executable, "args": ["-c", server]}},
                            {"limits": {"max_result_bytes": "64KiB"}})
    gateway.until(lambda: gateway.metric("mcp_child_protocol_errors_total", reason="too_long") == 1)
    assert gateway.http("long").call("a")["result"] == {}
    assert gateway.wait_for("service.tools")["tools"] == 1


def test_a_flood_without_a_newline_costs_no_memory_and_no_other_service(start_gateway):
    """F06."""
    gateway = start_gateway({"chaos": chaos(), "echo": echo()}, {"limits": {"max_result_bytes": "1MiB"}})
    a, _ = opened(gateway)
    before = resident_bytes(gateway)
    a.post(call("flood", {"bytes": 300 << 20, "newline": True}, "flood"))
    for _ in range(20):
        assert gateway.http("echo").call("echo", {"text": "x"})["result"]["content"][0]["text"] == "x"
    assert a.stream.answer("flood")["result"]["content"][0]["text"] == "flood"
    assert resident_bytes(gateway) - before < 16 << 20
    assert a.text("echo", {}) == "{}"


def resident_bytes(gateway):
    with open("/proc/%d/statm" % gateway.process.pid, encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_flood_of_notifications_reaches_its_client_in_order(start_gateway):
    """F07."""
    gateway = start_gateway({"chaos": chaos("--declare", "logging"), "echo": echo()})
    a = gateway.sse("chaos")
    a.post(call("notify_flood", {"count": 20_000}, "flood"))
    assert gateway.http("echo").call("echo", {"text": "x"})["result"]["content"][0]["text"] == "x"
    assert [a.stream.message()["params"]["data"] for _ in range(20_000)] == list(range(20_000))
    assert a.stream.answer("flood")["result"]["content"][0]["text"] == "notify_flood"


# ── answers that are none ────────────────────────────────────────────────────────────────────────


def test_second_and_foreign_answers_are_dropped_and_counted(start_gateway):
    """Case 10, F12, F13."""
    gateway = start_gateway({"chaos": chaos()})
    a, b = opened(gateway)
    assert a.text("twice") == "first"
    assert a.text("wrong_id") == "right id"
    assert a.text("string_id") == "string id"
    assert a.text("null_error") == "right id"
    for client in (a, b):
        client.request("ping")
    assert a.stream.unread == []
    assert gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason="unknown_id") == 4


@pytest.mark.parametrize("line, expected", [
    ('[{"jsonrpc":"2.0","id":$ID,"result":{"n":1}},{"jsonrpc":"2.0","method":"notifications/message","params":{}}]', '{"n":1}'),
    ('{"jsonrpc":"2.0","id":$ID,"method":"ping"}\n{"jsonrpc":"2.0","id":$ID,"result":{"n":2}}', '{"n":2}'),
    ('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$ID,"progress":1}}\n'
     '{"jsonrpc":"2.0","id":$ID,"result":{"n":3}}', '{"n":3}'),
    ('  {"jsonrpc":"2.0","id":$ID,"result":{"n":1.0, "u":"\\ud800\\u0000","n":1e400}}  ', '{"n":1.0, "u":"\\ud800\\u0000","n":1e400}'),
    ('{"id":$ID,"result":{"n":5}}\n{"jsonrpc":"2.0","id":$ID,"result":{"n":6}}', '{"n":6}'),
], ids=["array", "a request with the same id", "progress nobody asked for", "escapes and numbers as they are", "no jsonrpc"])
def test_odd_lines_do_what_they_say_and_no_more(start_gateway, line, expected):
    """F11, F13."""
    gateway = start_gateway({"chaos": chaos()})
    a = gateway.sse("chaos")
    a.post(call("raw_line", {"line": line}, "odd"))
    event = a.stream.take()
    assert event.data == '{"jsonrpc":"2.0","id":"odd","result":%s}' % expected
    assert a.text("echo", {}) == "{}"
    assert a.stream.unread == []


def test_an_answer_that_is_no_utf_8_is_dropped(start_gateway):
    """F11."""
    gateway = start_gateway({"chaos": chaos(**impatient("raw_line"))})
    a = gateway.http("chaos")
    answer = a.call("raw_line", {"line": '{"jsonrpc":"2.0","id":$ID,"result":{"text":"\ud800"}}'})
    assert reason(answer) == "timeout"
    gateway.until(lambda: gateway.metric("mcp_child_protocol_errors_total", server="chaos", reason="bad_utf8") == 1)


# ── stderr ───────────────────────────────────────────────────────────────────────────────────────


def test_a_flood_of_stderr_blocks_nothing_and_is_logged_in_part(start_gateway):
    """Case 82, F08."""
    begun = time.monotonic()
    gateway = start_gateway({"chaos": chaos("--stderr-flood", stderr_lines_per_second=10), "echo": echo()})
    a, b = opened(gateway)
    gateway.until(lambda: gateway.metric("mcp_child_stderr_lines_total", server="chaos") > 50_000)
    assert a.text("echo", {}) == b.text("echo", {}) == "{}"
    assert gateway.http("echo").call("echo", {"text": "x"})["result"]["content"][0]["text"] == "x"
    assert resident_bytes(gateway) < MODEST
    gateway.wait_for("child.stderr", count=10, server="chaos")
    lines = len(gateway.events("child.stderr", server="chaos"))
    assert lines <= 10 + 10 * (time.monotonic() - begun)
    assert gateway.wait_for("child.stderr_suppressed", server="chaos")["lines"] > 0
    assert gateway.events("child.exit") == []


# ── stdin ────────────────────────────────────────────────────────────────────────────────────────


def test_a_child_that_stops_reading_has_calls_refused_when_its_queue_is_full(start_gateway):
    """Case 81, F14."""
    gateway = start_gateway({"chaos": chaos(stop=QUICK_STOP), "echo": echo()}, {"limits": {"max_stdin_queue_bytes": "64KiB"}})
    a, b = opened(gateway)
    a.text("stop_reading")
    long = {"text": "x" * 20_000}
    for number in range(100):  # the pipe holds a megabyte
        a.post(call("echo", long, number))
    refused = a.stream.message()
    assert reason(refused) == "queue_full" and refused["error"]["data"]["retryable"] is True
    response = b.post(call("echo", {}, "late"))
    assert (response.status, response["retry-after"], reason(response.json)) == (503, "1", "queue_full")
    assert gateway.http("echo").call("echo", {"text": "x"})["result"]["content"][0]["text"] == "x"
    assert gateway.metric("mcp_gateway_rejected_total", server="chaos", reason="queue_full") >= 2


@pytest.mark.parametrize("end", ["stdin", "stdout"])
def test_a_child_that_closes_a_pipe_but_lives_is_ended_and_started_again(start_gateway, end):
    """F15."""
    server = """
import json, os, sys, time
id = json.loads(sys.stdin.readline())["id"]
result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {}}
print(json.dumps({"jsonrpc": "2.0", "id": id, "result": result}), flush=True)
while "tools/call" not in sys.stdin.readline(): pass
os.close(0)
time.sleep(60)
"""
    if end == "stdin":
        service = {"command": sys.executable, "args": ["-c", server], "restart": SOON, "era": "legacy"}
        gateway = start_gateway({"half": service})
        a = gateway.sse("half")
        a.post(call("hang", id="in flight"))

        # Nothing tells the gateway but a write that fails.
        gateway.until(lambda: a.post(call("hang", id=a.next_id())) and gateway.events("child.exit"))
        assert reason(a.stream.answer("in flight")) == "child_exited"
    else:
        gateway = start_gateway({"half": chaos(restart=SOON)})
        a, b = opened(gateway, "half")
        assert a.text("close_stdout") == "closing"
        assert reason(b.call("echo")) == "child_exited"
        assert a.text("echo", {}) == "{}"
    gateway.wait_for("service.ready", count=2)


# ── starts ───────────────────────────────────────────────────────────────────────────────────────


def test_a_crash_loop_is_refused_at_once_and_other_services_work(start_gateway):
    """Case 79, F03."""
    restart = {"backoff_initial": "10ms", "max_restarts": 3, "crash_loop_pause": "1h"}
    gateway = start_gateway({"loop": chaos("--exit-at-start", "9", restart=restart, call_timeout="1h", call_timeout_max="1h"),
                             "echo": echo()}, wait_for=["echo"])
    assert gateway.wait_for("child.crash_loop", server="loop")["reason"] == "it ended with exit status 9"
    assert len(gateway.events("child.start", server="loop")) == 4

    for posted in (call("echo"), message("initialize", {"protocolVersion": "2025-11-25"}, 1)):
        response = gateway.http("loop").post(posted)  # whoever waits here waits an hour
        assert (response.status, response["retry-after"], reason(response.json)) == (503, "1", "not_running")
        assert response.json["error"]["message"] == ("the server 'loop' is not running: it ended with exit status 9; "
                                                     "it ended too often and rests for 3600 s")
    a = gateway.sse("loop")
    assert reason(a.request("initialize", {"protocolVersion": "2024-11-05"})) == "not_running"
    assert a.request("ping")["result"] == {}

    assert gateway.http("echo").call("echo", {"text": "x"})["result"]["content"][0]["text"] == "x"
    page = gateway.health()
    assert page["status"] == "DEGRADED"
    assert (page["servers"]["loop"]["status"], page["servers"]["loop"]["state"]) == ("UNHEALTHY", "crash_loop")
    assert page["servers"]["echo"]["status"] == "HEALTHY"
    assert gateway.admin("/readyz").status == 200


def test_a_crash_loop_is_tried_again_after_its_pause(start_gateway):
    restart = {"backoff_initial": "10ms", "max_restarts": 1, "crash_loop_pause": "1s"}
    gateway = start_gateway({"loop": chaos("--exit-at-start", "9", restart=restart)}, wait_for=())
    gateway.wait_for("child.crash_loop", count=2)
    so_far = [event["event"] for event in gateway.log.events]
    at = [number for number, name in enumerate(so_far) if name == "child.crash_loop"]
    assert so_far[:at[0]].count("child.start") == so_far[at[0]:at[1]].count("child.start") == 2


def test_a_required_service_in_a_crash_loop_makes_the_gateway_unhealthy(start_gateway):
    restart = {"backoff_initial": "10ms", "max_restarts": 0, "crash_loop_pause": "1h"}
    gateway = start_gateway({"loop": chaos("--exit-at-start", "9", restart=restart, required=True), "echo": echo()}, wait_for=["echo"])
    gateway.wait_for("child.crash_loop")
    response = gateway.admin("/health")
    assert (response.status, response.json["status"]) == (503, "UNHEALTHY")
    assert gateway.admin("/readyz").status == 503
    assert gateway.admin("/livez").status == 200


def test_a_program_that_is_missing_is_told_to_the_operator_and_its_paths_not_to_clients(start_gateway):
    """F18."""
    restart = {"backoff_initial": "10ms", "max_restarts": 0, "crash_loop_pause": "1h"}
    gateway = start_gateway({"missing": {"command": "no-such-program-7", "restart": restart}, "echo": echo()}, wait_for=["echo"])
    event = gateway.wait_for("child.crash_loop", server="missing")
    assert event["reason"].startswith("cannot start 'no-such-program-7': not found in PATH (")
    assert gateway.health("missing")["reason"] == event["reason"]
    answer = gateway.http("missing").call("x")
    assert answer["error"]["message"] == ("the server 'missing' is not running: its program cannot be started; "
                                          "it ended too often and rests for 3600 s")
    assert gateway.metric("mcp_child_spawn_failures_total", server="missing") == 1


def test_while_a_child_starts_the_stream_opens_at_once_and_initialize_waits(start_gateway, tmp_path):
    """Cases 31 and 80, F05."""
    gate = tmp_path / "gate"
    gateway = start_gateway({"slow": gated(gate), "echo": echo()}, wait_for=["echo"])
    a, b = gateway.sse("slow"), gateway.http("slow")
    assert a.request("ping")["result"] == {}
    assert gateway.http("echo").call("echo", {"text": "x"})["result"]["content"][0]["text"] == "x"
    assert gateway.health("slow")["state"] == "starting"
    waiting = b.begin(call("echo", {}, "early"))
    assert gateway.events("service.ready", server="slow") == []
    gate.touch()
    assert a.initialize()["serverInfo"]["name"] == "chaos"
    assert waiting.read_response().json["result"]["content"][0]["text"] == "{}"
    assert [each["method"] for each in a.seen_by_child()["received"]].count("initialize") == 1


def test_more_calls_than_may_wait_for_a_start_are_refused(start_gateway, tmp_path):
    """F05."""
    gate = tmp_path / "gate"
    gateway = start_gateway({"slow": gated(gate, max_queue=3)}, wait_for=())
    a = gateway.sse("slow")
    for number in range(4):
        a.post(call("echo", {}, number))
    assert reason(a.stream.answer(3)) == "queue_full"
    gate.touch()
    assert [a.stream.answer(number)["result"]["content"][0]["text"] for number in range(3)] == ["{}"] * 3


@pytest.mark.parametrize("flags, said", [
    (["--never-initialize"], "it did not answer initialize within 0.3 s"),
    (["--refuse-initialize"], "it refused initialize: chaos refuses to start"),
    (["--exit-at-start", "3"], "it ended with exit status 3"),
], ids=["never initializes", "refuses to initialize", "exits at start"])
def test_a_child_that_does_not_start_fails_those_who_wait_with_the_reason(start_gateway, flags, said):
    """F05."""
    restart = {"backoff_initial": "10ms", "max_restarts": 2, "crash_loop_pause": "1h"}
    gateway = start_gateway({"bad": chaos("--start-delay", "0.5", *flags, start_timeout="300ms" if "--never" in flags[0] else "1m",
                                          restart=restart), "echo": echo()}, wait_for=["echo"])
    a, b = gateway.sse("bad"), gateway.http("bad")
    a.post(message("initialize", {"protocolVersion": "2024-11-05"}, "init"))
    response = b.post(message("initialize", {"protocolVersion": "2025-11-25"}, "init"))
    assert (response.status, response["mcp-session-id"]) == (503, None)
    for answer in (a.stream.answer("init"), response.json):
        assert reason(answer) == "not_running"
        assert said in answer["error"]["message"]
    gateway.wait_for("child.crash_loop", server="bad")
    assert gateway.health("bad")["children"] == 0
    assert gateway.http("echo").call("echo", {"text": "x"})["result"]["content"][0]["text"] == "x"


def test_a_call_to_a_child_of_its_own_that_cannot_start_ends_with_its_time(start_gateway):
    """The session lives as long as the call, the child as long as the session."""
    gateway = start_gateway({"own": {"command": "no-such-program-7", "isolation": "session", "call_timeout": "100ms",
                                     "restart": {"backoff_initial": "1h", "backoff_max": "1h"}}, "echo": echo()}, wait_for=["echo"])
    waiting = [gateway.http("own").begin(call("x")) for _ in range(5)]
    for connection in waiting:
        answer = connection.read_response().json
        assert reason(answer) == "timeout"
    page = gateway.health("own")
    assert (page["children"], page["sessions"], page["state"]) == (0, 0, "on_demand")


# ── stops ────────────────────────────────────────────────────────────────────────────────────────


def test_a_child_that_ignores_the_end_of_stdin_and_sigterm_is_killed_with_its_relatives(start_gateway):
    """Case 83, F16."""
    gateway = start_gateway({"stubborn": chaos("--ignore-sigterm", "--ignore-stdin-close", "--grandchild",
                                               "--daemonize-grandchild", stop=QUICK_STOP)})
    said = json.loads(gateway.sse("stubborn").text("pid"))
    assert len(said["grandchildren"]) == 2
    gateway.stop()
    assert all(is_gone(pid) for pid in [said["pid"], *said["grandchildren"]])
    assert gateway.events("child.exit")[0]["exit"] == "signal 9 (Killed)"


def test_a_grandchild_that_holds_stdout_does_not_hide_its_parents_end_and_goes_with_it(start_gateway):
    """Case 83, F15, F16."""
    gateway = start_gateway({"family": chaos("--grandchild", "--daemonize-grandchild", restart=SOON)})
    a = gateway.sse("family")
    first = json.loads(a.text("pid"))
    a.post(call("hang", id="hung"))
    os.kill(first["pid"], signal.SIGKILL)
    assert reason(a.stream.answer("hung")) == "child_exited"
    assert all(is_gone(pid) for pid in first["grandchildren"])
    second = json.loads(a.text("pid"))
    assert set(second["grandchildren"]).isdisjoint(first["grandchildren"])
    assert not any(is_gone(pid, timeout=0) for pid in second["grandchildren"])


def test_a_session_that_ends_takes_its_child_and_grandchildren_along(start_gateway):
    gateway = start_gateway({"own": chaos("--daemonize-grandchild", isolation="session", stop=QUICK_STOP)})
    a, b = opened(gateway, "own")
    families = [json.loads(client.text("pid")) for client in (a, b)]
    a.close()
    assert b.delete().status == 200
    for family in families:
        assert all(is_gone(pid) for pid in [family["pid"], *family["grandchildren"]])
    gateway.until(lambda: gateway.health("own")["children"] == 0)


def test_all_services_killed_at_once_come_back(start_gateway):
    """F19."""
    names = ["s%d" % number for number in range(6)]
    gateway = start_gateway({name: echo(restart=SOON) for name in names})
    for name in names:
        os.kill(gateway.child_pid(name), signal.SIGKILL)
    for name in names:
        gateway.wait_for("service.ready", count=2, server=name)
        assert gateway.http(name).call("echo", {"text": name})["result"]["content"][0]["text"] == name
