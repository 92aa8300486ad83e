"""Starts a program, puts load on it, ends it, and says what was seen."""

import contextlib
import json
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from . import processes
from .programs import Launch

START_PATIENCE = 30  # seconds until a program listens and answers
END_PATIENCE = 10  # from SIGTERM to its end
CHILD_PATIENCE = 2  # from its end to that of its children


class ProgramFailed(Exception):
    """It did not start, or what it did could not be measured."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    """A program that serves. What it was like is in `facts` as soon as it has ended."""

    def __init__(self, program, launch, log):
        self.program = program
        self.launch = launch
        self.facts = {}
        self.begun = time.perf_counter()
        try:
            self.process = subprocess.Popen([str(word) for word in program.command(launch)],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        except OSError as why:
            raise ProgramFailed(f"it cannot be started: {why}") from why

    def wait_until_listening(self):
        """Milliseconds from before its exec until it takes connections."""
        while self.process.poll() is None and time.perf_counter() - self.begun < START_PATIENCE:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.launch.port), 1):
                return (time.perf_counter() - self.begun) * 1000
            time.sleep(0.0002)
        raise ProgramFailed("it ended at once" if self.process.poll() is not None else "it does not listen")

    def wait_until_answering(self, *tool):
        """Milliseconds from before its exec until its last service answered a call."""
        while time.perf_counter() - self.begun < START_PATIENCE:
            figures = self.load("--sessions", 1, "--calls", 1, "--seconds", START_PATIENCE, *tool, quiet=True)
            if figures["calls"] == 1:
                return (time.perf_counter() - self.begun) * 1000
            time.sleep(0.1)
        raise ProgramFailed("it does not answer")

    def load(self, *words, quiet=False):
        """What the load says of itself, of its calls, and of the program."""
        command = [self.launch.build / "bench-load", "--port", self.launch.port, "--pid", self.process.pid,
                   "--path", self.program.path(self.launch), "--transport", self.launch.transport, *words]
        if self.program.has_tls:
            command += ["--tls"]
        if self.program.tool_prefix:
            command += ["--tool-prefix", self.program.tool_prefix]
        done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.DEVNULL if quiet else None)
        if not done.stdout:
            raise ProgramFailed(f"the load ended with {done.returncode}")
        return json.loads(done.stdout)

    def resident_mb(self):
        return processes.status_mb(self.process.pid, "VmRSS")

    def end(self):
        self.facts["resident_peak_mb"] = processes.status_mb(self.process.pid, "VmHWM")
        self.facts["processes_below"] = len(processes.descendants(self.process.pid))
        self.process.terminate()
        try:
            self.process.wait(END_PATIENCE)
        except subprocess.TimeoutExpired:
            self.facts["had_to_be_killed"] = 1
            self.process.kill()
            self.process.wait()
        self.facts["left_behind"] = processes.end_those_left(CHILD_PATIENCE)


class Bench:
    def __init__(self, build, seconds):
        self.build = build
        self.seconds = seconds
        self.echo = (build / "mcp-echo",)

    @contextlib.contextmanager
    def starting(self, program, transport, child=None, services=1):
        """The program from its exec on; ended when the block is left."""
        with tempfile.TemporaryDirectory() as folder:
            launch = Launch(self.build, Path(folder), free_port(), transport, child or self.echo, services)
            with open(launch.folder / "log", "wb") as log:
                running = Running(program, launch, log)
            try:
                yield running
            finally:
                running.end()

    @contextlib.contextmanager
    def serving(self, program, transport, child=None, tool=()):
        """The program, when it has answered its first call. `tool` tells the load of another child's tool."""
        with self.starting(program, transport, child) as running:
            running.wait_until_listening()
            running.wait_until_answering(*tool)
            running.facts["resident_start_mb"] = running.resident_mb()
            yield running
