"""The dashboards as they are committed, and what a query of theirs is when Grafana has put in the variables."""
import json
import re
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDER = ROOT / "grafana" / "dashboards"
MAY_BE_EMPTY = dict(re.findall(r"^(\S.*?): +(\S.*)$", (HERE / "may_be_empty.txt").read_text(), re.M))

# What Grafana puts in for its own variables; with a scrape a second these windows hold several samples.
WINDOWS = {"__rate_interval": "15s", "__interval": "5s", "__auto": "15s", "__range": "5m"}


def boards():
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*/*.json"))}


@dataclass(frozen=True)
class Asked:
    """One query of a dashboard, and where it stands."""
    board: str
    title: str
    ref: str
    kind: str  # prometheus or loki
    expr: str
    is_instant: bool

    @property
    def name(self):
        return f"{self.board}/{self.title}/{self.ref}"


def asked(kind):
    """Every query of every panel of that kind of datasource."""
    return [Asked(uid, panel["title"], target["refId"], kind, target["expr"], target.get("instant", False))
            for uid, board in boards().items() for panel in board["panels"] for target in panel.get("targets", [])
            if target["datasource"]["type"] == kind]


def awaited():
    """Words of queries that nothing answers yet: of awaited.txt, what neither the docs nor the rules name."""
    known = (ROOT / "docs/metrics.md").read_text() + "".join(
        file.read_text().replace("record: ", "`") for file in (ROOT / "compose/prometheus/rules").glob("*.yml"))
    lines = [line.split() for line in (HERE / "awaited.txt").read_text().splitlines() if line and line[0] != "#"]
    return [line[-1] for line in lines if not re.search(r"`" + re.escape(line[0]) + r"\b", known)]


def may_be_empty(query):
    return query.name in MAY_BE_EMPTY or any(word in query.expr for word in awaited())


def variables():
    """Every variable that asks Prometheus: (dashboard, name, its query)."""
    return [(uid, variable["name"], variable["query"]["query"]) for uid, board in boards().items()
            for variable in board["templating"]["list"] if variable["type"] == "query"]


def annotations():
    return [(uid, annotation["name"], annotation["expr"]) for uid, board in boards().items()
            for annotation in board["annotations"]["list"]]


def filled_in(expr, chosen=None):
    """The query with every variable's value: all of them, unless `chosen` says otherwise."""
    values = {"objective": "99.9", **WINDOWS, **(chosen or {})}
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda found: values.get(found[1] or found[2], ".*"), expr)
