#!/usr/bin/env python3
"""Runs shellcheck on every shell script. Usage: shell.py REPOSITORY"""
import pathlib
import re
import shutil
import subprocess
import sys

SHEBANG = re.compile(rb"^#!.*\b(?:ba|da)?sh\b")
GENERATED = {"node_modules", ".venv", ".cache", ".git", "var"}


def scripts(root):
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if GENERATED & set(parts) or parts[0].startswith("build") or not path.is_file() or path.is_symlink():
            continue
        if path.suffix == ".sh" or path.suffix == "" and SHEBANG.match(path.open("rb").readline()):
            yield path


def main(root):
    if not shutil.which("shellcheck"):
        print("shellcheck is not installed (Debian: apt-get install shellcheck)")
        return 1
    found = list(scripts(root))
    if len(found) < 10:
        print(f"only {len(found)} shell scripts found: the search in this lint is broken")
        return 1
    return subprocess.run(["shellcheck", "--external-sources", "--severity=warning", "--exclude=SC2154", "--format=gcc", *found], cwd=root,
                          check=False).returncode


sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
