"""Whether the services keep what they promise, and how much of the allowed failure is left. From the recording rules."""
from boards import queries as q
from boards.dashboard import INSTANCE, POOL, PROMETHEUS_SOURCE, SERVER, TO_SERVICE, choice, dashboard
from boards.panels import GREEN, ORANGE, PERCENTILES, RED, YELLOW, Query, by_name, fixed, label_table, stat, steps, table, timeseries

OBJECTIVE = choice("objective", "Objective", "Percentage of requests that must be answered by the server.", ["99.9", "99.5", "99"])
ALLOWED = "(1 - $objective / 100)"
OF_SERVER = 'server=~"$server"'
WINDOW = "30d"
LEFT = steps((None, RED), (0.0001, ORANGE), (0.25, YELLOW), (0.5, GREEN))
BURN = steps((None, GREEN), (1, YELLOW), (6, ORANGE), (14.4, RED))
COLORED = {"type": "color-text"}


def burn(window, by_server=True):
    ratio = f"server:mcp_error_ratio:rate{window}{{{OF_SERVER}}}"
    return f"{'max by (server)' if by_server else 'max'} ({ratio}) / {ALLOWED}"


def within(seconds, by=""):
    """The share of tool calls answered within that time, over the range shown."""
    duration, call = "mcp_server_operation_duration_seconds", q.SERVER + ', method="tools/call"'
    quick = q.increase(duration + "_bucket", by, f'{call}, le="{seconds}"')
    return f"{quick} / ({q.increase(duration + '_count', by, call)} > 0)"


def now():
    failed = q.failed_share("", WINDOW)
    return [
        stat("Availability, 30 days", "Share of requests answered by the server.", f"1 - ({failed})", "percentunit", decimals=3,
             graph=False, width=5, thresholds=steps((None, RED), (0.99, YELLOW), (0.999, GREEN))),
        stat("Error budget left, 30 days", "Remaining share of the failures the objective allows in 30 days. Below 0 the objective is missed.",
             f"1 - ({failed}) / {ALLOWED}", "percentunit", decimals=1, graph=False, width=5, thresholds=LEFT),
        stat("Burn, 1 hour", "How many times faster than allowed the budget is used up, for the worst service. At 14.4 it lasts two "
             "days.", burn("1h", False), "none", decimals=1, width=5, thresholds=BURN),
        stat("Within 500 ms", "Share of tool calls answered within 500 ms, in the selected time range.", within("0.5"), "percentunit",
             decimals=2, graph=False, width=5, thresholds=steps((None, RED), (0.95, YELLOW), (0.99, GREEN))),
        stat("Alerts firing", "Number of firing alerts.", 'count(ALERTS{alertname=~"Mcp.*", alertstate="firing"}) or vector(0)', "none",
             graph=False, thresholds=steps((None, GREEN), (1, RED))),
    ]


def by_service():
    columns = [
        (Query(f"1 - ({q.failed_share('server', WINDOW)})", "Availability, 30 d"), {"unit": "percentunit", "decimals": 3}),
        (Query(f"1 - ({q.failed_share('server', WINDOW)}) / {ALLOWED}", "Budget left"),
         {"unit": "percentunit", "decimals": 1, "thresholds": LEFT, "cell": COLORED}),
        (Query(burn("5m"), "Burn, 5 min"), {"unit": "none", "decimals": 1, "thresholds": BURN, "cell": COLORED}),
        (Query(burn("1h"), "Burn, 1 h"), {"unit": "none", "decimals": 1, "thresholds": BURN, "cell": COLORED}),
        (Query(burn("6h"), "Burn, 6 h"), {"unit": "none", "decimals": 1, "thresholds": BURN, "cell": COLORED}),
        (Query(burn("3d"), "Burn, 3 d"), {"unit": "none", "decimals": 1, "thresholds": BURN, "cell": COLORED}),
        (Query(within("0.5", "server"), "Within 500 ms"), {"unit": "percentunit", "decimals": 2}),
        (Query(f"max by (server) (server:mcp_latency:p95:5m{{{OF_SERVER}}}) > 0", "p95"), {"unit": "s", "decimals": 1}),
        (Query(f"max by (server) (server:mcp_latency:p95:5m{{{OF_SERVER}}} / server:mcp_latency_objective:p95) > 0", "p95 / objective"),
         {"unit": "percentunit", "decimals": 0, "thresholds": steps((None, GREEN), (0.8, YELLOW), (1, RED)), "cell": COLORED}),
    ]
    return [table("Every service", "Availability and burn rate of the error budget; the name links to its dashboard.", "server",
                  columns, height=9, key_links=TO_SERVICE)]


def budget():
    return [
        timeseries("Burn rate, 1 hour", "How many times faster than allowed the budget is used up. The lines are the thresholds of the alerts: 1, 6 "
                   "and 14.4.", Query(burn("1h"), "{{server}}"), "none", width=12, thresholds=BURN),
        timeseries("Burn rate, 6 hours", "The same over a longer window.", Query(burn("6h"), "{{server}}"), "none", width=12,
                   thresholds=BURN),
        timeseries("Error ratio", "Share of requests without an answer from the server, over five minutes, and what the objective allows.",
                   [Query(f"max by (server) (server:mcp_error_ratio:rate5m{{{OF_SERVER}}})", "{{server}}"),
                    Query(f"vector({ALLOWED})", "allowed")], "percentunit", width=8,
                   overrides=[by_name("allowed", color=fixed(RED), style={"fill": "dash", "dash": [8, 6]}, fill=0)]),
        timeseries("Failed tool calls", "Share of tool calls that ended in an error of the tool itself. Not part of the "
                   "error budget.", Query(f"max by (server) (server:mcp_tool_error_ratio:rate5m{{{OF_SERVER}}})", "{{server}}"),
                   "percentunit", width=8),
        timeseries("Latency of the slowest service", "Over five minutes.",
                   [Query(f"max(server:mcp_latency:{p}:5m{{{OF_SERVER}}})", p) for p in ("p50", "p95", "p99")], "s", width=8,
                   colors=PERCENTILES, thresholds=steps((None, GREEN), (0.5, RED))),
    ]


def alerts():
    return [label_table("Alerts, pending and firing", "See docs/runbook.md for each alert.",
                        'max by (alertname, severity, server, alertstate) (ALERTS{alertname=~"Mcp.*"})',
                        ["alertname", "alertstate", "severity", "server"], height=8)]


def board():
    return dashboard("mcp-slo", "MCP objectives and error budget", "Whether the services meet their objectives, and how much of the "
                     "error budget is left.", [PROMETHEUS_SOURCE, POOL, INSTANCE, SERVER, OBJECTIVE],
                     [("Now", now()), ("Services", by_service()), ("Budget", budget()), ("Alerts", alerts())], span="now-24h")
