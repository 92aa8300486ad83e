#!/usr/bin/env python3
"""Holds docs/metrics.md to the metrics that gateway/ops/metrics.cc names, both ways."""
import pathlib
import re
import sys

NAME = r"(?:mcp|process)_[a-z_]+"


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    named = set(re.findall(rf'"({NAME})"', (root / "gateway/ops/metrics.cc").read_text()))
    documented = set(re.findall(rf"^\| `({NAME})`", (root / "docs/metrics.md").read_text(), re.MULTILINE))
    for name in sorted(named - documented):
        print(f"{name}: not in docs/metrics.md")
    for name in sorted(documented - named):
        print(f"{name}: in docs/metrics.md, but there is no such metric")
    print(f"{len(named)} metrics, {len(named ^ documented)} problems")
    return 1 if named != documented or not named else 0


if __name__ == "__main__":
    sys.exit(main())
