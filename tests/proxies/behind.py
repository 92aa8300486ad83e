"""The gateways behind the proxies of these tests."""
from gateway_under_test import Gateway, chaos, echo
from proxies import NAME

TOKEN = "a-token-of-these-tests-0123456789"


def start_gateway(prefix="", **config):
    """A gateway as one behind a proxy is configured; its keep-alive is short, so that no test waits for it."""
    return Gateway({"echo": echo(), "chaos": chaos()},
                   {"base_path": prefix, "allowed_hosts": [NAME], "sse_keepalive": "1s", "drain_timeout": "0s",
                    "log": {"level": "debug"}, "auth": {"tokens": [{"name": "alice", "token": TOKEN}]}, **config})
