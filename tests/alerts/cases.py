"""When each alert of compose/prometheus/rules fires and when not, as a table. `promtool_files.py` writes it out for promtool.

A case has a function that makes series at a level: of what is measured, at one gateway and server. From it come tests that

- the alert fires at the level `over`, `after` its first samples plus its `for`, and a step earlier does not;
- that it is told of that server alone, while another is `calm`;
- that it is resolved `calm_after` the level is `calm` again, or its series have ended;
- that it is silent at `under`, also when counters begin again at 0, when all is 0, and without any series.

`tests` are further ones: a title, series or phases of series with how long each lasts, and what is seen when: "5m no, 6m yes"
(nothing: it never fires). A step is 15 s, unless days are needed.
"""
from dataclasses import dataclass, field
from typing import Callable, Optional

MIB = 1 << 20


@dataclass
class Gains:
    """A value that grows by so much each step."""
    name: str
    each: float
    start: float = 0


@dataclass
class Stays:
    name: str
    value: float


@dataclass
class Steps:
    """A counter that gains 1 at each of these steps."""
    name: str
    at: tuple


@dataclass
class Case:
    alert: str
    series: Optional[Callable] = None  # (level, labels of a server) -> series; without it there are only `tests`
    over: float = 1
    under: float = 0
    calm: float = 0
    told: str = "instance server"  # the labels that tell whose alert it is
    more: dict = field(default_factory=dict)  # and others it has, beside those of the rule
    after: str = "0s"  # a rate, say, needs a second sample
    calm_after: str = "0s"
    step: str = "15s"
    fires_at_zero: bool = False
    fires_without: bool = False
    tests: dict = field(default_factory=dict)


BAD = {"job": "mcp-gateway", "instance": "gateway-1:9090", "server": "memory"}
GOOD = {"job": "mcp-gateway", "instance": "gateway-2:9090", "server": "files"}


def named(name, labels, **more):
    return name + "{" + ",".join(f'{key}="{value}"' for key, value in {**labels, **more}.items()) + "}"


def of_gateway(labels):
    return {key: value for key, value in labels.items() if key != "server"}


# --- what is measured, at a level


def gauge(name, **more):
    return lambda level, labels: [Stays(named(name, labels, **more), level)]


def gateway_gauge(name, **more):
    return lambda level, labels: [Stays(named(name, of_gateway(labels), **more), level)]


def rate(name, **more):
    """The level is what is counted in a second."""
    return lambda level, labels: [Gains(named(name, labels, **more), level * 15)]


def gateway_rate(name, **more):
    return lambda level, labels: [Gains(named(name, of_gateway(labels), **more), level * 15)]


def increase(name, seconds, **more):
    """The level is what `increase` reads over so many seconds, once they have passed."""
    return lambda level, labels: [Gains(named(name, labels, **more), level * 15 / seconds)]


def requests(share, labels=BAD, a_second=100, step=15):
    """The level is the share that fails."""
    def of(outcome, share):
        return Gains(named("mcp_server_requests_total", labels, transport="http", method="tools/call", outcome=outcome, code="200"),
                     a_second * step * share)
    return [of("ok", 1 - share), of("timeout", share)]


def by_minute(share, labels=BAD, a_second=100):
    return requests(share, labels, a_second, 60)


def by_five_minutes(share, labels=BAD, a_second=100):
    return requests(share, labels, a_second, 300)


def tool_calls(share, a_second=100, cancelled=0.0):
    def of(outcome, share):
        return Gains(named("mcp_server_tool_calls_total", BAD, tool="a", outcome=outcome), a_second * 300 * share)
    return [of("ok", 1 - share - cancelled), of("tool_error", share), of("cancelled", cancelled)]


def histogram(name, labels, quantile, seconds, a_step, **more):
    """Values below and above 0 s, up to 20 s, so that histogram_quantile reads `seconds` for that quantile."""
    place = seconds / 20
    shares = {"0": (quantile - place) / (1 - place), "20": 1, "+Inf": 1}
    return [*(Gains(named(name + "_bucket", labels, **more, le=bound), a_step * share) for bound, share in shares.items()),
            Gains(named(name + "_count", labels, **more), a_step)]


def latency(quantile, a_second=100.0, step=15, server=None, **more):
    def series(seconds, labels=BAD):
        labels = {**labels, "server": server or labels["server"]}
        return [*histogram("mcp_server_operation_duration_seconds", labels, quantile, seconds, a_second * step,
                           **{"method": "tools/call", "outcome": "ok", **more}), *requests(0, labels, 100, step)]
    return series


def slow(seconds, a_second=100):
    return latency(0.95, a_second, step=300)(seconds)


def queue(a_second=10):
    return lambda seconds, labels=BAD: histogram("mcp_gateway_queue_seconds", labels, 0.95, seconds, a_second * 15)


def overhead(a_second=100):
    return lambda seconds, labels=BAD: histogram("mcp_gateway_overhead_seconds", labels, 0.99, seconds, a_second * 15)


def loop_lag(seconds, labels):
    return histogram("mcp_gateway_event_loop_lag_seconds", of_gateway(labels), 0.99, seconds, 150, loop="0")


def children(count, state, ready=0, draining=0, labels=BAD):
    return [Stays(named("mcp_child_state", labels, state=state), count),
            Stays(named("mcp_child_state", labels, state="ready"), ready),
            Stays(named("mcp_child_up", labels), ready),
            Stays(named("mcp_gateway_draining", of_gateway(labels)), draining)]


def down(level, labels):
    """At 1 its only child is down, at 0 it is ready."""
    return children(level, "backoff", ready=1 - level, labels=labels)


def one_replica_down(level, labels):
    return children(level, "backoff", ready=2, labels=labels)


def share_of(name, limit, **more):
    """The level is the share of a limit of 1000."""
    return lambda level, labels: [Stays(named(name, of_gateway(labels), **more), 1000 * level),
                                  Stays(named(limit, of_gateway(labels)), 1000)]


def child_memory(share, labels=BAD, count=1):
    return [Stays(named("mcp_child_resident_memory_bytes", labels), share * 100 * MIB * count),
            Stays(named("mcp_child_memory_limit_bytes", labels), 100 * MIB), Stays(named("mcp_child_up", labels), count)]


def certificate(seconds, labels):
    return gateway_gauge("mcp_gateway_tls_certificate_expiry_timestamp_seconds", listener="main")(seconds, labels)


def circuit(state, labels):
    return gauge("mcp_gateway_circuit_state", tool="search")(state, labels)


def all_memory(share, labels=BAD):
    """The level is the share of 2 GiB: a quarter of it the gateway's, the rest its children's."""
    return [Stays(named("process_resident_memory_bytes", of_gateway(labels)), share * 512 * MIB),
            Stays(named("mcp_child_resident_memory_bytes", labels), share * 1536 * MIB)]


def growing_memory(megabytes_a_day, labels):
    return [Gains(named("process_resident_memory_bytes", of_gateway(labels)), megabytes_a_day * 1e6 / 288, start=50e6)]


def sessions(lost, labels=BAD):
    return [Gains(named("mcp_gateway_sessions_opened_total", labels, transport="http"), 10, start=5),
            Gains(named("mcp_gateway_sessions_closed_total", labels, transport="http", reason="client"), 10),
            Stays(named("mcp_gateway_sessions_active", labels, transport="http"), 5 - lost)]


def open_sessions(count):
    return [Stays(named("mcp_gateway_sessions_active", BAD, transport="http"), count)]


def more_sessions(start, each):
    return [Gains(named("mcp_gateway_sessions_active", BAD, transport="http"), each, start)]


def sse_sessions(without_stream, labels):
    return [Stays(named("mcp_gateway_sessions_active", labels, transport="sse"), 40 + without_stream),
            Stays(named("mcp_gateway_streams_active", labels, kind="sse"), 40)]


def restarts(reason, *at):
    return [Steps(named("mcp_child_restarts_total", BAD, reason=reason), at)]


def starts(*at):
    return [Steps(named("process_start_time_seconds", of_gateway(BAD)), at)]


def configuration(successful):
    return gateway_gauge("mcp_gateway_config_last_reload_successful")(successful, BAD)


def versions(count, _labels):
    return [Stays(named("mcp_gateway_build_info", {"job": "mcp-gateway", "instance": f"gateway-{n}:9090"}, version=f"1.{n}"), 1)
            for n in range(count)]


CASES = [
    # --- availability
    Case("McpGatewayDown", gateway_gauge("up", mcp_type="memory"), over=0, under=1, calm=1, told="job instance",
         more={"mcp_type": "memory"}, fires_at_zero=True,
         tests={"another job": [Stays('up{job="loki",instance="loki:3100"}', 0)]}),
    Case("McpGatewayMissing", told="job", fires_without=True,
         tests={"no target": ([("10m", []), ("1m", gateway_gauge("up")(1, BAD))], "4m45s no, 5m yes, 9m45s yes, 10m no"),
                "one is there, and down": gateway_gauge("up")(0, BAD)}),
    Case("McpGatewayRestarting", told="job instance",
         tests={"three restarts": (starts(4, 50, 100), "24m45s no, 25m yes, 1h45s yes, 1h1m no"),
                "two restarts": starts(4, 200),
                "Prometheus restarts": [Steps('process_start_time_seconds{job="prometheus"}', (4, 5, 6, 7))]}),
    Case("McpDrainStuck", gateway_gauge("mcp_gateway_draining"), told="job instance"),
    Case("McpConfigRefused", gateway_gauge("mcp_gateway_config_last_reload_successful"), over=0, under=1, calm=1,
         told="job instance", fires_at_zero=True,
         tests={"it is repaired at once": [("1m", configuration(0)), ("10m", configuration(1))],
                "another one is refused, too": ([("1m", configuration(0)), ("1m", configuration(1)), ("2m", configuration(0))],
                                                "2m45s no, 3m yes")}),
    Case("McpServerDown", down,
         tests={"it starts and does not get ready": (children(1, "starting"), "2m yes"),
                "a crash loop": (children(1, "crash_loop"), "2m yes"),
                "it does not end": (children(1, "stopping"), "2m yes"),
                "the gateway drains": children(1, "backoff", draining=1),
                "another child is ready": children(1, "backoff", ready=1),
                "stopped": children(1, "stopped"), "idle": children(1, "idle"), "unavailable": children(1, "unavailable")}),
    Case("McpReplicaDown", one_replica_down,
         tests={"a crash loop": (children(1, "crash_loop", ready=1), "5m yes"),
                "none is ready": children(1, "backoff"), "one starts": children(1, "starting", ready=1)}),
    Case("McpProbeFailing", gauge("mcp_child_probe_up"), over=0, under=1, calm=1, told="job instance server", fires_at_zero=True),
    Case("McpCircuitOpen", circuit, over=2, under=1, told="job instance server", more={"tool": "search"},
         tests={"trials fail": ([("1m", circuit(2, BAD)), ("1m", circuit(1, BAD)), ("1m", circuit(2, BAD))], "1m45s no, 2m yes"),
                "a trial succeeds": [("1m45s", circuit(2, BAD)), ("10m", circuit(0, BAD))],
                "nobody tries it": ([("2m", circuit(2, BAD)), ("10m", circuit(1, BAD))], "6m45s yes, 7m no")}),
    Case("McpToolsMissing", gauge("mcp_child_tools_missing"), told="job instance server"),
    Case("McpServerUnavailable", gauge("mcp_child_state", state="unavailable"), told="job instance server",
         more={"state": "unavailable"}, tests={"idle": children(1, "idle")}),
    Case("McpNoTraffic", told="job", step="1m",
         tests={"it stops": ([("2h", by_minute(0, BAD, 0.102)), ("2h", by_minute(0, BAD, 0))], "2h29m no, 2h30m yes, 3h30m no"),
                "there was less": [("2h", by_minute(0, BAD, 0.098)), ("2h", by_minute(0, BAD, 0))],
                "one still asks": [("2h", by_minute(0, BAD, 1)), ("2h", by_minute(0, BAD, 0.001))],
                "another gateway has it": [("2h", by_minute(0, BAD, 1) + by_minute(0, GOOD, 1)),
                                           ("2h", by_minute(0, BAD, 0) + by_minute(0, GOOD, 1))],
                "the gateways restart": [("2h", by_minute(0, BAD, 1)), "restart", ("2h", by_minute(0, BAD, 1))]}),
    Case("McpVersionSkew", versions, over=2, under=1, calm=1, told="job", calm_after="5m", step="1m", fires_at_zero=True),

    # --- errors
    Case("McpErrorRateHigh", requests, over=0.0102, under=0.0098, told="server", after="15s", calm_after="5m",
         tests={"just enough requests": (requests(0.5, BAD, 0.204), "9m45s no, 10m yes"),
                "few requests": requests(0.5, BAD, 0.196), "none any more": requests(1, BAD, 0)}),
    Case("McpErrorRateCritical", requests, over=0.051, under=0.049, told="server", after="15s", calm_after="1m",
         tests={"just enough requests": (requests(1, BAD, 0.204), "2m45s no, 3m yes"), "few requests": requests(1, BAD, 0.196)}),
    Case("McpToolErrorIncrease", told="server", step="5m",
         tests={"more than yesterday": ([("24h10m", tool_calls(0.02)), ("20m", tool_calls(0.0302)), ("10m", tool_calls(0.02))],
                                        "24h10m no, 24h15m yes, 24h25m yes, 24h30m no"),
                "just enough calls": ([("24h10m", tool_calls(0, 0.204)), ("20m", tool_calls(1, 0.204))], "24h15m yes"),
                "few calls": [("24h10m", tool_calls(0, 0.196)), ("20m", tool_calls(1, 0.196))],
                "a little less": [("24h10m", tool_calls(0.02)), ("20m", tool_calls(0.0298))],
                "as yesterday": [("25h", tool_calls(0.5))], "there is no yesterday": [("2h", tool_calls(0.5))],
                "clients cancel": [("24h10m", tool_calls(0)), ("20m", tool_calls(0, cancelled=0.5))],
                "a restart": [("24h10m", tool_calls(0.02)), "restart", ("20m", tool_calls(0.02))]}),
    # How many requests are enough is seen by when there are: a window that is not yet full reads as fewer.
    Case("McpSloBurnFast", requests, over=0.01469, under=0.01411, told="server", after="15s", calm_after="5m",
         tests={"just enough requests": (requests(1, BAD, 0.306), "7m45s no, 8m yes"),
                "the last minutes are good": ([("10m", requests(0.02)), ("8m", requests(0.01411))], "9m45s yes, 17m45s no"),
                "only the last minutes are bad": [("20m", requests(0.0135)), ("4m", requests(0.02))]}),
    Case("McpSloBurnMedium", by_minute, over=0.00612, under=0.00588, told="server", after="1m", calm_after="30m", step="1m",
         tests={"just enough requests": (by_minute(1, BAD, 0.051), "50m no, 51m yes"),
                "the last half hour is good": ([("1h", by_minute(0.009)), ("40m", by_minute(0.00588))], "59m yes, 99m no"),
                "only the last half hour is bad": [("2h", by_minute(0.0056)), ("25m", by_minute(0.009))]}),
    Case("McpSloBurnSlow", by_five_minutes, over=0.00102, under=0.00098, told="server", after="5m", calm_after="6h", step="5m",
         tests={"just enough requests": (by_five_minutes(1, BAD, 0.0408), "8h no, 8h5m yes"),
                "the last hours are good": ([("10h", by_five_minutes(0.002)), ("7h", by_five_minutes(0.00098))],
                                            "9h55m yes, 16h55m no"),
                "only the last hours are bad": [("20h", by_five_minutes(0.0009)), ("3h30m", by_five_minutes(0.0015))]}),
    Case("McpRequestsRejected", rate("mcp_gateway_rejected_total", reason="queue_full"), over=0.102, under=0.098,
         more={"reason": "queue_full"}, after="5m", calm_after="5m",
         tests={"the service is down": rate("mcp_gateway_rejected_total", reason="not_running")(10, BAD),
                "its tools are not as pinned": rate("mcp_gateway_rejected_total", reason="tools_not_pinned")(10, BAD),
                "the circuit is open": rate("mcp_gateway_rejected_total", reason="circuit_open")(10, BAD),
                "the gateway ends": rate("mcp_gateway_rejected_total", reason="draining")(10, BAD)}),

    # --- latency
    Case("McpLatencyP95High", latency(0.95), over=0.102, under=0.098, calm=0.01, told="server", after="15s", calm_after="5m",
         tests={"just enough calls": (latency(0.95, 0.204)(1), "9m45s no, 10m yes"), "few calls": latency(0.95, 0.196)(1),
                "lists": latency(0.95, method="tools/list")(1), "refused": latency(0.95, outcome="busy")(1),
                "prompts": (latency(0.95, method="prompts/get")(1), "5m15s yes"),
                **{f"{server} may take longer": latency(0.95, server=server)(1.96)
                   for server in ("fetch", "github", "n8n", "monitoring")},
                "a browser may take longest": latency(0.95, server="playwright")(9.8)}),
    Case("McpLatencyP95Critical", latency(0.95), over=0.51, under=0.49, calm=0.01, told="server", after="15s", calm_after="5m",
         tests={"just enough calls": (latency(0.95, 0.204)(1), "9m45s no, 10m yes"), "few calls": latency(0.95, 0.196)(1),
                "fetch may take longer": latency(0.95, server="fetch")(9.8)}),
    Case("McpLatencyP99High", latency(0.99), over=0.51, under=0.49, calm=0.01, told="server", after="15s", calm_after="5m",
         tests={"just enough calls": (latency(0.99, 0.204)(1), "9m45s no, 10m yes"), "few calls": latency(0.99, 0.196)(1)}),
    Case("McpLatencyRegression", told="server", step="5m",
         tests={"a quarter slower": ([("24h10m", slow(0.1)), ("30m", slow(0.1275)), ("15m", slow(0.1))],
                                     "24h15m no, 24h20m yes, 24h35m yes, 24h40m no"),
                "a little less": [("24h10m", slow(0.1)), ("30m", slow(0.1225))],
                "just slow enough": ([("24h10m", slow(0.01)), ("30m", slow(0.0204))], "24h20m yes"),
                "still fast": [("24h10m", slow(0.01)), ("30m", slow(0.0196))],
                "just enough calls": ([("24h10m", slow(0.1, 0.204)), ("30m", slow(1, 0.204))], "24h20m yes"),
                "few calls": [("24h10m", slow(0.1, 0.196)), ("30m", slow(1, 0.196))],
                "there is no yesterday": [("2h", slow(1))]}),
    Case("McpCallsQueueing", queue(), over=1.02, under=0.98, calm=0.01, after="15s", calm_after="5m",
         tests={"just enough of them": (queue(0.102)(5), "9m45s no, 10m yes"), "few of them": queue(0.098)(5)}),
    Case("McpGatewayOverheadHigh", overhead(), over=0.0051, under=0.0049, calm=0.001, after="15s", calm_after="5m",
         tests={"just enough calls": (overhead(1.02)(0.1), "14m45s no, 15m yes"), "few calls": overhead(0.98)(0.1)}),

    # --- children
    Case("McpChildRestarting", increase("mcp_child_restarts_total", 3600, reason="exit"), over=3.006, under=2.94, after="1h",
         calm_after="1h",
         tests={"three": (restarts("hang", 4, 10, 16), "3m45s no, 4m yes, 1h yes, 1h3m no"), "two": restarts("exit", 4, 200),
                "too large, three times": restarts("recycle_memory", 4, 10, 16),
                "too old, three times": restarts("recycle_age", 4, 10, 16),
                "asked for by an operator, three times": restarts("admin", 4, 10, 16)}),
    Case("McpChildRestartLoop", increase("mcp_child_restarts_total", 600, reason="signal"), over=5.1, under=4.9, after="10m",
         calm_after="10m",
         tests={"a crash loop": (children(1, "crash_loop"), "0s yes"), "waiting": children(1, "backoff"),
                "ready": children(0, "crash_loop", ready=1),
                "five": (restarts("exit", 4, 8, 12, 16, 20), "4m45s no, 5m yes, 10m yes, 11m15s no"),
                "four": restarts("exit", 4, 8, 12, 16),
                "too large, often": restarts("recycle_memory", *range(4, 40))}),
    Case("McpChildMemoryHigh", child_memory, over=0.918, under=0.882,
         tests={"three children, all large": (child_memory(0.918, count=3), "5m yes"), "three children": child_memory(0.6, count=3),
                "no limit": [Stays(named("mcp_child_resident_memory_bytes", BAD), 1e12), Stays(named("mcp_child_up", BAD), 1)],
                "a limit of 0": [Stays(named("mcp_child_resident_memory_bytes", BAD), 1e12), Stays(named("mcp_child_up", BAD), 1),
                                 Stays(named("mcp_child_memory_limit_bytes", BAD), 0)]}),
    Case("McpChildCPUHigh", rate("mcp_child_cpu_seconds_total"), over=0.918, under=0.882, after="5m", calm_after="5m"),
    Case("McpChildStderrFlood", rate("mcp_child_stderr_suppressed_total"), over=0.5, after="15s", calm_after="5m"),

    # --- sessions
    Case("McpSessionLeak", sessions, tests={"more closed than opened": (sessions(-1), "15m yes")}),
    Case("McpSessionsWithoutStream", sse_sessions, over=11, under=10),
    Case("McpSessionGrowth", told="job instance server", more={"transport": "http"}, step="5m",
         tests={"half as many again, and rising": ([("6h", open_sessions(40)), ("18h", open_sessions(10)),
                                                   ("8h", more_sessions(61, 0.01)), ("4h10m", open_sessions(61))],
                                                  "30h55m no, 31h yes, 31h55m yes, 36h5m no"),
                "a little fewer": [("24h", open_sessions(41)), ("8h", more_sessions(60.5, 0.001))],
                "just above fifty": ([("24h", open_sessions(20)), ("8h", more_sessions(50.3, 0.001))], "31h30m yes"),
                "fifty": [("24h", open_sessions(20)), ("8h", more_sessions(49.8, 0.001))],
                "from eleven": ([("24h", open_sessions(11)), ("8h", more_sessions(100, 0.1))], "31h30m yes"),
                "from ten": [("24h", open_sessions(10)), ("8h", more_sessions(100, 0.1))],
                "many, and no more": [("24h", open_sessions(40)), ("8h", open_sessions(100))],
                "many, and fewer": [("24h", open_sessions(40)), ("8h", more_sessions(200, -0.1))],
                "for less than six hours": [("24h", open_sessions(40)), ("6h55m", more_sessions(100, 0.1))],
                "nobody knows of yesterday": more_sessions(100, 1)}),
    Case("McpSessionLimitNear",
         share_of("mcp_gateway_sessions_active", "mcp_gateway_sessions_limit", server="memory", transport="sse"),
         over=0.918, under=0.882, told="instance"),
    Case("McpConnectionLimitNear", share_of("mcp_gateway_connections_active", "mcp_gateway_connections_limit"),
         over=0.918, under=0.882, told="instance"),
    Case("McpConnectionsRefused", gateway_rate("mcp_gateway_connections_total", result="emfile"), over=0.5, told="instance",
         after="15s", calm_after="5m",
         tests={"at the limit": (gateway_rate("mcp_gateway_connections_total", result="rejected_limit")(0.5, BAD), "1m15s yes"),
                "accepted": gateway_rate("mcp_gateway_connections_total", result="accepted")(100, BAD)}),
    Case("McpSlowConsumers", gateway_rate("mcp_gateway_slow_clients_total"), over=0.5, told="instance", after="15s", calm_after="5m",
         tests={"one client": [Steps(named("mcp_gateway_slow_clients_total", of_gateway(BAD)), (10,))]}),

    # --- resources
    Case("McpMemoryHigh", all_memory, over=0.816, under=0.784, told="",
         tests={"without children": ([all_memory(3.3)[0]], "10m yes")}),
    Case("McpMemoryCritical", all_memory, over=0.918, under=0.882, told="",
         tests={"without children": ([all_memory(3.7)[0]], "3m yes"),
                "Prometheus is large": [Stays('process_resident_memory_bytes{job="prometheus"}', 1e12)]}),
    Case("McpMemoryLeakSuspected", growing_memory, over=102, under=98, told="job instance", after="5m", calm_after="6h", step="5m"),
    Case("McpCPUHigh", gateway_rate("mcp_gateway_loop_busy_seconds_total", loop="0"), over=0.867, under=0.833,
         told="job instance", more={"loop": "0"}, after="5m", calm_after="5m"),
    Case("McpEventLoopLag", loop_lag, over=0.102, under=0.098, calm=0.001, told="instance", more={"loop": "0"}, after="15s",
         calm_after="5m"),
    Case("McpFdNearLimit", share_of("process_open_fds", "process_max_fds"), over=0.816, under=0.784, told="job instance"),

    # --- security
    Case("McpAuthFailures", increase("mcp_gateway_auth_failures_total", 300, reason="bad_token"), over=11.2, under=10.8,
         told="job", after="5m", calm_after="5m"),
    Case("McpAuthBruteForce", increase("mcp_gateway_auth_failures_total", 300, reason="missing"), over=101.5, under=100.5,
         told="job", after="5m", calm_after="5m"),
    Case("McpToolDrift", rate("mcp_child_tools_changed_total"), over=0.05, after="15s", calm_after="10m",
         tests={"once": ([Steps(named("mcp_child_tools_changed_total", BAD), (4,))], "45s no, 1m yes, 10m yes, 11m no")}),
    Case("McpPinnedToolsDrifted", gauge("mcp_child_tools_drifted"), told="job instance server"),
    Case("McpMalformedRequests", increase("mcp_gateway_http_parse_errors_total", 300, reason="bare_lf"), over=101.5, under=100.5,
         told="instance", after="5m", calm_after="5m"),
    # The time begins at 0, so the level is the time that is left.
    Case("McpCertificateExpiring", certificate, over=1_200_000, under=1_300_000, calm=9_000_000, told="job instance",
         more={"listener": "main"}, fires_at_zero=True,
         tests={"half a second more than two weeks": (certificate(1_209_600.5, BAD), "15m no, 15m15s yes"),
                "a step later half a second less": (certificate(1_209_614.5, BAD), "15m no, 15m15s yes")}),

    # --- observability
    Case("McpLogDropping", gateway_rate("mcp_gateway_log_dropped_total"), over=0.5, told="job instance", after="15s",
         calm_after="5m"),
    Case("McpTraceDropping", gateway_rate("mcp_gateway_otlp_spans_total", result="failed"), over=0.5, told="instance", after="15s",
         calm_after="5m",
         tests={"dropped": (gateway_rate("mcp_gateway_otlp_spans_total", result="dropped")(0.5, BAD), "5m15s yes"),
                "exported": gateway_rate("mcp_gateway_otlp_spans_total", result="exported")(100, BAD)}),
    Case("McpWatchdog", told="", fires_without=True, tests={"always": ([], "0s yes, 1h yes")}),
]
