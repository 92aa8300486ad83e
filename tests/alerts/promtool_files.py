#!/usr/bin/env python3
"""Writes promtool/ALERT.yml for each alert, from the table in cases.py: promtool_files.py

promtool compares the series ALERTS, which Prometheus makes of every alert: whether it fires, when, and with which labels.
"""
import re
import sys

from cases import BAD, CASES, GOOD, Gains, Stays, Steps
from rules import HERE, SHARED, alerts, duration, group_names, seconds

FILES = HERE / "promtool"
HAIR = 1e-5
LONGER = 10  # steps for which a test goes on where nothing more is to happen


def number(value):
    return f"{value:.12g}"


def repeated(value, count):
    return f"{number(value)}+0x{count - 1}"


def growing(start, each, count):
    return f"{number(start)}{'-' if each < 0 else '+'}{number(abs(each))}x{count - 1}"


def is_made_of_records(expression):
    return re.search(r"\b(?!le:)\w+:\w+", expression) is not None


class Scenario:
    """Phases of series, with "restart" or "end" between, become one list of values for each series."""

    def __init__(self, phases, step):
        self.step = seconds(step)
        self.names = list(dict.fromkeys(one.name for phase in phases if not isinstance(phase, str) for one in phase[1]))
        self.values = {name: [] for name in self.names}
        self.last = {}
        for phase in phases:
            if phase == "restart":
                self.last = {}
            elif phase == "end":
                self.values = {name: [*values, "stale"] for name, values in self.values.items()}
            else:
                self.add(seconds(phase[0]) // self.step, {one.name: one for one in phase[1]})

    def add(self, count, series):
        for name in self.names:
            self.values[name].append(self.next_values(name, series.get(name), count))

    def next_values(self, name, one, count):
        if isinstance(one, Stays):
            return repeated(one.value, count)
        if isinstance(one, Steps):
            edges = [0, *one.at, count]
            return " ".join(repeated(done, end - begin) for done, (begin, end) in enumerate(zip(edges, edges[1:])))
        if one is None and name not in self.last:
            return f"_x{count}"
        each = one.each if one else 0
        # promtool adds fractions up and ends a hair above or below; below would be a counter that begins again.
        first = self.last[name] + each + HAIR if name in self.last else one.start
        self.last[name] = first + each * (count - 1)
        return growing(first, each, count)


class TestFile:
    def __init__(self, case):
        self.case = case
        self.alert = alerts()[case.alert]
        self.step = seconds(case.step)
        self.fires_at = seconds(case.after) + self.alert.wait
        self.lines = []

    def text(self):
        shared = [*(SHARED if is_made_of_records(self.alert.expression) else ()), self.alert.file]
        order = [name for file in shared for name in group_names(file)]
        self.lines = ["# Written by promtool_files.py from the table in cases.py.",
                      "rule_files: [" + ", ".join(f"../../../compose/prometheus/rules/{file}" for file in shared) + "]",
                      f"evaluation_interval: {self.case.step}", f"group_eval_order: [{', '.join(order)}]", "tests:"]
        if self.case.series:
            self.add_battery()
        for title, test in self.case.tests.items():
            phases, seen = test if isinstance(test, tuple) else (test, "")
            self.add(title, phases, seen)
        if not self.case.fires_without:
            self.add("no series", [], "")
        return "\n".join(self.lines) + "\n"

    def add_battery(self):
        case, step = self.case, self.step
        bad, beside = case.series(case.over, BAD), case.series(case.calm, GOOD)
        calm, under = case.series(case.calm, BAD), case.series(case.under, BAD)
        names = {one.name for one in bad}
        both = [*bad, *(one for one in beside if one.name not in names)]
        quiet = [*calm, *(one for one in beside if one.name not in {one.name for one in calm})]
        length = self.fires_at + LONGER * step
        resolved = length + seconds(case.calm_after)
        seen = [f"{duration(self.fires_at - step)} no"] if self.fires_at else []
        seen += [f"{duration(self.fires_at)} yes", f"{duration(length - step)} yes", f"{duration(resolved)} no"]
        self.add("fires in time for one server of two, and is resolved",
                 [(duration(length), both), (duration(resolved - length + LONGER * step), quiet)], ", ".join(seen))
        self.add("silent just below", [(duration(length), under)], "")
        if any(isinstance(one, Gains) for one in under):
            self.add("counters begin again", [(duration(length), under), "restart", (duration(length), under)], "")
        gone = length + max(seconds(case.calm_after), self.step)
        self.add("its series end", [(duration(length), bad), "end"], f"{duration(length - step)} yes, {duration(gone)} no")
        if not case.fires_at_zero:
            self.add("all is 0", [(duration(length), [Stays(one.name, 0) for one in bad])], "")

    def add(self, title, phases, seen):
        """A list of series lasts until after the alert would fire, or the last look."""
        looks = dict(look.split(" ") for look in seen.split(", ")) if seen else {}
        phases = phases if phases and not hasattr(phases[0], "name") else [(self.long_enough(looks, phases), phases)]
        scenario = Scenario(phases, self.case.step)
        end = sum(seconds(phase[0]) for phase in phases if not isinstance(phase, str))
        self.lines += [f"  - name: {title}", f"    interval: {self.case.step}"]
        if scenario.names:
            self.lines.append("    input_series:")
            for name in scenario.names:
                self.lines.append(f"      - {{series: '{name}', values: '{' '.join(scenario.values[name])}'}}")
        self.lines.append("    promql_expr_test:")
        firing = f'ALERTS{{alertname="{self.case.alert}", alertstate="firing"}}'
        for when, answer in looks.items():
            self.look(firing, when, [self.expected()] if answer == "yes" else [])
        if not looks:
            self.look(f"count_over_time({firing}[{duration(end)}])", duration(end - self.step), [])

    def long_enough(self, looks, series):
        steps = [at for one in series if isinstance(one, Steps) for at in one.at]
        windows = [seconds(window) for windows in re.findall(r"\[(\w+)\]|:rate(\w+)|:(5m)", self.alert.expression) for window in windows]
        full = min(max([0, *windows]), 3600) + self.alert.wait  # the windows of days are seen by other tests
        least = [self.fires_at, full, *(seconds(when) for when in looks), *(at * self.step for at in steps)]
        return duration(max(least) + LONGER * self.step)

    def look(self, expression, when, samples):
        self.lines.append(f"      - {{expr: '{expression}', eval_time: {when}, exp_samples: [{', '.join(samples)}]}}")

    def expected(self):
        told = {name: BAD[name] for name in self.case.told.split()}
        labels = {"alertname": self.case.alert, "alertstate": "firing", **self.alert.labels, **told, **self.case.more}
        written = ", ".join(f'{name}="{value}"' for name, value in labels.items())
        return f"{{labels: 'ALERTS{{{written}}}', value: 1}}"


def files():
    return {FILES / f"{case.alert}.yml": TestFile(case).text() for case in CASES}


def main():
    wanted = files()
    FILES.mkdir(exist_ok=True)
    for path in set(FILES.glob("*.yml")) - wanted.keys():
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text)
    print(f"{len(wanted)} files")


if __name__ == "__main__":
    sys.exit(main())
