#!/usr/bin/env python3
"""The acceptance cases (1, 2, ...) and fault cases (F01, F02, ...) that tests cite in docstrings, and their tables in
tests/README.md.

    tests/docs/cases.py      writes the last column of the tables: the files that cite each case

The descriptions are written by hand. test_cases.py fails when a cited case has no row, or a row is out of date.
"""
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "tests" / "README.md"
FOLDERS = ("system", "interop", "services", "middle", "component", "unit", "proxies", "traces")

NUMBERS = re.compile(r"\b[Cc]ases? (\d+(?:(?:, | and | to )\d+)*)")
FAULTS = re.compile(r"\bF\d\d\b")
ROW = re.compile(r"^\| (F?\d+) \| (.*) \| ([^|]*) \|$", re.M)


def numbers_in(text):
    """Of "20, 21, 27 to 29 and 37": each number, as a string."""
    for listed in NUMBERS.findall(text):
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", listed):
            yield from map(str, range(int(first), int(last or first) + 1))


def cited():
    """Case to the files of tests that cite it, below tests/."""
    found = defaultdict(set)
    for path in sorted(path for folder in FOLDERS for path in (ROOT / "tests" / folder).glob("*.py")):
        for text in re.findall(r'"""(.*?)"""', path.read_text(), re.S):
            for case in (*numbers_in(text), *FAULTS.findall(text)):
                found[case].add(path.relative_to(DOCUMENT.parent).as_posix())
    return found


def described(text):
    """Case to its description."""
    return {case: description for case, description, _ in ROW.findall(text)}


def regenerated(text, citations):
    def fresh(row):
        files = ", ".join(f"[{Path(file).stem}]({file})" for file in sorted(citations.get(row[1], ())))
        return f"| {row[1]} | {row[2]} | {files or '–'} |"

    return ROW.sub(fresh, text)


if __name__ == "__main__":
    DOCUMENT.write_text(regenerated(DOCUMENT.read_text(), cited()))
