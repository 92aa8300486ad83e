"""Gateways that suffer every fault at once, so that waiting for all alerts takes as long as waiting for the slowest.

`Faults` starts them and keeps the faults going until `heal` takes the faults away; `end` ends the gateways as well.
"""
import itertools
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from certificates import SERVER_NAMES, Authority
from clients import BOTH, JSON, HttpClient, as_bytes
from clients import call as tool_call
from gateway_under_test import CHAOS, GATEWAY, Gateway, chaos, echo
from watching import Page, Repeated, free_port, until
from wire import Connection

CHAOS_HERE = f"exec {sys.executable} -I -S {CHAOS}"
RIGHT = {"Authorization": "Bearer right"}
RESTART = {"backoff_initial": "10ms", "max_restarts": 5, "window": "1m", "crash_loop_pause": "5s"}


def shell(script, **config):
    """A service that decides in a shell what becomes of it."""
    return {"command": "/bin/sh", "args": ["-c", script], **config}


def call(gateway, service, tool, arguments=None):
    with HttpClient(gateway.port, "/" + service) as client:
        return client.call(tool, arguments)


class Plain:
    """A gateway of its own process, with ports that stay: it can be killed, stopped and started again."""

    def __init__(self, services, config=None, descriptors=None, mute=False):
        self.port, self.admin_port = free_port(), free_port()
        self.descriptors, self.mute = descriptors, mute
        self.folder = tempfile.TemporaryDirectory()
        self.configuration = Path(self.folder.name, "gateway.json")
        self.configuration.write_text(json.dumps({"mcpServers": services, "gateway": {
            "listen": f"127.0.0.1:{self.port}", "admin_listen": f"127.0.0.1:{self.admin_port}", "drain_timeout": "200ms",
            **(config or {})}}))
        self.start()

    def start(self):
        limits = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (self.descriptors,) * 2)) if self.descriptors else None
        self.process = subprocess.Popen([GATEWAY, "run", "--config", str(self.configuration)], stdin=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE if self.mute else subprocess.DEVNULL, preexec_fn=limits)
        until(self.answers, "the gateway")

    def answers(self):
        assert self.process.poll() is None, f"the gateway ended with {self.process.returncode}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        """By SIGTERM; the second ends the waiting for calls."""
        for _ in range(15):
            self.process.terminate()
            try:
                self.process.wait(2)
                break
            except subprocess.TimeoutExpired:
                pass
        else:
            self.kill()
            raise AssertionError("the gateway does not end")
        if self.mute:
            self.process.stderr.close()
        self.folder.cleanup()


class Faults:
    def __init__(self, prometheus):
        self.prometheus = prometheus
        self.ends = ExitStack()
        self.folder = Path(self.ends.enter_context(tempfile.TemporaryDirectory()))
        self.running, self.marks = [], []
        try:
            self.begin()
        except BaseException:
            self.end()
            raise

    # --- helpers

    def always(self, action, pause=0.1):
        """Again and again until the faults are taken away, with a pause of so many seconds."""
        self.running.append(Repeated(action, pause))

    def mark(self, name):
        """A file whose presence is a fault."""
        path = self.folder / name
        path.touch()
        self.marks.append(path)
        return path

    def begin(self):
        self.many_services()
        self.small_gateway()
        self.poor_gateway()
        self.mute_gateway()
        self.fragile_gateway()
        self.stalling_gateway()
        self.page()
        self.secured_gateway()
        self.misconfigured_gateway()

    # --- services of one gateway, each with a fault of its own

    def many_services(self):
        looping, replica, lock = self.mark("looping"), self.mark("replica"), self.folder / "lock"
        self.told = self.folder / "told"
        self.told.write_text("bad")
        quick = {"call_timeout": "200ms"}
        self.many = Gateway({
            "healthy": echo(),
            "looping": shell(f"test -e {looping} && exit 3; {CHAOS_HERE}", restart=RESTART),
            "two": shell(f"mkdir {lock} 2>/dev/null || test ! -e {replica} || exit 3; {CHAOS_HERE}", replicas=2, restart=RESTART),
            "dying": chaos(restart={**RESTART, "max_restarts": 1000}),
            "probed": chaos(probe={"tool": "tell", "arguments": {"path": str(self.told)}, "expect": {"contains": "good"},
                                   "interval": "500ms"}),
            "lacking": chaos("--list-changed", expected_tools=["extra_1"]),
            "drifting": chaos("--list-changed"),
            "absent": chaos(needs=[{"variable": "NOBODY_HAS_SET_THIS", "for": "a test"}]),
            "failing": chaos(**quick), "sometimes": chaos(**quick), "seldom": chaos(**quick),
            "fetch": chaos(), "slow": chaos(), "tail": chaos(),
            "queueing": chaos(max_calls=1), "full": chaos(max_calls=1, max_queue=1),
            "large": chaos(recycle={"max_memory": "100MiB"}),
            "loud": chaos(stderr_lines_per_second=1),
            "broken": chaos(**quick, circuit_breaker={"consecutive_failures": 2, "wait_duration": "300ms"}),
            "unreviewed": self.unreviewed(),
        }, wait_for=["healthy", "dying", "drifting", "failing", "slow", "large"])
        self.ends.callback(self.many.kill)
        self.prometheus.watch(self.many.ports["admin"])
        self.prometheus.has_scraped(self.many.ports["admin"])  # what counters gain is seen from here
        many = self.many
        self.always(lambda: call(many, "healthy", "echo"))
        self.always(lambda: call(many, "dying", "die"), 2)
        self.always(lambda: call(many, "drifting", "change_tools"), 1)
        self.always(lambda: call(many, "broken", "hang"))
        self.always(lambda: call(many, "loud", "stderr", {"lines": 10}))
        self.mix("failing", 2, "hang")
        self.mix("sometimes", 80, "hang")
        self.mix("seldom", 250, "hang")
        self.mix("tail", 30, "slow", {"ms": 700})
        self.always(lambda: call(many, "slow", "slow", {"ms": 700}))
        for _ in range(2):
            self.always(lambda: call(many, "fetch", "slow", {"ms": 3000}))
        for _ in range(3):
            self.always(lambda: call(many, "queueing", "slow", {"ms": 1500}), 0.01)
            self.always(lambda: call(many, "full", "slow", {"ms": 300}), 0.05)
        call(many, "large", "grow", {"bytes": 83 << 20})

    def unreviewed(self):
        """A service of which no tool is in the lock file."""
        self.lock_file = self.folder / "tools.lock.json"
        self.lock_file.write_text(json.dumps({"version": 1, "servers": {"unreviewed": {"tools": {}}}}))
        return chaos(pinned_tools={"file": str(self.lock_file)})

    def review(self):
        config = self.folder / "unreviewed.json"
        service = {**self.many.services["unreviewed"], "pinned_tools": {"file": str(self.lock_file)}}
        config.write_text(json.dumps({"mcpServers": {"unreviewed": service}}))
        subprocess.run([GATEWAY, "lock", str(config), "--write"], check=True, stdout=subprocess.DEVNULL)

    def close_circuit(self):
        """Once a call is let through that succeeds."""
        until(lambda: "result" in call(self.many, "broken", "echo"), "the circuit to close")

    def mix(self, service, count, tool, arguments=None):
        """Calls of echo, and each so many-th of another tool instead."""
        number = itertools.count(1)
        self.always(lambda: call(self.many, service, *((tool, arguments) if next(number) % count == 0 else ("echo",))), 0.01)

    # --- a gateway with little room and a token

    def small_gateway(self):
        self.small = Gateway({"echo": echo()}, {
            "auth": {"tokens": [{"name": "test", "token": "right"}]},
            "limits": {"max_sessions": 20, "max_connections": 40, "write_timeout": "500ms"}})
        self.ends.callback(self.small.kill)
        self.prometheus.watch(self.small.ports["admin"])
        self.prometheus.has_scraped(self.small.ports["admin"])
        self.sessions = [self.session() for _ in range(19)]
        self.unread = []
        self.always(lambda: self.knock({"Authorization": "Bearer wrong"}))
        self.always(self.speak_nonsense, 0.02)
        self.always(self.read_nothing, 0.5)

    def session(self):
        client = HttpClient(self.small.port, "/echo", headers=RIGHT)
        client.initialize()
        client.close()
        return client

    def knock(self, headers):
        connection = Connection(self.small.port)
        connection.send_request("POST", "/echo/mcp", headers, b"{}")
        connection.read_response()
        connection.close()

    def knock_often(self):
        self.always(lambda: self.knock({"Authorization": "Bearer guessed"}), 0.01)

    def speak_nonsense(self):
        with socket.create_connection(("127.0.0.1", self.small.port), 5) as connection:
            connection.sendall(b"GET / HTTP/1.1\nHost: a\n\n")
            connection.recv(1000)

    def read_nothing(self):
        """Asks for much, and leaves it lying until it is given up."""
        connection = Connection(self.small.port, receive_buffer=4096)
        connection.send_request("POST", "/echo/mcp", {**JSON, "Accept": BOTH, **RIGHT},
                                as_bytes(tool_call("big", {"bytes": 20_000_000})))
        self.unread.append(connection)
        if len(self.unread) > 8:
            self.unread.pop(0).close()

    # --- one with few descriptors, one whose log nobody reads

    def poor_gateway(self):
        self.poor = self.plain({"echo": echo()}, {"limits": {"keepalive_timeout": "1h"}}, descriptors=256)
        self.crowd = []
        self.always(self.crowd_in, 0.05)

    def crowd_in(self):
        """Connections that say nothing and stay, until all that descriptors allow are open; then one more again and again."""
        connection = socket.create_connection(("127.0.0.1", self.poor.port), 1)
        if len(self.crowd) < 256:
            self.crowd.append(connection)
        else:
            connection.close()

    def mute_gateway(self):
        self.mute = self.plain({"chaos": chaos(stderr_lines_per_second=100_000)}, mute=True)
        self.always(lambda: call(self.mute, "chaos", "stderr", {"lines": 500}))

    def plain(self, *arguments, **options):
        gateway = Plain(*arguments, **options)
        self.ends.callback(gateway.end)
        self.prometheus.watch(gateway.admin_port)
        self.prometheus.has_scraped(gateway.admin_port)
        return gateway

    # --- gateways that end, do not end, or stall

    def fragile_gateway(self):
        self.fragile = self.plain({"echo": echo()})
        for _ in range(3):
            began = self.prometheus.query(self.began())
            self.fragile.kill()
            self.fragile.start()
            until(lambda: self.prometheus.query(self.began()) not in ([], began), "a scrape of the gateway that was started anew")
        self.fragile.kill()
        self.draining = self.plain({"chaos": chaos()}, {"drain_timeout": "1h"})
        with HttpClient(self.draining.port, "/chaos") as client:
            client.call("echo")
            self.hanging = client.connect()
            client.connections.remove(self.hanging)
        self.hanging.send_request("POST", "/chaos/mcp", {**JSON, "Accept": BOTH}, as_bytes(tool_call("hang")))
        instance = f'127.0.0.1:{self.draining.admin_port}'
        until(lambda: self.prometheus.query(f'mcp_gateway_requests_in_flight{{instance="{instance}"}} > 0'), "a call in flight")
        self.draining.process.terminate()

    def began(self):
        return f'process_start_time_seconds{{instance="127.0.0.1:{self.fragile.admin_port}"}}'

    def stalling_gateway(self):
        self.stalling = self.plain({"echo": echo()})
        self.always(self.stall, 0.2)

    def stall(self):
        os.kill(self.stalling.process.pid, signal.SIGSTOP)
        time.sleep(0.3)  # the fault itself
        os.kill(self.stalling.process.pid, signal.SIGCONT)

    # --- what no gateway shows that is well, or only one that takes all of the machine

    def page(self):
        self.faulty = Page()
        self.ends.callback(self.faulty.close)
        self.show(memory=1.75)
        self.prometheus.watch(self.faulty.port)
        self.always(lambda: self.show(self.memory), 0.2)

    def show(self, memory, well=False):
        self.memory = memory
        lost, without_stream, connections = (0, 0, 0) if well else (1, 15, 95)
        rising = 0 if well else 2 * time.monotonic()
        self.faulty.lines = f"""
mcp_gateway_build_info{{version="0.0.1"}} 1
process_resident_memory_bytes {memory * 2 ** 30}
mcp_gateway_sessions_opened_total{{server="leaky",transport="http"}} 9
mcp_gateway_sessions_closed_total{{server="leaky",transport="http",reason="client"}} 5
mcp_gateway_sessions_active{{server="leaky",transport="http"}} {4 - lost}
mcp_gateway_sessions_opened_total{{server="streamless",transport="sse"}} 20
mcp_gateway_sessions_closed_total{{server="streamless",transport="sse",reason="client"}} 0
mcp_gateway_sessions_active{{server="streamless",transport="sse"}} 20
mcp_gateway_streams_active{{server="streamless",kind="sse"}} {20 - without_stream}
mcp_gateway_connections_active {connections}
mcp_gateway_connections_limit 100
mcp_gateway_loop_busy_seconds_total{{loop="0"}} {rising}
mcp_child_cpu_seconds_total{{server="spinning"}} {rising}
mcp_gateway_otlp_spans_total{{result="failed"}} {rising}
"""

    # --- a gateway whose certificate nobody renews

    def secured_gateway(self):
        self.authority = Authority(self.folder / "authority")
        expiring = self.authority.issue("localhost", SERVER_NAMES, days=7)
        self.certificate = expiring.config
        self.secured = Gateway({"echo": echo()}, {"tls": self.certificate})
        self.ends.callback(self.secured.kill)
        self.prometheus.watch(self.secured.ports["admin"])

    def renew(self):
        renewed = self.authority.issue("localhost", SERVER_NAMES).config
        for name, path in self.certificate.items():
            os.replace(renewed[name], path)

    # --- a gateway that was told to read a configuration with an error

    def misconfigured_gateway(self):
        self.misconfigured = Gateway({"echo": echo()})
        self.ends.callback(self.misconfigured.kill)
        self.prometheus.watch(self.misconfigured.ports["admin"])
        self.misconfigured.reload(config={"limits": {"max_sessions": 0}}, result="refused")

    def repair(self):
        self.misconfigured.reload(config={"limits": {"max_sessions": 1}})

    # --- the end

    def heal(self):
        """Takes all faults away; the gateways stay, or their alerts would end with them."""
        for repeated in self.running:
            repeated.stop()
        for path in self.marks:
            path.unlink(missing_ok=True)
        self.told.write_text("good")
        call(self.many, "lacking", "change_tools")
        self.close_circuit()
        self.review()
        self.renew()
        self.repair()
        call(self.many, "large", "die")
        for client in self.sessions:
            client.delete()
        for connection in [*self.crowd, *self.unread, self.hanging]:
            connection.close()
        self.fragile.start()
        self.draining.end()
        self.prometheus.forget(self.draining.admin_port)
        self.show(memory=0.1, well=True)

    def end(self):
        for repeated in self.running:
            repeated.stop()
        self.ends.close()
