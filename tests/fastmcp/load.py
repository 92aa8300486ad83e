"""FastMCP clients that call without a pause, on both transports, until they are told to stop. Every other call takes a while, so
that there always are some in flight.

    load.py COUNT URL…    so many clients of each service

A line on stdin is answered when each client has completed another call, by a line with what went wrong so far. At the end of
stdin all of them stop, and the last line has how many calls each has made.
"""
import asyncio
import json
import os
import sys
import traceback

from client import connect_fastmcp


class Load:
    def __init__(self, count, urls):
        self.done = {f"{url} {number}": 0 for url in urls for number in range(count)}
        self.urls = {name: name.split()[0] + ("/sse", "/mcp")[at % 2] for at, name in enumerate(self.done)}
        self.failed = []
        self.stopping = False
        self.news = asyncio.Condition()

    async def run(self, name):
        try:
            async with connect_fastmcp(self.urls[name]) as client:
                while not self.stopping:
                    await self.call(client, name)
        except BaseException:
            self.failed.append(f"{name}, after {self.done[name]} calls: {traceback.format_exc()}")
        async with self.news:
            self.news.notify_all()

    async def call(self, client, name):
        """Each answer must be that to its own question, and there is another question for each call of each client."""
        text = f"{name} {self.done[name]}"
        tool = ("ponder", "echo")[self.done[name] % 2]
        result = await client.call_tool(tool, {"text": text})
        if (result.data, result.content[0].text) != (text, text):
            self.failed.append(f"{name}: {text!r} was answered {result!r}")
        async with self.news:
            self.done[name] += 1
            self.news.notify_all()

    async def next_round(self):
        before = dict(self.done)
        async with self.news:
            await self.news.wait_for(lambda: self.failed or all(self.done[name] > before[name] for name in before))


async def main(count, urls):
    os.nice(5)  # however few processors there are, a server that starts gets one
    load = Load(int(count), urls)
    clients = [asyncio.create_task(load.run(name)) for name in load.done]
    while await asyncio.to_thread(sys.stdin.readline):
        await load.next_round()
        print(json.dumps(load.failed), flush=True)
    load.stopping = True
    await asyncio.gather(*clients)
    print(json.dumps({"calls": load.done, "failed": load.failed}), flush=True)


asyncio.run(main(sys.argv[1], sys.argv[2:]))
