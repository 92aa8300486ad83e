#!/usr/bin/env python3
"""Runs all cells and records their outcomes in recorded.json, from which scripts/eras_table.py makes the tables.

    tests/eras/record.py [WORD...]     with words, only the clients whose names contain one of them
"""

import json
import sys

import cells


def written(found):
    """The recorded outcomes as JSON, with a line for each cell."""
    clients = []
    for client, children in found.items():
        lines = [f"    {json.dumps(f'{child} {isolation}')}: {json.dumps(cells.shortened(cell), ensure_ascii=False)}"
                 for child, isolations in children.items() for isolation, cell in isolations.items()]
        clients.append(f"  {json.dumps(client)}: {{\n" + ",\n".join(lines) + "\n  }")
    return "{\n" + ",\n".join(clients) + "\n}\n"


def main():
    words = sys.argv[1:]
    chosen = [client for client in cells.CLIENTS if not words or any(word in client.name for word in words)]
    found = cells.run_all(chosen)
    if words:
        print(written(found))
    else:
        cells.RECORDED.write_text(written(found))


if __name__ == "__main__":
    main()
