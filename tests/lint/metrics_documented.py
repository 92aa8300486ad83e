#!/usr/bin/env python3
"""Checks that the table of docs/metrics.md lists exactly the families of gateway/metrics/families.h.

Each family has one row with its type, and each row is a family. No other source file names a metric, because
the program reports events through probes.
"""
import pathlib
import re
import sys

NAME = r'"((?:mcp|process)_[a-z_]+)"'
FAMILIES = "gateway/metrics/families.h"
ELSEWHERE = {"mcp_servers"}  # looks like a metric, but is a key in files of other programs
READS = "gateway/deploy/triggers.cc"  # what a page of metrics says, so each name must be one of them
TYPES = {"Counter": "counter", "SharedCounter": "counter", "Gauge": "gauge", "Histogram": "histogram"}


def families(text):
    """Name to type."""
    return {name: TYPES[kind] for kind, name in re.findall(rf"Family<(\w+)> \w+\{{\s*page,\s*{NAME}", text)}


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    text = (root / FAMILIES).read_text()
    named = families(text)
    rows = re.findall(r"^\| `((?:mcp|process)_[a-z_]+)` \| (\w+) \|", (root / "docs/metrics.md").read_text(), re.MULTILINE)
    documented = dict(rows)
    problems = [f"{name}: not understood in {FAMILIES}" for name in set(re.findall(NAME, text)) - set(named)]
    problems += [f"{name}: not in docs/metrics.md" for name in set(named) - set(documented)]
    problems += [f"{name}: in docs/metrics.md, but there is no such metric" for name in set(documented) - set(named)]
    problems += [f"{name}: a {named[name]}, but docs/metrics.md says {documented[name]}"
                 for name in set(named) & set(documented) if named[name] != documented[name]]
    problems += [f"{name}: more than one row in docs/metrics.md"
                 for name in documented if sum(name == row for row, _ in rows) > 1]
    for source in sorted((root / "gateway").rglob("*.cc")) + sorted((root / "gateway").rglob("*.h")):
        if source == root / READS:
            problems += [f"{name}: read by {READS}, but there is no such metric"
                         for name in re.findall(NAME, source.read_text()) if name.removesuffix("_bucket") not in named]
        elif source != root / FAMILIES:
            problems += [f"{name}: named in {source.relative_to(root)}, which only {FAMILIES} may"
                         for name in re.findall(NAME, source.read_text()) if name not in ELSEWHERE]
    print("\n".join(sorted(problems) + [f"{len(named)} metrics, {len(problems)} problems"]))
    return 1 if problems or not named else 0


if __name__ == "__main__":
    sys.exit(main())
