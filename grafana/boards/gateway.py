"""The gateway's own process: whether it, and not a service, is what is slow or full."""
from boards import queries as q
from boards.dashboard import INSTANCE, LOKI_SOURCE, POOL, PROMETHEUS_SOURCE, STARTS, dashboard
from boards.panels import (GREEN, LEVELS, PERCENTILES, RED, YELLOW, Query, heatmap, label_table, logs, stat,
                           steps, timeseries)

I = q.INSTANCE  # noqa: E741: it stands in every query below


def rate(metric, by="", more=""):
    return q.rate(metric, by, I + more)


def now():
    return [
        stat("Up since", "The gateway started last.", f"time() - max(process_start_time_seconds{{{I}}})", "dtdurations", graph=False,
             decimals=0),
        stat("CPU", "CPU time a second of the gateways alone: 100 % is one core.", rate("process_cpu_seconds_total"), "percentunit",
             decimals=1, thresholds=steps((None, GREEN), (0.7, YELLOW), (0.85, RED))),
        stat("Memory", "Resident memory of the gateways alone.", q.total("process_resident_memory_bytes", where=I), "bytes",
             decimals=1),
        stat("Descriptors", "Open, of those allowed; the fullest gateway.", f"max(process_open_fds{{{I}}} / process_max_fds{{{I}}})",
             "percentunit", decimals=1, thresholds=steps((None, GREEN), (0.6, YELLOW), (0.8, RED))),
        stat("Connections", "Open, of those allowed; the fullest gateway.",
             f"max(mcp_gateway_connections_active{{{I}}} / mcp_gateway_connections_limit{{{I}}})", "percentunit", decimals=1,
             thresholds=steps((None, GREEN), (0.7, YELLOW), (0.9, RED))),
        stat("Log lines lost", "In the time shown: lines nobody took in time.",
             q.increase("mcp_gateway_log_dropped_total", where=I), "short", graph=False, decimals=0,
             thresholds=steps((None, GREEN), (1, RED))),
    ]


def loops():
    return [
        timeseries("Busy", "Share of one core each event loop uses. Above 70 % for long it is full: see gateway.loops.",
                   Query(rate("mcp_gateway_loop_busy_seconds_total", "instance, loop"), "{{instance}} loop {{loop}}"), "percentunit",
                   high=1, thresholds=steps((None, GREEN), (0.7, RED))),
        timeseries("Lag", "How late a timer of 100 ms comes: what every other event waits too. The line is at 100 ms.",
                   [Query(q.quantile(p / 100, "mcp_gateway_event_loop_lag_seconds", where=I), f"p{p}") for p in (50, 95, 99)],
                   "s", colors=PERCENTILES, thresholds=steps((None, GREEN), (0.1, RED))),
        timeseries("What the gateway adds to a call", "Not at the child and not waiting for a turn.",
                   [Query(q.quantile(p / 100, "mcp_gateway_overhead_seconds", where=I), f"p{p}") for p in (50, 95, 99)], "s",
                   colors=PERCENTILES),
        heatmap("What it adds, all calls", "Darker is more calls.",
                f"sum by (le) (increase(mcp_gateway_overhead_seconds_bucket{{{I}}}[$__rate_interval]))", width=24, height=7),
    ]


def connections():
    return [
        timeseries("Open connections", "And the limit where it is near.",
                   Query(q.total("mcp_gateway_connections_active", "instance", I), "{{instance}}"), "none", width=6),
        timeseries("New connections", "By what became of them; moved ones went to the loop of another service.",
                   [Query(rate("mcp_gateway_connections_total", "result"), "{{result}}"),
                    Query(rate("mcp_gateway_connections_moved_total"), "moved")], "cps", width=6),
        timeseries("HTTP answers by route", "Answers a second.",
                   Query(rate("mcp_gateway_http_requests_total", "route"), "{{route}}"), "reqps", width=6, stack=True),
        timeseries("HTTP answers that are errors", "By status, from 400 on.",
                   Query(rate("mcp_gateway_http_requests_total", "code", ', code=~"[45].."') + " > 0", "{{code}}"), "reqps", width=6,
                   stack=True),
        timeseries("Requests the parser refused", "By reason; these never became a call.",
                   Query(rate("mcp_gateway_http_parse_errors_total", "reason") + " > 0", "{{reason}}"), "cps", width=8, stack=True),
        timeseries("Waiting to be read by clients", "Bytes in the buffers of all connections.",
                   Query(q.total("mcp_gateway_stream_buffer_bytes", "instance", I), "{{instance}}"), "bytes", width=8),
        timeseries("Slow clients", "Connections closed in the last five minutes because their client did not read.",
                   Query(q.increase("mcp_gateway_slow_clients_total", "instance", I, "5m"), "{{instance}}"), "none", width=8,
                   bars=True),
    ]


def process():
    return [
        timeseries("CPU", "CPU time a second: 100 % is one core.", Query(rate("process_cpu_seconds_total", "instance"), "{{instance}}"),
                   "percentunit", width=6),
        timeseries("Memory", "Resident.", Query(q.total("process_resident_memory_bytes", "instance", I), "{{instance}}"), "bytes",
                   width=6),
        timeseries("Descriptors", "Open files, sockets and pipes.", Query(q.total("process_open_fds", "instance", I), "{{instance}}"),
                   "none", width=6),
        timeseries("Threads", "One a loop, and those of log and sampling.",
                   Query(q.total("process_threads", "instance", I), "{{instance}}"), "none", width=6),
    ]


def telemetry():
    return [
        timeseries("Log lines", "Written, by level.", Query(rate("mcp_gateway_log_lines_total", "level"), "{{level}}"), "cps",
                   width=6, stack=True, colors=LEVELS),
        timeseries("Spans", "Given to the collector of traces, and lost.",
                   [Query(rate("mcp_gateway_otlp_spans_total", "result"), "{{result}}"),
                    Query(rate("mcp_gateway_trace_context_invalid_total"), "traceparent of a client was invalid")], "cps", width=6,
                   colors={"exported": GREEN, "dropped": YELLOW, "failed": RED}),
        timeseries("Scrapes", "What Prometheus needs to read the metrics.",
                   Query(f"scrape_duration_seconds{{{I}}}", "{{instance}}"), "s", width=6,
                   thresholds=steps((None, GREEN), (0.05, RED))),
        timeseries("Draining", "1 while a gateway ends: no new sessions, calls in flight may finish.",
                   Query(f"mcp_gateway_draining{{{I}}}", "{{instance}}"), "none", width=6, high=1),
        label_table("Versions", "What runs where.", f"mcp_gateway_build_info{{{I}}}",
                    ["instance", "instance_id", "pool", "version", "revision"], height=5),
        logs("The gateway's own log", "Starts, ends, warnings.",
             q.ALL_LOGS + ' | json | event=~"gateway.*|listener.*|config.*" | line_format "{{.level}} {{.event}}  {{.msg}}"', height=7),
    ]


def board():
    return dashboard("mcp-gateway", "MCP gateway internals", "The gateway's own process: whether it, and not a service, is slow or "
                     "full.", [PROMETHEUS_SOURCE, LOKI_SOURCE, POOL, INSTANCE],
                     [("Now", now()), ("Event loops", loops()), ("Connections", connections()), ("Process", process()),
                      ("Logs, traces, versions", telemetry())], annotations=(STARTS,))
