"""T-LOG: nothing that a client, a token or a child says becomes a line of the log, or a colour, or leaves out a line of another.

Each text goes wherever the log shows what others say. There are two outputs, JSON and text: a line of the first is one object, of
the second one time and no control character.
"""
import json
import re
import sys

import pytest

from authorization_server import AuthorizationServer, SigningKey
from clients import BOTH, JSON, as_bytes, call, initialize, message
from gateway_under_test import chaos
from test_credentials import bearer
from wire import Connection

FORGED = '{"event":"forged","level":"info","msg":"forged","log_type":"audit","principal":"root"}'
TEXTS = {
    "a line": f"x\n{FORGED}\n", "a line of DOS": f"x\r\n{FORGED}\r\n", "the end of a JSON text": f'x"}}\n{FORGED}',
    "a member": 'x","event":"forged","y":"', "a backslash": "x\\",
    "colours": "\x1b[2J\x1b[31mx\x1b]0;title\x07\x9b31m", "other line ends": f"x\u2028{FORGED}\u2029{FORGED}\x85{FORGED}\x0b\x0c",
    "directions": "\u202etxt.exe\u2066\u200b\ufeff", "NUL and others": "x\0\x01\x08\x08\x7f", "formats": "{} {0} %s %n {:99999999}",
    "half a character": "\ud83d", "a megabyte": "A" * (1 << 20), "a megabyte of lines": (FORGED + "\n") * 10_000,
    "a megabyte of escapes": "\x01" * (1 << 20)}
PLAIN_LINE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|\d\d:\d\d:\d\d")
LONGEST = 16 * 1024

# Says what it was given wherever a server can say something: names, errors, noise, its end.
SAYS = """
import json, os, sys
text = json.load(open(sys.argv[1]))
raw = text.encode("utf-8", "surrogatepass")
sys.stderr.buffer.write(raw + b"\\n"); sys.stderr.flush()
sys.stdout.buffer.write(raw + b"\\n"); sys.stdout.flush()
if len(sys.argv) > 2:
    line = json.loads(sys.stdin.readline())
    print(json.dumps({"jsonrpc": "2.0", "id": line["id"], "error": {"code": -32603, "message": text}}), flush=True)
    sys.exit(1)
for line in sys.stdin:
    asked = json.loads(line)
    info = {"name": text, "version": text}
    known = {"initialize": {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": info},
             "tools/list": {"tools": [{"name": text[:200], "description": text, "inputSchema": {"type": "object"}}]},
             "tools/call": {"content": [{"type": "text", "text": text}], "isError": True}}
    if "id" in asked:
        print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": known.get(asked["method"], {})}), flush=True)
    print(json.dumps({"jsonrpc": "2.0", "method": text[:1000], "params": {}}), flush=True)
"""


def logging_to(folder, **more):
    return {"log": {"level": "debug", "audit": True, "outputs": [
        {"kind": "stderr"}, {"kind": "file", "path": str(folder / "log.txt"), "format": "text"}]}, **more}


def assert_nothing_was_forged(gateway, folder):
    """At its end, which asserts that each line of JSON is one object with the fields of its event, and no others."""
    gateway.stop()
    assert not gateway.events("forged") and not [event for event in gateway.log.events if event.get("principal") == "root"]
    lines = (folder / "log.txt").read_bytes().decode().split("\n")  # strictly UTF-8
    assert lines.pop() == ""
    assert len(lines) == len(gateway.log.events)
    for line in lines:
        assert PLAIN_LINE.match(line) and len(line.encode()) <= LONGEST, line[:300]
        assert not re.search(r"[\x00-\x1f]", line), repr(line[:300])


def as_header(text):
    """The most of it that a header can hold; what cannot stand there is refused elsewhere."""
    return "".join(letter for letter in text[:3000] if letter.isprintable() and ord(letter) < 256)


@pytest.mark.parametrize("what", TEXTS)
def test_what_a_client_says_stays_in_its_field(start_gateway, tmp_path, what):
    text = TEXTS[what]
    gateway = start_gateway({"chaos": chaos("--declare", "resources,prompts,logging")}, logging_to(tmp_path))
    shown = as_header(text)
    client = gateway.http("chaos", headers={"User-Agent": shown, "X-Request-Id": shown, "X-Forwarded-For": shown, "Cookie": shown})
    client.post({**initialize(), "params": {**initialize()["params"], "clientInfo": {"name": text, "version": text}}})
    client.initialize()
    for posted in (call(text), call("echo", {text: text}), call("echo", {text[:100]: 1}, id=text), call("echo", {}, progress_token=text),
                   call("stderr", {"text": text}), call("log", {"text": text}), call("rpc_error", {"message": text}),
                   call("raw_line", {"line": text[:100_000]}), message(text, {}, id=1), message(text),
                   {"jsonrpc": text, "id": 1, "method": "ping"}, message("resources/read", {"uri": text}, id=1),
                   message("prompts/get", {"name": text}, id=1), message("logging/setLevel", {"level": text}, id=1),
                   message("notifications/cancelled", {"requestId": 1, "reason": text}),
                   message("tools/list", {"cursor": text}, id=1), text.encode("utf-8", "replace")):
        begun = client.begin(posted)
        if b"raw_line" not in as_bytes(posted):  # whose answer may never come
            begun.read_response()
    for fields in ({"Host": shown}, {"Origin": shown}, {"Authorization": "Bearer " + shown}, {"Mcp-Session-Id": shown},
                   {"MCP-Protocol-Version": shown}, {"Mcp-Method": shown}, {"traceparent": shown, "tracestate": shown}):
        connection = Connection(gateway.port)
        connection.send_request("POST", "/chaos/mcp", {"Accept": BOTH, **JSON, **fields}, as_bytes(message("ping", id=1)))
        connection.read_response()
        connection.close()
    for path in ("/" + shown.replace(" ", ""), "/chaos/mcp?" + shown.replace(" ", ""), "/chaos/" + shown.replace(" ", "")):
        connection = Connection(gateway.port)
        connection.send_request("GET", path)
        connection.read_response()
        connection.close()
    client.call("echo", {"the": "last"})
    client.delete()
    assert_nothing_was_forged(gateway, tmp_path)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    key = SigningKey(tmp_path_factory.mktemp("keys"), "one")
    server = AuthorizationServer([key])
    server.key = key
    yield server
    server.stop()


def test_what_a_token_says_of_its_holder_stays_in_its_field(start_gateway, tmp_path, issuer):
    """A subject without control characters is good, whatever else is in it; those with one are refused."""
    oauth = {"issuers": [{"issuer": issuer.issuer, "name": "login"}]}
    gateway = start_gateway({"chaos": chaos()}, logging_to(tmp_path, public_url="https://gw.test", auth={"oauth": oauth}))

    def ask(header=None, **claims):
        token = issuer.key.token(issuer.claims(**{"aud": "https://gw.test", **claims}), header)
        gateway.http("chaos", headers=bearer(token)).post(call("echo"))
        gateway.http("chaos", headers=bearer(token)).post(call("no-such-tool"))

    for text in TEXTS.values():
        part = text[:500]
        for claims in ({"sub": part}, {"scope": part}, {"aud": part}, {"iss": part}):
            ask(**claims)
        ask(header={"kid": part, "alg": part})
    assert_nothing_was_forged(gateway, tmp_path)


@pytest.mark.parametrize("what", TEXTS)
def test_what_a_child_says_stays_in_its_field(start_gateway, tmp_path, what):
    (tmp_path / "text.json").write_text(json.dumps(TEXTS[what]))
    command = {"command": sys.executable, "restart": {"max_restarts": 0}}
    services = {"says": {**command, "args": ["-c", SAYS, str(tmp_path / "text.json")]},
                "refuses": {**command, "args": ["-c", SAYS, str(tmp_path / "text.json"), "refuse"]}}
    gateway = start_gateway(services, logging_to(tmp_path), wait_for=["says"])
    client = gateway.http("says")
    client.initialize()
    tools = client.request("tools/list")["result"]["tools"]
    client.call(tools[0]["name"])
    gateway.wait_for("child.exit", server="refuses")
    gateway.wait_for("audit.call")
    assert_nothing_was_forged(gateway, tmp_path)


def test_what_a_configuration_calls_its_services_stays_in_its_field(start_gateway, tmp_path):
    services = {f"{number}{text[:50]}".replace("\ud83d", ""): chaos() for number, text in enumerate(TEXTS.values())}
    gateway = start_gateway(services, logging_to(tmp_path), wait_for=[])
    gateway.wait_for("service.ready", count=len(services))
    assert_nothing_was_forged(gateway, tmp_path)


def test_no_control_character_of_others_reaches_a_terminal(start_gateway, tmp_path):
    """DEL and those of U+0080 to U+009F are control characters too: U+009B alone begins what ESC [ begins."""
    with open(tmp_path / "log.json", "wb", buffering=0) as copy:
        gateway = start_gateway({"chaos": chaos()}, logging_to(tmp_path), log_copy=copy)
        gateway.sse("chaos").text("stderr", {"text": "\x9b31m\x7f"})
        gateway.http("chaos").post(call("\x9b2J\x7f"))
        gateway.stop()
    for file in ("log.txt", "log.json"):
        assert not re.search(r"[\x7f-\x9f]", (tmp_path / file).read_text(encoding="utf-8")), file
