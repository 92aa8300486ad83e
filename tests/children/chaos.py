#!/usr/bin/env python3
"""A stdio MCP server that misbehaves on request, for fault tests.

How it starts and ends is set by flags (`chaos.py --help`), what it does in between by tool calls
(`TOOLS` below, each with a sentence). Ids, arguments, `_meta` and progress tokens are kept as the
bytes that arrived: a test can see whether 1.0, 12345678901234567890, 1e400, duplicate keys or
\\ud800 came through untouched. Python's standard library only.

Whatever the flags say, no process made here outlives its stdin by more than LINGER seconds.
"""
import argparse
import json
import os
import re
import signal
import sys
import threading
import time

LINGER = 300
ASK_TIMEOUT = 60
TRANSCRIPT_BYTES = 2000  # of one message's params; the rest is cut off

NOISE = [
    b"Chaos server 1.0 -- listening on stdio",
    b"",
    b"   \t ",
    b"\xef\xbb\xbfa banner behind a byte order mark",
    b"\x1b[32mready\x1b[0m \x1b[2K",
    b'{"half": ',
    b'{"jsonrpc":"2.0","id":1,"resu',
    b"\xff\xfe not UTF-8 \x80\xc3",
    b'{"level":"info","msg":"JSON, but not JSON-RPC"}',
    b'"a string"',
    b"42",
    b"null",
    b"[]",
    b"{}",
    b"}",
    b"npm notice New major version of npm available!",
    b"[INFO] Server listening on stdio",
]

# ---------------------------------------------------------------------------------------------
# JSON text as slices of the line that arrived

SPACE = re.compile(rb"[ \t\r\n]*")
STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.S)
STRUCTURE = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]', re.S)
WORD = re.compile(rb"[^ \t\r\n,:\]}]+")


def value_end(text, at):
    """Where the value that starts at `at` ends."""
    if text[at : at + 1] == b'"':
        return STRING.match(text, at).end()
    if text[at : at + 1] not in (b"{", b"["):
        return WORD.match(text, at).end()
    depth = 0
    for token in STRUCTURE.finditer(text, at):
        if token[0] in (b"{", b"["):
            depth += 1
        elif token[0] in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                return token.end()
    raise ValueError("unbalanced")


def members(text):
    """The members of an object, name to raw value; of two with one name the last. {} if it is none."""
    found = {}
    at = SPACE.match(text).end()
    if text[at : at + 1] != b"{":
        return found
    at = SPACE.match(text, at + 1).end()
    while text[at : at + 1] == b'"':
        end = value_end(text, at)
        name = json.loads(text[at:end].decode("utf-8", "replace"))
        at = SPACE.match(text, end).end() + 1  # the colon
        at = SPACE.match(text, at).end()
        end = value_end(text, at)
        found[name] = text[at:end]
        at = SPACE.match(text, end).end()
        if text[at : at + 1] != b",":
            break
        at = SPACE.match(text, at + 1).end()
    return found


def as_text(raw):
    """Raw bytes as text for an answer: nothing is lost, bytes that are no UTF-8 become \\udcXX."""
    return (raw or b"").decode("utf-8", "surrogateescape")


def parsed(raw, otherwise=None):
    return json.loads(raw.decode("utf-8", "replace")) if raw else otherwise


def text_result(text, **more):
    return {"content": [{"type": "text", "text": text}], **more}


# ---------------------------------------------------------------------------------------------
# The tools


class Call:
    """One tools/call: its id, arguments, `_meta` and progress token as they arrived."""

    def __init__(self, server, raw_id, params):
        self.server = server
        self.id = raw_id
        self.raw_arguments = params.get("arguments", b"")
        self.raw_meta = params.get("_meta", b"")
        self.token = members(self.raw_meta).get("progressToken")
        self.arguments = parsed(self.raw_arguments) or {}

    def get(self, name, otherwise=None):
        return self.arguments.get(name, otherwise)

    def answer(self, text):
        self.server.result(self.id, text_result(text))

    def is_cancelled(self):
        return self.id in self.server.cancelled


TOOLS = {}  # name to (function, description, properties, whether it runs in a thread of its own)


def tool(description, in_thread=False, **properties):
    def register(function):
        TOOLS[function.__name__] = (function, description, properties, in_thread)
        return function

    return register


@tool("The raw JSON text of its arguments, and the raw id and _meta it saw.")
def echo(call):
    seen = {"arguments": as_text(call.raw_arguments), "id": as_text(call.id), "meta": as_text(call.raw_meta)}
    call.server.result(call.id, text_result(seen["arguments"], structuredContent=seen))


@tool("Never answers.")
def hang(call):
    pass


@tool("Answers after ms, with progress before; not if cancelled meanwhile, unless stubborn. Goes on after its first step when "
      "there is a file at path.",
      in_thread=True, ms="integer", progress_steps="integer", stubborn="boolean", path="string")
def slow(call):
    steps = call.get("progress_steps", 0)
    pause = call.get("ms", 100) / 1000 / max(steps, 1)
    gives_up = lambda: call.is_cancelled() and not call.get("stubborn")
    for step in range(max(steps, 1)):
        time.sleep(pause)
        if gives_up():
            return
        if step < steps and call.token:
            call.server.send(b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":%s,'
                             b'"progress":%d,"total":%d}}' % (call.token, step + 1, steps))
        while "path" in call.arguments and not os.path.exists(call.get("path")):
            time.sleep(0.005)
            if gives_up():
                return
    call.answer("slow")


@tool("Exits in mid-call with a code, or by a signal.", code="integer", signal="integer")
def die(call):
    print("chaos: dying as asked", file=sys.stderr, flush=True)
    if "signal" in call.arguments:
        signal.signal(call.get("signal"), signal.SIG_DFL) if call.get("signal") != signal.SIGKILL else None
        os.kill(os.getpid(), call.get("signal"))
    os._exit(call.get("code", 1))


@tool("Writes lines that are not JSON-RPC, then answers.", lines="integer")
def noise(call):
    for number in range(call.get("lines", len(NOISE))):
        call.server.send(NOISE[number % len(NOISE)])
    call.answer("noise")


@tool("Writes bytes without a newline; answers only if it may end the line first.",
      in_thread=True, bytes="integer", newline="boolean")
def flood(call):
    left = call.get("bytes", 1 << 20)
    while left > 0:
        call.server.write(b"x" * min(left, 1 << 20))
        left -= 1 << 20
    if call.get("newline"):
        call.server.write(b"\n")
        call.answer("flood")


@tool("Sends that many log notifications, a write each, then answers.", in_thread=True, count="integer")
def notify_flood(call):
    for number in range(call.get("count", 1000)):
        call.server.log("info", number)
    call.answer("notify_flood")


@tool("Sends that many log notifications and the answer in one write.", count="integer")
def burst(call):
    notes = [call.server.log_line("info", number) for number in range(call.get("count", 1000))]
    call.server.send(*notes, call.server.result_line(call.id, text_result("burst")))


@tool("A text of that many bytes.", in_thread=True, bytes="integer")
def big(call):
    call.answer("x" * call.get("bytes", 1 << 20))


@tool("A text of that many bytes, written byte by byte.", in_thread=True, bytes="integer")
def split(call):
    line = call.server.result_line(call.id, text_result("x" * call.get("bytes", 20))) + call.server.newline
    call.server.write(*(line[at : at + 1] for at in range(len(line))))


@tool("Answers twice, first and second.")
def twice(call):
    call.answer("first")
    call.answer("second")


@tool("Answers under an id nobody used, then, unless only, under the right one.", only="boolean")
def wrong_id(call):
    call.server.result(b"987654321987", text_result("wrong id"))
    if not call.get("only"):
        call.answer("right id")


@tool("Answers with its id as a string, then, unless only, as it was.", only="boolean")
def string_id(call):
    call.server.result(b'"' + call.id.strip(b'"') + b'"', text_result("string id"))
    if not call.get("only"):
        call.answer("right id")


@tool("Sends an error with id null, then, unless only, the right answer.", only="boolean")
def null_error(call):
    call.server.error(b"null", -32700, "Parse error")
    if not call.get("only"):
        call.answer("right id")


@tool("A JSON-RPC error.", code="integer", message="string")
def rpc_error(call):
    call.server.error(call.id, call.get("code", -32000), call.get("message", "as asked"))


@tool("A result with isError.", text="string")
def is_error(call):
    call.server.result(call.id, text_result(call.get("text", "as asked"), isError=True))


@tool("Writes that text as a line of stdout, $ID replaced by the call's id; no other answer.", line="string")
def raw_line(call):
    line = call.get("line", "").encode("utf-8", "surrogatepass")
    call.server.send(line.replace(b"$ID", call.id))


@tool("Adds a tool and says so; with silent it does not say so, with same it adds none.",
      silent="boolean", same="boolean")
def change_tools(call):
    server = call.server
    if not call.get("same"):
        server.added_tools += 1
    if not call.get("silent"):
        server.notify("notifications/tools/list_changed")
    call.answer("extra_%d" % server.added_tools)


@tool("Sends notifications/message, then answers.", level="string", text="string")
def log(call):
    call.server.log(call.get("level", "info"), call.get("text", ""))
    call.answer("logged")


@tool("Writes to stderr, then answers.", lines="integer", text="string")
def stderr(call):
    for _ in range(call.get("lines", 1)):
        print(call.get("text", "chaos: a line of stderr"), file=sys.stderr, flush=True)
    call.answer("stderr")


@tool("Asks the client in mid-call and gives back the answer it got, as JSON text.",
      in_thread=True, method="string", params="object")
def ask(call):
    call.answer(call.server.ask(call.get("method", "roots/list"), call.get("params")))


@tool("The ids of all notifications/cancelled, and everything received so far.")
def cancel_seen(call):
    server = call.server
    seen = {"cancelled": [as_text(raw) for raw in server.cancelled], "received": server.received}
    server.result(call.id, text_result(json.dumps(seen), structuredContent=seen))


@tool("Answers, then reads nothing more, or nothing before there is a file at path.", path="string")
def stop_reading(call):
    call.answer("not reading")
    until = time.monotonic() + LINGER
    while time.monotonic() < until and not os.path.exists(call.get("path", "")):
        time.sleep(0.005)


@tool("Answers, then closes stdout and lives on.")
def close_stdout(call):
    call.answer("closing")
    with call.server.writing:
        os.close(1)
        os.open(os.devnull, os.O_WRONLY)


@tool("Takes that much memory and keeps it.", bytes="integer")
def grow(call):
    call.server.ballast += b"x" * call.get("bytes", 1 << 20)
    call.answer("grown")


@tool("Its environment.")
def env(call):
    call.answer(json.dumps(dict(os.environ)))


@tool("Its process id, parent, group, session, grandchildren, and whether SIGPIPE or others are blocked.")
def pid(call):
    with open("/proc/self/status", encoding="ascii", errors="replace") as status:
        signals = dict(re.findall(r"^(Sig\w+):\s*(\w+)", status.read(), re.M))
    call.answer(json.dumps({"pid": os.getpid(), "ppid": os.getppid(), "pgid": os.getpgid(0), "sid": os.getsid(0),
                            "grandchildren": call.server.grandchildren, "cwd": os.getcwd(), "signals": signals,
                            "fds": sorted(int(name) for name in os.listdir("/proc/self/fd"))}))


@tool("Answers when there is a file at path.", in_thread=True, path="string")
def wait_for(call):
    while not os.path.exists(call.get("path")):
        time.sleep(0.005)
    call.answer("waited")


@tool("The text of the file at path; with fail_first an error the first time.", path="string", fail_first="boolean")
def tell(call):
    if call.get("fail_first") and not call.server.has_failed:
        call.server.has_failed = True
        call.server.result(call.id, text_result("conn closed", isError=True))
        return
    with open(call.get("path"), encoding="utf-8") as file:
        call.answer(file.read())


@tool("Adds a line to the file at path as careless servers do: reads all, and writes all anew a moment later.",
      path="string", line="string")
def remember(call):
    try:
        with open(call.get("path"), encoding="utf-8") as file:
            known = file.read()
    except FileNotFoundError:
        known = ""

    def write():
        with open(call.get("path"), "w", encoding="utf-8") as file:
            file.write(known + call.get("line") + "\n")
        call.answer("remembered")

    threading.Timer(0.01, write).start()


@tool("Sends notifications/resources/updated.", uri="string")
def update_resource(call):
    call.server.notify("notifications/resources/updated", {"uri": call.get("uri", "chaos://one")})
    call.answer("updated")


# ---------------------------------------------------------------------------------------------
# The server


class Server:
    def __init__(self, options):
        self.options = options
        self.newline = b"\r\n" if options.crlf else b"\n"
        self.bom = b"\xef\xbb\xbf" if options.bom else b""
        self.writing = threading.Lock()
        self.received = []
        self.cancelled = []
        self.client_capabilities = {}
        self.is_initialized = False
        self.added_tools = 0
        self.has_failed = False
        self.ballast = bytearray()
        self.next_question = 0  # 0 on purpose: it is a legal id
        self.questions = {}
        self.grandchildren = []

    # --- out

    def write(self, *pieces):
        with self.writing:
            try:
                for piece in pieces:
                    while piece:
                        piece = piece[os.write(1, piece) :]
            except OSError:
                if not self.options.ignore_stdin_close:
                    os._exit(0)

    def send(self, *lines):
        """The lines, each with its end, in one write."""
        bom, self.bom = self.bom, b""
        self.write(bom + b"".join(line + self.newline for line in lines))

    def result_line(self, raw_id, result):
        return b'{"jsonrpc":"2.0","id":%s,"result":%s}' % (raw_id, json.dumps(result).encode())

    def result(self, raw_id, result):
        self.send(self.result_line(raw_id, result))

    def error(self, raw_id, code, message):
        error = json.dumps({"code": code, "message": message}).encode()
        self.send(b'{"jsonrpc":"2.0","id":%s,"error":%s}' % (raw_id, error))

    def note_line(self, method, params=None):
        return json.dumps({"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})}).encode()

    def notify(self, method, params=None):
        self.send(self.note_line(method, params))

    def log_line(self, level, data):
        return self.note_line("notifications/message", {"level": level, "logger": "chaos", "data": data})

    def log(self, level, data):
        self.send(self.log_line(level, data))

    def ask(self, method, params=None):
        """A request to the client; its answer as JSON text, {"result":...} or {"error":...}."""
        number, self.next_question = self.next_question, self.next_question + 1
        answered = threading.Event()
        self.questions[b"%d" % number] = question = [answered, '{"timeout":true}']
        request = {"jsonrpc": "2.0", "id": number, "method": method, **({"params": params} if params else {})}
        self.send(json.dumps(request).encode())
        answered.wait(ASK_TIMEOUT)
        return question[1]

    # --- in

    def run(self):
        for line in open(0, "rb", buffering=1 << 16, closefd=False):
            if line.strip():
                self.receive(line)
        if self.options.ignore_stdin_close:
            time.sleep(LINGER)
        os._exit(0)

    def receive(self, line):
        try:
            message = members(line)
            method = parsed(message.get("method"))
            params = members(message.get("params", b""))
        except (ValueError, AttributeError) as problem:
            self.received.append({"garbage": as_text(line[:TRANSCRIPT_BYTES])})
            print("chaos: cannot read a line:", problem, file=sys.stderr, flush=True)
            return
        raw_id = message.get("id")
        self.received.append({"method": method, "id": as_text(raw_id) if raw_id else None,
                              "params": as_text(message.get("params", b"")[:TRANSCRIPT_BYTES])})
        if method is None:
            self.answered(raw_id, message)
        elif raw_id is None:
            self.noted(method, params)
        else:
            self.requested(raw_id, method, params)

    def answered(self, raw_id, message):
        question = self.questions.pop(raw_id, None)
        if question:
            kind = "result" if "result" in message else "error"
            question[1] = '{"%s":%s}' % (kind, as_text(message.get(kind, b"null")))
            question[0].set()

    def noted(self, method, params):
        if method == "notifications/cancelled":
            self.cancelled.append(params.get("requestId", b""))
        if method == "notifications/initialized":
            self.is_initialized = True
            if self.options.roots_at_start:
                threading.Thread(target=self.ask, args=("roots/list",), daemon=True).start()

    def requested(self, raw_id, method, params):
        if self.options.strict_start and not self.is_initialized and method not in ("initialize", "ping"):
            print("chaos: %s before initialized" % method, file=sys.stderr, flush=True)
            os._exit(1)
        if method == "tools/call":
            self.call_tool(raw_id, params)
        elif method == "initialize":
            self.initialize(raw_id, params)
        elif method == "tools/list":
            self.list_tools(raw_id, params)
        elif method == "resources/subscribe" and self.options.reject_subscribe:
            self.error(raw_id, -32602, "no subscriptions here")
        elif self.plain_result(method, params) is not None:
            self.result(raw_id, self.plain_result(method, params))
        else:
            self.error(raw_id, -32601, "Method not found")

    def plain_result(self, method, params):
        """The result of a method that always says the same; None if it is unknown or not declared."""
        if method == "ping":
            return {}
        declared = self.options.declare
        if "resources" in declared:
            if method in ("resources/subscribe", "resources/unsubscribe"):
                return {}
            if method == "resources/list":
                return {"resources": [{"uri": "chaos://one", "name": "one"}, {"uri": "chaos://two", "name": "two"}]}
            if method == "resources/templates/list":
                return {"resourceTemplates": [{"uriTemplate": "chaos://{name}", "name": "any"}]}
            if method == "resources/read":
                uri = parsed(params.get("uri"), "")
                return {"contents": [{"uri": uri, "mimeType": "text/plain", "text": "content of " + uri}]}
        if "prompts" in declared:
            if method == "prompts/list":
                return {"prompts": [{"name": "greet"}]}
            if method == "prompts/get":
                return {"messages": [{"role": "user", "content": {"type": "text", "text": "hello"}}]}
        if "logging" in declared and method == "logging/setLevel":
            return {}
        if "completions" in declared and method == "completion/complete":
            return {"completion": {"values": ["one", "two"]}}
        if "tasks" in declared and method == "tasks/list":
            return {"tasks": []}
        return None

    def initialize(self, raw_id, params):
        if self.options.never_initialize:
            return
        if self.options.refuse_initialize:
            self.error(raw_id, -32603, "chaos refuses to start")
            return
        self.client_capabilities = parsed(params.get("capabilities"), {})
        self.result(raw_id, {"protocolVersion": self.options.protocol, "capabilities": self.capabilities(),
                             "serverInfo": {"name": "chaos", "version": "1.0.0"},
                             "instructions": "Misbehaves on request."})

    def capabilities(self):
        declares = {
            "resources": {"subscribe": True, "listChanged": True},
            "prompts": {"listChanged": True},
            "logging": {},
            "completions": {},
            "tasks": {"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}},
        }
        tools = {"listChanged": True} if self.options.list_changed else {}
        return {"tools": tools, **{name: declares[name] for name in self.options.declare}}

    def list_tools(self, raw_id, params):
        tools = [{"name": name, "description": description,
                  "inputSchema": {"type": "object", "properties": {key: {"type": kind} for key, kind in keys.items()}}}
                 for name, (_, description, keys, _) in TOOLS.items()]
        extra = ["extra_%d" % (number + 1) for number in range(self.added_tools)]
        extra += ["with_" + name for name in self.options.caps if name in self.client_capabilities]
        tools += [{"name": name, "description": "Answers its name.", "inputSchema": {"type": "object"}}
                  for name in extra]
        pages = self.options.pages
        cursors = [None] + ["page-%d" % number for number in range(1, pages)]
        cursor = parsed(params.get("cursor"))
        if cursor not in cursors:
            self.error(raw_id, -32602, "Invalid cursor")
            return
        page = cursors.index(cursor)
        result = {"tools": tools[page * len(tools) // pages : (page + 1) * len(tools) // pages]}
        if page + 1 < pages:
            result["nextCursor"] = cursors[page + 1]
        self.result(raw_id, result)

    def call_tool(self, raw_id, params):
        name = parsed(params.get("name"), "")
        if name.startswith(("extra_", "with_")):
            self.result(raw_id, text_result(name))
            return
        if name not in TOOLS:
            self.error(raw_id, -32602, "Unknown tool")
            return
        function, _, _, in_thread = TOOLS[name]
        call = Call(self, raw_id, params)
        if in_thread and not self.options.serial:
            threading.Thread(target=function, args=(call,), daemon=True).start()
        else:
            function(call)


# ---------------------------------------------------------------------------------------------
# Relatives, and the start


def linger(report):
    """What a grandchild does: say who it is, hold stdout and stderr, let no signal end it but KILL."""
    os.close(0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    os.write(report, b"%d\n" % os.getpid())
    os.close(report)
    time.sleep(LINGER)
    os._exit(0)


def grandchild(daemonize):
    """Forks a process that stays; with daemonize in a session of its own, its parent gone. Its pid."""
    listen, report = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(listen)
        if daemonize:
            os.setsid()
            if os.fork():
                os._exit(0)
        linger(report)
    os.close(report)
    with open(listen, "rb") as reports:
        number = int(reports.readline())
    if daemonize:
        os.waitpid(child, 0)
    return number


def flood_stderr():
    line = b"chaos: " + b"e" * 200 + b"\n"
    while True:
        os.write(2, line * 100)


def names(text):
    return [name for name in text.split(",") if name]


def read_flags():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--start-delay", type=float, default=0, metavar="S", help="wait before anything else")
    flags.add_argument("--exit-at-start", type=int, metavar="CODE", help="say why on stderr and exit")
    flags.add_argument("--never-initialize", action="store_true", help="do not answer initialize")
    flags.add_argument("--refuse-initialize", action="store_true", help="answer initialize with an error")
    flags.add_argument("--strict-start", action="store_true", help="exit at a request before initialized")
    flags.add_argument("--banner", action="store_true", help="noise on stdout before the handshake")
    flags.add_argument("--bom", action="store_true", help="a byte order mark before the first line")
    flags.add_argument("--crlf", action="store_true", help="end lines with CR LF")
    flags.add_argument("--ignore-sigterm", action="store_true")
    flags.add_argument("--ignore-stdin-close", action="store_true")
    flags.add_argument("--grandchild", action="store_true", help="a grandchild that holds stdout, ignores signals")
    flags.add_argument("--daemonize-grandchild", action="store_true", help="the same in a session of its own")
    flags.add_argument("--stderr-flood", action="store_true", help="write to stderr without end")
    flags.add_argument("--tools-from", metavar="PATH", help="a tool extra_N more for each line of the file, if it is there")
    flags.add_argument("--serial", action="store_true", help="read nothing more until a call is answered")
    flags.add_argument("--list-changed", action="store_true", help="declare tools.listChanged")
    flags.add_argument("--caps", type=names, default=[], metavar="NAME,...",
                       help="a tool with_NAME for each of these the client declares (sampling, roots, elicitation)")
    flags.add_argument("--roots-at-start", action="store_true", help="ask roots/list after initialized")
    flags.add_argument("--reject-subscribe", action="store_true", help="answer resources/subscribe with an error")
    flags.add_argument("--protocol", default="2025-11-25", metavar="VERSION", help="the version it answers")
    flags.add_argument("--declare", type=names, default=[], metavar="NAME,...",
                       help="capabilities: resources, prompts, logging, completions, tasks")
    flags.add_argument("--pages", type=int, default=1, metavar="N", help="tools/list in so many pages")
    return flags.parse_args()


def main():
    options = read_flags()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if options.ignore_sigterm:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(options.start_delay)
    if options.exit_at_start is not None:
        print("chaos: exit at start, as asked", file=sys.stderr, flush=True)
        os._exit(options.exit_at_start)
    server = Server(options)
    if options.tools_from and os.path.exists(options.tools_from):
        with open(options.tools_from, encoding="utf-8") as file:
            server.added_tools = len(file.readlines())
    if options.grandchild:
        server.grandchildren.append(grandchild(daemonize=False))
    if options.daemonize_grandchild:
        server.grandchildren.append(grandchild(daemonize=True))
    if options.stderr_flood:
        threading.Thread(target=flood_stderr, daemon=True).start()
    if options.banner:
        server.send(*NOISE)
    server.run()


if __name__ == "__main__":
    main()
