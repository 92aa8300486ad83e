"""gateway.log.outputs: where lines end, and what happens where one of the places takes none.

That a full pipe, a full disk or a dead daemon costs lines and nothing else is tested with real ones: a pipe nobody reads,
/dev/full, a limit on the size of files (RLIMIT_FSIZE), and sockets in place of syslog's and the journal's.
"""
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from clients import HttpClient
from gateway_under_test import GATEWAY as PROGRAM, MARK, chaos, echo
from waiting import free_port, wait_until
from wire import TIMEOUT, Connection

STDERR = {"kind": "stderr"}


def lines_of(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def events_of(path):
    return [line["event"] for line in lines_of(path)]


def lines_so_far(path):
    """Those that are whole, of a file that is being written, if there is one."""
    text = Path(path).read_text() if Path(path).exists() else ""
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


def events_so_far(path):
    return [line["event"] for line in lines_so_far(path)]


def call(gateway, service="echo", count=1):
    with HttpClient(gateway.port, "/" + service) as client:
        client.initialize()
        for number in range(count):
            client.call("echo", {"a": number})


# --- files


def test_each_output_has_its_own_level_and_format_and_the_audit_is_in_all(start_gateway, tmp_path):
    outputs = [STDERR, {"kind": "file", "path": str(tmp_path / "new" / "all.json"), "level": "debug"},
               {"kind": "file", "path": str(tmp_path / "errors.json"), "level": "error"},
               {"kind": "file", "path": str(tmp_path / "text.log"), "level": "warn", "format": "text"}]
    gateway = start_gateway({"echo": echo()}, {"log": {"audit": True, "outputs": outputs}})
    call(gateway)
    gateway.reload(config={"loops": 0}, result="refused")  # an error
    gateway.wait_for("audit.call")
    gateway.stop()
    everything = lines_of(tmp_path / "new" / "all.json")
    assert [line for line in everything if line["level"] != "debug"] == gateway.log.events
    assert {"session.open", "session.end"} <= {line["event"] for line in everything if line["level"] == "debug"}
    audited = ["audit.call", "config.reload", "audit.admin"]
    assert [line["event"] for line in lines_of(tmp_path / "errors.json")] == audited
    text = (tmp_path / "text.log").read_text().splitlines()
    assert [re.split(" +", line, maxsplit=3)[1:3] for line in text] == [
        ["info", "audit.call"], ["error", "config.reload"], ["info", "audit.admin"]]
    assert (tmp_path / "errors.json").stat().st_mode & 0o777 & ~0o640 == 0


def test_the_level_set_at_runtime_is_that_of_outputs_without_one_of_their_own(start_gateway, tmp_path):
    path = tmp_path / "warnings.json"
    gateway = start_gateway({"echo": echo()}, {"admin_token": "x" * 16, "log": {
        "level": "info", "outputs": [STDERR, {"kind": "file", "path": str(path), "level": "warn"}]}})
    connection = Connection(gateway.ports["admin"])
    connection.send_request("POST", "/api/log-level", {"Authorization": "Bearer " + "x" * 16, "Content-Type": "application/json"},
                            b'{"level": "debug"}')
    assert connection.read_response().status == 200
    connection.close()
    call(gateway)
    gateway.wait_for("session.open")
    gateway.stop()
    assert path.read_text() == ""


def test_a_file_is_rotated_before_it_grows_beyond_its_size_and_so_many_are_kept(start_gateway, tmp_path):
    path = tmp_path / "log.json"
    limit = 64 * 1024
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [
        STDERR, {"kind": "file", "path": str(path), "max_size": limit, "keep": 2}]}})
    call(gateway, count=900)
    gateway.stop()
    files = [tmp_path / name for name in ("log.2.json", "log.1.json", "log.json")]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert all(limit / 2 < file.stat().st_size <= limit for file in files[:2])
    kept = [line for file in files for line in lines_of(file)]
    assert kept == gateway.log.events[-len(kept):]


def test_a_file_of_which_no_older_ones_are_kept_starts_anew(start_gateway, tmp_path):
    path = tmp_path / "log.json"
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [
        STDERR, {"kind": "file", "path": str(path), "max_size": 64 * 1024, "keep": 0}]}})
    call(gateway, count=900)
    gateway.stop()
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_size <= 64 * 1024
    kept = lines_of(path)
    assert kept and kept == gateway.log.events[-len(kept):]


def test_a_file_that_cannot_be_rotated_grows_on_and_loses_nothing(start_gateway, tmp_path):
    path = tmp_path / "log.json"
    (tmp_path / "log.json.rotated" / "in the way").mkdir(parents=True)
    (tmp_path / "log.1.json").write_text("older\n")
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [
        STDERR, {"kind": "file", "path": str(path), "max_size": 64 * 1024, "keep": 2}]}})
    call(gateway, count=900)
    assert "it cannot be rotated" in gateway.wait_for("log.output")["err.msg"]
    gateway.stop()
    assert path.stat().st_size > 2 * 64 * 1024
    assert lines_of(path) == gateway.log.events
    assert (tmp_path / "log.1.json").read_text() == "older\n"


def test_a_line_that_a_full_disk_cut_is_ended_by_the_next_start(start_gateway, tmp_path):
    path = tmp_path / "log.json"
    path.write_text('{"ts": "cut')
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [STDERR, {"kind": "file", "path": str(path)}]}})
    gateway.stop()
    first, _, rest = path.read_text().partition("\n")
    assert first == '{"ts": "cut'
    assert [json.loads(line) for line in rest.splitlines()] == gateway.log.events


def test_a_file_that_was_moved_away_is_made_anew_on_sigusr1(start_gateway, tmp_path):
    path, moved = tmp_path / "log.json", tmp_path / "log.json.1"
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [STDERR, {"kind": "file", "path": str(path)}]}})
    path.rename(moved)
    call(gateway)
    gateway.wait_for("request.done", method="tools/call")
    gateway.process.send_signal(signal.SIGUSR1)
    gateway.until(path.exists, what="the new file")
    call(gateway)
    gateway.stop()
    assert lines_of(moved) + lines_of(path) == gateway.log.events
    assert "log.reopen" in events_of(path) and "service.ready" in events_of(moved)


def test_sigusr1_is_harmless_without_files(start_gateway):
    gateway = start_gateway({"echo": echo()})
    gateway.process.send_signal(signal.SIGUSR1)
    gateway.wait_for("log.reopen")
    call(gateway)


def test_logrotate_rotates_it_as_docs_logs_md_says(start_gateway, tmp_path):
    logrotate = shutil.which("logrotate", path=os.environ["PATH"] + ":/usr/sbin")
    assert logrotate, "expected the package logrotate to be installed"
    path = tmp_path / "logs" / "gateway.json"
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [
        STDERR, {"kind": "file", "path": str(path), "max_size": "0B"}]}})
    document = (Path(__file__).resolve().parents[2] / "docs" / "logs.md").read_text()
    snippet = re.search(r"^(/var/log/mcp-gateway/\*\.json \{.*?^\})", document, re.M | re.S)[1]
    snippet = snippet.replace("/var/log/mcp-gateway", str(path.parent))
    snippet = re.sub(r"^ *systemctl .*$", f"kill -USR1 {gateway.process.pid}", snippet, flags=re.M)
    (tmp_path / "logrotate.conf").write_text(snippet)
    for _ in range(2):
        call(gateway)
        reopened = len(gateway.events("log.reopen"))
        subprocess.run([logrotate, "--force", "--state", tmp_path / "state", tmp_path / "logrotate.conf"], check=True)
        gateway.wait_for("log.reopen", count=reopened + 1)
        gateway.until(lambda: events_so_far(path), what="the new file")
    call(gateway)
    gateway.stop()
    files = sorted(path.parent.iterdir(), key=lambda file: -int(file.suffix[1:]) if file != path else 1)
    assert [file.name for file in files] == ["gateway.json.2", "gateway.json.1", "gateway.json"]
    assert [line for file in files for line in lines_of(file)] == gateway.log.events


def test_a_disk_that_is_always_full_costs_the_lines_of_its_output_and_is_reported_at_once_in_others(start_gateway):
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [STDERR, {"kind": "file", "path": "/dev/full"}]}})
    said = gateway.wait_for("log.output", output="/dev/full")
    assert said["level"] == "warn" and "No space left" in said["err.msg"] and said["lost"] > 0
    call(gateway, count=20)
    gateway.wait_for("request.done", count=20, method="tools/call")
    gateway.until(lambda: gateway.metric("mcp_gateway_log_dropped_total", output="/dev/full") > 20, what="the count")
    assert gateway.metric("mcp_gateway_log_dropped_total", output="stderr") == 0
    assert len(gateway.events("log.output")) == 1


def test_a_disk_that_is_full_for_a_while_is_used_again_and_the_next_line_is_whole(start_gateway, tmp_path):
    path = tmp_path / "log.json"
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [STDERR, {"kind": "file", "path": str(path)}]}})
    _, hard = resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE)
    full = path.stat().st_size + 100  # in the middle of a line
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (full, hard))
    call(gateway, count=30)
    gateway.wait_for("log.output", output=str(path))
    assert path.stat().st_size == full
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
    call(gateway)
    recovered = gateway.wait_for("log.output", count=2, output=str(path))
    gateway.until(lambda: path.read_text().endswith("\n") and "works again" in path.read_text(), what="the line in the file")
    assert gateway.metric("mcp_gateway_log_dropped_total", output=str(path)) == recovered["lost"] > 30
    gateway.stop()
    broken = [line for line in path.read_text().splitlines() if not line.endswith("}")]
    assert len(broken) == 1 and len(path.read_text().splitlines()) - 1 + recovered["lost"] == len(gateway.log.events)


def test_a_file_whose_place_vanished_is_reported_and_tried_again(start_gateway, tmp_path):
    path = tmp_path / "folder" / "log.json"
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [STDERR, {"kind": "file", "path": str(path)}]}})
    path.parent.rename(tmp_path / "away")
    path.parent.write_text("in the way")
    gateway.process.send_signal(signal.SIGUSR1)
    assert "Not a directory" in gateway.wait_for("log.output", output=str(path))["err.msg"]
    path.parent.unlink()
    gateway.until(lambda: call(gateway) or path.exists(), what="the new file")
    gateway.wait_for("log.output", count=2, output=str(path))


# --- stderr that nobody reads


@pytest.fixture
def unread(tmp_path):
    """A gateway whose stderr is a pipe that nobody reads, and which also logs to a file: its port, process and file."""
    main, admin, path = free_port(), free_port(), tmp_path / "log.json"
    configuration = tmp_path / "gateway.json"
    configuration.write_text(json.dumps({
        "gateway": {"listen": f"127.0.0.1:{main}", "admin_listen": f"127.0.0.1:{admin}", "drain_timeout": "200ms",
                    "log": {"outputs": [STDERR, {"kind": "file", "path": str(path), "max_size": "0B"}]}},
        "mcpServers": {"chaos": chaos(stderr_lines_per_second=100000)}}))
    with subprocess.Popen([PROGRAM, "run", "--config", str(configuration)], stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, env={**os.environ, MARK: "unread"}) as process:
        try:
            wait_until(lambda: "service.ready" in events_so_far(path), "the gateway")
            yield main, process, path
        finally:
            process.kill()


def flood(client, lines, size=4000):
    assert client.text("stderr", {"lines": lines, "text": "x" * size}) == "stderr"


def test_a_pipe_that_nobody_reads_holds_neither_calls_nor_other_outputs_nor_the_end(unread):
    main, process, path = unread
    with HttpClient(main, "/chaos") as client:
        client.initialize()
        flood(client, 4000)  # twice what may wait
        wait_until(lambda: "log.output" in events_so_far(path), "the report")
        assert client.text("echo", {"n": 1})
    said = [line for line in lines_so_far(path) if line["event"] == "log.output"]
    assert [line["output"] for line in said] == ["stderr"] and "queue is full" in said[0]["err.msg"]
    wait_until(lambda: events_so_far(path).count("child.stderr") == 4000, "all lines in the file")
    process.terminate()
    assert process.wait(TIMEOUT) == 0
    assert events_of(path)[-1] == "gateway.end"


def test_a_reader_that_comes_back_gets_whole_lines_and_is_told_how_many_were_lost(unread):
    main, process, path = unread
    with HttpClient(main, "/chaos") as client:
        client.initialize()
        flood(client, 4000)
        wait_until(lambda: "log.output" in events_so_far(path), "the report")
    lines = []
    for line in process.stderr:
        lines.append(json.loads(line))
        if lines[-1]["event"] == "log.output" and "works again" in lines[-1]["msg"]:
            break
    lost = lines[-1]["lost"]
    wait_until(lambda: lines_so_far(path)[-1] == lines[-1], "the file")
    # What was reported while nobody read is either lost or waited.
    assert lost > 1000 and len(lines) + lost == len(lines_of(path))


# --- syslog and the journal


class Daemon:
    """A datagram socket in the place of a daemon's."""

    def __init__(self, path):
        self.path = str(path)
        self.start()

    def start(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(TIMEOUT)

    def stop(self):
        self.socket.close()
        os.unlink(self.path)

    def read_until(self, part):
        """Datagrams up to the one with these bytes."""
        read = []
        while not read or part not in read[-1]:
            read.append(self.socket.recv(1 << 20))
        return read


@pytest.fixture
def daemon(tmp_path):
    running = Daemon(tmp_path / "socket")
    yield running
    running.socket.close()


def fields_of(entry):
    """The fields of a datagram to the journal."""
    fields = {}
    while entry:
        name, separator, entry = re.split(rb"([=\n])", entry, maxsplit=1)
        if separator == b"=":
            value, _, entry = entry.partition(b"\n")
        else:
            size = int.from_bytes(entry[:8], "little")
            value, entry = entry[8:8 + size], entry[8 + size + 1:]
        fields[name.decode()] = value.decode()
    return fields


def test_syslog_gets_a_line_as_text_with_its_severity(start_gateway, daemon):
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [STDERR, {"kind": "syslog", "path": daemon.path}]}})
    gateway.process.send_signal(signal.SIGHUP)
    lines = daemon.read_until(b"config.reload")
    front = rb"<%d>[A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d:\d\d mcp-gateway\[" + str(gateway.process.pid).encode() + rb"\]: "
    assert re.fullmatch(front % 30 + rb"listener\.ready: listening  listener=\"main\"  address=.*", lines[0])
    assert re.match(front % 30 + b"config.reload: ", lines[-1])


def test_syslog_gets_json_where_that_is_asked_for(start_gateway, daemon):
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [
        STDERR, {"kind": "syslog", "path": daemon.path, "format": "json"}]}})
    lines = daemon.read_until(b"service.ready")
    assert [json.loads(line[line.index(b"{"):]) for line in lines] == gateway.log.events[:len(lines)]


def test_the_journal_gets_fields(start_gateway, daemon):
    gateway = start_gateway({"chaos": chaos()}, {"log": {"outputs": [STDERR, {"kind": "journal", "path": daemon.path}]}})
    with HttpClient(gateway.port, "/chaos") as client:
        client.initialize()
        client.call("stderr", {"lines": 1, "text": "of a child"})
    entry = fields_of(daemon.read_until(b"of a child")[-1])
    pid = str(gateway.child_pid("chaos"))
    assert entry == {"PRIORITY": "6", "SYSLOG_IDENTIFIER": "mcp-gateway", "MCP_EVENT": "child.stderr", "MCP_SERVER": "chaos",
                     "MCP_CHILD_PID": pid, "MCP_STREAM": "child_stderr", "MCP_LINE": "of a child", "MESSAGE": entry["MESSAGE"]}
    assert entry["MESSAGE"].startswith("child.stderr: ") and '  line="of a child"' in entry["MESSAGE"]


def test_a_daemon_that_is_gone_costs_lines_until_it_is_back(start_gateway, daemon):
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [STDERR, {"kind": "journal", "path": daemon.path}]}})
    daemon.read_until(b"service.ready")
    daemon.stop()
    call(gateway)
    gateway.wait_for("log.output", output=daemon.path)
    daemon.start()
    call(gateway)
    recovered = gateway.wait_for("log.output", count=2, output=daemon.path)
    fields = fields_of(daemon.read_until(b"works again")[-1])
    assert (fields["MCP_EVENT"], fields["MCP_OUTPUT"]) == ("log.output", daemon.path)
    assert fields["MCP_LOST"] == str(recovered["lost"]) and recovered["lost"] > 0
    assert gateway.metric("mcp_gateway_log_dropped_total", output=daemon.path) == recovered["lost"]


def test_a_daemon_that_does_not_read_holds_neither_calls_nor_the_end(start_gateway, daemon):
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [STDERR, {"kind": "syslog", "path": daemon.path}]}})
    call(gateway, count=1000)  # more than a socket has room for
    gateway.wait_for("request.done", count=1000, method="tools/call")
    gateway.stop()


def test_one_that_was_never_there_is_no_reason_not_to_start(start_gateway, tmp_path):
    gateway = start_gateway({"echo": echo()}, {"log": {"outputs": [
        STDERR, {"kind": "syslog", "path": str(tmp_path / "nobody")}]}})
    assert "No such file" in gateway.wait_for("log.output")["err.msg"]
    call(gateway)


# --- what is wrong with a configuration


def run_with(tmp_path, command, outputs):
    path = tmp_path / "gateway.json"
    path.write_text(json.dumps({"gateway": {"listen": "127.0.0.1:0", "log": {"outputs": outputs}},
                                "mcpServers": {"echo": echo()}}))
    return subprocess.run([PROGRAM, command, "--config", path], capture_output=True, text=True, timeout=TIMEOUT, check=False)


FILE = {"kind": "file", "path": "/var/log/x.json"}


@pytest.mark.parametrize("outputs, place, said", [
    ([{"kind": "kafka"}], "[0].kind", "expected 'stderr' or 'file' or 'syslog' or 'journal', found"),
    ([{}], "[0]", "expected the key 'kind', which is missing"),
    ([{"kind": "file"}], "[0]", "expected the key 'path' for a file, which is missing"),
    ([{**FILE, "path": "x.json"}], "[0].path", "expected an absolute path such as"),
    ([{**FILE, "path": "/var/log/"}], "[0].path", "expected an absolute path such as"),
    ([{**FILE, "max_size": "1KiB"}], "[0].max_size", "expected 0B or at least 64KiB, found"),
    ([{**FILE, "keep": 5000}], "[0].keep", "expected 0..1000, found 5000"),
    ([{**FILE, "level": "loud"}], "[0].level", "expected 'debug' or 'info' or 'warn' or 'error', found"),
    ([{"kind": "stderr", "path": "/x"}], "[0].path", "expected no path, as the kind is 'stderr'"),
    ([{"kind": "syslog", "keep": 3}], "[0].keep", "expected this key for the kind 'file' only"),
    ([{"kind": "journal", "path": "/" + "x" * 200}], "[0].path", "of at most 107 bytes, found 201 bytes"),
    ([FILE, {**FILE, "path": "/var/log/../log/x.json"}], "[1]", "expected another target than that of gateway.log.outputs[0]"),
    ([STDERR, STDERR], "[1]", "expected another target than that of gateway.log.outputs[0]"),
    ([{**FILE, "path": f"/{number}"} for number in range(9)], "", "expected at most 8 outputs, found 9"),
])
def test_check_says_what_it_expected_and_found(tmp_path, outputs, place, said):
    ran = run_with(tmp_path, "check", outputs)
    assert ran.returncode == 2
    complaints = [line for line in (ran.stdout + ran.stderr).splitlines() if "gateway.log.outputs" in line]
    assert len(complaints) == 1
    assert f"gateway.log.outputs{place}: " in complaints[0] and said in complaints[0]


def test_a_file_that_cannot_be_opened_is_one_error_at_start(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "fifo")
    for outputs, said in (
            ([{"kind": "file", "path": str(tmp_path)}], f"[0]: expected a file, found a directory at {tmp_path}"),
            ([{"kind": "file", "path": str(tmp_path / "fifo")}], "[0]: expected a file, found a pipe or socket at"),
            ([{"kind": "file", "path": str(tmp_path / "file" / "log")}], "Not a directory"),
            ([{"kind": "file", "path": str(tmp_path / name)} for name in ("file", "link")],
             "[1]: expected another file than that of gateway.log.outputs[0], found")):
        ran = run_with(tmp_path, "run", outputs)
        assert ran.returncode == 1
        assert said in ran.stderr and ran.stderr.startswith("gateway.log.outputs[") and ran.stderr.count("\n") == 1
