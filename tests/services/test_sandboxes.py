"""Each service in the sandbox of its preset: it works, and who is in there with it gets at nothing else.

TimescaleDB is left out: its database here has room for one client, and its preset is that of postgres.
"""
import json

import pytest

from backends import HERE
from calls import REAL, Asked, filled, text_of_success
from nine import NINE, TESTED, sandbox_of

IN_SANDBOXES = tuple(name for name in NINE if name != "timescaledb")
# Prometheus only scrapes the gateway of other tests.
CALLS = {**REAL, "monitoring": Asked("prometheus_query", '"7"', {"query": "vector(7)"})}
ESCAPEE = HERE.parent / "children" / "escapee.py"


@pytest.fixture(scope="module")
def sandboxed(start):
    return start(TESTED, only=IN_SANDBOXES, sandboxed=True)


@pytest.mark.parametrize("service", IN_SANDBOXES)
def test_a_service_works_in_the_sandbox_of_its_preset(service, sandboxed, connect, site, files):
    asked = CALLS[service]
    assert asked.says in text_of_success(connect(sandboxed, service).call(asked.tool, filled(asked.arguments, site, files)))


@pytest.fixture(scope="module")
def intruders(start, environment):
    """In place of each server, one that tries to get out."""
    def intruder(name):
        box = sandbox_of(name, TESTED.get(name, name), environment)
        return {"command": "/usr/bin/python3", "args": ["-I", "-S", str(ESCAPEE)],
                "probe": None, "expected_tools": [], "needs": [], "replicas": 1, "sandbox": box}

    return start(TESTED, only=IN_SANDBOXES, overlays={name: intruder(name) for name in IN_SANDBOXES})


@pytest.mark.parametrize("service", IN_SANDBOXES)
def test_nobody_gets_out_of_the_sandbox_of_a_preset(service, intruders, connect, environment):
    client = connect(intruders, service)

    def attempt(name, **arguments):
        return json.loads(client.text(name, arguments))

    assert attempt("read", path="/etc/shadow") == "EACCES"
    assert attempt("write", path="/etc/hosts") == "EACCES"
    assert attempt("read", path=f"/proc/{intruders.process.pid}/environ") in ("EACCES", "EPERM")
    assert attempt("ptrace", pid=intruders.process.pid) == "EPERM"
    assert attempt("system_call", call_name="mount", arguments=[0] * 5) == "EPERM"
    assert attempt("make_socket", family=17, kind=3) == "EACCES"  # raw packets
    if service != "playwright":
        assert attempt("unshare", flags=0x10000000) == "EPERM"
        assert attempt("connect_unix", path="/run/docker.sock") == "EACCES"
        assert attempt("list_directory", path="/tmp") == "EACCES"
    if service == "filesystem":
        assert attempt("connect", port=int(environment["PGPORT"])) in ("ECONNREFUSED", "EACCES")  # another loopback, or no sockets
