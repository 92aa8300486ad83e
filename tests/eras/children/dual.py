"""An MCP server of all revisions, on the Python SDK 2. It has what ../README.md says of every child.

How it asks its client is the business of tests/conformance/everything/call.py.
"""

import os
import signal
import sys
import warnings
from pathlib import Path

import anyio
import mcp_types as types
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from mcp.shared.subscriptions import ResourceUpdated, ToolsListChanged
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "conformance" / "everything"))

import call as questions  # noqa: E402: of that folder

warnings.simplefilter("ignore", MCPDeprecationWarning)

WATCHED = "eras://watched"
PAUSE = 0.05  # seconds after each progress, as some clients forget what comes together with the answer
TOOLS = {}
bus = InMemorySubscriptionBus()
waiting = set()  # the keys of calls to `wait`
grown = 0


def tool(function):
    TOOLS[function.__name__] = function
    return function


def file_of(key):
    return Path(os.environ["ERAS_FOLDER"]) / f"wait-{key}"


@tool
async def echo(call):
    return call.arguments["message"]


@tool
async def steps(call):
    for done in (1, 2, 3):
        await call.progress(done, 3)
        await anyio.sleep(PAUSE)
    return "done"


@tool
async def wait(call):
    key = call.arguments["key"]
    waiting.add(key)
    file_of(key).write_text("waiting")
    try:
        await anyio.sleep_forever()
    except anyio.get_cancelled_exc_class():
        file_of(key).write_text("cancelled")
        raise


def end(_signal, _frame):
    """A child of one client is stopped instead of its call being cancelled."""
    for key in waiting:
        file_of(key).write_text("cancelled")
    os._exit(0)


@tool
async def state(call):
    file = file_of(call.arguments["key"])
    return file.read_text() if file.exists() else "none"


@tool
async def log(call):
    await call.log("eras")
    return "logged"


@tool
async def touch(call):
    if call.is_modern:
        await bus.publish(ResourceUpdated(WATCHED))
    else:
        await call.session.send_resource_updated(WATCHED)
    return "touched"


@tool
async def grow(call):
    global grown
    grown += 1
    if call.is_modern:
        await bus.publish(ToolsListChanged())
    else:
        await call.session.send_tool_list_changed()
    return "grown"


@tool
async def sample(call):
    answers = await call.ask(question=questions.sample("Who are you?", 10))
    return answers["question"].content.text


@tool
async def form(call):
    answers = await call.ask(question=questions.form("Your name?", {"name": {"type": "string"}}))
    return described(answers["question"])


@tool
async def link(call):
    params = types.ElicitRequestURLParams(message="Open this", url="https://example.com/", elicitation_id="eras-1")
    answers = await call.ask(question=types.ElicitRequest(params=params))
    return described(answers["question"])


@tool
async def roots(call):
    answers = await call.ask(question=questions.roots())
    return ",".join(str(root.uri) for root in answers["question"].roots)


def described(answer):
    return f"{answer.action} {(answer.content or {}).get('name', '')}".strip()


async def list_tools(_context, _params):
    names = [*TOOLS, *(f"grown-{number + 1}" for number in range(grown))]
    return types.ListToolsResult(tools=[types.Tool(name=name, input_schema={"type": "object"}) for name in names])


async def call_tool(context, params):
    try:
        answer = await TOOLS[params.name](questions.Call(context, params))
    except questions.InputRequired as question:
        return question.result
    return types.CallToolResult(content=[types.TextContent(text=answer)])


async def list_resources(_context, _params):
    return types.ListResourcesResult(resources=[types.Resource(uri=WATCHED, name="watched")])


async def read_resource(context, params):
    if str(params.uri) != WATCHED:
        code = types.INVALID_PARAMS if context.protocol_version in MODERN_PROTOCOL_VERSIONS else -32002
        raise MCPError(code, "no such resource", {"uri": str(params.uri)})
    return types.ReadResourceResult(contents=[types.TextResourceContents(uri=WATCHED, text="content")])


async def list_prompts(_context, _params):
    topic = types.PromptArgument(name="topic", required=True)
    return types.ListPromptsResult(prompts=[types.Prompt(name="topics", arguments=[topic])])


async def complete(_context, params):
    values = [word for word in ("paris", "park", "tree") if word.startswith(params.argument.value)]
    return types.CompleteResult(completion=types.Completion(values=values))


async def accept(_context, _params):
    return types.EmptyResult()


async def main():
    server = Server(
        "eras-dual", version="1.0.0", on_list_tools=list_tools, on_call_tool=call_tool, on_list_resources=list_resources,
        on_read_resource=read_resource, on_list_prompts=list_prompts, on_completion=complete,
        on_subscribe_resource=accept, on_unsubscribe_resource=accept, on_set_logging_level=accept,
        on_subscriptions_listen=ListenHandler(bus),
    )
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=server.name))
    async with stdio_server() as (requests, answers):
        await server.run(requests, answers, server.create_initialization_options(NotificationOptions(tools_changed=True)))


signal.signal(signal.SIGTERM, end)
anyio.run(main)
