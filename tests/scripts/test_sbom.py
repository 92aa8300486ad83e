"""scripts/sbom: what is listed is what the lock files and Dockerfiles pin."""
import json
import os
import subprocess

import pytest

from conftest import ROOT

GATEWAY = os.environ.get("MCP_GATEWAY", str(ROOT / "build" / "mcp-gateway"))
IMAGES = subprocess.run([ROOT / "scripts" / "release", "images"], check=True, capture_output=True, text=True).stdout.split()


def sbom(*arguments):
    return subprocess.run([ROOT / "scripts" / "sbom", *arguments], capture_output=True, text=True, timeout=600, check=False)


def bill_of(*arguments):
    ran = sbom(*arguments)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def versions(bill):
    return {part["name"]: part.get("version") for part in bill["components"]}


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_has_a_bill_whose_parts_are_named_once(image):
    bill = bill_of(image)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    references = [part["bom-ref"] for part in bill["components"]]
    assert len(references) == len(set(references)) > 10
    assert bill["dependencies"] == [{"ref": bill["metadata"]["component"]["bom-ref"], "dependsOn": sorted(references)}]
    assert all(part["purl"].startswith("pkg:") for part in bill["components"])


def test_it_lists_every_package_of_a_lock_file_with_its_hash():
    lock = json.loads((ROOT / "services/filesystem/package-lock.json").read_text())["packages"]
    listed = versions(bill := bill_of("filesystem"))
    for path, package in lock.items():
        if path and not package.get("dev"):
            assert path.rpartition("node_modules/")[2] in listed, path
    server = next(part for part in bill["components"] if part["name"] == "@modelcontextprotocol/server-filesystem")
    assert server["purl"].startswith("pkg:npm/%40modelcontextprotocol/server-filesystem@")
    assert len(server["hashes"][0]["content"]) == 128


def test_it_lists_python_packages_base_images_and_the_gateways_libraries():
    listed = versions(bill_of("fetch"))
    assert listed["mcp-server-fetch"] and listed["debian"].startswith("12")
    assert {"python3", "libre2-dev", "libevent-dev", "mcp-gateway"} <= listed.keys()
    assert versions(bill_of("github"))["ghcr.io/github/github-mcp-server"].startswith("v")


def test_the_same_sources_give_the_same_bytes():
    assert sbom("memory").stdout == sbom("memory").stdout


def test_a_program_has_the_libraries_it_is_linked_with():
    listed = versions(bill_of("--program", GATEWAY))
    assert {"libevent-core-2.1-7", "libssl3", "libre2-9", "nlohmann-json3-dev"} <= listed.keys()
    assert all(listed.values())


def test_an_unknown_image_is_an_error_that_names_those_there_are():
    ran = sbom("nonsense")
    assert ran.returncode != 0 and "there are gateway, fetch, filesystem" in ran.stderr
