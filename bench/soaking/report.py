"""What a soak found: one object for a file, and the same for people."""

from . import judge


def judged(soak, exit_code):
    """The whole result. `passed` is what the exit code says."""
    trends = [judge.judge(rule, [(each["days"], each[rule.figure]) for each in soak.series]) for rule in judge.RULES]
    left = judge.left_over(soak.start, soak.end)
    calls = soak.ledger.page()
    problems = [f"{trend.rule.figure} grows by {trend.slope_per_day:.2f} {trend.rule.unit} in a day".replace("  ", " ")
                for trend in trends if trend.is_judged and trend.is_leak]
    problems += [f"{name}: {before} before the load, {after} after it" for name, (before, after) in left.items()]
    problems += [f"{calls[kind]} calls {kind.replace('_', ' ')}" for kind in ("wrong", "lost", "unanswered_where_all_must_be")
                 if calls[kind]]
    problems += [f"{kind}: {count} planned, {soak.played[kind]} played" for kind, count in soak.planned.items()
                 if soak.played[kind] < count]
    problems += soak.complaints
    if exit_code != 0:
        problems.append(f"the gateway's exit code is {exit_code}")
    return {
        "passed": not problems, "problems": problems,
        "minutes": round(soak.minutes, 2), "days": round(soak.days, 4), "seed": soak.seed, "loops": soak.loops,
        "gateway": soak.version,
        "events": {kind: soak.played[kind] for kind in soak.planned}, "calls": calls,
        "slopes": {trend.rule.figure: {
            "per_day": round(trend.slope_per_day, 3), "growth": round(trend.growth, 3), "allowed": round(trend.allowed, 3),
            "samples": trend.samples, "verdict": verdict(trend)} for trend in trends},
        "start": rounded(soak.start), "end": rounded(soak.end), "peak": peak(soak.series), "children_at_end": soak.children,
        "sessions_closed": soak.closed,
        "errors_logged": soak.gateway.noted, "series": [rounded(each) for each in thinned(soak.series)],
    }


def verdict(trend):
    return "too short to tell" if not trend.is_judged else "grows" if trend.is_leak else "flat"


def rounded(figures):
    return {name: round(value, 3) for name, value in figures.items()}


def peak(series):
    return rounded({name: max(each[name] for each in series) for name in series[0]}) if series else {}


def thinned(series, most=120):
    """For the file: every so many, and the last."""
    step = max(1, len(series) // most)
    return series[:-1:step] + series[-1:]


def summary(result):
    """A few lines for people."""
    calls, lines = result["calls"], []
    lines.append(f"{result['days']:.3g} days of events in {result['minutes']:.3g} minutes, {result['gateway']}")
    lines.append("events    " + ", ".join(f"{count} {kind}" for kind, count in result["events"].items()))
    lines.append(f"calls     {calls['calls']}: {calls['answered']} answered, {calls['wrong']} wrong, {calls['lost']} lost, "
                 f"{calls['unanswered_where_all_must_be']} unanswered where all must be")
    for name, found in result["slopes"].items():
        lines.append(f"{name:<12} {result['start'][name]:>8g} at the start, {result['end'][name]:>8g} at the end, "
                     f"{found['per_day']:>+8.2f} a day ({found['growth']:+.2f} seen, {found['allowed']:.2f} allowed): {found['verdict']}")
    for service, outcomes in calls["by_service"].items():
        lines.append(f"{service:<12} " + ", ".join(f"{count} {outcome}" for outcome, count in outcomes.items()))
    lines += [f"!!! {problem}" for problem in result["problems"] + calls["complaints"]]
    return "\n".join([*lines, "passed" if result["passed"] else "FAILED"])
