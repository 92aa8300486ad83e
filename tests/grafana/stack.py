"""What these tests and the pictures look at: two gateways under load, and who watches them."""
import contextlib
import datetime
import json
import tempfile
from pathlib import Path

import watchers
from certificates import SERVER_NAMES, Authority
from gateway_under_test import Gateway, chaos, echo
from load import TOKENS, Load
from measuring import collector


def many_services(folder):
    """Services of every kind: well, slow, crashing, private, resting, unavailable, in a crash loop, with a probe that fails,
    with tools that nobody has reviewed, with TLS."""
    nothing_reviewed = folder / "tools.lock.json"
    nothing_reviewed.write_text(json.dumps({"version": 1, "servers": {"postgres": {"tools": {}}}}))
    certificate = Authority(folder / "authority").issue("localhost", SERVER_NAMES).config
    quick = {"backoff_initial": "50ms", "backoff_max": "200ms", "max_restarts": 1000}
    return {
        "filesystem": chaos("--list-changed", "--declare", "resources,prompts,logging", recycle={"max_memory": "512MiB"}),
        "memory": echo(listen="127.0.0.1:0", tls=certificate),
        "postgres": chaos("--serial", max_calls=1, max_queue=4, pinned_tools={"file": str(nothing_reviewed)}),
        "fetch": chaos("--declare", "logging", call_timeout="400ms", redact={"patterns": ["[0-9]+"]},
                       circuit_breaker={"tools": ["hang"], "consecutive_failures": 2, "wait_duration": "2s"}),
        "github": chaos(restart=quick),
        "playwright": chaos(isolation="session"),
        "timescaledb": chaos(expected_tools=["echo", "vacuum"], probe={"tool": "is_error", "interval": "1s"}),
        "monitoring": chaos("--exit-at-start", "4", restart={**quick, "max_restarts": 2, "crash_loop_pause": "1h"}),
        "n8n": chaos(needs=[{"variable": "THIS_IS_NOT_SET", "for": "an account"}]),
    }


def gateway_config(instance, folder):
    """Its tokens are in a file."""
    tokens = folder / "tokens.json"
    tokens.write_text(json.dumps({"tokens": [{"name": name, "token": token} for name, token in TOKENS.items()]}))
    return {"instance_id": instance, "pool": "blue", "env": "test", "log": {"audit": True},
            "traces": {"endpoint": collector.address(), "sample": 0.2},
            "metrics": {"tool_durations": True}, "admin_token": "token-of-operators-" + "o" * 20,
            "auth": {"tokens_file": str(tokens)},
            "limits": {"max_client_queue_bytes": "512KiB", "write_timeout": "1s", "max_calls_per_session": 5}}


class ContainerLog:
    """Lines as Docker's json-file driver keeps them."""

    def __init__(self, path):
        path.parent.mkdir(parents=True)
        self.file = open(path, "ab", buffering=0)

    def write(self, line):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "000Z")
        self.file.write(json.dumps({"log": line.decode(errors="replace"), "stream": "stderr", "time": now}).encode() + b"\n")


@contextlib.contextmanager
def aggregate(logs):
    """All services in one gateway, under load until the end; its log in a file."""
    with open(logs / "gateway.log", "ab", buffering=0) as copy, tempfile.TemporaryDirectory() as folder:
        running = Gateway(many_services(Path(folder)), gateway_config("aggregate", Path(folder)), log_copy=copy,
                          wait_for=["filesystem", "memory", "postgres", "fetch", "github", "timescaledb"])
        with Load(running) as load:
            yield running
        print(f"visits {load.visits}, of those that failed the last {load.failed}")
        running.stop()


@contextlib.contextmanager
def container(logs):
    """A gateway with one service; its log as Docker keeps it."""
    copy = ContainerLog(logs / "containers/c0ffee/c0ffee-json.log")
    running = Gateway({"fetch": chaos()}, {"instance_id": "container"}, log_copy=copy)
    yield running
    running.stop()


def prometheus(folder, *gateways):
    return watchers.Prometheus(folder, [gateway.ports["admin"] for gateway in gateways])


def promtail(folder, loki, logs):
    described = {"__path__": str(logs / "containers/*/*-json.log"), "__meta_docker_container_name": "/mcp-fetch",
                 "__meta_docker_container_label_com_mcp_type": "fetch", "__meta_docker_container_label_com_mcp_tools": "3"}
    return watchers.Promtail(folder, loki, logs / "*.log", [described])
