"""Reloads of every kind under the load of many sessions of each era: no call fails, and no answer is another's."""
import asyncio
import json
import threading

from gateway_under_test import LOOPS, echo
from wire import SECURE

SESSIONS = 64  # of each era
RELOADS = 100
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
        body = json.dumps(message).encode()
        head = "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: %s\r\nContent-Length: %d\r\n" % (
            path, BOTH, len(body))
        head += "".join("%s: %s\r\n" % field for field in fields.items()) + "\r\n"
        if self.writer is None or self.reader.at_eof():
            self.close()
            self.reader, self.writer = await connect(self.port)
        self.writer.write(head.encode() + body)
        status, answered = await read_head(self.reader)
        if "transfer-encoding" in answered:  # a stream: its only event with data
            data = b""
            while chunk := await read_chunk(self.reader):
                data += chunk
            line = next(line for line in data.decode().splitlines() if line.startswith("data: {"))
            return status, answered, json.loads(line[6:])
        data = await self.reader.readexactly(int(answered.get("content-length", 0)))
        return status, answered, json.loads(data) if data.startswith(b"{") else data

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


async def streamable(port, name, stop):
    http = Http(port)
    status, fields, _ = await http.post("/busy/mcp", initialize("2025-11-25"), {})
    assert status == 200
    own = {"Mcp-Session-Id": fields["mcp-session-id"], "MCP-Protocol-Version": "2025-11-25"}
    number = 0
    while not stop.is_set():
        number += 1
        text = "%s %d" % (name, number)
        status, _, answer = await http.post("/busy/mcp", call(number, text), own)
        assert (status, answer.get("id"), said(answer)) == (200, number, text), (status, answer)
    http.close()
    return number


async def stateless(port, name, stop):
    http = Http(port)
    number = 0
    while not stop.is_set():
        number += 1
        text = "%s %d" % (name, number)
        message = call(number, text)
        message["params"]["_meta"] = ENVELOPE
        status, _, answer = await http.post("/busy/mcp", message, {
            "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "echo"})
        assert (status, answer.get("id"), said(answer)) == (200, number, text), (status, answer)
    http.close()
    return number


async def legacy(port, name, stop):
    reader, writer = await connect(port)
    writer.write(b"GET /busy/sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
    await read_head(reader)
    heard = b""

    async def event(kind):
        nonlocal heard
        while True:
            while b"\n\n" not in heard:
                heard += await read_chunk(reader)
            one, heard = heard.split(b"\n\n", 1)
            lines = one.decode().splitlines()
            data = [line[6:] for line in lines if line.startswith("data: ")]
            is_endpoint = "event: endpoint" in lines
            if data and is_endpoint == (kind == "endpoint"):
                if is_endpoint or "id" in json.loads(data[0]):
                    return data[0]

    path = "/busy/" + (await event("endpoint")).rsplit("/", 1)[-1]
    http = Http(port)
    await http.post(path, initialize("2024-11-05"), {})
    await event("message")
    number = 0
    while not stop.is_set():
        number += 1
        text = "%s %d" % (name, number)
        status, _, _ = await http.post(path, call(number, text), {})
        answer = json.loads(await event("message"))
        assert (status, answer["id"], said(answer)) == (202, number, text), (status, answer)
    http.close()
    writer.close()
    return number


def run_load(port, stop, outcome):
    async def all_clients():
        clients = [kind(port, "%s %d" % (kind.__name__, i), stop)
                   for kind in (legacy, streamable, stateless) for i in range(SESSIONS)]
        return await asyncio.gather(*clients, return_exceptions=True)

    outcome.extend(asyncio.run(all_clients()))


def test_a_hundred_reloads_under_the_load_of_sessions_of_each_era(start_gateway):
    gateway = start_gateway({"busy": echo(max_queue=1000), "calm": echo(), "own": echo(isolation="session")},
                            {"drain_timeout": "120s", "allowed_hosts": ["a.example"]}, wait_for=["busy", "calm"])
    calm, stop, outcome = gateway.child_pid("calm"), threading.Event(), []
    load = threading.Thread(target=run_load, args=(gateway.port, stop, outcome))
    load.start()
    try:
        gateway.until(lambda: gateway.health("busy")["sessions"] >= 2 * SESSIONS or outcome)
        started = 1
        for number in range(RELOADS):
            kind = number % 5
            if kind == 0:
                gateway.reload({"busy": echo(max_queue=1000, args=["--%d" % number])})
                started += 1
                gateway.wait_for("service.ready", started, server="busy")
            elif kind == 1:
                gateway.reload({"other": echo() if number % 2 else None, "third": echo(args=["--%d" % number])})
            elif kind == 2:
                gateway.reload(config={"allowed_hosts": ["host-%d.example" % number], "limits": {"max_sessions": 5000 + number}})
            elif kind == 3:
                gateway.reload(config={"log": {"level": ("debug", "info")[number // 5 % 2]}})
            else:
                gateway.reload(config={"loops": 60}, result="refused")
                gateway.change(config={"loops": LOOPS})
    finally:
        stop.set()
        load.join()
    failed = [each for each in outcome if isinstance(each, BaseException)]
    assert len(outcome) == 3 * SESSIONS and not failed, (len(failed), failed[:3])
    assert min(outcome) > 0
    assert {each["child.pid"] for each in gateway.events("child.start", server="calm")} == {calm}
    gateway.until(lambda: len(gateway.events("child.exit", server="busy")) == started - 1)
    gateway.until(lambda: gateway.health("busy")["calls_in_flight"] == 0)
