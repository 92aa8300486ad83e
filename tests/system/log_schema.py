"""What a line of the log may hold: the table in docs/logs.md."""
import re
from pathlib import Path

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "logs.md").read_text(encoding="utf-8")
EVENTS = {event: {field.strip() for field in fields.split(",")} - {""}
          for event, fields in re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|([^|]*)\|", TEXT, re.M)}
ALWAYS = {"ts": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "level": "debug|info|warn|error", "event": ".+", "msg": ".+",
          "log_type": "app|audit|child", "service": "mcp-gateway", "version": ".+", "instance_id": ".+"}
SOMETIMES = {"pool", "env", "truncated"}


def complaints(line):
    """What is wrong with one line, as a list of sentences."""
    found = [f"{key} is {line.get(key)!r}" for key, form in ALWAYS.items()
             if not isinstance(line.get(key), str) or not re.fullmatch(form, line[key], re.S)]
    event = line.get("event")
    if event not in EVENTS:
        return [*found, f"{event!r} is not in docs/logs.md"]
    unknown = line.keys() - ALWAYS.keys() - SOMETIMES - EVENTS[event]
    return found + [f"{event} has {key}, which is not in docs/logs.md" for key in sorted(unknown)]
