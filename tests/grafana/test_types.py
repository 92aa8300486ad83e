"""The dashboards are what Grafana's own types (npm @grafana/schema) say they should be."""
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from board_files import FOLDER
from watchers import CACHE

HERE = Path(__file__).resolve().parent


@pytest.fixture
def check():
    if not (CACHE / "types/.stamp").exists():
        pytest.exit("Grafana's types are not installed; run tests/grafana/setup.sh first", returncode=3)
    program = shutil.copy(HERE / "types/check.mjs", CACHE / "types")  # Node finds packages from beside the script
    return lambda folder: subprocess.run(["node", program, folder], capture_output=True, text=True, check=False)


def test_the_dashboards_fit_the_types(check):
    ran = check(FOLDER)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_what_does_not_fit_is_found(check, tmp_path):
    board = json.loads((FOLDER / "mcp-operations/mcp-slo.json").read_text())
    board["graphTooltip"] = 7
    stat = next(panel for panel in board["panels"] if panel["type"] == "stat")
    stat["options"]["colorMode"] = "colour"
    line = next(panel for panel in board["panels"] if panel["type"] == "timeseries")
    line["fieldConfig"]["defaults"]["custom"]["showPoints"] = "sometimes"
    (tmp_path / "board.json").write_text(json.dumps(board))
    found = check(tmp_path).stdout
    assert all(word in found for word in ("7", "colour", "sometimes")), found
