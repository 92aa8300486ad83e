import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system"), str(HERE.parent / "interop")]
os.environ.setdefault("OAUTH_PROGRAMS", str(HERE / ".cache" / "programs"))


@pytest.fixture
def started():
    """Collects what a test starts; all of it is stopped when the test is over."""
    yield from collecting()


@pytest.fixture(scope="module")
def started_for_all():
    """The same for what the tests of a module share."""
    yield from collecting()


def collecting():
    things = []
    yield things
    for thing in reversed(things):
        thing.stop()
