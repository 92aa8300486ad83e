"""The gateway's own process: whether it, and not a service, is what is slow or full."""
from boards import queries as q
from boards.dashboard import INSTANCE, LOKI_SOURCE, POOL, PROMETHEUS_SOURCE, STARTS, dashboard
from boards.panels import (BLUE, GREEN, LEVELS, PERCENTILES, RED, YELLOW, Query, heatmap, label_table, logs, mapped, stat,
                           state_timeline, steps, timeseries)

I = q.INSTANCE  # noqa: E741: it stands in every query below
CONFIGURATION = mapped({0: ("older", RED), 1: ("last read", GREEN)})


def rate(metric, by="", more=""):
    return q.rate(metric, by, I + more)


def now():
    return [
        stat("Uptime", "Of the most recently started gateway.", f"time() - max(process_start_time_seconds{{{I}}})", "dtdurations", graph=False,
             decimals=0),
        stat("CPU", "CPU time per second of the gateway processes only: 100 % is one core.", rate("process_cpu_seconds_total"), "percentunit",
             decimals=1, thresholds=steps((None, GREEN), (0.7, YELLOW), (0.85, RED))),
        stat("Memory", "Resident memory of the gateway processes only.", q.total("process_resident_memory_bytes", where=I), "bytes",
             decimals=1),
        stat("File descriptors", "Share of the limit, for the gateway closest to it.", f"max(process_open_fds{{{I}}} / process_max_fds{{{I}}})",
             "percentunit", decimals=1, thresholds=steps((None, GREEN), (0.6, YELLOW), (0.8, RED))),
        stat("Connections", "Share of the limit, for the gateway closest to it.",
             f"max(mcp_gateway_connections_active{{{I}}} / mcp_gateway_connections_limit{{{I}}})", "percentunit", decimals=1,
             thresholds=steps((None, GREEN), (0.7, YELLOW), (0.9, RED))),
        stat("Dropped log lines", "In the selected time range: lines that were not read in time.",
             q.increase("mcp_gateway_log_dropped_total", where=I), "short", graph=False, decimals=0,
             thresholds=steps((None, GREEN), (1, RED))),
    ]


def loops():
    return [
        timeseries("Busy", "Share of one core used by each event loop. A loop that stays above 70 % is saturated: see gateway.loops.",
                   Query(rate("mcp_gateway_loop_busy_seconds_total", "instance, loop"), "{{instance}} loop {{loop}}"), "percentunit",
                   high=1, thresholds=steps((None, GREEN), (0.7, RED))),
        timeseries("Lag", "Delay of a 100 ms timer, which applies to all other events as well. The line is at 100 ms.",
                   [Query(q.quantile(p / 100, "mcp_gateway_event_loop_lag_seconds", where=I), f"p{p}") for p in (50, 95, 99)],
                   "s", colors=PERCENTILES, thresholds=steps((None, GREEN), (0.1, RED))),
        timeseries("Gateway overhead per call", "Time neither at the child nor in the queue.",
                   [Query(q.quantile(p / 100, "mcp_gateway_overhead_seconds", where=I), f"p{p}") for p in (50, 95, 99)], "s",
                   colors=PERCENTILES),
        heatmap("Gateway overhead, all calls", "Darker is more calls.",
                f"sum by (le) (increase(mcp_gateway_overhead_seconds_bucket{{{I}}}[$__rate_interval]))", width=24, height=7),
    ]


def connections():
    return [
        timeseries("Open connections", "By gateway.",
                   Query(q.total("mcp_gateway_connections_active", "instance", I), "{{instance}}"), "none", width=6),
        timeseries("New connections", "By result; moved ones were handed over to another loop.",
                   [Query(rate("mcp_gateway_connections_total", "result"), "{{result}}"),
                    Query(rate("mcp_gateway_connections_moved_total"), "moved")], "cps", width=6),
        timeseries("HTTP responses by route", "Responses per second.",
                   Query(rate("mcp_gateway_http_requests_total", "route"), "{{route}}"), "reqps", width=6, stack=True),
        timeseries("HTTP error responses", "By status, from 400.",
                   Query(rate("mcp_gateway_http_requests_total", "code", ', code=~"[45].."') + " > 0", "{{code}}"), "reqps", width=6,
                   stack=True),
        timeseries("Malformed requests", "By reason; rejected by the HTTP parser.",
                   Query(rate("mcp_gateway_http_parse_errors_total", "reason") + " > 0", "{{reason}}"), "cps", width=8, stack=True),
        timeseries("Pending output to clients", "Bytes in the buffers of all connections.",
                   Query(q.total("mcp_gateway_stream_buffer_bytes", "instance", I), "{{instance}}"), "bytes", width=8),
        timeseries("Slow clients", "Connections closed in the last five minutes because their client did not read.",
                   Query(q.increase("mcp_gateway_slow_clients_total", "instance", I, "5m"), "{{instance}}"), "none", width=8,
                   bars=True),
    ]


def process():
    return [
        timeseries("CPU", "CPU time per second: 100 % is one core.", Query(rate("process_cpu_seconds_total", "instance"), "{{instance}}"),
                   "percentunit", width=6),
        timeseries("Memory", "Resident memory.", Query(q.total("process_resident_memory_bytes", "instance", I), "{{instance}}"), "bytes",
                   width=6),
        timeseries("File descriptors", "Open files, sockets and pipes.", Query(q.total("process_open_fds", "instance", I), "{{instance}}"),
                   "none", width=6),
        timeseries("Threads", "One per loop, plus those for the log and sampling.",
                   Query(q.total("process_threads", "instance", I), "{{instance}}"), "none", width=6),
    ]


def telemetry():
    return [
        timeseries("Log lines", "Written, by level.", Query(rate("mcp_gateway_log_lines_total", "level"), "{{level}}"), "cps",
                   width=6, stack=True, colors=LEVELS),
        timeseries("Spans", "Exported to the trace collector, and lost.",
                   [Query(rate("mcp_gateway_otlp_spans_total", "result"), "{{result}}"),
                    Query(rate("mcp_gateway_trace_context_invalid_total"), "invalid traceparent from a client")], "cps", width=6,
                   colors={"exported": GREEN, "dropped": YELLOW, "failed": RED}),
        timeseries("Scrapes", "Time Prometheus takes to scrape the metrics.",
                   Query(f"scrape_duration_seconds{{{I}}}", "{{instance}}"), "s", width=6,
                   thresholds=steps((None, GREEN), (0.05, RED))),
        timeseries("Draining", "1 while a gateway is stopping: no new sessions, calls in flight may finish.",
                   Query(f"mcp_gateway_draining{{{I}}}", "{{instance}}"), "none", width=6, high=1),
        timeseries("Configuration reloads", "In five minutes, by result. If one is refused, the log says why.",
                   Query(q.increase("mcp_gateway_config_reloads_total", "result", I, "5m"), "{{result}}"), "none", height=7, stack=True,
                   bars=True, colors={"applied": GREEN, "unchanged": BLUE, "refused": RED, "not_now": YELLOW}),
        state_timeline("Configuration in use", "By gateway: whether it is the one that was read last. If that was refused, an older one is "
                       "in use.", Query(f"mcp_gateway_config_last_reload_successful{{{I}}}", "{{instance}}"), CONFIGURATION, width=8),
        stat("Configuration age", "By gateway: time since the configuration in use was read.",
             Query(f"time() - mcp_gateway_config_last_reload_success_timestamp_seconds{{{I}}}", "{{instance}}"), "dtdurations", width=8,
             height=7, graph=False, decimals=0, named=True),
        label_table("Versions", "Running versions by instance.", f"mcp_gateway_build_info{{{I}}}",
                    ["instance", "instance_id", "pool", "version", "revision"], height=5),
        logs("Gateway log", "Starts, stops, warnings.",
             q.ALL_LOGS + ' | json | event=~"gateway.*|listener.*|config.*" | line_format "{{.level}} {{.event}}  {{.msg}}"', height=7),
    ]


def board():
    return dashboard("mcp-gateway", "MCP gateway internals", "The gateway's own process: whether the gateway, rather than a service, is slow or "
                     "saturated.", [PROMETHEUS_SOURCE, LOKI_SOURCE, POOL, INSTANCE],
                     [("Now", now()), ("Event loops", loops()), ("Connections", connections()), ("Process", process()),
                      ("Logs, traces, versions", telemetry())], annotations=(STARTS,))
