"""HTTP/1.1 and event streams as bytes on a socket, with a deadline on every wait.

No library stands between a test and the gateway: what is sent is sent as written, and what comes
back is kept as it came. A wait that runs out leaves the connection usable.
"""
import json
import select
import socket
import ssl
import time
from dataclasses import dataclass, field

# Seconds; nothing in these tests waits longer for anything. Only a test that fails waits so long, however busy the machine is.
TIMEOUT = 120

# Ports of listeners with TLS, and the ssl.SSLContext to use there. Gateways under test keep it up to date.
SECURE = {}


def is_readable(socket, timeout):
    """Not by select(), which fails where more than 1,024 descriptors are open."""
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(timeout * 1000))


class Ended(AssertionError):
    """The other side closed before what was waited for had come."""


class Connection:
    """One TCP connection to the gateway. Requests go out whole or in pieces; answers are read in order.

    With TLS where the listener has it, by the ssl.SSLContext `context` or else that of SECURE.
    """

    def __init__(self, port, host="127.0.0.1", receive_buffer=None, source=None, context=None):
        is_v6 = ":" in host
        self.socket = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:  # a small one makes a slow reader stall soon
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(TIMEOUT)
        if source:  # another address of this machine: all of 127.0.0.0/8 is
            self.socket.bind((source, 0))
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context := context or SECURE.get(port):
            self.socket = context.wrap_socket(self.socket, server_hostname=host)
        self.host = "%s:%d" % ("[%s]" % host if is_v6 else host, port)
        self.buffer = bytearray()
        self.is_over = False  # the gateway sends nothing more

    def close(self):
        self.socket.close()

    def reset(self):
        """Ends it with a TCP reset instead of a FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    # --- out

    def send(self, data):
        self.socket.sendall(data)

    def send_request(self, method, path, headers=(), body=None):
        """A request with Host and Content-Length added, unless `headers` has them; None leaves one out."""
        fields = {"Host": self.host}
        if body is not None:
            fields["Content-Length"] = str(len(body))
        fields.update(headers)
        lines = ["%s %s HTTP/1.1" % (method, path)]
        lines += ["%s: %s" % (name, value) for name, value in fields.items() if value is not None]
        self.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b""))

    # --- in

    def receive(self, deadline):
        """Adds what has come to the buffer. False when the gateway has closed."""
        if self.is_over:
            return False
        try:
            data = self.receive_some(deadline)
        except (ConnectionResetError, ssl.SSLEOFError):
            data = b""
        if data is None:
            raise TimeoutError("nothing came in time; buffered: %r" % bytes(self.buffer[-500:]))
        self.buffer += data
        self.is_over = not data
        return not self.is_over

    def receive_some(self, deadline):
        """What has come, empty at the end; None when nothing comes in time."""
        is_sealed = isinstance(self.socket, ssl.SSLSocket)
        while True:
            left = deadline - time.monotonic()
            if not (is_sealed and self.socket.pending()) and (left <= 0 or not is_readable(self.socket, left)):
                return None
            if not is_sealed:
                return self.socket.recv(1 << 20)
            self.socket.setblocking(False)
            try:
                return self.socket.recv(1 << 20)
            except ssl.SSLWantReadError:  # a ticket, or a part of a record
                pass
            finally:
                self.socket.settimeout(TIMEOUT)

    def read_to(self, mark, deadline):
        searched = 0
        while (at := self.buffer.find(mark, searched)) < 0:
            searched = max(0, len(self.buffer) - len(mark))
            if not self.receive(deadline):
                raise Ended("closed by the gateway; before that: %r" % bytes(self.buffer[-500:]))
        return self.take(at + len(mark))

    def read(self, count, deadline):
        while len(self.buffer) < count:
            if not self.receive(deadline):
                raise Ended("closed by the gateway %d bytes early" % (count - len(self.buffer)))
        return self.take(count)

    def take(self, count):
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def read_response(self, timeout=TIMEOUT, has_body=True):
        """The next response. Its body is read, unless it is an event stream: that is in `.stream`. That to HEAD has none."""
        deadline = time.monotonic() + timeout
        continued = 0
        while True:
            head = self.read_to(b"\r\n\r\n", deadline).decode("latin-1").split("\r\n")
            status = int(head[0].split(" ")[1])
            if status != 100:
                break
            continued += 1
        fields = [line.split(":", 1) for line in head[1:] if line]
        response = Response(status, [(name.lower(), value.strip()) for name, value in fields], continued=continued)
        chunked = response["transfer-encoding"] == "chunked"
        if not has_body:
            return response
        if response["content-type"] == "text/event-stream":
            response.stream = EventStream(self, chunked)
        elif chunked:
            while chunk := self.read_chunk(deadline):
                response.body += chunk
        else:
            response.body = self.read(int(response["content-length"] or 0), deadline)
        return response

    def read_chunk(self, deadline):
        """One chunk of a chunked body; empty for the last."""
        size = int(self.read_to(b"\r\n", deadline), 16)
        chunk = self.read(size, deadline)
        assert self.read(2, deadline) == b"\r\n", "a chunk that does not end where it says"
        return chunk

    def is_closed(self, timeout=TIMEOUT):
        """Whether the gateway closes, and says nothing more before."""
        deadline = time.monotonic() + timeout
        while self.receive(deadline):
            pass
        return not self.buffer


def is_refused(connection):
    """Whether the gateway has no place for the connection: it says so, and when to come back, and closes."""
    response = connection.read_response()
    is_told = (response.status, response["retry-after"]) == (503, "1")
    is_closed = connection.is_closed()
    connection.close()
    return is_told and is_closed


@dataclass
class Response:
    """A response. `response["name"]` is a header's value, or None."""

    status: int
    headers: list
    body: bytes = b""
    stream: "EventStream" = None
    continued: int = 0  # how many "100 Continue" came before

    def __getitem__(self, name):
        values = [value for key, value in self.headers if key == name.lower()]
        assert len(values) < 2, "%s is there %d times" % (name, len(values))
        return values[0] if values else None

    @property
    def json(self):
        assert self["content-type"] == "application/json", "%d %r %r" % (self.status, self.headers, self.body[:500])
        return json.loads(self.body)

    @property
    def error(self):
        """HTTP status and JSON-RPC error code of a refusal."""
        return self.status, self.json["error"]["code"]


@dataclass
class Event:
    """One block of an event stream. A field that is not there is None."""

    event: str = None
    id: str = None
    data: str = None
    retry: str = None
    comments: list = field(default_factory=list)

    @property
    def json(self):
        return json.loads(self.data)


class EventStream:
    """An event stream as it comes. Events not asked for yet stay in `unread`, in their order."""

    def __init__(self, connection, chunked):
        self.connection = connection
        self.chunked = chunked
        self.text = bytearray()
        self.blocks = []  # every block so far, comments and retry as well
        self.unread = []  # events with data, not taken yet
        self.is_over = False

    def close(self):
        self.connection.close()

    def next_block(self, timeout=TIMEOUT):
        """The next block of whatever kind. Raises Ended when the stream has ended properly."""
        deadline = time.monotonic() + timeout
        while (end := self.text.find(b"\n\n")) < 0:
            if not self.more(deadline):
                assert not self.text, "the stream ended within an event"
                raise Ended("the stream has ended; its last blocks: %r" % self.blocks[-3:])
        block = Event()
        for line in self.text[:end].decode().split("\n"):
            name, colon, value = line.partition(":")
            assert colon, "a line without a colon: %r" % line
            value = value.removeprefix(" ")
            if not name:
                block.comments.append(value)
            else:
                assert getattr(block, name) is None, "%s twice in one event" % name
                setattr(block, name, value)
        del self.text[: end + 2]
        self.blocks.append(block)
        if block.data:
            self.unread.append(block)
        return block

    def more(self, deadline):
        if self.is_over:
            return False
        if self.chunked:
            chunk = self.connection.read_chunk(deadline)
            self.text += chunk
            self.is_over = not chunk
        else:
            self.is_over = not self.connection.receive(deadline)
            self.text += self.connection.take(len(self.connection.buffer))
        return not self.is_over

    def take(self, matches=lambda event: True, timeout=TIMEOUT):
        """The first event with data that matches, now or later. The others stay unread."""
        deadline = time.monotonic() + timeout
        seen = 0
        while True:
            for at in range(seen, len(self.unread)):
                if matches(self.unread[at]):
                    return self.unread.pop(at)
            seen = len(self.unread)
            self.next_block(deadline - time.monotonic())

    def message(self, timeout=TIMEOUT):
        """The next JSON-RPC message, parsed."""
        return self.take(timeout=timeout).json

    def answer(self, id, timeout=TIMEOUT):
        """The answer to request `id`, parsed. 1 and "1" are different ids."""
        return self.take(lambda event: is_answer(event.json, id), timeout).json

    def note(self, method, timeout=TIMEOUT):
        """The next notification or request of that method, parsed."""
        return self.take(lambda event: event.json.get("method") == method, timeout).json

    def rest(self, timeout=TIMEOUT):
        """Every unread event up to the end of the stream, which must be a proper one."""
        deadline = time.monotonic() + timeout
        try:
            while True:
                self.next_block(deadline - time.monotonic())
        except Ended:
            assert self.is_over
        events, self.unread = self.unread, []
        return events


def is_answer(message, id):
    return "method" not in message and "id" in message and message["id"] == id and type(message["id"]) is type(id)
