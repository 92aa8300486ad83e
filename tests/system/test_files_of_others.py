"""Configurations as other programs have them, run unchanged: what can start starts, and the rest says why not.

The files are in tests/data/files_of_others, in the shapes their programs document. What they start (npx, uvx,
docker, ...) is mcp-echo here.
"""
import json
from pathlib import Path

import pytest

from test_command_line import ECHO, Running, child, get, mcp_gateway, written

DATA = Path(__file__).resolve().parents[1] / "data"
READY = None
REMOTE = "a remote server, which is not reached here"
NOT_SET = "the environment variable %s is not set"

# Each service to READY, to REMOTE, or to a part of the reason why it is not.
EXPECTED = {
    "amp_settings.json": {"playwright": READY, "semgrep": REMOTE},
    "cherry_studio.json": {"jxfkg3d9rqiVbBjn2LNAB": READY},
    "claude_code.json": {"airtable": NOT_SET % "AIRTABLE_API_KEY", "cached": "'/opt/plugins/../bin/cached' does not exist",
                         "time": READY, "sentry": REMOTE, "api-server": NOT_SET % "API_KEY"},
    "claude_code_user.json": {"context7": READY, "linear": REMOTE},
    "claude_desktop.json": {"filesystem": READY, "github": READY, "My-Notes": READY},
    "cline.json": {"github.com-modelcontextprotocol-servers-tree-main-src-time": READY, "linear": REMOTE},
    "continue_list.json": {"SQLite-MCP": READY, "Remote": REMOTE},
    "copilot_agent.json": {"sentry": READY, "cloudflare": REMOTE},
    "cursor.json": {"brave": NOT_SET % "BRAVE_API_KEY", "local-server": "${workspaceFolder} is an editor's variable",
                    "home": "${userHome} is an editor's variable; write ${HOME}", "figma": NOT_SET % "FIGMA", "echo": READY},
    "docker_mcp.json": {"MCP_DOCKER": READY, "postgres": READY},
    "gemini_settings.json": {"python-tools": NOT_SET % "EXTERNAL_API_KEY", "http": REMOTE},
    "litellm_mcp_servers.json": {"deepwiki_mcp": REMOTE, "zapier_mcp": REMOTE, "circleci_mcp": READY},
    "mcphub_settings.json": {"amap": READY, "playwright": READY, "remote": REMOTE, "api": "it is of the type 'openapi'"},
    "one_mcp.json": {"context7": READY, "filesystem": READY},
    "opencode.json": {"my-local-mcp-server": READY, "my-remote-mcp": REMOTE},
    "roo.json": {"modern": REMOTE, "local": READY},
    "sparfenyuk_mcp_proxy.json": {"fetch": READY, "github": READY},
    "supergateway_in_claude.json": {"supermachineExampleNpx": READY, "supermachineExampleDocker": READY,
                                    "one-string": "'npx' is a program: its arguments go into args"},
    "tbxark_mcp_proxy.json": {"github": READY, "fetch": READY, "amap": REMOTE},
    "vscode_mcp.json": {"Github": REMOTE, "perplexity": "write ${PERPLEXITY_KEY}", "playwright": READY,
                        "io.github.upstash-context7": READY},
    "vscode_settings.json": {"mcp-server-time": READY},
    "warp.json": {"GitHub": READY, "figma": REMOTE, "filesystem": READY},
    "windsurf.json": {"github": NOT_SET % "GITHUB_TOKEN", "remote-http-mcp": NOT_SET % "AUTH_TOKEN"},
    "zed_settings.json": {"local-mcp-server": READY, "older": READY, "remote-mcp-server": REMOTE,
                          "mcp-server-github": "it has no command"},
}
NONE_STARTS = {"windsurf.json"}

# Files people take for a configuration, to what is said of them.
NOT_CONFIGURATIONS = {
    "codex_config.toml": "the file: it looks like TOML",
    "docker_catalog.yaml": "the file: it looks like YAML",
    "empty.json": "the file: it is empty",
    "extension_manifest.json": "the file: this is the manifest of a desktop extension",
    "from_a_blog.json": "line 2: expected the straight quotes \" of a keyboard, found typographic ones",
    "from_powershell.json": "the file: it is UTF-16; expected UTF-8",
    "joshrotenberg_proxy.toml": "the file: it looks like TOML",
    "litellm_config.yaml": "the file: it looks like YAML",
    "one_entry.json": "the file: this is one server without its name",
    "registry_server.json": "the file: this describes a server for the MCP registry",
    "single_quotes.json": "line 2: expected double quotes around keys and texts, found single quotes",
    "without_braces.json": "the file: the braces { } around the whole are missing",
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A machine on which every program of the files is mcp-echo, no variable is set, and no other server is reached."""
    programs = tmp_path_factory.mktemp("programs")
    for name in ("npx", "uvx", "docker", "node", "python", "bun"):
        (programs / name).symlink_to(ECHO)
    nowhere = "http://127.0.0.1:9"
    return {"PATH": str(programs), "HOME": str(programs), "http_proxy": nowhere, "https_proxy": nowhere}


def test_each_file_is_here_and_has_its_expectation():
    assert {path.name for path in (DATA / "files_of_others").iterdir()} == EXPECTED.keys()
    assert {path.name for path in (DATA / "not_configurations").iterdir()} == NOT_CONFIGURATIONS.keys()
    assert len(EXPECTED) >= 20


@pytest.mark.parametrize("name", sorted(EXPECTED.keys() - NONE_STARTS))
def test_a_file_of_another_program_starts_what_can_start_and_says_why_not_of_the_rest(name, environment):
    expected = EXPECTED[name]
    with Running(DATA / "files_of_others" / name, "--host", "127.0.0.1", "--port", 0, "--admin", "127.0.0.1:0", env=environment) as running:
        main = running.event("listener.ready")["port"]
        ready = {service for service, reason in expected.items() if reason is READY}
        while ready:
            ready.discard(running.event("service.ready")["server"])
        servers = json.loads(get(main, "/health")[2])["servers"]
    assert servers.keys() == expected.keys()
    for service, reason in expected.items():
        if reason is READY:
            assert servers[service]["state"] == "ready", servers[service]
        elif reason is REMOTE:
            assert servers[service]["state"] not in ("ready", "unavailable"), servers[service]
        else:
            assert servers[service]["state"] != "ready" and reason in servers[service]["reason"], servers[service]


@pytest.mark.parametrize("name", sorted(NONE_STARTS))
def test_a_file_of_which_nothing_can_start_is_refused_with_every_reason(name, environment):
    done = mcp_gateway("run", DATA / "files_of_others" / name, "--port", 0, env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    first, *reasons = done.stderr.splitlines()
    assert first.endswith("none of its services can be started")
    for (service, reason), said in zip(EXPECTED[name].items(), reasons, strict=True):
        assert said.startswith(f"  {service}: not started; ") and reason in said


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_check_says_the_same_of_a_file_of_another_program(name, environment):
    done = mcp_gateway("check", DATA / "files_of_others" / name, env=environment)
    unready = {service: reason for service, reason in EXPECTED[name].items() if reason not in (READY, REMOTE)}
    assert (done.returncode, done.stderr) == (1 if unready else 0, ""), done
    said = dict(line.removeprefix("cannot start: ").split(": ", 1) for line in done.stdout.splitlines()
                if line.startswith("cannot start: "))
    assert said.keys() == unready.keys()
    for service, reason in unready.items():
        assert reason in said[service]


@pytest.mark.parametrize("name", sorted(NOT_CONFIGURATIONS))
@pytest.mark.parametrize("command", ["check", "run"])
def test_a_file_that_is_no_configuration_is_named_as_what_it_is(command, name):
    file = DATA / "not_configurations" / name
    done = mcp_gateway(command, "--config", file)
    assert (done.returncode, done.stdout) == (2, "")
    first, second = done.stderr.splitlines()
    assert first == f"{file}: 1 error"
    assert second.startswith("  " + NOT_CONFIGURATIONS[name])


def test_notes_are_shown_beside_errors(tmp_path):
    file = written(tmp_path, {"mcpServers": {"a": child("true", autoApprove=[], isolatoin="session")}})
    done = mcp_gateway("check", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"{file}: 1 error",
        "  mcpServers.a: unknown key 'isolatoin'; did you mean 'isolation'?",
        "  note: mcpServers.a.autoApprove: Ignored: approval is the client's."]
