"""quickstart.sh: what it looks at first, and what it leaves behind."""
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import LISTENING, ROOT

sys.path.insert(0, str(ROOT / "tests" / "system"))
from waiting import wait_until  # noqa: E402: of the folder above

SOURCED = "source quickstart.sh; root=$1; steps_folder=$1; "


def listener():
    listening = socket.create_server(("127.0.0.1", 0))
    return listening, listening.getsockname()[1]


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


# --- ports


@pytest.fixture
def quickstart(programs):
    """Runs it where nothing can be installed or built."""
    for name in ("apt-get", "sudo", "cmake", "npm", "pip"):
        programs.add(name, f'echo "{name} was called" >&2; exit 1')

    def run(*arguments, **environment):
        return subprocess.run([ROOT / "quickstart.sh", *arguments], env=programs.environment(**environment),
                              capture_output=True, text=True, timeout=600, check=False)

    return run


@pytest.mark.parametrize("variable", ["QUICKSTART_PORT", "QUICKSTART_ADMIN_PORT"])
def test_a_taken_port_is_told_before_anything_is_done_and_free_ones_are_offered(variable, quickstart):
    listening, port = listener()
    with listening:
        other = "QUICKSTART_ADMIN_PORT" if variable == "QUICKSTART_PORT" else "QUICKSTART_PORT"
        ran = quickstart(**{variable: str(port), other: str(port + 1)})
        assert (ran.returncode, ran.stdout) == (1, "")
        assert f"another program listens on 127.0.0.1 at {port}" in ran.stderr
        offered = re.search(r"QUICKSTART_PORT=(\d+) QUICKSTART_ADMIN_PORT=(\d+) ./quickstart.sh", ran.stderr)
        assert offered[1] != offered[2]
        assert is_free(int(offered[1])) and is_free(int(offered[2]))
    assert "was called" not in ran.stderr


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "08080"])
def test_what_is_no_port_is_refused_with_the_range(port, quickstart):
    ran = quickstart(QUICKSTART_PORT=port)
    assert ran.returncode == 1
    assert f"QUICKSTART_PORT must be a port, 1 to 65535, not '{port}'" in ran.stderr


def test_one_port_for_both_is_refused(quickstart):
    ran = quickstart(QUICKSTART_PORT="18099", QUICKSTART_ADMIN_PORT="18099")
    assert ran.returncode == 1 and "they must differ" in ran.stderr


def test_help_and_unknown_arguments(quickstart):
    assert "--build-only" in quickstart("--help").stdout
    ran = quickstart("--bild-only")
    assert ran.returncode == 1 and "unknown argument '--bild-only'" in ran.stderr


# --- building


@pytest.fixture
def checkout(tmp_path):
    """A project whose target tells of which folder it was made."""
    folder = tmp_path / "first"
    folder.mkdir()
    (folder / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(told LANGUAGES NONE)\n"
        "add_custom_target(mcp-gateway COMMAND ${CMAKE_COMMAND} -E echo made of ${CMAKE_SOURCE_DIR})\n")
    return folder


def test_a_build_folder_is_configured_once(bash, checkout):
    assert "Configuring done" in bash(SOURCED + "build_gateway", checkout).stdout
    again = bash(SOURCED + "build_gateway", checkout)
    assert again.returncode == 0 and f"made of {checkout}" in again.stdout
    assert "Configuring" not in again.stdout


def test_the_build_folder_of_a_checkout_that_was_moved_is_configured_afresh(bash, checkout):
    bash(SOURCED + "build_gateway", checkout)
    moved = checkout.rename(checkout.with_name("moved"))
    ran = bash(SOURCED + "build_gateway", moved)
    assert ran.returncode == 0, ran.stderr
    assert f"made of {moved}" in ran.stdout
    assert not checkout.exists()


def test_the_build_folder_of_a_checkout_that_was_copied_leaves_the_first_alone(bash, checkout):
    bash(SOURCED + "build_gateway", checkout)
    copy = checkout.with_name("copy")
    subprocess.run(["cp", "-a", checkout, copy], check=True)
    before = (checkout / "build/build.ninja").stat().st_mtime_ns
    (copy / "CMakeLists.txt").touch()
    assert f"made of {copy}" in bash(SOURCED + "build_gateway", copy).stdout
    assert (checkout / "build/build.ninja").stat().st_mtime_ns == before


def test_a_checkout_that_is_reached_by_a_link_is_built_as_it_is(bash, checkout):
    bash(SOURCED + "build_gateway", checkout)
    link = checkout.with_name("link")
    link.symlink_to(checkout)
    assert "Configuring" not in bash(SOURCED + "build_gateway", link).stdout


# --- steps


def test_a_step_tells_how_it_went_in_one_line_and_the_rest_in_a_file(bash, tmp_path):
    ran = bash(SOURCED + "begin_step talk seq 1000; end_step talk Talking", tmp_path)
    assert re.fullmatch(r"Talking \.\.\. done in \d+ s\n", ran.stdout)
    assert len((tmp_path / "talk.log").read_text().splitlines()) == 1000


def test_a_step_that_fails_ends_the_script_with_the_end_of_what_it_said(bash, tmp_path):
    ran = bash(SOURCED + 'fail() { seq 100; echo the reason; return 3; }; begin_step sad fail; end_step sad "Trying"; echo on',
               tmp_path)
    assert ran.returncode == 1
    assert ran.stdout == "Trying ... failed\n\n"
    assert ran.stderr.splitlines()[18:] == ["99", "100", "the reason"][1:] + [
        "", "bash: the end of sad.log is above; see there for all of it."]


INSTALLING = SOURCED + """
trap 'end_all_steps' EXIT
trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 129' HUP
begin_step long bash -c 'sleep 1000 & echo $! >"$0/grandchild"; wait' "$1"
end_step long Waiting
"""


@pytest.mark.parametrize("name, code", [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_all_that_a_step_has_started(name, code, programs, tmp_path):
    running = subprocess.Popen([*LISTENING, "bash", "-c", INSTALLING, "bash", tmp_path], cwd=ROOT, env=programs.environment(),
                               stdout=subprocess.PIPE, text=True, start_new_session=True)
    told = tmp_path / "grandchild"
    grandchild = int(wait_until(lambda: told.exists() and told.read_text().strip(), "the step runs"))
    running.send_signal(getattr(signal, name))
    assert running.communicate(timeout=600)[0].endswith("\nStopping long ...\n")
    assert running.returncode == code
    wait_until(lambda: not Path(f"/proc/{grandchild}").exists(), "what the step started is gone")


def test_apt_is_interrupted_alone_and_waited_for(programs, tmp_path):
    """dpkg, which apt started, goes on; a package is not left half installed."""
    programs.add("dpkg", "exit 0")
    programs.add("sudo", '"$@"')
    programs.add("apt-get", f"""[[ "$*" == *" install "* ]] || exit 0
trap 'echo >{tmp_path}/interrupted' INT
(echo >{tmp_path}/unpacking; until [ -e {tmp_path}/interrupted ]; do sleep 0.05; done; echo >{tmp_path}/unpacked) &
until [ -e {tmp_path}/unpacked ]; do wait; done
exit 100""")
    script = SOURCED + "trap end_all_steps EXIT; trap 'exit 143' TERM; " \
                       "begin_step packages apt_install some; end_step packages Packages"
    running = subprocess.Popen([*LISTENING, "bash", "-c", script, "bash", tmp_path], cwd=ROOT, env=programs.environment(),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until((tmp_path / "unpacking").exists, "dpkg is at work")
    running.terminate()
    assert running.wait(timeout=600) == 143
    assert (tmp_path / "unpacked").exists()

