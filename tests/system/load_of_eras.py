"""Many sessions of each era, each of which calls as fast as it is answered, and checks every answer.

    with Load(gateway.port, "busy") as load:
        gateway.upgrade()
    load.assert_nothing_failed()
"""
import asyncio
import json
import threading

from wire import SECURE

SESSIONS = 64  # of each era
ENVELOPE = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "load", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}}
BOTH = "application/json, text/event-stream"


async def connect(port):
    return await asyncio.open_connection("127.0.0.1", port, ssl=SECURE.get(port))


async def read_head(reader):
    """The status and the fields of a response."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    status, *lines = head.split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines if line)
    return int(status.split()[1]), {name.lower(): value for name, value in fields.items()}


async def read_chunk(reader):
    size = int(await reader.readline(), 16)
    data = await reader.readexactly(size)
    await reader.readexactly(2)
    return data


class Http:
    """A connection that is kept, and opened again where the gateway has closed it between two requests."""

    def __init__(self, port):
        self.port = port
        self.writer = None

    async def post(self, path, message, fields):
        return await self.request("POST", path, {"Content-Type": "application/json", "Accept": BOTH, **fields},
                                  json.dumps(message).encode())

    async def request(self, method, path, fields, body=b""):
        head = "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n" % (method, path, len(body))
        head += "".join("%s: %s\r\n" % field for field in fields.items()) + "\r\n"
        if self.writer is None or self.reader.at_eof():
            self.close()
            self.reader, self.writer = await connect(self.port)
        self.writer.write(head.encode() + body)
        status, answered = await read_head(self.reader)
        try:
            return status, answered, await self.read_body(answered)
        finally:
            if answered.get("connection") == "close":
                self.close()
                self.writer = None

    async def read_body(self, answered):
        if "transfer-encoding" in answered:  # a stream: its only event with data
            data = b""
            while chunk := await read_chunk(self.reader):
                data += chunk
            line = next(line for line in data.decode().splitlines() if line.startswith("data: {"))
            return json.loads(line[6:])
        data = await self.reader.readexactly(int(answered.get("content-length", 0)))
        return json.loads(data) if data.startswith(b"{") else data

    def close(self):
        if self.writer is not None:
            self.writer.close()


def call(number, text):
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": "echo", "arguments": {"text": text}}}


def initialize(revision):
    return {"jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {"protocolVersion": revision, "capabilities": {}, "clientInfo": {"name": "load", "version": "1"}}}


def said(answer):
    return answer.get("result", {}).get("content", [answer])[0].get("text")


async def streamable(port, path, name, stop, calls_of_a_session=None):
    http, number, own = Http(port), 0, None
    while not stop.is_set():
        if own is None:
            status, fields, _ = await http.post(path + "/mcp", initialize("2025-11-25"), {})
            assert status == 200, status
            own = {"Mcp-Session-Id": fields["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
        number += 1
        text = "%s %d" % (name, number)
        status, _, answer = await http.post(path + "/mcp", call(number, text), own)
        assert (status, answer.get("id"), said(answer)) == (200, number, text), (status, answer)
        if calls_of_a_session and number % calls_of_a_session == 0:
            await http.request("DELETE", path + "/mcp", own)
            own = None
    if own:
        await http.request("DELETE", path + "/mcp", own)
    http.close()
    return number


async def short_lived(port, path, name, stop):
    """Of Streamable HTTP, too."""
    return await streamable(port, path, name, stop, calls_of_a_session=20)


async def stateless(port, path, name, stop):
    http = Http(port)
    number = 0
    while not stop.is_set():
        number += 1
        text = "%s %d" % (name, number)
        message = call(number, text)
        message["params"]["_meta"] = ENVELOPE
        status, _, answer = await http.post(path + "/mcp", message, {
            "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "echo"})
        assert (status, answer.get("id"), said(answer)) == (200, number, text), (status, answer)
    http.close()
    return number


async def legacy(port, path, name, stop):
    reader, writer = await connect(port)
    writer.write(("GET %s/sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n" % path).encode())
    await read_head(reader)
    heard = b""

    async def event(kind):
        nonlocal heard
        while True:
            while b"\n\n" not in heard:
                chunk = await read_chunk(reader)
                assert chunk, "the stream has ended"  # its connection may stay open
                heard += chunk
            one, heard = heard.split(b"\n\n", 1)
            lines = one.decode().splitlines()
            data = [line[6:] for line in lines if line.startswith("data: ")]
            is_endpoint = "event: endpoint" in lines
            if data and is_endpoint == (kind == "endpoint"):
                if is_endpoint or "id" in json.loads(data[0]):
                    return data[0]

    messages = path + "/" + (await event("endpoint")).rsplit("/", 1)[-1]
    http = Http(port)
    await http.post(messages, initialize("2024-11-05"), {})
    await event("message")
    number = 0
    while not stop.is_set():
        number += 1
        text = "%s %d" % (name, number)
        status, _, _ = await http.post(messages, call(number, text), {})
        answer = json.loads(await event("message"))
        assert (status, answer["id"], said(answer)) == (202, number, text), (status, answer)
    http.close()
    writer.close()
    return number


class Load:
    """`kinds` of clients, SESSIONS of each, in a thread of their own. `outcome` is how many calls each made, or its error."""

    def __init__(self, port, service, kinds=(legacy, streamable, stateless)):
        self.port = port
        self.path = "/" + service
        self.kinds = kinds
        self.stop = threading.Event()
        self.outcome = []
        self.thread = threading.Thread(target=lambda: self.outcome.extend(asyncio.run(self.clients())))

    async def clients(self):
        clients = [kind(self.port, self.path, "%s %d" % (kind.__name__, number), self.stop)
                   for kind in self.kinds for number in range(SESSIONS)]
        return await asyncio.gather(*clients, return_exceptions=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *problem):
        self.stop.set()
        self.thread.join()

    def assert_nothing_failed(self):
        failed = [each for each in self.outcome if isinstance(each, BaseException)]
        assert len(self.outcome) == len(self.kinds) * SESSIONS and not failed, (len(failed), failed[:3])
        assert min(self.outcome) > 0
