"""The alerts of compose/prometheus/rules, read from their text: one layout, without a library for YAML."""
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RULES = ROOT / "compose" / "prometheus" / "rules"
CACHE = Path(os.environ.get("ALERTS_CACHE") or HERE / ".cache").resolve()
SHARED = ("recording.yml", "objectives.yml")  # what alerts of all files are made of
UNITS = {"h": 3600, "m": 60, "s": 1}

EXPRESSION = re.compile(r"^        expr: (?:>-\n)?(.*?)\n(?=        (?:for|labels):)", re.M | re.S)


@dataclass
class Alert:
    name: str
    file: str
    text: str  # of the rule, as it stands in the file
    expression: str
    wait: int  # `for`, in seconds
    labels: dict
    annotations: dict


def read_alert(file, text):
    wait = re.search(r"^        for: (\w+)$", text, re.M)
    labels = re.search(r"^        labels: \{(.*)\}$", text, re.M)
    return Alert(
        name=re.match(r"      - alert: (\w+)\n", text)[1], file=file, text=text,
        expression=" ".join(EXPRESSION.search(text)[1].split()), wait=seconds(wait[1]) if wait else 0,
        labels={name: value.strip('"') for name, value in re.findall(r'(\w+): ("[^"]*"|\w+)', labels[1] if labels else "")},
        annotations={name: value.replace('\\"', '"') for name, value in re.findall(r'^          (\w+): "(.*)"$', text, re.M)})


def read_file(path):
    text = path.read_text()
    found = [read_alert(path.name, block) for block in re.findall(r"^      - alert: \w+\n(?:        .*\n)+", text, re.M)]
    assert len(found) == text.count("alert:"), f"{path.name}: an alert is not laid out as the others"
    return found


def alerts(folder=RULES):
    """Name to alert."""
    return {alert.name: alert for path in sorted(folder.glob("*.yml")) for alert in read_file(path)}


def group_names(file):
    return re.findall(r"^  - name: (\S+)$", (RULES / file).read_text(), re.M)


def seconds(duration):
    """Of 1h1m15s, say."""
    return sum(int(number) * {**UNITS, "d": 86400}[unit] for number, unit in re.findall(r"(\d+)([dhms])", duration))


def duration(seconds):
    """As Prometheus writes it."""
    text = ""
    for unit, length in UNITS.items():
        count, seconds = divmod(seconds, length)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def program(name):
    """Where setup.sh has put it, or the one on the PATH."""
    found = shutil.which(name, path=f"{CACHE / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert found, f"{name} is missing; run tests/alerts/setup.sh"
    return found
