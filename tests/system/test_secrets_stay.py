"""T-SEC: a secret in every place that can hold one, everything that goes wrong, and no secret in anything the gateway says.

What a tool answers is passed on as it is: that is the one place where a secret may be, and the check must find it there.
"""
import http.server
import json
import os
import signal
import subprocess
import threading
from pathlib import Path

import pytest

from canaries import Planted
from clients import call, initialize, message
from gateway_under_test import GATEWAY as PROGRAM
from gateway_under_test import Gateway, chaos
from wire import TIMEOUT, Connection

TOKENS = ["token", "token from a variable", "token from a file", "token of tokens_file"]


class Collector:
    """Keeps what it is sent, and says in its refusal what it was shown."""

    def __init__(self):
        self.spans, self.shown = [], set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                outer.spans.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                outer.shown.add(self.headers["Authorization"])
                refusal = f"cannot use {self.headers['Authorization']}".encode()
                self.send_response(400, refusal.decode())
                self.send_header("Content-Length", str(len(refusal)))
                self.end_headers()
                self.wfile.write(refusal)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/v1/traces"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def said_by(*arguments, **variables):
    """What a command of the program says."""
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=TIMEOUT, check=False, env={**os.environ, **variables})
    return done.stdout + done.stderr


class Driven:
    """A gateway to which everything has happened that makes it say something. `said` is what, by where."""

    def __init__(self, folder):
        self.collector = Collector()
        self.planted = Planted(folder, self.collector.url)
        self.said, self.answers = {}, []
        self.gateway = Gateway(self.planted.services, self.planted.gateway, wait_for=["shared"], env=self.planted.variables)
        try:
            self.drive_clients()
            for service in ("shared", "session", "owned"):
                self.drive_child(service)
            self.drive_strangers()
            self.look()
            self.gateway.stop()
        except BaseException:
            self.gateway.kill()
            raise
        self.said["log as JSON"] = "\n".join(json.dumps(event, ensure_ascii=False) for event in self.gateway.log.events)
        self.said["log as text"] = (folder / "log.txt").read_text()
        self.said["spans"] = "\n".join(self.collector.spans)
        self.run_commands(folder)

    def stop(self):
        self.planted.stop()
        self.collector.stop()

    def hear(self, where, response):
        self.said.setdefault(where, "")
        self.said[where] += f"{response.status} {response.headers} {response.body.decode()}\n"

    def drive_clients(self):
        """Each token is let in; what is wrong with a request is told."""
        for place in TOKENS:
            client = self.gateway.http("shared", headers=self.planted.headers(place))
            client.initialize()
            for posted in (message("no/such/method", {}, id=1), message("tools/call", {}, id=2), b"{", b"[]",
                           call("no-such-tool")):
                self.hear("errors for clients", client.post(posted))
            self.hear("errors for clients", client.post(call("echo"), headers={"Mcp-Session-Id": "none"}))
            self.hear("errors for clients", client.get(headers={"Accept": "text/html"}))

    def drive_child(self, service):
        """It says each of its secrets on stderr and on stdout, in long lines too, and dies."""
        client = self.gateway.http(service, headers=self.planted.headers())
        client.initialize()
        secrets = self.planted.of(service)
        pid = json.loads(client.text("pid"))["pid"]
        self.answers.append((service, client.text("env") + Path("/proc", str(pid), "cmdline").read_text()))
        for secret in secrets.values():
            for text in (f"cannot use {secret}!", json.dumps({"key": secret}), f"two\n{secret}\nlines", secret + secret,
                         "x" * 20_000 + secret):
                client.text("stderr", {"text": text})
                client.begin(call("raw_line", {"line": "noise " + text.replace("\n", " ")}, id=client.next_id()))
            client.text("noise", {"lines": 1})
        client.call("die", {"signal": signal.SIGKILL})
        self.gateway.wait_for("child.exit", server=service)

    def drive_strangers(self):
        self.gateway.wait_for("child.crash_loop", server="broken")
        self.hear("errors for clients", self.gateway.http("broken", headers=self.planted.headers()).post(initialize()))
        secrets = self.planted.secrets
        for token in (secrets["token"][:-1], secrets["token"] + "x", secrets["introspection"], secrets["admin token"], "opaque"):
            for path in ("/shared/mcp", "/health", "/nowhere"):
                connection = Connection(self.gateway.port)
                connection.send_request("GET", f"{path}?token={secrets['token']}", {"Authorization": "Bearer " + token})
                self.hear("errors for strangers", connection.read_response())
                connection.close()
        self.planted.issuer.is_away = True
        self.hear("errors for strangers", self.gateway.http("shared", headers={"Authorization": "Bearer opaque-2"}).post(initialize()))

    def look(self):
        """All pages, and what the machine shows of the process."""
        signed = {"Authorization": "Bearer " + self.planted.secrets["admin token"]}
        for path in ("/", "/health", "/metrics", "/version", "/api/status", "/api/log?lines=1000", "/api/services/shared/tools",
                     "/nowhere"):
            connection = Connection(self.gateway.ports["admin"])
            connection.send_request("GET", path, signed)
            self.hear("pages of the admin listener", connection.read_response())
            connection.close()
        connection = Connection(self.gateway.ports["admin"])
        connection.send_request("GET", "/api/events")
        self.said["events of the admin listener"] = str(connection.read_response().stream.next_block())
        connection.close()
        for service in ("", "/shared", "/owned", "/broken"):
            client = self.gateway.http(headers=self.planted.headers(), path=service + "/health")
            connection = client.connect()
            connection.send_request("GET", client.path, client.headers)
            self.hear("health", connection.read_response())
        for verb in (["status"], ["status", "--json"], ["health"]):
            self.said[" ".join(verb)] = said_by(*verb, str(self.gateway.ports["admin"]))
        self.said["command line"] = Path("/proc", str(self.gateway.process.pid), "cmdline").read_text()
        self.gateway.wait_for("traces.export", timeout=10 + TIMEOUT)  # spans wait at most ten seconds for others

    def run_commands(self, folder):
        """On the same file, which is right, and on one with mistakes."""
        file = {"gateway": self.planted.gateway, "mcpServers": self.planted.services}
        shared = {**self.planted.services["shared"], "env": [self.planted.secrets["env"]], "args": "${FOR_ARGUMENTS}"}
        wrong = {"gateway": {**self.planted.gateway, "admin_token": {"token": self.planted.secrets["admin token"]}, "lisen": 1},
                 "mcpServers": {"shared": shared}}
        for name, content in (("right", file), ("wrong", wrong)):
            (folder / f"{name}.json").write_text(json.dumps(content))
            for verb in (["check"], ["check", "--connect"], ["check", "--as", "ann"], ["lock", "--lock-file", str(folder / "lock")]):
                said = said_by(*verb, str(folder / f"{name}.json"), **self.planted.variables)
                self.said[f"{' '.join(verb)} of a file that is {name}"] = said


@pytest.fixture(scope="module")
def driven(tmp_path_factory):
    made = Driven(tmp_path_factory.mktemp("canaries"))
    yield made
    made.stop()


def test_the_secrets_are_where_they_are_needed(driven):
    """And the check finds them."""
    for service, answer in driven.answers:
        assert set(driven.planted.found_in(answer)) == set(driven.planted.of(service))
    assert driven.collector.shown == {"Bearer " + driven.planted.secrets["collector"]}
    asked = [authorization for path, _, authorization in driven.planted.issuer.asked if path == "/ask"]
    assert asked and "introspection" in driven.planted.found_in(" ".join(asked))
    assert {event["principal"] for event in driven.gateway.events("request.done") if "principal" in event} == {"ann", "bob", "cid", "dan"}


def test_everything_that_was_meant_to_happen_did(driven):
    for event in ("child.stderr", "child.noise", "child.exit", "child.crash_loop", "auth.denied", "audit.auth", "audit.call"):
        assert driven.gateway.events(event), event
    assert driven.gateway.events("auth.source", level="error")
    assert all(said.strip() for said in driven.said.values())
    assert "***" in driven.said["log as JSON"] and "***" in driven.said["log as text"]


def test_no_secret_is_in_anything_the_gateway_says(driven):
    assert {where: found for where, said in driven.said.items() if (found := driven.planted.found_in(said))} == {}


def test_no_part_of_a_secret_is_left_where_a_line_was_cut(start_gateway):
    """The lines before the end of a child are shown as far as they go."""
    secret = "correct-horse-battery-staple"
    gateway = start_gateway({"chaos": chaos(env={"OWN": secret})})
    client = gateway.http("chaos")
    client.initialize()
    for length in (472, 480, 490):
        client.text("stderr", {"text": "x" * length + secret})
    client.call("die", {"signal": signal.SIGKILL})
    assert secret[:6] not in gateway.wait_for("child.exit")["stderr_tail"]
