"""The unit that docs/install.md installs, as systemd itself judges it. No systemd has to be running for that."""
import json
import shutil
import socket
import subprocess

import pytest

from gateway_under_test import GATEWAY, ROOT, chaos
from wire import TIMEOUT

SHIPPED = ROOT / "deploy" / "systemd" / "mcp-gateway.service"
INSTALLED = "/usr/local/bin/mcp-gateway"
EXPOSURE = 1.5  # of 10, as it is today


@pytest.fixture(scope="module", autouse=True)
def systemd():
    assert shutil.which("systemd-analyze"), "needs systemd-analyze (Debian: apt-get install systemd)"


@pytest.fixture
def unit(tmp_path):
    """The unit with the gateway at its place in the build folder: systemd looks whether the program is there."""
    text = SHIPPED.read_text()
    assert INSTALLED in text
    path = tmp_path / SHIPPED.name
    path.write_text(text.replace(INSTALLED, GATEWAY))
    return path


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True)


def settings():
    return dict(line.split("=", 1) for line in SHIPPED.read_text().splitlines() if "=" in line and line[0] != "#")


@pytest.fixture(scope="module")
def schema():
    """What the configuration may hold, with the defaults."""
    return json.loads(subprocess.run([GATEWAY, "schema"], capture_output=True, check=True).stdout)


def test_systemd_finds_nothing_wrong_with_the_unit(unit):
    judged = analyze("verify", str(unit))
    assert (judged.returncode, judged.stderr) == (0, "")


def test_systemd_finds_the_unit_no_more_exposed_than_it_was(unit):
    judged = analyze("security", "--offline=true", "--threshold=%d" % (EXPOSURE * 10), str(unit))
    assert judged.returncode == 0, judged.stdout


def test_the_unit_lets_services_have_a_sandbox():
    allowed = settings()["SystemCallFilter"].split()
    assert {"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"} <= set(allowed)


def test_systemd_waits_longer_for_the_gateway_than_it_takes_to_stop(schema):
    drain = schema["properties"]["gateway"]["properties"]["drain_timeout"]
    stop = schema["$defs"]["service"]["properties"]["stop"]["properties"]
    needed = sum(seconds(each["default"]) for each in (drain, stop["stdin_grace"], stop["term_grace"]))
    assert seconds(settings()["TimeoutStopSec"]) > needed


def test_the_descriptors_are_enough_for_the_default_of_connections(schema):
    connections = schema["properties"]["gateway"]["properties"]["limits"]["properties"]["max_connections"]["default"]
    assert int(settings()["LimitNOFILE"]) >= 2 * connections


def test_systemd_hears_when_the_gateway_listens_and_when_it_stops(start_gateway, tmp_path):
    assert settings()["Type"] == "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(TIMEOUT)
        gateway = start_gateway({"chaos": chaos()}, env={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert manager.recv(100) == b"READY=1"
        assert "NOTIFY_SOCKET" not in gateway.http("chaos").call("env")["result"]["content"][0]["text"]
        gateway.stop()
        assert manager.recv(100) == b"STOPPING=1"


def test_systemd_hears_which_process_is_the_main_one_after_an_upgrade(start_gateway, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(TIMEOUT)
        gateway = start_gateway({"chaos": chaos()}, env={"NOTIFY_SOCKET": str(tmp_path / "notify")})
        assert manager.recv(100) == b"READY=1"
        gateway.upgrade()
        assert manager.recv(100) == b"MAINPID=%d" % gateway.serving
        gateway.wait_for("upgrade.over")
        gateway.stop()
        assert manager.recv(100) == b"STOPPING=1", "the end of the process before is nobody's"


def test_a_service_manager_that_is_gone_is_logged_and_stops_nothing(start_gateway):
    gateway = start_gateway({"chaos": chaos()}, env={"NOTIFY_SOCKET": "/nonexistent/notify"})
    assert gateway.wait_for("gateway.notify")["state"] == "READY=1"
    assert gateway.health()["status"] == "HEALTHY"


def seconds(text):
    assert text.endswith("s") and text[:-1].isdigit(), text
    return int(text[:-1])
