"""FastMCP's servers behind a gateway, and the clients, which run in the Python that has FastMCP."""
import json
import os
import secrets
import subprocess
from contextlib import contextmanager
from pathlib import Path

from clients import initialize, message
from gateway_under_test import GATEWAY, Gateway, impatient
from interoplib import programs
from wire import Connection

HERE = Path(__file__).resolve().parent
PYTHON = programs.CACHE / "venv-fastmcp" / "bin" / "python"
SERVERS = ["mcpgw", "fininfo", "realserverfaketools"]
TOKEN = secrets.token_hex(16)


def command(server):
    return [str(PYTHON), str(HERE / "servers" / f"{server}.py")]


def service(server, *arguments, **config):
    """An entry of `mcpServers`; a start may take as long as a busy machine needs."""
    program, *rest = command(server)
    return {"command": program, "args": [*rest, *arguments], "start_timeout": "10m", **config}


class Serving(Gateway):
    """All three on shared children, and two again with a child for each session."""

    def __init__(self):
        super().__init__({"mcpgw": service("mcpgw"),
                          "fininfo": service("fininfo", call_timeout="20m", **impatient("wait_for_*")),
                          "realserverfaketools": service("realserverfaketools"),
                          "mcpgw-alone": service("mcpgw", isolation="session"),
                          "fininfo-alone": service("fininfo", isolation="session")},
                         {"admin_token": TOKEN, "drain_timeout": "10m"})

    def url(self, name, transport):
        return f"http://127.0.0.1:{self.port}/{name}/{'sse' if transport == 'sse' else 'mcp'}"

    def renew(self, name):
        connection = Connection(self.ports["admin"])
        connection.send_request("POST", f"/api/services/{name}/renew", {"Authorization": "Bearer " + TOKEN}, b"{}")
        response = connection.read_response()
        connection.close()
        return response.json

    @contextmanager
    def former_children_of(self, name):
        """Once what is done within has replaced them and they have ended, what the log says of it."""
        before, told = len(self.events("service.former_ended", server=name)), {}
        yield told
        told.update(self.wait_for("service.former_ended", before + 1, server=name))

    def reload_by_command(self):
        """What `mcp-gateway reload` prints."""
        ran = subprocess.run([GATEWAY, "reload", f"127.0.0.1:{self.ports['admin']}"], check=True, capture_output=True, text=True,
                             env={**os.environ, "MCP_GATEWAY_ADMIN_TOKEN": TOKEN})
        return ran.stdout


class Program:
    """A program of this folder that is spoken to by lines of JSON."""

    def __init__(self, name, *arguments):
        self.process = subprocess.Popen([PYTHON, HERE / name, *map(str, arguments)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        assert line, f"{self.process.args} ended with {self.process.wait()}"
        return json.loads(line)

    def finish(self):
        """The last line, once nothing more is asked."""
        self.process.stdin.close()
        return self.answer()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Clients(Program):
    """Clients of both kinds, any number of each."""

    def __init__(self):
        super().__init__("client.py")
        self.opened = 0

    def open(self, kind, to):
        self.opened += 1
        self.ask_for(open=self.opened, kind=kind, to=to)
        return Client(self, self.opened)

    def ask_for(self, **what):
        return self.ask(json.dumps(what))


class Client:
    def __init__(self, clients, number):
        self.clients = clients
        self.number = number

    def look(self, prompts):
        return self.clients.ask_for(on=self.number, do="look", prompts=prompts)

    def read(self, uri):
        return self.clients.ask_for(on=self.number, do="read", uri=uri)

    def call_all(self, *calls):
        return self.clients.ask_for(on=self.number, do="call", calls=calls)

    def call(self, tool, **arguments):
        return self.call_all([tool, arguments])[0]

    def value(self, tool, **arguments):
        """The value a tool returns, which FastMCP wraps."""
        result = self.call(tool, **arguments)
        assert result["is_error"] is False, result
        return result["structured"]["result"]

    def close(self):
        self.clients.ask_for(close=self.number)


def asked_directly(server, requests):
    """The result of each request as the server writes it; no client stands between."""
    asked = {number: message(*request, id=number) for number, request in enumerate(requests, 2)}
    sent = [initialize(), message("notifications/initialized"), *asked.values()]
    with subprocess.Popen(command(server), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        process.stdin.write("".join(json.dumps(each) + "\n" for each in sent))
        process.stdin.flush()
        results = {}
        while len(results) < len(asked):
            line = process.stdout.readline()
            assert line, f"{server} has ended"
            if (number := json.loads(line).get("id")) in asked:
                results[number] = result_text(line)
        process.stdin.close()
    return [results[number] for number in asked]


def asked_by_gateway(client, requests):
    """The same through a gateway, by a client of tests/system that is initialized."""
    return [result_text(posted_and_answered(client, message(*request, id=number))) for number, request in enumerate(requests, 2)]


def posted_and_answered(client, posted):
    response = client.post(posted)
    stream = getattr(client, "stream", None) or response.stream
    return stream.take(lambda event: event.json.get("id") == posted["id"]).data if stream else response.body.decode()


def result_text(answer):
    """The bytes of an answer's result; what is around it is the gateway's own."""
    return answer[answer.index('"result":'):].rstrip()[:-1]
