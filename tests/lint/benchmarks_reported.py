#!/usr/bin/env python3
"""Checks that docs/benchmarks.md and its charts match bench/results.json. Usage: benchmarks_reported.py REPOSITORY"""
import pathlib
import sys


def main():
    root = pathlib.Path(sys.argv[1])
    sys.path.insert(0, str(root / "bench"))
    from measuring import report
    from measuring.results import Results

    files = report.files(Results.load(root / "bench" / "results.json"))
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        print(f"{path.relative_to(root)}: does not match bench/results.json; run bench/run --report")
    print(f"{len(files)} files, {len(stale)} problems")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
