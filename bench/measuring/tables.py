"""The tables of docs/benchmarks.md."""

from .peers import all_peers
from .programs import TRANSPORTS, Floor, Gateway
from .scenarios import BUSY_POLL, NO_LOG, TLS, TRACED, Calls, all_scenarios, on_request
from .targets import all_targets

BY_FLOOR = ("calls_per_second", "p50_us", "p99_us", "cpu_us_per_call")
TITLES = {program.name: program.title for program in [Floor(), Gateway(), NO_LOG, TRACED, BUSY_POLL, TLS, *all_peers()]}


def floor_of(name):
    """The scenario whose floor figure this one's are compared with."""
    return next((scenario.by for scenario in all_scenarios() if scenario.name == name), name)


def all_tables(results):
    return "\n".join([
        about(results), "",
        "## Targets", "", targets(results), "",
        "## Calls", "", chart("calls", "Calls per second at 64 sessions"), "", chart("cpu", "CPU per call"), "",
        chart("latency", "Latency of a single session"), "", chart("churn", "Short sessions per second"), "",
        chart("growth", "Calls per second by number of sessions"), "", calls(results), "", slow_reader(results), "",
        "## Memory", "", chart("memory", "Resident memory"), "", memory(results), "",
        "## Other programs", "", peers(results), ""])


def about(results):
    machine = results.about["machine"]
    rounds, seconds = results.about["rounds"], results.about["seconds"]
    return (f"Measured on {results.about['date']} with {machine['cores']} cores ({machine['cpu']}), "
            f"{machine['memory_gb']} GB, Linux {machine['kernel']}, {machine['compiler']}: {rounds} round{'s' * (rounds > 1)} "
            f"of {seconds:g} s per figure, alternating between programs. Figures are medians, ratios are medians of the ratios of each round.")


def chart(name, words):
    return f"![{words}](benchmarks/{name}.svg)"


def number(value, digits=0):
    return "" if value is None else f"{value:,.{digits}f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def targets(results):
    return table(["Figure", "Target", "Reached", ""], [
        [target.what, target.wanted, target.reached or "not measured",
         verdict(target)] for target in all_targets(results)])


def verdict(target):
    if target.met is None or not target.reached:
        return ""
    return "met" if target.met else "**not met**"


def calls(results):
    rows = []
    for scenario in all_scenarios() + on_request():
        programs = [program for program in scenario.programs if results.has(scenario.name, program.name)]
        if isinstance(scenario, Calls):
            rows += [calls_row(results, scenario, program) for program in programs]
    return table(["Scenario", "Program", "calls/s", "p50 µs", "p99 µs", "p99.9 µs", "CPU µs per call",
                  "relative to floor: calls/s", "p50", "p99", "CPU"], rows)


def calls_row(results, scenario, program):
    figures = [number(results.median(scenario.name, program.name, figure), digits) for figure, digits in
               (("calls_per_second", 0), ("p50_us", 0), ("p99_us", 0), ("p999_us", 0), ("cpu_us_per_call", 1))]
    ratios = [""] * len(BY_FLOOR)
    if program.name != "floor":
        ratios = [number(results.ratio(figure, (scenario.name, program.name), (floor_of(scenario.name), "floor")), 2)
                  for figure in BY_FLOOR]
    return [scenario.title, program.title, *figures, *ratios]


def slow_reader(results):
    beside, without = ("slow reader", "gateway"), ("sse 64", "gateway")
    ratios = [results.ratio(figure, beside, without) for figure in ("calls_per_second", "p50_us", "p99_us")]
    if None in ratios:
        return ""
    return ("One slow reader among 64 (it takes 4 KB of its 256 KB results every 10 ms): the others reach {:.2f} times the "
            "throughput of 64 without it, at {:.2f} times the p50 and {:.2f} times the p99.").format(*ratios)


def memory(results):
    rows = []
    for scenario, program in results.rounds:
        if not scenario.startswith("idle"):
            continue
        shown = [number(results.median(scenario, program, figure), digits) for figure, digits in (
            ("resident_start_mb", 1), ("resident_peak_mb", 1), ("kb_per_session", 1), ("cpu_percent", 2),
            ("keep_alives_per_session", 0))]
        sessions = number(results.median(scenario, program, "sessions"))
        rows.append([sessions, TITLES[program], *shown])
    return table(["Idle SSE sessions", "Program", "MB at start", "peak MB", "KB per session", "CPU %", "keep-alives per session"], rows)


# ── programs of others ───────────────────────────────────────────────────────


def peers(results):
    """Two tables, since no page is wide enough for one: of calls, and of what they cost beside time."""
    if not results.about["peers"]:
        return "Not measured in this run."
    measured = ["gateway"] + [peer["name"] for peer in results.about["peers"] if not peer["problem"]]
    rows = [(program, transport) for program in measured for transport in TRANSPORTS
            if results.has(f"{transport} 64", program)]
    return "\n\n".join([
        table(["Program", "Transport", "1 session: calls/s", "p50 µs", "64 sessions: calls/s", "p50 µs", "p99 µs", "p99.9 µs",
               "CPU µs per call", "short sessions/s"], [peer_calls(results, *row) for row in rows]),
        table(["Program", "Transport", "MB at start", "peak MB, 64 sessions", "KB per idle session",
               "processes at 64 sessions", "children left behind", "answers"], [peer_costs(results, *row) for row in rows]),
        "\n".join(peer_line(results, peer) for peer in results.about["peers"])])


def label(program, transport):
    return [TITLES[program], TRANSPORTS[transport]]


def peer_calls(results, program, transport):
    def shown(scenario, figure, digits=0):
        """Only what was answered rightly counts."""
        if results.errors(scenario, program):
            return "–"
        return number(results.median(scenario, program, figure), digits)

    one, many, churn = f"{transport} 1", f"{transport} 64", f"churn {transport}"
    return label(program, transport) + [
        shown(one, "calls_per_second"), shown(one, "p50_us"),
        *(shown(many, figure) for figure in ("calls_per_second", "p50_us", "p99_us", "p999_us")),
        shown(many, "cpu_us_per_call", 1), shown(churn, "calls_per_second")]


def peer_costs(results, program, transport):
    many = f"{transport} 64"
    idle = results.median("idle 1000", program, "kb_per_session") if transport == "sse" else None
    wrong, failed, left = (sum(results.sum(scenario.name, program, figure) for scenario in all_scenarios()
                               if scenario.transport == transport) for figure in ("wrong", "failed", "left_behind"))
    answers = ", ".join(f"{count:,.0f} {word}" for count, word in ((wrong, "wrong"), (failed, "failed or missing")) if count)
    return label(program, transport) + [
        number(results.median(many, program, "resident_start_mb"), 1),
        number(results.median(many, program, "resident_peak_mb"), 1), number(idle, 1),
        number(results.median(many, program, "processes_below")), f"{left:.0f}", answers or "all correct"]


def peer_line(results, peer):
    known = {one.name: one for one in all_peers()}[peer["name"]]
    line = f"- **{known.title}**: {known.source} {peer['version']}; {known.settings}."
    if peer["problem"]:
        line += f" Not measured: it {peer['problem']}."
    for (scenario, program), problem in results.problems.items():
        if program == peer["name"]:
            line += f" `{scenario}`: {problem}."
    return line
