"""What stands behind the services: real databases, a real Prometheus, a web page; stand-ins for GitHub, n8n and Grafana.

Each is started on a free port of 127.0.0.1 and keeps that port when it is stopped and started again.
"""
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from waiting import free_port, wait_until

HERE = Path(__file__).resolve().parent
SERVICES = HERE.parents[1] / "services"
CACHE = Path(os.environ.get("SERVICES_CACHE") or HERE / ".cache").resolve()
POSTGRES_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
PATIENCE = 120  # seconds, on a busy machine


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Backend:
    """A server process on a port of its own. Subclasses say in `begin` how it is started and `is_ready`."""

    def __init__(self):
        self.port = free_port()
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *problem):
        self.stop()

    def start(self):
        self.process = self.begin()
        try:
            wait_until(self.is_ready, f"{type(self).__name__} on port {self.port}")
        except BaseException:
            self.stop()
            raise

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # to PostgreSQL: do not wait for clients
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        if self.process:
            self.process.wait()
        self.process = None

    def is_ready(self):
        assert self.process.poll() is None, f"{type(self).__name__} ended with {self.process.returncode}: {self.log()}"
        return accepts(self.port)

    def log(self):
        return ""


class PostgreSQL(Backend):
    """Debian's PostgreSQL on a data folder that lives as long as this object. The superuser is `postgres`."""

    def __init__(self):
        super().__init__()
        self.password = secrets.token_hex(16)
        self.folder = Path(tempfile.mkdtemp(prefix="services-postgres-"))
        # PostgreSQL refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user)
        secret = self.folder / "password"
        secret.write_text(self.password)
        self.run(POSTGRES_PROGRAMS / "initdb", "-D", self.folder / "data", "-U", "postgres", "--pwfile", secret,
                 "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def command(self, *arguments):
        as_user = ["setpriv", f"--reuid={self.user}", f"--regid={pwd.getpwnam(self.user).pw_gid}", "--clear-groups"]
        return [*(as_user if self.user else []), *map(str, arguments)]

    def run(self, *arguments):
        subprocess.run(self.command(*arguments), check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def begin(self):
        options = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off",
                   "max_connections": 60}
        with open(self.folder / "log", "ab") as log:
            return subprocess.Popen(
                self.command(POSTGRES_PROGRAMS / "postgres", "-D", self.folder / "data",
                             *(part for name, value in options.items() for part in ("-c", f"{name}={value}"))),
                cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def is_ready(self):
        return super().is_ready() and self.psql("SELECT 1", check=False).returncode == 0

    def psql(self, sql, database="postgres", check=True):
        """Runs SQL as the superuser."""
        environment = {"PATH": os.environ["PATH"], "PGPASSWORD": self.password, "PGCONNECT_TIMEOUT": "60"}
        return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.port),
                               "-U", "postgres", "-d", database, "-c", sql], env=environment, check=check,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def make_database(self, name):
        """A database with an owner of the same name. The owner's password."""
        password = secrets.token_hex(16)
        self.psql(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        self.psql(f"CREATE DATABASE {name} OWNER {name}")
        return password

    def log(self):
        return (self.folder / "log").read_text(errors="replace")[-2000:]

    def __exit__(self, *problem):
        super().__exit__(*problem)
        shutil.rmtree(self.folder, ignore_errors=True)


class TimescaleDB(Backend):
    """TimescaleDB compiled to WebAssembly (setup.sh). One client at a time; what is in it outlives a stop."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="services-timescaledb-"))
        self.ready = threading.Event()

    def begin(self):
        self.ready.clear()
        # Node finds packages from the script's own folder, so the script runs from beside its node_modules.
        script = shutil.copy(HERE / "database" / "timescaledb.mjs", CACHE / "database")
        process = subprocess.Popen(["node", script, self.folder / "data", str(self.port)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        threading.Thread(target=self.read, args=(process.stdout,), daemon=True).start()
        return process

    def read(self, output):
        for line in output:
            if line == "listening\n":
                self.ready.set()

    def is_ready(self):
        assert self.process.poll() is None, f"TimescaleDB ended with {self.process.returncode}"
        return self.ready.is_set()  # asking the port would take its only connection

    def stop(self):
        if self.process:
            self.process.stdin.close()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        super().stop()

    def __exit__(self, *problem):
        super().__exit__(*problem)
        shutil.rmtree(self.folder, ignore_errors=True)


class Prometheus(Backend):
    """Debian's Prometheus. `scrape` gives it something to look at, also while it runs."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder
        self.targets = folder / "targets.json"
        self.targets.write_text("[]")
        self.configuration = folder / "prometheus.yml"
        self.configuration.write_text(json.dumps({
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "mcp-gateway", "file_sd_configs": [{"files": [str(self.targets)]}]}],
        }))

    def begin(self):
        with open(self.folder / "prometheus.log", "ab") as log:
            return subprocess.Popen(
                ["prometheus", f"--config.file={self.configuration}", f"--storage.tsdb.path={self.folder / 'data'}",
                 f"--web.listen-address=127.0.0.1:{self.port}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def is_ready(self):
        if not super().is_ready():
            return False
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/-/ready", timeout=PATIENCE) as answer:
                return answer.status == 200
        except OSError:
            return False

    def scrape(self, port):
        """Scrapes 127.0.0.1:port from now on, and returns when it has."""
        new = self.targets.with_suffix(".new")
        new.write_text(json.dumps([{"targets": [f"127.0.0.1:{port}"]}]))
        new.rename(self.targets)
        wait_until(lambda: self.query("up == 1"), f"Prometheus scraping port {port}")

    def query(self, expression):
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/query?{query}", timeout=PATIENCE) as answer:
            return json.load(answer)["data"]["result"]

    def log(self):
        return (self.folder / "prometheus.log").read_text(errors="replace")[-2000:]


class Web:
    """An HTTP server in this process. `answer(method, path, headers)` gives (status, content type, text) for a request."""

    def __init__(self, answer):
        self.answer = answer
        self.port = free_port()
        self.server = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *problem):
        self.stop()

    def start(self):
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, content_type, text = web.answer(self.command, self.path, self.headers, body)
                payload = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(payload)))
                self.send_header("Connection", "close")  # so that a stop is one for clients that keep connections, too
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_PUT = do_DELETE = reply

            def log_message(self, *_arguments):
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda request, address: None  # a client that hangs up is no news
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
        self.server = None


def in_json(value, status=200):
    return status, "application/json", json.dumps(value)
