"""Links in the documentation point to existing files and headings."""
import pytest

from documents import Document, documents


def links():
    for document in documents():
        for line, target in document.links():
            if "://" not in target and not target.startswith("mailto:"):
                yield pytest.param(document, target, id=f"{document.name}:{line}: {target}")


@pytest.mark.parametrize("document, target", list(links()))
def test_a_relative_link_leads_to_a_file_and_a_heading(document, target):
    name, _, anchor = target.partition("#")
    path = (document.path.parent / name).resolve() if name else document.path
    assert path.exists(), f"there is no {name}"
    if anchor:
        assert path.suffix == ".md", f"{name} has no headings"
        assert anchor in Document(path).anchors(), f"{path.name} has no heading #{anchor}"
