"""scripts/stages.sh and its use in test.sh: stages one after another, lanes of stages in parallel."""
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import LISTENING, ROOT

sys.path.insert(0, str(ROOT / "tests" / "system"))
from waiting import wait_until  # noqa: E402: of the folder above

SOURCED = "source test.sh; stages_folder=$1/stages; begin_stages; "
FAILED = "bash: FAILED in stage '{}' (exit code {}, after "


def rows(output):
    """The lane and title of each row of the table of stages."""
    table = output.split("Stages:\n")[1].split("\n\n")[0]
    return [(lane.strip(), title) for lane, title in re.findall(r"^ *\d+:\d\d +\d+ s  (.{8})  (.*)$", table, re.MULTILINE)]


def test_stages_run_in_order_and_are_listed_with_their_times(bash, tmp_path):
    ran = bash(SOURCED + 'stage "first" echo 1; stage "second" echo 2; print_stage_times', tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert re.findall(r"^\d$", ran.stdout, re.MULTILINE) == ["1", "2"]
    assert sorted(rows(ran.stdout)) == [("", "first"), ("", "second")]


def test_a_stage_that_fails_anywhere_inside_ends_the_script_with_one_message(bash, tmp_path):
    ran = bash(SOURCED + 'work() { (exit 3); echo more; }; stage "good" true; stage "bad" work; echo on', tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.strip().startswith(FAILED.format("bad", 3))
    assert rows(ran.stdout) == [("", "good")]
    assert "\nmore\n" not in ran.stdout and "\non\n" not in ran.stdout


def test_lanes_run_in_parallel_and_wait_for_each_other_where_they_say_so(bash, tmp_path):
    """Each needs the other, so they pass only if both run at once."""
    ran = bash(SOURCED + """
aside() { stage "plan" true; after "build"; stage "use" echo used; }
lane side aside
meet() { until grep -q plan "$stages_folder/passed"; do sleep 0.05; done; }
stage "build" meet
join_lanes
print_stage_times""", tmp_path)
    assert ran.returncode == 0, ran.stderr
    listed = rows(ran.stdout)
    assert {("side", "plan"), ("", "build"), ("side", "use")} <= set(listed)
    assert "[side] use: passed in" in ran.stdout
    assert "used" not in ran.stdout and "\nused\n" in (tmp_path / "stages/side.log").read_text()


def test_a_stage_that_fails_in_a_lane_ends_all_and_its_output_is_shown(bash, tmp_path):
    ran = bash(SOURCED + """
fail() { echo the reason; return 4; }
aside() { stage "good" true; stage "bad" fail; stage "never" true; }
lane side aside
stage "long" sleep 1000
echo on""", tmp_path)
    assert ran.returncode == 1
    assert "the end of the output of lane side" in ran.stdout and "\nthe reason\n" in ran.stdout
    assert FAILED.format("bad", 4) in ran.stderr and "stages/side.log" in ran.stderr
    assert rows(ran.stdout) == [("side", "good")]
    assert "\non\n" not in ran.stdout and "never" not in ran.stdout


def test_of_two_lanes_that_fail_one_is_reported(bash, tmp_path):
    ran = bash(SOURCED + 'left() { stage "left" false; }; right() { stage "right" false; }; '
                         'lane one left; lane two right; stage "long" sleep 1000', tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.count("FAILED") == 1


def test_a_lane_that_ends_between_its_stages_is_reported_when_it_is_joined(bash, tmp_path):
    ran = bash(SOURCED + 'aside() { exit 5; }; lane side aside; stage "short" true; join_lanes; echo on', tmp_path)
    assert ran.returncode == 1
    assert "lane side exited with code 5" in ran.stderr and "\non\n" not in ran.stdout


RUNNING = SOURCED + """stages_patience=1
keep() { bash -c 'sleep 1000 & echo $! >"$0"; wait' "$stages_folder/$1.pid"; }
stubborn() { env --ignore-signal=INT bash -c 'echo $$ >"$0"; exec sleep 1000' "$stages_folder/stubborn.pid"; }
aside() { stage "aside" keep lane; }
apart() { stage "apart" stubborn; }
lane side aside
lane other apart
stage "long" keep main
"""


@pytest.mark.parametrize("name, code", [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_leaves_no_process_behind(name, code, programs, tmp_path):
    running = subprocess.Popen([*LISTENING, "bash", "-c", RUNNING, "bash", tmp_path], cwd=ROOT, env=programs.environment(),
                               stdout=subprocess.PIPE, text=True, start_new_session=True)
    files = [tmp_path / "stages" / f"{who}.pid" for who in ("lane", "stubborn", "main")]
    started = [int(wait_until(lambda: file.exists() and file.read_text().strip(), f"{file.name} runs")) for file in files]
    running.send_signal(getattr(signal, name))
    running.communicate(timeout=600)
    assert running.returncode == code
    for process in started:
        wait_until(lambda: not Path(f"/proc/{process}").exists(), f"process {process} is gone")


def test_every_stage_that_a_lane_waits_for_is_a_stage():
    """Otherwise it would wait for ever."""
    script = (ROOT / "test.sh").read_text()
    stages = set(re.findall(r'^ *stage "([^"]*)"', script, re.MULTILINE))
    for tests in re.search(r"for tests in (.*); do", script)[1].split():
        stages.add(f"set up tests/{tests}")
        assert (ROOT / "tests" / tests / "setup.sh").exists()
    waited_for = re.findall(r'^ *after "([^"]*)"', script, re.MULTILINE)
    assert waited_for and set(waited_for) <= stages


def test_every_setup_script_is_run_by_the_setup_lane():
    named = re.search(r"for tests in (.*); do", (ROOT / "test.sh").read_text())[1].split()
    assert sorted(named) == sorted(script.parent.name for script in ROOT.glob("tests/*/setup.sh"))
