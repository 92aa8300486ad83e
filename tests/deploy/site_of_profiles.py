"""A machine on which profiles are deployed: a configuration with profiles, a state folder, the names of the commands, and
HAProxy on the shipped file in front of the two instances of production.

    with Site(tmp_path) as site:
        site.run("mcp-server deploy --profile=staging")     # a command line as somebody types it
"""
import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

from gateway_under_test import ECHO, GATEWAY, chaos
from proxies import UNPACKED, debian_program
from waiting import free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = float(os.environ.get("DEPLOY_PATIENCE", "300"))  # of whatever a correct program does sooner
TOKENS = {name: "the-token-of-%s-0123456789" % name for name in ("staging", "production")}


class Site:
    def __init__(self, folder):
        self.folder, self.state = folder, folder / "state"
        self.ports = {}
        (folder / "profiles").mkdir()
        (folder / "bin").mkdir()
        for name in ("mcp-server", "load-balancer", "health-check"):
            (folder / "bin" / name).symlink_to(GATEWAY)
        (folder / "health-check").symlink_to(GATEWAY)
        self.services = {"chaos": chaos(required=True), "echo": {"command": ECHO, "expected_tools": ["echo"]}}
        self.write_base()
        for name in ("staging", "production", "production-primary", "production-secondary"):
            self.add_profile(name)
        self.env = {**os.environ, "PATH": "%s:%s" % (folder / "bin", os.environ["PATH"]), "HOME": str(folder),
                    "MCP_GATEWAY_STATE": str(self.state), "MCP_HAPROXY_SOCKET": str(folder / "haproxy.sock")}
        self.env.pop("MCP_ENV", None)
        self.haproxy = None

    def write_base(self):
        (self.folder / "gateway.json").write_text(json.dumps({"gateway": {"log": {"audit": True}}, "mcpServers": self.services}))

    def add_profile(self, name, **services):
        """Its ports stay what they are."""
        main, admin = self.ports.setdefault(name, (free_port(), free_port()))
        kind = name.partition("-")[0]
        (self.folder / "profiles" / (name + ".json")).write_text(json.dumps({
            "gateway": {"listen": "127.0.0.1:%d" % main, "admin_listen": "127.0.0.1:%d" % admin, "instance_id": name,
                        "drain_timeout": "1s", "auth": {"tokens": [{"name": kind, "token": TOKENS[kind]}]}},
            "mcpServers": services}))

    # --- command lines

    def run(self, line, expect=0, **env):
        """In a shell, in the folder of the configuration."""
        ran = subprocess.run(["bash", "-c", line], cwd=self.folder, env={**self.env, **env}, stdin=subprocess.DEVNULL,
                             capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert ran.returncode == expect, "%s: exit code %d\n%s%s" % (line, ran.returncode, ran.stdout, ran.stderr)
        return ran

    def start(self, line, **options):
        """The same, without waiting for it; the shell is replaced by the command."""
        return subprocess.Popen(["bash", "-c", "exec " + line], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)

    def book(self):
        file = self.state / "deployments.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines() if line.endswith("}")] if file.exists() else []

    def instances(self, profile):
        """Process ids and releases of what runs for it, guards aside."""
        found = {}
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                words = (process / "cmdline").read_bytes().decode().split("\0")
                begins = "%s/profiles/%s/releases/" % (self.state, profile)
                if len(words) > 3 and words[1] == "run" and words[3].startswith(begins):
                    if not (process / "comm").read_text().startswith("mcp-gw-guard"):
                        found[int(process.name)] = int(words[3][len(begins):].split("/")[0])
        return found

    # --- clients

    def post(self, port, method, params=None, token=TOKENS["production"], session=None, path="/chaos/mcp"):
        """Status, JSON and session id."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}).encode()
        headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json", "Accept": "application/json",
                   **({"Mcp-Session-Id": session} if session else {})}
        asked = urllib.request.Request("http://127.0.0.1:%d%s" % (port, path), body, headers)
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer), answer.headers.get("Mcp-Session-Id")
        except urllib.error.HTTPError as error:
            return error.code, None, None

    def call(self, port, tool, arguments=None, **options):
        return self.post(port, "tools/call", {"name": tool, "arguments": arguments or {}}, **options)

    def requests(self, profile):
        """How many the instance has answered."""
        with urllib.request.urlopen("http://127.0.0.1:%d/metrics" % self.ports[profile][1], timeout=PATIENCE) as page:
            lines = page.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("mcp_server_requests_total{"))

    @contextlib.contextmanager
    def traffic(self, *calls):
        """Calls (port, tool, arguments) again and again, until the end of the block."""
        over = threading.Event()

        def send():
            while not over.is_set():
                for port, tool, arguments in calls:
                    with contextlib.suppress(OSError):
                        self.call(port, tool, arguments)

        thread = threading.Thread(target=send)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    # --- HAProxy

    def start_haproxy(self):
        self.entry = free_port()
        text = (ROOT / "deploy" / "proxies" / "haproxy-two.cfg").read_text()
        for old, new in {
            "    chroot /var/lib/haproxy\n    user haproxy\n    group haproxy\n": "",
            "log /dev/log local0": "log stdout format raw local0",
            "/run/haproxy/admin.sock user haproxy group haproxy": str(self.folder / "haproxy.sock"),
            "bind :443 ssl crt /etc/haproxy/tls/mcp.example.com.pem alpn h2,http/1.1": "bind 127.0.0.1:%d" % self.entry,
            "127.0.0.1:3000": "127.0.0.1:%d" % self.ports["production-primary"][0],
            "127.0.0.1:3001": "127.0.0.1:%d" % self.ports["production-secondary"][0],
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        (self.folder / "haproxy.cfg").write_text(text)
        output = open(self.folder / "haproxy.log", "wb")  # noqa: SIM115: for as long as it runs
        libraries = ":".join(map(str, UNPACKED.glob("usr/lib/*-linux-gnu")))
        self.haproxy = subprocess.Popen([debian_program("haproxy"), "-db", "-f", self.folder / "haproxy.cfg"], stdout=output,
                                        stderr=output, env={**os.environ, "LD_LIBRARY_PATH": libraries})
        self.until_up("primary", "secondary")

    def weights(self):
        """What HAProxy says of its servers: name to weight, and whether it is up."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(str(self.folder / "haproxy.sock"))
            connection.sendall(b"show servers state mcp\n")
            said = b""
            while piece := connection.recv(65536):
                said += piece
        lines = [line.split() for line in said.decode().splitlines()]
        names = next(line[1:] for line in lines if line[:1] == ["#"])
        rows = [dict(zip(names, line)) for line in lines if len(line) >= len(names) and line[0] != "#"]
        return {row["srv_name"]: (int(row["srv_uweight"]), row["srv_op_state"] == "2") for row in rows}

    def until_up(self, *names):
        def are_up():
            with contextlib.suppress(OSError):
                states = self.weights()
                return all(states[name][1] for name in names)
            return False

        wait_until(are_up, "%s up in HAProxy" % ", ".join(names), PATIENCE)

    # --- the end

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        if self.haproxy:
            self.haproxy.kill()
            self.haproxy.wait()
        for profile in self.ports:
            for pid in self.instances(profile):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
