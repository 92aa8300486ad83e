"""What is measured: each scenario takes one program through one situation and returns its figures."""

import statistics
import time
from pathlib import Path

from .programs import Encrypted, Floor, Gateway, Traced

ROOT = Path(__file__).resolve().parents[2]
EVERYTHING = ROOT / "services/everything/node_modules/@modelcontextprotocol/server-everything/dist/index.js"
COUNTS = ("left_behind", "had_to_be_killed")
NO_LOG = Gateway("gateway-no-access-log", "mcp-gateway, log level warn", log={"level": "warn"})
TRACED = Traced("gateway-traced", "mcp-gateway, traces sampled 1 %")
TLS = Encrypted("gateway-tls", "mcp-gateway, TLS")
BUSY_POLL = Gateway("gateway-busy-poll", "mcp-gateway, busy_poll", busy_poll=True)


class Scenario:
    """`by` names the scenario whose floor this one is compared with; `programs` are our own, `peers` says
    whether those of others are measured too. What takes long is measured in the first round only."""

    once = False
    times = 1  # in each round
    needs = None  # a file that must be there
    connections = 0  # about how many it opens

    def __init__(self, name, title, transport="sse", by=None, peers=False, programs=None):
        self.name = name
        self.title = title
        self.transport = transport
        self.by = by or name
        self.peers = peers
        self.programs = programs or ([Floor(), Gateway()] if transport == "sse" else [Gateway()])

    def all_programs(self, peers):
        wanted = [peer for peer in peers if self.takes(peer)] if self.peers else []
        return self.programs + wanted

    def takes(self, program):
        return self.transport in program.transports

    def measure(self, bench, program):
        raise NotImplementedError


class Calls(Scenario):
    """Load of one kind for a time."""

    def __init__(self, name, title, *load, child=None, tool=(), **more):
        super().__init__(name, title, **more)
        self.load = load + tool
        self.child = child
        self.tool = tool
        self.needs = child and child[1]

    def measure(self, bench, program):
        seconds = self.seconds(bench)
        with bench.serving(program, self.transport, self.child, self.tool) as running:
            figures = running.load("--seconds", seconds, "--warmup", seconds / 3, *self.load)
        return figures | running.facts

    def seconds(self, bench):
        return bench.seconds


class Churn(Calls):
    """Short sessions, 8 at a time; not for long, since the system remembers each connection for a while."""

    SECONDS = 1.5
    connections = 80_000

    def __init__(self, transport, title):
        super().__init__(f"churn {transport}", title, "--mode", "churn", "--sessions", 8,
                         transport=transport, by="churn sse", peers=True)

    def seconds(self, bench):
        return min(bench.seconds, self.SECONDS)


class Observed(Calls):
    """The gateway with less to tell than it is delivered with, as it is delivered, and with more; in turn and
    often: what is looked for is a few percent."""

    times = 4

    def __init__(self):
        super().__init__("observed", "SSE, 64 sessions, without access log, with it, and with traces", "--sessions", 64,
                         programs=[Gateway(), NO_LOG, TRACED])

    def seconds(self, bench):
        return min(bench.seconds, 3)


class Idle(Scenario):
    """Open streams without a call, held; at the end each makes one, to show that it still lives."""

    once = True

    def __init__(self, sessions, hold, **more):
        super().__init__(f"idle {sessions}", f"{sessions:,} open SSE sessions without a call", **more)
        self.sessions = sessions
        self.hold = hold

    def measure(self, bench, program):
        with bench.serving(program, self.transport) as running:
            figures = running.load("--mode", "idle", "--sessions", self.sessions, "--seconds", self.hold, "--warmup", 1)
        grown_mb = figures["resident_mb"] - running.facts["resident_start_mb"]
        return running.facts | {
            "sessions": self.sessions, "seconds": figures["seconds"],
            "kb_per_session": round(grown_mb * 1024 / self.sessions, 2),
            "cpu_percent": round(100 * figures["cpu_seconds"] / figures["seconds"], 3),
            "keep_alives_per_session": round(figures["keep_alives"] / self.sessions, 2),
            "wrong": figures["wrong"], "failed": figures["failed"]}


class Flat(Scenario):
    """Memory after some short sessions and after many."""

    once = True

    def __init__(self, some, many, **more):
        super().__init__(f"flat {many}", f"memory over {many:,} short SSE sessions", **more)
        self.some = some
        self.many = many
        self.connections = 2 * many

    def measure(self, bench, program):
        def go(sessions):
            return running.load("--mode", "churn", "--sessions", 8, "--calls", sessions, "--seconds", 600)

        with bench.serving(program, self.transport) as running:
            first = go(self.some)
            second = go(self.many - self.some)
        return second | running.facts | {
            "sessions_first": self.some, "sessions": self.many, "resident_first_mb": first["resident_mb"],
            "wrong": first["wrong"] + second["wrong"], "failed": first["failed"] + second["failed"]}


class Start(Scenario):
    """Nine services: how soon it listens, and how large it is a second later."""

    SERVICES = 9
    STARTS = 5

    def takes(self, program):
        return program.serves_many

    def measure(self, bench, program):
        runs = [self.start(bench, program) for _ in range(self.STARTS)]
        return {figure: round(sum(values) if figure in COUNTS else statistics.median(values), 2)
                for figure in runs[0] if (values := [run.get(figure, 0) for run in runs])}

    def start(self, bench, program):
        transport = self.transport if self.transport in program.transports else program.transports[0]
        with bench.starting(program, transport, services=self.SERVICES) as running:
            listening = running.wait_until_listening()
            time.sleep(1)
            figures = {"listening_ms": listening, "resident_mb": running.resident_mb()}
        return figures | running.facts


class SlowChildren(Start):
    """Nine services whose programs need a while before they read: when does the last one answer?"""

    NEEDS = 0.3
    STARTS = 1

    def start(self, bench, program):
        child = ("sh", "-c", f"sleep {self.NEEDS}; exec {bench.echo[0]}")
        with bench.starting(program, self.transport, child, self.SERVICES) as running:
            figures = {"listening_ms": running.wait_until_listening(), "answering_ms": running.wait_until_answering()}
        return figures | running.facts


KINDS = {"sse": ("SSE", "session"), "http": ("Streamable HTTP", "session"), "stateless": ("stateless HTTP (2026-07-28)", "client")}


def steady(transport, sessions, **more):
    label, client = KINDS[transport]
    return Calls(f"{transport} {sessions}", f"{label}, {sessions} {client}{'s' * (sessions > 1)}", "--sessions", sessions,
                 transport=transport, by=f"sse {sessions}", peers=True, **more)


def payload(name, title, *load, **more):
    return Calls(name, title, "--sessions", 16, *load, **more)


def on_request():
    """Measured only where `--only` names them: what TLS costs, on connections that stay and on those that do not."""
    both = {"programs": [Gateway(), TLS]}
    return [
        Calls("tls calls", "Streamable HTTP, 64 sessions, without TLS and with it", "--sessions", 64, transport="http", **both),
        Calls("tls results 64 KB", "results of 64 KB, Streamable HTTP, 16 sessions, without TLS and with it",
              "--sessions", 16, "--result", 64_000, transport="http", **both),
        Calls("tls churn", "short Streamable HTTP sessions, 8 at a time, without TLS and with it",
              "--mode", "churn", "--sessions", 8, transport="http", **both),
    ]


def all_scenarios(quick=False):
    """In the order they are measured: what is compared lies close together."""
    scenarios = [
        steady("sse", 1, programs=[Floor(), Gateway(), BUSY_POLL]),
        steady("http", 1, programs=[Gateway(), BUSY_POLL]), steady("stateless", 1),
        steady("sse", 4),
        steady("sse", 16),
        steady("sse", 64), steady("http", 64), steady("stateless", 64),
        Calls("slow reader", "SSE, 63 sessions next to one that reads slowly", "--sessions", 64, "--slow", 1),
        steady("sse", 256), steady("http", 256),
        Observed(),
        Churn("sse", "short SSE sessions, 8 at a time"), Churn("http", "short Streamable HTTP sessions, 8 at a time"),
        payload("results 64 KB", "results of 64 KB, SSE, 16 sessions", "--result", 64_000),
        payload("results 1 MB", "results of 1 MB, SSE, 16 sessions", "--result", 1_000_000),
        payload("echo 64 KB", "64 KB in both directions, SSE, 16 sessions", "--payload", 64_000),
        payload("echo 1 MB", "1 MB in both directions, SSE, 16 sessions", "--payload", 1_000_000),
        payload("everything", "server-everything (Node), SSE, 16 sessions", child=("node", EVERYTHING, "stdio"),
                tool=("--tool-argument", "message", "--tool-says", "Echo: "), peers=True),
        Start("start", "nine services", peers=True, programs=[Gateway()]),
        SlowChildren("slow start", "nine services that need 0.3 s each", programs=[Gateway()]),
    ]
    if quick:
        return scenarios + [Idle(1000, hold=3), Flat(500, 5000, programs=[Gateway()])]
    return scenarios + [Idle(1000, hold=5, peers=True), Idle(10_000, hold=35), Flat(10_000, 100_000, programs=[Gateway()])]
