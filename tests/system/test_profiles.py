"""Profiles: what profiles/NAME.json beside the configuration says differently."""
import json
import os
import subprocess

import pytest

from clients import HttpClient
from gateway_under_test import GATEWAY, Gateway, echo
from wire import Connection


class Profiled(Gateway):
    """A gateway with a profile; `profiles` are the files by name, and `profile` the one it is run with."""

    def __init__(self, profile, profiles, **options):
        self.profiles = dict(profiles)
        super().__init__({"echo": echo()}, flags=["--profile", profile], **options)

    def write(self):
        folder = self.path.parent / "profiles"
        folder.mkdir(exist_ok=True)
        for name, content in self.profiles.items():
            (folder / (name + ".json")).write_text(json.dumps(content))
        super().write()


def with_token(name):
    return {"gateway": {"env": name, "auth": {"tokens": [{"name": name, "token": "the-token-of-%s-0123456789" % name}]}}}


PROFILES = {name: with_token(name) for name in ("staging", "production")}


def status_with(gateway, token):
    connection = Connection(gateway.port)
    connection.send_request("POST", "/echo/mcp", {"Authorization": "Bearer " + token, "Content-Type": "application/json",
                                                  "Accept": "application/json, text/event-stream"},
                            b'{"jsonrpc":"2.0","id":1,"method":"tools/list"}')
    status = connection.read_response().status
    connection.close()
    return status


def test_the_token_of_one_profile_is_refused_by_another():
    for mine, other in (("staging", "production"), ("production", "staging")):
        gateway = Profiled(mine, PROFILES)
        try:
            assert status_with(gateway, "the-token-of-%s-0123456789" % mine) == 200
            assert status_with(gateway, "the-token-of-%s-0123456789" % other) == 401
        finally:
            gateway.stop()


def test_a_reload_reads_both_files():
    gateway = Profiled("staging", PROFILES)
    try:
        gateway.reload(services={"more": echo()})
        assert status_with(gateway, "the-token-of-staging-0123456789") == 200
        gateway.profiles["staging"] = {"gateway": {"env": "staging", "auth": {"tokens": [
            {"name": "staging", "token": "another-token-of-staging"}]}}}
        gateway.reload()
        assert status_with(gateway, "the-token-of-staging-0123456789") == 401
        assert status_with(gateway, "another-token-of-staging") == 200
        gateway.profiles["staging"] = {"gateway": {"env": "staging", "listen": "nowhere"}}
        said = gateway.reload(result="refused")
        assert "profiles/staging.json: gateway.listen: " in json.dumps(said), said
        assert status_with(gateway, "another-token-of-staging") == 200
    finally:
        gateway.stop()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "gateway.json").write_text(json.dumps({"mcpServers": {"echo": echo()}}))
    (tmp_path / "profiles" / "staging.json").write_text(json.dumps(PROFILES["staging"]))
    return tmp_path


def check(folder, *options, **env):
    return subprocess.run([GATEWAY, "check", *options], cwd=folder, capture_output=True, text=True, timeout=60,
                          env={**os.environ, **env})


def test_check_reads_the_usual_file_with_the_profile_of_the_option_or_the_environment(folder):
    for ran in (check(folder, "--profile=staging"), check(folder, MCP_ENV="staging"),
                check(folder.parent, "--profile", "staging", MCP_GATEWAY_CONFIG=str(folder / "gateway.json"))):
        assert ran.returncode == 0, ran.stderr
        assert "1 service, no errors" in ran.stdout


def test_an_error_names_the_file_it_is_in(folder):
    (folder / "profiles" / "bad.json").write_text('{"gateway": {"listn": 1}, "mcpServers": {"echo": {"args": 5}}}')
    ran = check(folder, "--profile=bad")
    assert ran.returncode == 2
    assert "profiles/bad.json: gateway: unknown key 'listn'" in ran.stderr and "profiles/bad.json: mcpServers.echo.args: " in ran.stderr


def test_a_profile_that_is_not_there_is_an_error_that_lists_those_that_are(folder):
    ran = check(folder, "gateway.json", "--profile=stagin")
    assert ran.returncode == 2
    assert ran.stderr == ("profile stagin: there is no file profiles/stagin.json; profiles there: staging\n")
    ran = check(folder, "gateway.json", "--profile=../gateway")
    assert ran.returncode == 2 and "expected the name of a file in profiles/" in ran.stderr
