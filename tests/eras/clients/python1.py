"""Every step with the Python SDK 1:  python1.py URL sse|http legacy"""

import sys
from contextlib import asynccontextmanager

import anyio
from mcp import ClientSession, types
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from pydantic import AnyUrl

import steps

url, transport, _mode = sys.argv[1:4]


class Face:
    """The calls of the steps on this SDK."""

    def __init__(self, session, revision):
        self._session = session
        self.revision = revision
        self.set_level = session.set_logging_level

    async def tools(self):
        return [tool.name for tool in (await self._session.list_tools()).tools]

    async def call(self, name, arguments, progress=None):
        return await self._session.call_tool(name, arguments, progress_callback=progress)

    async def call_until_cancelled(self, name, arguments):
        """This SDK does not tell the server that nobody waits any more; a program on it has to."""
        request_id = self._session._request_id
        try:
            await self._session.call_tool(name, arguments)
        except anyio.get_cancelled_exc_class():
            cancelled = types.CancelledNotification(params=types.CancelledNotificationParams(requestId=request_id))
            with anyio.CancelScope(shield=True):
                await self._session.send_notification(types.ClientNotification(cancelled))
            raise

    async def subscribe(self, uri):
        await self._session.subscribe_resource(AnyUrl(uri))

    async def watch_tools(self):
        """Nothing: every session is told."""

    async def complete(self, value):
        reference = types.PromptReference(type="ref/prompt", name="topics")
        return (await self._session.complete(reference, {"name": "topic", "value": value})).completion.values

    async def read(self, uri):
        return await self._session.read_resource(AnyUrl(uri))


@asynccontextmanager
async def opened(heard):
    async def sampling(_context, _params):
        return types.CreateMessageResult.model_validate(steps.SAMPLE)

    async def elicitation(_context, params):
        return types.ElicitResult.model_validate(steps.elicited(params.mode))

    async def roots(_context):
        return types.ListRootsResult.model_validate(steps.ROOTS)

    async def note(message):
        if isinstance(message, types.ServerNotification):
            heard(message.root.method)

    connect = sse_client if transport == "sse" else streamable_http_client
    async with connect(url) as streams:
        async with ClientSession(*streams[:2], sampling_callback=sampling, elicitation_callback=elicitation,
                                 list_roots_callback=roots, message_handler=note) as session:
            with anyio.fail_after(2 * steps.STEP_LIMIT):
                revision = (await session.initialize()).protocolVersion
            yield Face(session, revision)


steps.run(opened)
