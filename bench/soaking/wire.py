"""HTTP/1.1 on asyncio's streams, as little of it as the clients of a soak need."""

import asyncio
import json
import socket

PATIENCE = 60  # seconds for any answer; one that takes longer is lost
SLOW_PIECE = 4096
BOTH = "application/json, text/event-stream"


class Gone(Exception):
    """The other side has closed."""


class Connection:
    """One connection. It is not opened before the first request."""

    def __init__(self, port, receive_buffer=None):
        self.port, self.receive_buffer = port, receive_buffer
        self.pause = 0  # seconds before each piece of a stream, for a client that is slow
        self.reader = self.writer = None

    async def open(self):
        made = socket.socket()
        if self.receive_buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        made.setblocking(False)
        await asyncio.get_running_loop().sock_connect(made, ("127.0.0.1", self.port))
        self.reader, self.writer = await asyncio.open_connection(sock=made, limit=SLOW_PIECE if self.receive_buffer else 1 << 20)

    async def send(self, method, path, fields, message=None):
        """A connection that the gateway has closed since its last answer is opened again."""
        if self.writer is None or self.reader.at_eof():
            self.close()
            await self.open()
        body = b"" if message is None else json.dumps(message).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in fields.items())]
        if message is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    async def head(self):
        """The status and the fields of the next response."""
        try:
            status, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        except (asyncio.IncompleteReadError, ConnectionError) as why:
            raise Gone("before a response") from why
        fields = dict(line.split(": ", 1) for line in lines if line)
        return int(status.split()[1]), {name.lower(): value for name, value in fields.items()}

    async def chunk(self):
        """Of an event stream; empty at its end."""
        try:
            left, data = int(await self.reader.readline() or b"0", 16), b""
            while self.pause and left > SLOW_PIECE:
                await asyncio.sleep(self.pause)
                data += await self.reader.readexactly(SLOW_PIECE)
                left -= SLOW_PIECE
            data += await self.reader.readexactly(left)
            await self.reader.readexactly(2)
        except (asyncio.IncompleteReadError, ConnectionError, ValueError) as why:
            raise Gone("within a stream") from why
        return data

    async def body(self, fields):
        """A whole body; of an event stream the data of its events."""
        if "transfer-encoding" not in fields:
            try:
                return [await self.reader.readexactly(int(fields.get("content-length", 0)))]
            except (asyncio.IncompleteReadError, ConnectionError) as why:
                raise Gone("within a body") from why
        data = b""
        while chunk := await self.chunk():
            data += chunk
        return [line[6:] for line in data.splitlines() if line.startswith(b"data: ")]

    async def ask(self, method, path, fields, message=None):
        """The status, the fields, and the messages of the response."""
        await self.send(method, path, fields, message)
        status, answered = await self.head()
        return status, answered, [json.loads(each) for each in await self.body(answered) if each.startswith(b"{")]

    def close(self):
        if self.writer is not None:
            self.writer.close()
            self.reader = self.writer = None

    def reset(self):
        """Without a word: a client whose machine has lost its power would not even send this."""
        if self.writer is not None:
            self.writer.transport.abort()
            self.reader = self.writer = None
