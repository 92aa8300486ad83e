"""What a program does with the Python SDK, behind a proxy:  python sdk_client.py TOKEN TRANSPORT=URL...

Visits all URLs at once, over https, and prints one JSON line: what each gave, or how it failed. SSL_CERT_FILE names whom
to trust, as for any program with this SDK.
"""
import asyncio
import json
import socket
import sys
import warnings

import httpx2
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

warnings.simplefilter("ignore")

HEADERS = {"Authorization": "Bearer " + sys.argv[1]}
LARGE = 1_000_000  # an event of the old transport may not be larger than 1 MiB for this SDK

look_up = socket.getaddrinfo


def look_up_here(host, *others, **more):
    """As if the name service knew the proxy's name."""
    return look_up("127.0.0.1" if host in ("mcp.example.com", b"mcp.example.com") else host, *others, **more)


socket.getaddrinfo = look_up_here


def text(result):
    return result.content[0].text


async def use(streams):
    async with ClientSession(streams[0], streams[1], read_timeout_seconds=120) as session:
        await session.initialize()
        tools = (await session.list_tools()).tools
        return {
            "tools": sorted(tool.name for tool in tools),
            "echo": text(await session.call_tool("echo", {"text": "é 漢字"})),
            "answered": len(text(await session.call_tool("big", {"bytes": LARGE}))),
            "sent": len(text(await session.call_tool("echo", {"text": "x" * LARGE}))),
            "slept": text(await session.call_tool("sleep", {"ms": 50})),
        }


async def visit(transport, url):
    if transport == "sse":
        async with sse_client(url, headers=HEADERS) as streams:
            return await use(streams)
    async with httpx2.AsyncClient(headers=HEADERS, timeout=120) as client:
        async with streamable_http_client(url, http_client=client) as streams:
            return await use(streams)


async def visit_all():
    targets = [target.split("=", 1) for target in sys.argv[2:]]
    found = await asyncio.gather(*(visit(*target) for target in targets), return_exceptions=True)
    return [repr(each) if isinstance(each, BaseException) else each for each in found]


print(json.dumps(asyncio.run(visit_all())))
