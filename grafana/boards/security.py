"""Who was refused, who calls what, and whether a server's tools became others."""
from boards import queries as q
from boards.dashboard import INSTANCE, LOKI_SOURCE, POOL, PROMETHEUS_SOURCE, SERVER, dashboard
from boards.panels import GREEN, LOKI, ORANGE, RED, YELLOW, Query, bar_gauge, logs, stat, steps, timeseries

FAILURES = "mcp_gateway_auth_failures_total"
REQUESTS = q.LOGS + ' | json event="event", principal="principal", tool="tool", server="server" | event="request.done"'
AUDIT = '{service_name="mcp-gateway", log_type="audit"}'


def now():
    return [
        stat("Refused for who they are", "Requests with no token, a wrong one, or from a Host or Origin that is not allowed, in the "
             "last five minutes. An alert begins at 10.", q.increase(FAILURES, where=q.INSTANCE, window="5m"), "short", decimals=0,
             width=6, thresholds=steps((None, GREEN), (1, YELLOW), (10, RED))),
        stat("Requests the parser refused", "In the last five minutes; a scanner shows here.",
             q.increase("mcp_gateway_http_parse_errors_total", where=q.INSTANCE, window="5m"), "short", decimals=0, width=6,
             thresholds=steps((None, GREEN), (1, YELLOW), (100, ORANGE))),
        stat("Tool lists that changed", "In the last hour. Outside of an update a list that becomes another deserves a look: tools "
             "can be swapped under a name that was trusted.", q.increase("mcp_child_tools_changed_total", window="1h"), "short",
             decimals=0, width=6, thresholds=steps((None, GREEN), (1, ORANGE))),
        stat("Expected tools missing", "Of the expected_tools in the configuration, those not listed.",
             q.total("mcp_child_tools_missing"), "none", width=6, graph=False, thresholds=steps((None, GREEN), (1, ORANGE))),
    ]


def refused():
    return [
        timeseries("Refused by reason", "missing and bad_token are tokens, the others are what browsers say of where a request is from.",
                   Query(q.rate(FAILURES, "reason", q.INSTANCE), "{{reason}}"), "cps", stack=True),
        timeseries("HTTP answers 401, 403, 429", "By status.",
                   Query(q.rate("mcp_gateway_http_requests_total", "code", q.INSTANCE + ', code=~"401|403|421|429"') + " > 0",
                         "{{code}}"), "reqps", stack=True),
        timeseries("Requests the parser refused", "By reason.",
                   Query(q.rate("mcp_gateway_http_parse_errors_total", "reason", q.INSTANCE) + " > 0", "{{reason}}"), "cps",
                   stack=True),
        timeseries("Calls refused", "Before a child saw them, by reason.",
                   Query(q.rate("mcp_gateway_rejected_total", "reason") + " > 0", "{{reason}}"), "reqps", width=12, stack=True),
        timeseries("Tool lists that changed", "By service, in five minutes.",
                   Query(q.increase("mcp_child_tools_changed_total", "server", window="5m") + " > 0", "{{server}}"), "none", width=12,
                   bars=True),
    ]


def who():
    return [
        bar_gauge("Who calls most", "Requests by the name of the token, in the time shown; from the log.",
                  Query("topk(10, sum by (principal) (count_over_time(" + REQUESTS + ' | principal!="" [$__range])))',
                        "{{principal}}"), "short", datasource=LOKI),
        bar_gauge("Tools called most", "Calls in the time shown.",
                  Query("topk(10, " + q.increase("mcp_server_tool_calls_total", "server, tool") + " > 0)", "{{server}} / {{tool}}"),
                  "short"),
        timeseries("Who calls when", "Requests by the name of the token; from the log.",
                   Query("sum by (principal) (count_over_time(" + REQUESTS + ' | principal!="" [$__auto]))', "{{principal}}"), "short",
                   datasource=LOKI, bars=True, stack=True),
    ]


def from_logs():
    return [
        logs("Refused", "Who was turned away and why, at most a few lines a second.",
             q.ALL_LOGS + ' | json | event="auth.denied" | line_format "{{.reason}}{{if .remote}} from {{.remote}}{{end}} {{.server}}{{.path}}"', width=12),
        logs("Audit", "Who called what, where gateway.log.audit is on: shapes of arguments, never their values.",
             AUDIT + ' | json | line_format "{{.event}} {{.principal}} {{.server}}/{{.tool}} {{.decision}} {{.outcome}}"', width=12),
        logs("Tool lists", "When a list was read, and when it became another.",
             q.LOGS + ' | json | event="service.tools" | line_format "{{.server}}: {{.tools}} tools'
             '{{if eq .changed `true`}}, another list than before{{end}}"', height=7),
    ]


def board():
    return dashboard("mcp-security", "MCP security", "Who was refused, who calls what, and whether a server's tools became others.",
                     [PROMETHEUS_SOURCE, LOKI_SOURCE, POOL, INSTANCE, SERVER],
                     [("Now", now()), ("Refused", refused()), ("Who and what", who()), ("Logs", from_logs())])
