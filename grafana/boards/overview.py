"""All services on one page: is anything wrong, and where."""
from boards import queries as q
from boards.dashboard import INSTANCE, LOKI_SOURCE, POOL, PROMETHEUS_SOURCE, SERVER, TO_SERVICE, dashboard
from boards.panels import (GREEN, LEVELS, LOKI, OUTCOMES, PERCENTILES, RED, STATE, YELLOW, Query, bar_gauge,
                           heatmap, logs, mapped, stat, state_timeline, steps, table, timeseries)

ERRORS = steps((None, GREEN), (0.01, YELLOW), (0.05, RED))
SECONDS = steps((None, GREEN), (0.1, YELLOW), (0.5, RED))
COLORED = {"type": "color-text"}


def health():
    requests, duration = "mcp_server_requests_total", "mcp_server_operation_duration_seconds"
    return [
        stat("Services down", "Services with a child in a crash loop or backing off, and those with a missing prerequisite.",
             f"count({q.state()} > 3) or vector(0)", "none", thresholds=steps((None, GREEN), (1, RED)),
             filled=True, graph=False),
        stat("Availability", "Share of the requests in the selected time range that were answered by the server.",
             f"1 - ({q.failed_share('', '$__range')})", "percentunit", decimals=3, graph=False,
             thresholds=steps((None, RED), (0.99, YELLOW), (0.999, GREEN))),
        stat("Requests", "Client requests answered per second.", q.rate(requests), "reqps"),
        stat("Errors", "Share of requests without an answer from the server: timeout, child_exited, unavailable, busy. Yellow from "
             "1 %, red from 5 %.", q.failed_share(), "percentunit", thresholds=ERRORS, decimals=2),
        stat("p95", "95 % of requests were answered within this time, including the tool's own work.", q.quantile(0.95, duration),
             "s", thresholds=SECONDS, decimals=1),
        stat("Sessions", "Open client sessions.", q.total("mcp_gateway_sessions_active"), "none"),
        state_timeline("State of each service", "The worst state of the service's children.", Query(q.state(), "{{server}}"), STATE,
                       width=12, height=9),
        at_a_glance(),
    ]


def at_a_glance():
    requests, duration = "mcp_server_requests_total", "mcp_server_operation_duration_seconds"
    columns = [
        (Query(q.state(), "State"), {"mappings": STATE, "cell": {"type": "color-background", "mode": "basic"}, "width": 95}),
        (Query(q.rate(requests, "server"), "Requests"), {"unit": "reqps", "decimals": 1}),
        (Query(q.failed_share("server"), "Errors"), {"unit": "percentunit", "decimals": 1, "thresholds": ERRORS, "cell": COLORED}),
        (Query(q.quantile(0.95, duration, "server"), "p95"),
         {"unit": "s", "decimals": 1, "thresholds": SECONDS, "cell": COLORED}),
        (Query(q.total("mcp_gateway_sessions_active", "server"), "Sessions"), {"unit": "none"}),
        (Query(q.increase("mcp_child_restarts_total", "server", window="1h"), "Restarts, 1 h"),
         {"unit": "none", "decimals": 0, "thresholds": steps((None, GREEN), (1, YELLOW), (3, RED)), "cell": COLORED}),
        (Query(q.total("mcp_child_resident_memory_bytes", "server"), "Memory"), {"unit": "bytes", "decimals": 0}),
        (Query(q.total("mcp_child_tools", "server"), "Tools"), {"unit": "none"}),
        (Query("min by (server) (mcp_child_probe_up{" + q.SERVER + "})", "Probe"),
         {"mappings": mapped({0: ("failed", RED), 1: ("passed", GREEN)}), "cell": COLORED}),
    ]
    return table("Services at a glance", "One row per service, current values; the name links to its dashboard.", "server", columns,
                 width=12, height=9, key_links=TO_SERVICE)


def traffic():
    requests = "mcp_server_requests_total"
    return [
        timeseries("Requests by service", "Client requests answered per second.", Query(q.rate(requests, "server"), "{{server}}"),
                   "reqps", stack=True),
        timeseries("Requests by method", "The same by MCP method.", Query(q.rate(requests, "method"), "{{method}}"), "reqps",
                   stack=True),
        timeseries("In flight", "Calls in flight at a child or in its queue.",
                   Query(q.total("mcp_gateway_requests_in_flight", "server"), "{{server}}"), "none"),
    ]


def errors():
    failing = ("topk(10, " + q.increase("mcp_server_tool_calls_total", "server, tool", q.SERVER + ', outcome!~"ok|cancelled"')
               + " > 0)")
    return [
        timeseries("Error ratio by service", "Share of requests without an answer from the server. The line is at 1 %.",
                   Query(q.failed_share("server"), "{{server}}"), "percentunit", width=6, thresholds=steps((None, GREEN), (0.01, RED))),
        timeseries("Tool calls by outcome", "tool_error is reported by the tool (isError); timeout, child_exited, unavailable "
                   "and busy are calls without an answer.",
                   Query(q.rate("mcp_server_tool_calls_total", "outcome"), "{{outcome}}"), "reqps", width=6, stack=True,
                   colors=OUTCOMES),
        timeseries("JSON-RPC errors by code", "JSON-RPC errors, from services and from the gateway.",
                   Query(q.rate("mcp_server_rpc_errors_total", "rpc_code") + " > 0", "{{rpc_code}}"), "reqps", width=6, stack=True),
        bar_gauge("Most failing tools", "Calls in the selected time range whose outcome was neither ok nor cancelled.",
                  Query(failing, "{{server}} / {{tool}}"), "short", width=6, color="orange"),
    ]


def latency():
    duration = "mcp_server_operation_duration_seconds"
    return [
        timeseries("Latency", "From a client's request to its answer, including the tool's own work. The line is at 500 ms.",
                   [Query(q.quantile(p / 100, duration), f"p{p}") for p in (50, 95, 99)], "s", colors=PERCENTILES,
                   thresholds=steps((None, GREEN), (0.5, RED))),
        timeseries("p95 by service", "95 % of the service's requests were answered within this time.",
                   Query(q.quantile(0.95, duration, "server"), "{{server}}"), "s"),
        timeseries("Gateway overhead", "Time a call spent in the gateway itself (neither at the child nor queued), "
                   "and queueing time of calls that were queued. Logarithmic scale.",
                   [Query(q.quantile(0.99, "mcp_gateway_overhead_seconds"), "overhead p99"),
                    Query(q.quantile(0.5, "mcp_gateway_overhead_seconds"), "overhead p50"),
                    Query(q.quantile(0.95, "mcp_gateway_queue_seconds"), "queue p95")], "s", logarithmic=True),
        heatmap("Latency of all requests", "Number of requests by latency; darker is more.",
                "sum by (le) (increase(" + duration + "_bucket{" + q.SERVER + "}[$__rate_interval]))", width=24, height=7),
    ]


def children():
    return [
        timeseries("Restarts", "Children that exited unexpectedly or were replaced, in the last five minutes.",
                   Query(q.increase("mcp_child_restarts_total", "server, reason", window="5m") + " > 0", "{{server}} {{reason}}"),
                   "none", width=6, bars=True, stack=True),
        timeseries("Memory", "Memory of the service's children and all their descendants.",
                   Query(q.total("mcp_child_resident_memory_bytes", "server"), "{{server}}"), "bytes", width=6, stack=True),
        timeseries("CPU", "CPU time per second of the service's children and all their descendants: 100 % is one core.",
                   Query(q.rate("mcp_child_cpu_seconds_total", "server"), "{{server}}"), "percentunit", width=6, stack=True),
        timeseries("Lines on stderr", "Lines written to stderr by children.",
                   Query(q.rate("mcp_child_stderr_lines_total", "server"), "{{server}}"), "cps", width=6, stack=True),
    ]


def from_logs():
    return [
        timeseries("Log lines by level", "Lines in Loki, from the gateway and children.",
                   Query(q.lines("detected_level"), "{{detected_level}}"), "short", width=24, height=5, bars=True, stack=True,
                   colors=LEVELS, datasource=LOKI),
        logs("Warnings and errors", "From the gateway, newest first.",
             q.LOGS + ' | detected_level=~"warn|error|critical" | json | line_format "{{.event}} {{.server}}  {{.msg}}'
             '{{if .line}}: {{.line}}{{end}}{{if .reason}} ({{.reason}}){{end}}"'),
    ]


def board():
    return dashboard("mcp-overview", "MCP services", "All MCP services behind the gateways: is anything wrong, and where.",
                     [PROMETHEUS_SOURCE, LOKI_SOURCE, POOL, INSTANCE, SERVER],
                     [("Health", health()), ("Traffic", traffic()), ("Errors", errors()), ("Latency", latency()),
                      ("Children", children()), ("Logs", from_logs())])
