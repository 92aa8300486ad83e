"""An HTTP server that does what a test says, also what no server should.

    def script(request):            # runs in a thread of the connection
        if request.method == "POST" and request.rpc == "initialize":
            return request.json(initialized(request), session="a")
        return request.status(404)

    server = ScriptedServer(script)
    server.url                      # http://127.0.0.1:PORT/mcp
    server.requests                 # all that came, in order
"""
import json
import socket
import threading

from wire import TIMEOUT

REASONS = {200: "OK", 202: "Accepted", 307: "Temporary Redirect"}


class Cut(Exception):
    """The connection is to be closed."""


class Incoming:
    """One request, and the ways to answer it."""

    def __init__(self, connection, method, path, headers, body):
        self.connection, self.method, self.path, self.headers, self.body = connection, method, path, headers, body
        self.message = json.loads(body) if body else {}
        self.rpc = self.message.get("method")
        self.id = self.message.get("id")

    def __repr__(self):
        return "%s %s %s %s" % (self.method, self.path, self.rpc or "", self.body[:200])

    def send(self, data):
        self.connection.sendall(data)

    def raw(self, status, headers, body=b""):
        lines = ["HTTP/1.1 %d %s" % (status, REASONS.get(status, "Whatever"))]
        closes = {"Connection": "close"} if self.method == "GET" else {}
        lines += ["%s: %s" % pair for pair in {"Content-Length": len(body), **closes, **headers}.items()]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def status(self, status, text="", **headers):
        self.raw(status, {"Content-Type": "text/plain", **headers}, text.encode())

    def accepted(self):
        self.raw(202, {})

    def json(self, message, session=None, status=200):
        extra = {"Mcp-Session-Id": session} if session else {}
        self.raw(status, {"Content-Type": "application/json", **extra}, json.dumps(message).encode())

    def result(self, result, **options):
        self.json({"jsonrpc": "2.0", "id": self.id, "result": result}, **options)

    def stream(self, session=None):
        """Begins an event stream; its end is the end of the connection."""
        extra = "Mcp-Session-Id: %s\r\n" % session if session else ""
        self.send(("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n%s\r\n" % extra).encode())

    def event(self, message=None, id=None, name=None, retry=None):
        lines = []
        if name:
            lines.append("event: " + name)
        if id is not None:
            lines.append("id: %s" % id)
        if retry is not None:
            lines.append("retry: %d" % retry)
        if message is not None:
            lines.append("data: " + (message if isinstance(message, str) else json.dumps(message)))
        self.send("\n".join(lines).encode() + b"\n\n")

    def cut(self):
        raise Cut()

    def wait_until_closed(self):
        """Until the other side closes its end."""
        self.connection.settimeout(TIMEOUT)
        while self.connection.recv(4096):
            pass
        raise Cut()


def initialized(request, version="2025-11-25"):
    return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "scripted", "version": "1"}}


class ScriptedServer:
    """Each connection has a thread. `tls` is an ssl.SSLContext."""

    def __init__(self, script, tls=None, port=0):
        self.script, self.tls = script, tls
        self.requests = []
        self.lock = threading.Lock()
        self.came = threading.Condition(self.lock)
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        self.url = "%s://127.0.0.1:%d/mcp" % ("https" if tls else "http", self.port)
        self.connections = set()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with self.lock:
                self.connections.add(connection)
            reader = connection.makefile("rb")
            while request := self.read(connection, reader):
                with self.lock:
                    self.requests.append(request)
                    self.came.notify_all()
                self.script(request)
                if request.headers.get("accept") == "text/event-stream" and request.method == "GET":
                    break  # what it wrote was the whole stream
        except (Cut, OSError):
            pass
        finally:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()

    @staticmethod
    def read(connection, reader):
        line = reader.readline()
        if not line:
            return None
        method, path, _ = line.decode().split(" ", 2)
        headers = {}
        while (line := reader.readline().strip()):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = reader.read(int(headers.get("content-length", 0)))
        return Incoming(connection, method, path, headers, body)

    def wait(self, fits, what="a request", count=1):
        """The first requests that fit, once there are so many."""
        with self.came:
            found = []
            assert self.came.wait_for(lambda: len(found := [r for r in self.requests if fits(r)]) >= count, TIMEOUT), \
                "%s: %s" % (what, self.requests)
            found = [r for r in self.requests if fits(r)]
        return found[0] if count == 1 else found[:count]

    def posts(self, rpc):
        with self.lock:
            return [r for r in self.requests if r.rpc == rpc]

    def close(self):
        self.listener.close()
        with self.lock:
            connections = list(self.connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
