#!/usr/bin/env python3
"""Checks Dockerfiles and compose files. Usage: containers.py REPOSITORY [--write]

The label com.mcp.tools of an image is the number of tools in the service's reference, which services/describe generates from
the live list; --write updates the label. See the other checks for their rules.
"""
import importlib.machinery
import importlib.util
import pathlib
import re
import sys

NINE = ("filesystem", "monitoring", "memory", "fetch", "postgres", "github", "n8n", "playwright", "timescaledb")
LABEL = re.compile(r'com\.mcp\.type="([^"]*)" com\.mcp\.tools="([^"]*)"')


def ours(root):
    """The services' Dockerfiles, excluding those of installed packages."""
    files = sorted((root / "services").glob("**/Dockerfile"))
    return [file for file in files if not {"node_modules", ".venv"} & set(file.parts)]


def load_describe(root):
    loader = importlib.machinery.SourceFileLoader("describe", str(root / "services" / "describe"))
    loader_spec = importlib.util.spec_from_loader("describe", loader)
    sys.dont_write_bytecode = True
    describe = importlib.util.module_from_spec(loader_spec)
    loader.exec_module(describe)
    return describe


def tools_of(describe, folder):
    """The label's value for a service, by its directory below services/. GitHub's list depends on the token."""
    readme = (describe.SERVICES / folder / "README.md").read_text()
    return str(describe.count_tools(folder)) if describe.BEGIN in readme else "unknown"


def check_labels(root, write):
    """Each image of a service is labelled with its name and the number of its tools."""
    describe = load_describe(root)
    for name in NINE:
        if not (root / "services" / name / "Dockerfile").exists():
            yield f"services/{name} has no Dockerfile"
    for file in ours(root):
        folder = file.parent.relative_to(root / "services")
        text = file.read_text()
        found = LABEL.search(text)
        wanted = (folder.parts[0], tools_of(describe, str(folder)))
        if not found:
            yield f"{file.relative_to(root)} has no labels com.mcp.type and com.mcp.tools"
        elif found.groups() != wanted and write:
            file.write_text(LABEL.sub('com.mcp.type="{}" com.mcp.tools="{}"'.format(*wanted), text))
        elif found.groups() != wanted:
            yield f"{file.relative_to(root)} is labelled {found.groups()}, expected {wanted}; --write updates it"


def dockerfiles(root):
    return sorted([*ours(root), *(root / "compose").glob("*/Dockerfile")])


def check_gateway_stage(root):
    """The stage of the gateway is the same text everywhere, or it would be built more than once."""
    stages = {}
    for file in dockerfiles(root):
        found = re.search(r"^# The gateway\..*?\n\n", file.read_text(), re.M | re.S)
        if found:
            stages.setdefault(found[0], []).append(str(file.relative_to(root)))
    if len(stages) != 1:
        yield f"the gateway's stage differs: {sorted(stages.values(), key=len)}"


def check_pins(root):
    """Every image has a version, and none but ours is called latest or nothing."""
    texts = {file: re.findall(r"^FROM (\S+)", file.read_text(), re.M) for file in dockerfiles(root)}
    texts[root / "compose/docker-compose.yml"] = re.findall(r"^ +image: (\S+)", (root / "compose/docker-compose.yml").read_text(), re.M)
    for file, images in texts.items():
        for image in images:
            if not re.search(r":[^:/]*\d", image):
                yield f"{file.relative_to(root)}: {image} has no version"


def check_variables(root):
    """.env.example tells every variable of the compose files, no other, and has no value for a secret."""
    files = [root / "compose" / name for name in ("docker-compose.yml", "docker-compose.aggregate.yml")]
    text = "".join(re.sub(r"^\s*#.*", "", file.read_text(), flags=re.M) for file in files)
    used = set(re.findall(r"\$\{(\w+)", text))
    required = set(re.findall(r"\$\{(\w+):\?", text))
    told = dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", (root / "compose/.env.example").read_text(), re.M))
    of_compose = {"COMPOSE_PROJECT_NAME", "COMPOSE_FILE"}
    for name in sorted(used - told.keys()):
        yield f"compose/.env.example does not mention {name}"
    for name in sorted(told.keys() - used - of_compose):
        yield f"compose/.env.example mentions {name}, which is not used"
    for name in sorted(told):
        secret = re.search(r"TOKEN|PASSWORD|KEY", name)
        if secret and told[name]:
            yield f"compose/.env.example has a value for the secret {name}"
    for name in sorted(required):
        if re.search(r"\$\{" + name + r":?-", text):
            yield f"{name} is required in one place and has a default in another"


def check_memory(root):
    """The limits of the nine add up to less than 2 GB."""
    text = (root / "compose/docker-compose.yml").read_text()
    default = int(re.search(r"^x-service:.*?mem_limit: (\d+)m", text, re.M | re.S)[1])
    total = 0
    for name in NINE:
        block = re.search(rf"^  mcp-{name}:\n(.*?)(?=^  \S|^\S|\Z)", text, re.M | re.S)
        if not block:
            yield f"compose/docker-compose.yml has no mcp-{name}"
            continue
        own = re.search(r"mem_limit: (\d+)m", block[1])
        total += int(own[1]) if own else default
    if total >= 2048:
        yield f"the memory limits of the nine add up to {total} MiB"


def check_litellm(root):
    """LiteLLM knows all nine by the names and addresses of the plan."""
    text = (root / "compose/litellm/config.yaml").read_text()
    for name in NINE:
        if f"  {name}:\n    url: http://mcp-{name}:8080/sse\n    transport: sse\n" not in text:
            yield f"compose/litellm/config.yaml has no {name} at http://mcp-{name}:8080/sse"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    root = pathlib.Path(sys.argv[1]).resolve()
    complaints = list(check_labels(root, "--write" in sys.argv))
    for check in (check_gateway_stage, check_pins, check_variables, check_memory, check_litellm):
        complaints += check(root)
    print("\n".join(complaints) or f"containers: {len(dockerfiles(root))} Dockerfiles, no problems")
    sys.exit(bool(complaints))


if __name__ == "__main__":
    main()
