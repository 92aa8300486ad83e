#!/usr/bin/env python3
"""Prints the lines and branches that gcov counted in a build; tests/coverage/run calls it."""

import argparse
import collections
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = ("gateway/frontend", "gateway/backend", "gateway/mcp", "gateway/http")
NO_CODE = re.compile(r"[\s{}()\[\];,]*(//.*)?")


@dataclasses.dataclass
class Line:
    """One line, over all functions that have a part of it: those around a lambda, and the lambda."""

    count: int = 0
    branches: list[int] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Reached:
    lines: int = 0
    of_lines: int = 0
    branches: int = 0
    of_branches: int = 0

    def add(self, other: "Reached") -> None:
        for field in dataclasses.fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


def gcov(build: pathlib.Path, notes: list[pathlib.Path]) -> list[dict]:
    """What gcov says of each object file; those that never ran count as zero."""
    done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", *map(str, notes)],
                          cwd=build, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"gcov failed with exit code {done.returncode}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def without_exceptions(branches: list[dict]) -> list[int]:
    """The counts of the branches that the code itself takes. A call that may throw has two: both go."""
    out = [branch["throw"] for branch in branches]
    for at, branch in enumerate(branches):
        if not branch["throw"]:
            continue
        beside = [i for i in (at - 1, at + 1) if 0 <= i < len(branches) and branches[i]["fallthrough"] and not out[i]]
        if beside:
            out[beside[0]] = True
    return [branch["count"] for branch, left_out in zip(branches, out) if not left_out]


def merge(files: dict[str, dict[int, Line]], unit: dict) -> None:
    for file in unit["files"]:
        path = os.path.relpath(os.path.join(unit["current_working_directory"], file["file"]), ROOT)
        if not path.startswith(tuple(folder + "/" for folder in FOLDERS)) or not path.endswith(".cc"):
            continue
        for said in file["lines"]:
            line = files[path].setdefault(said["line_number"], Line())
            line.count += said["count"]
            line.branches += without_exceptions(said["branches"])


def read(build: pathlib.Path) -> dict[str, dict[int, Line]]:
    notes = sorted(build.rglob("*.gcno"))
    if not notes:
        sys.exit(f"expected *.gcno files under {build}, found none: build it with tests/coverage/run")
    parts = [notes[i:i + 8] for i in range(0, len(notes), 8)]
    files: dict[str, dict[int, Line]] = collections.defaultdict(dict)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for units in pool.map(lambda part: gcov(build, part), parts):
            for unit in units:
                merge(files, unit)
    return files


def reached(lines: dict[int, Line], texts: list[str]) -> tuple[Reached, list[int]]:
    """How much was, and the numbers of the lines that never were."""
    sum_, never = Reached(), []
    for number, line in sorted(lines.items()):
        # Where a scope ends stands what an exception would have cleaned up.
        if line.count == 0 and NO_CODE.fullmatch(texts[number - 1]):
            continue
        taken = sum(count > 0 for count in line.branches)
        sum_.add(Reached(line.count > 0, 1, taken, len(line.branches)))
        if line.count == 0:
            never.append(number)
    return sum_, never


def row(name: str, sum_: Reached) -> str:
    def share(part: int, whole: int) -> str:
        return f"{part:5}/{whole:<5} {100 * part / whole if whole else 100:5.1f} %"

    return f"{name:44} {share(sum_.lines, sum_.of_lines)}   {share(sum_.branches, sum_.of_branches)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--lines", action="store_true", help="print the lines that were never reached")
    options = parser.parse_args()
    files = read(options.build.resolve())
    unreached = []
    print(f"{'':44} {'lines':>19}   {'branches':>19}")
    for folder in FOLDERS:
        whole = Reached()
        for path in sorted(path for path in files if path.startswith(folder + "/")):
            texts = (ROOT / path).read_text(encoding="utf-8").splitlines()
            sum_, never = reached(files[path], texts)
            whole.add(sum_)
            unreached += [f"{path}:{number}  {texts[number - 1].strip()}" for number in never]
            print(row(path, sum_))
        print(row(f"{folder}/ (all)", whole) + "\n")
    if options.lines:
        print(f"{len(unreached)} lines were never reached")
        print("\n".join(unreached))


main()
