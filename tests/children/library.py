#!/usr/bin/env python3
"""A stdio MCP server with some of everything, each of it under a name of the server's own or under one that all have.

    library.py NAME [--pages N] [--without KIND...] [--desk]

Tools: `who` tells NAME, `NAME_only` too, `touch` reports a change of a resource, `grow` adds a tool, `say` logs,
`wait` does not answer. With --desk there are `find`, which is annotated as read-only, and `file`; both need `shelf` and
`title`, and tell the arguments they got. Prompts: `greet`. Resources: `lib://NAME/1`, `ui://NAME/view` and `shared://one`, and a template
`lib://NAME/{page}`. It completes arguments. Lists come in pages of N things. Python's standard library only.
"""
import argparse
import json
import sys

CAPABILITIES = {"tools": {"listChanged": True}, "prompts": {"listChanged": True},
                "resources": {"listChanged": True, "subscribe": True}, "completions": {}, "logging": {}}
NOT_FOUND = {"code": -32002, "message": "Resource not found"}


class Server:
    def __init__(self, asked):
        self.name = asked.name
        self.pages = asked.pages
        self.capabilities = {kind: what for kind, what in CAPABILITIES.items() if kind not in asked.without}
        self.tools = ["who", self.name + "_only", "touch", "grow", "say", "wait"] + (["find", "file"] if asked.desk else [])
        self.seen = []  # notifications, and methods of requests

    def text(self, text):
        return {"content": [{"type": "text", "text": text}]}

    def tell(self, method, params=None):
        self.write({"jsonrpc": "2.0", "method": method, **({"params": params} if params else {})})

    def write(self, message):
        print(json.dumps(message), flush=True)

    def listed(self, kind, things, params):
        first = int((params or {}).get("cursor", "0"))
        rest = things[first:first + self.pages]
        more = {"nextCursor": str(first + self.pages)} if first + self.pages < len(things) else {}
        return {kind: rest, **more}

    def tool(self, name):
        if name not in ("find", "file"):
            return {"name": name, "inputSchema": {"type": "object"}}
        return {"name": name, "description": "The server's own", "annotations": {"readOnlyHint": name == "find"},
                "inputSchema": {"type": "object", "properties": {"shelf": {"type": "string"}, "title": {"type": "string"}},
                                "required": ["shelf", "title"]}}

    def call(self, tool, arguments, meta):
        if tool in ("find", "file"):
            return self.text(json.dumps([tool, arguments]))
        if tool == "wait":
            return None
        if tool == "touch":
            self.tell("notifications/resources/updated", {"uri": arguments.get("uri", "lib://%s/1" % self.name)})
        if tool == "grow":
            self.tools.append(arguments["tool"])
            self.tell("notifications/tools/list_changed")
        if tool == "say":
            self.tell("notifications/message", {"level": arguments.get("level", "error"), "data": self.name})
        if tool == "seen":
            return self.text(json.dumps(self.seen))
        if "progressToken" in meta:
            self.tell("notifications/progress", {"progressToken": meta["progressToken"], "progress": 1})
        return self.text(self.name)

    def result(self, method, params):
        """None where there is no answer."""
        if method == "initialize":
            return {"protocolVersion": params["protocolVersion"], "capabilities": self.capabilities,
                    "serverInfo": {"name": self.name, "version": "1.0.0"}, "instructions": "Ask " + self.name}
        if method == "tools/list":
            return self.listed("tools", [self.tool(name) for name in self.tools], params)
        if method == "prompts/list":
            return self.listed("prompts", [{"name": "greet", "arguments": [{"name": "whom"}]}], params)
        if method == "resources/list":
            return self.listed("resources", [{"name": uri, "uri": uri} for uri in
                                             ("lib://%s/1" % self.name, "ui://%s/view" % self.name, "shared://one")], params)
        if method == "resources/templates/list":
            return self.listed("resourceTemplates",
                               [{"name": "page", "uriTemplate": "lib://%s/{page}" % self.name}], params)
        if method == "tools/call":
            return self.call(params["name"], params.get("arguments", {}), params.get("_meta", {}))
        if method == "prompts/get":
            return {"messages": [{"role": "user", "content": {"type": "text", "text": "%s greets" % self.name}}]}
        if method == "resources/read":
            if not params["uri"].startswith(("lib://%s/" % self.name, "ui://%s/" % self.name, "odd:%s" % self.name, "shared://")):
                raise KeyError(params["uri"])
            return {"contents": [{"uri": params["uri"], "text": self.name}]}
        if method == "completion/complete":
            return {"completion": {"values": [self.name]}}
        return {}

    def serve(self):
        for line in sys.stdin:
            message = json.loads(line)
            if "method" not in message:
                continue
            self.seen.append(message["method"])
            if "id" not in message:
                continue
            answer = {"jsonrpc": "2.0", "id": message["id"]}
            try:
                answer["result"] = self.result(message["method"], message.get("params"))
            except KeyError:
                answer["error"] = NOT_FOUND
            if answer.get("result", True) is not None:
                self.write(answer)


flags = argparse.ArgumentParser()
flags.add_argument("name")
flags.add_argument("--pages", type=int, default=1000)
flags.add_argument("--without", nargs="*", default=[])
flags.add_argument("--desk", action="store_true")
Server(flags.parse_args()).serve()
