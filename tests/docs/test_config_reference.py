"""The reference tables of docs/config.md are those that the program's own schema gives."""
import sys

from documents import ROOT

sys.path.insert(0, str(ROOT / "tests" / "system"))
sys.path.insert(0, str(ROOT / "scripts"))
import config_reference  # noqa: E402: of the folder above
from gateway_under_test import GATEWAY  # noqa: E402


def test_the_reference_tables_are_up_to_date():
    text = config_reference.DOCUMENT.read_text()
    fresh = config_reference.regenerated(text, config_reference.read_schema(GATEWAY))
    assert text == fresh, "out of date: build mcp-gateway and run scripts/config_reference.py"


def test_every_field_of_a_service_has_a_row():
    service = config_reference.read_schema(GATEWAY)["$defs"]["service"]["properties"]
    text = config_reference.DOCUMENT.read_text()
    assert [key for key in service if f"\n| `{key}` |" not in text] == []
