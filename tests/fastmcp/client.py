"""FastMCP's client and that of the Python SDK, driven by lines of JSON on stdin; each is answered by one on stdout.

    {"open": "a", "kind": "fastmcp", "to": "http://127.0.0.1:8080/mcpgw/sse"}     or "sdk", and a command to run as a list
    {"on": "a", "do": "look", "prompts": {…}}     everything the server lists, and the content of resources and prompts
    {"on": "a", "do": "read", "uri": "registry://services/x"}
    {"on": "a", "do": "call", "calls": [[tool, arguments], …]}    all at once; their results in this order
    {"close": "a"}
"""
import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager

import httpx
from fastmcp import Client
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport
from mcp import ClientSession, McpError, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client

LISTS = {"tools": "tools", "resources": "resources", "resource_templates": "resourceTemplates", "prompts": "prompts"}


def patient(headers=None, timeout=None, auth=None, **options):
    """Clients give up after seconds by default, which a busy machine may need."""
    return httpx.AsyncClient(headers=headers, auth=auth, timeout=600, trust_env=False)


def plain(thing):
    """As the message had it: absent is absent, and null is null."""
    return thing.model_dump(mode="json", by_alias=True, exclude_unset=True)


def connect_fastmcp(to):
    """FastMCP's client of a URL, or of a command."""
    if isinstance(to, list):
        return Client(StdioTransport(to[0], to[1:], env=dict(os.environ), keep_alive=False))
    transport = SSETransport if to.endswith("/sse") else StreamableHttpTransport
    return Client(transport(to, httpx_client_factory=patient))


class FastMcp:
    """FastMCP's own client, with what it makes of structured results."""

    def __init__(self, client):
        self.client = client

    @classmethod
    @asynccontextmanager
    async def connect(cls, to):
        async with connect_fastmcp(to) as client:
            yield cls(client)

    def about(self):
        return self.client.initialize_result

    async def list(self, what):
        return [plain(each) for each in await getattr(self.client, "list_" + what)()]

    async def read(self, uri):
        return [plain(each) for each in await self.client.read_resource(uri)]

    async def prompt(self, name, arguments):
        return plain(await self.client.get_prompt(name, arguments))

    async def call(self, tool, arguments, progress):
        result = await self.client.call_tool(tool, arguments, progress_handler=progress, raise_on_error=False)
        return {"content": [plain(block) for block in result.content], "structured": result.structured_content,
                "data": repr(result.data), "meta": result.meta, "is_error": result.is_error}


class Sdk:
    """The session of the Python SDK, on the transports of the SDK."""

    def __init__(self, session, about):
        self.session = session
        self.about = lambda: about

    @classmethod
    @asynccontextmanager
    async def connect(cls, to):
        if isinstance(to, list):
            transport = stdio_client(StdioServerParameters(command=to[0], args=to[1:], env=dict(os.environ)))
        elif to.endswith("/sse"):
            transport = sse_client(to, httpx_client_factory=patient)
        else:
            transport = streamable_http_client(to, http_client=patient())
        async with transport as streams, ClientSession(streams[0], streams[1]) as session:
            yield cls(session, await session.initialize())

    async def list(self, what):
        return plain(await getattr(self.session, "list_" + what)())[LISTS[what]]

    async def read(self, uri):
        return plain(await self.session.read_resource(uri))["contents"]

    async def prompt(self, name, arguments):
        return plain(await self.session.get_prompt(name, arguments))

    async def call(self, tool, arguments, progress):
        result = await self.session.call_tool(tool, arguments, progress_callback=progress)
        return {"content": [plain(block) for block in result.content], "structured": result.structuredContent,
                "meta": result.meta, "is_error": result.isError}


class Actor:
    """One open client. It lives in a task of its own, because what opened a session has to close it."""

    def __init__(self, kind, to):
        self.kind, self.to = kind, to
        self.asked = asyncio.Queue()
        self.opened = asyncio.get_running_loop().create_future()
        self.task = asyncio.create_task(self.run())

    async def run(self):
        try:
            async with {"fastmcp": FastMcp, "sdk": Sdk}[self.kind].connect(self.to) as client:
                self.opened.set_result(client)
                await self.asked.get()
        except BaseException as error:
            if not self.opened.done():
                self.opened.set_exception(error)
            raise

    async def close(self):
        self.asked.put_nowait("close")
        await self.task


async def look(client, prompts):
    about = plain(client.about())
    lists = {what: await client.list(what) for what in LISTS}
    read = {each["uri"]: await client.read(each["uri"]) for each in lists["resources"]}
    said = {name: await client.prompt(name, arguments) for name, arguments in prompts.items()}
    return {"about": about, **lists, "read": read, "said": said}


async def call(client, tool, arguments):
    heard = []

    async def progress(done, total, message):
        heard.append([done, total, message])

    try:
        return {**await client.call(tool, arguments, progress), "progress": heard}
    except McpError as error:
        return {"error": plain(error.error)}


async def read(client, uri):
    try:
        return await client.read(uri)
    except McpError as error:
        return {"error": plain(error.error)}


async def perform(actors, asked):
    if "open" in asked:
        actors[asked["open"]] = actor = Actor(asked["kind"], asked["to"])
        await actor.opened
        return {}
    if "close" in asked:
        await actors.pop(asked["close"]).close()
        return {}
    client = await actors[asked["on"]].opened
    if asked["do"] == "look":
        return await look(client, asked["prompts"])
    if asked["do"] == "read":
        return await read(client, asked["uri"])
    return await asyncio.gather(*(call(client, tool, arguments) for tool, arguments in asked["calls"]))


async def main():
    actors = {}
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await perform(actors, json.loads(line))), flush=True)
    for actor in actors.values():
        await actor.close()


if __name__ == "__main__":
    asyncio.run(main())
