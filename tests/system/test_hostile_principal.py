"""T-ISO: a hundred principals on one child, one of them hostile: nobody is sent what is another's, and nobody is refused for it.

All use the same ids and progress tokens. The hostile one calls as fast as it can, takes back and answers what others asked by
their ids, and reads every answer: it too may only be sent its own. Nothing here is timed.
"""
import asyncio
import json
import random
from collections import Counter

import pytest

from clients import cancelled, call
from gateway_under_test import chaos
from test_isolation import CALLS, Foreign, SseSession, StreamableSession, events_of, head_of, send
from wire import TIMEOUT

PRINCIPALS = 100
NAMES = [f"principal-{number}" for number in range(PRINCIPALS)]
TOKENS = {"tokens": [{"name": name, "token": "token-of-" + name} for name in NAMES]}
HOSTILE = NAMES[-1]
ON_THEIR_WAY = 200  # calls of the hostile one that are not answered yet
QUOTA = {"principals": [HOSTILE], "calls": 100, "per": "1h"}


def identity(name):
    return {"Authorization": "Bearer token-of-" + name}


class Hostile(SseSession):
    """Calls, cancels and answers until it is stopped. `outcomes` are those of its calls, "result" and "error"."""

    def __init__(self, *arguments, **identity):
        super().__init__(*arguments, **identity)
        self.outcomes = Counter()
        self.room = asyncio.Semaphore(ON_THEIR_WAY)
        self.news = asyncio.Event()

    async def run(self):
        reader, writer = await self.connect()
        await send(writer, "GET", "/chaos/sse", Accept="text/event-stream", **self.identity)
        await head_of(reader)
        events = events_of(reader)
        self.endpoint = "/chaos/" + await anext(events)
        await self.wait_for_the_others()
        posts_in, posts = await self.connect()
        tasks = [asyncio.create_task(each) for each in (self.listen(events), self.flood(posts), self.skim(posts_in))]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            writer.close()
            posts.close()

    async def flood(self, posts):
        number = 0
        while True:
            await self.room.acquire()
            token = number if number % 2 else str(number)
            self.checker.open[json.dumps(number)] = None
            self.checker.tokens.add(json.dumps(token))
            posted = [call("echo", {"text": self.checker.canary, "n": number}, number, token)]
            if number % 10 == 0:
                of_another = self.chance.randrange(CALLS)
                posted += [cancelled(of_another), {"jsonrpc": "2.0", "id": of_another, "result": {"text": self.checker.canary}}]
                self.checker.withdrawn.add(json.dumps(of_another))
            for each in posted:
                await send(posts, "POST", self.endpoint, json.dumps(each).encode(), **self.identity)
            number += 1

    async def skim(self, reader):
        """Each post is taken, whatever becomes of it."""
        while True:
            status, _ = await head_of(reader)
            assert status == 202, status

    async def listen(self, events):
        async for text in events:
            answer = json.loads(text)
            self.checker.check(text)
            if "id" in answer:
                self.room.release()
                self.outcomes["result" if "result" in answer else "error"] += 1
                self.news.set()
                if "result" in answer and self.checker.canary not in text:
                    raise Foreign(f"the hostile one was sent {text[:300]}")


    async def had(self, outcomes):
        while not outcomes <= self.outcomes.keys():
            self.news.clear()
            await self.news.wait()


async def all_beside(hostile, sessions, outcomes):
    """What went wrong in the sessions, and in the hostile one, which goes on until they are done and it had these outcomes."""
    flood = asyncio.create_task(hostile.run())
    results = await asyncio.gather(*(session.run() for session in sessions), return_exceptions=True)
    await asyncio.wait([flood, asyncio.create_task(hostile.had(outcomes))], return_when=asyncio.FIRST_COMPLETED)
    flood.cancel()
    flooded = (await asyncio.gather(flood, return_exceptions=True))[0]
    return [result for result in results if result is not None], flooded


@pytest.mark.parametrize("quotas, outcomes", [([], {"result"}), ([QUOTA], {"result", "error"})],
                         ids=["at full speed", "beyond its quota"])
def test_a_hostile_principal_gets_and_costs_others_no_answer(start_gateway, quotas, outcomes):
    # All may wait their turn: half of the others ask for everything at once.
    gateway = start_gateway({"chaos": chaos(max_queue=PRINCIPALS * CALLS)}, {"auth": TOKENS, "quotas": quotas})
    chance = random.Random(20261130)
    all_are_open = asyncio.Barrier(PRINCIPALS)
    sessions = [(SseSession, StreamableSession)[number % 2](gateway.port, random.Random(chance.getrandbits(64)), all_are_open,
                                                             **identity(name)) for number, name in enumerate(NAMES[:-1])]
    for session in sessions:
        session.leaves_at = None
    hostile = Hostile(gateway.port, chance, all_are_open, **identity(HOSTILE))
    problems, flooded = asyncio.run(asyncio.wait_for(all_beside(hostile, sessions, outcomes), 10 * TIMEOUT))
    assert problems == []
    assert isinstance(flooded, asyncio.CancelledError), flooded

    checkers = [session.checker for session in sessions]
    assert all(checker.answers >= CALLS - len(checker.withdrawn) for checker in checkers)
    assert sum(checker.progress for checker in checkers) > PRINCIPALS // 2
    assert not quotas or hostile.outcomes["result"] <= QUOTA["calls"]  # some of them it took back
    assert gateway.health("chaos")["restarts"] == 0
