"""A client of each era of MCP. All number their calls alike, and every call carries a text that no other has.

`call` gives an outcome of ledger.py and what it is about; it raises wire.Gone where the connection ended first.
"""

import asyncio
import contextlib
import itertools
import json

from .wire import BOTH, PATIENCE, Connection, Gone

ENVELOPE = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "soak", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}}
CANCELLED_AGAIN = 5  # seconds
STREAM_BEHIND = 0.05  # seconds in which what was sent on the stream before a response is read from it too
NOT_STARTED = "the session was not opened"


def request(number, method, params):
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def tool_call(number, tool, arguments):
    return request(number, "tools/call", {"name": tool, "arguments": arguments})


def initialize(revision):
    return request(0, "initialize", {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "soak", "version": "1"}})


def note(method, **params):
    return {"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})}


def outcome_of(answer, number, text):
    """What the client of call `number` makes of a message: (outcome, what, reason)."""
    if answer.get("id") != number:
        return "wrong", f"asked {number} with {text!r}, answered {answer!r}", None
    if "error" in answer:
        reason = (answer["error"].get("data") or {}).get("reason")
        return ("refused", f"{text!r}: {answer['error']!r}", reason) if reason else ("wrong", f"{text!r}: {answer!r}", None)
    said = answer.get("result", {}).get("content", [{}])[0].get("text")
    return ("ok", "", None) if said == text else ("wrong", f"asked {text!r}, answered {said!r}", None)


class Client:
    """`on_foreign` is told of a message on a stream that answers nothing this client asked."""

    era = ""

    def __init__(self, port, service, on_foreign=None):
        self.port, self.path, self.last, self.on_foreign = port, "/" + service, 0, on_foreign
        self.http = Connection(port)

    def next_number(self):
        self.last += 1
        return self.last

    async def hold_stream(self):
        """Where the era has a stream besides the answers."""

    async def close(self):
        self.http.close()

    def vanish(self):
        self.http.reset()


class Streamable(Client):
    era = "streamable"
    fields = {}
    held = listening = None  # the session's own stream

    async def open(self):
        status, fields, answers = await self.http.ask("POST", self.path + "/mcp", {"Accept": BOTH}, initialize("2025-11-25"))
        if status != 200 or "result" not in answers[0]:
            return False
        self.fields = {"Accept": BOTH, "Mcp-Session-Id": fields["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
        await self.http.ask("POST", self.path + "/mcp", self.fields, note("notifications/initialized"))
        return True

    async def call(self, tool, arguments, text):
        number = self.next_number()
        status, _, answers = await self.http.ask("POST", self.path + "/mcp", self.fields, tool_call(number, tool, arguments))
        if status == 404:
            return "ended", "404", None
        return outcome_of(answers[0], number, text) if answers else ("lost", f"{text!r}: {status} without an answer", None)

    async def hold_stream(self):
        """As clients that stay do: a session with an open stream is not idle. Notifications come by it, and no answers."""
        self.held = Connection(self.port)
        await self.held.send("GET", self.path + "/mcp", {**self.fields, "Accept": "text/event-stream"})
        status, _ = await self.held.head()
        if status == 200:
            self.listening = asyncio.create_task(self.listen())

    async def listen(self):
        heard = b""
        with contextlib.suppress(Gone):
            while chunk := await self.held.chunk():
                heard += chunk
                *events, heard = heard.split(b"\n\n")
                for event in events:
                    if b'"id":' in event and b'"method"' not in event and self.on_foreign:
                        self.on_foreign(event.decode())

    async def leave_one_in_flight(self):
        await self.http.send("POST", self.path + "/mcp", self.fields, tool_call(self.next_number(), "sleep", {"ms": 2000}))

    async def call_and_cancel(self, after):
        """By the notification: an answer may not follow, but the stream, or an error, may end the POST. It comes on another
        connection and may overtake the call, which is then unknown, and cancelled again. That is counted."""
        number, times = self.next_number(), 0
        await self.http.send("POST", self.path + "/mcp", self.fields, tool_call(number, "sleep", {"ms": 600_000}))
        ended = asyncio.create_task(self.http.head())
        while not ended.done():
            await asyncio.sleep(after)
            times += 1
            aside = Connection(self.port)
            await aside.ask("POST", self.path + "/mcp", self.fields, note("notifications/cancelled", requestId=number))
            aside.close()
            await asyncio.wait([ended], timeout=CANCELLED_AGAIN)
        status, fields = await ended
        answers = await self.http.body(fields)
        if status == 404:
            return "ended", "404", None
        if any(b'"result"' in each for each in answers):
            return "wrong", f"cancelled, answered {answers!r}", None
        return "cancelled", "", "cancelled more than once" if times > 1 else None

    async def close(self):
        if self.listening:
            self.listening.cancel()
            self.held.close()
        if self.fields:
            await self.http.ask("DELETE", self.path + "/mcp", self.fields)
        self.http.close()


class Stateless(Client):
    era = "stateless"

    async def open(self):
        return True

    def stamped(self, number, tool, arguments):
        message = tool_call(number, tool, arguments)
        message["params"]["_meta"] = ENVELOPE
        return message, {"Accept": BOTH, "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool}

    async def call(self, tool, arguments, text):
        number = self.next_number()
        message, fields = self.stamped(number, tool, arguments)
        status, _, answers = await self.http.ask("POST", self.path + "/mcp", fields, message)
        return outcome_of(answers[0], number, text) if answers else ("lost", f"{text!r}: {status} without an answer", None)

    async def leave_one_in_flight(self):
        message, fields = self.stamped(self.next_number(), "sleep", {"ms": 2000})
        await self.http.send("POST", self.path + "/mcp", fields, message)

    async def call_and_cancel(self, after):
        """In this era, to close the connection is to cancel."""
        message, fields = self.stamped(self.next_number(), "sleep", {"ms": 600_000})
        await self.http.send("POST", self.path + "/mcp", fields, message)
        await self.http.writer.drain()
        await asyncio.sleep(after)
        self.http.close()
        return "cancelled", "", None


class Legacy(Client):
    """HTTP+SSE of 2024-11-05: one stream brings all answers."""

    era = "legacy"
    listening = None

    def __init__(self, port, service, on_foreign=None, receive_buffer=None):
        super().__init__(port, service, on_foreign)
        self.stream = Connection(port, receive_buffer)
        self.waiting = {}  # number to the future of its answer
        self.posting = asyncio.Lock()

    async def open(self):
        await self.stream.send("GET", self.path + "/sse", {"Accept": "text/event-stream"})
        status, _ = await self.stream.head()
        if status != 200:
            return False
        self.endpoint = asyncio.get_running_loop().create_future()
        self.listening = asyncio.create_task(self.listen())
        endpoint = await asyncio.wait_for(asyncio.shield(self.endpoint), PATIENCE)
        self.posts = self.path + "/" + endpoint.rsplit("/", 1)[-1]
        answered = self.expect(0)
        await self.http.ask("POST", self.posts, {}, initialize("2024-11-05"))
        answer = await asyncio.wait_for(answered, PATIENCE)
        await self.http.ask("POST", self.posts, {}, note("notifications/initialized"))
        return "result" in answer

    def expect(self, number):
        self.waiting[number] = answered = asyncio.get_running_loop().create_future()
        return answered

    async def listen(self):
        heard = b""
        try:
            while chunk := await self.stream.chunk():
                heard += chunk
                while b"\n\n" in heard:
                    event, heard = heard.split(b"\n\n", 1)
                    self.hear(event.decode())
        except Gone:
            pass
        finally:
            for future in (self.endpoint, *self.waiting.values()):
                if not future.done():
                    future.set_exception(Gone("the stream ended"))
                    future.exception()  # whoever waits is told; that nobody does is no error

    def hear(self, event):
        data = "".join(line[6:] for line in event.splitlines() if line.startswith("data: "))
        if "event: endpoint" in event:
            self.endpoint.set_result(data)
            return
        message = json.loads(data) if data.startswith("{") else {}
        if "id" in message and "method" not in message:
            if answered := self.waiting.pop(message["id"], None):
                answered.set_result(message)
            elif self.on_foreign:
                self.on_foreign(data)

    async def call(self, tool, arguments, text):
        number = self.next_number()
        answered = self.expect(number)
        async with self.posting:  # several calls may be in flight, but are posted on one connection
            status, _, _ = await self.http.ask("POST", self.posts, {}, tool_call(number, tool, arguments))
        if status == 404:
            self.waiting.pop(number, None)
            return "ended", "404", None
        return outcome_of(await asyncio.wait_for(answered, PATIENCE), number, text)

    async def leave_one_in_flight(self):
        await self.http.send("POST", self.posts, {}, tool_call(self.next_number(), "sleep", {"ms": 2000}))

    async def call_and_cancel(self, after):
        """Nothing may come for it after the cancellation was accepted; before, its child may have ended."""
        number = self.next_number()
        answered = self.expect(number)
        await self.http.ask("POST", self.posts, {}, tool_call(number, "sleep", {"ms": 600_000}))
        await asyncio.sleep(after)
        status, _, _ = await self.http.ask("POST", self.posts, {}, note("notifications/cancelled", requestId=number))
        await asyncio.sleep(STREAM_BEHIND)
        if answered.done():
            return outcome_of(answered.result(), number, "nothing: it was cancelled")
        self.waiting.pop(number, None)  # from now on an answer is foreign
        return ("ended", "404", None) if status == 404 else ("cancelled", "", None)

    def stop_listening(self):
        if self.listening:
            self.listening.cancel()

    async def close(self):
        self.stop_listening()
        self.stream.close()
        self.http.close()

    def vanish(self):
        self.stop_listening()
        self.stream.reset()
        self.http.reset()


ERAS = itertools.cycle((Legacy, Streamable, Stateless))
