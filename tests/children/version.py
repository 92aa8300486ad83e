#!/usr/bin/env python3
"""A stdio MCP server of a certain version: its one tool, `which`, tells it, or fails in a way of that version.

    version.py next --does slow

`--does` is ok, tool_error (isError), silent (no answer), slow (after 0.3 s), exit (in mid-call) or broken (exits at its
start). Python's standard library only.
"""
import argparse
import json
import sys
import time


def result_of(method, version):
    if method == "initialize":
        return {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                "serverInfo": {"name": "versions", "version": "1.0.0"}}
    if method == "tools/list":
        return {"tools": [{"name": "which", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": True}}]}
    return {"content": [{"type": "text", "text": version}]}


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("version")
    flags.add_argument("--does", default="ok")
    asked = flags.parse_args()
    if asked.does == "broken":
        sys.exit("this version cannot start")
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message or "method" not in message:
            continue
        result = result_of(message["method"], asked.version)
        if message["method"] == "tools/call":
            if asked.does == "silent":
                continue
            if asked.does == "exit":
                sys.exit(1)
            if asked.does == "slow":
                time.sleep(0.3)
            if asked.does == "tool_error":
                result["isError"] = True
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)


main()
