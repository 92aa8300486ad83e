"""The real gateway, started for a test, and what the test may ask of it.

    gateway = Gateway({"chaos": chaos("--list-changed"), "echo": echo()})
    client = gateway.sse("chaos")
    gateway.wait_for("child.exit", server="chaos")
    assert gateway.metric("mcp_child_restarts_total", server="chaos") == 1
    gateway.stop()          # asserts exit code 0, clean logs, and that no process is left

Fixtures are in conftest.py. $MCP_GATEWAY and $MCP_ECHO name the programs; default is ./build. $GATEWAY_LOOPS
runs every gateway with so many loops, and $GATEWAY_TLS=1 with TLS on the main listener.
"""
import json
import os
import re
import resource
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

import log_schema
from clients import HttpClient, SseClient
from certificates import tls_of_tests
from wire import SECURE, TIMEOUT, Connection

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = os.environ.get("MCP_GATEWAY", str(ROOT / "build" / "mcp-gateway"))
ECHO = os.environ.get("MCP_ECHO", str(Path(GATEWAY).parent / "mcp-echo"))
CHAOS = str(ROOT / "tests" / "children" / "chaos.py")
LOOPS = int(os.environ.get("GATEWAY_LOOPS", "1"))  # of gateways whose test does not say: all tests hold with any
TLS = os.environ.get("GATEWAY_TLS") == "1"
MARK = "GATEWAY_UNDER_TEST"  # in the environment of every process that belongs to a gateway of ours


def chaos(*flags, **config):
    """A service of tests/children/chaos.py: its flags, then keys of the service's configuration."""
    return {"command": sys.executable, "args": ["-I", "-S", CHAOS, *flags], **config}


def gated(gate, *flags, **config):
    """chaos that does not start before there is a file at `gate`, whatever else a test does first."""
    wait = "while [ ! -e '%s' ]; do sleep 0.01; done; exec \"$@\"" % gate
    service = chaos(*flags, **config)
    return {"start_timeout": "1h", **service, "command": "/bin/sh", "args": ["-c", wait, "sh", service["command"], *service["args"]]}


def impatient(*tools, after="300ms"):
    """Keys of a service: calls of these tools time out soon. A call of another may take as long as a slow machine needs."""
    return {"tool_limits": [{"tools": list(tools), "call_timeout": after}]}


def echo(**config):
    """A service of mcp-echo: tools echo, sleep and big, and it is fast."""
    return {"command": ECHO, **config}


class Gateway:
    """A running gateway. Every listener has a port of the system's choice.

    `services` is `mcpServers` of the configuration, `config` its `gateway`. Returns when the listeners are
    open and the services in `wait_for` are ready: all that have a shared child, unless it says otherwise.
    Services with children that stay up in the face of SIGTERM should have a short `stop`. What it logs is also
    written to `log_copy`, an unbuffered file. `descriptors` is how many open files the system allows it. As root, it
    can run as `user`, a number, without groups, and in the control group `group`, a path.
    """

    def __init__(self, services, config=None, wait_for=None, flags=(), env=None, log_copy=None,
                 descriptors=None, user=None, group=None, program=GATEWAY, groups=None):
        self.groups = groups  # of the configuration; None for none
        self.mark = uuid.uuid4().hex
        self.clients = []
        self.ports = {}  # listener to port: "main", "admin", and services with `listen`
        self.services = self.marked(services)
        config = {"listen": "127.0.0.1:0", "admin_listen": "127.0.0.1:0", "drain_timeout": "200ms", "loops": LOOPS,
                  **(config or {})}
        if TLS and "tls" not in config:
            config["tls"] = tls_of_tests()[0]
        self.config = config
        self.folder = tempfile.TemporaryDirectory()  # until this object is gone
        self.path = Path(self.folder.name, "gateway.json")
        self.write()
        if user:
            os.chmod(self.folder.name, 0o755)
        self.process = subprocess.Popen([program, "run", "--config", str(self.path), *flags], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env={**os.environ, MARK: self.mark, **(env or {})},
                                        preexec_fn=(descriptors or user or group) and
                                        (lambda: prepare(descriptors, user, group)))
        self.serving = self.process.pid  # another process after an upgrade
        self.log = Log(self.process.stderr, log_copy)
        try:
            self.wait_for("gateway.start")
            self.learn_ports()
            if wait_for is None:
                wait_for = [name for name, service in services.items() if service.get("isolation") != "session"]
            for name in wait_for:
                self.wait_for("service.ready", server=name)
        except BaseException:
            self.kill()
            raise

    def marked(self, services):
        return {name: {**service, "env": {MARK: self.mark, **service.get("env", {})}}
                for name, service in services.items()}

    def write(self):
        """The configuration file, as `services` and `config` have it now. Whoever reads it never finds half of it."""
        beside = self.path.with_suffix(".new")
        beside.write_text(json.dumps(self.file(self.config, self.services)), encoding="utf-8")
        beside.replace(self.path)

    def learn_ports(self):
        self.ports = {event["listener"]: event["port"] for event in self.events("listener.ready")}
        for port in self.ports.values():
            SECURE.pop(port, None)
        if TLS and self.config["tls"] == tls_of_tests()[0]:
            SECURE[self.port] = tls_of_tests()[1]

    # --- another configuration

    def change(self, services=None, config=None):
        """Writes it: services to replace or, if None, to remove; keys of the gateway to set or, if None, to remove."""
        for mine, more in ((self.services, self.marked_or_none(services or {})), (self.config, config or {})):
            for name, value in more.items():
                mine.pop(name, None)
                if value is not None:
                    mine[name] = value
        self.write()

    def marked_or_none(self, services):
        return {name: service and self.marked({name: service})[name] for name, service in services.items()}

    def reload(self, services=None, config=None, result="applied"):
        """Changes the configuration, has it read again by SIGHUP, and waits for what is said of it."""
        self.change(services, config)
        before = len(self.events("config.reload", by="signal"))
        self.process.send_signal(signal.SIGHUP)
        said = self.wait_for("config.reload", before + 1, by="signal")
        assert said["result"] == result, said
        self.learn_ports()
        return said

    def upgrade(self, result="upgraded"):
        """Has the process that serves replaced, by SIGUSR2, and waits for what is said of it. One that failed before may
        still be ending: it is asked for again then."""
        def ask():
            before = len(self.events("upgrade.end", by="signal"))
            os.kill(self.serving, signal.SIGUSR2)
            said = self.wait_for("upgrade.end", before + 1, by="signal")
            return said if said["result"] != "not_now" else None

        said = self.until(ask, what="an upgrade")
        assert said["result"] == result, said
        if result == "upgraded":
            self.serving = said["pid"]
        return said

    def file(self, config, services):
        """The whole configuration file. Subclasses may have more in it."""
        whole = {"gateway": config, "mcpServers": services}
        return {**whole, "groups": self.groups} if self.groups is not None else whole

    @property
    def port(self):
        return self.ports["main"]

    # --- clients

    def sse(self, service="", **options):
        """An SseClient of a service, its stream open. Closed when the gateway stops, at the latest."""
        client = SseClient(self.port, "/" + service if service else "", **options)
        self.clients.append(client)
        return client

    def http(self, service="", **options):
        """An HttpClient of a service; nothing is sent yet."""
        client = HttpClient(self.port, "/" + service if service else "", **options)
        self.clients.append(client)
        return client

    # --- what it says of itself

    def events(self, name, **fields):
        """The log events of that name and with these fields, so far."""
        return self.log.find(name, fields)

    def wait_for(self, name, count=1, timeout=TIMEOUT, **fields):
        """Waits for so many events of that name and with these fields since the start. The last of them."""
        return self.log.wait(name, fields, count, timeout)[count - 1]

    def admin(self, path):
        connection = Connection(self.ports["admin"])
        connection.send_request("GET", path)
        response = connection.read_response()
        connection.close()
        return response

    def health(self, service=None):
        """The health page, or what it says of one service."""
        page = self.admin("/health").json
        return page["servers"][service] if service else page

    def metrics(self):
        return self.admin("/metrics").body.decode()

    def metric(self, name, **labels):
        """The sum of a metric's series that have these labels; 0 when there is none."""
        total = 0.0
        for series in re.finditer(r"^%s(?:\{(.*)\})? (\S+)$" % re.escape(name), self.metrics(), re.M):
            found = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', series[1] or ""))
            if labels.items() <= found.items():
                total += float(series[2])
        return total

    def until(self, condition, timeout=TIMEOUT, what="the condition"):
        """Asks again and again, for what no event tells: pages that lag behind by a tick. Its first true value."""
        deadline = time.monotonic() + timeout
        while not (value := condition()):
            assert time.monotonic() < deadline, "%s did not come true in %s s" % (what, timeout)
            select.select([], [], [], 0.01)
        return value

    def child_pid(self, service):
        """The process id of the child started last for a service."""
        return self.events("child.start", server=service)[-1]["child.pid"]

    def processes(self):
        """Process ids of the gateway and of everything it started, grandchildren too."""
        return processes_marked(self.mark)

    # --- its end

    def has_ended(self):
        return self.process.poll() is not None

    def stop(self, timeout=TIMEOUT):
        """SIGTERM to the process that serves, then asserts a clean end of it and of those it has replaced."""
        try:
            os.kill(self.serving, signal.SIGTERM)
        except ProcessLookupError:
            pass
        self.assert_ended(timeout)

    def assert_ended(self, timeout=TIMEOUT):
        """Exit code 0, no process left, and nothing on stderr but lines as docs/logs.md describes them."""
        try:
            code = self.process.wait(timeout)
            left = [pid for pid in self.processes() if not is_gone(pid)]
            about_left = [describe(pid) for pid in left]
        finally:
            self.kill()
        assert code == 0, "exit code %s; stderr: %r" % (code, self.log.garbage)
        assert not about_left, "left behind: %r" % about_left
        assert not self.log.garbage, "not JSON on stderr: %r" % self.log.garbage
        wrong = {line["event"]: problems for line in self.log.events if (problems := log_schema.complaints(line))}
        assert not wrong, "lines that are not as docs/logs.md says: %r" % wrong

    def kill(self):
        """Ends everything at once, and asserts nothing."""
        for client in self.clients:
            client.close()
        if not self.has_ended():
            self.process.kill()
            self.process.wait()
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.log.end()


class Log:
    """The gateway's stderr, read as it comes."""

    def __init__(self, pipe, copy=None):
        self.copy = copy  # a file for the lines as they are, if they are wanted
        self.events = []
        self.garbage = []  # lines that are no JSON objects
        self.is_over = False
        self.changed = threading.Condition()
        self.pipe = pipe
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.pipe:
            if self.copy:
                self.copy.write(line)
            try:
                event = json.loads(line)
                kept = self.events if isinstance(event, dict) else self.garbage
            except ValueError:
                event, kept = line.decode("utf-8", "replace"), self.garbage
            with self.changed:
                kept.append(event)
                self.changed.notify_all()
        with self.changed:
            self.is_over = True
            self.changed.notify_all()

    def find(self, name, fields):
        with self.changed:
            return [event for event in self.events
                    if event.get("event") == name and fields.items() <= event.items()]

    def wait(self, name, fields, count, timeout):
        deadline = time.monotonic() + timeout
        with self.changed:
            while len(found := self.find(name, fields)) < count:
                left = deadline - time.monotonic()
                if left <= 0 or self.is_over:
                    raise AssertionError("%d of %d events %r %r %s; the last were %r, %r" % (
                        len(found), count, name, fields, "before the end" if self.is_over else "in time",
                        self.events[-5:], self.garbage[-5:]))
                self.changed.wait(left)
            return found

    def end(self):
        self.thread.join(TIMEOUT)
        if not self.thread.is_alive():
            self.pipe.close()


# ---------------------------------------------------------------------------------------------
# Processes


def prepare(descriptors, user, group):
    """In the process that becomes the gateway."""
    if descriptors:
        limit_descriptors(descriptors)
    if group:
        (Path(group) / "cgroup.procs").write_text("0")
    if user:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)


def limit_descriptors(count, pid=0):
    """So many open files for a process, its own by default; it cannot raise the limit again."""
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (count, count))


def processes_marked(mark):
    """Process ids whose environment holds the mark. Zombies have none, but their parents have."""
    entry = ("%s=%s" % (MARK, mark)).encode()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                environment = Path("/proc", name, "environ").read_bytes()
            except OSError:
                continue
            if entry in environment.split(b"\0"):
                found.append(int(name))
    return found


def is_gone(pid, timeout=TIMEOUT):
    """Waits for a process to end, which need not be ours. Whether it did."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], timeout)[0])
    finally:
        os.close(handle)


def describe(pid):
    try:
        return "%d %r" % (pid, Path("/proc", str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode())
    except OSError:
        return "%d, gone meanwhile" % pid
