"""The cases that tests cite by number are explained in tests/README.md."""
import cases


def test_every_cited_case_is_described():
    text = cases.DOCUMENT.read_text()
    missing = {case: sorted(files) for case, files in cases.cited().items() if case not in cases.described(text)}
    assert not missing, "describe them in tests/README.md and run tests/docs/cases.py"


def test_every_described_case_is_cited():
    unused = cases.described(cases.DOCUMENT.read_text()).keys() - cases.cited().keys()
    assert not unused, "no docstring cites them: remove their rows from tests/README.md"


def test_the_files_that_cite_a_case_are_up_to_date():
    text = cases.DOCUMENT.read_text()
    assert text == cases.regenerated(text, cases.cited()), "out of date: run tests/docs/cases.py"
