"""Whether a figure grows: a robust slope over the second half of its series, and what growth is allowed."""

import dataclasses
import statistics

FEWEST = 20  # samples in the second half; with fewer there is no verdict


@dataclasses.dataclass(frozen=True)
class Rule:
    """A figure may grow by `per_day` in a day of events. A window is allowed its share of that, but at least `floor`, which is
    what comes and goes by itself: a short run cannot tell a smaller growth from chance, and does not pretend to."""

    figure: str
    unit: str
    per_day: float
    floor: float
    why: str


RULES = [
    Rule("resident_mb", "MB", 2, 0.5, "60 bytes left behind by each session of a day, or 5 by each call, are 2 MB; "
         "the allocator's arenas come and go by less than 0.5 MB"),
    Rule("descriptors", "", 2, 2, "those that are neither of connections nor of children; one left behind by every tenth crash is found"),
    Rule("threads", "", 0, 0.5, "their number is constant, so one more is found"),
    Rule("processes", "", 2, 4, "children of sessions come and go; those of services and the guard do not"),
    Rule("sessions", "", 10, 25, "how many are open at once is chance; those that nobody ends show in the long run"),
]


@dataclasses.dataclass(frozen=True)
class Trend:
    rule: Rule
    samples: int
    slope_per_day: float
    growth: float  # over the window, along that slope
    allowed: float

    @property
    def is_leak(self):
        return self.growth > self.allowed

    @property
    def is_judged(self):
        return self.samples >= FEWEST


def slope(points):
    """Theil and Sen: the median of the slopes of all pairs. Up to a quarter of the points may be anything."""
    slopes = [(y2 - y1) / (x2 - x1) for at, (x1, y1) in enumerate(points) for x2, y2 in points[at + 1:] if x2 != x1]
    return statistics.median(slopes) if slopes else 0.0


def judge(rule, points):
    """`points` are (days of events played, value). Only the second half counts: by then caches and pools are full."""
    if not points:
        return Trend(rule, 0, 0.0, 0.0, rule.floor)
    middle = (points[0][0] + points[-1][0]) / 2
    window = [point for point in points if point[0] >= middle]
    days = window[-1][0] - window[0][0]
    found = slope(window)
    return Trend(rule, len(window), found, found * days, max(rule.floor, rule.per_day * days))


def left_over(start, end):
    """What is there after the load that was not there before it: figure to (before, after). Memory is judged by its slope: what
    a process has used once it need not give back."""
    return {name: (before, end[name]) for name, before in start.items() if name != "resident_mb" and end.get(name, before) > before}
