"""Varied load: what happens to a gateway in a month, in a minute, again and again until it is told to stop.

Each kind of visitor is a thread of its own. Visitors are refused, cut off and lose their service; that is what they are for, so
a visit that fails is only counted.
"""
import http.client
import math
import random
import ssl
import threading
import time

from clients import HttpClient, SseClient, call, cancelled, message
from wire import Connection

TOKENS = {"ann": "token-of-ann-" + "a" * 20, "bob": "token-of-bob-" + "b" * 20}
SOCIABLE = ("filesystem", "memory", "postgres", "fetch", "timescaledb")
TRACE = "4bf92f3577b34da6a3ce929d0e0e%04x"


def of(person, **more):
    return {"Authorization": "Bearer " + TOKENS[person], **more}


class Load:
    def __init__(self, gateway):
        self.gateway = gateway
        self.port = gateway.port
        self.stopping = threading.Event()
        self.visits = {}
        self.failed = {}
        self.threads = [threading.Thread(target=self.repeat, args=(kind, seed), daemon=True) for seed, kind in enumerate((
            self.long_streamable, self.long_streamable, self.long_sse, self.short_sessions, self.lists, self.queue, self.timeouts,
            self.crashes, self.nonsense, self.private, self.listener, self.intruder, self.saboteur, self.scanner, self.slow_reader,
            self.lost_session, self.unavailable, self.encrypted, self.operator))]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *problem):
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)

    def repeat(self, kind, seed):
        chance = random.Random(seed)
        while not self.stopping.is_set():
            self.visits[kind.__name__] = self.visits.get(kind.__name__, 0) + 1
            try:
                kind(chance)
            except (AssertionError, OSError, KeyError, ValueError, TypeError) as problem:
                self.failed[kind.__name__] = problem
            self.stopping.wait(0.05)

    def http(self, service, person="ann", **headers):
        return HttpClient(self.port, "/" + service, headers=of(person, **headers))

    def pause(self, chance):
        """Shorter and longer in turns, so that what is drawn of it moves."""
        tide = 1.2 + math.sin(time.monotonic() / 17)
        self.stopping.wait(chance.random() * 0.08 * tide)

    # --- visitors

    def one_call(self, client, service, chance):
        kind = chance.random()
        if service == "memory":
            client.call("echo", {"text": "x" * chance.randrange(2000)})
        elif kind < 0.6:
            client.call("slow", {"ms": int(chance.lognormvariate(3, 0.8))})
        elif kind < 0.8:
            client.call("echo", {"text": "y" * chance.randrange(20000)})
        elif kind < 0.86:
            client.call("is_error", {"text": "no such file"})
        elif kind < 0.9:
            client.call("rpc_error", {"code": chance.choice((-32602, -32603)), "message": "it is broken"})
        elif kind < 0.94:
            client.call("log", {"level": "info", "text": "hello"})
        elif kind < 0.97:
            client.call("stderr", {"lines": 3, "text": "warning: \x1b[31mred\x1b[0m \"quoted\" \\ \u00e9"})
        else:
            client.call("big", {"bytes": 200_000})

    def long_streamable(self, chance):
        service = chance.choice(SOCIABLE)
        trace = TRACE % chance.randrange(65536)
        with self.http(service, traceparent=f"00-{trace}-00f067aa0ba902b7-01") as client:
            client.initialize()
            for _ in range(40):
                self.one_call(client, service, chance)
                self.pause(chance)
            client.delete()

    def long_sse(self, chance):
        service = chance.choice(SOCIABLE)
        with SseClient(self.port, "/" + service, headers=of("bob")) as client:
            client.initialize()
            for _ in range(30):
                self.one_call(client, service, chance)
                self.pause(chance)

    def short_sessions(self, chance):
        with self.http(chance.choice(SOCIABLE), "bob") as client:
            client.initialize()
            client.call("echo", {"text": "hello"})
            client.delete()

    def lists(self, chance):
        with self.http("filesystem") as client:
            client.initialize()
            for method in ("tools/list", "resources/list", "prompts/list", "ping", "tools/list"):
                client.request(method)
            client.post(message("notifications/roots/list_changed"))
            if chance.random() < 0.2:
                client.call("change_tools")
            client.delete()
        self.stopping.wait(0.2)

    def queue(self, chance):
        """More calls at once than the service takes, so that they wait, and more than may wait."""
        with self.http("postgres") as client:
            client.initialize()
            waiting = [client.begin(call("slow", {"ms": 15}, id=number)) for number in range(7)]
            client.post(cancelled(6))
            for connection in waiting:
                connection.read_response()
            client.delete()
        self.stopping.wait(1)

    def timeouts(self, chance):
        with self.http("fetch") as client:
            client.initialize()
            client.call("hang")
            client.delete()
        self.stopping.wait(1)

    def crashes(self, chance):
        with self.http("github") as client:
            client.initialize()
            for _ in range(chance.randrange(5, 40)):
                client.call("echo", {"n": 1})
                self.pause(chance)
            client.call("die", {"code": 3} if chance.random() < 0.5 else {"signal": 11})
            client.delete()
        self.stopping.wait(chance.random() * 6)

    def nonsense(self, chance):
        with self.http("filesystem", "bob") as client:
            client.initialize()
            client.call(chance.choice(("noise", "wrong_id", "twice")), {"lines": 2})
            client.delete()
        self.stopping.wait(0.5)

    def private(self, chance):
        with self.http("playwright") as client:
            client.initialize()
            client.call("slow", {"ms": 200})
            client.call("grow", {"bytes": 5_000_000})
            client.delete()
        self.stopping.wait(1)

    def listener(self, chance):
        """The stream a session may have beside its calls, until its client goes away."""
        with self.http("filesystem") as client:
            client.initialize()
            stream = client.get().stream
            client.call("update_resource", {"uri": "chaos://one"})
            self.stopping.wait(3)
            assert stream
            client.delete()

    def intruder(self, chance):
        client = HttpClient(self.port, "/filesystem", headers=chance.choice((
            {}, {"Authorization": "Bearer wrong-" + "w" * 20}, {"Authorization": "Basic eA=="},
            of("ann", Host="evil.example"), of("ann", Origin="https://evil.example"))))
        with client:
            client.post(message("tools/list", id=1))
        self.stopping.wait(0.3)

    def encrypted(self, chance):
        """Comes with TLS, with TLS but without knowing the authority, or knows nothing of TLS."""
        port = self.gateway.ports["memory"]
        connection = chance.choice((
            lambda: http.client.HTTPSConnection("127.0.0.1", port, context=ssl._create_unverified_context()),
            lambda: http.client.HTTPSConnection("127.0.0.1", port), lambda: http.client.HTTPConnection("127.0.0.1", port)))()
        try:
            connection.request("GET", "/health", headers=of("ann"))
            connection.getresponse().read()
        except (ssl.SSLError, http.client.HTTPException):
            pass  # as it should be
        finally:
            connection.close()
        self.stopping.wait(0.5)

    def operator(self, chance):
        """Changes the configuration, makes a mistake, and takes it back."""
        limits = {**self.gateway.config["limits"], "max_sessions": chance.randrange(10_000, 12_000)}
        self.gateway.reload(config={"limits": limits})
        self.stopping.wait(5)
        self.gateway.reload(config={"limits": {**limits, "max_sessions": 0}}, result="refused")
        self.stopping.wait(10)
        self.gateway.reload(config={"limits": limits}, result="unchanged")
        self.stopping.wait(15)

    def saboteur(self, chance):
        """Wants to restart a service, and has no right to."""
        connection = Connection(self.gateway.ports["admin"])
        connection.send_request("POST", "/api/services/filesystem/restart")
        connection.read_response()
        connection.close()
        self.stopping.wait(1)

    def scanner(self, chance):
        connection = Connection(self.port)
        connection.send(chance.choice((b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x00\xa5\x01\x00\r\n\r\n", b"GET /admin HTTP/1.1\r\n\r\n",
                                       b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n")))
        connection.read_response()
        connection.close()
        self.stopping.wait(0.4)

    def slow_reader(self, chance):
        """Asks for much and reads none of it."""
        client = SseClient(self.port, "/filesystem", headers=of("bob"), receive_buffer=4096)
        with client:
            client.post(message("initialize", {"protocolVersion": "2024-11-05", "capabilities": {},
                                               "clientInfo": {"name": "slow", "version": "1"}}, id=1))
            client.stream.answer(1)
            client.post(message("notifications/initialized"))
            for number in range(2, 8):
                client.post(call("big", {"bytes": 2_000_000}, id=number))
            self.stopping.wait(2)
        self.stopping.wait(2)

    def lost_session(self, chance):
        with self.http("filesystem", **{"Mcp-Session-Id": "0" * 32}) as client:
            client.post(message("tools/list", id=1))
        self.stopping.wait(0.5)

    def unavailable(self, chance):
        with self.http("n8n") as client:
            client.post(call("anything"))
        self.stopping.wait(0.5)
