"""mcp-gateway doctor: each server started once, where its time goes, and what to do."""
import json
import subprocess

import pytest

from authorization_server import AuthorizationServer, SigningKey
from gateway_under_test import GATEWAY, chaos, echo
from wire import TIMEOUT


def doctor(tmp_path, services, *options, gateway=None):
    file = tmp_path / "gateway.json"
    file.write_text(json.dumps({"gateway": gateway or {}, "mcpServers": services}))
    return subprocess.run([GATEWAY, "doctor", file, *options], capture_output=True, text=True, timeout=TIMEOUT)


def test_servers_that_are_well_show_where_their_time_goes(tmp_path):
    done = doctor(tmp_path, {"one": echo(), "two": echo()})
    assert done.returncode == 0, done
    assert done.stdout.count("first word") == 2 and "3 tools, about" in done.stdout, done.stdout


def test_what_is_wrong_is_told_with_what_to_do(tmp_path):
    done = doctor(tmp_path, {"noisy": chaos("--banner"), "missing": {"command": "no-such-program-of-tests"}})
    assert done.returncode == 1, done
    assert "FAIL  missing" in done.stdout
    assert "have it log to stderr" in done.stdout, done.stdout


def test_the_public_address_is_looked_at_from_outside(start_gateway, tmp_path):
    gateway = start_gateway({"echo": echo()})
    url = "http://127.0.0.1:%d" % gateway.port
    assert url + "/health says HEALTHY" in doctor(tmp_path, {"echo": echo()}, "--url", url).stdout
    gateway.stop()
    failed = doctor(tmp_path, {"echo": echo()}, "--url", url)
    assert failed.returncode == 1 and "is the gateway running" in failed.stdout, failed


@pytest.fixture
def issuer(tmp_path):
    server = AuthorizationServer([SigningKey(tmp_path, "one")])
    yield server
    server.stop()


def test_the_way_to_a_token_is_followed(start_gateway, tmp_path, issuer):
    def oauth(issuer):
        return {"public_url": "http://127.0.0.1", "auth": {"oauth": {"issuers": [{"issuer": issuer, "name": "login"}]}}}

    gateway = start_gateway({"echo": echo()}, oauth(issuer.issuer))
    done = doctor(tmp_path, {"echo": echo()}, "--url", "http://127.0.0.1:%d" % gateway.port, gateway=oauth(issuer.issuer))
    assert "names" in done.stdout and issuer.issuer in done.stdout, done
    assert "token endpoint" in done.stdout, done
