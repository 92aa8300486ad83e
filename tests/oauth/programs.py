"""The authorization server and the clients as processes, and a person who logs in."""
import http.cookiejar
import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from interoplib import programs as interop

HERE = Path(__file__).resolve().parent
CALLBACK = "http://127.0.0.1:1/callback"
CLIENTS = {"typescript": ["node", str(HERE / "client.mjs")],
           "python": [str(interop.CACHE / "venv-mcp1" / "bin" / "python"), str(HERE / "client.py")]}


class Program:
    def __init__(self, command, environment=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def line(self):
        line = self.process.stdout.readline()
        assert line, f"{self.process.args} ended with {self.process.wait()}"
        return line.strip()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class AuthorizationServer(Program):
    def __init__(self, algorithm="RS256", token_format="jwt"):
        super().__init__(["node", str(HERE / "authorization_server.mjs"), algorithm, token_format])
        self.issuer = self.line()

    def control(self, **changes):
        post(self.issuer + "/control", json.dumps(changes).encode())


class Client(Program):
    """A client that is connected, once its user has logged in."""

    def __init__(self, name, url, user="ann"):
        super().__init__([*CLIENTS[name], url])
        asked = json.loads(self.line())
        if "authorize" in asked:
            self.say(json.dumps(log_in(asked["authorize"], user)))
            asked = json.loads(self.line())
        assert asked == {"connected": True}

    def ask(self, what):
        self.say(what)
        return json.loads(self.line())


class McpRemote(Program):
    """`mcp-remote` before a URL, spoken to as a program of the desktop does: JSON-RPC on stdin and stdout."""

    def __init__(self, url, home, *options, **environment):
        program = Path(os.environ["OAUTH_PROGRAMS"]) / "node_modules" / "mcp-remote" / "dist" / "proxy.js"
        super().__init__([interop.client_node(), str(program), url, *options], with_browser(home, **environment))
        self.sent = 0

    def request(self, method, params=None):
        """The answer, result or error, to a request."""
        self.sent += 1
        self.say(json.dumps({"jsonrpc": "2.0", "id": self.sent, "method": method, "params": params or {}}))
        while (answer := json.loads(self.line())).get("id") != self.sent:
            pass
        return answer

    def call(self, tool, arguments):
        return self.request("tools/call", {"name": tool, "arguments": arguments})["result"]["content"][0]["text"]

    def initialize(self):
        """The name of the server, after the handshake."""
        client = {"name": "desktop", "version": "1"}
        answer = self.request("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client})
        self.say(json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}))
        return answer["result"]["serverInfo"]["name"]


def visited(home):
    """The parameters of every login that a browser was opened for."""
    file = Path(home) / "visited"
    lines = file.read_text().splitlines() if file.exists() else []
    return [dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(line).query)) for line in lines]


def with_browser(home, **more):
    """An environment for a program that opens a browser: a person with a home of their own sits at it."""
    return interop.environment(home) | {"BROWSER": str(HERE / "browser.py"), **more}


def post(url, body):
    with urllib.request.urlopen(urllib.request.Request(url, data=body)) as response:
        return response.read()


class Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects up to CALLBACK, where nobody listens."""

    def redirect_request(self, request, file, code, message, headers, url):
        if url.startswith(CALLBACK):
            return None
        return urllib.request.Request(url, headers={"Accept": "text/html"})


def browse(url, user):
    """What a person does in a browser: says who they are, and agrees. The last page."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), Redirects(),
                                          urllib.request.ProxyHandler({}))
    browser.addheaders = [("Accept", "text/html")]
    page = browser.open(url)
    for answer in ({"prompt": "login", "login": user, "password": "any"}, {"prompt": "consent"}):
        page = browser.open(page.geturl(), urllib.parse.urlencode(answer).encode())
    return page


def log_in(url, user):
    """Logs in and gives what a client learns at its CALLBACK, the code and the state."""
    try:
        page = browse(url, user)
    except urllib.error.HTTPError as last:
        location = last.headers.get("Location", "")
        assert location.startswith(CALLBACK), last.read()
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        return {"code": query["code"], "state": query.get("state")}
    raise AssertionError(f"not sent back to the client, but to {page.geturl()}")
