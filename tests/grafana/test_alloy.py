"""promtail/config.alloy. Alloy itself is asked where it is on the PATH. Elsewhere this is only a reading of the file: that its
blocks nest, that every component, block and argument is one of Alloy's reference (version 1.19, as far as it is written down
below), and that what one component takes from another exists. It does not prove that Alloy runs it.
"""
import re
import shutil
import subprocess
from pathlib import Path

import pytest

CONFIG = Path(__file__).resolve().parents[2] / "promtail" / "config.alloy"

# Of each component the file may use: its arguments; of each block within: the same.
REFERENCE = {
    "discovery.docker": {"host", "refresh_interval", "port", "match_first_network"},
    "discovery.docker/filter": {"name", "values"},
    "discovery.relabel": {"targets"},
    "discovery.relabel/rule": {"source_labels", "separator", "regex", "modulus", "target_label", "replacement", "action"},
    "local.file_match": {"path_targets", "sync_period"},
    "loki.source.docker": {"host", "targets", "forward_to", "labels", "relabel_rules", "refresh_interval"},
    "loki.source.file": {"targets", "forward_to", "encoding", "tail_from_end"},
    "loki.process": {"forward_to"},
    "loki.process/stage.json": {"expressions", "source", "drop_malformed"},
    "loki.process/stage.timestamp": {"source", "format", "fallback_formats", "location", "action_on_failure"},
    "loki.process/stage.labels": {"values"},
    "loki.process/stage.label_drop": {"values"},
    "loki.process/stage.structured_metadata": {"values"},
    "loki.process/stage.regex": {"expression", "source"},
    "loki.process/stage.match": {"selector", "action", "drop_counter_reason", "pipeline_name"},
    "loki.write": {"external_labels", "max_streams"},
    "loki.write/endpoint": {"url", "name", "headers", "batch_wait", "batch_size", "tenant_id"},
}
EXPORTS = {"discovery.docker": {"targets"}, "discovery.relabel": {"output", "rules"}, "local.file_match": {"targets"},
           "loki.process": {"receiver"}, "loki.write": {"receiver"}}
OPENS = re.compile(r'^([a-z_.]+)(?: "(\w+)")? \{$')
GIVES = re.compile(r"^(\w+)\s*= (.*)$")


def read(text):
    """Components by (kind, label), arguments as (block, name), references, and complaints about what does not nest."""
    components, arguments, references, complaints, inside, depth = set(), [], [], [], [], 0
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("//"):
            continue
        opened, given = OPENS.match(line), GIVES.match(line)
        if depth == 0 and opened:
            if not inside:
                components.add(opened.groups())
            inside.append(opened[1])
        elif depth == 0 and line == "}" and inside:
            inside.pop()
        elif depth == 0 and given and inside:
            stage = "/".join(inside[:1] + inside[-1:]) if len(inside) > 1 else inside[0]
            arguments.append((stage, given[1]))
        elif depth == 0:
            complaints.append(f"line {number} is neither a block nor an argument: {line}")
        if given or depth:
            value = given[2] if given and depth == 0 else line
            bare = re.sub(r'"(?:[^"\\]|\\.)*"', "", value)
            depth += len(re.findall(r"[{\[]", bare)) - len(re.findall(r"[}\]]", bare))
            references += re.findall(r"\b((?:discovery|loki|local)\.\w+(?:\.\w+)?)\.(\w+)\.(\w+)\b", bare)
    if inside or depth:
        complaints.append(f"not closed: {inside}")
    return components, arguments, references, complaints


def complaints_about(text):
    components, arguments, references, complaints = read(text)
    complaints += [f"{kind} is not in the reference" for kind, _ in components if kind not in REFERENCE]
    complaints += [f"{block} has no argument {name}" for block, name in arguments if name not in REFERENCE.get(block, ())]
    for kind, label, exported in references:
        if (kind, label) not in components or exported not in EXPORTS.get(kind, ()):
            complaints.append(f"there is no {kind}.{label}.{exported}")
    used = {(kind, label) for kind, label, _ in references}
    complaints += [f"nothing takes from {kind}.{label}" for kind, label in components if kind in EXPORTS and (kind, label) not in used]
    return complaints


def test_every_name_in_the_file_is_one_of_alloys():
    assert not complaints_about(CONFIG.read_text())


@pytest.mark.parametrize("old, new", [
    ("refresh_interval", "refresh_intervall"), ("stage.json", "stage.jason"), ("loki.write.loki.receiver", "loki.write.lokki.receiver"),
    ("discovery.docker.mcp.targets", "discovery.docker.mcp.output"), ("\tendpoint {", "\tendpoint"), ("target_label", "label")])
def test_a_mistake_in_the_file_is_found(old, new):
    text = CONFIG.read_text()
    assert old in text
    assert complaints_about(text.replace(old, new, 1))


@pytest.mark.skipif(not shutil.which("alloy"), reason="alloy is not on the PATH; nobody but Grafana's own servers has it")
def test_alloy_itself_accepts_the_file():
    subprocess.run(["alloy", "fmt", "--test", CONFIG], check=True)
    subprocess.run(["alloy", "validate", CONFIG], check=True)
