"""The Python SDK's client with its OAuth, driven by lines as client.mjs is."""
import asyncio
import json
import sys

import httpx
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.auth import OAuthClientMetadata


def say(what):
    print(json.dumps(what), flush=True)


async def next_line():
    return (await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)).strip()


class Storage:
    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def authorize(url):
    say({"authorize": url})


async def callback():
    answer = json.loads(await next_line())
    return answer["code"], answer["state"]


async def main(url):
    storage = Storage()
    metadata = OAuthClientMetadata(client_name="test", redirect_uris=["http://127.0.0.1:1/callback"],
                                   token_endpoint_auth_method="none",
                                   grant_types=["authorization_code", "refresh_token"], response_types=["code"])
    provider = OAuthClientProvider(server_url=url, client_metadata=metadata, storage=storage, redirect_handler=authorize,
                                   callback_handler=callback)
    async with streamablehttp_client(url, auth=provider) as (read, write, _), ClientSession(read, write) as session:
        await session.initialize()
        say({"connected": True})
        while line := await next_line():
            if line == "token":
                say({"token": storage.tokens.access_token})
                continue
            try:
                result = await session.call_tool("echo", {"text": "in"})
                say({"text": result.content[0].text})
            except (httpx.HTTPError, Exception) as error:  # pylint: disable=broad-exception-caught
                say({"error": repr(error)})


asyncio.run(main(sys.argv[1]))
