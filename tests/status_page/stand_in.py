#!/usr/bin/env python3
"""A stdio MCP server with the tools of one of the nine services, and answers made up: stand_in.py NAME

What it says is data for the status page; it touches no file, database or network. A call may ask for a delay ("wait", in
seconds) and for a failure ("fail").
"""
import json
import sys
import threading
import time

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
SERVICES = {
    "filesystem": {"read_text_file": ("Reads a file as text.", {"path": TEXT, "head": NUMBER, "tail": NUMBER}),
                   "write_file": ("Creates a file, or overwrites it with new content.", {"path": TEXT, "content": TEXT}),
                   "list_directory": ("Lists what is in a directory, folders marked as such.", {"path": TEXT}),
                   "search_files": ("Finds files below a directory whose names match a pattern.", {"path": TEXT, "pattern": TEXT}),
                   "get_file_info": ("Size, times and permissions of a file.", {"path": TEXT})},
    "monitoring": {"execute_query": ("Runs a PromQL query at one moment.", {"query": TEXT, "time": TEXT}),
                   "execute_range_query": ("Runs a PromQL query over a time.", {"query": TEXT, "start": TEXT, "end": TEXT, "step": TEXT}),
                   "list_metrics": ("Names of the metrics there are.", {"limit": NUMBER}),
                   "get_targets": ("What is scraped, and whether it is up.", {})},
    "memory": {"search_nodes": ("Finds what was remembered by words in it.", {"query": TEXT}),
               "create_entities": ("Remembers new things.", {"entities": {"type": "array", "items": {"type": "object"}}}),
               "read_graph": ("Everything that was remembered.", {})},
    "fetch": {"fetch": ("Gets a page of the web and gives it as Markdown.",
                        {"url": TEXT, "max_length": {**NUMBER, "default": 5000}, "raw": {"type": "boolean", "default": False}})},
    "postgres": {"execute_sql": ("Runs one SQL statement.", {"sql": TEXT}),
                 "list_tables": ("Tables with their columns and indexes.", {"schema": {**TEXT, "default": "public"}}),
                 "explain_query": ("How the database would run a statement.", {"sql": TEXT})},
    "github": {"search_repositories": ("Finds repositories.", {"query": TEXT, "perPage": NUMBER}),
               "get_issue": ("One issue with its comments.", {"owner": TEXT, "repo": TEXT, "number": NUMBER}),
               "create_pull_request": ("Opens a pull request.", {"owner": TEXT, "repo": TEXT, "title": TEXT, "draft": {"type": "boolean"}})},
    "n8n": {"search_nodes": ("Finds nodes for a workflow.", {"query": TEXT}),
            "get_node": ("What a node can do.", {"nodeType": TEXT, "detail": {"type": "string", "enum": ["minimal", "standard", "full"]}}),
            "validate_workflow": ("Says what is wrong with a workflow.", {"workflow": {"type": "object"}})},
    "playwright": {"browser_navigate": ("Opens a page.", {"url": TEXT}),
                   "browser_click": ("Clicks on something.", {"element": TEXT, "ref": TEXT}),
                   "browser_snapshot": ("What is on the page, for whoever cannot see it.", {})},
    "timescaledb": {"execute_sql": ("Runs one SQL statement.", {"sql": TEXT}),
                    "list_hypertables": ("Hypertables with their chunks and sizes.", {})},
}
lock = threading.Lock()


def send(message):
    with lock:
        print(json.dumps(message), flush=True)


def tools(name):
    found = []
    for tool, (about, properties) in SERVICES[name].items():
        schema = {"type": "object", "properties": properties}
        if required := list(properties)[:1]:
            schema["required"] = required
        found.append({"name": tool, "description": about, "inputSchema": schema})
    return {"tools": found}


def called(request):
    arguments = request["params"].get("arguments", {})
    if arguments.get("wait"):
        time.sleep(arguments["wait"])
    text = "failed as asked" if arguments.get("fail") else json.dumps({"tool": request["params"]["name"], "arguments": arguments}, indent=2)
    send({"jsonrpc": "2.0", "id": request["id"],
          "result": {"content": [{"type": "text", "text": text}], "isError": bool(arguments.get("fail"))}})


def main():
    name = sys.argv[1]
    print("%s: listening on stdio" % name, file=sys.stderr, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "id" not in request:
            continue
        if request["method"] == "tools/call":
            threading.Thread(target=called, args=(request,), daemon=True).start()
        else:
            result = tools(name) if request["method"] == "tools/list" else {}
            if request["method"] == "initialize":
                result = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": name, "version": "1"}}
            send({"jsonrpc": "2.0", "id": request["id"], "result": result})


if __name__ == "__main__":
    main()
