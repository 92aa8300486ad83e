"""scripts/release: what it refuses, and what it asks Docker for. Docker is a program that only repeats its arguments."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import ROOT


class Checkout:
    """A repository with the script, tagged as a test wants it."""

    def __init__(self, folder, programs):
        self.folder, self.programs = folder, programs
        for name in ("scripts/release", "gateway/version.cmake"):
            (folder / name).parent.mkdir(parents=True)
            shutil.copy(ROOT / name, folder / name)
        (folder / "services" / "memory").mkdir(parents=True)
        (folder / "services" / "memory" / "Dockerfile").touch()
        (folder / "CMakeLists.txt").write_text("project(mcp-gateway VERSION 1.2.0 LANGUAGES CXX)\n")
        self.git("init", "-q")
        self.git("add", ".")
        self.git("commit", "-q", "-m", "all")

    def git(self, *arguments):
        who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
               for what, value in (("NAME", "a"), ("EMAIL", "a@b"), ("DATE", "2026-03-01T12:00:00Z"))}
        return subprocess.run(["git", *arguments], cwd=self.folder, env={**os.environ, **who, "GIT_CONFIG_GLOBAL": "/dev/null"},
                              check=True, capture_output=True, text=True).stdout.strip()

    def release(self, *arguments, **environment):
        return subprocess.run([self.folder / "scripts" / "release", *arguments], capture_output=True, text=True, timeout=600,
                              env=self.programs.environment(**environment), check=False)


@pytest.fixture
def checkout(tmp_path, programs):
    return Checkout(tmp_path / "checkout", programs)


@pytest.mark.parametrize("tag", ["v1.2.0", "v1.2.0-rc.1"])
def test_the_tag_of_the_projects_version_is_released(tag, checkout):
    checkout.git("tag", tag)
    assert checkout.release("check", tag).returncode == 0


def test_a_tag_of_another_version_is_refused(checkout):
    checkout.git("tag", "v1.3.0")
    ran = checkout.release("check", "v1.3.0")
    assert ran.returncode == 1 and "the tag is v1.3.0, but CMakeLists.txt has the version 1.2.0" in ran.stderr


def test_changed_files_are_not_released_under_a_tag(checkout):
    checkout.git("tag", "v1.2.0")
    (checkout.folder / "CMakeLists.txt").write_text("project(mcp-gateway VERSION 1.2.0 LANGUAGES C)\n")
    ran = checkout.release("check", "v1.2.0")
    assert ran.returncode == 1 and "the checked-out commit is version 1.2.0+dirty, not v1.2.0" in ran.stderr


def test_an_image_is_built_with_its_version_labels_sbom_and_provenance(checkout):
    checkout.git("tag", "v1.2.0")
    checkout.programs.add("docker", 'printf "%s\\n" "$@"')
    ran = checkout.release("image", "memory", "ghcr.io/some", "--push", RELEASE_SOURCE="https://example.com/some/mcp-gateway")
    assert ran.returncode == 0, ran.stderr
    words = ran.stdout.splitlines()
    commit = checkout.git("rev-parse", "--short=12", "HEAD")
    assert words[:2] == ["buildx", "build"] and words[-2:] == ["--push", "."]
    pairs = list(zip(words, words[1:]))
    for pair in (("--file", "services/memory/Dockerfile"), ("--tag", "ghcr.io/some/mcp-memory:1.2.0"),
                 ("--build-arg", "GATEWAY_VERSION=1.2.0"), ("--build-arg", f"GATEWAY_REVISION={commit}"),
                 ("--build-arg", "SOURCE_DATE_EPOCH=1772366400"), ("--attest", "type=sbom"), ("--attest", "type=provenance,mode=max")):
        assert pair in pairs
    labels = dict(word.split("=", 1) for option, word in pairs if option == "--label")
    assert labels["org.opencontainers.image.version"] == "1.2.0"
    assert labels["org.opencontainers.image.revision"] == commit
    assert labels["org.opencontainers.image.created"] == "2026-03-01T12:00:00Z"
    assert labels["org.opencontainers.image.source"] == "https://example.com/some/mcp-gateway"


def test_an_image_that_there_is_not_is_refused_with_those_there_are(checkout):
    ran = checkout.release("image", "nothing", "ghcr.io/some")
    assert ran.returncode == 1 and "no image 'nothing'; there are filesystem monitoring" in ran.stderr


@pytest.mark.parametrize("arguments", [[], ["check"], ["build"], ["verify", "dist"], ["image", "memory"], ["publish"]])
def test_an_incomplete_command_line_gets_the_usage(arguments, checkout):
    ran = checkout.release(*arguments)
    assert ran.returncode == 2 and re.match("scripts/release check TAG ", ran.stderr)
