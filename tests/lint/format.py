#!/usr/bin/env python3
"""Checks that all C++ is formatted as .clang-format says, by Debian's clang-format 14. Usage: format.py REPOSITORY

To format: git ls-files '*.h' '*.cc' | xargs clang-format-14 -i
"""
import pathlib
import shutil
import subprocess
import sys

FORMATTER = "clang-format-14"


def main(root):
    if not shutil.which(FORMATTER):
        sys.exit(f"{FORMATTER} is not installed (Debian: apt-get install {FORMATTER})")
    files = [path for folder in ("gateway", "tests", "bench", "services") for path in sorted((root / folder).rglob("*"))
             if path.suffix in (".h", ".cc") and not {"node_modules", ".cache", ".venv"} & set(path.parts)]
    if len(files) < 100:
        sys.exit(f"only {len(files)} files found: the search in this lint is broken")
    ran = subprocess.run([FORMATTER, "--dry-run", "--Werror", *files], capture_output=True, text=True)
    print(ran.stderr, end="")
    print(f"format: {len(files)} files, {ran.stderr.count('error:')} places that {FORMATTER} would change")
    sys.exit(ran.returncode)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
