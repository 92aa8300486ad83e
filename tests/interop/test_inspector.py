"""The MCP Inspector's command line, as a person debugging the gateway would use it."""

import json
import subprocess

import pytest

from interoplib import programs

INSPECTOR = programs.CLIENT_MODULES / "@modelcontextprotocol" / "inspector" / "clients" / "launcher" / "build" / "index.js"


@pytest.fixture(params=["sse", "http"])
def inspect(request, gateway, home):
    def run(service, *arguments):
        url = gateway.url(service, request.param)
        command = [programs.client_node(), str(INSPECTOR), "--cli", url, "--transport", request.param, *arguments]
        result = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=home,
                                env=programs.environment(home), check=False)
        assert result.returncode == 0, result.stdout + result.stderr
        return json.loads(result.stdout)
    return run


def test_the_inspector_lists_the_tools_of_every_server(inspect):
    sizes = {service: len(inspect(service, "--method", "tools/list")["tools"]) for service in ("filesystem", "memory", "fetch")}
    assert sizes == {"filesystem": 14, "memory": 9, "fetch": 1}


def test_the_inspector_calls_a_tool(inspect):
    result = inspect("everything", "--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=from the inspector")
    assert result["content"] == [{"type": "text", "text": "Echo: from the inspector"}]


def test_the_inspector_reads_a_resource(inspect):
    result = inspect("everything", "--method", "resources/read", "--uri", "demo://resource/dynamic/text/3")
    assert result["contents"][0]["text"].startswith("Resource 3: ")


def test_the_inspector_calls_one_tool_many_times_at_once(inspect):
    result = inspect("everything", "--method", "tools/call", "--tool-name", "echo", "--tool-arg", "message=load", "--load",
                     "--load-concurrency", "10", "--load-requests", "200", "--format", "json")
    load = result["result"]
    assert (load["ok"], load["errors"], load["toolErrors"]) == (200, 0, 0), load
