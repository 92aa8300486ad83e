#!/usr/bin/env python3
"""Checks the alerts of compose/prometheus/rules against docs/runbook.md and docs/metrics.md. Usage: alerts.py REPOSITORY

Every alert has a severity, a summary, a description and the URL of its section of the runbook; every section named like an alert
belongs to one; every metric the rules use is documented; and every recorded series they use is recorded.
"""
import pathlib
import re
import sys

ADDRESS = "{{ $externalLabels.runbook }}#"
PROSE = re.compile(r"^ *#.*$|^          (?:summary|description|runbook_url): .*$", re.M)
RECORDED = r"\b(?:server:[\w:]+|mcp_\w+:\w+)"
OURS = r"\b(?:mcp|process)_[a-z_]+\b(?!:)"


def documented(name, families):
    return name in families or re.sub(r"_(bucket|count|sum)$", "", name) in families


def check_alert(alert, sections):
    if alert.labels.get("severity") not in ("critical", "warning", "info", "none"):
        yield "has no severity: critical, warning, info or none"
    for name in ("summary", "description"):
        if not alert.annotations.get(name):
            yield f"has no {name}"
    if alert.annotations.get("runbook_url") != ADDRESS + alert.name.lower():
        yield f"its runbook_url is not {ADDRESS}{alert.name.lower()}"
    if alert.name not in sections:
        yield "docs/runbook.md has no section of that name"


def complaints(root):
    sys.path.insert(0, str(root / "tests" / "alerts"))
    sys.dont_write_bytecode = True
    from rules import alerts

    folder = root / "compose" / "prometheus" / "rules"
    found = alerts(folder)
    text = "".join(path.read_text() for path in folder.glob("*.yml"))
    recorded = set(re.findall(r'record: "?([\w:]+)', text))
    families = set(re.findall(r"^\| `(\w+)`", (root / "docs/metrics.md").read_text(), re.M))
    sections = re.findall(r"^### (Mcp\w+)$", (root / "docs/runbook.md").read_text(), re.M)
    for alert in found.values():
        for complaint in check_alert(alert, sections):
            yield f"{alert.file}: {alert.name} {complaint}"
    for section in sections:
        if section not in found or sections.count(section) > 1:
            yield f"docs/runbook.md: {section} is not the only section of an existing alert"
    used = PROSE.sub("", text)
    for name in sorted(set(re.findall(RECORDED, used)) - recorded):
        yield f"{name} is used and never recorded"
    for name in sorted(set(name for name in re.findall(OURS, used) if not documented(name, families))):
        yield f"{name} is used and not in docs/metrics.md"
    if not found:
        yield "no alerts were found"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = list(complaints(pathlib.Path(sys.argv[1]).resolve()))
    print("\n".join(found))
    print(f"alerts: {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
