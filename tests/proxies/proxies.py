"""The real proxies on the files of deploy/proxies, with a certificate of our own.

    with Nginx({"main": 8080, "stripped": 8081, "kept": 8082}, folder) as proxy:
        proxy.connect()           # a TLS connection to it
        proxy.access_log()        # what it has written of requests so far

Only what is different on every machine is replaced in such a file: addresses, paths, the user. That each of these texts
is there is asserted, so the tests run what is shipped. `edits` replaces more, for tests that want it otherwise.
"""
import getpass
import os
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

from wire import TIMEOUT, Connection

HERE = Path(__file__).resolve().parent
SHIPPED = HERE.parents[1] / "deploy" / "proxies"
CACHE = Path(os.environ.get("PROXIES_CACHE", HERE / ".cache"))
UNPACKED = CACHE / "debian"
NAME = "mcp.example.com"
SHIPPED_PORTS = {"main": "127.0.0.1:8080", "stripped": "127.0.0.1:8081", "kept": "127.0.0.1:8082"}
PREFIXES = {"main": "", "stripped": "/team-a", "kept": "/team-b"}


def debian_program(name):
    """A program of Debian's packages, as setup.sh unpacked it; elsewhere that of the PATH."""
    unpacked = UNPACKED / "usr" / "sbin" / name
    return str(unpacked) if UNPACKED.exists() else name


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Certificate:
    """A certificate for NAME that nobody signed, made once a run."""

    def __init__(self, folder):
        self.certificate, self.key, self.both = folder / "tls.crt", folder / "tls.key", folder / "tls.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "2", "-subj", "/CN=" + NAME, "-addext", "subjectAltName=DNS:" + NAME,
                        "-keyout", self.key, "-out", self.certificate], check=True, stderr=subprocess.DEVNULL)
        self.both.write_bytes(self.certificate.read_bytes() + self.key.read_bytes())
        self.trust = ssl.create_default_context(cafile=str(self.certificate))


class TlsConnection(Connection):
    """A connection of tests/system to a proxy: the same bytes, within TLS. `source` is the client's own address."""

    def __init__(self, port, trust, source="127.0.0.1"):
        self.socket = trust.wrap_socket(
            socket.create_connection(("127.0.0.1", port), TIMEOUT, source_address=(source, 0)), server_hostname=NAME)
        self.host = NAME
        self.buffer = bytearray()
        self.is_over = False

    def receive(self, deadline):
        """As that of Connection, without its select: that knows nothing of what TLS has read already, or keeps for itself."""
        if self.is_over:
            return False
        self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            data = self.socket.recv(1 << 20)
        finally:
            self.socket.settimeout(TIMEOUT)
        self.buffer += data
        self.is_over = not data
        return not self.is_over


class Proxy:
    """A running proxy in front of gateways: `ports` by the name of their place in the file."""

    shipped: str
    silence: tuple = ()  # the texts in the file that say how long the gateway may be silent

    def __init__(self, ports, certificate, folder, edits=()):
        self.certificate = certificate
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        text = (SHIPPED / self.shipped).read_text()
        replaced = {shipped: "127.0.0.1:%d" % ports.get(place, 1) for place, shipped in SHIPPED_PORTS.items()}
        for old, new in [*dict(edits).items(), *replaced.items(), *self.here().items()]:
            assert old in text, "%s has no %r" % (self.shipped, old)
            text = text.replace(old, new)
        self.config = folder / self.shipped
        self.config.write_text(text)
        self.output = folder / "output"
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            env={**os.environ, **self.environment()})
        try:
            self.wait_until_it_serves()
        except BaseException:
            self.stop()
            raise

    def here(self):
        """The texts that are different on this machine."""
        raise NotImplementedError

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    @classmethod
    def impatient(cls, seconds):
        """Edits that let it wait only so long for a gateway that is silent."""
        return {text: text.replace("1h", "%ds" % seconds) for text in cls.silence}

    def access_log(self):
        log = self.folder / "access.log"
        return log.read_text() if log.exists() else ""

    def url(self, place="main"):
        return "https://%s:%d%s" % (NAME, self.port, PREFIXES[place])

    def connect(self, source="127.0.0.1"):
        return TlsConnection(self.port, self.certificate.trust, source)

    def wait_until_it_serves(self):
        deadline = time.monotonic() + TIMEOUT
        while not self.serves():
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < deadline, "it does not serve: " + self.output.read_text()
            time.sleep(0.02)

    def serves(self):
        return is_open(self.port)

    def reload(self, edits):
        """Has it read its file anew, with these edits; open streams are not to notice."""
        text = self.config.read_text()
        for old, new in edits.items():
            assert old in text, "%s has no %r" % (self.shipped, old)
            text = text.replace(old, new)
        self.config.write_text(text)
        self.ask_to_reload()

    def ask_to_reload(self):
        raise NotImplementedError

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(TIMEOUT)
        finally:
            self.process.kill()

    def __enter__(self):
        return self

    def __exit__(self, *problem):
        self.stop()


class Nginx(Proxy):
    shipped = "nginx.conf"
    silence = ("proxy_read_timeout 1h;",)

    def here(self):
        return {
            "listen 443 ssl http2;": "listen 127.0.0.1:%d ssl http2;" % self.port,
            "listen [::]:443 ssl http2;": "",
            "/etc/nginx/tls/mcp.example.com.crt": str(self.certificate.certificate),
            "/etc/nginx/tls/mcp.example.com.key": str(self.certificate.key),
            "/var/log/nginx/mcp-gateway.log": str(self.folder / "access.log"),
        }

    def command(self):
        """The file belongs into the http block of the system's nginx.conf; this is one around it."""
        around = self.folder / "around.conf"
        places = "".join("%s_temp_path %s/%s;\n" % (kind, self.folder, kind)
                         for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        around.write_text("daemon off; worker_processes 1; user %s; pid %s/pid; error_log stderr;\nevents {}\nhttp {\n%s"
                          "include %s;\n}\n" % (getpass.getuser(), self.folder, places, self.config))
        return [debian_program("nginx"), "-c", str(around), "-e", "stderr"]

    def ask_to_reload(self):
        self.process.send_signal(signal.SIGHUP)


class HAProxy(Proxy):
    """As Debian's unit starts it: a master that tells systemd when it serves, and takes signals from then on."""

    shipped = "haproxy.cfg"
    silence = ("timeout client 1h", "timeout server 1h")

    def here(self):
        return {
            "bind :443": "bind 127.0.0.1:%d" % self.port,
            "/etc/haproxy/tls/mcp.example.com.pem": str(self.certificate.both),
            "log /dev/log local0": "log stdout format raw local0",
            "    chroot /var/lib/haproxy\n    user haproxy\n    group haproxy\n": "",
        }

    def command(self):
        return [debian_program("haproxy"), "-Ws", "-f", str(self.config)]

    def environment(self):
        self.notified = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notified.bind("\0tests-proxies-%d" % self.port)
        self.notified.setblocking(False)
        return {"LD_LIBRARY_PATH": ":".join(map(str, UNPACKED.glob("usr/lib/*-linux-gnu"))),
                "NOTIFY_SOCKET": "@tests-proxies-%d" % self.port}

    def serves(self):
        try:
            return b"READY=1" in self.notified.recv(1000)
        except BlockingIOError:
            return False

    def ask_to_reload(self):
        self.process.send_signal(signal.SIGUSR2)

    def stop(self):
        super().stop()
        self.notified.close()

    def access_log(self):
        return self.output.read_text()


class Caddy(Proxy):
    shipped = "Caddyfile"
    program = str(CACHE / "caddy" / "caddy")

    def here(self):
        self.admin = "127.0.0.1:%d" % free_port()
        return {
            "mcp.example.com {": "https://mcp.example.com:%d {\n\tbind 127.0.0.1\n\ttls %s %s" % (
                self.port, self.certificate.certificate, self.certificate.key),
            "/var/log/caddy/mcp-gateway.log": str(self.folder / "access.log"),
            "(mcp) {": "{\n\tadmin %s\n\tpersist_config off\n\tauto_https disable_redirects\n}\n\n(mcp) {" % self.admin,
        }

    def command(self):
        return [self.program, "run", "--config", str(self.config), "--adapter", "caddyfile"]

    def ask_to_reload(self):
        subprocess.run([self.program, "reload", "--address", self.admin, "--config", str(self.config), "--adapter", "caddyfile"],
                       env={**os.environ, **self.environment()}, capture_output=True, check=True)

    def environment(self):
        return {"HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}


PROXIES = [Nginx, HAProxy, Caddy]
