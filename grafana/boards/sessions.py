"""Client sessions and their streams: how many, how long, why they end, and whether any is forgotten."""
from boards import queries as q
from boards.dashboard import INSTANCE, LOKI_SOURCE, POOL, PROMETHEUS_SOURCE, SERVER, dashboard
from boards.panels import GREEN, LOKI, PERCENTILES, RED, YELLOW, Query, heatmap, logs, stat, steps, timeseries

ACTIVE, OPENED, CLOSED = "mcp_gateway_sessions_active", "mcp_gateway_sessions_opened_total", "mcp_gateway_sessions_closed_total"
LENGTH = "mcp_server_session_duration_seconds"


def now():
    near = f"max(sum by (instance) ({ACTIVE}{{{q.INSTANCE}}}) / on (instance) mcp_gateway_sessions_limit{{{q.INSTANCE}}})"
    unaccounted = f"{q.total(OPENED)} - {q.total(CLOSED)} - {q.total(ACTIVE)}"
    return [
        stat("Open sessions", "Of all selected services.", q.total(ACTIVE), "none"),
        stat("Session limit used", "Share of gateway.limits.max_sessions, for the gateway closest to it.", near, "percentunit", decimals=1,
             thresholds=steps((None, GREEN), (0.7, YELLOW), (0.9, RED))),
        stat("Opened", "New sessions per second.", q.rate(OPENED), "cps"),
        stat("Unaccounted for", "Sessions opened that are neither closed nor open: 0, unless the gateway has a leak.", unaccounted, "none", graph=False,
             thresholds=steps((None, RED), (0, GREEN), (1, RED))),
        stat("Open streams", "SSE streams of clients.", q.total("mcp_gateway_streams_active"), "none"),
        stat("Median duration", "Of the sessions that ended in the selected time range.",
             q.quantile(0.5, LENGTH, window="$__range"), "s", graph=False, decimals=0),
    ]


def sessions():
    return [
        timeseries("Open by service", "Client sessions.", Query(q.total(ACTIVE, "server"), "{{server}}"), "none", stack=True),
        timeseries("Open by transport", "sse is the transport of 2024-11-05, http is Streamable HTTP, oneshot a call without a session, stateless one of 2026-07-28.",
                   Query(q.total(ACTIVE, "transport"), "{{transport}}"), "none", stack=True),
        timeseries("Opened and closed", "If the lines diverge for long, sessions accumulate.",
                   [Query(q.rate(OPENED), "opened"), Query(q.rate(CLOSED), "closed")], "cps"),
        timeseries("Closed by reason", "idle and evicted are sessions abandoned by their clients; slow is a client that does not read.",
                   Query(q.rate(CLOSED, "reason"), "{{reason}}"), "cps", stack=True),
        timeseries("Rejected calls", "Because the session has too many in flight (limits.max_calls_per_session).",
                   Query(q.rate("mcp_gateway_rejected_total", "server", q.SERVER + ', reason="session_limit"'), "{{server}}"),
                   "cps", stack=True),
        timeseries("Duration", "Of sessions that ended.",
                   [Query(q.quantile(p / 100, LENGTH, window="$__range"), f"p{p}") for p in (50, 95)], "s", colors=PERCENTILES),
        heatmap("Durations", "Of sessions that ended; darker is more.",
                f"sum by (le) (increase({LENGTH}_bucket{{{q.SERVER}}}[$__rate_interval]))", width=24, height=6),
    ]


def streams():
    return [
        timeseries("Open streams", "By kind: sse (2024-11-05), http_get (a session's own stream), http_post (a streamed answer).",
                   Query(q.total("mcp_gateway_streams_active", "kind"), "{{kind}}"), "none", stack=True),
        timeseries("Ended streams", "By reason.",
                   Query(q.rate("mcp_gateway_stream_disconnects_total", "reason") + " > 0", "{{reason}}"), "cps", stack=True),
        timeseries("Pending output", "Bytes in the buffers of all connections.",
                   Query(q.total("mcp_gateway_stream_buffer_bytes", "instance", q.INSTANCE), "{{instance}}"), "bytes"),
    ]


def from_logs():
    lost = q.LOGS + ' | json event="event", server="server", outcome="outcome" | event="request.done" | outcome=~"busy|unavailable"'
    return [
        timeseries("Rejected calls by service", "busy: too many; unavailable: no child is running; from the log.",
                   Query("sum by (server, outcome) (count_over_time(" + lost + " [$__auto]))", "{{server}} {{outcome}}"), "short", width=10,
                   height=9, datasource=LOKI, stack=True, bars=True),
        logs("Rejected calls", "The same calls, newest first.",
             q.LOGS + ' | json | event="request.done" | outcome=~"busy|unavailable" | line_format "{{.server}} {{.method}} '
             '{{.transport}}: {{.outcome}} {{.code}}"', width=14, height=9),
    ]


def board():
    return dashboard("mcp-sessions", "MCP sessions", "Client sessions and their streams: how many, how long, why they end.",
                     [PROMETHEUS_SOURCE, LOKI_SOURCE, POOL, INSTANCE, SERVER],
                     [("Now", now()), ("Sessions", sessions()), ("Streams", streams()), ("Logs", from_logs())])
