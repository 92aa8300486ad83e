"""What /metrics says of a real gateway, after things whose figures are known."""
import itertools
import json
import random
import re
import shutil
import subprocess
import threading
import time

import pytest

from clients import call, cancelled, message
from gateway_under_test import Gateway, chaos, echo, gated
from wire import TIMEOUT, Connection

NINE = ["memory", "filesystem", "monitoring", "n8n", "playwright", "timescaledb", "postgres", "github", "echo"]


def series(text):
    """The names and labels of all series of a page."""
    return {line.rsplit(" ", 1)[0] for line in text.splitlines() if line and not line.startswith("#")}


def families(text):
    return set(re.findall(r"^# TYPE (\S+) ", text, re.M))


def settled(start_gateway, services, config=None):
    """A gateway that has asked all that it asks by itself. A tool called before it is listed counts as _other."""
    gateway = start_gateway(services, config)
    for name in services:
        gateway.wait_for("service.tools", server=name)
    return gateway


def errors(gateway, service, code):
    return gateway.metric("mcp_server_rpc_errors_total", server=service, rpc_code=code)


def times_of_calls(gateway, service="chaos"):
    """Seconds that all tool calls took, and of these at the child, waiting, and in the gateway."""
    labels = {"server": service, "method": "tools/call"}
    return (gateway.metric("mcp_server_operation_duration_seconds_sum", **labels),
            gateway.metric("mcp_client_operation_duration_seconds_sum", **labels),
            gateway.metric("mcp_gateway_queue_seconds_sum", server=service),
            gateway.metric("mcp_gateway_overhead_seconds_sum", server=service))


# ── calls ────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_is_counted_in_each_of_its_series(start_gateway):
    gateway = settled(start_gateway, {"chaos": chaos()})
    client = gateway.sse("chaos")
    for _ in range(3):
        client.text("echo")
    labels = {"server": "chaos", "method": "tools/call"}
    assert gateway.metric("mcp_server_requests_total", transport="sse", outcome="ok", code="202", **labels) == 3
    assert gateway.metric("mcp_server_operation_duration_seconds_count", outcome="ok", **labels) == 3
    assert gateway.metric("mcp_client_operation_duration_seconds_count", **labels) == 3
    assert gateway.metric("mcp_server_tool_calls_total", server="chaos", tool="echo", outcome="ok") == 3
    assert gateway.metric("mcp_gateway_overhead_seconds_count", server="chaos") == 3
    assert gateway.metric("mcp_gateway_queue_seconds_count", server="chaos") == 0
    assert gateway.metric("mcp_gateway_http_requests_total", route="messages", code="202") == 3
    assert gateway.metric("mcp_gateway_http_requests_total", route="sse", code="200") == 1


ENDS = {  # how a call ends: the service, the tool that ends so, the status of an answer that is one body
    "ok": ("chaos", "echo", 200), "tool_error": ("chaos", "is_error", 200), "rpc_error": ("chaos", "rpc_error", 200),
    "timeout": ("hasty", "hang", 200), "child_exited": ("mortal", "die", 200), "unavailable": ("absent", "echo", 503),
    "busy": ("full", "echo", 503), "invalid": ("chaos", "doubled", 400)}


@pytest.fixture(scope="module")
def all_ends():
    """A gateway with a service for each way a call can end."""
    running = Gateway({"chaos": chaos(), "hasty": chaos(call_timeout="100ms"),
                       "mortal": chaos(restart={"backoff_initial": "10ms", "max_restarts": 100}),
                       "absent": {"command": "/no/such/program", "restart": {"max_restarts": 0}},
                       "full": chaos(max_calls=1, max_queue=1)}, wait_for=["chaos", "hasty", "mortal", "full"])
    running.wait_for("service.tools", server="full")  # which takes a turn, too
    for number in range(2):  # one at the child, one that waits
        running.sse("full").post(call("hang", id=number))
    running.wait_for("child.crash_loop", server="absent")
    yield running
    running.stop()


def bytes_of(tool):
    if tool == "doubled":
        return b'{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"echo","name":"echo"}}'
    return json.dumps(call(tool, {"code": 3} if tool == "die" else {}, id=5)).encode()


def counted_and_logged(gateway, outcome, code, transport, number):
    """How often such an end was counted, and the statuses in the log."""
    gateway.wait_for("request.done", count=number, outcome=outcome, transport=transport)
    return (gateway.metric("mcp_server_requests_total", method="tools/call", outcome=outcome, code=code, transport=transport),
            {event.get("code") for event in gateway.events("request.done", outcome=outcome, transport=transport)})


@pytest.mark.parametrize("outcome", ENDS)
def test_the_status_of_an_answer_is_counted_and_logged_as_it_was_sent(all_ends, outcome):
    service, tool, status = ENDS[outcome]
    response = all_ends.http(service).post(bytes_of(tool))
    assert response.status == status
    assert counted_and_logged(all_ends, outcome, str(status), "oneshot", 1) == (1, {status})


@pytest.mark.parametrize("outcome", [outcome for outcome in ENDS if outcome != "unavailable"])
def test_an_answer_on_a_stream_is_counted_and_logged_by_the_status_of_the_stream(all_ends, outcome):
    service, tool, _ = ENDS[outcome]
    client = all_ends.http(service)
    client.initialize()
    response = client.post(bytes_of(tool), {"Accept": "text/event-stream"})
    assert (response.status, response.stream.message()["id"]) == (200, 5)
    assert counted_and_logged(all_ends, outcome, "200", "http", 1) == (1, {200})


@pytest.mark.parametrize("outcome", ENDS)
def test_an_answer_of_legacy_sse_is_counted_and_logged_by_the_status_of_its_post(all_ends, outcome):
    service, tool, _ = ENDS[outcome]
    client = all_ends.sse(service)
    assert client.post(bytes_of(tool)).status == 202
    client.stream.answer(5)
    assert counted_and_logged(all_ends, outcome, "202", "sse", 1) == (1, {202})


def test_a_call_whose_client_is_gone_has_no_status_and_one_taken_back_that_of_its_end(start_gateway):
    gateway = start_gateway({"chaos": chaos()})
    gone = gateway.http("chaos").begin(call("hang"))
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 1)
    gone.close()
    assert counted_and_logged(gateway, "cancelled", "none", "oneshot", 1) == (1, {None})

    client = gateway.http("chaos")
    client.initialize()
    taken_back = client.begin(call("hang", id="a"))
    deleted = client.begin(call("hang", id="b"))
    gateway.until(lambda: gateway.health("chaos")["calls_in_flight"] == 2)
    client.post(cancelled("a"))
    assert taken_back.read_response().status == 200
    assert client.delete().status == 200
    assert deleted.read_response().status == 200
    assert counted_and_logged(gateway, "cancelled", "200", "http", 2) == (2, {200})


def test_the_time_of_a_call_is_the_childs_and_the_gateways(start_gateway):
    gateway = settled(start_gateway, {"chaos": chaos()})
    gateway.http("chaos").call("slow", {"ms": 300})
    took, at_child, waited, overhead = times_of_calls(gateway)
    assert 0.3 <= at_child < took
    assert waited == 0 < overhead
    assert abs(took - at_child - overhead) < 1e-6


def test_a_call_that_waits_for_its_turn_shows_how_long(start_gateway, tmp_path):
    gateway = settled(start_gateway, {"chaos": chaos(max_calls=1)})
    client = gateway.sse("chaos")
    client.post(call("slow", {"path": str(tmp_path / "gate")}, "first"))
    client.post(call("echo", {}, "second"))
    begun = gateway.health()["uptime_seconds"]
    gateway.until(lambda: gateway.health()["uptime_seconds"] > begun + 0.3)
    (tmp_path / "gate").touch()
    client.stream.answer("second")
    assert gateway.metric("mcp_gateway_queue_seconds_count", server="chaos") == 1
    took, at_child, waited, overhead = times_of_calls(gateway)
    assert waited > 0.2
    assert abs(took - at_child - waited - overhead) < 1e-6


def test_a_call_that_waits_for_a_child_to_start_shows_how_long(start_gateway, tmp_path):
    gateway = start_gateway({"chaos": gated(tmp_path / "gate")}, wait_for=[])
    client = gateway.sse("chaos")
    client.post(call("echo", {}, "waits"))
    (tmp_path / "gate").touch()
    client.stream.answer("waits")
    assert gateway.metric("mcp_gateway_queue_seconds_count", server="chaos") == 1


def test_errors_are_counted_by_their_code(start_gateway):
    gateway = settled(start_gateway, {"chaos": chaos()})
    client = gateway.http("chaos")
    client.call("rpc_error", {"code": -32602})
    client.call("rpc_error", {"code": -32002})
    client.request("no/such/method")
    assert client.post(b'{"jsonrpc":"2.0",').status == 400
    assert errors(gateway, "chaos", "-32602") == 1
    assert errors(gateway, "chaos", "other") == 1
    assert errors(gateway, "chaos", "-32601") == 1
    assert errors(gateway, "chaos", "-32700") == 1
    assert gateway.metric("mcp_server_rpc_errors_total") == 4


def test_tools_are_timed_where_that_is_wanted(start_gateway):
    gateway = settled(start_gateway, {"echo": echo()}, {"metrics": {"tool_durations": True}})
    gateway.http("echo").call("echo", {"text": "x"})
    assert gateway.metric("mcp_server_tool_duration_seconds_count", server="echo", tool="echo") == 1
    assert gateway.metric("mcp_server_tool_duration_seconds_count", server="echo", tool="big") == 0


def test_tools_are_there_before_they_are_called(start_gateway):
    gateway = settled(start_gateway, {"echo": echo()})
    assert 'mcp_server_tool_calls_total{outcome="tool_error",server="echo",tool="big"}' in series(gateway.metrics())
    assert "mcp_server_tool_duration_seconds" not in families(gateway.metrics())


# ── notifications and streams ────────────────────────────────────────────────────────────────────


def test_notifications_are_counted_both_ways(start_gateway):
    gateway = settled(start_gateway, {"chaos": chaos()})
    client = gateway.sse("chaos")
    client.post(call("slow", {"ms": 50, "progress_steps": 3}, "slow", progress_token="t"))
    client.stream.answer("slow")
    client.post(call("hang", {}, "hangs"))
    client.post(cancelled("hangs"))
    client.text("echo")
    noted = lambda direction, method: gateway.metric("mcp_server_notifications_total", server="chaos",
                                                     direction=direction, method="notifications/" + method)
    assert noted("out", "progress") == 3
    assert noted("in", "cancelled") == 1
    assert gateway.metric("mcp_server_notifications_total") == 4


def active(gateway, kind):
    return gateway.metric("mcp_gateway_streams_active", server="chaos", kind=kind)


def ended(gateway, reason):
    return gateway.metric("mcp_gateway_stream_disconnects_total", server="chaos", reason=reason)


def test_a_legacy_stream_is_counted_until_its_client_goes(start_gateway):
    gateway = settled(start_gateway, {"chaos": chaos()})
    client = gateway.sse("chaos")
    assert active(gateway, "sse") == 1
    client.close()
    gateway.until(lambda: active(gateway, "sse") == 0)
    assert ended(gateway, "client") == 1 and ended(gateway, "done") == 0


def test_streams_of_streamable_http_are_told_apart(start_gateway, tmp_path):
    gateway = settled(start_gateway, {"chaos": chaos()})
    client = gateway.http("chaos")
    client.initialize()
    standalone = client.get()
    slow = {"progress_steps": 2, "path": str(tmp_path / "gate")}
    asked = client.begin(call("slow", slow, "slow", progress_token="t"))
    answer = asked.read_response().stream
    answer.note("notifications/progress")
    assert (active(gateway, "http_get"), active(gateway, "http_post"), active(gateway, "sse")) == (1, 1, 0)
    (tmp_path / "gate").touch()
    answer.answer("slow")
    gateway.until(lambda: active(gateway, "http_post") == 0)
    assert ended(gateway, "done") == 1
    client.delete()
    gateway.until(lambda: active(gateway, "http_get") == 0)
    assert ended(gateway, "done") == 2
    standalone.stream.close()


def test_a_client_that_reads_nothing_shows_in_the_buffer_and_then_as_slow(start_gateway):
    gateway = settled(start_gateway, {"chaos": chaos()}, {"limits": {"max_client_queue_bytes": "64KiB"}})
    client = gateway.sse("chaos", receive_buffer=4096)
    client.post(call("big", {"bytes": 8 << 20}, "one"))  # a single answer may be larger than the bound
    gateway.until(lambda: gateway.metric("mcp_gateway_stream_buffer_bytes") > 1 << 20)
    client.post(call("echo", {}, "two"))
    gateway.until(lambda: ended(gateway, "slow") == 1)
    gateway.until(lambda: gateway.metric("mcp_gateway_stream_buffer_bytes") == 0)
    assert active(gateway, "sse") == 0


def test_a_client_that_takes_nothing_for_too_long_is_a_write_timeout(start_gateway):
    gateway = settled(start_gateway, {"chaos": chaos()}, {"limits": {"write_timeout": "500ms"}})
    client = gateway.sse("chaos", receive_buffer=4096)
    client.post(call("big", {"bytes": 8 << 20}, "one"))
    gateway.until(lambda: ended(gateway, "write_timeout") == 1)
    assert gateway.metric("mcp_gateway_sessions_closed_total", server="chaos", reason="slow") == 1


# ── children ─────────────────────────────────────────────────────────────────────────────────────


def child(gateway, name):
    return gateway.metric("mcp_child_" + name, server="chaos")


def test_what_a_child_and_its_grandchildren_take_is_added_up(start_gateway):
    family = chaos("--grandchild", "--daemonize-grandchild", recycle={"max_memory": "1GiB"})
    gateway = settled(start_gateway, {"chaos": family, "echo": echo()})
    gateway.until(lambda: child(gateway, "processes") == 3)
    assert child(gateway, "threads") >= 3
    assert child(gateway, "open_fds") >= 3
    assert child(gateway, "memory_limit_bytes") == 1 << 30
    before = child(gateway, "resident_memory_bytes")
    assert before > 1 << 20
    gateway.http("chaos").call("grow", {"bytes": 100 << 20})
    gateway.until(lambda: child(gateway, "resident_memory_bytes") > before + (90 << 20))
    assert child(gateway, "cpu_seconds_total") > 0
    # Another service's processes are its own.
    gateway.until(lambda: gateway.metric("mcp_child_processes", server="echo") == 1)
    assert gateway.metric("mcp_child_resident_memory_bytes", server="echo") < 20 << 20


def test_the_cpu_of_children_that_ended_is_kept(start_gateway):
    gateway = settled(start_gateway, {"chaos": chaos(restart={"backoff_initial": "10ms", "backoff_max": "20ms"})})
    gateway.http("chaos").call("die")
    gateway.wait_for("service.ready", count=2, server="chaos")
    # Starting Python takes some; nobody has looked at it before it ended.
    first = child(gateway, "cpu_seconds_total")
    assert first > 0
    gateway.http("chaos").call("die")
    gateway.wait_for("service.ready", count=3, server="chaos")
    assert child(gateway, "cpu_seconds_total") > first


def test_when_a_child_was_heard_last_is_told(start_gateway):
    began = time.time()
    gateway = settled(start_gateway, {"chaos": chaos()})
    gateway.until(lambda: child(gateway, "last_seen_timestamp_seconds") >= began - 1)
    assert child(gateway, "last_seen_timestamp_seconds") <= time.time() + 1


# ── the gateway ──────────────────────────────────────────────────────────────────────────────────


def test_limits_and_the_process_are_told(start_gateway):
    gateway = settled(start_gateway, {"echo": echo()}, {"limits": {"max_sessions": 77, "max_connections": 99}})
    assert gateway.metric("mcp_gateway_sessions_limit") == 77
    assert gateway.metric("mcp_gateway_connections_limit") == 99
    assert 0 < gateway.metric("process_open_fds") <= gateway.metric("process_max_fds")
    assert gateway.metric("process_resident_memory_bytes") < gateway.metric("process_virtual_memory_bytes")
    assert gateway.metric("process_threads") >= 3
    assert abs(gateway.metric("process_start_time_seconds") - time.time()) < 60
    gateway.until(lambda: gateway.metric("mcp_gateway_event_loop_lag_seconds_count") > 0)
    gateway.until(lambda: gateway.metric("mcp_gateway_log_lines_total", level="info") >= 3)


def nine_services():
    return {name: echo() for name in NINE}


def test_promtool_finds_nothing_to_say(start_gateway):
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("promtool is not installed")
    gateway = settled(start_gateway, {"chaos": chaos("--grandchild", probe={"tool": "echo", "interval": "100ms"},
                                                     expected_tools=["echo"], recycle={"max_memory": "1GiB"})},
                      {"metrics": {"tool_durations": True}})
    client = gateway.sse("chaos")
    client.text("echo")
    client.call("rpc_error")
    gateway.until(lambda: child(gateway, "probe_up") == 1)
    checked = subprocess.run([promtool, "check", "metrics"], input=gateway.metrics(), capture_output=True, text=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def requests_with_random_names(port, count, seed):
    """HTTP requests in which everything a client chooses differs, as bytes."""
    names = random.Random(seed)
    for number in range(count):
        name = "%016x" % names.getrandbits(64)
        params = {"name": name, "arguments": {name: name}} if number % 2 else {"uri": "x://" + name}
        body = json.dumps(message("tools/call" if number % 2 else "m/" + name, params, number)).encode()
        host = "127.0.0.1:%d" % port if number % 4 else name + ".example"
        path = "/echo/mcp" if number % 8 != 3 else "/" + name
        yield (("POST %s?%s=%s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nUser-Agent: %s\r\n"
                "X-%s: %s\r\nContent-Length: %d\r\n\r\n") % (path, name, name, host, name, name, name, len(body))
               ).encode() + body


def statuses_of(gateway, count, seed):
    """Sends so many of them down one connection, each without waiting for the answer before it."""
    connection = Connection(gateway.port)

    def send():
        requests = requests_with_random_names(gateway.port, count, seed)
        while batch := b"".join(itertools.islice(requests, 100)):
            connection.send(batch)

    sender = threading.Thread(target=send)
    sender.start()
    statuses = []
    deadline = time.monotonic() + 10 * TIMEOUT
    while len(statuses) < count:
        assert connection.receive(deadline), "closed after %d answers" % len(statuses)
        lines = connection.take(connection.buffer.rfind(b"\n") + 1)
        statuses += [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", lines)]
    sender.join()
    connection.close()
    return statuses


def test_whatever_clients_send_adds_no_series(start_gateway):
    gateway = settled(start_gateway, nine_services())
    assert {200, 403, 404} <= set(statuses_of(gateway, 100, 1))
    before = series(gateway.metrics())
    statuses_of(gateway, 100_000, 2)
    text = gateway.metrics()
    assert series(text) == before
    assert len(before) <= 10_000 and len(text) <= 1_500_000


def test_a_scrape_of_nine_services_in_use_is_whole_and_how_long_it_takes_is_printed(start_gateway):
    gateway = settled(start_gateway, nine_services())
    for name in NINE:
        client = gateway.http(name)
        client.initialize()
        for tool, arguments in (("echo", {"text": "x"}), ("big", {"bytes": 10}), ("no_such_tool", {})):
            client.call(tool, arguments)
        client.request("ping")
        client.request("resources/list")
    times = []
    for _ in range(20):
        begun = time.monotonic()
        text = gateway.metrics()
        times.append((time.monotonic() - begun) * 1000)
    print("a scrape of %d series, %d KB: median %.1f ms, longest %.1f ms" % (
        len(series(text)), len(text) // 1024, sorted(times)[10], max(times)))
    for name in NINE:
        assert 'mcp_server_tool_calls_total{outcome="ok",server="%s",tool="echo"}' % name in series(text)
