"""Who was rejected, who calls what, and whether a server's tools changed."""
from boards import queries as q
from boards.dashboard import INSTANCE, LOKI_SOURCE, POOL, PROMETHEUS_SOURCE, SERVER, dashboard
from boards.panels import GREEN, LOKI, ORANGE, RED, YELLOW, Query, bar_gauge, logs, stat, steps, timeseries

FAILURES = "mcp_gateway_auth_failures_total"
REQUESTS = q.LOGS + ' | json event="event", principal="principal", tool="tool", server="server" | event="request.done"'
DAY = 24 * 3600
AUDIT = '{service_name="mcp-gateway", log_type="audit"}'


def now():
    return [
        stat("Unauthorized requests", "Requests without a token, with a wrong one, or with a Host or Origin that is not allowed, in the "
             "last five minutes. The alert threshold is 10.", q.increase(FAILURES, where=q.INSTANCE, window="5m"), "short", decimals=0,
             width=6, thresholds=steps((None, GREEN), (1, YELLOW), (10, RED))),
        stat("Malformed requests", "In the last five minutes; a scanner would show up here.",
             q.increase("mcp_gateway_http_parse_errors_total", where=q.INSTANCE, window="5m"), "short", decimals=0, width=6,
             thresholds=steps((None, GREEN), (1, YELLOW), (100, ORANGE))),
        stat("Changed tool lists", "In the last hour. Unless there was an update, check what changed: tools "
             "can be replaced under a trusted name.", q.increase("mcp_child_tools_changed_total", window="1h"), "short",
             decimals=0, width=6, thresholds=steps((None, GREEN), (1, ORANGE))),
        stat("Expected tools missing", "expected_tools of the configuration that are not listed.",
             q.total("mcp_child_tools_missing"), "none", width=6, graph=False, thresholds=steps((None, GREEN), (1, ORANGE))),
    ]


def refused():
    return [
        timeseries("Rejected by reason", "missing and bad_token concern tokens, the others the origin of a request as reported by browsers.",
                   Query(q.rate(FAILURES, "reason", q.INSTANCE), "{{reason}}"), "cps", stack=True),
        timeseries("HTTP responses 401, 403, 429", "By status.",
                   Query(q.rate("mcp_gateway_http_requests_total", "code", q.INSTANCE + ', code=~"401|403|421|429"') + " > 0",
                         "{{code}}"), "reqps", stack=True),
        timeseries("Malformed requests", "By reason.",
                   Query(q.rate("mcp_gateway_http_parse_errors_total", "reason", q.INSTANCE) + " > 0", "{{reason}}"), "cps",
                   stack=True),
        timeseries("Rejected calls", "By reason.",
                   Query(q.rate("mcp_gateway_rejected_total", "reason") + " > 0", "{{reason}}"), "reqps", width=12, stack=True),
        timeseries("Changed tool lists", "By service, in five minutes.",
                   Query(q.increase("mcp_child_tools_changed_total", "server", window="5m") + " > 0", "{{server}}"), "none", width=12,
                   bars=True),
    ]


def identity():
    return [
        stat("TLS certificate expires in", "The first certificate of each listener's chain. The alert fires two weeks ahead.",
             Query("min by (listener) (mcp_gateway_tls_certificate_expiry_timestamp_seconds{" + q.INSTANCE + "}) - time()", "{{listener}}"),
             "s", width=6, height=7, graph=False, named=True, thresholds=steps((None, RED), (7 * DAY, ORANGE), (14 * DAY, GREEN))),
        timeseries("TLS handshakes", "By result. no_certificate and bad_certificate concern certificates of clients.",
                   Query(q.rate("mcp_gateway_tls_handshakes_total", "result", q.INSTANCE) + " > 0", "{{result}}"), "cps", width=6,
                   height=7, stack=True),
        timeseries("TLS connections", "By version, and whether a session was resumed.",
                   Query(q.rate("mcp_gateway_tls_connections_total", "version, resumed", q.INSTANCE) + " > 0",
                         "{{version}}, resumed: {{resumed}}"), "cps", width=6, height=7, stack=True),
        timeseries("Tokens, keys and certificates read", "By source and outcome. After an error, those known before stay in use.",
                   [Query(q.increase("mcp_gateway_auth_source_reads_total", "source, outcome", q.INSTANCE, "5m"),
                          "{{source}} {{outcome}}"),
                    Query(q.increase("mcp_gateway_tls_certificate_reads_total", "listener, outcome", q.INSTANCE, "5m"),
                          "certificate of {{listener}} {{outcome}}")], "none", width=6, height=7, bars=True, stack=True),
        timeseries("Tools that are not as pinned", "Changed, new or missing.",
                   Query(q.total("mcp_child_tools_drifted", "server"), "{{server}}"), "none", width=12, height=7),
        timeseries("Redacted messages", "Messages of servers in which redact replaced something.",
                   Query(q.rate("mcp_child_messages_redacted_total", "server") + " > 0", "{{server}}"), "cps", width=12, height=7,
                   stack=True),
    ]


def who():
    return [
        bar_gauge("Most active clients", "Requests by token name, in the selected time range; from the log.",
                  Query("topk(10, sum by (principal) (count_over_time(" + REQUESTS + ' | principal!="" [$__range])))',
                        "{{principal}}"), "short", datasource=LOKI),
        bar_gauge("Most called tools", "Calls in the selected time range.",
                  Query("topk(10, " + q.increase("mcp_server_tool_calls_total", "server, tool") + " > 0)", "{{server}} / {{tool}}"),
                  "short"),
        timeseries("Requests by client", "By token name; from the log.",
                   Query("sum by (principal) (count_over_time(" + REQUESTS + ' | principal!="" [$__auto]))', "{{principal}}"), "short",
                   datasource=LOKI, bars=True, stack=True),
    ]


def from_logs():
    return [
        logs("Rejected requests", "Source and reason; at most a few lines per second.",
             q.ALL_LOGS + ' | json | event="auth.denied" | line_format "{{.reason}}{{if .remote}} from {{.remote}}{{end}} {{.server}}{{.path}}"', width=12),
        logs("Audit", "Who called what; requires gateway.log.audit. Shapes of arguments, never their values.",
             AUDIT + ' | json | line_format "{{.event}} {{.principal}} {{.server}}/{{.tool}} {{.decision}} {{.outcome}}"', width=12),
        logs("Tool lists", "When a list was read or changed.",
             q.LOGS + ' | json | event="service.tools" | line_format "{{.server}}: {{.tools}} tools'
             '{{if eq .changed `true`}}, changed{{end}}"', height=7),
    ]


def board():
    return dashboard("mcp-security", "MCP security", "Who was rejected, who calls what, and whether a server's tools changed.",
                     [PROMETHEUS_SOURCE, LOKI_SOURCE, POOL, INSTANCE, SERVER],
                     [("Now", now()), ("Rejected", refused()), ("Credentials and servers", identity()), ("Clients and tools", who()), ("Logs", from_logs())])
