#!/usr/bin/env python3
"""Checks that docs/logs.md lists exactly the events and fields of the log calls in the sources."""
import pathlib
import re
import sys

CALL = re.compile(r"\b(?:log|log_|log\(\))\.(?:debug|info|warn|error|write|audit|record)\b")
EVENT = re.compile(r'(?<![{\w])"([a-z]+\.[a-z_]+)"')
FIELD = re.compile(r'\{"([a-z_.]+)",|member<"([a-z_.]+)">')


def logged(root):
    """Event to fields, of all calls in the sources."""
    found = {}
    for path in (root / "gateway").rglob("*.cc"):
        text = path.read_text(encoding="utf-8")
        for start in CALL.finditer(text):
            statement = text[start.start():text.index(";\n", start.start())]
            fields = {first or second for first, second in FIELD.findall(statement)}
            for event in EVENT.findall(statement):
                found.setdefault(event, set()).update(fields)
    return found


def documented(root):
    rows = re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|([^|]*)\|", (root / "docs/logs.md").read_text(encoding="utf-8"), re.M)
    return {event: {field.strip() for field in fields.split(",")} - {""} for event, fields in rows}


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    said, written = logged(root), documented(root)
    problems = [f"{event}: not in docs/logs.md" for event in sorted(said.keys() - written.keys())]
    problems += [f"{event}: in docs/logs.md, but nothing logs it" for event in sorted(written.keys() - said.keys())]
    for event in sorted(said.keys() & written.keys()):
        problems += [f"{event}: its field {field} is not in docs/logs.md" for field in sorted(said[event] - written[event])]
        problems += [f"{event}: it has no field {field}" for field in sorted(written[event] - said[event])]
    print("\n".join([*problems, f"{len(said)} events, {len(problems)} problems"]))
    return 1 if problems or not said else 0


if __name__ == "__main__":
    sys.exit(main())
