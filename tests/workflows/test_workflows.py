"""The workflows of .github/workflows, as actionlint and zizmor see them, and the rules they have to keep. Nothing is fetched."""
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("WORKFLOWS_CACHE", ROOT / "tests" / "workflows" / ".cache"))
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


def judged(*command):
    ran = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    return ran.returncode, ran.stdout + ran.stderr


def test_there_are_workflows_for_pushes_pull_requests_and_releases():
    assert [file.name for file in FILES] == ["checks.yml", "release.yml", "tests.yml"]


def test_actionlint_accepts_them():
    code, said = judged(CACHE / "actionlint" / "actionlint", "-no-color", *FILES)
    assert code == 0, said


def test_zizmor_finds_nothing_to_exploit():
    code, said = judged(CACHE / "zizmor" / "bin" / "zizmor", "--offline", "--no-progress", "--persona=pedantic", *FILES)
    assert code == 0, said


@each_file
def test_actions_are_pinned_by_commit_with_their_version_beside_it(file):
    for use in re.findall(r"uses: (.*)", file.read_text()):
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use


@each_file
def test_one_action_has_one_digest_in_all_of_them(file):
    pins = {}
    for other in FILES:
        for name, digest in re.findall(r"uses: (\S+)@(\S+)", other.read_text()):
            pins.setdefault(name, set()).add(digest)
    for name in re.findall(r"uses: (\S+)@", file.read_text()):
        assert len(pins[name]) == 1, name


@each_file
def test_nothing_is_allowed_but_what_a_job_asks_for(file):
    text = file.read_text()
    assert re.search(r"^permissions: \{\}$", text, re.M)
    assert not re.search(r"write-all|read-all", text)
    for granted in re.findall(r"^ +(\w+): write", text, re.M):
        assert (file.name, granted) in {("release.yml", "packages"), ("release.yml", "contents")}


@each_file
def test_a_checkout_leaves_no_token_behind(file):
    text = file.read_text()
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")


@each_file
def test_every_job_ends_after_a_while(file):
    text = file.read_text()
    assert text.count("timeout-minutes:") >= text.count("runs-on:") > 0


def test_all_containers_are_the_same_image():
    images = {image for file in FILES for image in re.findall(r"container: (.*)", file.read_text())}
    assert len(images) == 1 and re.fullmatch(r"debian:12@sha256:[0-9a-f]{64}", images.pop())


def test_a_release_has_every_image_that_there_is():
    names = subprocess.run([ROOT / "scripts" / "release", "images"], capture_output=True, text=True, check=True).stdout.split()
    listed = re.search(r"image: \[(.*)\]", (ROOT / ".github/workflows/release.yml").read_text())[1]
    assert listed.split(", ") == names
    assert set(names) - {"gateway"} == {file.parent.name for file in (ROOT / "services").glob("*/Dockerfile")}
