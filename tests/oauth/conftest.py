import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system")]
os.environ.setdefault("OAUTH_PROGRAMS", str(HERE / ".cache" / "programs"))


@pytest.fixture
def started():
    """Collects what a test starts; all of it is stopped when the test is over."""
    things = []
    yield things
    for thing in reversed(things):
        thing.stop()
