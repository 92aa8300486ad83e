"""The two kinds of MCP clients, thin enough that a test sees every byte.

    with SseClient(port, "/chaos") as client:            # HTTP+SSE of 2024-11-05
        client.initialize()
        assert client.call("echo", {"a": 1})["result"]["structuredContent"]["arguments"] == '{"a":1}'

    with HttpClient(port, "/chaos") as client:           # Streamable HTTP
        client.initialize("2025-06-18")
        response = client.post(message("tools/list", id="x"))
        assert client.delete().status == 200

A message to send is a dict (see `message`), or bytes where the very bytes matter.
"""
import json
from urllib.parse import urljoin, urlsplit

from wire import TIMEOUT, Connection, EventStream, is_answer

JSON = {"Content-Type": "application/json"}
BOTH = "application/json, text/event-stream"


def message(method, params=None, id=None):
    """A request, or, without an id, a notification."""
    made = {"jsonrpc": "2.0", "method": method}
    if id is not None:
        made["id"] = id
    if params is not None:
        made["params"] = params
    return made


def call(tool, arguments=None, id=1, progress_token=None):
    """A tools/call request."""
    params = {"name": tool, "arguments": arguments or {}}
    if progress_token is not None:
        params["_meta"] = {"progressToken": progress_token}
    return message("tools/call", params, id)


def initialize(version="2025-11-25", capabilities=None, id=1):
    return message("initialize", {"protocolVersion": version, "capabilities": capabilities or {},
                                  "clientInfo": {"name": "test", "version": "1"}}, id)


def cancelled(id):
    return message("notifications/cancelled", {"requestId": id})


def as_bytes(posted):
    return posted if isinstance(posted, bytes) else json.dumps(posted).encode()


class Client:
    """What both kinds have in common: ids, and calls in the way of tests that look at other things.

    `source` is the address it comes from, as far as the gateway sees.
    """

    patience = TIMEOUT  # for an answer on the stream; real servers, with a browser to start, may take longer

    def __init__(self, port, prefix, headers, host, source):
        self.host = host
        self.port = port
        self.prefix = prefix  # "/chaos", or "" on a listener of one service
        self.headers = dict(headers or {})
        self.source = source
        self.last_id = 1000
        self.connections = []

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.close()

    def close(self):
        for connection in self.connections:
            connection.close()
        self.connections = []

    def connect(self, **options):
        connection = Connection(self.port, self.host, source=self.source, **options)
        self.connections.append(connection)
        return connection

    def next_id(self):
        self.last_id += 1
        return self.last_id

    def call(self, tool, arguments=None):
        """Calls a tool and gives the whole answer, result or error."""
        return self.request("tools/call", {"name": tool, "arguments": arguments or {}})

    def text(self, tool, arguments=None):
        """Calls a tool that must succeed, and gives its text."""
        return self.call(tool, arguments)["result"]["content"][0]["text"]

    def seen_by_child(self):
        """What chaos received so far: {"received": [{"method", "id", "params"}], "cancelled": [ids]}, raw texts."""
        return self.call("cancel_seen")["result"]["structuredContent"]


class SseClient(Client):
    """A client of the 2024-11-05 transport. Opens its stream and reads the endpoint event at once.

    `endpoint` is where messages go, `endpoint_event` the event as it came; `stream` an EventStream.
    """

    def __init__(self, port, prefix="", headers=None, path=None, receive_buffer=None, host="127.0.0.1", source=None):
        super().__init__(port, prefix, headers, host, source)
        self.path = path or prefix + "/sse"
        connection = self.connect(receive_buffer=receive_buffer)
        connection.send_request("GET", self.path, {"Accept": "text/event-stream", **self.headers})
        self.response = connection.read_response()
        assert self.response.status == 200, self.response
        self.stream: EventStream = self.response.stream
        self.endpoint_event = self.stream.next_block()
        assert self.endpoint_event.event == "endpoint", self.endpoint_event
        self.stream.unread.clear()
        self.endpoint = resolved(self.path, self.endpoint_event.data)
        self.posts = None

    def initialize(self, version="2024-11-05", capabilities=None):
        """The whole handshake; the result of initialize."""
        self.post(initialize(version, capabilities, id="initialize"))
        result = self.stream.answer("initialize", self.patience)["result"]
        self.post(message("notifications/initialized"))
        return result

    def post(self, posted, headers=(), expect=202):
        """Posts a message, one after another on one connection. The response, whose status must be `expect`."""
        if self.posts is None:
            self.posts = self.connect()
        self.posts.send_request("POST", self.endpoint, {**JSON, **self.headers, **dict(headers)}, as_bytes(posted))
        response = self.posts.read_response()
        if self.posts.is_over or response["connection"] == "close":
            self.posts = None
        assert response.status == expect, response
        return response

    def request(self, method, params=None, id=None):
        """Posts a request and waits for its answer; what comes before it stays unread on the stream."""
        id = self.next_id() if id is None else id
        self.post(message(method, params, id))
        return self.stream.answer(id, self.patience)


class HttpClient(Client):
    """A client of Streamable HTTP. Each request has a connection of its own."""

    def __init__(self, port, prefix="", headers=None, path=None, host="127.0.0.1", source=None):
        super().__init__(port, prefix, headers, host, source)
        self.path = path or prefix + "/mcp"
        self.session = None   # sent with every request once there is one
        self.version = None   # sent likewise

    def initialize(self, version="2025-11-25", capabilities=None):
        """The whole handshake; the result of initialize."""
        response = self.post(initialize(version, capabilities))
        assert response.status == 200, response
        result = response.json["result"]
        self.session = response["mcp-session-id"]
        if result["protocolVersion"] >= "2025-06-18":
            self.version = result["protocolVersion"]
        response = self.post(message("notifications/initialized"))
        assert (response.status, response.body) == (202, b""), response
        return result

    def fields(self, more):
        fields = {"Accept": BOTH, **JSON, **self.headers}
        if self.session:
            fields["Mcp-Session-Id"] = self.session
        if self.version:
            fields["MCP-Protocol-Version"] = self.version
        return {**fields, **dict(more)}

    def begin(self, posted, headers=()):
        """Posts and does not wait: `.read_response()` of what this gives does."""
        connection = self.connect()
        connection.send_request("POST", self.path, self.fields(headers), as_bytes(posted))
        return connection

    def post(self, posted, headers=()):
        """Posts and gives the response, whatever it is. A header of None is left out."""
        return self.begin(posted, headers).read_response()

    def get(self, headers=()):
        """Opens the session's own stream, or resumes one with Last-Event-ID: see `.stream` of the response."""
        connection = self.connect()
        connection.send_request("GET", self.path, self.fields({"Content-Type": None, "Accept": "text/event-stream",
                                                               **dict(headers)}))
        return connection.read_response()

    def delete(self, headers=()):
        connection = self.connect()
        connection.send_request("DELETE", self.path, self.fields({"Content-Type": None, **dict(headers)}))
        return connection.read_response()

    def request(self, method, params=None, id=None):
        """Posts a request and gives its answer, whether it came as JSON or on a stream."""
        id = self.next_id() if id is None else id
        return answer_in(self.post(message(method, params, id)), id)


def answer_in(response, id):
    """The answer to request `id` in the response to its POST."""
    if response.stream:
        return response.stream.answer(id)
    answer = response.json
    assert is_answer(answer, id), "not the answer to %r: %r" % (id, answer)
    return answer


def resolved(path, reference):
    """The path and query that `reference` means on the page at `path`."""
    parts = urlsplit(urljoin("http://gateway" + path, reference))
    assert parts.netloc == "gateway", "the endpoint is on another host: " + reference
    return parts.path + ("?" + parts.query if parts.query else "")
