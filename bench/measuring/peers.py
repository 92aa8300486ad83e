"""The programs of others that do the same, each pinned, with the fastest settings it offers for the same work.

They are built only when asked, into .cache/bench-peers/. One that cannot be built is listed with the reason.
"""

import json
import os
import secrets
import shlex
import subprocess
import sys
from pathlib import Path

from .programs import Program

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "bench-peers"


class BuildFailed(Exception):
    pass


def build_step(*command, **environment):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env={**os.environ, **environment})
    if done.returncode == 0:
        return
    print(done.stderr or done.stdout, file=sys.stderr)
    # The reason is published: what names places of this machine or of its network is left out.
    reasons = [line.strip() for line in done.stderr.splitlines() if line.strip() and "/" not in line]
    raise BuildFailed(reasons[-1] if reasons else f"{Path(command[0]).name} ended with {done.returncode}")


class Peer(Program):
    version = ""
    source = ""  # where it comes from, for the list of peers
    settings = ""  # how it is started

    def __init__(self):
        self.folder = CACHE / f"{self.name}-{self.version}"
        self.problem = None  # why it is not measured

    def ready(self):
        """True when it can be started; builds it when it is not there yet."""
        try:
            if not self.program().exists():
                print(f"building {self.title} {self.version} ...", file=sys.stderr)
                self.folder.mkdir(parents=True, exist_ok=True)
                self.build()
        except BuildFailed as why:
            self.problem = f"does not build here: {why}"
        except FileNotFoundError as missing:
            self.problem = f"does not build here: there is no {missing.filename}"
        return self.problem is None

    def program(self):
        """The file that is there when it is built."""
        raise NotImplementedError

    def build(self):
        raise NotImplementedError

    def path(self, launch):
        return "/sse" if launch.transport == "sse" else "/mcp"


class RustMcpProxy(Peer):
    name, title = "rust-mcp-proxy", "Rust mcp-proxy"
    version, source = "0.6.0", "crate mcp-proxy (joshrotenberg)"
    settings = "built with `--no-default-features --features metrics`, log level error; serves no SSE"
    transports = ("http",)
    serves_many = True
    tool_prefix = "echo0/"

    def program(self):
        return self.folder / "bin" / "mcp-proxy"

    def build(self):
        build_step("cargo", "install", f"mcp-proxy@{self.version}", "--locked", "--root", self.folder,
                   "--no-default-features", "--features", "metrics", CARGO_TARGET_DIR=str(self.folder / "target"))

    def path(self, launch):
        return "/"

    def command(self, launch):
        command, *arguments = launch.command_line()
        backends = "".join(
            f"[[backends]]\nname = {json.dumps(name)}\ntransport = \"stdio\"\n"
            f"command = {json.dumps(command)}\nargs = {json.dumps(arguments)}\n\n" for name in launch.names())
        config = launch.write("proxy.toml", f"""\
[proxy]
name = "bench"
separator = "/"
[proxy.listen]
host = "127.0.0.1"
port = {launch.port}
[observability]
log_level = "error"

{backends}""")
        return [self.program(), "--config", config]


class TbxarkMcpProxy(Peer):
    """Where the module proxy refuses it, its program can be put in place by hand, built from this commit."""

    name, title = "tbxark-mcp-proxy", "TBXark mcp-proxy (Go)"
    version, source = "v0.43.3-0.20260219072412-4f78891f47eb", "Go module github.com/tbxark/mcp-proxy"
    settings = "`logEnabled: false`; its Streamable HTTP knows no sessions"
    serves_many = True

    def program(self):
        return self.folder / "mcp-proxy"

    def build(self):
        build_step("go", "install", f"github.com/tbxark/mcp-proxy@{self.version}", GOBIN=str(self.folder))

    def path(self, launch):
        return f"/{launch.names()[-1]}/{'sse' if launch.transport == 'sse' else ''}"

    def command(self, launch):
        command, *arguments = launch.command_line()
        config = launch.write("tbxark.json", json.dumps({
            "mcpProxy": {"baseURL": f"http://127.0.0.1:{launch.port}", "addr": f"127.0.0.1:{launch.port}",
                         "name": "bench", "version": "1", "options": {"logEnabled": False},
                         "type": "sse" if launch.transport == "sse" else "streamable-http"},
            "mcpServers": {name: {"command": command, "args": arguments} for name in launch.names()},
        }))
        return [self.program(), "--config", config]


class NpmPeer(Peer):
    package = main = ""

    def program(self):
        return self.folder / "node_modules" / self.package / self.main

    def build(self):
        build_step("npm", "install", "--prefix", self.folder, "--ignore-scripts", "--no-audit", "--no-fund",
                   f"{self.package}@{self.version}")


class NpmMcpProxy(NpmPeer):
    name, title = "npm-mcp-proxy", "npm mcp-proxy (Node)"
    package, main, version = "mcp-proxy", "dist/bin/mcp-proxy.mjs", "6.7.19"
    source = "npm mcp-proxy (punkpeye)"
    settings = "`--no-eventStore`"
    transports = ("sse", "http", "stateless")

    def command(self, launch):
        server = "sse" if launch.transport == "sse" else "stream"
        return ["node", self.program(), "--host", "127.0.0.1", "--port", str(launch.port), "--server", server,
                "--no-eventStore", "--", *launch.child]


class Supergateway(NpmPeer):
    name, title = "supergateway", "supergateway (Node)"
    package, main, version = "supergateway", "dist/index.js", "4.0.0"
    source = "npm supergateway"
    settings = "`--logLevel none`; Streamable HTTP with `--stateful`, two processes a session"

    def command(self, launch):
        out = [] if launch.transport == "sse" else ["--outputTransport", "streamableHttp", "--stateful"]
        return ["node", self.program(), "--port", str(launch.port), "--logLevel", "none", *out,
                "--stdio", shlex.join(launch.command_line())]


class PypiPeer(Peer):
    package = main = ""

    def program(self):
        return self.folder / "bin" / self.main

    def build(self):
        build_step(sys.executable, "-m", "venv", self.folder)
        build_step(self.folder / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check",
                   f"{self.package}=={self.version}")


class PypiMcpProxy(PypiPeer):
    name, title = "pypi-mcp-proxy", "PyPI mcp-proxy (Python)"
    package, main, version = "mcp-proxy", "mcp-proxy", "0.13.0"
    source = "PyPI mcp-proxy (sparfenyuk)"
    settings = "`--log-level ERROR`"

    def command(self, launch):
        return [self.program(), "--host", "127.0.0.1", "--port", str(launch.port), "--log-level", "ERROR",
                "--", *launch.child]


class FastMcpProxy(PypiPeer):
    """Its command has no option for the child's era, and a child is asked in the era of the client: hence a script."""

    name, title = "fastmcp", "FastMCP's proxy (Python)"
    package, main, version = "fastmcp", "fastmcp", "4.2.3"
    source = "PyPI fastmcp"
    settings = "`create_proxy` with `mode=\"legacy\"`, log level ERROR"
    transports = ("sse", "http", "stateless")
    SCRIPT = """\
import sys

from fastmcp.client.transports import StdioTransport
from fastmcp.server import create_proxy

transport, port, command, *arguments = sys.argv[1:]
proxy = create_proxy(StdioTransport(command, arguments), name="bench", mode="legacy")
proxy.run(transport=transport, host="127.0.0.1", port=int(port), show_banner=False, log_level="ERROR")
"""

    def command(self, launch):
        transport = "sse" if launch.transport == "sse" else "http"
        script = launch.write("proxy.py", self.SCRIPT)
        return [self.folder / "bin" / "python", script, transport, str(launch.port), *launch.command_line()]


class ContextForge(PypiPeer):
    """The part of it that starts a stdio server. In front of it the package has a registry with a database, which
    reaches such servers through this bridge."""

    name, title = "contextforge", "ContextForge's bridge (Python)"
    package, main, version = "mcp-contextforge-gateway", "mcpgateway", "1.0.7.post20260921"
    source = "PyPI mcp-contextforge-gateway (IBM)"
    settings = "`python -m mcpgateway.translate`, log level error"

    def command(self, launch):
        # It refuses to start without secrets, which nothing here uses.
        secrets_of_run = [f"{name}={secrets.token_urlsafe(48)}" for name in (
            "JWT_SECRET_KEY", "AUTH_ENCRYPTION_SECRET", "BASIC_AUTH_PASSWORD", "PLATFORM_ADMIN_PASSWORD",
            "DEFAULT_USER_PASSWORD")]
        expose = "--expose-sse" if launch.transport == "sse" else "--expose-streamable-http"
        return ["env", *secrets_of_run, f"DATABASE_URL=sqlite:///{launch.folder}/mcp.db",
                self.folder / "bin" / "python", "-m", "mcpgateway.translate", "--stdio", shlex.join(launch.command_line()),
                expose, "--host", "127.0.0.1", "--port", str(launch.port), "--logLevel", "error"]


def all_peers():
    return [RustMcpProxy(), TbxarkMcpProxy(), NpmMcpProxy(), Supergateway(), PypiMcpProxy(), FastMcpProxy(),
            ContextForge()]
