"""What operators and misfortune do. Each function is an event of day.py.

For one more, such as the replacement of the program itself: write its function here, give it a number in day.DAY, and have
`Gateway.process` be the process that serves afterwards. Figures are those of that process, whichever it is.
"""

import contextlib
import itertools
import json
import os
import signal

GENERATIONS = itertools.count(1)


async def crash(soak):
    """A child of the service that is there for it, or that of somebody's own."""
    pids = soak.gateway.children(soak.chance.choice(("crashing", "crashing", "crashing", "own"))) or soak.gateway.children("crashing")
    if pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(soak.chance.choice(pids), signal.SIGKILL)


async def reload(soak, expected):
    status, text = await soak.gateway.ask("POST", "/api/reload", {})
    result = json.loads(text).get("result")
    if result != expected:
        soak.complain(f"a reload that should be {expected} was {result}: {status} {text[:300]}")


async def reload_same(soak):
    async with soak.operating:
        await reload(soak, "unchanged")


async def reload_changed(soak):
    """Another command line for a shared service or for one with children of their own, or a service more or less."""
    async with soak.operating:
        services, generation = soak.gateway.services, next(GENERATIONS)
        name = soak.chance.choice(("steady", "steady", "own", "extra"))
        if name == "extra" and "extra" in services:
            del services["extra"]
        else:
            before = services.get(name) or soak.gateway.service(name)
            services[name] = {**before, "args": [f"--of={name}", f"--generation={generation}"]}
        soak.gateway.write()
        await reload(soak, "applied")


async def as_at_the_start(soak):
    """The services there were, in case one more is left."""
    if soak.gateway.services.pop("extra", None):
        soak.gateway.write()
        await reload(soak, "applied")


async def reload_refused(soak):
    """A setting that holds as long as the process runs."""
    async with soak.operating:
        soak.gateway.write(loops=soak.loops + 1)
        await reload(soak, "refused")
        soak.gateway.write()


async def renew(soak):
    async with soak.operating:
        name = soak.chance.choice(("steady", "steady", "crashing", "own"))
        status, text = await soak.gateway.ask("POST", f"/api/services/{name}/renew", {})
        if status != 200:
            soak.complain(f"{name} was not renewed: {status} {text[:300]}")
