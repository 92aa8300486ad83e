"""Parts of queries that many panels share."""

INSTANCE = 'instance=~"$instance"'
SERVER = 'server=~"$server", ' + INSTANCE
LOGS = '{service_name="mcp-gateway", mcp_type=~"$server"}'
ALL_LOGS = '{service_name="mcp-gateway"}'

# A call in error is one the gateway could not get answered; what a tool itself reports as an error has panels of its own. The
# HTTP status does not tell: on a stream it is sent before anybody knows, and a timeout is an answer.
FAILED = 'outcome=~"timeout|child_exited|unavailable|busy"'

# What a service's children do, as a number that is higher the worse it is: so that the worst of several children shows.
STATES = (("ready", 1), ("idle", 2), ("stopped", 2), ("starting", 3), ("stopping", 3), ("backoff", 4), ("unavailable", 5),
          ("crash_loop", 6))


def rate(metric, by="", where=SERVER, window="$__rate_interval"):
    """Per second, summed: over everything, or `by` labels."""
    return f"sum{grouped(by)} (rate({metric}{{{where}}}[{window}]))"


def increase(metric, by="", where=SERVER, window="$__range"):
    return f"sum{grouped(by)} (increase({metric}{{{where}}}[{window}]))"


def total(metric, by="", where=SERVER):
    """A gauge, summed."""
    return f"sum{grouped(by)} ({metric}{{{where}}})"


def quantile(q, metric, by="", where=SERVER, window="$__rate_interval"):
    """Nothing, rather than NaN, where nothing was measured."""
    labels = ", ".join(filter(None, ("le", by)))
    return f"histogram_quantile({q}, sum by ({labels}) (rate({metric}_bucket{{{where}}}[{window}]))) > 0"


def share(part, whole, by="", window="$__rate_interval"):
    """What part of the calls: (metric, where) of (metric, where). Nothing where there were no calls, 0 where none of them is
    of that part."""
    above = rate(part[0], by, part[1], window)
    below = rate(whole[0], by, whole[1], window)
    return f"({above} or 0 * {below}) / ({below} > 0)"


def failed_share(by="", window="$__rate_interval", where=SERVER):
    requests = "mcp_server_requests_total"
    return share((requests, f"{where}, {FAILED}"), (requests, where), by, window)


def tool_failed_share(by="", window="$__rate_interval", where=SERVER):
    """Without calls that were cancelled: these say nothing of the tool."""
    calls = "mcp_server_tool_calls_total"
    return share((calls, f'{where}, outcome!~"ok|cancelled"'), (calls, f'{where}, outcome!="cancelled"'), by, window)


def state(by="server"):
    parts = [f'(mcp_child_state{{{SERVER}, state="{name}"}} > bool 0) * {number}' for name, number in STATES]
    return f"max{grouped(by)} ({' or '.join(parts)})"


def lines(by="", where=LOGS, window="$__auto"):
    return f"sum{grouped(by)} (count_over_time({where}[{window}]))"


def grouped(by):
    return f" by ({by})" if by else ""
