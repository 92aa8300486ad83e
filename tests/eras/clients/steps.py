"""The steps of a Python client, over a face that has the same calls on both generations of the SDK.

What the outcomes mean is in ../README.md.
"""

import json
import time
import uuid
import warnings

import anyio

STEP_LIMIT = 240
NOTICE_LIMIT = 120
STATE_LIMIT = 120
WATCHED = "eras://watched"
SAMPLE = {"role": "assistant", "model": "eras", "content": {"type": "text", "text": "I am eras"}}
ROOTS = {"roots": [{"uri": "file:///eras"}]}


def elicited(mode):
    return {"action": "accept"} if mode == "url" else {"action": "accept", "content": {"name": "eras"}}


class Failed(Exception):
    """A step that did not do what it should; the text says what happened instead."""


def expect(found, wanted):
    if found != wanted:
        raise Failed(f"{json.dumps(found)} instead of {json.dumps(wanted)}")


def reason_of(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError) and not str(error):
        return f"no end in {STEP_LIMIT} s"
    code = getattr(getattr(error, "error", None), "code", None)
    text = str(error) or type(error).__name__
    return text if code is None else f"{code}: {text}"


class Steps:
    """The steps, in their order: the public methods."""

    def __init__(self, face, notices):
        self._face = face
        self._notices = notices

    async def _call(self, name, arguments=None, **options):
        result = await self._face.call(name, arguments or {}, **options)
        text = ",".join(block.text for block in result.content)
        if getattr(result, "is_error", None) or getattr(result, "isError", None):
            raise Failed(text)
        return text

    async def _hear(self, method):
        end = time.monotonic() + NOTICE_LIMIT
        while method not in self._notices:
            if time.monotonic() > end:
                raise Failed("nothing came")
            await anyio.sleep(0.02)

    async def tools(self):
        expect("echo" in await self._face.tools(), True)

    async def call(self):
        expect(await self._call("echo", {"message": "eras"}), "eras")

    async def progress(self):
        seen = []

        async def note(done, _total, _message):
            seen.append(done)

        await self._call("steps", progress=note)
        if not seen:
            raise Failed("nothing came")

    async def log(self):
        await self._face.set_level("info")
        await self._call("log")
        await self._hear("notifications/message")

    async def subscribe(self):
        await self._face.subscribe(WATCHED)
        await self._call("touch")
        await self._hear("notifications/resources/updated")

    async def list_changed(self):
        await self._face.watch_tools()
        await self._call("grow")
        await self._hear("notifications/tools/list_changed")
        if not any(name.startswith("grown") for name in await self._face.tools()):
            raise Failed("told, but the list is the old one")

    async def sampling(self):
        expect(await self._call("sample"), "I am eras")

    async def form(self):
        expect(await self._call("form"), "accept eras")

    async def url(self):
        expect(await self._call("link"), "accept")

    async def roots(self):
        expect(await self._call("roots"), "file:///eras")

    async def completion(self):
        expect(await self._face.complete("pa"), ["paris", "park"])

    async def error(self):
        try:
            await self._face.read("eras://none")
        except Exception as error:  # pylint: disable=broad-except
            if getattr(getattr(error, "error", None), "code", None) in (-32002, -32602) and "no such resource" in str(error):
                return
            raise
        raise Failed("no error")

    async def cancel(self):
        key = str(uuid.uuid4())

        async def reach(state):
            end = time.monotonic() + STATE_LIMIT
            while await self._call("state", {"key": key}) != state:
                if time.monotonic() > end:
                    raise Failed(f"the call is not {state} at the server")
                await anyio.sleep(0.05)

        async with anyio.create_task_group() as group:
            group.start_soon(self._face.call_until_cancelled, "wait", {"key": key})
            await reach("waiting")
            group.cancel_scope.cancel()
        await reach("cancelled")


async def _outcome(step):
    try:
        with anyio.fail_after(STEP_LIMIT):
            await step()
    except Exception as error:  # pylint: disable=broad-except
        return f"no: {reason_of(error)}"
    return "yes"


def _print(found):
    print(json.dumps(found), flush=True)


async def _run(opened):
    notices = []
    is_connected = False
    try:
        async with opened(notices.append) as face:
            is_connected = True
            found = {"connect": face.revision}
            steps = Steps(face, notices)
            for name in vars(Steps):
                if not name.startswith("_"):
                    found[name] = await _outcome(getattr(steps, name))
            _print(found)
        _print({"close": "yes"})
    except Exception as error:  # pylint: disable=broad-except
        _print({"close" if is_connected else "connect": f"no: {reason_of(error)}"})


def run(opened):
    """Runs all steps one after the other, prints their outcomes as one JSON object, and then that of leaving as another.

    `opened` takes a function for notifications and is left when the steps are done.
    """
    warnings.simplefilter("ignore")  # of what the newest revision deprecates
    anyio.run(_run, opened)
