"""What the gateway is to reach, and whether it does. Every line is computed from the results."""

import dataclasses

from .programs import TRANSPORTS
from .scenarios import BUSY_POLL, NO_LOG, TRACED

STEADY_64 = tuple(f"{transport} 64" for transport in TRANSPORTS)


@dataclasses.dataclass(frozen=True)
class Target:
    what: str
    wanted: str
    reached: str  # empty: not measured
    met: bool | None  # None: only shown


def at_least(what, value, bound, of="of the floor's"):
    return judged(what, value, f"at least {bound:g} {of}", lambda: value >= bound)


def at_most(what, value, bound, of="of the floor's"):
    return judged(what, value, f"at most {bound:g} {of}", lambda: value <= bound)


def judged(what, value, wanted, is_met, text="{:.2f}"):
    if value is None:
        return Target(what, wanted, "", False)
    return Target(what, wanted, text.format(value), is_met())


def all_targets(results):
    return [*against_floor(results), *for_itself(results), *against_peers(results), *in_all(results)]


def against_floor(results):
    def ratio(figure, scenario, by=None):
        return results.ratio(figure, (scenario, "gateway"), (by or scenario, "floor"))

    return [
        at_least("SSE, 4 sessions: calls/s", ratio("calls_per_second", "sse 4"), 0.8),
        at_least("SSE, 16 sessions: calls/s", ratio("calls_per_second", "sse 16"), 0.95),
        at_least("SSE, 64 sessions: calls/s", ratio("calls_per_second", "sse 64"), 1),
        at_least("SSE, 256 sessions: calls/s", ratio("calls_per_second", "sse 256"), 0.95),
        at_most("SSE, 64 sessions: CPU per call", ratio("cpu_us_per_call", "sse 64"), 1.4),
        at_most("SSE, 64 sessions: p99", ratio("p99_us", "sse 64"), 1.5),
        at_most("SSE, 1 session: p50", ratio("p50_us", "sse 1"), 1.35),
        at_least("short SSE sessions per second", ratio("calls_per_second", "churn sse"), 0.65),
        at_least("results of 64 KB: bytes/s", ratio("calls_per_second", "results 64 KB"), 0.9),
        at_least("results of 1 MB: bytes/s", ratio("calls_per_second", "results 1 MB"), 0.7),
    ]


def for_itself(results):
    def median(scenario, figure):
        return results.median(scenario, "gateway", figure)

    def ratio(figure, scenario, by):
        return results.ratio(figure, (scenario, "gateway"), (by, "gateway"))

    def change(figure, program):
        """What that program's telling changes, in percent."""
        by_silent = results.ratio(figure, ("observed", program), ("observed", NO_LOG.name))
        return None if by_silent is None else 100 * (by_silent - 1)

    processes = median("churn sse", "processes_below")
    log_cpu, log_calls = change("cpu_us_per_call", "gateway"), change("calls_per_second", "gateway")
    all_calls = change("calls_per_second", TRACED.name)
    idle_memory, idle_cpu = median("idle 10000", "kb_per_session"), median("idle 10000", "cpu_percent")
    memory, listening = median("start", "resident_mb"), median("start", "listening_ms")
    last = median("slow start", "answering_ms")
    return [
        at_least("Streamable HTTP, 64 sessions: calls/s", ratio("calls_per_second", "http 64", "sse 64"), 1.1,
                 "of our SSE's"),
        at_most("stateless HTTP, 64 clients: CPU per call", ratio("cpu_us_per_call", "stateless 64", "http 64"), 1,
                "of our Streamable HTTP's"),
        at_least("SSE: calls/s at 256 sessions", ratio("calls_per_second", "sse 256", "sse 64"), 0.9, "of those at 64"),
        judged("processes during short sessions", processes, "the child and the guard",
               lambda: processes == 2, "{:.0f}"),
        flat_memory(results),
        judged("10,000 idle SSE sessions: memory per session", idle_memory, "at most 6 KB", lambda: idle_memory <= 6,
               "{:.1f} KB"),
        judged("10,000 idle SSE sessions: CPU, keep-alives on", idle_cpu, "under 1 %", lambda: idle_cpu < 1, "{:.2f} %"),
        judged("nine services: memory at start", memory, "under 10 MB", lambda: memory < 10, "{:.1f} MB"),
        judged("nine services: from exec to listening", listening, "under 20 ms", lambda: listening < 20, "{:.1f} ms"),
        judged("nine services that take 300 ms each to start: all answer", last, "started in parallel",
               lambda: last < 600, "after {:.0f} ms"),
        judged("access log: CPU per call", log_cpu, "at most 3 % more", lambda: log_cpu <= 3, "{:+.1f} %"),
        judged("access log: calls/s", log_calls, "at most 5 % less", lambda: log_calls >= -5, "{:+.1f} %"),
        judged("access log and traces of 1 %: calls/s", all_calls, "less than 8 % less", lambda: all_calls > -8, "{:+.1f} %"),
    ]


def flat_memory(results):
    for scenario, program in results.rounds:
        if scenario.startswith("flat") and program == "gateway":
            sessions = results.median(scenario, program, "sessions")
            first, last = (results.median(scenario, program, figure) for figure in ("resident_first_mb", "resident_mb"))
            return Target(f"memory over {sessions:,.0f} short SSE sessions", "flat",
                          f"{first:.1f} MB, then {last:.1f} MB", last <= first * 1.05)
    return Target("memory over short SSE sessions", "flat", "", False)


def against_peers(results):
    """By the best peer of the same transport whose answers were all right. Each transport must hold.

    Peers run with their fastest settings. Only one of ours is slower as delivered than it can be: how a loop
    waits shows where one call is on its way alone, so there both are shown, and `busy_poll` is judged.
    """
    figures = [
        ("calls/s, 64 sessions", STEADY_64, "calls_per_second", max, 2.6, "gateway"),
        ("CPU per call, 64 sessions", STEADY_64, "cpu_us_per_call", min, 0.25, "gateway"),
        ("p50, 1 session, with `busy_poll`", ("sse 1", "http 1"), "p50_us", min, 0.5, BUSY_POLL.name),
        ("p50, 1 session, default settings", ("sse 1", "http 1"), "p50_us", min, None, "gateway"),
        ("short sessions per second", ("churn sse", "churn http"), "calls_per_second", max, 1.5, "gateway"),
    ]
    return [by_best_peer(results, *figure) for figure in figures]


def by_best_peer(results, what, scenarios, figure, better, bound, ours):
    values = []
    for scenario, label in zip(scenarios, TRANSPORTS.values()):
        peers = [peer["name"] for peer in results.about["peers"] if results.answers_rightly(scenario, peer["name"])]
        if peers and results.has(scenario, ours):
            best = better(peers, key=lambda peer: results.median(scenario, peer, figure))
            values.append((label, results.ratio(figure, (scenario, ours), (scenario, best)), best))
    reached = ", ".join(f"{label} {value:.2f} ({best})" for label, value, best in values)
    if bound is None:
        return Target(what, "of the best peer's", reached, None)
    wanted = f"at {'least' if better is max else 'most'} {bound:g} of the best peer's"
    met = all(value >= bound if better is max else value <= bound for _, value, _ in values)
    return Target(what, wanted, reached, bool(values) and met)


def in_all(results):
    ours = [row for row in results.rounds if row[1].startswith("gateway")]
    errors = sum(results.errors(*row) for row in ours)
    left = sum(results.sum(*row, "left_behind") for row in ours)
    return [Target("wrong, failed or missing answers, in all runs", "none", f"{errors:.0f}", errors == 0),
            Target("children left behind, in all runs", "none", f"{left:.0f}", left == 0)]
