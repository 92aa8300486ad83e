"""Sandboxes of children: a child tries to get out, and what the system lacks keeps only its service from starting.

Each attempt is made by a child in a sandbox, where it must fail, and by one without, where it must work: otherwise the
attempt would prove nothing. The child is tests/children/escapee.py.
"""
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway_under_test import GATEWAY as PROGRAM
from gateway_under_test import ROOT, Gateway, chaos, echo, is_gone

ESCAPEE = str(ROOT / "tests" / "children" / "escapee.py")
PYTHON = "/usr/bin/python3"  # one that every user can run
NOBODY = 65534
IS_ROOT = os.geteuid() == 0
MIB = 1 << 20


def escapee(*args, **config):
    return {"command": PYTHON, "args": ["-I", "-S", ESCAPEE, *args], **config}


def landlock_version():
    import ctypes  # pylint: disable=import-outside-toplevel
    return max(0, ctypes.CDLL(None).syscall(444, None, 0, 1))


def may_create_namespaces():
    return subprocess.run(["unshare", "--user", "--net", "true"], capture_output=True, check=False).returncode == 0


LANDLOCK = landlock_version()
NAMESPACES = may_create_namespaces()
needs_landlock = pytest.mark.skipif(LANDLOCK < 1, reason="this kernel has no Landlock")
needs_ports = pytest.mark.skipif(LANDLOCK < 4, reason="this kernel's Landlock knows no TCP ports")
needs_scopes = pytest.mark.skipif(LANDLOCK < 6, reason="this kernel's Landlock knows no scopes")
needs_namespaces = pytest.mark.skipif(not NAMESPACES, reason="user namespaces are not permitted here")
needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root")


class Places:
    """Files and sockets inside and outside of what the sandbox allows."""

    def __init__(self, folder):
        self.readable = self.folder(folder / "readable")
        self.writable = self.folder(folder / "writable")
        self.outside = self.folder(folder / "outside")
        self.tcp = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.tcp.getsockname()[1]
        self.other_tcp = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.other_port = self.other_tcp.getsockname()[1]
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(str(self.outside / "socket"))
        self.unix.listen(100)
        self.abstract = f"@mcp-gateway-test-{os.getpid()}"
        self.abstract_unix = socket.socket(socket.AF_UNIX)
        self.abstract_unix.bind("\0" + self.abstract[1:])
        self.abstract_unix.listen(100)

    @staticmethod
    def folder(path):
        path.mkdir()
        (path / "file").write_text("content")
        (path / "program").write_bytes(Path("/bin/true").read_bytes())
        (path / "program").chmod(0o755)
        return path

    def close(self):
        for each in (self.tcp, self.other_tcp, self.unix, self.abstract_unix):
            each.close()

    def services(self, **sandbox):
        box = {"read": [str(self.readable)], "write": [str(self.writable)], "max_open_files": 200,
               "max_file_size": "1MiB", "max_data": "512MiB", "max_cpu_time": "1h", **sandbox}
        return {"free": escapee(), "boxed": escapee(sandbox=box)}


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    made = Places(tmp_path_factory.mktemp("places"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def children(places):
    """The gateway, and a client of a child without a sandbox and of one in it."""
    optional = ["files"] if LANDLOCK < 1 else []
    gateway = Gateway(places.services(optional=optional))
    yield gateway, gateway.sse("free"), gateway.sse("boxed")
    gateway.stop()


def attempt(client, name, **arguments):
    return json.loads(client.text(name, arguments))


def assert_only_boxed_fails(children, name, errors, **arguments):
    _, free, boxed = children
    assert attempt(free, name, **arguments) == "done"
    assert attempt(boxed, name, **arguments) in errors


# ── files ────────────────────────────────────────────────────────────────────────────────────────

@needs_landlock
def test_listed_files_can_be_read_and_written_and_system_programs_run(children, places):
    _, _, boxed = children
    assert attempt(boxed, "read", path=str(places.readable / "file")) == "done"
    assert attempt(boxed, "list_directory", path=str(places.readable)) == "done"
    assert attempt(boxed, "write", path=str(places.writable / "new")) == "done"
    assert attempt(boxed, "truncate", path=str(places.writable / "new")) == "done" or LANDLOCK < 3
    assert attempt(boxed, "remove", path=str(places.writable / "new")) == "done"
    assert attempt(boxed, "execute", path="/bin/true") == "done"
    assert attempt(boxed, "write", path="/dev/null") == "done"


@needs_landlock
@pytest.mark.parametrize("name, where, errors", [
    ("read", "outside/file", {"EACCES"}),
    ("list_directory", "outside", {"EACCES"}),
    ("write", "outside/file", {"EACCES"}),
    ("write", "outside/new", {"EACCES"}),
    ("truncate", "outside/file", {"EACCES", "EPERM"}),
    ("execute", "outside/program", {"EACCES"}),
    ("write", "readable/file", {"EACCES"}),
    ("write", "readable/new", {"EACCES"}),
    ("truncate", "readable/file", {"EACCES", "EPERM"}),
    ("execute", "readable/program", {"EACCES"}),
    ("execute", "writable/program", {"EACCES"}),
])
def test_other_files_are_out_of_reach(children, places, name, where, errors):
    assert_only_boxed_fails(children, name, errors, path=str(places.outside.parent / where))


@needs_landlock
def test_a_path_around_corners_leads_nowhere_else(children, places):
    """T-FS: .., links, /proc, hard links, and moving files out and in."""
    outside, link = str(places.outside / "file"), str(places.writable / "link")
    assert_only_boxed_fails(children, "read", {"EACCES"}, path=f"{places.readable}/../outside/file")
    assert_only_boxed_fails(children, "read", {"EACCES"}, path="/proc/self/root" + outside)
    assert_only_boxed_fails(children, "read", {"EACCES"}, path=f"/proc/self/cwd/../../../../../../..{outside}")
    assert_only_boxed_fails(children, "read_through_link", {"EACCES"}, path=outside, link=link)
    _, free, boxed = children
    assert attempt(boxed, "link", path=outside, to=link) in ("EXDEV", "EACCES")
    assert attempt(free, "link", path=outside, to=link) == "done"
    Path(link).unlink()
    assert attempt(boxed, "move", path=str(places.writable / "file"), to=str(places.outside / "moved")) in ("EXDEV", "EACCES")
    assert attempt(boxed, "move", path=outside, to=link) in ("EXDEV", "EACCES")


@needs_landlock
def test_secrets_of_the_machine_and_of_the_gateway_are_out_of_reach(children):
    gateway, free, boxed = children
    environment = f"/proc/{gateway.process.pid}/environ"
    assert attempt(free, "read", path=environment) == "done"
    assert attempt(boxed, "read", path=environment) in ("EACCES", "EPERM")
    for path in ("/etc/shadow", "/etc/sudoers", "/etc/ssl/private", os.path.expanduser("~"), "/var/log", "/home", "/tmp"):
        assert attempt(boxed, "list_directory" if os.path.isdir(path) else "read", path=path) in ("EACCES", "ENOENT"), path


# ── other processes ──────────────────────────────────────────────────────────────────────────────

def test_it_cannot_look_into_its_parent(children):
    gateway, free, boxed = children
    assert attempt(boxed, "ptrace", pid=gateway.process.pid) == "EPERM"
    if IS_ROOT:  # others may be kept from it by Yama
        assert attempt(free, "ptrace", pid=gateway.process.pid) == "done"


@needs_scopes
def test_it_cannot_signal_its_parent(children):
    gateway, _, _ = children
    for number in (0, signal.SIGCONT):
        assert_only_boxed_fails(children, "send_signal", {"EPERM"}, pid=gateway.process.pid, number=number)


# ── the network ──────────────────────────────────────────────────────────────────────────────────

def test_unix_sockets_are_refused_but_pairs_are_not(children, places):
    assert_only_boxed_fails(children, "connect_unix", {"EACCES"}, path=str(places.outside / "socket"))
    assert_only_boxed_fails(children, "connect_unix", {"EACCES"}, path=places.abstract)
    assert attempt(children[2], "make_socket_pair") == "done"


@needs_scopes
def test_where_unix_sockets_are_allowed_abstract_ones_of_others_are_not(start_gateway, places):
    gateway = start_gateway(places.services(unix_sockets=True))
    children = gateway, gateway.sse("free"), gateway.sse("boxed")
    assert attempt(children[2], "connect_unix", path=str(places.outside / "socket")) == "done"
    assert_only_boxed_fails(children, "connect_unix", {"EPERM"}, path=places.abstract)


@pytest.mark.parametrize("family, kind", [(socket.AF_INET, socket.SOCK_RAW), (socket.AF_INET6, socket.SOCK_RAW),
                                          (socket.AF_PACKET, socket.SOCK_RAW), (38, socket.SOCK_SEQPACKET)])
def test_raw_packets_and_rare_sockets_are_refused(children, family, kind):
    """38 is AF_ALG. Where the kernel takes an int, bits above it must not help."""
    protocol = 1 if family in (socket.AF_INET, socket.AF_INET6) else 0
    _, free, boxed = children
    if IS_ROOT:
        assert attempt(free, "make_socket", family=family, kind=kind, protocol=protocol) in ("done", "EAFNOSUPPORT")
    for high in (0, 1 << 32):
        assert attempt(boxed, "make_socket", family=family | high, kind=kind, protocol=protocol) in ("EPERM", "EACCES")
        assert attempt(boxed, "make_socket", family=family, kind=kind | socket.SOCK_CLOEXEC | high, protocol=protocol) in (
            "EPERM", "EACCES")


def test_without_network_settings_it_may_connect_and_listen(children, places):
    for client in children[1:]:
        assert attempt(client, "connect", port=places.port) == "done"
        assert attempt(client, "listen") == "done"


@needs_ports
def test_only_listed_tcp_ports_can_be_used(start_gateway, places):
    gateway = start_gateway(places.services(connect_ports=[places.port], bind_ports=[]))
    children = gateway, gateway.sse("free"), gateway.sse("boxed")
    assert attempt(children[2], "connect", port=places.port) == "done"
    assert_only_boxed_fails(children, "connect", {"EACCES"}, port=places.other_port)
    assert_only_boxed_fails(children, "listen", {"EACCES"})


@pytest.mark.parametrize("without", [pytest.param("", marks=needs_namespaces), "user_namespaces"])
def test_without_a_network_nothing_can_be_reached(start_gateway, places, without):
    gateway = start_gateway(places.services(network="none", optional=["files"]), env={"MCP_GATEWAY_SANDBOX_WITHOUT": without})
    children = gateway, gateway.sse("free"), gateway.sse("boxed")
    refused = {"EACCES"} if without else {"ECONNREFUSED"}  # by the filter, or by an empty loopback
    assert_only_boxed_fails(children, "connect", refused, port=places.port)
    assert attempt(children[2], "listen") == ("EACCES" if without else "done")
    assert attempt(children[2], "make_socket_pair") == "done"
    if without:
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_INET | 1 << 32):
            assert attempt(children[2], "make_socket", family=family, kind=socket.SOCK_DGRAM) == "EACCES"
    else:
        assert attempt(children[2], "connect", port=53, host="192.0.2.1") == "ENETUNREACH"
        assert attempt(children[1], "state")["network_namespace"] != attempt(children[2], "state")["network_namespace"]


# ── system calls and privileges ──────────────────────────────────────────────────────────────────

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000


@pytest.mark.parametrize("name", ["io_uring_setup", "bpf", "keyctl", "userfaultfd", "perf_event_open", "mount", "kexec_load",
                                  "init_module", "process_vm_readv", "setns"])
def test_system_calls_that_no_server_needs_are_refused(children, name):
    _, free, boxed = children
    arguments = [-1] * 5
    assert attempt(boxed, "system_call", call_name=name, arguments=arguments) == "EPERM"
    assert attempt(free, "system_call", call_name=name, arguments=arguments) != "EPERM" or not IS_ROOT or name == "keyctl"


def test_namespaces_are_refused_unless_allowed(start_gateway, children, places):
    if NAMESPACES:
        assert attempt(children[1], "unshare", flags=CLONE_NEWUSER) == "done"
    for flags in (CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWUSER | CLONE_NEWNET):
        assert attempt(children[2], "unshare", flags=flags) == "EPERM"
    if NAMESPACES:
        gateway = start_gateway(places.services(user_namespaces=True, optional=["files"]))
        assert attempt(gateway.sse("boxed"), "unshare", flags=CLONE_NEWUSER) == "done"
        assert attempt(gateway.sse("boxed"), "system_call", call_name="mount", arguments=[0] * 5) == "EPERM"


def test_it_has_no_privileges_and_gains_none(children):
    """T-ENV."""
    gateway, free, boxed = children
    state = attempt(boxed, "state")
    assert state["NoNewPrivs"] == "1"
    assert state["Seccomp"] == "2"
    assert {name: state[name] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == dict.fromkeys(
        ("CapInh", "CapPrm", "CapEff", "CapAmb"), "0" * 16)
    assert state["parent"] == gateway.process.pid
    assert state["descriptors"] == [0, 1, 2]
    assert state["limits"]["CORE"] == [0, 0]
    assert state["limits"]["NOFILE"] == [200, 200]
    assert state["limits"]["FSIZE"] == [MIB, MIB]
    assert state["limits"]["DATA"] == [512 * MIB, 512 * MIB]
    assert state["limits"]["CPU"] == [3600, 3601]
    ours = attempt(free, "state")
    assert ours["NoNewPrivs"] == "0" and ours["Seccomp"] == "0"
    assert set(state["environment"]) - {"MCP_GATEWAY_CHILD"} == set(ours["environment"]) - {"MCP_GATEWAY_CHILD"}
    assert state["cwd"] == ours["cwd"]
    if IS_ROOT:
        assert state["CapBnd"] == "0" * 16 != ours["CapBnd"]
        assert state["groups"] == []
        assert attempt(boxed, "chroot", path="/") == "EPERM"
        assert attempt(free, "chroot", path="/") == "done"


# ── limits ───────────────────────────────────────────────────────────────────────────────────────

def test_memory_and_file_sizes_are_limited(children, places):
    assert_only_boxed_fails(children, "allocate", {"ENOMEM"}, size=768 * MIB)
    assert attempt(children[2], "allocate", size=64 * MIB) == "done"
    if LANDLOCK:
        assert_only_boxed_fails(children, "write_much", {"EFBIG"}, path=str(places.writable / "much"), size=2 * MIB)
    assert children[0].health("boxed")["status"] == "HEALTHY"


def run_as_nobody():
    """Options that make the gateway's user one that the kernel limits."""
    return {"user": NOBODY} if IS_ROOT else {}


@needs_namespaces
def test_a_fork_bomb_is_bounded_for_each_child_alone(start_gateway):
    gateway = start_gateway({"free": escapee(), "boxed": escapee(sandbox={"files": "any", "max_processes": 20}),
                             "other": escapee(sandbox={"files": "any", "max_processes": 20})}, **run_as_nobody())
    free, boxed, other = gateway.sse("free"), gateway.sse("boxed"), gateway.sse("other")
    assert attempt(free, "fork_bomb", count=100) == 100
    assert 0 < attempt(boxed, "fork_bomb", count=100) < 20
    assert attempt(other, "fork_bomb", count=15) == 15
    assert attempt(boxed, "state")["user_namespace"] != attempt(other, "state")["user_namespace"]


@needs_root
@pytest.mark.parametrize("without", ["", "user_namespaces"])
def test_a_user_of_its_own_has_no_groups_and_a_bounded_number_of_processes(start_gateway, without):
    box = {"user": f"{NOBODY}:{NOBODY}", "files": "any", "max_processes": 20}
    gateway = start_gateway({"free": escapee(), "boxed": escapee(sandbox=box)},
                            env={"MCP_GATEWAY_SANDBOX_WITHOUT": without})
    free, boxed = gateway.sse("free"), gateway.sse("boxed")
    state = attempt(boxed, "state")
    assert (state["uid"], state["gid"]) == ([NOBODY] * 3, [NOBODY] * 3)
    assert set(state["groups"]) <= ({NOBODY} if not without else set())  # in a namespace, the unmapped ones look like that
    assert state["CapBnd"] == state["CapPrm"] == "0" * 16
    assert attempt(boxed, "send_signal", pid=gateway.process.pid, number=0) == "EPERM"
    assert attempt(boxed, "gain_privileges") in ("EPERM", "EINVAL")
    assert attempt(boxed, "read", path="/etc/shadow") == "EACCES"
    assert attempt(free, "read", path="/etc/shadow") == "done"
    assert 0 < attempt(boxed, "fork_bomb", count=100) < 20


# ── control groups ───────────────────────────────────────────────────────────────────────────────

GROUPS = Path("/sys/fs/cgroup")


def controllers():
    try:
        return (GROUPS / "cgroup.controllers").read_text().split()
    except OSError:
        return []


@pytest.fixture
def group():
    """A control group as systemd delegates it to a unit."""
    if not IS_ROOT or not {"memory", "pids"} <= set(controllers()):
        pytest.skip("needs root, and memory and pids in version 2 of control groups")
    (GROUPS / "cgroup.subtree_control").write_text("+memory +pids")
    made = GROUPS / f"mcp-gateway-test-{os.getpid()}"
    made.mkdir()
    os.setxattr(made, "user.delegate", b"1")
    for path in (made, made / "cgroup.procs", made / "cgroup.subtree_control", made / "cgroup.threads"):
        os.chown(path, NOBODY, NOBODY)
    yield made
    for each in [*made.glob("*/"), made]:
        each.rmdir()


@pytest.mark.parametrize("options", [{}, run_as_nobody()], ids=["as root", "unprivileged"])
def test_control_groups_limit_a_child_with_all_its_processes(group, start_gateway, options):
    box = {"files": "any", "max_memory": "100MiB", "max_processes": 20}
    gateway = start_gateway({"boxed": escapee(sandbox=box), "other": escapee(sandbox=box), "free": escapee()}, group=group,
                            **options)
    boxed, other, free = gateway.sse("boxed"), gateway.sse("other"), gateway.sse("free")
    assert 0 < attempt(boxed, "fork_bomb", count=100) < 20
    assert attempt(other, "fork_bomb", count=15) == 15
    assert attempt(free, "fork_bomb", count=100) == 100

    assert attempt(free, "use_memory", size=200 * MIB) == "done"
    assert "error" in boxed.call("use_memory", {"size": 200 * MIB})
    assert gateway.wait_for("child.exit", server="boxed")["exit"] == "signal 9 (Killed)"
    gateway.wait_for("service.ready", count=2, server="boxed")
    assert attempt(gateway.sse("boxed"), "state")["NoNewPrivs"] == "1"
    assert attempt(other, "use_memory", size=30 * MIB) == "done"

    # Groups of children that ended are removed when others start.
    assert {path.name for path in group.glob("*/")} == {"gateway", *(f"child-{gateway.child_pid(name)}" for name in ("boxed", "other"))}
    assert (group / "gateway" / "cgroup.procs").read_text().split().count(str(gateway.process.pid)) == 1


def test_a_limit_of_memory_needs_a_control_group(start_gateway):
    box = {"files": "any", "max_memory": "100MiB"}
    gateway = start_gateway({"boxed": escapee(sandbox=box), "echo": echo(),
                             "optional": escapee(sandbox={**box, "optional": ["memory"]})}, wait_for=["echo", "optional"],
                            env={"MCP_GATEWAY_SANDBOX_WITHOUT": "cgroups"})
    assert ("its sandbox needs a memory limit for its processes together: a delegated control group"
            in gateway.health("boxed")["reason"])


# ── the end of a child ───────────────────────────────────────────────────────────────────────────

ENDS = {"boxed": {"files": "any"}, "apart": {"files": "any", "network": "none", "max_processes": 100}}


RUNNERS = [
    pytest.param({}, {}, id="as the gateway"),
    pytest.param({}, run_as_nobody(), id="unprivileged", marks=needs_root),
    pytest.param({"user": str(NOBODY)}, {}, id="another user", marks=needs_root),
]


@pytest.mark.parametrize("box, options", RUNNERS)
@pytest.mark.parametrize("end", ["stop", "kill the gateway", "kill the child"])
def test_descendants_in_a_sandbox_do_not_outlive_their_child(start_gateway, box, options, end):
    """The marker of the environment, and the rights to read it and to kill, hold in namespaces and for other users."""
    boxes = {name: {**each, **box, "optional": ["processes"]} for name, each in ENDS.items()}
    gateway = start_gateway({name: escapee(sandbox=each) for name, each in boxes.items()}, **options)
    pids = [pid for name in boxes for pid in (attempt(gateway.sse(name), "detach"), gateway.child_pid(name))]
    assert not any(is_gone(pid, timeout=0) for pid in pids)
    if end == "stop":
        gateway.stop()
    elif end == "kill the gateway":
        gateway.process.kill()
        gateway.process.wait()
    else:
        for name in boxes:
            os.kill(gateway.child_pid(name), signal.SIGKILL)
            gateway.wait_for("child.exit", server=name)
    assert all(is_gone(pid) for pid in pids)


@pytest.mark.parametrize("isolation", ["shared", "session", "affinity"])
def test_every_child_of_a_service_is_in_its_sandbox(start_gateway, isolation):
    box = {"files": "any"}
    gateway = start_gateway({"boxed": escapee(sandbox=box, isolation=isolation, affinity={"header": "x-user"},
                                               restart={"backoff_initial": "10ms"})}, wait_for=())
    user = {"headers": {"X-User": "somebody"}}
    client = gateway.sse("boxed", **user)
    state = attempt(client, "state")
    assert state["NoNewPrivs"] == "1"
    if isolation == "session":
        assert attempt(gateway.sse("boxed", **user), "state")["NoNewPrivs"] == "1"
        return
    os.kill(state["pid"], signal.SIGKILL)
    gateway.wait_for("child.start", count=2, server="boxed")
    again = attempt(gateway.sse("boxed", **user), "state")
    assert again["pid"] != state["pid"] and again["NoNewPrivs"] == "1"


def test_a_child_that_was_asleep_wakes_in_its_sandbox(start_gateway):
    gateway = start_gateway({"boxed": escapee(sandbox={"files": "any"}, idle_stop="100ms")})
    gateway.wait_for("child.exit", server="boxed")
    assert attempt(gateway.sse("boxed"), "state")["NoNewPrivs"] == "1"


# ── what is missing ──────────────────────────────────────────────────────────────────────────────

PORTS = {"connect_ports": [443]}


@pytest.mark.parametrize("sandbox, without, why", [
    ({}, "seccomp", "its sandbox needs filters of system calls (seccomp), which this kernel does not have"),
    ({}, "landlock", "its sandbox needs file rules: Landlock version 1 (Linux 5.13), and this kernel has none"),
    (PORTS, "landlock=2", "its sandbox needs TCP port rules: Landlock version 4 (Linux 6.7), and this kernel has version 2"),
    ({"user": "12345"}, "capabilities",
     "its sandbox has a user, for which the gateway lacks CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_SYS_PTRACE"),
    ({"user": "no-such-user"}, "", "its sandbox has the user 'no-such-user', which does not exist"),
])
def test_a_service_whose_sandbox_is_impossible_is_not_started_and_others_are(start_gateway, sandbox, without, why):
    if without == "landlock=2" and LANDLOCK < 2:
        pytest.skip("this kernel's Landlock is older")
    env = {"MCP_GATEWAY_SANDBOX_WITHOUT": without}
    gateway = start_gateway({"boxed": escapee(sandbox=sandbox), "echo": echo()}, wait_for=["echo"], env=env)
    boxed = gateway.health("boxed")
    assert boxed["state"] == "unavailable"
    assert why in boxed["reason"]
    assert gateway.sse("echo").text("echo", {"text": "here"}) == "here"
    assert not gateway.events("child.start", server="boxed")


def test_what_is_optional_may_be_missing(start_gateway):
    box = {**PORTS, "optional": ["tcp_ports", "files"]}
    gateway = start_gateway({"boxed": escapee(sandbox=box)}, env={"MCP_GATEWAY_SANDBOX_WITHOUT": "landlock"})
    assert attempt(gateway.sse("boxed"), "state")["NoNewPrivs"] == "1"


@needs_landlock
def test_a_kernel_that_knows_no_truncation_refuses_the_call(start_gateway, places):
    gateway = start_gateway(places.services(), env={"MCP_GATEWAY_SANDBOX_WITHOUT": "landlock=2"})
    assert_only_boxed_fails((gateway, gateway.sse("free"), gateway.sse("boxed")), "truncate", {"EPERM"},
                            path=str(places.outside / "file"))


@needs_landlock
def test_a_sandbox_that_cannot_be_set_up_says_why(start_gateway, tmp_path):
    program = tmp_path / "program"
    interpreter = tmp_path / "interpreter"
    interpreter.write_bytes(Path("/bin/sh").read_bytes())
    interpreter.chmod(0o755)
    program.write_text(f"#!{interpreter}\n")
    program.chmod(0o755)
    gateway = start_gateway({"path": escapee(sandbox={"read": ["/no/such/path"]}),
                             "program": {"command": str(program), "sandbox": {}}, "echo": echo()}, wait_for=["echo"])
    path = gateway.wait_for("child.backoff", server="path")
    assert path["err.msg"].endswith("its sandbox: '/no/such/path': No such file or directory")
    gateway.until(lambda: gateway.health("path")["reason"].endswith("its sandbox: '/no/such/path': No such file or directory"))
    program_says = gateway.wait_for("child.backoff", server="program")["err.msg"]
    assert f"'{program}' cannot be executed: Permission denied; if it is not among its files, add it to execute" in program_says


# ── check ────────────────────────────────────────────────────────────────────────────────────────

def check(tmp_path, services, without="", *flags):
    file = tmp_path / "gateway.json"
    file.write_text(json.dumps({"mcpServers": services}))
    return subprocess.run([PROGRAM, "check", str(file), *flags], capture_output=True, text=True, check=False,
                          env={**os.environ, "MCP_GATEWAY_SANDBOX_WITHOUT": without})


@needs_ports
def test_check_shows_what_applies(tmp_path):
    (tmp_path / "data").mkdir()
    box = {"read": ["/srv"], "write": [str(tmp_path / "data")], "connect_ports": [443], "bind_ports": [], "max_open_files": 10}
    said = check(tmp_path, {"boxed": escapee(sandbox=box), "free": echo()})
    assert said.returncode == 0, said.stdout + said.stderr
    line = next(line for line in said.stdout.splitlines() if line.startswith("sandbox: "))
    assert line.startswith("sandbox: boxed: system files; executes ")
    for part in (ESCAPEE, "reads /srv", f"writes {tmp_path}/data", "connects to TCP ports 443", "listens on no TCP port",
                 "no Unix sockets", "at most 10 open files"):
        assert part in line
    assert "free" not in said.stdout


def test_check_shows_what_this_system_cannot_do(tmp_path):
    said = check(tmp_path, {"boxed": escapee(sandbox={**PORTS, "files": "any", "optional": ["tcp_ports"]}),
                            "refused": escapee(sandbox={**PORTS, "files": "any"})}, "landlock")
    assert said.returncode == 1
    assert ("sandbox: boxed: goes without TCP port rules: Landlock version 4 (Linux 6.7), and this kernel has none"
            in said.stdout)
    assert "cannot start: refused: not started; its sandbox needs TCP port rules" in said.stdout


def test_check_finds_paths_that_do_not_exist(tmp_path):
    said = check(tmp_path, {"boxed": escapee(sandbox={"write": ["/no/such/place"], "optional": ["files"]})})
    if LANDLOCK:
        assert said.returncode == 1
        assert "cannot start: boxed: its sandbox allows '/no/such/place', which does not exist" in said.stdout


def test_check_connects_to_children_in_their_sandbox(tmp_path):
    said = check(tmp_path, {"boxed": escapee(sandbox={"optional": ["files"]})}, "", "--connect")
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.mark.parametrize("sandbox, error", [
    ("fort", "sandbox: expected 'filesystem' or 'monitoring' or 'memory'"),
    ({"preset": "fort"}, "sandbox.preset: expected 'filesystem' or 'monitoring'"),
    ({"read": ["relative"]}, "sandbox.read[0]: expected an absolute path"),
    ({"connect_ports": [0]}, "sandbox.connect_ports[0]: expected 1..65535, found 0"),
    ({"user": "0"}, "sandbox.user: expected a user other than root"),
    ({"network": "some"}, "sandbox.network: expected 'any' or 'none'"),
    ({"optional": ["everything"]}, "sandbox.optional[0]: expected 'files' or 'tcp_ports'"),
    ({"nonsense": 1}, "sandbox: unknown key 'nonsense'"),
    ({"reed": []}, "did you mean 'read'"),
    (7, "sandbox: expected an object, or the name of a preset"),
])
def test_mistakes_in_a_sandbox_are_errors(tmp_path, sandbox, error):
    said = check(tmp_path, {"boxed": escapee(sandbox=sandbox)})
    assert said.returncode == 2
    assert error in said.stderr


def test_a_sandbox_of_another_program_is_noted_and_ignored(tmp_path):
    for sandbox in (True, False, {"enabled": True, "filesystem": {"allowWrite": ["."]}}):
        said = check(tmp_path, {"boxed": chaos(sandbox=sandbox)})
        assert said.returncode == 0, said.stderr
        assert "sandbox: Ignored: another program's" in said.stdout
