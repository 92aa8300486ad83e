"""What runs for a profile, whatever happens to the commands that change it."""
import signal
import time
from pathlib import Path

import pytest

from site_of_profiles import PATIENCE


def only_instance(site, profile="staging"):
    """The process id and the release of the one that runs, which serves."""
    (running,) = site.instances(profile).items()
    assert site.post(site.ports[profile][0], "tools/list", token="the-token-of-staging-0123456789")[0] == 200
    return running


def test_a_deploy_replaces_what_runs_and_does_not_depend_on_its_terminal(site):
    site.run("mcp-server deploy --profile=staging")
    first, release = only_instance(site)
    assert release == 1
    site.run("MCP_VERSION=v2 mcp-server deploy --profile=staging")
    second, release = only_instance(site)
    assert release == 2 and second != first
    assert [(line["action"], line["outcome"], line["release"]) for line in site.book()] == [
        ("deploy", "starting", 1), ("deploy", "ready", 1), ("deploy", "starting", 2), ("deploy", "ready", 2)]
    assert site.book()[-1]["version"] == "v2" and len(site.book()[-1]["program_sha256"]) == 64


def test_a_release_that_is_not_ready_gives_way_to_the_former(site):
    site.run("mcp-server deploy --profile=staging")
    site.add_profile("staging", chaos={"args": site.services["chaos"]["args"] + ["--exit-at-start", "3"]})
    ran = site.run("mcp-server deploy --profile=staging --timeout=3s", expect=4)
    assert "release 1 runs again" in ran.stderr
    assert only_instance(site)[1] == 1
    site.run("mcp-server deploy --profile=staging --validate-first", expect=1)
    assert only_instance(site)[1] == 1 and site.book()[-1]["action"] == "restore"


def test_a_release_that_ends_at_once_gives_way_to_the_former_and_its_log_is_shown(site):
    site.run("mcp-server deploy --profile=staging")
    absent = {"command": "${NO_SUCH_VARIABLE}"}
    site.add_profile("staging", chaos=absent, echo=absent)
    ran = site.run("mcp-server deploy --profile=staging", expect=1)
    assert "none of its services can be started" in ran.stderr
    assert only_instance(site)[1] == 1


def test_a_rollback_starts_the_recorded_release_though_the_profile_is_broken(site):
    site.run("mcp-server deploy --profile=staging --version=good && mcp-server deploy --profile=staging --version=bad")
    (site.folder / "profiles" / "staging.json").write_text("nonsense")
    site.run("mcp-server rollback --profile=staging --version=previous")
    assert only_instance(site)[1] == 1
    site.run("mcp-server rollback --profile=staging --version=bad")
    assert only_instance(site)[1] == 2


def test_a_rollback_to_a_release_that_was_changed_is_refused(site):
    site.run("mcp-server deploy --profile=staging && mcp-server deploy --profile=staging")
    with open(site.state / "profiles/staging/releases/1/config.json", "a", encoding="utf-8") as config:
        config.write(" ")
    ran = site.run("mcp-server rollback --profile=staging", expect=1)
    assert "was changed since it was deployed" in ran.stderr
    assert only_instance(site)[1] == 2


def test_two_deploys_do_not_run_at_once(site):
    site.run("mcp-server deploy --profile=staging")
    ran = site.run("flock state/profiles/staging/lock mcp-server deploy --profile=staging", expect=1)
    assert "another deploy, rollback or stop is under way" in ran.stderr


def test_stop_may_be_said_twice(site):
    site.run("mcp-server deploy --profile=staging && mcp-server stop --profile=staging && mcp-server stop --profile=staging")
    assert not site.instances("staging")


def test_a_port_of_another_program_is_left_to_it(site):
    site.run("mcp-server deploy --profile=production")
    site.ports["staging"] = site.ports["production"]
    site.add_profile("staging")
    ran = site.run("mcp-server deploy --profile=staging", expect=1)
    assert "another program listens at" in ran.stderr
    assert len(site.instances("production")) == 1


def as_soon_as(condition):
    """Without a pause between two looks: the steps are short."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end


def lines_of(site):
    return (site.state / "deployments.jsonl").read_bytes().count(b"\n")


def pid_written(site):
    return int((site.state / "profiles" / "staging" / "pid").read_text())


# How far a command is when it is killed; by then it may be further.
STEPS = {
    "began": lambda site, before, lines: (site.state / "profiles" / "staging" / "releases" / "2").exists(),
    "has a release": lambda site, before, lines: (site.state / "profiles" / "staging" / "releases" / "2" / "config.json").exists(),
    "wrote it down": lambda site, before, lines: lines_of(site) > lines,
    "ended the former": lambda site, before, lines: not Path("/proc/%d/exe" % before).exists(),
    "started the new": lambda site, before, lines: pid_written(site) != before,
    "is over": lambda site, before, lines: lines_of(site) > lines + 1,
}


def kill_at(site, step, line, before):
    lines = lines_of(site)
    killed = site.start(line)
    as_soon_as(lambda: STEPS[step](site, before, lines))
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    return [line["outcome"] for line in site.book()[lines:]]


@pytest.mark.parametrize("step", STEPS)
def test_a_deploy_that_was_killed_is_done_again(site, step):
    site.run("mcp-server deploy --profile=staging")
    before = only_instance(site)[0]
    kill_at(site, step, "mcp-server deploy --profile=staging", before)
    site.run("mcp-server deploy --profile=staging")
    pid, release = only_instance(site)
    assert pid != before and release == 3
    site.run("mcp-server rollback --profile=staging")
    assert only_instance(site)[1] < 3


@pytest.mark.parametrize("step", ["wrote it down", "ended the former", "started the new"])
def test_a_rollback_that_was_killed_is_done_again(site, step):
    for _ in range(3):
        site.run("mcp-server deploy --profile=staging")
    done = kill_at(site, step, "mcp-server rollback --profile=staging --version=previous", only_instance(site)[0])
    if "ready" not in done:  # it may have been quicker than the signal
        site.run("mcp-server rollback --profile=staging --version=previous")
    assert only_instance(site)[1] == 2
