"""mcp-gateway accepts the configurations in the documentation: whole files, fragments, and those written by commands. Those of
other programs are at least valid JSON."""
import json
import os
import re
import subprocess
import sys

import pytest

from documents import ROOT, documents

sys.path.insert(0, str(ROOT / "tests" / "system"))
from certificates import SERVER_NAMES, Authority  # noqa: E402: of the folder above
from gateway_under_test import ECHO, GATEWAY  # noqa: E402

OF_OTHERS = {"docs/clients.md": "what clients are told"}
WHOLE_FILE = {"mcpServers", "servers", "gateway", "include"}


def without_remarks(text):
    kept = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda found: found[1] or "", text)
    return re.sub(r",(\s*[}\]])", r"\1", kept)


def parsed(text):
    """A fragment of an object, such as `"probe": {...}`, is parsed as one."""
    text = without_remarks(text).strip()
    return json.loads(text if text.startswith("{") else f"{{{text}}}")


def whole(found):
    """The file that the example is a fragment of."""
    service = {"command": ECHO}
    if WHOLE_FILE & set(found):
        return {"mcpServers": {"echo": service}, **found}
    name, entry = next(iter(found.items()))
    if isinstance(entry, dict) and "command" in entry:
        return {"mcpServers": found}
    if (ROOT / "services" / name / "service.json").exists():
        return {"include": [f"../services/{name}/service.json"], "mcpServers": found}
    return {"mcpServers": {"echo": {**service, **found}}}


def configurations():
    for document in documents():
        if document.name in OF_OTHERS:
            continue
        for block in document.blocks("json", "jsonc"):
            yield pytest.param(block.text, id=str(block))
        for command in document.commands():
            if re.search(r">\S+\.json\b", command.text) and command.fed:
                yield pytest.param(command.fed, id=str(command))


def with_certificates(text, folder):
    """The same with a certificate, its key and an authority in `folder` where it names files of TLS."""
    if "/etc/mcp-gateway/tls/" not in text:
        return text
    authority = Authority(folder / "tls")
    server = authority.issue("mcp.example.com", SERVER_NAMES)
    files = {"fullchain.pem": server.certificate, "privkey.pem": server.key, "clients.pem": authority.certificate}
    return re.sub(r"/etc/mcp-gateway/tls/([\w.-]+)", lambda found: str(files[found[1]]), text)


@pytest.fixture
def machine(tmp_path):
    """Checks a configuration on a machine that has everything it references."""
    def check(configuration):
        text = json.dumps(configuration).replace('"../services/', f'"{ROOT}/services/').replace(
            "/opt/mcp-gateway/services/", f"{ROOT}/services/")
        for number, path in enumerate(sorted(set(re.findall(r"\$\{file:([^}]+)\}", text)))):
            (tmp_path / f"secret-{number}").write_text(f"a-secret-that-nobody-guesses-{number}")
            text = text.replace(f"${{file:{path}}}", f"${{file:{tmp_path}/secret-{number}}}")
        text = with_certificates(text, tmp_path)
        programs = tmp_path / "bin"
        programs.mkdir()
        for name in {"node", *re.findall(r'"command": "([\w-]+)"', text)}:
            (programs / name).symlink_to(ECHO)
        (tmp_path / "gateway.json").write_text(text)
        variables = {name: "a-value-that-nobody-guesses" for name in re.findall(r"\$\{(\w+)(?::-[^}]*)?\}", text)}
        return subprocess.run([GATEWAY, "check", tmp_path / "gateway.json"], capture_output=True, text=True, check=False,
                              env={**os.environ, **variables, "PATH": f"{programs}:{os.environ['PATH']}"})

    return check


@pytest.mark.parametrize("text", list(configurations()))
def test_mcp_gateway_takes_it(text, machine):
    checked = machine(whole(parsed(text)))
    assert checked.returncode == 0, checked.stderr + checked.stdout
    notes = [line for line in checked.stdout.splitlines() if line.startswith("note: ")]
    assert not notes, "\n".join(notes)


@pytest.mark.parametrize("name", OF_OTHERS)
def test_what_is_for_other_programs_is_json(name):
    document = next(document for document in documents() if document.name == name)
    blocks = list(document.blocks("json", "jsonc"))
    assert blocks
    for block in blocks:
        assert isinstance(parsed(block.text), dict), str(block)


@pytest.mark.parametrize("file", sorted((ROOT / "config").glob("*.json")), ids=lambda file: file.name)
def test_what_is_shipped_has_no_mistake(file):
    checked = subprocess.run([GATEWAY, "check", file], capture_output=True, text=True, check=False)
    assert checked.returncode in (0, 1) and not checked.stderr, checked.stderr + checked.stdout
    assert "error" not in checked.stdout.replace("no errors", ""), checked.stdout
