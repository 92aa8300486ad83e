"""A thousand sessions on one child, all with the same ids and tokens: no message ever in a wrong one."""
import asyncio
import json
import random
import re
import uuid

import pytest

from gateway_under_test import chaos, echo
from wire import SECURE, TIMEOUT

SESSIONS = 1000
CALLS = 30            # of each session
LEAVING = 0.15        # of the sessions leave in mid-call
CANARY = re.compile(r"canary-[0-9a-f]{32}")


class Foreign(AssertionError):
    """A session was sent what belongs to another."""


class Checker:
    """Knows what one session may be sent: its own canary alone, and one answer for each request it made."""

    def __init__(self, canary):
        self.canary = canary
        self.open = {}         # raw id to the text that its answer must hold, or None when any answer is right
        self.tokens = set()    # progress tokens in use, as JSON text
        self.withdrawn = set()
        self.answers = 0
        self.progress = 0

    def check(self, text):
        for found in CANARY.findall(text):
            if found != self.canary:
                raise Foreign("%s was sent %s" % (self.canary, text[:300]))
        message = json.loads(text)
        if message.get("method") == "notifications/progress":
            token = json.dumps(message["params"]["progressToken"])
            if token not in self.tokens:
                raise Foreign("%s was sent progress for %s" % (self.canary, token))
            self.progress += 1
            return
        if "method" in message:
            raise Foreign("%s was sent %s" % (self.canary, text[:300]))
        id = json.dumps(message["id"])
        if id not in self.open:
            raise Foreign("%s was sent an answer to %s, which it did not ask or was answered: %s" % (self.canary, id, text[:300]))
        expected = self.open.pop(id)
        if expected is not None and expected not in text:
            raise Foreign("%s asked %s for %r and was sent %s" % (self.canary, id, expected, text[:300]))
        self.answers += 1


# ── HTTP, thin ───────────────────────────────────────────────────────────────────────────────────


async def send(writer, method, path, body=b"", **fields):
    head = "".join("%s: %s\r\n" % (name.replace("_", "-"), value) for name, value in fields.items())
    writer.write(("%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n"
                  % (method, path, len(body), head)).encode() + body)
    await writer.drain()


async def head_of(reader):
    lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    fields = [line.split(": ", 1) for line in lines[1:] if line]
    return int(lines[0].split()[1]), {name.lower(): value for name, value in fields}


async def events_of(reader):
    """The data of each event of a chunked stream, to its end."""
    text = b""
    while size := int(await reader.readline(), 16):
        text += await reader.readexactly(size)
        await reader.readexactly(2)
        *blocks, text = text.split(b"\n\n")
        for block in blocks:
            for line in block.split(b"\n"):
                if line.startswith(b"data: "):
                    yield line[6:].decode()
    await reader.readexactly(2)


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────


class Session:
    """Its ids and progress tokens are 0, 1, 2 ... in every session; its payloads hold its canary.

    `identity` is sent with each request: header fields, named with underscores.
    """

    def __init__(self, port, chance, all_are_open=None, **identity):
        self.port = port
        self.identity = identity
        self.chance = chance
        self.all_are_open = all_are_open  # a barrier: nobody calls before everybody is there
        self.checker = Checker("canary-" + uuid.UUID(int=chance.getrandbits(128)).hex)
        self.leaves_at = chance.randrange(CALLS) if chance.random() < LEAVING else None

    async def wait_for_the_others(self):
        if self.all_are_open:
            await self.all_are_open.wait()

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20, ssl=SECURE.get(self.port))

    def make(self, number):
        """Call `number`: what to post, and whether it is taken back at once."""
        token = number if number % 2 else str(number)
        kind = self.chance.choice(("echo", "echo", "echo", "slow", "ask-wrong"))
        tool, arguments, expected = {
            "echo": ("echo", {"text": self.checker.canary, "n": number}, '%s\\", \\"n\\": %d}' % (self.checker.canary, number)),
            "slow": ("slow", {"ms": self.chance.randrange(1, 60), "progress_steps": 2, "note": self.checker.canary}, '"slow"'),
            "ask-wrong": ("no-such-tool", {"text": self.checker.canary}, '"error"'),
        }[kind]
        self.checker.open[json.dumps(number)] = expected
        self.checker.tokens.add(json.dumps(token))
        posted = {"jsonrpc": "2.0", "id": number, "method": "tools/call",
                  "params": {"name": tool, "arguments": arguments, "_meta": {"progressToken": token}}}
        return json.dumps(posted).encode(), kind == "slow" and self.chance.random() < 0.4

    def withdraw(self, number):
        self.checker.withdrawn.add(json.dumps(number))
        return json.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": number}}).encode()

    def settled(self):
        """Every call that was not taken back has been answered."""
        return self.checker.open.keys() <= self.checker.withdrawn


class SseSession(Session):
    async def run(self):
        reader, writer = await self.connect()
        await send(writer, "GET", "/chaos/sse", Accept="text/event-stream", **self.identity)
        status, _ = await head_of(reader)
        assert status == 200
        events = events_of(reader)
        endpoint = "/chaos/" + await anext(events)
        await self.wait_for_the_others()
        posts_in, posts = await self.connect()
        self.news = asyncio.Event()
        listener = asyncio.create_task(self.listen(events))
        try:
            for number in range(CALLS):
                posted, withdrawn = self.make(number)
                await self.post(posts_in, posts, endpoint, posted)
                if number == self.leaves_at:
                    return
                if withdrawn:
                    await self.post(posts_in, posts, endpoint, self.withdraw(number))
            while not self.settled() and not listener.done():
                self.news.clear()
                await asyncio.wait_for(self.news.wait(), TIMEOUT)
        finally:
            failed = listener.done() and listener.exception()
            listener.cancel()
            writer.close()
            posts.close()
            if failed:
                raise failed

    async def post(self, reader, writer, endpoint, body):
        await send(writer, "POST", endpoint, body, **self.identity)
        status, _ = await head_of(reader)
        assert status == 202, status

    async def listen(self, events):
        try:
            async for text in events:
                self.checker.check(text)
                self.news.set()
        finally:
            self.news.set()


class StreamableSession(Session):
    async def run(self):
        self.reader, self.writer = await self.connect()
        greeting = {"jsonrpc": "2.0", "id": "init", "method": "initialize", "params": {"protocolVersion": "2025-06-18",
                    "capabilities": {}, "clientInfo": {"name": self.checker.canary, "version": "1"}}}
        accepted = {"Accept": "application/json, text/event-stream", **self.identity}
        await send(self.writer, "POST", "/chaos/mcp", json.dumps(greeting).encode(), **accepted)
        status, fields = await head_of(self.reader)
        assert status == 200
        await self.reader.readexactly(int(fields["content-length"]))
        self.fields = {**accepted, "Mcp-Session-Id": fields["mcp-session-id"]}
        await self.wait_for_the_others()
        try:
            for number in range(CALLS):
                posted, withdrawn = self.make(number)
                await send(self.writer, "POST", "/chaos/mcp", posted, **self.fields)
                if number == self.leaves_at:
                    return
                if withdrawn:
                    await self.take_back(number)
                await self.answer()
            assert self.settled()
        finally:
            self.writer.close()

    async def take_back(self, number):
        reader, writer = await self.connect()
        await send(writer, "POST", "/chaos/mcp", self.withdraw(number), **self.fields)
        status, _ = await head_of(reader)
        assert status == 202
        writer.close()

    async def answer(self):
        status, fields = await head_of(self.reader)
        assert status == 200, status
        if "chunked" in fields.get("transfer-encoding", ""):
            async for text in events_of(self.reader):
                self.checker.check(text)
        else:
            text = (await self.reader.readexactly(int(fields["content-length"]))).decode()
            # What stands for the answer of a call that was taken back has no id of its own.
            if json.loads(text).get("id") is not None or not self.checker.withdrawn:
                self.checker.check(text)


async def all_of(sessions):
    results = await asyncio.gather(*(session.run() for session in sessions), return_exceptions=True)
    return [result for result in results if result is not None]


def test_a_thousand_sessions_with_the_same_ids_and_tokens_get_what_is_theirs_and_nothing_else(start_gateway):
    gateway = start_gateway({"chaos": chaos(max_calls=100_000, max_queue=100_000)})
    chance = random.Random(20261121)
    all_are_open = asyncio.Barrier(SESSIONS)
    sessions = [(SseSession, StreamableSession)[number % 2](gateway.port, random.Random(chance.getrandbits(64)), all_are_open)
                for number in range(SESSIONS)]
    problems = asyncio.run(asyncio.wait_for(all_of(sessions), 10 * TIMEOUT))
    assert problems == []

    stayed = [session.checker for session in sessions if session.leaves_at is None]
    assert len({session.checker.canary for session in sessions}) == SESSIONS
    assert 700 < len(stayed) < 950
    assert all(checker.answers >= CALLS - len(checker.withdrawn) for checker in stayed)
    assert sum(checker.answers for checker in stayed) > 18 * SESSIONS
    assert sum(checker.progress for checker in stayed) > SESSIONS // 2
    assert sum(len(checker.withdrawn) for checker in stayed) > SESSIONS // 4
    # Sessions of streams are gone with them, those of Streamable HTTP wait for their clients.
    gateway.until(lambda: gateway.health("chaos")["sessions"] == SESSIONS // 2)
    assert gateway.health("chaos")["restarts"] == 0
    received = gateway.sse("chaos").seen_by_child()["received"]
    ids = [each["id"] for each in received if each["id"]]
    assert len(ids) == len(set(ids)) and all(id.isdigit() and id != "0" for id in ids)


# ── the check itself ─────────────────────────────────────────────────────────────────────────────


def checker():
    made = Checker("canary-" + "a" * 32)
    made.open = {"1": "mine", '"1"': None}
    made.tokens = {"7"}
    return made


FOREIGN = {
    "a foreign canary in an answer": {"jsonrpc": "2.0", "id": 1, "result": {"text": "mine canary-" + "b" * 32}},
    "a foreign canary in progress": {"jsonrpc": "2.0", "method": "notifications/progress",
                                     "params": {"progressToken": 7, "message": "canary-" + "b" * 32}},
    "an id never asked": {"jsonrpc": "2.0", "id": 2, "result": {"text": "mine"}},
    "the answer to another call": {"jsonrpc": "2.0", "id": 1, "result": {"text": "yours"}},
    "a foreign token": {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 8}},
    "a token of another type": {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": "7"}},
    "another's notification": {"jsonrpc": "2.0", "method": "notifications/message", "params": {}},
}


@pytest.mark.parametrize("name", FOREIGN)
def test_the_check_finds(name):
    with pytest.raises(Foreign):
        checker().check(json.dumps(FOREIGN[name]))


def test_the_check_finds_a_second_answer():
    checked = checker()
    answer = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"text": "mine canary-" + "a" * 32}})
    checked.check(answer)
    assert checked.answers == 1
    with pytest.raises(Foreign):
        checked.check(answer)


def test_the_check_finds_a_canary_planted_in_a_real_session(start_gateway):
    """A client that sends another's canary is sent it back, and the check must say so."""
    gateway = start_gateway({"chaos": chaos()})
    for kind in (SseSession, StreamableSession):
        session = kind(gateway.port, random.Random(1))
        session.leaves_at = None
        planted = "canary-" + "c" * 32
        real = session.make

        def make(number, real=real, planted=planted, canary=session.checker.canary):
            posted, _ = real(number)
            return posted.replace(canary.encode(), planted.encode()), False

        session.make = make
        problems = asyncio.run(asyncio.wait_for(all_of([session]), TIMEOUT))
        assert len(problems) == 1 and isinstance(problems[0], Foreign)
        assert planted in str(problems[0])
