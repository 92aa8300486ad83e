"""One service, or some: its calls, its tools one by one, its children, its logs."""
from boards import queries as q
from boards.dashboard import INSTANCE, LOKI_SOURCE, POOL, PROMETHEUS_SOURCE, SERVER, TOOL, dashboard
from boards.panels import (GREEN, LOKI, OUTCOMES, PERCENTILES, RED, STATE, YELLOW, Query, logs, stat, state_timeline, steps,
                           timeseries)

CALLS = "mcp_server_tool_calls_total"
DURATION = "mcp_server_operation_duration_seconds"
REQUEST_LINES = q.LOGS + ' | json event="event", server="server", method="method", tool="tool", outcome="outcome", ' \
                'duration_ms="duration_ms", child_ms="child_ms" | event="request.done"'


def now():
    return [
        stat("State", "The worst state of the service's children.", Query(q.state(), "{{server}}"), "none", mappings=STATE,
             filled=True, graph=False, named=True, width=8),
        stat("Calls", "Tool calls answered per second.", q.rate(CALLS), "reqps"),
        stat("Failed calls", "Share of tool calls whose outcome was not ok; cancelled ones are not counted.",
             q.tool_failed_share(), "percentunit", thresholds=steps((None, GREEN), (0.01, YELLOW), (0.05, RED)), decimals=2),
        stat("Tools", "Tools listed.", q.total("mcp_child_tools"), "none", graph=False),
        stat("Last output", "Time since the last byte on the stdout of any of its children.",
             "time() - max(mcp_child_last_seen_timestamp_seconds{" + q.SERVER + "} > 0)", "s", graph=False, decimals=0),
    ]


def calls():
    return [
        timeseries("Calls by outcome", "Tool calls answered per second.", Query(q.rate(CALLS, "outcome"), "{{outcome}}"), "reqps",
                   stack=True, colors=OUTCOMES),
        timeseries("Latency of tool calls", "From a client's request to its answer. The line is at 500 ms.",
                   [Query(q.quantile(p / 100, DURATION, where=q.SERVER + ', method="tools/call"'), f"p{p}") for p in (50, 95, 99)],
                   "s", colors=PERCENTILES, thresholds=steps((None, GREEN), (0.5, RED))),
        timeseries("Time spent, p95", "At the child, in the queue, in the gateway. Each is a separate p95, so they do "
                   "not add up. Logarithmic scale.",
                   [Query(q.quantile(0.95, "mcp_client_operation_duration_seconds", where=q.SERVER + ', method="tools/call"'),
                          "child"),
                    Query(q.quantile(0.95, "mcp_gateway_queue_seconds"), "queue"),
                    Query(q.quantile(0.95, "mcp_gateway_overhead_seconds"), "gateway")], "s", logarithmic=True),
        timeseries("Size of messages, p95", "Of params (in), and of results or errors (out).",
                   Query(q.quantile(0.95, "mcp_server_message_bytes", "direction"), "{{direction}}"), "bytes"),
        timeseries("tools/list cache hits", "Share of lists answered from the cache.",
                   Query("(" + q.rate("mcp_gateway_cache_requests_total", "server", q.SERVER + ', result="hit"') + ") / (" +
                         q.rate("mcp_gateway_cache_requests_total", "server") + " > 0)", "{{server}}"), "percentunit", high=1),
        timeseries("Rejected calls", "By reason: too many in flight or queued, session limits, a service that is down.",
                   Query(q.rate("mcp_gateway_rejected_total", "reason") + " > 0", "{{reason}}"), "reqps", stack=True),
        timeseries("Circuits", "Circuit breakers of services and tools: 0 closed, 1 half-open, 2 open.",
                   Query("max by (server, tool) (mcp_gateway_circuit_state{" + q.SERVER + "})", "{{server}} {{tool}}"), "none",
                   high=2),
        timeseries("Circuit changes", "Circuits that became open, half-open or closed, in five minutes.",
                   Query(q.increase("mcp_gateway_circuit_transitions_total", "server, tool, to", window="5m") + " > 0",
                         "{{server}} {{tool}} {{to}}"), "none", bars=True, stack=True),
        timeseries("Notifications", "Forwarded to the child (in) and to clients (out), by method.",
                   Query(q.rate("mcp_server_notifications_total", "direction, method") + " > 0", "{{direction}} {{method}}"), "cps",
                   width=24, height=7, stack=True),
    ]


def tools():
    of_tool = q.SERVER + ', tool=~"$tool"'
    return [
        timeseries("p95 by tool", "Duration of calls by tool; requires gateway.metrics.tool_durations.",
                   Query(q.quantile(0.95, "mcp_server_tool_duration_seconds", "tool", of_tool), "{{tool}}"), "s", width=12),
        timeseries("p95 by tool, from the logs", "The same from the gateway's log, even without tool_durations.",
                   Query("quantile_over_time(0.95, " + REQUEST_LINES + ' | tool=~"$tool", tool!="" | unwrap duration_ms | __error__="" '
                         "[$__auto]) by (tool)", "{{tool}}"), "ms", width=12, datasource=LOKI),
        timeseries("$tool", "Calls of this tool by outcome.", Query(q.rate(CALLS, "outcome", of_tool) + " > 0", "{{outcome}}"),
                   "reqps", width=6, height=6, stack=True, colors=OUTCOMES, repeat="tool"),
    ]


def children():
    return [
        state_timeline("State", "The worst state of the service's children.", Query(q.state(), "{{server}}"), STATE, width=12),
        timeseries("Time to start", "From spawning the child to the end of its handshake.",
                   [Query(q.quantile(p, "mcp_child_start_duration_seconds", window="$__range"), f"p{round(p * 100)}")
                    for p in (0.5, 0.95)], "s", width=6, height=7, colors=PERCENTILES),
        timeseries("Restarts", "Children that exited unexpectedly or were replaced, in the last five minutes.",
                   Query(q.increase("mcp_child_restarts_total", "reason", window="5m") + " > 0", "{{reason}}"), "none", width=6,
                   height=7, bars=True, stack=True),
        timeseries("Memory", "Memory of all processes of the service, and the limit above which a child is replaced.",
                   [Query(q.total("mcp_child_resident_memory_bytes", "server"), "{{server}}"),
                    Query(q.total("mcp_child_memory_limit_bytes", "server") + " > 0", "{{server}} limit")], "bytes", width=6),
        timeseries("CPU", "CPU time per second of all processes of the service: 100 % is one core.",
                   Query(q.rate("mcp_child_cpu_seconds_total", "server"), "{{server}}"), "percentunit", width=6),
        timeseries("Processes, threads, descriptors", "Of all processes of the service.",
                   [Query(q.total("mcp_child_up"), "ready children"), Query(q.total("mcp_child_processes"), "processes"),
                    Query(q.total("mcp_child_threads"), "threads"), Query(q.total("mcp_child_open_fds"), "descriptors")], "none", width=6),
        timeseries("Pending input of the child", "Bytes queued for its stdin: a child that does not read.",
                   Query(q.total("mcp_child_stdin_queue_bytes", "server"), "{{server}}"), "bytes", width=6),
        timeseries("Invalid lines on stdout", "Output of the child that is not a valid message, by reason.",
                   Query(q.rate("mcp_child_protocol_errors_total", "reason") + " > 0", "{{reason}}"), "cps", width=8, stack=True),
        timeseries("Probes", "Results of probes, if configured; and failed starts.",
                   [Query(q.rate("mcp_child_probes_total", "result"), "probes {{result}}"),
                    Query(q.rate("mcp_child_spawn_failures_total"), "could not be started")], "cps", width=8),
        timeseries("Lines on stderr", "Lines written, and lines not logged because there were too many.",
                   [Query(q.rate("mcp_child_stderr_lines_total"), "written"),
                    Query(q.rate("mcp_child_stderr_suppressed_total"), "not logged")], "cps", width=8),
    ]


def from_logs():
    return [
        logs("Failed calls", "With tool and duration; a trace id links to all lines of that trace.",
             q.LOGS + ' | json | event="request.done" | outcome!="ok" | line_format "{{.server}} {{.method}} {{.tool}}: {{.outcome}} '
             '{{.code}} after {{.duration_ms}} ms"', width=12),
        logs("stderr of the children", "Newest first.",
             q.LOGS + ' | json | event="child.stderr" | line_format "{{.server}}: {{.line}}"', width=12),
    ]


def board():
    return dashboard("mcp-service", "MCP service", "One service, or some: calls, tools, children, logs.",
                     [PROMETHEUS_SOURCE, LOKI_SOURCE, POOL, INSTANCE, SERVER, TOOL],
                     [("Now", now()), ("Calls", calls()), ("Tools", tools()), ("Children", children()), ("Logs", from_logs())])
