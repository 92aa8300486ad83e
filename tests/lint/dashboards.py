#!/usr/bin/env python3
"""Holds the dashboards to what makes them usable: written by grafana/generate, nothing overlaps, every panel tells its unit and
what it shows, every variable is there, no datasource is named, every metric exists. Usage: dashboards.py REPOSITORY

The rules of Grafana's own dashboard-linter that matter are among these. Left out of them is `job`: every metric here begins with
mcp_ or is chosen by $instance, which are the gateways' alone.
"""
import json
import pathlib
import re
import subprocess
import sys

UIDS = {"mcp-overview", "mcp-service", "mcp-gateway", "mcp-sessions", "mcp-slo", "mcp-security"}
BUILT_IN = {"__all", "__rate_interval", "__range", "__auto", "__interval"}
NOT_OURS = {"ALERTS", "scrape_duration_seconds"}  # made by Prometheus
METRIC = r"\b((?:mcp|process)_[a-z0-9_]+)\s*(?=[{\[])"
RECORDED = r"\bserver:mcp_[a-z0-9_:]+"
WITHOUT_UNIT = {"logs", "table", "heatmap"}  # of these a column or an axis has it


def queries(board):
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target


def check_places(board):
    taken = {}
    for panel in board["panels"]:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            yield f"{panel['title']} is wider than the page"
        for cell in ((x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])):
            if cell in taken:
                yield f"{panel['title']} lies over {taken[cell]}"
                break
            taken[cell] = panel["title"]
    numbers = [panel["id"] for panel in board["panels"]]
    if len(numbers) != len(set(numbers)):
        yield "two panels have one id"


def check_panels(board):
    for panel in board["panels"]:
        if panel["type"] == "row":
            continue
        where, defaults = panel["title"], panel["fieldConfig"]["defaults"]
        if not panel["description"].endswith("."):
            yield f"{where} has no description that is a sentence"
        if panel["type"] not in WITHOUT_UNIT and not defaults.get("unit"):
            yield f"{where} has no unit"
        if len({target["refId"] for target in panel["targets"]}) != len(panel["targets"]):
            yield f"{where} has two queries of one refId"
        if "thresholds" in defaults and defaults["thresholds"]["steps"][0]["value"] is not None:
            yield f"{where}: the first threshold is not the base"


def check_datasources(board):
    for found in re.findall(r'"uid": "([^"]*)"', json.dumps(board)):
        if found not in ("${datasource}", "${loki}", board["uid"]):
            yield f"the datasource {found} is named instead of chosen"
    sources = {variable["name"]: variable["query"] for variable in board["templating"]["list"] if variable["type"] == "datasource"}
    used = {(target["datasource"]["uid"], target["datasource"]["type"]) for _, target in queries(board)}
    if used != {("${%s}" % name, kind) for name, kind in sources.items()}:
        yield f"its datasource variables are {sources}, its queries use {sorted(used)}"


def check_variables(board):
    defined = {variable["name"] for variable in board["templating"]["list"]}
    text = json.dumps(board)
    used = set(re.findall(r"(?<!\$)\$(?:\{(?!__)(\w+)\}|(\w+))", text))
    used = {first or second for first, second in used} - BUILT_IN
    for name in sorted(used - defined):
        yield f"${name} is used and not defined"
    for name in sorted(defined - used - {"datasource", "loki"}):
        yield f"${name} is defined and not used"
    for variable in board["templating"]["list"]:
        if variable["type"] == "query" and (variable["refresh"] != 2 or not variable["multi"] or not variable["includeAll"]):
            yield f"${variable['name']} does not follow the time range, or has no choice of several or all"


def check_queries(board):
    for title, target in queries(board):
        expr = target["expr"]
        if target["datasource"]["type"] == "prometheus":
            for call, inner in re.findall(r"\b(rate|increase)\(([^()]*)\)", expr):
                if not re.search(r"_(total|bucket|count|sum)\{", inner):
                    yield f"{title}: {call} of what is no counter: {inner}"
                if call == "rate" and "[$__rate_interval]" not in inner and "[$__range]" not in inner and "[30d]" not in inner:
                    yield f"{title}: a rate over something else than $__rate_interval"
            if re.search(r"\b(?:mcp|process)_\w+", expr) and '"$instance"' not in expr and "server:" not in expr:
                yield f"{title}: does not choose by $instance"
        elif not re.search(r'service_name="mcp-gateway"', expr):
            yield f"{title}: looks at logs of others"


def check_metrics(board, documented, recorded):
    for title, target in queries(board):
        for name in re.findall(METRIC, target["expr"]):
            if name not in documented and re.sub("_(bucket|count|sum)$", "", name) not in documented:
                yield f"{title}: docs/metrics.md has no {name}"
        for name in re.findall(RECORDED, target["expr"]):
            if name not in recorded:
                yield f"{title}: no rule records {name}"


def awaited(root):
    """Names that are agreed on and not there yet."""
    file = root / "tests/grafana/awaited.txt"
    return {line.split()[0] for line in file.read_text().splitlines() if line and line[0] != "#"} if file.exists() else set()


def check_logs(root):
    """Promtail and Alloy set the same labels and the same structured metadata."""
    promtail, alloy = (root / "promtail/config.yml").read_text(), (root / "promtail/config.alloy").read_text()
    of_promtail = set(re.findall(r"target_label: (\w+)", promtail))
    of_alloy = set(re.findall(r'target_label\s*= "(\w+)"', alloy))
    for stage, opened in (("labels", r"stage.labels"), ("structured_metadata", r"stage.structured_metadata")):
        mine = {name for inner in re.findall(rf"- {stage}: \{{(.*?)\}}", promtail) for name in re.findall(r"(\w+):", inner)}
        theirs = {name for inner in re.findall(rf"{opened} \{{\s*values = \{{(.*?)\}}", alloy, re.S)
                  for name in re.findall(r"(\w+)\s*=", inner)}
        if mine != theirs:
            yield f"promtail/: {stage} of config.yml are {sorted(mine)}, of config.alloy {sorted(theirs)}"
        of_promtail, of_alloy = of_promtail | mine, of_alloy | theirs
    expected = {"service_name", "env", "pool", "mcp_type", "tool_count", "log_type", "container", "trace_id", "request_id", "instance_id"}
    for name, found in (("config.yml", of_promtail), ("config.alloy", of_alloy)):
        if found != expected:
            yield f"promtail/{name} sets {sorted(found)}, expected {sorted(expected)}"


def unused(documented, boards):
    text = json.dumps(boards)
    return sorted(name for name in documented if name not in text)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    files = sorted((root / "grafana/dashboards").glob("*/*.json"))
    boards = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    documented = set(re.findall(r"^\| `([a-z_0-9]+)`", (root / "docs/metrics.md").read_text(), re.M))
    recorded = {name for file in (root / "compose/prometheus/rules").glob("*.yml")
                for name in re.findall(r"record: (\S+)", file.read_text())}
    complaints, waiting = list(check_logs(root)), awaited(root)
    if {board["uid"] for board in boards} != UIDS:
        complaints.append(f"the dashboards are {sorted(board['uid'] for board in boards)}, expected {sorted(UIDS)}")
    for file, board in zip(files, boards):
        found = [complaint for check in (check_places, check_panels, check_datasources, check_variables, check_queries)
                 for complaint in check(board)]
        found += check_metrics(board, documented | waiting, recorded | waiting)
        complaints += [f"{file.name}: {complaint}" for complaint in found]
    written = subprocess.run([sys.executable, root / "grafana/generate", "--check"], capture_output=True, text=True, check=False)
    complaints += (written.stdout + written.stderr).splitlines()
    print("\n".join(complaints) or f"{len(boards)} dashboards as they should be")
    if waiting & (documented | recorded):
        print("tests/grafana/awaited.txt may forget:", ", ".join(sorted(waiting & (documented | recorded))))
    print("metrics that no dashboard shows:", ", ".join(unused(documented, boards)) or "none")
    return 1 if complaints or written.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
