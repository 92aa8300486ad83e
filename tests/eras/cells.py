"""The cells of the matrix: which clients and children there are, and how a client is run against a child."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("ERAS_CACHE") or HERE / ".cache").resolve()
RECORDED = HERE / "recorded.json"

sys.path.insert(0, str(HERE.parent / "interop"))

from interoplib import programs  # noqa: E402: of that folder
from interoplib.gateway import Gateway  # noqa: E402

STEPS = ("tools", "call", "progress", "log", "subscribe", "list_changed", "sampling", "form", "url", "roots", "completion",
         "error", "cancel", "close")
ISOLATIONS = ("session", "shared")
SIDE_BY_SIDE = 4  # clients at a time; most of a cell is waiting for programs to start
LONGEST = 1800  # seconds for one program; more than all of its steps may take

# Every SDK wraps a message in its own way. These say the same; any other reason is recorded as it came.
PLAIN_REASONS = (
    (r"is not available: the client cannot be told apart here", "the gateway rejected the server's question to the client"),
    (r"Client does not support (form|url) elicitation|needs a capability the client lacks",
     "the server asked nothing, as it was not told of the client's capabilities"),
    (r"unexpected end of JSON input", "this SDK cannot read a `roots/list` without `params`, also without the gateway"),
)

# Node resolves packages from the script's own folder, so the scripts run from below their node_modules.
SCRIPTS = programs.CACHE / "clients" / "eras"


def python(version):
    return str(programs.CACHE / f"venv-mcp{version}" / "bin" / "python")


@dataclass(frozen=True)
class Client:
    """An SDK with a transport ("sse" or "http") and a mode: legacy, auto, or the revision it is pinned to."""

    sdk: str
    transport: str
    mode: str

    @property
    def name(self):
        return f"{self.sdk} {self.mode} {self.transport}"

    def command(self):
        if self.sdk.startswith("typescript"):
            return [programs.client_node(), str(SCRIPTS / f"{self.sdk}.mjs")]
        if self.sdk.startswith("python"):
            return [python(self.sdk[-1]), str(HERE / "clients" / f"{self.sdk}.py")]
        return [str(CACHE / "client" / "eras-client")]

    def run(self, url, home):
        """The outcome of every step, see README.md."""
        command = [*self.command(), url, self.transport, self.mode]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=programs.environment(home), cwd=home) as process:
            try:
                output, errors = process.communicate(timeout=LONGEST)
                problem = f"no: the program ended with {process.returncode}" if process.returncode else None
            except subprocess.TimeoutExpired:
                process.kill()
                output, errors = process.communicate()
                problem = "no: the program did not end"
        found = _merged(output)
        if problem:
            print(f"{self.name} at {url}: {problem}\n{errors[-4000:]}", file=sys.stderr)
            found = {"connect": problem} | found | {"close": problem}
        return found


def _merged(output):
    found = {}
    for line in output.splitlines():
        found |= json.loads(line)
    return found


CLIENTS = tuple(Client(sdk, transport, mode) for sdk, transports_of_mode in (
    ("typescript1", {"legacy": ("sse", "http")}),
    ("typescript2", {"legacy": ("sse", "http"), "auto": ("sse", "http"), "2026-07-28": ("http",)}),
    ("python1", {"legacy": ("sse", "http")}),
    ("python2", {"legacy": ("sse", "http"), "auto": ("sse", "http"), "2026-07-28": ("http",)}),
    ("go", {"legacy": ("sse", "http"), "auto": ("sse", "http")}),
) for mode, transports in transports_of_mode.items() for transport in transports)

CHILDREN = {
    "legacy": {"command": programs.client_node(), "args": [str(SCRIPTS / "legacy.mjs")]},
    "dual": {"command": python(2), "args": [str(HERE / "children" / "dual.py")]},
    "modern": {"command": programs.client_node(), "args": [str(SCRIPTS / "modern.mjs")]},
}


def missing():
    """What setup.sh has not installed or built."""
    needed = [programs.CACHE / "clients" / ".stamp", CACHE / "client" / ".stamp"]
    needed += [programs.CACHE / f"venv-mcp{version}" / ".stamp" for version in (1, 2)]
    return [str(path.parent) for path in needed if not path.is_file()]


def put_scripts_below_their_modules():
    SCRIPTS.mkdir(exist_ok=True)
    for folder in ("clients", "children"):
        for script in (HERE / folder).glob("*.mjs"):
            shutil.copyfile(script, SCRIPTS / script.name)


def services(folder):
    """Each child once for each isolation. The gateway finds out what it speaks.

    One that nobody needs any more ends soon, as `cancel` waits for it.
    """
    common = {"era": "auto", "env": {"ERAS_FOLDER": str(folder)}, "stop": {"stdin_grace": "500ms"}}
    return {f"{child}-{isolation}": entry | common | {"isolation": isolation}
            for child, entry in CHILDREN.items() for isolation in ISOLATIONS}


def run_client(client):
    """The outcomes of one client by child and isolation: with a gateway of its own, and so with children of its own."""
    with tempfile.TemporaryDirectory(prefix="eras-") as folder:
        with Gateway(services(folder), folder) as gateway:
            return {child: {isolation: client.run(gateway.url(f"{child}-{isolation}", client.transport), folder)
                            for isolation in ISOLATIONS} for child in CHILDREN}


def run_all(clients=CLIENTS):
    put_scripts_below_their_modules()
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return dict(zip((client.name for client in clients), pool.map(run_client, clients)))


def recorded():
    return json.loads(RECORDED.read_text())


def shortened(found):
    """A cell as it is recorded: what is not "yes", in the order of the steps, each with a reason that all SDKs share."""
    if found["connect"].startswith("no"):
        found = {"connect": found["connect"]}
    else:
        found = {"connect": found["connect"]} | {step: found.get(step, "no: no outcome") for step in STEPS}
    return {step: _with_plain_reason(outcome) for step, outcome in found.items() if outcome != "yes"}


def _with_plain_reason(outcome):
    word, _, reason = outcome.partition(": ")
    for pattern, plain in PLAIN_REASONS:
        if re.search(pattern, reason):
            return f"{word}: {plain}"
    return outcome.splitlines()[0]
