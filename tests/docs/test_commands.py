"""Commands of the documentation: those that can be run here are run, except for ports and secrets verbatim; the others are in
known.py with a reason; and every command line of mcp-gateway only has existing options."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from documents import ROOT, documents, words_of
from known import NOT_RUN

sys.path.insert(0, str(ROOT / "tests" / "system"))
from gateway_under_test import ECHO, GATEWAY  # noqa: E402: of the folder above
from waiting import free_port, wait_until  # noqa: E402

PRINTS = r"(build/)?mcp-gateway (check|schema|version)\b.*"
SERVES = r"(\w+=\S+ )?(build/)?mcp-gateway run\b.*"
ASKS = r"mcp-gateway (status|top|health)\b(?!.*https:).*|curl .*http://127\.0\.0\.1:(8080|9090)/.*"
COMMANDS = [command for document in documents() for command in document.commands()]


def that_are(pattern):
    found = [command for command in COMMANDS if re.fullmatch(pattern, command.text)]
    return pytest.mark.parametrize("command", found, ids=str)


# --- each command is known


def test_each_command_is_run_here_or_has_a_reason_why_not():
    patterns = [PRINTS, SERVES, ASKS, *(pattern for pattern, _ in NOT_RUN)]
    new = [str(command) for command in COMMANDS if not any(re.fullmatch(pattern, command.text) for pattern in patterns)]
    assert not new, "neither run by this file nor listed in known.py:\n" + "\n".join(new)


def test_each_reason_is_of_a_command_that_there_is():
    gone = [pattern for pattern, _ in NOT_RUN if not any(re.fullmatch(pattern, command.text) for command in COMMANDS)]
    assert not gone, "no command matches these any more; remove them from known.py"


# --- a folder like a checkout, in which a reader pastes them


class Checkout:
    """With build/, config/ and services/, its own ports, a gateway.json, secrets, and servers with the names used in examples."""

    def __init__(self, folder):
        self.folder, self.port, self.admin_port = folder, free_port(), free_port()
        (folder / "build").symlink_to(Path(GATEWAY).parent)
        (folder / "services").symlink_to(ROOT / "services")
        (folder / "config").mkdir()
        for file in (ROOT / "config").glob("*.json"):
            (folder / "config" / file.name).write_text(re.sub(r"127\.0\.0\.1:850\d", "127.0.0.1:0", self.fit(file.read_text())))
        (folder / "bin").mkdir()
        for name in ("node", "npx", "github-mcp-server"):
            (folder / "bin" / name).write_text(f"#!/bin/sh\nexec '{ECHO}'\n")
            (folder / "bin" / name).chmod(0o755)
        (folder / "secrets").mkdir()
        for name in ("alice", "admin", "token"):
            (folder / "secrets" / name).write_text(f"the-secret-of-{name}")
        (folder / ".curlrc").write_text("fail\n")
        (folder / "gateway.json").write_text(json.dumps({
            "gateway": {"listen": f"127.0.0.1:{self.port}", "admin_listen": f"127.0.0.1:{self.admin_port}",
                        "admin_token": "the-secret-of-admin",
                        "auth": {"tokens": [{"name": "alice", "token": "the-secret-of-alice"}]}},
            "mcpServers": {name: {"command": ECHO} for name in ("filesystem", "fetch", "everything")}}))

    def fit(self, text):
        """Substitutes what a reader would: free ports, existing files, a loopback address."""
        for said, meant in (("8080", str(self.port)), ("9090", str(self.admin_port)), ("0.0.0.0", "127.0.0.1"),
                            ("/etc/mcp-gateway/secrets/", f"{self.folder}/secrets/"), ("/run/secrets/", f"{self.folder}/secrets/")):
            text = text.replace(said, meant)
        text = re.sub(r"mcp-gateway run (?=.*-- )(?!.*--port)", f"mcp-gateway run --port {self.port} ", text)
        return re.sub(r"mcp-gateway (status|top|health)\b", rf"mcp-gateway \1 {self.admin_port}", text)

    def start(self, command):
        path = f"{self.folder}/bin:{Path(GATEWAY).parent}:{os.environ['PATH']}"
        secrets = {"GATEWAY_TOKEN": "the-secret-of-alice", "ADMIN_TOKEN": "the-secret-of-admin", "CURL_HOME": str(self.folder)}
        return subprocess.Popen(["bash", "-c", f"exec {command}" if "=" not in command.split()[0] else command],
                                cwd=self.folder, env={**os.environ, "PATH": path, **secrets}, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def paste(self, command):
        """Runs it; it must succeed. Returns its output."""
        running = self.start(self.fit(command.text))
        said, complaint = running.communicate(timeout=600)
        assert running.returncode == 0, complaint or said
        return said


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """A running gateway, in a checkout."""
    checkout = Checkout(tmp_path_factory.mktemp("running"))
    running = checkout.start("mcp-gateway run gateway.json")
    wait_until(lambda: is_open(checkout.admin_port), "the gateway serves")
    yield checkout
    end(running)


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end(running):
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=600)
    assert running.returncode == 0, said


@that_are(PRINTS)
def test_what_prints_something(command, checkout):
    checkout.paste(command)


@that_are(SERVES)
def test_what_serves(command, checkout):
    running = checkout.start(checkout.fit(command.text))
    wait_until(lambda: running.poll() is not None or is_open(checkout.port), f"{command} serves")
    end(running)


@that_are(ASKS)
def test_what_asks_a_running_gateway(command, gateway):
    assert gateway.paste(command)


# --- options


@cache
def help_of(subcommand):
    """Empty if there is no such subcommand."""
    asked = subprocess.run([GATEWAY, subcommand, "--help"], capture_output=True, text=True, check=False)
    return asked.stdout if asked.returncode == 0 else ""


def lines_of_mcp_gateway():
    """All command lines of mcp-gateway with a subcommand, in blocks and in prose."""
    for document in documents():
        if document.name == "CHANGELOG.md":
            continue
        said = [(command.line, command.text) for command in document.commands()] + list(document.inline())
        for line, text in said:
            found = re.search(r"(?:^|[\s/;&|(])mcp-gateway(?:\.new)? ([a-z]+(?![\w/.-]).*)", text)
            if found and "tar -C" not in text:
                yield pytest.param(found[1], id=f"{document.name}:{line}: {text}")


@pytest.mark.parametrize("arguments", list(lines_of_mcp_gateway()))
def test_every_option_is_one_that_there_is(arguments):
    subcommand, *words = words_of(arguments.rstrip(" )"))
    if subcommand == "help":
        subcommand, words = (words or ["run"])[0], []
    known = help_of(subcommand)
    assert known, f"there is no command '{subcommand}'"
    ours = words[:words.index("--")] if "--" in words else words
    for option in (word.split("=")[0] for word in ours if re.match(r"-\w|--\w", word)):
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", known), f"{subcommand} has no option {option}"


def test_shellcheck_finds_nothing_wrong(tmp_path):
    """Finds unclosed quotes and the like; variables that readers set themselves are ignored."""
    assert shutil.which("shellcheck"), "shellcheck is not installed (Debian: apt-get install shellcheck)"
    for document in documents():
        for block in document.blocks(""):
            (tmp_path / f"{document.name.replace('/', '_')}_{block.line}.sh").write_text("#!/bin/bash\n" + block.text)
    checked = subprocess.run(["shellcheck", "--severity=warning", "--exclude=SC2154,SC2034,SC2164,SC2103,SC2046", "--format=gcc",
                              *sorted(tmp_path.glob("*.sh"))], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
