#!/usr/bin/env python3
"""Checks the consistency of the files of services/. Usage: services.py REPOSITORY

Tools named in `expected_tools` are in the reference of the README; lock files have exact versions and checksums, and no registry
URLs; programs are started directly, never with npx or uvx.
"""
import json
import re
import sys
from pathlib import Path

root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
problems = []


def complain(file, what):
    problems.append(f"{file.relative_to(root)}: {what}")


def without_remarks(text):
    kept = re.sub(r'("(?:[^"\\]|\\.)*")|//[^\n]*', lambda found: found[1] or "", text)
    return re.sub(r",(\s*[}\]])", r"\1", kept)


def ours(name):
    return [file for file in (root / "services").rglob(name) if not {"node_modules", ".venv"} & set(file.parts)]


for file in ours("service.json"):
    for name, service in json.loads(without_remarks(file.read_text()))["mcpServers"].items():
        if service["command"] in ("npx", "uvx", "npm", "pip"):
            complain(file, f"{service['command']} would download the server at run time")
        if not service.get("needs"):
            complain(file, f"{name} does not list its prerequisites (needs)")
        readme = file.with_name("README.md")
        if name == "everything":
            continue
        if not readme.exists():
            complain(file, "has no README.md next to it")
            continue
        text = readme.read_text()
        listed = set(re.findall(r"^### `([^`]+)`", text, re.M))
        expected = service.get("expected_tools") or []
        if listed and (missing := sorted(set(expected) - listed)):
            complain(readme, f"the reference lacks {', '.join(missing)}, which service.json expects")
        for need in service["needs"]:
            if "variable" in need and need["variable"] not in text:
                complain(readme, f"does not mention {need['variable']}")

for file in [*ours("package-lock.json"), *(root / "tests" / "services").glob("*/package-lock.json")]:
    lock = json.loads(file.read_text())
    for path, package in lock["packages"].items():
        if "resolved" in package:
            complain(file, f"{path} contains a registry URL; regenerate it with --omit-lockfile-registry-resolved")
        if path and "integrity" not in package:
            complain(file, f"{path} has no checksum")
    for name, version in lock["packages"][""].get("dependencies", {}).items():
        if not re.fullmatch(r"\d+\.\d+\.\d+[\w.-]*", version):
            complain(file, f"{name} is not pinned: {version}")

for file in ours("requirements.txt"):
    for requirement in re.findall(r"^[A-Za-z0-9].*", file.read_text().replace("\\\n", " "), re.M):
        if "==" not in requirement or "--hash=sha256:" not in requirement:
            complain(file, f"{requirement.split()[0]} is not pinned with a checksum")

print("\n".join(problems))
sys.exit(bool(problems))
