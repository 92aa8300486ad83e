"""What a measurement of scripts/baseline has to reach: limits of its own, and its share of an earlier one."""

SHARE = 0.95  # of the baseline's performance
NOISE_MS = 1.0  # a percentile may differ by so much between two runs of the same program
NOISE_RATE = 0.001  # and the share of failed requests by this

# What is asked, the figure, and the most it may be. Milliseconds, but for the share of failed requests.
LIMITS = [
    ("health", "p50", 10), ("health", "p99", 60),
    ("tools/list", "p50", 55), ("tools/list", "p99", 220),
    ("tools/call", "p95", 100), ("tools/call", "p99", 500),
    *((what, "error_rate", 0.001) for what in ("health", "tools/list", "tools/call")),
]
LATENCIES = ("p50", "p95", "p99")


def failed_limits(measured, limits=LIMITS):
    """(what, figure, found, most) of every limit that does not hold, or of which nothing was measured."""
    found = ((what, figure, measured.get(what, {}).get(figure), most) for what, figure, most in limits)
    return [each for each in found if each[2] is None or each[2] > each[3]]


def rows(before, now, share=SHARE, noise_ms=NOISE_MS):
    """(what, figure, before, now, the worst that is allowed, whether that holds) of everything that the baseline has."""
    found = []
    for what, figures in before.items():
        later = now.get(what, {})
        for name in LATENCIES:
            worst = max(figures[name] / share, figures[name] + noise_ms)
            found.append((what, name, figures[name], later.get(name), worst, name in later and later[name] <= worst))
        worst = figures["per_second"] * share
        found.append((what, "per_second", figures["per_second"], later.get("per_second"), worst,
                      "per_second" in later and later["per_second"] >= worst))
        worst = figures["error_rate"] + NOISE_RATE
        found.append((what, "error_rate", figures["error_rate"], later.get("error_rate"), worst,
                      "error_rate" in later and later["error_rate"] <= worst))
    return found
