"""The tables of docs/protocol.md about clients and servers of both eras are those of the recorded outcomes."""
import json
import sys

from documents import ROOT

sys.path.insert(0, str(ROOT / "scripts"))
import eras_table  # noqa: E402: of the folder above


def test_the_tables_are_up_to_date():
    text = eras_table.DOCUMENT.read_text()
    fresh = eras_table.regenerated(text, json.loads(eras_table.RECORDED.read_text()))
    assert text == fresh, "out of date: run scripts/eras_table.py"


def test_a_changed_outcome_changes_the_tables():
    recorded = json.loads(eras_table.RECORDED.read_text())
    cell = recorded["python1 legacy sse"]["legacy session"]
    cell["error"] = "no: another reason"
    assert "another reason" in eras_table.regenerated(eras_table.DOCUMENT.read_text(), recorded)
