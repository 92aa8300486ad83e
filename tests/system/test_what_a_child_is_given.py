"""T-ENV: what a child has of the gateway, seen from outside, for each isolation and each run: its pipes, and secrets of its own."""
import json
import os
import resource
import signal
from pathlib import Path

import pytest

from canaries import Planted
from clients import call

ISOLATIONS = ["shared", "session", "owned"]
SAME_AS_OURS = ("Uid", "Gid", "Groups", "Umask", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "Cpus_allowed", "SigBlk", "NoNewPrivs")


class Process:
    """A process of /proc."""

    def __init__(self, pid):
        self.pid = pid
        self.folder = Path("/proc", str(pid))

    def text(self, name):
        return (self.folder / name).read_bytes().decode(errors="surrogateescape")

    def environment(self):
        return dict(entry.split("=", 1) for entry in self.text("environ").split("\0") if entry)

    def descriptors(self):
        return {int(number): os.readlink(self.folder / "fd" / number) for number in os.listdir(self.folder / "fd")}

    def status(self):
        fields = dict(line.split(":\t", 1) for line in self.text("status").splitlines() if ":\t" in line)
        return {name: fields[name] for name in SAME_AS_OURS}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    made = Planted(tmp_path_factory.mktemp("canaries"))
    yield made
    made.stop()


@pytest.fixture
def gateway(start_gateway, planted):
    """With clients on all services, open streams, and a listener with TLS that was used: with many descriptors."""
    running = start_gateway(planted.services, planted.gateway, wait_for=["shared"], env=planted.variables)
    for service in ISOLATIONS:
        running.sse(service, headers=planted.headers()).initialize()
    return running


@pytest.fixture
def few_open_files():
    """The soft limit of what is started meanwhile; the hard one stays as it is."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (500, before[1]))
    yield 500
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def child_of(gateway, planted, service, another=False):
    """The child of one more client, and in its next run if that is wanted."""
    client = gateway.http(service, headers=planted.headers())
    client.initialize()
    if another:
        pid = json.loads(client.text("pid"))["pid"]
        started = len(gateway.events("child.start", server=service))
        client.post(call("die", {"signal": signal.SIGKILL}))
        gateway.wait_for("child.start", count=started + 1, server=service)
        assert json.loads(client.text("pid"))["pid"] != pid
    return Process(json.loads(client.text("pid"))["pid"])


@pytest.mark.parametrize("another", [False, True], ids=["first run", "next run"])
@pytest.mark.parametrize("service", ISOLATIONS)
def test_a_child_has_its_own_secrets_three_pipes_and_the_rights_of_the_gateway(gateway, planted, service, another):
    child = child_of(gateway, planted, service, another)
    given = "\0".join([*child.environment().values(), child.text("cmdline")])
    assert set(planted.found_in(given)) == set(planted.of(service))
    # Its name and place say nothing of the gateway but the marker, by which its orphans are found.
    assert not {*planted.variables} - {"PASSED"} & child.environment().keys()

    descriptors = child.descriptors()
    assert set(descriptors) == {0, 1, 2}
    assert all(target.startswith("pipe:") for target in descriptors.values()), descriptors
    assert len(set(descriptors.values())) == 3
    others = [Process(pid) for pid in gateway.processes() if pid not in (child.pid, gateway.process.pid)]
    assert all(set(other.descriptors().values()).isdisjoint(descriptors.values()) for other in others)

    gateway_itself, ours = Process(gateway.process.pid), Process("self")
    assert child.status() == ours.status() == gateway_itself.status()
    assert child.text("limits") == ours.text("limits")
    assert os.readlink(child.folder / "cwd") == os.getcwd()
    assert os.getpgid(child.pid) == os.getsid(child.pid) == child.pid
    for name in ("oom_score_adj", "coredump_filter", "cgroup"):
        assert child.text(name) == ours.text(name), name


def test_a_child_runs_where_its_service_says(start_gateway, planted, tmp_path):
    services = {"shared": {**planted.services["shared"], "cwd": str(tmp_path)}}
    gateway = start_gateway(services, planted.gateway, env=planted.variables)
    assert os.readlink(child_of(gateway, planted, "shared").folder / "cwd") == str(tmp_path)


def test_the_limit_of_open_files_is_the_one_the_gateway_was_started_with(start_gateway, planted, few_open_files):
    """Whatever it raised for itself: programs that use select(2), or close all there may be, rely on a low one."""
    gateway = start_gateway({"shared": planted.services["shared"]}, planted.gateway, env=planted.variables)
    child = child_of(gateway, planted, "shared")
    assert resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)[0] > few_open_files
    assert resource.prlimit(child.pid, resource.RLIMIT_NOFILE)[0] == few_open_files


def test_the_process_that_guards_children_holds_nothing_of_clients_and_children(gateway):
    """It outlives the gateway for a moment, and would keep their connections open."""
    children = {Process(pid).environment().get("MCP_GATEWAY_CHILD"): pid for pid in gateway.processes()}
    guards = [Process(pid) for pid in gateway.processes()
              if pid != gateway.process.pid and Process(pid).text("cmdline") == Process(gateway.process.pid).text("cmdline")]
    assert len(children) > 3 and len(guards) == 1
    held = guards[0].descriptors()
    assert len(held) == 1 and held[0].startswith("socket:")
    assert os.readlink(guards[0].folder / "cwd") == "/"
