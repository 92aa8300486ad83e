#!/usr/bin/env python3
"""Are the tests of the rules sharp? Each rule is spoilt in small ways, and each time a test must fail.

    mutations.py [--every N] [ALERT...]

A threshold a little higher and lower, a comparison the other way around, `for` left out, shorter and longer, and the
objectives. Prints the mutants that no test noticed; exit code 1 if there is one. All of them take two minutes on two cores,
--every 5 takes every fifth.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from promtool_files import FILES
from rules import EXPRESSION, RULES, SHARED, alerts, duration, program

COMPARISON = re.compile(r"(>=|<=|==|>|<)(\s*)([0-9][0-9.e]*)?")
OTHERS = {">": "<", "<": ">", ">=": "<", "<=": ">", "==": "!="}

# Constants of objectives.yml, and an alert whose tests must notice when they are others.
OBJECTIVES = [("vector(2), labels: {server: fetch}", "vector(1), labels: {server: fetch}", "McpLatencyP95High"),
              ("vector(2), labels: {server: github}", "vector(1), labels: {server: github}", "McpLatencyP95High"),
              ("vector(2), labels: {server: n8n}", "vector(1), labels: {server: n8n}", "McpLatencyP95High"),
              ("vector(2), labels: {server: monitoring}", "vector(1), labels: {server: monitoring}", "McpLatencyP95High"),
              ("vector(10)", "vector(9)", "McpLatencyP95High"), ("+ 0.1", "+ 0.105", "McpLatencyP95High"),
              ("+ 0.1", "+ 0.095", "McpLatencyP95Critical"), ("2 * 1024", "2.1 * 1024", "McpMemoryCritical"),
              ("2 * 1024", "1.9 * 1024", "McpMemoryHigh")]

# Spoilt so that nothing is another, with why.
SAME = {("McpChildMemoryHigh", "'...ytes * mcp_child_up > 0' became '> 1'"): "one byte",
        ("McpToolErrorIncrease", "`for` is half"): "a step of a test that takes a day is five minutes"}


def next_to(literal):
    """A little more and a little less: whole numbers by one, others by a twentieth."""
    if re.fullmatch(r"\d+", literal):
        return [str(int(literal) + 1), str(int(literal) - 1)]
    return [f"{float(literal) * factor:.6g}" for factor in (1.05, 0.95)]


def spoilt_expressions(expression):
    for found in COMPARISON.finditer(expression):
        before, after = expression[:found.start()], expression[found.end():]
        if before.count("{") > before.count("}"):
            continue  # it chooses series
        sign, space, literal = found.groups()
        literals = [(OTHERS[sign], literal or ""), *((sign, other) for other in (next_to(literal) if literal else []))]
        for change in (sign + space + literal for sign, literal in literals):
            yield f"'...{before[-20:]}{found[0]}' became '{change}'", before + change + after


def mutants_of(alert):
    """(what was done, the text of the spoilt rule)"""
    for what, expression in spoilt_expressions(alert.expression):
        yield what, EXPRESSION.sub(lambda _: f"        expr: >-\n          {expression}\n", alert.text)
    if alert.wait:
        kept, line = alert.text, f"        for: {duration(alert.wait)}\n"
        assert line in kept, f"{alert.name}: write `for` as {duration(alert.wait)}"
        yield "`for` is gone", kept.replace(line, "")
        yield "`for` is half", kept.replace(line, f"        for: {duration(alert.wait // 2)}\n")
        yield "`for` is twice", kept.replace(line, f"        for: {duration(alert.wait * 2)}\n")


def mutants(names):
    """(alert, what was done, the files of rules that are others: name to text)"""
    known = alerts()
    for name in names:
        alert = known[name]
        text = (RULES / alert.file).read_text()
        for other in known.values():
            if other.file == alert.file and other.name != name:
                text = text.replace(other.text, "")  # it only takes time
        for what, spoilt in mutants_of(alert):
            if (name, what) in SAME:
                continue
            yield name, what, {alert.file: text.replace(alert.text, spoilt)}
    objectives = (RULES / "objectives.yml").read_text()
    for constant, other, name in OBJECTIVES:
        assert constant in objectives, f"objectives.yml does not have '{constant}'"
        if name in names:
            yield name, f"'{constant}' became '{other}'", {"objectives.yml": objectives.replace(constant, other)}


def is_noticed(mutant):
    name, _, others = mutant
    files = {file: (RULES / file).read_text() for file in (*SHARED, alerts()[name].file)}
    test = (FILES / f"{name}.yml").read_text().replace("../../../compose/prometheus/rules/", "")
    with tempfile.TemporaryDirectory() as folder:
        for file, text in {**files, **others, "test.yml": test}.items():
            Path(folder, file).write_text(text)
        ran = subprocess.run([program("promtool"), "test", "rules", "test.yml"], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0 or "exp:" in ran.stdout + ran.stderr, f"{mutant}: {ran.stdout}{ran.stderr}"
    return ran.returncode != 0


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--every", type=int, default=1)
    arguments.add_argument("alerts", nargs="*")
    options = arguments.parse_args()
    names = options.alerts or sorted(alerts())
    made = list(mutants(names))[::options.every]
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        unnoticed = [mutant for mutant, noticed in zip(made, workers.map(is_noticed, made)) if not noticed]
    for name, what, _ in unnoticed:
        print(f"{name}: no test notices that {what}")
    print(f"{len(made)} mutants of {len(names)} alerts, {len(unnoticed)} unnoticed")
    return 1 if unnoticed or not made else 0


if __name__ == "__main__":
    sys.exit(main())
