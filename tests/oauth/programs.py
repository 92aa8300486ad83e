"""The authorization server and the clients as processes, and a person who logs in."""
import http.cookiejar
import json
import os
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
CALLBACK = "http://127.0.0.1:1/callback"
INTEROP = Path(os.environ.get("INTEROP_CACHE", HERE.parent / "interop" / ".cache"))
CLIENTS = {"typescript": ["node", str(HERE / "client.mjs")],
           "python": [str(INTEROP / "venv-mcp1" / "bin" / "python"), str(HERE / "client.py")]}


class Program:
    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

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

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ask(self, what):
        self.say(what)
        return json.loads(self.line())


def post(url, body):
    with urllib.request.urlopen(urllib.request.Request(url, data=body)) as response:
        return response.read()


class StopAtCallback(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request, file, code, message, headers, url):
        if url.startswith(CALLBACK):
            return None
        return urllib.request.Request(url, headers={"Accept": "text/html"})


def log_in(url, user):
    """What a person does in a browser: says who they are, and agrees. Gives the code and the state."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), StopAtCallback())
    browser.addheaders = [("Accept", "text/html")]
    answers = [{"prompt": "login", "login": user, "password": "any"}, {"prompt": "consent"}]
    try:
        page = browser.open(url)
        for answer in answers:
            page = browser.open(page.geturl(), urllib.parse.urlencode(answer).encode())
    except urllib.error.HTTPError as last:
        location = last.headers.get("Location", "")
        assert location.startswith(CALLBACK), last.read()
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        return {"code": query["code"], "state": query.get("state")}
    raise AssertionError(f"not sent back to the client, but to {page.geturl()}")
