"""T-INJ: whatever a configuration or a command line says is data of the program it names, and no shell is ever started.

In each test the folder of PATH holds shells of the test's own, which leave a proof that they ran. test_security.py has arguments.
"""
import json
import os
import subprocess
import sys

import pytest

from gateway_under_test import CHAOS, GATEWAY, chaos
from test_command_line import Running, mcp_gateway, written
from wire import TIMEOUT

HOSTILE = ["; {ran}", "$({ran})", "`{ran}`", "| {ran}", "& {ran} &", "&& {ran}", "\n{ran}\n", "\r{ran}\r", "> {proof}", "$PATH", "${{IFS}}{ran}",
           "%s%n", "*", "~", "'\"", "\\", "\x1b[2J", "a b\tc", "é\u2028\U0001f388", "--help", "-c", ""]


@pytest.fixture
def proof(tmp_path):
    """A path that exists once a shell has run."""
    return tmp_path / "a-shell-ran"


@pytest.fixture
def hostile(proof):
    return [text.format(ran=f"touch {proof}", proof=proof) for text in HOSTILE]


@pytest.fixture
def variables(tmp_path, proof):
    """An environment whose shells are traps."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for shell in ("sh", "bash", "dash", "env"):
        trap = folder / shell
        trap.write_text(f"#!{sys.executable} -I\nimport pathlib; pathlib.Path({str(proof)!r}).touch()\n")
        trap.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}", "SHELL": str(folder / "sh")}


def test_values_of_variables_reach_the_child_as_they_are(start_gateway, hostile, proof, variables):
    """Written in the file, or put in for a variable: what is put in is not read again."""
    written_there = {f"WRITTEN_{number}": text.replace("${", "$${") for number, text in enumerate(hostile)}
    put_in = {f"PUT_IN_{number}": "${OUTSIDE_%d}" % number for number in range(len(hostile))}
    outside = {f"OUTSIDE_{number}": text for number, text in enumerate([*hostile[:-1], "${OUTSIDE_0}${file:/etc/passwd}"])}
    gateway = start_gateway({"chaos": chaos(env={**written_there, **put_in})}, env={**variables, **outside})
    environment = json.loads(gateway.sse("chaos").text("env"))
    assert [environment[f"WRITTEN_{number}"] for number in range(len(hostile))] == hostile
    assert [environment[f"PUT_IN_{number}"] for number in range(len(hostile))] == list(outside.values())
    assert not proof.exists()


def test_a_program_and_its_folder_may_be_called_anything(start_gateway, hostile, proof, tmp_path, variables):
    for number, text in enumerate(hostile[:-1]):
        folder = tmp_path / f"{number}" / text.replace("/", "").strip(".")
        folder.mkdir(parents=True)
        program = folder / text.replace("/", "")
        program.write_text(f"#!{sys.executable} -IS\n{open(CHAOS, encoding='utf-8').read()}")
        program.chmod(0o755)
    services = {f"service{number}": {"command": str(next(folder.iterdir())), "cwd": str(folder)}
                for number in range(len(hostile) - 1) for folder in (tmp_path / f"{number}").iterdir()}
    for service in services.values():  # a dollar is written twice
        service["command"], service["cwd"] = (service[key].replace("${", "$${") for key in ("command", "cwd"))
    gateway = start_gateway(services, env=variables)
    for name, service in services.items():
        assert json.loads(gateway.sse(name).text("pid"))["cwd"] == service["cwd"].replace("$${", "${")
    assert not proof.exists()


def test_a_file_that_is_no_program_is_given_to_no_shell(start_gateway, proof, tmp_path, variables):
    """execvp(3) would do that."""
    script = tmp_path / "no-interpreter-named"
    script.write_text(f"touch {proof}\n")
    script.chmod(0o755)
    services = {"script": {"command": str(script), "restart": {"max_restarts": 0}},
                "found": {"command": script.name, "restart": {"max_restarts": 0}}}
    gateway = start_gateway(services, wait_for=[], env={**variables, "PATH": f"{tmp_path}:{variables['PATH']}"})
    for name in services:
        gateway.until(lambda name=name: gateway.health(name)["status"] == "UNHEALTHY")
        assert "is neither a program nor a script" in gateway.health(name)["reason"]
    assert not proof.exists()


def test_what_stands_behind_the_dashes_is_passed_on_as_it_stands(hostile, proof, variables):
    told = "import sys; print(repr(sys.argv[1:]), file=sys.stderr, flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", told, *hostile]
    with Running("--port", "0", "--admin", "off", "--", *command, env={**os.environ, **variables}) as gateway:
        assert gateway.event("child.stderr")["line"] == repr(hostile)
    assert not proof.exists()


@pytest.mark.parametrize("key, service", [
    ("args[1]", {"args": ["a", "b\0c"]}), ("env.A", {"env": {"A": "b\0c"}}), ("cwd", {"cwd": "/\0x"}), ("command", {"command": "/bin/\0true"}),
    ("pass_env[0]", {"pass_env": ["A\0B"]})])
def test_a_text_that_a_program_would_read_only_half_of_is_an_error(tmp_path, key, service):
    checked = mcp_gateway("check", written(tmp_path, {"mcpServers": {"x": {"command": "true", **service}}}))
    assert checked.returncode != 0
    assert f"{key}: expected a text without NUL characters" in checked.stdout + checked.stderr


def test_no_command_of_the_program_runs_what_its_arguments_say(hostile, proof, tmp_path, variables):
    for command in ("check", "lock", "health", "status", "run"):
        for text in hostile:
            subprocess.run([GATEWAY, command, text], capture_output=True, timeout=TIMEOUT, cwd=tmp_path, env={**os.environ, **variables},
                           stdin=subprocess.DEVNULL, check=False)
    assert not proof.exists()
