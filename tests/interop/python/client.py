"""One check with the real Python client:  python client.py sse|http URL CHECK [JSON]

Runs with the `mcp` package of the interpreter that runs it, 1.x or 2.x. Prints one JSON line of findings and ends by itself;
that it ends is part of the check. The same checks, with the same findings, exist for TypeScript in ../node/client.mjs;
../test_clients.py judges both.
"""

import asyncio
import base64
import hashlib
import importlib.metadata
import json
import sys
import time
import warnings
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from mcp import ClientSession, types
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client

warnings.simplefilter("ignore")  # 2.x marks what left the protocol in 2026; these sessions are older on purpose

VERSION_1 = importlib.metadata.version("mcp").startswith("1.")
TRICKY = 'tricky: "quotes" \\ backslash, tab\t, newline\n, \u2028 \u2029 \u0085, é, 漢字, 🎈'

transport_kind, url, check_name = sys.argv[1:4]
parameters = json.loads(sys.argv[4]) if len(sys.argv) > 4 else {}


def wire(model):
    """A result as it looks on the wire, the same for both versions of the package."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


def describe(error):
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    data = getattr(error, "error", None)
    return {"name": type(error).__name__, "code": getattr(data, "code", None), "message": str(error)}


async def outcome(awaitable):
    """What a step returned, or the error it ended with: a test asserts on either."""
    try:
        return {"value": await awaitable}
    except Exception as error:  # pylint: disable=broad-except
        return {"error": describe(error)}


async def wait_until(condition, seconds=120.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        await asyncio.sleep(0.02)


def text_of(result):
    return "\n".join(block.text for block in result.content if block.type == "text")


def seconds(number):
    return timedelta(seconds=number) if VERSION_1 else number


def uri_type(uri):
    if VERSION_1:
        from pydantic import AnyUrl
        return AnyUrl(uri)
    return uri


class Session:
    """A connected and initialized session of the SDK, with the calls the checks need."""

    def __init__(self, sdk, initialized=None):
        self.sdk = sdk
        self.initialized = initialized

    async def call(self, name, arguments=None, **options):
        return await self.sdk.call_tool(name, arguments or {}, **options)

    async def text(self, name, arguments=None, **options):
        return text_of(await self.call(name, arguments, **options))

    async def verdict(self, name, arguments=None):
        result = wire(await self.call(name, arguments))
        text = "\n".join(block["text"] for block in result["content"] if block["type"] == "text")
        return {"isError": result.get("isError", False), "text": text}

    async def pages(self, method, key):
        found, cursor = [], None
        while True:
            if cursor:
                page = wire(await method(params=types.PaginatedRequestParams(cursor=cursor)))
            else:
                page = wire(await method())
            found += page[key]
            cursor = page.get("nextCursor")
            if not cursor:
                return found

    async def read(self, uri):
        return wire(await self.sdk.read_resource(uri_type(uri)))["contents"][0]


@asynccontextmanager
async def opened(notifications=None, **callbacks):
    """A session as every program on this SDK opens it."""

    async def on_message(message):
        message = getattr(message, "root", message)
        method = getattr(message, "method", None)
        if notifications and method in notifications:
            notifications[method](wire(message.params) if message.params is not None else {})

    connect = sse_client if transport_kind == "sse" else streamable_http_client
    async with connect(url) as streams:
        async with ClientSession(streams[0], streams[1], read_timeout_seconds=seconds(60), message_handler=on_message,
                                 **callbacks) as sdk:
            yield Session(sdk, wire(await sdk.initialize()))


@asynccontextmanager
async def opened_by_default():
    """`mcp.Client` of 2.x as its documentation uses it: it asks `server/discover` before it falls back to `initialize`."""
    from mcp import Client

    target = sse_client(url) if transport_kind == "sse" else url
    async with Client(target, read_timeout_seconds=60) as client:
        info = client.server_info
        yield Session(client.session, {
            "protocolVersion": client.protocol_version,
            "serverInfo": wire(info) if info else {},
            "capabilities": wire(client.server_capabilities),
            "instructions": client.instructions,
        })


async def tour():
    """Everything one session usually does, against server-everything."""
    async with opened_by_default() if parameters.get("auto") else opened() as session:
        sdk = session.sdk

        async def names(method, key, field):
            return [entry[field] for entry in await session.pages(method, key)]

        async def image():
            content = wire(await session.call("get-tiny-image"))["content"]
            block = next(block for block in content if block["type"] == "image")
            return {"mimeType": block["mimeType"], "bytes": len(base64.b64decode(block["data"]))}

        async def structured():
            return wire(await session.call("get-structured-content", {"location": "New York"}))["structuredContent"]

        async def prompt():
            return wire(await sdk.get_prompt("args-prompt", {"city": "Ghent"}))["messages"][0]["content"]["text"]

        async def completion():
            reference = types.PromptReference(type="ref/prompt", name="completable-prompt")
            result = await sdk.complete(reference, {"name": "department", "value": "E"})
            return wire(result)["completion"]["values"]

        async def emptied(awaitable):
            return wire(await awaitable)

        return {
            "protocolVersion": session.initialized["protocolVersion"],
            "serverInfo": session.initialized["serverInfo"],
            "capabilities": session.initialized["capabilities"],
            "instructions": session.initialized.get("instructions"),
            "tools": await outcome(names(sdk.list_tools, "tools", "name")),
            "echo": await outcome(session.text("echo", {"message": TRICKY})),
            "sum": await outcome(session.text("get-sum", {"a": 19, "b": 23})),
            "structured": await outcome(structured()),
            "image": await outcome(image()),
            "prompts": await outcome(names(sdk.list_prompts, "prompts", "name")),
            "prompt": await outcome(prompt()),
            "completion": await outcome(completion()),
            "resources": await outcome(names(sdk.list_resources, "resources", "uri")),
            "templates": await outcome(names(sdk.list_resource_templates, "resourceTemplates", "uriTemplate")),
            "resource": await outcome(session.read("demo://resource/dynamic/text/7")),
            "ping": await outcome(emptied(sdk.send_ping())),
            "logLevel": await outcome(emptied(sdk.set_logging_level("warning"))),
            "unknownTool": await outcome(session.verdict("no-such-tool")),
            "badArguments": await outcome(session.verdict("get-sum", {"a": "not a number"})),
            "unknownResource": await outcome(session.read("demo://resource/none")),
            "echoAfterErrors": await outcome(session.text("echo", {"message": "still here"})),
        }


async def progress():
    seen = []

    async def on_progress(done, total, _message):
        seen.append([done, total])

    async with opened() as session:
        text = await session.text("trigger-long-running-operation", parameters, progress_callback=on_progress)
        await asyncio.sleep(0.2)
    return {"text": text, "seen": seen}


async def sessions():
    """Many sessions at once, each with payloads of its own, all checked here; only what is wrong is reported."""
    wrong, answered = [], 0

    async def one(session, number, call):
        nonlocal answered
        message = f"interop-payload session {number} call {call} python {transport_kind}"
        echoed, total = await asyncio.gather(
            session.text("echo", {"message": message}),
            session.text("get-sum", {"a": number * 1000, "b": call}),
        )
        if echoed != f"Echo: {message}":
            wrong.append({"number": number, "call": call, "echoed": echoed})
        elif str(number * 1000 + call) not in total:
            wrong.append({"number": number, "call": call, "sum": total})
        else:
            answered += 2

    async def many(number):
        async with opened() as session:
            await asyncio.gather(*(one(session, number, call) for call in range(parameters["calls"])))

    await asyncio.gather(*(many(number) for number in range(parameters["sessions"])))
    return {"answered": answered, "wrong": wrong}


async def files():
    directory, name, written = parameters["directory"], parameters["name"], parameters["written"]
    async with opened() as session:
        return {
            "listing": await outcome(session.text("list_directory", {"path": directory})),
            "content": await outcome(session.text("read_text_file", {"path": f"{directory}/{name}"})),
            "write": await outcome(session.text("write_file", {
                "path": f"{directory}/{written['name']}", "content": written["content"]})),
            "outside": await outcome(session.verdict("read_text_file", {"path": "/etc/hostname"})),
        }


async def memory():
    """What one session stores another one finds: they share the child."""
    entity = parameters["entity"]

    async def structured(session, name, arguments):
        return wire(await session.call(name, arguments))["structuredContent"]

    async with opened() as writer:
        created = await outcome(structured(writer, "create_entities", {"entities": [entity]}))
    async with opened() as reader:
        search = await outcome(structured(reader, "search_nodes", {"query": entity["name"]}))
    return {"created": created, "search": search}


async def large():
    """A file of megabytes; the answer, or a clear error, and then the same session goes on."""

    async def read(session):
        verdict = await session.verdict("read_text_file", {"path": parameters["path"]})
        text = verdict["text"]
        digest = hashlib.sha256(text.encode()).hexdigest()
        return {"isError": verdict["isError"], "length": len(text), "sha256": digest, "head": text[:300]}

    async with opened() as session:
        return {
            "call": await outcome(read(session)),
            "next": await outcome(session.text("list_allowed_directories")),
        }


async def limit():
    """Answers of every size around a limit, one after the other in one session."""
    found = []
    async with opened() as session:
        for size in range(parameters["first"], parameters["last"], parameters["step"]):
            echoed = await outcome(session.text("echo", {"message": "x" * size}))
            if "value" in echoed:
                echoed = {"value": len(echoed["value"]) - len("Echo: ")}
            found.append([size, echoed])
    return {"found": found}


async def subscriptions():
    """Three sessions, two of them subscribed to different resources: each hears of its own and of nothing else."""
    heard = [[], [], []]

    def listen(index):
        return {"notifications/resources/updated": lambda params: heard[index].append(params["uri"])}

    async with AsyncExitStack() as stack:
        first, second, _bystander = [await stack.enter_async_context(opened(listen(index))) for index in range(3)]
        await first.sdk.subscribe_resource(uri_type("demo://resource/dynamic/text/1"))
        await second.sdk.subscribe_resource(uri_type("demo://resource/dynamic/text/2"))
        started = await first.text("toggle-subscriber-updates")
        await wait_until(lambda: heard[0] and heard[1])
        await first.sdk.unsubscribe_resource(uri_type("demo://resource/dynamic/text/1"))
        stopped = await first.text("toggle-subscriber-updates")
        await asyncio.sleep(0.2)
    return {"started": started, "stopped": stopped, "heard": heard}


async def listChanged():
    """One session makes the child register a resource; both sessions are told, and both can list and read it."""
    told = [0, 0]

    def listen(index):
        def count(_params):
            told[index] += 1
        return {"notifications/resources/list_changed": count}

    async with AsyncExitStack() as stack:
        maker, other = [await stack.enter_async_context(opened(listen(index))) for index in range(2)]
        await asyncio.sleep(0.3)  # the stream for notifications is opened after initialize
        made = wire(await maker.call("gzip-file-as-resource", {
            "name": parameters["name"], "data": "data:text/plain;base64,aW50ZXJvcA==", "outputType": "resourceLink",
        }))
        await wait_until(lambda: told[0] and told[1])
        uri = made["content"][0]["uri"]
        listed = uri in [resource["uri"] for resource in await other.pages(other.sdk.list_resources, "resources")]

        async def blob_length():
            return len((await other.read(uri))["blob"])
        read = await outcome(blob_length())
    return {"told": told, "uri": uri, "listed": listed, "read": read}


async def lostStream():
    """A session whose stream is lost on the way hears of a change all the same."""
    told = []
    async with opened({"notifications/resources/list_changed": told.append}) as session:
        await wait_until(lambda: told)
        echo = await outcome(session.text("echo", {"message": "still here"}))
    return {"told": len(told), "echo": echo}


async def cancel():
    """A call given up by the client neither blocks nor answers a later one."""
    begun = time.monotonic()
    async with opened() as session:
        call = session.text("trigger-long-running-operation", {"duration": 1800, "steps": 900}, read_timeout_seconds=seconds(0.3))
        cancelled = await outcome(call)
        echo = await outcome(session.text("echo", {"message": "after the cancel"}))
    return {"cancelled": cancelled, "echo": echo, "milliseconds": int((time.monotonic() - begun) * 1000)}


async def terminate():
    """Streamable HTTP only: leaving the client sends DELETE, and a request with the old id is refused."""
    from mcp.shared import _httpx_utils

    seen = {}

    async def note(response):
        if "mcp-session-id" in response.headers:
            seen["id"] = response.headers["mcp-session-id"]
        if response.request.method == "DELETE":
            seen["deleted"] = response.status_code

    async with _httpx_utils.create_mcp_http_client() as http:
        http.event_hooks["response"].append(note)
        async with streamable_http_client(url, http_client=http) as streams:
            async with ClientSession(streams[0], streams[1]) as sdk:
                version = wire(await sdk.initialize())["protocolVersion"]
                await sdk.list_tools()
        headers = {"accept": "application/json, text/event-stream", "mcp-session-id": seen["id"], "mcp-protocol-version": version}
        stale = await http.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=headers)
    return {"sessionId": seen["id"], "deleted": seen.get("deleted"), "staleStatus": stale.status_code}


async def idle():
    """An open session that does nothing, until the program is killed."""
    async with opened():
        print("idle", flush=True)
        await asyncio.sleep(3600)


async def asked():
    """A child of the session's own: what the server asks of the client reaches this client."""
    answer = parameters["answer"]

    async def sampling(_context, request):
        return types.CreateMessageResult.model_validate({
            "role": "assistant", "model": "interop-model", "stopReason": "endTurn",
            "content": {"type": "text", "text": f"{answer}: {len(request.messages)} message(s)"},
        })

    async def elicitation(_context, _request):
        return types.ElicitResult.model_validate({"action": "accept", "content": {"name": answer}})

    async def roots(_context):
        return types.ListRootsResult.model_validate({"roots": [{"uri": f"file:///{answer}", "name": "interop root"}]})

    async with opened(sampling_callback=sampling, elicitation_callback=elicitation, list_roots_callback=roots) as session:
        tools = []
        for _attempt in range(20):
            tools = [tool["name"] for tool in await session.pages(session.sdk.list_tools, "tools")]
            if "trigger-sampling-request" in tools:
                break
            await asyncio.sleep(0.1)  # server-everything adds these tools a moment after initialize
        return {
            "tools": tools,
            "sampling": await outcome(session.text("trigger-sampling-request", {"prompt": "say something", "maxTokens": 10})),
            "elicitation": await outcome(session.text("trigger-elicitation-request")),
            "roots": await outcome(session.text("get-roots-list")),
        }


CHECKS = {check.__name__: check for check in
          (tour, progress, sessions, files, memory, large, limit, subscriptions, listChanged, lostStream, cancel, terminate, idle, asked)}

try:
    print(json.dumps(asyncio.run(CHECKS[check_name]())))
except Exception as error:  # pylint: disable=broad-except
    print(json.dumps({"failed": describe(error)}))
    sys.exit(1)
