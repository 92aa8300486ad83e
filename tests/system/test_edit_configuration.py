"""mcp-gateway add, remove and list: a configuration file is changed where it has to be, and nowhere else."""
import json
import os
import stat
import threading

import pytest

from test_import import mcp_gateway, written

COMMENTED = """\
{
  // What we serve.
  "gateway": { "listen": "127.0.0.1:8080" }, // locally

  "mcpServers": {
    /* The clock. */
    "time": {
        "command": "uvx", "args": ["mcp-server-time"] // odd indentation
    },
    "off": { "command": "off", "disabled": true }, // later
  },
}
"""


@pytest.fixture
def file(tmp_path):
    return written(tmp_path, COMMENTED, "gateway.json")


def said(done, code):
    assert done.returncode == code, done
    return (done.stdout if code == 0 else done.stderr).splitlines()


def test_a_service_is_added_behind_the_others_and_everything_else_stays(file):
    lines = said(mcp_gateway("add", "echo", "--config", file, "--env", "TOKEN=${TOKEN}", "--pass-env", "LANGUAGE", "--", "/bin/cat", "-u", "a b",
                             env={"TOKEN": "canary", "PATH": "/bin"}), 0)
    assert lines == [f"{file}: echo added", "A running gateway takes it up with: mcp-gateway reload"]
    before, after = COMMENTED.splitlines(), file.read_text().splitlines()
    assert after[:10] == before[:10] and after[-2:] == before[-2:]
    assert "\n".join(after[10:-2]) == """\
    "echo": {
      "command": "/bin/cat",
      "args": ["-u", "a b"],
      "env": { "TOKEN": "${TOKEN}" },
      "pass_env": ["LANGUAGE"]
    },"""


def test_what_was_added_can_be_taken_out_again(file):
    said(mcp_gateway("add", "echo", "-c", file, "--", "/bin/cat"), 0)
    lines = said(mcp_gateway("remove", "echo", "-c", file), 0)
    assert lines == [f"{file}: echo removed", "A running gateway takes it up with: mcp-gateway reload"]
    assert file.read_text() == COMMENTED
    said(mcp_gateway("remove", "time", "-c", file), 0)
    assert file.read_text() == COMMENTED.replace("""\
    "time": {
        "command": "uvx", "args": ["mcp-server-time"] // odd indentation
    },
""", "")


def test_the_usual_file_is_meant_where_none_is_named(file):
    said(mcp_gateway("add", "echo", "--", "/bin/cat", cwd=file.parent), 0)
    assert '"echo": { "command": "/bin/cat" },' in file.read_text()
    said(mcp_gateway("remove", "echo", env={"MCP_GATEWAY_CONFIG": str(file)}), 0)
    assert file.read_text() == COMMENTED


def test_a_file_that_is_named_and_not_there_is_begun(tmp_path):
    file = tmp_path / "new.json"
    said(mcp_gateway("add", "echo", "--config", file, "--", "/bin/cat"), 0)
    assert file.read_text() == '{\n  "mcpServers": {\n    "echo": { "command": "/bin/cat" }\n  }\n}\n'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = said(mcp_gateway("add", "echo", "--", "/bin/cat", cwd="/", env={"PATH": "/bin"}), 2)
    assert len(lines) == 1 and lines[0].startswith("cannot read the configuration ")


def test_services_at_the_top_of_a_file_are_edited_there(tmp_path):
    file = written(tmp_path, '{\n    "a": { "command": "/bin/cat" }\n}\n')
    said(mcp_gateway("add", "b", "--config", file, "--", "/bin/cat"), 0)
    assert file.read_text() == '{\n    "a": { "command": "/bin/cat" },\n    "b": { "command": "/bin/cat" }\n}\n'


def test_a_file_without_services_of_its_own_gets_a_place_for_them(tmp_path):
    written(tmp_path, '{"mcpServers": {"a": {"command": "/bin/cat"}}}', "a.json")
    file = written(tmp_path, '{ "include": ["a.json"] }\n')
    said(mcp_gateway("add", "b", "--config", file, "--", "/bin/cat"), 0)
    assert json.loads(file.read_text()) == {"include": ["a.json"], "mcpServers": {"b": {"command": "/bin/cat"}}}
    lines = said(mcp_gateway("remove", "a", "--config", file), 2)
    assert lines == [f"remove: {file} has no service 'a'; those there: b"]


def test_mode_and_link_stay(file, tmp_path):
    file.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(file)
    said(mcp_gateway("add", "echo", "--config", link, "--", "/bin/cat"), 0)
    assert link.is_symlink() and "echo" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["gateway.json", "link.json"]


def test_of_many_who_add_at_once_nobody_undoes_what_another_did(file):
    names = ["n%d" % number for number in range(20)]
    workers = [threading.Thread(target=mcp_gateway, args=("add", name, "--config", file, "--", "/bin/cat")) for name in names]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    listed = mcp_gateway("list", "--config", file).stdout
    assert [name for name in names if name not in listed.split()] == []


def test_a_file_with_a_byte_order_mark_keeps_it(tmp_path):
    file = tmp_path / "gateway.json"
    file.write_bytes(b'\xef\xbb\xbf{"mcpServers": {"a": {"command": "/bin/cat"}}}')
    assert mcp_gateway("add", "b", "--config", file, "--", "/bin/cat").returncode == 0
    assert mcp_gateway("remove", "a", "--config", file).returncode == 0
    text = file.read_bytes()
    assert text.startswith(b'\xef\xbb\xbf{"mcpServers"') and b'"b"' in text and b'"a"' not in text


def test_what_is_no_file_is_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, "/dev/zero"):
        assert "expected a file, found something else" in said(mcp_gateway("add", "a", "--config", path, "--", "/bin/cat"), 2)[0]


def test_whoever_reads_meanwhile_sees_a_whole_file(file):
    torn = []
    done = threading.Event()

    def look():
        while not done.is_set():
            if not file.read_text().endswith("  },\n}\n"):
                torn.append(file.read_text())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for number in range(20):
            said(mcp_gateway("add", f"echo-{number}", "--config", file, "--", "/bin/cat"), 0)
    finally:
        done.set()
        looking.join()
    assert not torn


@pytest.mark.parametrize(("arguments", "expected"), [
    (["add", "time", "--", "x"], "add: {file} has a service 'time' already; mcp-gateway remove time takes it out"),
    (["add", "a b", "--", "x"], "add: "),
    (["add", "mcp", "--", "x"], "add: "),
    (["add", "new"], "add: expected the server's command behind --: mcp-gateway add new -- COMMAND"),
    (["add", "new", "--env", "TOKEN", "--", "x"], "add: --env: expected NAME=VALUE, found 'TOKEN'"),
    (["add", "--", "x"], "add: expected the name of a service: mcp-gateway add [OPTIONS] NAME -- COMMAND [ARGUMENTS...]"),
    (["remove", "nothing"], "remove: {file} has no service 'nothing'; those there: time, off"),
    (["remove"], "remove: expected the name of a service: mcp-gateway remove [OPTIONS] NAME"),
    (["remove", "time", "--", "x"], "remove: found a command behind --, 'x', which only run and add take"),
])
def test_what_cannot_be_done_is_one_clear_error_and_changes_nothing(arguments, expected, file):
    command, *rest = arguments
    lines = said(mcp_gateway(command, "--config", file, *rest), 2)
    assert len(lines) == 1 and lines[0].startswith(expected.format(file=file)), lines
    assert file.read_text() == COMMENTED


def test_nothing_is_written_that_would_be_wrong(file):
    lines = said(mcp_gateway("add", "Time", "--config", file, "--", "x"), 2)
    assert lines[0] == f"{file}: nothing is written, as it would have 1 error"
    assert lines[1].startswith("  mcpServers.Time: expected another name than that of mcpServers.time")
    assert file.read_text() == COMMENTED

    said(mcp_gateway("remove", "off", "--config", file), 0)
    lines = said(mcp_gateway("remove", "time", "--config", file), 2)
    assert lines[1] == "  mcpServers: expected at least one service, found none"


def test_a_file_with_a_mistake_is_not_touched(tmp_path):
    file = written(tmp_path, '{\n  "mcpServers": {\n    "a": {"command": "x" "args": []}\n  }\n}\n')
    lines = said(mcp_gateway("add", "b", "--config", file, "--", "x"), 2)
    assert lines[0] == f"{file}: 1 error" and lines[1].startswith("  line 3, column 31: not valid JSON")


def test_a_program_that_is_not_there_is_told_but_added(file):
    lines = said(mcp_gateway("add", "echo", "--config", file, "--", "/no/such/program"), 0)
    assert lines[1].startswith("note: it cannot start: ") and "/no/such/program" in lines[1]


def test_a_gateway_that_watches_its_file_needs_no_reload(tmp_path):
    file = written(tmp_path, '{"gateway": {"reload_on_change": true}, "mcpServers": {"a": {"command": "/bin/cat"}}}')
    lines = said(mcp_gateway("add", "b", "--config", file, "--", "/bin/cat"), 0)
    assert lines[1] == "A running gateway takes it up by itself."


def test_the_list_tells_what_stands_in_the_file_and_no_secret(tmp_path):
    file = written(tmp_path, {"mcpServers": {
        "a": {"command": "cat", "args": ["--token", "${LIST_TOKEN}", "two words"]},
        "longer-name": {"command": "cat", "isolation": "session", "disabled": True},
        "remote": {"url": "https://mcp.example.com/mcp"}}})
    lines = said(mcp_gateway("list", file, env={**os.environ, "LIST_TOKEN": "canary"}), 0)
    assert lines == [
        "NAME         ISOLATION  STATE        COMMAND",
        "a            shared     enabled      cat --token '${LIST_TOKEN}' 'two words'",
        "longer-name  session    disabled     cat",
        "remote       shared     enabled      https://mcp.example.com/mcp",
    ]
    assert said(mcp_gateway("list", "--config", tmp_path / "none.json"), 2)


def test_a_service_is_found_in_whichever_block_it_stands(tmp_path):
    file = written(tmp_path, '{"mcpServers": {"a": {"command": "/bin/cat"}}, "servers": {"b": {"command": "/bin/cat"}, "c": {"command": "/bin/cat"}}}')
    said(mcp_gateway("remove", "b", "--config", file), 0)
    said(mcp_gateway("add", "d", "--config", file, "--", "/bin/cat", "-u"), 0)
    assert file.read_text() == (
        '{"mcpServers": {"a": {"command": "/bin/cat"}, "d": { "command": "/bin/cat", "args": ["-u"] }}, '
        '"servers": {"c": {"command": "/bin/cat"}}}')
