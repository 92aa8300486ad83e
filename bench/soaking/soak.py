"""A soak from its first event to its last: performs the plan, takes samples, waits until all is quiet."""

import asyncio
import collections
import itertools
import random
import signal
import subprocess
import time

from . import day, judge, operators, visitors
from .eras import Legacy, Stateless, Streamable
from .gateway import FAULTLESS, LASTING, Gateway
from .ledger import KEPT, Ledger
from .wire import PATIENCE, Connection

# Where sessions are that last as long as the load, in each era.
RESIDENTS = ("steady", "steady", "steady", "steady", "calm", "calm", "crashing", "crashing")
SAMPLE = 1.0  # seconds between two
QUIET_PATIENCE = 60  # from when the last abandoned session has been idle for too long


class Soak:
    def __init__(self, build, minutes, days, seed, session_idle, loops, without, say):
        self.build, self.minutes, self.days, self.seed, self.say = build, minutes, days, seed, say
        self.session_idle, self.loops = session_idle, loops
        self.plan = day.plan(days, seed, without)
        self.planned = day.counts(self.plan)
        self.played = collections.Counter()
        self.chance = random.Random(seed + 1)
        self.ledger = Ledger(FAULTLESS, LASTING)
        self.texts = itertools.count()
        self.series, self.start, self.end, self.complaints = [], {}, {}, []
        self.closed = {}  # sessions, by service and reason
        self.children = {}  # at the end, by service
        self.is_over = False
        self.version = subprocess.run([build / "mcp-gateway", "version"], capture_output=True, text=True, check=True).stdout.strip()

    @property
    def port(self):
        return self.gateway.ports["main"]

    def next_text(self):
        return next(self.texts)

    def complain(self, text):
        if len(self.complaints) < KEPT:
            self.complaints.append(text)

    # --- the load

    async def play(self):
        for number in (signal.SIGINT, signal.SIGTERM):  # also in the background, where SIGINT is ignored otherwise
            asyncio.get_running_loop().add_signal_handler(number, asyncio.current_task().cancel)
        self.gateway = Gateway(self.build, self.session_idle, self.loops)
        self.operating = asyncio.Lock()
        self.own_connection = Connection(self.gateway.ports["admin"])
        try:
            self.calm = self.gateway.children("calm")
            await self.gateway.ask("GET", "/health")
            self.start = self.end = await self.quiet_figures(None)
            await self.load()
            if not self.gateway.has_ended():
                await self.look_back()
        except asyncio.CancelledError:
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # of all the clients that are cut off
            self.gateway.process.kill()  # it would wait for calls that take ten minutes
            raise
        finally:
            self.own_connection.close()
            self.gateway.admin.close()
            self.exit_code = self.gateway.stop()

    async def load(self):
        """From its first event until every client has left."""
        self.begun = time.monotonic()
        sampling = asyncio.create_task(self.sample())
        residents = [asyncio.create_task(visitors.reside(self, era, service)) for era in (Legacy, Streamable, Stateless)
                     for service in RESIDENTS]
        await self.perform()
        self.is_over = True
        await self.finish(residents)
        if not sampling.done():
            sampling.cancel()
        elif problem := sampling.exception():
            self.complain(f"no samples any more: {problem!r}")

    async def look_back(self):
        """What is left when all is quiet."""
        await operators.as_at_the_start(self)
        self.end = await self.quiet_figures(self.start)
        self.closed = await self.gateway.closed_sessions(self.own_connection)
        self.children = {name: len(self.gateway.children(name)) for name in (*self.gateway.services, "extra")}
        if self.gateway.children("calm") != self.calm:
            self.complain("the child of a service that nobody touched is another than at the start")

    async def perform(self):
        """Each event at its time, and none before the one that is planned before it."""
        working = set()
        for when, kind in self.plan:
            if self.gateway.has_ended():
                self.complain("the gateway ended during the load")
                break
            delay = self.begun + when * self.minutes * 60 - time.monotonic()
            if delay > 0:
                await asyncio.sleep(delay)
            event = asyncio.create_task(self.one(kind))
            working.add(event)
            event.add_done_callback(working.discard)
        await self.finish(working)

    async def one(self, kind):
        perform = getattr(visitors, kind, None) or getattr(operators, kind)
        try:
            await perform(self)
            self.played[kind] += 1
        except Exception as problem:  # whatever it is, the run goes on and says so
            self.complain(f"{kind}: {problem!r}")

    async def finish(self, tasks):
        if tasks:
            _, pending = await asyncio.wait(tasks, timeout=3 * PATIENCE)
            for task in pending:
                task.cancel()
                self.complain(f"something did not end: {task.get_coro()!r}")

    # --- the figures

    async def sample(self):
        spoken = 0
        while True:
            figures = await self.gateway.figures(self.own_connection)
            elapsed = time.monotonic() - self.begun
            if elapsed > self.minutes * 60:  # the load is ending, and takes the figures down with it
                return
            self.series.append({"days": elapsed / (self.minutes * 60) * self.days, **figures})
            if elapsed - spoken >= min(60, self.minutes * 6):
                spoken = elapsed
                self.say(f"{elapsed / 60:5.1f} min  {self.ledger.opened:>8} calls, {self.ledger.total('wrong', 'foreign')} wrong, "
                         f"{self.ledger.total('lost')} lost  {figures['resident_mb']:.1f} MB, "
                         + ", ".join(f"{figures[name]} {name}" for name in ("descriptors", "processes", "sessions", "calls_in_flight")))
            await asyncio.sleep(SAMPLE)

    async def quiet_figures(self, start):
        """The figures when they are those of the start, or when it is useless to wait any longer."""
        deadline = time.monotonic() + self.session_idle + QUIET_PATIENCE
        while True:
            figures = await self.gateway.figures(self.own_connection)
            if not start or not judge.left_over(start, figures) or time.monotonic() > deadline:
                return figures
            await asyncio.sleep(0.2)
