"""mcp-gateway import: what it makes of the configurations of other programs, and what it says of the rest.

The files are in tests/data/imports, and those of tests/data/files_of_others are taken, too. What they start (npx, uvx,
docker, ...) is a program that exists here under that name.
"""
import json
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from wire import TIMEOUT

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = os.path.abspath(os.environ.get("MCP_GATEWAY", str(ROOT / "build" / "mcp-gateway")))
IMPORTS = ROOT / "tests" / "data" / "imports"
OTHERS = ROOT / "tests" / "data" / "files_of_others"
NEEDS = "note: the gateway needs these variables in its environment: "

# Each file to the services that come of it, what is remarked upon, and the variables it needs.
EXPECTED = {
    "agentgateway.yaml": (
        ["everything", "time", "remote"],
        ["binds[0].port", "binds[0].listeners[0].routes[0].policies", "targets"], []),
    "agentgateway_short.json": (["fetch"], ["config", "mcp.port", "mcp.policies", "mcp.statefulMode"], ["FETCH_PROXY"]),
    "claude_code_home.json": (["time"], ["numStartups", "theme", "projects"], []),
    "claude_code_project.json": (["db", "sentry"], [], ["DATABASE_URL", "HOME", "SENTRY_TOKEN"]),
    "claude_desktop.json": (["filesystem", "memory"], ["globalShortcut"], []),
    "claude_desktop_secret.json": (["github", "brave-search"],
                                   ["mcpServers.github.env.GITHUB_PERSONAL_ACCESS_TOKEN", 'mcpServers["brave search"]'], []),
    "cline.json": (["search", "slow"], ["mcpServers.search.autoApprove", "mcpServers.slow.alwaysAllow"], []),
    "codex_like.json": (["docs"], [], []),
    "cursor_env.json": (["postgres", "docs"], [], ["DOCS_KEY", "PG_PASSWORD", "PG_URL"]),
    "cursor_workspace.json": (["lint", "off"], ["mcpServers.lint.envFile", "mcpServers.lint.args[0]"], ["WORKSPACE_FOLDER"]),
    "hub.json": (["playwright", "sse-server"], ["mcpServers.playwright.startOnDemand", "mcpServers.playwright.tags", "mcpServers.sse", "users"], []),
    "litellm.json": (["everything", "api"], ["general_settings", "mcp_servers.everything.access_groups"], []),
    "litellm.yaml": (["zapier_like", "circleci"],
                     ["model_list", "litellm_settings", "mcp_servers.circleci.allowed_tools",
                      "mcp_servers.circleci.mcp_info"], ["CIRCLECI_TOKEN", "ZAPIER_TOKEN"]),
    "litellm_numbers.yml": (["redis"], ["mcp_servers.redis.description"], ["REDIS_PWD"]),
    "opencode.json": (["weather", "hosted"], [], ["WEATHER_KEY"]),
    "snippet.json": (["puppeteer"], [], []),
    "tbxark.json": (["github", "fetch", "amap"],
                    ["mcpProxy.name", "mcpProxy.version", "mcpProxy.type", "mcpProxy.options.logEnabled",
                     "mcpServers.github.options.toolFilter", "mcpServers.fetch.options.logEnabled",
                     "mcpServers.fetch.options.authTokens", "gateway.admin_listen"],
                    ["GITHUB_TOKEN", "PROXY_TOKEN"]),
    "tbxark_open.json": (["time", "old"], ["mcpProxy.addr", "mcpProxy.name", "mcpProxy.version", "gateway.admin_listen"], []),
    "vscode_inputs.json": (["github"], ["inputs[0]", "inputs[1]", "inputs[2]"], ["GITHUB_TOKEN"]),
    "vscode_remote.json": (["remote", "local"], ["servers.remote.oauth", "servers.local.env.LOG_LEVEL", "inputs[0]"], ["KEY"]),
    "vscode_settings.json": (["fetch"], ['["editor.fontSize"]', '["files.exclude"]'], []),
    "vscode_workspace.json": (["files", "python"],
                              ["servers.python.envFile", "servers.python.dev", "servers.files.args[2]", "servers.files.cwd",
                               "servers.python.args[3]"], ["HOME", "WORKSPACE_FOLDER", "WORKSPACE_FOLDER_BASENAME"]),
}


def mcp_gateway(*arguments, **options):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=TIMEOUT, check=False, **options)


def written(folder, text, name="theirs.json"):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text if isinstance(text, str) else json.dumps(text))
    return file


def imported(*arguments, **options):
    """What is written to stdout, and what is said to the people in front of it."""
    done = mcp_gateway("import", *arguments, **options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr.splitlines()


def refused(*arguments, **options):
    done = mcp_gateway("import", *arguments, **options)
    assert (done.returncode, done.stdout) == (2, ""), done
    return done.stderr


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """One on which the programs of all files can be started."""
    programs = tmp_path_factory.mktemp("programs")
    for name in ("npx", "uvx", "docker", "node", "python", "python3", "bun", "old", "docs-mcp", "bin/db-mcp", ".venv/bin/python"):
        (programs / name).parent.mkdir(parents=True, exist_ok=True)
        (programs / name).symlink_to("/bin/true")
    return {"PATH": str(programs), "HOME": str(programs), "DB_SERVER_HOME": str(programs)}


def test_each_file_has_its_expectation_and_there_are_enough_of_them():
    assert {path.name for path in IMPORTS.iterdir()} == EXPECTED.keys()
    assert len(EXPECTED) >= 20


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_what_is_imported_can_be_run_and_everything_else_is_named(name, machine, tmp_path):
    services, remarks, variables = EXPECTED[name]
    output = tmp_path / "gateway.json"
    done = mcp_gateway("import", IMPORTS / name, "--output", output)
    assert (done.returncode, done.stdout) == (0, "")
    said = done.stderr.splitlines()
    needed = [line.removeprefix(NEEDS).split(", ") for line in said if line.startswith(NEEDS)]
    assert needed == ([variables] if variables else [])
    others = [re.sub(r": .*", "", line.removeprefix("note: ")) for line in said if not line.startswith(NEEDS)]
    assert others == remarks
    assert list(json.loads(output.read_text())["mcpServers"]) == services

    environment = {**{variable: str(tmp_path) for variable in variables}, **machine}
    checked = mcp_gateway("check", output, env=environment)
    assert (checked.returncode, checked.stderr) == (0, ""), checked
    assert not [line for line in checked.stdout.splitlines() if line.startswith("note: ") and "16 characters" not in line]


@pytest.mark.parametrize("name", sorted(path.name for path in OTHERS.iterdir()))
def test_the_files_that_run_as_they_are_can_be_imported_as_well(name, machine, tmp_path):
    output = tmp_path / "gateway.json"
    done = mcp_gateway("import", OTHERS / name, "--output", output)
    assert done.returncode == 0, done.stderr
    checked = mcp_gateway("check", output, env=machine)
    assert (checked.stderr, checked.returncode in (0, 1)) == ("", True), checked
    assert "remote server" not in checked.stdout


def test_secrets_stay_references():
    config, _ = imported(IMPORTS / "vscode_inputs.json", env={"GITHUB_TOKEN": "canary-1"})
    assert config["mcpServers"]["github"]["env"] == {"GITHUB_TOKEN": "${GITHUB_TOKEN}", "AWS_REGION": "${REGION:-eu-west-1}"}
    config, _ = imported(IMPORTS / "litellm.yaml", env={"CIRCLECI_TOKEN": "canary-2"})
    assert config["mcpServers"]["circleci"]["env"]["CIRCLECI_TOKEN"] == "${CIRCLECI_TOKEN}"
    config, _ = imported(IMPORTS / "tbxark.json", env={"PROXY_TOKEN": "canary-3"})
    assert config["gateway"]["auth"]["tokens"] == [{"name": "client-1", "token": "${PROXY_TOKEN}"}]
    assert config["gateway"]["public_url"] == "https://mcp.example.com"
    assert config["gateway"]["base_path"] == "/tools"


def test_the_folder_of_an_editor_is_known_where_its_settings_lie_in_it(tmp_path):
    file = written(tmp_path / "project" / ".vscode", '{"servers": {"a": {"command": "${workspaceFolder}/a"}}}', "mcp.json")
    config, said = imported(file)
    assert config["mcpServers"]["a"]["command"] == str(tmp_path / "project" / "a")
    assert said == []


def test_a_file_comes_from_stdin_too():
    config, said = imported("-", input='{"mcpServers": {"a": {"command": "a"}}}')
    assert (config, said) == ({"mcpServers": {"a": {"command": "a"}}}, [])


def test_the_output_is_for_its_owner_alone_and_is_not_replaced_unless_asked_for(tmp_path):
    file = written(tmp_path, {"mcpServers": {"a": {"command": "a"}}})
    output = tmp_path / "gateway.json"
    assert mcp_gateway("import", file, "-o", output).returncode == 0
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    output.write_text("mine")

    again = mcp_gateway("import", file, "-o", output)
    assert (again.returncode, again.stderr) == (1, f"import: {output} is there already; --force replaces it\n")
    assert output.read_text() == "mine"

    assert mcp_gateway("import", file, "-o", output, "--force").returncode == 0
    assert json.loads(output.read_text()) == {"mcpServers": {"a": {"command": "a"}}}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gateway.json", "theirs.json"]


def test_an_output_that_cannot_be_written_is_one_sentence(tmp_path):
    file = written(tmp_path, {"mcpServers": {"a": {"command": "a"}}})
    done = mcp_gateway("import", file, "-o", tmp_path / "no" / "gateway.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"import: cannot write {tmp_path}/no/gateway.json: No such file or directory\n"


@pytest.mark.parametrize(("text", "where", "what"), [
    ('{\n  "mcpServers": {\n    "a": {"command": "a" "args": []}\n  }\n}', "line 3, column 31", "not valid JSON"),
    ("mcp_servers:\n  a:\n   command: x\n  b: [\n", "line 5, column 1", "not valid YAML"),
    ("mcp_servers:\n  a: &a\n    command: x\n  b: *a\n", "line 2, column 6", "anchor"),
    ("mcp_servers:\n  a: {command: x}\n  a: {command: y}\n", "line 3, column 3", "this key stands twice"),
    ('{"mcpServers": {"a": {"command": "a"}, "a": {"command": "b"}}}', "mcpServers.a", "this key stands twice"),
    ('{"mcpServers": {"a": {"command": "a", "isolatoin": "session"}}}', "mcpServers.a", "did you mean 'isolation'?"),
    ('{"servers": {"a": {"command": "a", "args": "-v"}}}', "servers.a.args", "expected a list"),
    ('{"gateway": {}, "mcpServers": {"a": {"command": "a"}}}', "gateway", "run takes as it is"),
    ('{"command": "npx", "args": []}', "the file", "one server without its name"),
    ('{"openapi": "3.1.0", "paths": {}}', "the file", "found 'openapi', 'paths'"),
    ('{"mcpServers": {}}', "the file", "none of its servers can be a service"),
    ('{"mcp": {"targets": "x"}}', "the file", "none of its servers can be a service"),
    ("[1, 2]", "the file", "expected an object"),
    ("", "the file", "it is empty"),
])
def test_what_cannot_be_read_is_refused_with_its_place(text, where, what, tmp_path):
    file = written(tmp_path, text)
    first, second, *_ = refused(file).splitlines()
    assert first == f"{file}: 1 error"
    assert second.startswith(f"  {where}: ") and what in second, second


def test_a_file_of_remote_servers_is_taken_over(tmp_path):
    file = written(tmp_path, {"mcpServers": {"a": {"url": "https://a.example.com/mcp"}, "b": {"type": "sse", "url": "https://b.example.com"}}})
    config, said = imported(file)
    assert config["mcpServers"] == {"a": {"url": "https://a.example.com/mcp"}, "b": {"url": "https://b.example.com", "transport": "sse"}}
    assert said == []


def test_a_kind_may_be_said_and_must_be_known(tmp_path):
    file = written(tmp_path, {"mcpServers": {"a": {"command": "a", "env": {"T": "os.environ/T"}}}})
    config, _ = imported(file, "--from", "litellm")
    assert config["mcpServers"]["a"]["env"] == {"T": "${T}"}
    config, _ = imported(file, "--from", "claude")
    assert config["mcpServers"]["a"]["env"] == {"T": "os.environ/T"}
    assert refused(file, "--from", "lite") == (
        "import: --from: expected one of claude, vscode, cursor, tbxark, litellm, agentgateway, found 'lite'\n")
    assert refused().startswith("import: expected the configuration of another program, or a command line:\n")


# ── command lines ────────────────────────────────────────────────────────────

LINES = {
    "supergateway": ["npx", "-y", "supergateway", "--stdio", "npx -y @modelcontextprotocol/server-filesystem /srv", "--port", "8000"],
    "supergateway in docker": ["docker", "run", "-it", "--rm", "-p", "8000:8000", "supercorp/supergateway", "--stdio",
                               "uvx mcp-server-time", "--outputTransport", "streamableHttp", "--stateful", "--cors"],
    "mcp-proxy": ["uvx", "mcp-proxy", "--port=8096", "--pass-environment", "--", "uvx", "mcp-server-fetch"],
    "mcp-proxy by name": ["mcp-proxy", "--port", "9090", "--named-server", "fetch", "uvx mcp-server-fetch", "--named-server", "git",
                          "uvx mcp-server-git"],
}


@pytest.mark.parametrize("name", sorted(LINES))
def test_the_command_line_of_a_bridge_becomes_a_configuration(name, machine, tmp_path):
    output = tmp_path / "gateway.json"
    done = mcp_gateway("import", "-o", output, "--", *LINES[name])
    assert done.returncode == 0, done.stderr
    checked = mcp_gateway("check", output, env=machine)
    assert (checked.returncode, checked.stderr) == (0, ""), checked


def test_a_file_that_a_command_line_names_is_read(tmp_path):
    file = written(tmp_path, {"mcpServers": {"a": {"command": "a", "env": {"T": "${T}"}}, "b": {"url": "https://b.example.com"}}})
    config, said = imported("--", "mcp-proxy", "--port", "8096", "--named-server-config", file)
    assert config["mcpServers"] == {"a": {"command": "a", "env": {"T": "${T}"}}, "b": {"url": "https://b.example.com"}}
    assert config["gateway"] == {"listen": "127.0.0.1:8096", "base_path": "/servers"}
    assert [line.split(": ")[:3] for line in said] == [["note", NEEDS.split(": ")[1], "T"]]

    file.write_text('{"mcpServers": {"a": }}')
    assert refused("--", "mcp-proxy", "--named-server-config", file).splitlines()[1].startswith(f"  {file}: line 1, column 22: ")


def test_command_lines_that_cannot_be_taken_say_why():
    assert refused("--", "npx", "-y", "other") == (
        "import: 1 error\n  the command line: expected one that starts supergateway or mcp-proxy, found 'npx'\n")
    assert refused("--from", "claude", "--", "supergateway") == (
        "import: --from: expected supergateway or mcp-proxy for a command line, found 'claude'\n")
    assert "expected either a file or a command line" in refused("a.json", "--", "supergateway")
