"""A real LiteLLM proxy: no key of a model, no database, its MCP servers behind a gateway."""

import json
import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from . import programs


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LiteLLM:
    """`litellm --config` on a free port; `get` and `post` speak to it with its master key.

    `servers` are URLs by name, or whole entries of its `mcp_servers`; `models` more entries of its `model_list`;
    `environment` more variables for it.
    """

    def __init__(self, servers, folder, models=(), environment=None):
        self.folder = Path(folder)
        self.port = free_port()
        self.key = f"sk-{secrets.token_hex(32)}"
        # JSON is YAML, and this way nothing has to be quoted by hand. The names must not contain '-'.
        self.configuration = {
            "model_list": [{"model_name": "fake", "litellm_params": {
                "model": "openai/gpt-4o-mini", "api_key": "fake-key", "mock_response": "hello from the mock"}}, *models],
            "mcp_servers": {name: {"transport": "sse", "allow_all_keys": True, **(entry if isinstance(entry, dict) else {"url": entry})}
                            for name, entry in servers.items()},
            "general_settings": {"master_key": "os.environ/LITELLM_MASTER_KEY"},
        }
        self.environment = environment or {}
        self.process = None

    def __enter__(self):
        config = self.folder / "config.yaml"
        config.write_text(json.dumps(self.configuration, indent=2))
        environment = programs.environment(self.folder) | {
            "LITELLM_MASTER_KEY": self.key, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "PYTHONUNBUFFERED": "1", **self.environment}
        with open(self.folder / "litellm.log", "wb") as log:
            self.process = subprocess.Popen(
                [str(programs.CACHE / "venv-litellm" / "bin" / "litellm"), "--config", str(config), "--host", "127.0.0.1",
                 "--port", str(self.port), "--telemetry", "False"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=self.folder,
                start_new_session=True)
        try:
            self._wait_until_it_listens(180)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind, error, trace):
        self.stop()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def log_text(self):
        return (self.folder / "litellm.log").read_text(errors="replace")

    def tail(self):
        return self.log_text()[-6000:]

    def get(self, path, timeout=300):
        return self._ask(path, None, timeout)

    def post(self, path, body, timeout=300):
        return self._ask(path, json.dumps(body).encode(), timeout)

    def health(self):
        """What it says of each server, by name: healthy, unhealthy or unknown."""
        names = {server["server_id"]: server["server_name"] for server in self.get("/v1/mcp/server")[1]}
        return {names[found["server_id"]]: found["status"] for found in self.get("/v1/mcp/server/health")[1]}

    def list_tools(self, server):
        status, found = self.get(f"/mcp-rest/tools/list?server_id={server}")
        assert status == 200, (status, found, self.tail())
        return {tool["name"]: tool for tool in found["tools"]}

    def call_tool(self, server, name, arguments=None):
        """The status and the body; the body is a tool result when the status is 200."""
        return self.post("/mcp-rest/tools/call", {"server_id": server, "name": name, "arguments": arguments or {}})

    def _ask(self, path, body, timeout):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, headers={
            "x-litellm-api-key": f"Bearer {self.key}", "Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=timeout) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            try:
                return error.code, json.loads(text)
            except ValueError:
                return error.code, text

    def _wait_until_it_listens(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, f"LiteLLM ended with {self.process.returncode}\n{self.tail()}"
            try:
                if self.get("/health/liveliness", timeout=5)[0] == 200:
                    return
            except (OSError, ValueError):
                pass
            time.sleep(0.2)
        raise AssertionError(f"LiteLLM did not listen within {seconds} s\n{self.tail()}")
