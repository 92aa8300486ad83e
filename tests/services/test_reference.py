"""The tool reference in each README is what the service lists now. UPDATE_TOOL_REFERENCE=1 writes it instead."""
import os
import subprocess

import pytest

from backends import SERVICES
from nine import CRYSTALDBA, NINE, TESTED

VARIANTS = {"monitoring": "monitoring", "memory": "memory/file", "n8n": "n8n/offline"}


@pytest.fixture(scope="module")
def variants(start):
    return start(VARIANTS, only=list(VARIANTS))


def assert_up_to_date(folder, gateway, service):
    options = [] if os.environ.get("UPDATE_TOOL_REFERENCE") else ["--check"]
    url = f"http://127.0.0.1:{gateway.ports[service]}/mcp"
    ran = subprocess.run([SERVICES / "describe", *options, f"{folder}={url}"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"services/{folder}/README.md is not what it lists; UPDATE_TOOL_REFERENCE=1 renews it\n" \
                                f"{ran.stdout}{ran.stderr}"


@pytest.mark.parametrize("service", NINE)
def test_the_reference_of_the_nine_is_what_they_list(service, nine):
    assert_up_to_date(TESTED.get(service, service), nine, service)


@pytest.mark.parametrize("service", VARIANTS)
def test_the_reference_of_a_variant_is_what_it_lists(service, variants):
    assert_up_to_date(VARIANTS[service], variants, service)


@pytest.mark.skipif(not CRYSTALDBA.exists(), reason="postgres/crystaldba is not installed: it needs Python 3.12")
def test_the_reference_of_crystaldbas_server_is_what_it_lists(start):
    gateway = start({"postgres": "postgres/crystaldba"}, only=["postgres"])
    assert_up_to_date("postgres/crystaldba", gateway, "postgres")
