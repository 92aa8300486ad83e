"""Which version a build is: by git, by an argument, or by the sources; and that the binary tells nothing of where it was built."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT

GATEWAY = Path(os.environ.get("MCP_GATEWAY", ROOT / "build" / "mcp-gateway"))
NOBODY = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a",
          "GIT_COMMITTER_EMAIL": "a@b", "GIT_COMMITTER_DATE": "2026-03-01T12:00:00Z"}


class Sources:
    """A project of one source file, with our version.cmake."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "gateway").mkdir(parents=True)
        shutil.copy(ROOT / "gateway" / "version.cmake", folder / "gateway")
        (folder / "CMakeLists.txt").write_text("project(some VERSION 0.3.0 LANGUAGES CXX)\n")
        self.change("int one;\n")

    def change(self, text):
        (self.folder / "gateway" / "some.cc").write_text(text)

    def run(self, *command, **environment):
        clean = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
        ran = subprocess.run([str(word) for word in command], cwd=self.folder, env={**clean, **NOBODY, **environment},
                             capture_output=True, text=True, check=True, timeout=600)
        return ran.stdout.strip()

    def commit(self):
        self.run("git", "add", ".")
        self.run("git", "commit", "-q", "--allow-empty", "-m", "some")
        return self.run("git", "rev-parse", "--short=12", "HEAD")

    def told(self, *options, **environment):
        """Version, revision and date."""
        return tuple(self.run("cmake", *options, "-P", "gateway/version.cmake", **environment).split())


@pytest.fixture
def sources(tmp_path):
    return Sources(tmp_path / "sources")


@pytest.fixture
def repository(sources):
    sources.run("git", "init", "-q")
    sources.commit()
    return sources


def test_a_tagged_commit_is_the_version_of_its_tag(repository):
    repository.run("git", "tag", "v0.3.0-rc.1")
    assert repository.told()[0] == "0.3.0-rc.1"


def test_a_commit_after_a_tag_counts_from_it(repository):
    repository.run("git", "tag", "v0.3.0")
    repository.commit()
    commit = repository.commit()
    assert repository.told() == (f"0.3.0+2.g{commit}", commit, "2026-03-01T12:00:00Z")


def test_without_a_tag_it_is_on_the_way_to_the_projects_version(repository):
    repository.run("git", "tag", "not-a-version")
    commit = repository.commit()
    assert repository.told()[:2] == (f"0.3.0-dev+g{commit}", commit)


@pytest.mark.parametrize("tagged", [True, False])
def test_changed_files_are_told(tagged, repository):
    if tagged:
        repository.run("git", "tag", "v0.3.0")
    repository.change("int two;\n")
    assert re.fullmatch(r"0\.3\.0\+dirty" if tagged else r"0\.3\.0-dev\+g[0-9a-f]{12}\.dirty", repository.told()[0])


def test_a_given_version_is_taken_as_it_is(repository):
    given = ("-DVERSION=7.8.9", "-DREVISION=abc")
    assert repository.told(*given, SOURCE_DATE_EPOCH="0") == ("7.8.9", "abc", "1970-01-01T00:00:00Z")


def test_without_history_the_same_sources_are_the_same_version_and_others_are_another(sources, tmp_path):
    version, revision, date = sources.told()
    assert re.fullmatch(r"0\.3\.0\+src\.[0-9a-f]{12}", version)
    assert (revision, date) == ("unknown", "unknown")
    assert Sources(tmp_path / "elsewhere").told()[0] == version
    sources.change("int two;\n")
    assert sources.told()[0] != version


def test_the_history_of_another_project_around_it_is_not_its_own(repository):
    within = Sources(repository.folder / "vendor" / "some")
    assert within.told()[0].startswith("0.3.0+src.")


def test_an_unchanged_version_is_not_written_again(repository):
    template, out = ROOT / "gateway" / "build_info.cc.in", repository.folder / "build_info.cc"
    repository.told(f"-DTEMPLATE={template}", f"-DOUT={out}")
    assert '"0.3.0-dev+g' in out.read_text()
    before = out.stat().st_mtime_ns
    repository.told(f"-DTEMPLATE={template}", f"-DOUT={out}")
    assert out.stat().st_mtime_ns == before
    repository.commit()
    repository.run("git", "tag", "v0.4.0")
    repository.told(f"-DTEMPLATE={template}", f"-DOUT={out}")
    assert 'kVersion = "0.4.0"' in out.read_text()


def test_the_built_program_knows_its_version_and_not_where_it_was_built():
    said = subprocess.run([GATEWAY, "version"], capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"mcp-gateway \d+\.\d+\.\d+[-+.\w]* \(\w+, built [\w:-]+\)\n", said)
    # A sanitized build has debug information, which names every source.
    program = GATEWAY.read_bytes()
    assert str(GATEWAY.resolve().parent).encode() not in program
    assert f"{ROOT}/gateway/".encode() not in program
