"""Which figures are drawn, and how."""

from .charts import Bar, bar_chart
from .tables import TITLES

TRANSPORTS = (("sse", "legacy SSE"), ("http", "Streamable HTTP"), ("stateless", "stateless HTTP (2026-07-28)"))


def all_charts(results):
    return {
        "calls": by_transport(results, "Calls per second, 64 sessions", "calls/s, higher is better", "{} 64", "calls_per_second"),
        "cpu": by_transport(results, "CPU of the gateway process, 64 sessions", "µs per call, lower is better", "{} 64",
                            "cpu_us_per_call", 1),
        "latency": by_transport(results, "Median latency, 1 session", "µs, lower is better", "{} 1", "p50_us"),
        "churn": by_transport(results, "Short sessions: connect, initialize, one call, close", "sessions/s, higher is better",
                              "churn {}", "calls_per_second"),
        "growth": growth(results),
        "memory": memory(results),
    }


def by_transport(results, title, unit, scenario, figure, digits=0):
    groups = []
    for transport, heading in TRANSPORTS:
        name = scenario.format(transport)
        programs = [program for where, program in results.rounds if where == name]
        if programs:
            groups.append((heading, [bar(results, name, program, figure) for program in programs]))
    return bar_chart(title, unit, groups, digits)


def growth(results):
    groups = []
    for sessions in (1, 4, 16, 64, 256):
        bars = [Bar(f"{TITLES[program]}, {heading}", value, program)
                for transport, heading in (("sse", "SSE"), ("http", "HTTP")) for program in ("floor", "gateway")
                if (value := results.median(f"{transport} {sessions}", program, "calls_per_second"))]
        if bars:
            groups.append((f"{sessions} session{'s' * (sessions > 1)}", bars))
    return bar_chart("Calls per second by number of sessions", "calls/s, higher is better", groups)


def memory(results):
    def group(heading, scenario, figure):
        return heading, [bar(results, scenario, program, figure) for where, program in results.rounds
                         if where == scenario and results.median(scenario, program, figure) is not None]

    return bar_chart("Resident memory of the gateway process", "lower is better", [
        group("nine services, 1 s after startup, MB", "start", "resident_mb"),
        group("per session, 1,000 idle SSE sessions, KB", "idle 1000", "kb_per_session")], 1)


def bar(results, scenario, program, figure):
    kind = program if program in ("floor", "gateway") else "peer"
    if not results.answers_rightly(scenario, program):
        return Bar(TITLES[program], 0, kind, "wrong or missing answers")
    return Bar(TITLES[program], results.median(scenario, program, figure), kind)
