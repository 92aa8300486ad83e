"""Where the real programs are that setup.sh installed, and how each is started."""

import json
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
REPOSITORY = HERE.parent.parent
CACHE = Path(os.environ.get("INTEROP_CACHE") or HERE / ".cache").resolve()
GATEWAY = Path(os.environ.get("MCP_GATEWAY") or REPOSITORY / "build" / "mcp-gateway").resolve()

CLIENT_MODULES = CACHE / "clients" / "node_modules"
SERVICES = REPOSITORY / "services"
SERVER_FOLDERS = {"server-everything": "everything", "server-filesystem": "filesystem", "server-memory": "memory/file"}


def missing_parts():
    """The parts of setup.sh that were never installed, by name."""
    folders = [("clients", CACHE / "clients"), ("fetch", SERVICES / "fetch" / ".venv")]
    folders += [(name, CACHE / f"venv-{name}") for name in ("mcp1", "mcp2", "litellm")]
    folders += [("services", SERVICES / folder / "node_modules") for folder in SERVER_FOLDERS.values()]
    return sorted({name for name, folder in folders if not (folder / ".stamp").is_file()})


def client_node():
    """The Node that runs the clients. Two of them need a newer one than Debian 12 has, so npm brings its own."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), "")
    pinned = CLIENT_MODULES / f"node-linux-{machine}" / "bin" / "node"
    return str(pinned) if pinned.is_file() else shutil.which("node")


def server_node():
    """The Node that runs the servers: the machine's own, as a user has it."""
    return shutil.which("node")


def node_server(package, *arguments, **environment):
    """A `mcpServers` entry for one of the official Node servers."""
    program = SERVICES / SERVER_FOLDERS[package] / "node_modules" / "@modelcontextprotocol" / package / "dist" / "index.js"
    entry = {"command": server_node(), "args": [str(program), *map(str, arguments)]}
    return entry | ({"env": environment} if environment else {})


def fetch_server():
    """A `mcpServers` entry for mcp-server-fetch, allowed to fetch from this machine.

    With a Node on its PATH, its HTML extractor may run `npm install` at the first call: it gets a PATH without one.
    """
    program = SERVICES / "fetch" / ".venv" / "bin" / "mcp-server-fetch"
    return {"command": str(program), "args": ["--allow-private-ips"], "env": {"PATH": str(program.parent)}}


def environment(home):
    """An environment for a client program: no proxy, no settings of the person who runs the tests."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TZ") if name in os.environ}
    return kept | {"HOME": str(home), "NO_COLOR": "1"}


@dataclass(frozen=True)
class Client:
    """A real MCP client: a program of node/ or python/ with one SDK and one transport."""

    name: str
    command: tuple = field(repr=False)
    transport: str = "http"  # "sse" or "http"
    refuses_large_events: bool = False

    def __str__(self):
        return self.name

    def start(self, url, check, parameters=None, *, home):
        """Starts one check and returns the process."""
        command = [*self.command, self.transport, url, check, json.dumps(parameters or {})]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env=environment(home), cwd=home)

    def run(self, url, check, parameters=None, *, home, timeout=600):
        """Runs one check to its end and returns its findings; a client that does not end by itself is a failure."""
        with self.start(url, check, parameters, home=home) as process:
            try:
                output, errors = process.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                output, errors = process.communicate()
                errors += f"\nkilled after {timeout} s"
        transcript = f"{self.name} {check} ended with {process.returncode}\n{output[-4000:]}\n{errors[-4000:]}"
        assert process.returncode == 0, transcript
        return json.loads(output)


def clients():
    """All eight: four SDKs, each over both transports."""
    # Node resolves packages from the script's own folder, so the scripts run from beside their node_modules.
    node_script = CACHE / "clients" / "client.mjs"
    found = []
    for transport, label in (("sse", "SSE"), ("http", "Streamable HTTP")):
        for generation, sdk in (("v1", "TypeScript SDK 1"), ("v2", "TypeScript client 2")):
            found.append(Client(f"{sdk} over {label}", (client_node(), str(node_script), generation), transport))
        for version in ("1", "2"):
            python = CACHE / f"venv-mcp{version}" / "bin" / "python"
            command = (str(python), str(HERE / "python" / "client.py"))
            found.append(Client(f"Python mcp {version} over {label}", command, transport, refuses_large_events=version == "2"))
    return found


def put_node_scripts_beside_their_modules():
    for script in (HERE / "node").glob("*.mjs"):
        shutil.copyfile(script, CACHE / "clients" / script.name)
