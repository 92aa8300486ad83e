"""The gateway that is soaked: its services, its configuration file, and its figures."""

import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from measuring import processes

from .wire import Connection

ADMIN_TOKEN = "the-token-of-the-operator"
START_PATIENCE = 30
END_PATIENCE = 60
SESSION_IDLE = 37  # seconds: half an hour, shortened 48 times as the day is
RESTART = {"backoff_initial": "50ms", "backoff_max": "500ms", "max_restarts": 1000, "stable_after": "1s"}
PER_CHILD = 4  # descriptors: its three pipes and its handle
GUARDS = 1  # processes beside the children

# What happens to each is in operators.py.
SERVICES = {
    "calm": {},  # nothing
    "steady": {"max_queue": 10_000},  # renewed and changed: no call may fail all the same
    "crashing": {"replicas": 2, "max_queue": 10_000, "restart": RESTART},  # its children are killed
    "own": {"isolation": "session", "max_children": 200, "restart": RESTART,  # a child for each session, killed and changed
            "affinity": {"keep": "3s"}},  # of the children that clients without sessions share
}
FAULTLESS = ("calm", "steady")
LASTING = ("calm", "steady", "crashing")  # their sessions outlive any child


class Gateway:
    def __init__(self, build, session_idle, loops=1):
        self.build = build
        self.folder = tempfile.TemporaryDirectory()
        self.config = Path(self.folder.name, "gateway.json")
        self.settings = {"listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0", "admin_token": ADMIN_TOKEN, "loops": loops,
                         "limits": {"session_idle_timeout": f"{session_idle}s"}}
        self.services = {name: self.service(name, **more) for name, more in SERVICES.items()}
        self.write()
        self.ports, self.ready, self.noted = {}, set(), []
        self.process = subprocess.Popen([build / "mcp-gateway", "run", "--config", self.config], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        threading.Thread(target=self.read_log, daemon=True).start()
        self.wait_until_ready()
        self.admin = Connection(self.ports["admin"])

    @property
    def pid(self):
        """Of the process that serves now. Figures are always asked of that one, should it ever be followed by another."""
        return self.process.pid

    def service(self, name, **more):
        return {"command": str(self.build / "mcp-echo"), "args": [f"--of={name}"], **more}

    def write(self, **settings):
        self.config.write_text(json.dumps({"gateway": {**self.settings, **settings}, "mcpServers": self.services}))

    # --- its log

    def read_log(self):
        for line in self.process.stderr:
            if b'"listener.ready"' in line:
                event = json.loads(line)
                self.ports[event["listener"]] = event["port"]
            elif b'"service.ready"' in line:
                self.ready.add(json.loads(line)["server"])
            elif not line.startswith(b"{") or b'"level":"error"' in line and b'"event":"config.reload"' not in line:
                self.noted = [*self.noted, line.decode().strip()[:500]][-20:]

    def wait_until_ready(self):
        deadline = time.monotonic() + START_PATIENCE
        wanted = {name for name, service in self.services.items() if service.get("isolation") != "session"}
        while not (wanted <= self.ready and {"main", "admin"} <= set(self.ports)):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"bench/soak: the gateway did not start: {self.noted}")
            time.sleep(0.01)

    # --- its figures

    def children(self, service):
        """Process ids of a service's children."""
        found = []
        for pid in processes.descendants(self.pid):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if f"--of={service}".encode() in words:
                found.append(pid)
        return found

    async def ask(self, method, path, message=None):
        """The admin listener: the status and the text."""
        await self.admin.send(method, path, {"Authorization": f"Bearer {ADMIN_TOKEN}"}, message)
        status, fields = await self.admin.head()
        return status, b"".join(await self.admin.body(fields)).decode()

    async def metrics(self, connection):
        """The lines. `connection` is one of its own, so that a sample waits for no reload."""
        await connection.send("GET", "/metrics", {})
        _, fields = await connection.head()
        return b"".join(await connection.body(fields)).decode().splitlines()

    async def closed_sessions(self, connection):
        """How many, by service and reason."""
        page = await self.metrics(connection)
        reasons = {line.split('reason="')[1].split('"')[0] for line in page if line.startswith("mcp_gateway_sessions_closed_total{")}
        return {f"{service}: {reason}": count for service in self.services for reason in sorted(reasons)
                if (count := total([line for line in page if f'reason="{reason}",server="{service}"' in line],
                                   "mcp_gateway_sessions_closed_total"))}

    async def figures(self, connection):
        page = await self.metrics(connection)
        folder = Path(f"/proc/{self.pid}")
        connections = total(page, "mcp_gateway_connections_active")
        below = len(processes.descendants(self.pid))
        return {"resident_mb": resident_mb(folder),
                "descriptors": len(os.listdir(folder / "fd")) - connections - PER_CHILD * (below - GUARDS),
                "threads": len(os.listdir(folder / "task")), "processes": below,
                "sessions": total(page, "mcp_gateway_sessions_active"),
                "calls_in_flight": total(page, "mcp_gateway_requests_in_flight"), "connections": connections}

    # --- its end

    def has_ended(self):
        return self.process.poll() is not None

    def stop(self):
        """Its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(END_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return "none: it did not end"


def total(page, name):
    """Of all series of a metric, in the lines of /metrics."""
    return sum(int(float(line.rpartition(" ")[2])) for line in page if line.startswith((name + " ", name + "{")))


def resident_mb(folder):
    """From the sum over its mappings: the figure in /proc/PID/status lags behind by megabytes where there are many processors."""
    for line in (folder / "smaps_rollup").read_text().splitlines():
        if line.startswith("Rss:"):
            return int(line.split()[1]) / 1024
    raise OSError(f"{folder}: no resident memory")
