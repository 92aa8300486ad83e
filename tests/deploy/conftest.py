"""Fixtures of the tests of deployments: profiles on one machine, two instances behind HAProxy.

    tests/proxies/setup.sh && python3 -m pytest tests/deploy
"""
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "system"), str(HERE.parent / "proxies")]

from proxies import UNPACKED  # noqa: E402
from site_of_profiles import Site  # noqa: E402


@pytest.fixture(scope="session", autouse=True)
def installed():
    if Path("/usr/bin/apt-get").exists() and not (UNPACKED / "usr" / "sbin" / "haproxy").exists():
        pytest.exit("no HAProxy: run tests/proxies/setup.sh first", returncode=3)


@pytest.fixture
def site(tmp_path):
    with Site(tmp_path) as running:
        yield running


@pytest.fixture
def two(site):
    """Both instances of production, and HAProxy before them, which gives all traffic to the primary."""
    site.run("mcp-server deploy --profile=production-primary && mcp-server deploy --profile=production-secondary")
    site.start_haproxy()
    return site
