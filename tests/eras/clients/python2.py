"""Every step with the Python SDK 2:  python2.py URL sse|http legacy|auto|2026-07-28"""

import sys
from contextlib import AsyncExitStack, asynccontextmanager

import mcp_types as types
from mcp import Client
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.subscriptions import SUBSCRIPTION_ID_META_KEY

import steps

url, transport, mode = sys.argv[1:4]


class Face:
    """The calls of the steps on this SDK."""

    def __init__(self, client, stack):
        self._client = client
        self._stack = stack
        self.revision = client.protocol_version
        self._is_modern = self.revision >= "2026-07-28"

    async def tools(self):
        return [tool.name for tool in (await self._client.list_tools(cache_mode="refresh")).tools]

    async def call(self, name, arguments, progress=None):
        return await self._client.call_tool(name, arguments, progress_callback=progress)

    async def call_until_cancelled(self, name, arguments):
        await self._client.call_tool(name, arguments)

    async def set_level(self, level):
        if not self._is_modern:  # there every request has it, see `opened`
            await self._client.set_logging_level(level)

    async def subscribe(self, uri):
        if self._is_modern:
            await self._stack.enter_async_context(self._client.listen(resource_subscriptions=[uri]))
        else:
            await self._client.subscribe_resource(uri)

    async def watch_tools(self):
        if self._is_modern:
            await self._stack.enter_async_context(self._client.listen(tools_list_changed=True))

    async def complete(self, value):
        reference = types.PromptReference(name="topics")
        return (await self._client.complete(reference, {"name": "topic", "value": value})).completion.values

    async def read(self, uri):
        return await self._client.read_resource(uri)


@asynccontextmanager
async def opened(heard):
    async def sampling(_context, _params):
        return types.CreateMessageResult.model_validate(steps.SAMPLE)

    async def elicitation(_context, params):
        return types.ElicitResult.model_validate(steps.elicited(params.mode))

    async def roots(_context):
        return types.ListRootsResult.model_validate(steps.ROOTS)

    async def note(message):
        if isinstance(message, Exception):
            return
        # In 2026-07-28, a change that does not belong to a subscription does not count.
        is_change = message.method in ("notifications/resources/updated", "notifications/tools/list_changed")
        is_modern = client.protocol_version >= "2026-07-28"
        meta = getattr(message.params, "meta", None) or {}
        if not is_change or not is_modern or SUBSCRIPTION_ID_META_KEY in meta:
            heard(message.method)

    connected = sse_client(url) if transport == "sse" else streamable_http_client(url)
    async with AsyncExitStack() as stack:
        client = Client(connected, mode=mode, sampling_callback=sampling, elicitation_callback=elicitation,
                        list_roots_callback=roots, message_handler=note, log_level="info")
        await stack.enter_async_context(client)
        yield Face(client, stack)


steps.run(opened)
