#!/usr/bin/env python3
"""Writes the rules with shorter times: scaled.py FOLDER [FACTOR]

Ranges, offsets, `for` and `interval` are divided by the factor; not one threshold, label or expression is another. A range
stays long enough for a few samples of a scrape each second.
"""
import re
import sys
from pathlib import Path

from rules import RULES, seconds

FACTOR = 120
SHORTEST_RANGE = 4  # seconds


def shorter(duration, factor, least=1):
    return f"{max(round(seconds(duration) / factor), least)}s"


def scaled(text, factor=FACTOR):
    text = re.sub(r"\[(\w+)\]", lambda found: f"[{shorter(found[1], factor, SHORTEST_RANGE)}]", text)
    return re.sub(r"(\boffset |^ +for: |^ +interval: )(\w+)", lambda found: found[1] + shorter(found[2], factor), text, flags=re.M)


def write(folder, factor=FACTOR):
    for path in RULES.glob("*.yml"):
        Path(folder, path.name).write_text(scaled(path.read_text(), factor))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    write(Path(sys.argv[1]), *map(int, sys.argv[2:]))
