"""Fixtures of the tests of our shell scripts: programs that only say what they were asked to do."""
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A shell cannot trap a signal that was ignored when it started, as under nohup.
LISTENING = ["env", "--default-signal=INT,HUP,TERM"]


class Programs:
    """A folder that is first on the PATH."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def add(self, name, script):
        program = self.folder / name
        program.write_text(f"#!/bin/bash\n{script}\n")
        program.chmod(0o755)
        return program

    def environment(self, **more):
        return {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", **more}


@pytest.fixture
def programs(tmp_path):
    return Programs(tmp_path / "programs")


@pytest.fixture
def bash(programs):
    """bash(script, *arguments, **environment) runs it to its end."""
    def run(script, *arguments, **environment):
        return subprocess.run(["bash", "-c", script, "bash", *map(str, arguments)], env=programs.environment(**environment),
                              cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)

    return run
