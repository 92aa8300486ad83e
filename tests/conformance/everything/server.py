"""An MCP server with everything that the conformance suite asks for, on the official Python SDK.

It speaks every revision that the SDK does, and what a client's first request decides is the SDK's business.

    server.py                on stdio
    server.py --http PORT    on the SDK's own Streamable HTTP, to test this server without a gateway;
                             0 is any free port; the URL is printed
"""

import argparse
import socket
import warnings

import anyio
import mcp_types as types
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.server.request_state import RequestStateBoundary, RequestStateSecurity
from mcp.server.stdio import stdio_server
from mcp.server.subscriptions import ListenHandler
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError

import changes
import prompts
import resources
import tools
from call import Call, InputRequired
from samples import text

# The suite tests what the newest revision deprecates, such as logging.
warnings.simplefilter("ignore", MCPDeprecationWarning)


async def list_tools(_context, _params):
    return types.ListToolsResult(tools=tools.listed())


async def call_tool(context, params):
    _, function = _known(tools.TOOLS, params.name, "tool")
    call = Call(context, params)
    try:
        result = await function(call)
    except InputRequired as question:
        return question.result
    except tools.ToolFailed as failure:
        return types.CallToolResult(content=[text(str(failure))], is_error=True)
    if isinstance(result, str):
        result = text(result)
    return types.CallToolResult(content=result if isinstance(result, list) else [result])


async def list_prompts(_context, _params):
    return types.ListPromptsResult(prompts=prompts.listed())


async def get_prompt(context, params):
    entry, function = _known(prompts.PROMPTS, params.name, "prompt")
    try:
        contents = await function(Call(context, params))
    except InputRequired as question:
        return question.result
    messages = [types.PromptMessage(role="user", content=content) for content in contents]
    return types.GetPromptResult(description=entry.description, messages=messages)


async def list_resources(_context, _params):
    return types.ListResourcesResult(resources=resources.LISTED)


async def list_resource_templates(_context, _params):
    return types.ListResourceTemplatesResult(resource_templates=resources.TEMPLATES)


async def read_resource(context, params):
    return types.ReadResourceResult(contents=[resources.read(str(params.uri), context.protocol_version)])


async def complete(_context, params):
    values = prompts.completions(params.argument.value)
    return types.CompleteResult(completion=types.Completion(values=values, total=len(values), has_more=False))


async def accept(_context, _params):
    """For subscriptions, as no resource ever changes, and for log levels, as nothing is logged below `info`."""
    return types.EmptyResult()


def _known(table, name, kind):
    if name not in table:
        raise MCPError(types.INVALID_PARAMS, f"Unknown {kind}: {name}")
    return table[name]


def make_server():
    server = Server(
        "everything", version="1.0.0", instructions="A server for the conformance suite.",
        get_tool_input_schema=lambda name: tools.TOOLS[name][0].input_schema if name in tools.TOOLS else None,
        on_list_tools=list_tools, on_call_tool=call_tool, on_list_prompts=list_prompts, on_get_prompt=get_prompt,
        on_list_resources=list_resources, on_list_resource_templates=list_resource_templates,
        on_read_resource=read_resource, on_subscribe_resource=accept, on_unsubscribe_resource=accept,
        on_completion=complete, on_set_logging_level=accept, on_subscriptions_listen=ListenHandler(changes.bus),
    )
    server.middleware.append(RequestStateBoundary(RequestStateSecurity.ephemeral(), default_audience=server.name))
    return server


async def serve_stdio():
    server = make_server()
    lists_change = NotificationOptions(tools_changed=True, prompts_changed=True)
    async with stdio_server() as (requests, answers):
        await server.run(requests, answers, server.create_initialization_options(lists_change))


def serve_http(port):
    import uvicorn  # not needed on stdio, where it would only delay the start

    app = make_server().streamable_http_app(host="127.0.0.1")
    with socket.create_server(("127.0.0.1", port)) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)).run([listener])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--http", type=int, metavar="PORT")
    options = parser.parse_args()
    if options.http is None:
        anyio.run(serve_stdio)
    else:
        serve_http(options.http)
