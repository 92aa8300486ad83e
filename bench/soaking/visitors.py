"""What clients do. Each function is an event of day.py; `soak` has the port, the ledger and the dice."""

import asyncio
import contextlib

from . import gateway
from .eras import ERAS, NOT_STARTED, Legacy
from .wire import PATIENCE, Gone

# How often visitors come to each service.
SHARES = {"calm": 2, "steady": 4, "crashing": 3, "own": 1}
PONDERED = 0.15  # of the calls
LONG = (40, 40, 40, 40, 40, 4000, 60_000)  # lengths of texts
SLOW_RESULT = 256 * 1024
SLOW_RESULTS = 6


def visitor(soak, service=None, era=None, **options):
    """A client of the next era, of a service by chance."""
    service = service or soak.chance.choices(list(SHARES), SHARES.values())[0]
    era = era or next(ERAS)
    client = era(soak.port, service, on_foreign=lambda data: soak.ledger.foreign(service, data[:200]), **options)
    client.service = service
    return client


def text_of(soak, client):
    """A text that no other call of the run has."""
    length = soak.chance.choice(LONG)
    return f"{client.era} {soak.next_text()} ".ljust(length, "abcdefgh "[soak.chance.randrange(9)])


async def noted(soak, client, work, text=""):
    """Has the ledger follow a call through; whether its client may go on."""
    soak.ledger.open()
    try:
        outcome, what, reason = await asyncio.wait_for(work, PATIENCE)
    except asyncio.TimeoutError:
        outcome, what, reason = "lost", f"{text[:80]!r}: no answer in {PATIENCE} s", None
    except (Gone, OSError) as why:
        # Of the session's stream, that is how a session ends; anywhere else it is an answer that did not come.
        outcome, what, reason = ("ended" if client.era == "legacy" else "lost"), f"{text[:80]!r}: {why!r}", None
    soak.ledger.close(client.service, outcome, what, reason)
    return outcome in ("ok", "refused", "cancelled")


async def call(soak, client):
    """Usually one whose answer nobody else gets; sometimes one that takes a while, so that some are in flight whatever happens."""
    if soak.chance.random() < PONDERED:
        return await noted(soak, client, client.call("sleep", {"ms": soak.chance.randint(100, 1500)}, "slept"), "sleep")
    text = text_of(soak, client)
    return await noted(soak, client, client.call("echo", {"text": text}, text), text)


async def opened(soak, client):
    """Whether its session could be opened. On a service that has no faults, it must."""
    try:
        is_open = await asyncio.wait_for(client.open(), PATIENCE)
    except (Gone, OSError, asyncio.TimeoutError):
        is_open = False
    if not is_open:
        soak.ledger.open()
        soak.ledger.close(client.service, "refused", f"{client.era}: {NOT_STARTED}", "not opened")
        client.vanish()
    return is_open


async def end(client):
    with contextlib.suppress(Gone, OSError, asyncio.TimeoutError):
        await asyncio.wait_for(client.close(), PATIENCE)


async def think(soak):
    await asyncio.sleep(soak.chance.uniform(0, 0.6))


async def visit(soak):
    client = visitor(soak)
    if not await opened(soak, client):
        return
    for _ in range(soak.chance.randint(1, 15)):
        if not await call(soak, client):
            break
        await think(soak)
    await end(client)


async def abandon(soak):
    client = visitor(soak)
    if not await opened(soak, client):
        return
    for _ in range(soak.chance.randint(0, 4)):
        if not await call(soak, client):
            break
    if soak.chance.random() < 0.5:
        soak.ledger.open()
        with contextlib.suppress(Gone, OSError):
            await client.leave_one_in_flight()
            await client.http.writer.drain()
        soak.ledger.close(client.service, "left")
    client.vanish()


async def cancel(soak):
    client = visitor(soak)
    if await opened(soak, client) and await noted(soak, client, client.call_and_cancel(soak.chance.uniform(0.05, 0.5)), "cancelled"):
        await call(soak, client)
        await end(client)


async def slow_reader(soak):
    """One that reads on gets everything; one that does not is gone before it is thrown out, with its output pending."""
    client = visitor(soak, "steady", Legacy, receive_buffer=4096)
    reads_on = soak.chance.random() < 0.5
    client.stream.pause = 0.01 if reads_on else 0.5
    if not await opened(soak, client):
        return
    if reads_on:
        await asyncio.gather(*(noted(soak, client, client.call("big", {"bytes": SLOW_RESULT}, "x" * SLOW_RESULT), "big")
                               for _ in range(SLOW_RESULTS)))
        await end(client)
        return
    for _ in range(SLOW_RESULTS):
        soak.ledger.open()
        with contextlib.suppress(Gone, OSError):
            await client.http.ask("POST", client.posts, {}, {"jsonrpc": "2.0", "id": client.next_number(), "method": "tools/call",
                                                              "params": {"name": "big", "arguments": {"bytes": SLOW_RESULT}}})
        soak.ledger.close("steady", "left")
    await asyncio.sleep(3)
    client.vanish()


async def reside(soak, era, service):
    """A session that lasts as long as the load does."""
    client = visitor(soak, service, era)
    if not await opened(soak, client):
        return
    await client.hold_stream()
    while not soak.is_over and await call(soak, client):
        await asyncio.sleep(1)
    if not soak.is_over and service in gateway.LASTING:
        soak.ledger.complain(f"{service}: a {client.era} session that was to last has ended")
    await end(client)
