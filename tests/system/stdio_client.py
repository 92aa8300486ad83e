"""A client at the stdin and stdout of a program that brings it a server.

    client = StdioClient([PROGRAM, "connect", url])
    client.initialize()
    assert client.call("echo", text="hi") == ...
    client.close()          # ends stdin; asserts exit code 0 and that every request was answered once
"""
import json
import os
import queue
import subprocess
import threading

from wire import TIMEOUT

INITIALIZE = {"protocolVersion": "2025-11-25", "capabilities": {"roots": {}, "sampling": {}},
              "clientInfo": {"name": "stdio", "version": "1"}}
ENVELOPE = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": {"name": "stdio", "version": "1"}}


class StdioClient:
    """Messages are read by a thread; those waited for are taken out, and the others stay in `inbox`."""

    def __init__(self, command, env=None):
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env={**os.environ, **(env or {})})
        self.inbox = []
        self.arrived = queue.Queue()
        self.stderr = []
        self.asked, self.answered = [], []
        self.last_id = 0
        self.readers = [threading.Thread(target=self.read, daemon=True), threading.Thread(target=self.listen, daemon=True)]
        for reader in self.readers:
            reader.start()

    def read(self):
        for line in self.process.stdout:
            self.arrived.put(json.loads(line))
        self.arrived.put(None)

    def listen(self):
        for line in self.process.stderr:
            self.stderr.append(line.decode())

    # --- sending

    def send(self, message):
        self.send_text(json.dumps({"jsonrpc": "2.0", **message}))

    def send_text(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, method, params=None, id=None):
        """Sends a request and gives its id."""
        if id is None:
            self.last_id += 1
            id = self.last_id
        self.asked.append(id)
        self.send({"id": id, "method": method, **({} if params is None else {"params": params})})
        return id

    def notify(self, method, params=None):
        self.send({"method": method, **({} if params is None else {"params": params})})

    def respond(self, request, result):
        self.send({"id": request["id"], "result": result})

    # --- receiving

    def wait(self, fits, what):
        """The first message that fits, out of those that came and those that come."""
        for message in self.inbox:
            if fits(message):
                self.inbox.remove(message)
                return message
        while True:
            try:
                message = self.arrived.get(timeout=TIMEOUT)
            except queue.Empty:
                raise AssertionError("waited for %s; got %s; stderr %s" % (what, self.inbox, self.stderr)) from None
            assert message is not None, "ended before %s came: %s" % (what, "".join(self.stderr))
            if "method" not in message and "id" in message:
                self.answered.append(message["id"])
            if fits(message):
                return message
            self.inbox.append(message)

    def answer(self, id):
        return self.wait(lambda m: "method" not in m and m.get("id") == id, "the answer to %r" % id)

    def request(self, method, params=None):
        """Its whole answer."""
        return self.answer(self.ask(method, params))

    def result(self, method, params=None):
        answer = self.request(method, params)
        assert "result" in answer, answer
        return answer["result"]

    def error(self, method, params=None):
        answer = self.request(method, params)
        assert "error" in answer, answer
        return answer["error"]

    def message(self, method):
        """The next notification or request with that method."""
        return self.wait(lambda m: m.get("method") == method, method)

    def initialize(self, **params):
        result = self.result("initialize", {**INITIALIZE, **params})
        self.notify("notifications/initialized")
        return result

    def call(self, tool, **arguments):
        return self.result("tools/call", {"name": tool, "arguments": arguments})

    def text(self, tool, **arguments):
        return self.call(tool, **arguments)["content"][0]["text"]

    def stateless(self, method, params=None):
        return self.request(method, {**(params or {}), "_meta": ENVELOPE})

    # --- the end

    def close(self, code=0):
        """Ends stdin. Every request has exactly one answer then."""
        self.process.stdin.close()
        assert self.process.wait(TIMEOUT) == code, self.stderr
        for reader in self.readers:
            reader.join(TIMEOUT)
        while (message := self.arrived.get()) is not None:
            if "method" not in message and "id" in message:
                self.answered.append(message["id"])
            self.inbox.append(message)
        assert sorted(map(str, self.answered)) == sorted(map(str, self.asked)), (self.answered, self.asked)
        self.process.stdout.close()
        self.process.stderr.close()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                pipe.close()
            except BrokenPipeError:
                pass
