#!/usr/bin/env python3
"""Lists the files that a configuration of the gateway names, one `KIND<TAB>PATH` a line, for scripts/backup.

  config    the configuration and the files it includes
  named     tokens, keys, certificates, locks: what it reads when it starts or is reloaded
  data      what the memory service remembers, where that is a file
  unwritten data that is not there yet
  missing   any other file that is named, but not there

Variables are those of the environment; --environment FILE adds those of a file of NAME=value lines, as systemd reads it.
"""
import argparse
import glob
import json
import os
import re
import sys
from pathlib import Path

# Keys whose value is the path of a file that the gateway reads. `needs.file` is a condition, and log outputs are written.
READ = {"certificate", "key", "client_ca", "tokens_file", "jwks_file"}
READ_BELOW = {("pinned_tools", "file"), ("owner_env", "file")}
DATA = "MEMORY_FILE_PATH"


def parsed(path):
    """Comments and trailing commas are allowed."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda found: found[1] or "", text, flags=re.S)
    return json.loads(re.sub(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])', lambda found: found[1] or "", text))


def expanded(text, folder, variables):
    """Empty where a variable is not set: the gateway says so itself."""
    def value(found):
        name, _, default = found[1].removeprefix("env:").partition(":-")
        return str(folder) if name == "dir" else variables.get(name) or default

    return re.sub(r"(?<!\$)\$\{(?!file:)([^}]*)\}", value, text)


def strings(value, keys=()):
    """Every string with the keys on the way to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(inner, (*keys, key))
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, keys)
    elif isinstance(value, str):
        yield keys, value


def is_read(keys):
    return keys[-1] in READ and ("tls" in keys or "admin_tls" in keys or "auth" in keys) \
        or keys[-1] == "file" and any(below in keys for below, _ in READ_BELOW)


def named_in(path, variables):
    """(kind, path) of what one file names; its includes too."""
    content, folder = parsed(path), path.parent
    for included in content.get("include", []):
        yield "config", str(folder / included)
    for keys, text in strings({name: content.get(name) for name in ("gateway", "mcpServers", "servers")}):
        references = re.findall(r"(?<!\$)\$\{file:([^}]+)\}", text)
        for reference in references:
            yield "named", expanded(reference.replace("${dir}", str(folder)), folder, variables)
        whole = expanded(text, folder, variables)
        if not references and keys and is_read(keys):
            # One for each principal.
            yield from (("named", found) for found in glob.glob(glob.escape(whole).replace("{principal}", "*")) or [whole])
        if keys and keys[-1] == DATA and not references and whole:
            yield "data", whole


def environment_of(path):
    """NAME=value lines; quotes around a value are taken off."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and not name.startswith("#"):
            found[name.strip()] = value.strip().strip("\"'")
    return found


def listed(config, variables):
    """Each file once, the configuration itself first."""
    found, waiting = {}, [("config", str(config))]
    while waiting:
        kind, name = waiting.pop(0)
        path = os.path.abspath(name)
        if path in found:
            continue
        found[path] = kind if os.path.isfile(path) else "unwritten" if kind == "data" else "missing"
        if found[path] == "config":
            waiting += named_in(Path(path), variables)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", type=Path)
    parser.add_argument("--environment", type=Path, metavar="FILE")
    asked = parser.parse_args()
    try:
        more = environment_of(asked.environment) if asked.environment else {}
        for path, kind in listed(asked.config.resolve(), {**os.environ, **more}).items():
            print(f"{kind}\t{path}")
    except (OSError, ValueError) as problem:
        sys.exit(f"scripts/named_files.py: {asked.config}: {problem}")


if __name__ == "__main__":
    main()
