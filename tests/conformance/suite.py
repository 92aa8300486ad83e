"""MCP's conformance suite as setup.sh installed it, and what it says about a server."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("CONFORMANCE_CACHE") or HERE / ".cache").resolve()
SUITE = CACHE / "suite" / "node_modules"
EXPECTED_FAILURES = HERE / "expected_failures"
EVERYTHING = HERE / "everything" / "server.py"
PATIENT_TIMERS = HERE / "patient_timers.cjs"

sys.path.insert(0, str(HERE.parent / "interop"))

from interoplib import programs  # noqa: E402: of that folder

PYTHON = programs.CACHE / "venv-mcp2" / "bin" / "python"


@dataclass(frozen=True)
class Verdict:
    """What the suite found: whether the failures are the expected ones, and which scenarios failed."""

    as_expected: bool
    passed: frozenset
    failed: frozenset
    output: str


def is_installed():
    return (CACHE / "suite" / ".stamp").is_file() and PYTHON.is_file()


def run(url, revision, expected_failures, folder):
    """Runs all scenarios that the revision requires, and those it names without requiring them."""
    program = SUITE / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
    command = [_node(), "--require", str(PATIENT_TIMERS), str(program), "server", "--url", url, "--requirements", revision,
               "--expected-failures", str(EXPECTED_FAILURES / expected_failures), "-o", str(folder)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=folder,
                            env=programs.environment(folder), check=False)
    output = result.stdout + result.stderr
    marks = {name: mark for mark, name in re.findall(r"^([✓✗]) ([a-z0-9-]+): \d+ passed", output, re.MULTILINE)}
    return Verdict(
        as_expected=result.returncode == 0,
        passed=frozenset(name for name, mark in marks.items() if mark == "✓"),
        failed=frozenset(name for name, mark in marks.items() if mark == "✗"),
        output="".join(output.partition("=== SUMMARY")[1:]) or output,
    )


def _node():
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, "")
    pinned = SUITE / f"node-linux-{machine}" / "bin" / "node"
    return str(pinned) if pinned.is_file() else shutil.which("node")
