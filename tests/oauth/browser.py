#!/usr/bin/env python3
"""What programs start as $BROWSER, and the person who sits at it: logs in, agrees, and is led back to the program.

Each URL that is opened is a line in ~/visited; with PERSON=away nothing else happens.
"""
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "interop")]

from programs import browse  # noqa: E402: of the folders above

with open(Path.home() / "visited", "a", encoding="utf-8") as visited:
    visited.write(sys.argv[1] + "\n")
if os.environ.get("PERSON") != "away":
    browse(sys.argv[1], "ann")
