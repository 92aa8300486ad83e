"""Configurations of several files, and services that lack what they need."""
import json
import os

from clients import call, initialize
from gateway_under_test import echo
from test_command_line import ECHO, mcp_gateway
from wire import Connection

ABSENT = "MCP_GATEWAY_TEST_ABSENT"


def files(folder, **contents):
    """Writes each as JSON under its name, `__` for `/`. The folder."""
    for name, content in contents.items():
        path = folder / (name.replace("__", "/") + ".json")
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content))
    return folder


def test_check_reads_included_files_from_wherever_it_is_run(tmp_path):
    files(tmp_path, place__main={"include": ["../echo/service.json"], "mcpServers": {"echo": {"listen": "8501"}}},
          echo__service={"mcpServers": {"echo": {"command": ECHO, "cwd": "${dir}"}}})

    for folder, name in ((tmp_path, "place/main.json"), (tmp_path / "echo", "../place/main.json"),
                         ("/", tmp_path / "place" / "main.json")):
        ran = mcp_gateway("check", "--config", name, "--connect", cwd=folder)
        assert (ran.returncode, ran.stderr) == (0, ""), ran
        assert ran.stdout.startswith("%s: 1 service, no errors\nok    echo" % name), ran.stdout


def test_an_included_file_that_is_missing_is_one_error_that_names_both(tmp_path):
    main = files(tmp_path, main={"include": ["gone.json"]}) / "main.json"

    ran = mcp_gateway("check", "--config", main)

    assert (ran.returncode, ran.stdout) == (2, "")
    head, error = ran.stderr.splitlines()[:2]
    assert head.startswith("%s: " % main)
    assert "include[0]: gone.json cannot be included" in error and str(tmp_path / "gone.json") in error


def test_check_lists_what_services_lack_and_finds_no_fault_with_it(tmp_path):
    main = files(tmp_path, main={"mcpServers": {
        "here": {"command": ECHO},
        "gone": {"command": "/no/such/program", "args": ["${%s}" % ABSENT],
                 "needs": [{"variable": ABSENT, "for": "an account"}, {"program": "no-such-program"}, {"program": "sh"}]},
    }}) / "main.json"
    lacks = "not started; it needs the environment variable %s (an account) and the program no-such-program" % ABSENT

    ran = mcp_gateway("check", "--config", main)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "missing: the environment variable %s (an account); for gone\n" % ABSENT in ran.stdout
    assert "missing: the program no-such-program; for gone\n" in ran.stdout
    assert ran.stdout.endswith("2 services, no errors; 1 not started until what is missing is there\n")

    ran = mcp_gateway("check", "--config", main, "--connect")
    assert ran.returncode == 0
    assert lacks in ran.stdout and "ok    here" in ran.stdout


def test_a_program_is_looked_for_in_the_path_its_child_would_have(tmp_path):
    program = tmp_path / "bin" / "only-here"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    service = {"command": "only-here", "env": {"PATH": "${dir}/bin"}, "needs": [{"program": "only-here"}]}
    main = files(tmp_path, main={"mcpServers": {"s": service}}) / "main.json"

    assert "missing" not in mcp_gateway("check", "--config", main).stdout
    program.unlink()
    assert "missing: the program only-here; for s\n" in mcp_gateway("check", "--config", main).stdout


def test_check_says_once_what_several_services_lack(tmp_path):
    both = {"command": ECHO, "needs": [{"file": "${dir}/bin/../tool", "for": "the tool"}]}
    main = files(tmp_path, main={"mcpServers": {"one": both, "two": both}}) / "main.json"

    said = mcp_gateway("check", "--config", main).stdout.splitlines()
    assert said == ["missing: the file %s/tool (the tool); for one, two" % tmp_path,
                    "%s: 2 services, no errors; 2 not started until what is missing is there" % main]


def test_a_service_that_lacks_something_is_unavailable_and_the_others_run(start_gateway):
    assert ABSENT not in os.environ
    gateway = start_gateway({
        "echo": echo(),
        "hub": {"command": "/no/such/program", "env": {"T": "${%s}" % ABSENT}, "listen": "127.0.0.1:0",
                "needs": [{"variable": ABSENT, "for": "an account"}]},
    }, wait_for=["echo"])
    lacks = "not started; it needs the environment variable %s (an account)" % ABSENT

    assert gateway.wait_for("service.unavailable", server="hub")["reason"] == lacks
    health = gateway.health()
    assert health["status"] == "HEALTHY"
    hub = health["servers"]["hub"]
    assert (hub["status"], hub["state"], hub["reason"], hub["children"]) == ("UNHEALTHY", "unavailable", lacks, 0)
    assert gateway.admin("/readyz").status == 200
    assert gateway.metric("mcp_child_state", server="hub", state="unavailable") == 1
    assert gateway.metric("mcp_child_up", server="hub") == 0

    for posted in (initialize(), call("echo", {"a": 1})):
        refused = gateway.http("hub").post(posted)
        assert refused.error == (503, -32603)
        assert "not set up here" in refused.json["error"]["message"] and ABSENT not in refused.body.decode()
    own = Connection(gateway.ports["hub"])
    own.send_request("GET", "/sse", {"Accept": "text/event-stream"})
    assert own.read_response().status == 503
    own.close()
    assert gateway.sse("echo").initialize()


def test_a_required_service_that_lacks_something_makes_the_gateway_unhealthy(start_gateway):
    gateway = start_gateway({"hub": {"command": "x", "required": True, "needs": [{"file": "/no/such/file"}]},
                             "echo": echo()}, wait_for=["echo"])

    page = gateway.admin("/health")
    assert (page.status, page.json["status"]) == (503, "UNHEALTHY")
    assert gateway.admin("/readyz").status == 503
