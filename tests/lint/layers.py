#!/usr/bin/env python3
"""Checks the #include lines under gateway/ against the layer table. Usage: layers.py REPOSITORY

The table corresponds to the links in gateway/CMakeLists.txt.
"""
import pathlib
import re
import sys

# Layer to the layers it may include, besides itself. "program" is the files directly in gateway/.
OPERATIONS = {"config", "log", "metrics", "trace", "health"}
LAYERS = {
    "base": set(),
    "rpc": {"base"},
    "mcp": {"rpc", "base"},
    "io": {"base"},
    "http": {"io", "base"},
    "config": {"base"},
    "imports": {"config", "base"},
    "sandbox": {"config", "base"},
    "log": {"config", "base"},
    "metrics": {"config", "base"},
    "trace": {"config", "metrics", "base"},
    "health": {"base"},
    "fetch": {"io", "base"},
    "auth": {"config", "fetch", "rpc", "io", "base"},
    "remote": {"config", "log", "fetch", "mcp", "rpc", "io", "base"},
    "backend": {*OPERATIONS, "sandbox", "mcp", "rpc", "io", "base"},
    "groups": {"config", "log", "mcp", "rpc", "base"},
    "frontend": {*OPERATIONS, "auth", "http", "mcp", "rpc", "base"},
}
LAYERS["admin"] = {*LAYERS}
LAYERS["deploy"] = {"config", "auth", "http", "io", "base"}
LAYERS["cli"] = LAYERS["program"] = {*LAYERS, "cli", "program"}

# Libraries restricted to some layers, by the first component of the header's path.
LIBRARIES = {
    "event2": {"io"},
    "event.h": {"io"},
    "nlohmann": {"config", "imports", "health", "backend", "admin", "deploy", "cli", "program"},
    "prometheus": {"metrics"},
    "openssl": {"io", "mcp", "auth", "admin"},
    "curl": {"fetch"},
    "re2": {"base"},
    "seccomp.h": {"sandbox"},
    "yaml.h": {"imports"},
    "CLI": {"cli", "program"},
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)


def layer_of(path):
    """The layer of gateway/LAYER/file or gateway/file."""
    return path.parts[1] if len(path.parts) > 2 else "program"


def complaint(layer, quote, target):
    """Why `layer` may not include `target`, or None."""
    parts = pathlib.PurePosixPath(target).parts
    if parts[0] == "gateway":
        other = layer_of(pathlib.PurePosixPath(target))
        if other != layer and other not in LAYERS[layer]:
            return f"{layer} may include {', '.join(sorted(LAYERS[layer])) or 'nothing'}; not {other}"
    elif quote == '"':
        return "include our own headers by their full path, from gateway/"
    elif layer not in LIBRARIES.get(parts[0], {layer}):
        return f"only {' and '.join(sorted(LIBRARIES[parts[0]]))} may include <{parts[0]}>"
    return None


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[1])
    files = sorted(path for path in (root / "gateway").rglob("*") if path.suffix in (".h", ".cc", ".in"))
    broken = 0
    for path in files:
        layer = layer_of(path.relative_to(root))
        if layer not in LAYERS:
            sys.exit(f"{path.relative_to(root)}: '{layer}' is not a layer; add it to the table in {sys.argv[0]}")
        text = path.read_text(encoding="utf-8")
        for found in INCLUDE.finditer(text):
            why = complaint(layer, found[1], found[2])
            if why:
                line = text.count("\n", 0, found.start()) + 1
                print(f"{path.relative_to(root)}:{line}: {found[2]}: {why}")
                broken += 1
    if not files:
        sys.exit(f"no sources under {root}/gateway: nothing was checked")
    print(f"layers: {len(files)} files, {broken} forbidden includes")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
