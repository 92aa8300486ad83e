"""The results as text: a table for a terminal, and what docs/benchmarks.md shows."""

from pathlib import Path

from . import figures_drawn, tables
from .targets import all_targets

DOCS = Path(__file__).resolve().parents[2] / "docs"
BEGIN = "<!-- From here on written by bench/run. -->"
END = "<!-- Up to here written by bench/run. -->"


def files(results):
    """All that is made of the results, by file: charts, and docs/benchmarks.md with its tables between the marks."""
    made = {DOCS / "benchmarks" / f"{name}.svg": drawing for name, drawing in figures_drawn.all_charts(results).items()}
    page = DOCS / "benchmarks.md"
    before, _, rest = page.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    made[page] = f"{before}{BEGIN}\n\n{tables.all_tables(results)}\n{END}{after}"
    return made


def write(results):
    for path, text in files(results).items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def for_terminal(results):
    lines = [f"{'scenario':<14} {'program':<22}  calls/s    p50 µs    p99 µs  p99.9 µs  CPU µs  MB peak  wrong failed left"
             "   relative to floor: calls/s p50 p99 CPU"]
    for scenario, program in results.rounds:
        lines.append(terminal_line(results, scenario, program))
    lines += [f"{scenario:<14} {program:<22}  {problem}" for (scenario, program), problem in results.problems.items()]
    for target in all_targets(results):
        lines.append(f"{mark(target)} "
                     f"{target.what}: {target.reached or 'not measured'} (wanted: {target.wanted})")
    return "\n".join(lines)


def terminal_line(results, scenario, program):
    def shown(figure, width, digits):
        value = results.median(scenario, program, figure)
        return " " * width if value is None else f"{value:>{width},.{digits}f}"

    line = f"{scenario:<14} {program:<22} "
    for figure, width, digits in (("calls_per_second", 8, 0), ("p50_us", 9, 1), ("p99_us", 9, 0), ("p999_us", 9, 0),
                                  ("cpu_us_per_call", 7, 1), ("resident_peak_mb", 8, 1)):
        line += shown(figure, width, digits) + " "
    for figure in ("wrong", "failed", "left_behind"):
        line += f"{results.sum(scenario, program, figure):>6.0f}"
    ratios = [results.ratio(figure, (scenario, program), (tables.floor_of(scenario), "floor")) for figure in tables.BY_FLOOR]
    if program != "floor" and all(ratios):
        line += "   " + " ".join(f"{ratio:.2f}" for ratio in ratios)
    return line


def mark(target):
    if not target.reached:
        return "?     "
    return {True: "met   ", False: "NOT   ", None: "      "}[target.met]


def complaints(results):
    """What must not happen to our own programs, whatever the machine: said, and counted."""
    bad = [f"{scenario}, {program}: {problem}" for (scenario, program), problem in results.problems.items()
           if program.startswith(("gateway", "floor"))]
    for scenario, program in results.rounds:
        if program.startswith(("gateway", "floor")):
            for figure in ("wrong", "failed", "left_behind", "had_to_be_killed"):
                if count := results.sum(scenario, program, figure):
                    bad.append(f"{scenario}, {program}: {figure.replace('_', ' ')}: {count:.0f}")
    return bad
