#!/usr/bin/env python3
"""Holds docs/config.md to the configuration the program reads.

    options_documented.py [SCHEMA] [--docs docs/config.md]

SCHEMA is the mcp-gateway program, or a file with the output of its `schema`
command; without it the schema comes from stdin. Every field of the schema
must stand in a table of the document with its default and its bound, and
every row of such a table must be a field.

A table counts when its first column is headed `Key`. The heading above it
says in backticks which object its keys belong to; without one they stand at
the top of the file.
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read_schema(path):
    if path is None:
        return json.load(sys.stdin)
    if pathlib.Path(path).read_bytes()[:1] == b"{":
        return json.loads(pathlib.Path(path).read_text())
    return json.loads(subprocess.run([path, "schema"], check=True, capture_output=True).stdout)


def shown(value):
    """A default as the document writes it."""
    return value if isinstance(value, str) and value else json.dumps(value)


def fields_of(schema):
    """Path of each field to its (default, bound) as the document shows them."""
    fields = {}

    def walk(node, path):
        for key, child in node.get("properties", {}).items():
            here = f"{path}.{key}" if path else key
            default = "required" if key in node.get("required", []) else "–"
            if "default" in child:
                default = shown(child["default"])
            fields[here] = (default, child.get("x-bound", "–"))
            walk(child, here)
            walk(child.get("items", {}), here + "[]")
        each = node.get("additionalProperties")
        if isinstance(each, dict) and "$ref" in each:
            walk(schema["$defs"][each["$ref"].rsplit("/", 1)[1]], path + ".NAME")

    walk(schema, "")
    # `servers` is another name for `mcpServers`; its fields are documented once.
    return {path: field for path, field in fields.items() if not path.startswith("servers.")}


def rows_of(document):
    """The same from the tables of the document."""
    rows = {}
    prefix, in_table = "", False
    for line in document.splitlines():
        if line.startswith("#"):
            named = re.search(r"`([^`]+)`", line)
            prefix = named.group(1) + "." if named else ""
        cells = [cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            in_table = False
        elif cells[0] == "Key":
            in_table = True
        elif in_table and not cells[0].startswith("-"):
            rows[prefix + cells[0]] = (cells[2], cells[3]) if len(cells) == 5 else None
    return rows


def problems(fields, rows):
    for path in fields.keys() - rows.keys():
        yield f"{path}: not documented"
    for path in rows.keys() - fields.keys():
        yield f"{path}: documented, but the configuration has no such field"
    for path in fields.keys() & rows.keys():
        if rows[path] is None:
            continue  # a table without defaults, as that of other programs' keys
        for name, is_, says in zip(("default", "bound"), fields[path], rows[path]):
            if is_ != says:
                yield f"{path}: the {name} is {is_}, the document says {says}"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("schema", nargs="?", help="the program, or a file with its schema; else stdin")
    arguments.add_argument("--docs", default=ROOT / "docs" / "config.md", type=pathlib.Path)
    options = arguments.parse_args()
    fields = fields_of(read_schema(options.schema))
    found = sorted(problems(fields, rows_of(options.docs.read_text())))
    for problem in found:
        print(f"{options.docs.name}: {problem}")
    print(f"{len(fields)} fields, {len(found)} problems")
    return 1 if found or not fields else 0


if __name__ == "__main__":
    sys.exit(main())
