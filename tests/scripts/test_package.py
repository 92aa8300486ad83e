"""The Debian package as CPack makes it of the program under test, looked at without installing it; tests/clean_root/package
installs it."""
import gzip
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from conftest import ROOT

GATEWAY = Path(os.environ.get("MCP_GATEWAY", ROOT / "build" / "mcp-gateway")).resolve()
FILES = {
    "etc/mcp-gateway/gateway.json": 0o644,
    "lib/systemd/system/mcp-gateway.service": 0o644,
    "usr/bin/mcp-gateway": 0o755,
    "usr/share/bash-completion/completions/mcp-gateway": 0o644,
    "usr/share/doc/mcp-gateway/changelog.Debian.gz": 0o644,
    "usr/share/doc/mcp-gateway/changelog.gz": 0o644,
    "usr/share/doc/mcp-gateway/copyright": 0o644,
    "usr/share/man/man1/mcp-gateway.1.gz": 0o644,
}
COMMANDS = ("run", "connect", "check", "doctor", "lock", "import", "add", "remove", "list", "health", "status", "reload", "upgrade", "canary", "top", "schema", "version", "validate-config", "deploy", "stop",
            "rollback", "health-check", "validate", "monitor", "export-state", "set-traffic-split")


def said_by(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True, timeout=600, **options).stdout


class Package:
    def __init__(self, file, folder):
        self.file, self.root, self.control = file, folder / "root", folder / "control"
        said_by("dpkg-deb", "--extract", file, self.root)
        said_by("dpkg-deb", "--control", file, self.control)

    def field(self, name):
        return said_by("dpkg-deb", "--field", self.file, name).strip()

    def document(self, path):
        file = self.root / path
        return gzip.decompress(file.read_bytes()).decode() if path.endswith(".gz") else file.read_text()


def packed(folder):
    said_by("cpack", "--config", GATEWAY.parent / "CPackConfig.cmake", "-B", folder)
    return next(folder.glob("*.deb"))


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    return Package(packed(folder), folder)


def test_it_holds_these_files_and_no_others(package):
    found = {str(path.relative_to(package.root)): stat.S_IMODE(path.stat().st_mode)
             for path in package.root.rglob("*") if path.is_file() and not path.is_symlink()}
    assert found == FILES


def test_its_links_give_the_program_its_other_names(package):
    found = {str(path.relative_to(package.root)): os.readlink(path) for path in package.root.rglob("*") if path.is_symlink()}
    assert found == {path % name: to for name in ("mcp-server", "load-balancer", "health-check") for path, to in {
        "usr/bin/%s": "mcp-gateway", "usr/share/bash-completion/completions/%s": "mcp-gateway",
        "usr/share/man/man1/%s.1.gz": "mcp-gateway.1.gz"}.items()}


def test_its_version_is_the_programs(package):
    version = said_by(package.root / "usr/bin/mcp-gateway", "version").split()[1]
    assert package.field("Version") == version.replace("-", "~") + "-1"
    assert package.document("usr/share/doc/mcp-gateway/changelog.Debian.gz").startswith(
        f"mcp-gateway ({package.field('Version')}) ")


def test_a_version_before_a_release_is_older_than_the_release():
    assert subprocess.run(["dpkg", "--compare-versions", "0.1.0~rc.1-1", "lt", "0.1.0-1"], check=False).returncode == 0
    assert subprocess.run(["dpkg", "--compare-versions", "0.1.0-1", "lt", "0.1.0+4.g0123-1"], check=False).returncode == 0


def test_it_depends_on_the_libraries_of_the_program_and_on_what_its_scripts_call(package):
    depends = {re.match(r"[\w.+-]+", each)[0] for each in package.field("Depends").split(", ")}
    assert depends >= {"adduser", "libc6", "libcurl4", "libevent-core-2.1-7", "libfmt9", "libre2-9", "libseccomp2", "libspdlog1.10-fmt9",
                       "libssl3", "libstdc++6", "libyaml-0-2"}
    assert not [each for each in depends if "dev" in each]


def test_the_same_program_makes_the_same_package(package, tmp_path):
    assert packed(tmp_path).read_bytes() == package.file.read_bytes()


def test_the_configuration_is_a_conffile_that_starts(package):
    assert (package.control / "conffiles").read_text() == "/etc/mcp-gateway/gateway.json\n"
    checked = subprocess.run([GATEWAY, "check", package.root / "etc/mcp-gateway/gateway.json"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", ["postinst", "prerm", "postrm"])
def test_its_scripts_are_programs_that_end_on_an_error(name, package):
    script = package.control / name
    assert stat.S_IMODE(script.stat().st_mode) == 0o755
    assert script.read_text().startswith("#!/bin/sh\n") and "\nset -e\n" in script.read_text()


def test_its_unit_is_the_one_of_the_documentation_with_the_program_where_it_is(package, tmp_path):
    unit = package.document("lib/systemd/system/mcp-gateway.service")
    assert unit == (ROOT / "deploy/systemd/mcp-gateway.service").read_text().replace("/usr/local/bin/", "/usr/bin/")
    assert "ExecStart=/usr/bin/mcp-gateway run --config /etc/mcp-gateway/gateway.json\n" in unit
    here = tmp_path / "mcp-gateway.service"
    here.write_text(unit.replace("/usr/bin/mcp-gateway", str(GATEWAY)))
    judged = subprocess.run(["systemd-analyze", "verify", here], capture_output=True, text=True, check=False)
    assert (judged.returncode, judged.stderr) == (0, "")


# --- the man page and the completion, which repeat what the program says of itself


def options_of(command):
    return set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*|-[a-zA-Z])\b", said_by(GATEWAY, "help", command).partition("Options:")[2]
                          .partition("\nWhat stands")[0].partition("\nExamples")[0]))


def test_the_man_page_has_every_command_and_option_and_no_other(package):
    page = package.document("usr/share/man/man1/mcp-gateway.1.gz").replace("\\-", "-")
    options = page.partition(".SH OPTIONS")[2].partition(".SH SIGNALS")[0]
    documented = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]*|-[a-zA-Z])\b", options))
    assert documented == set().union(*map(options_of, COMMANDS)) | {"-V", "--version"}
    for command in COMMANDS:
        assert f".TP\n.B {command}\n" in page


def test_the_man_page_has_no_mistake_of_form():
    judged = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", ROOT / "deploy/man/mcp-gateway.1"], capture_output=True,
                            text=True, check=False)
    assert (judged.returncode, judged.stderr) == (0, "")


def completed(*words):
    """What bash offers for the last word."""
    script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); ' \
             '_mcp_gateway "$1" "${@: -1}" "${@: -2:1}" 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"'
    return said_by("bash", "-c", script, "bash", ROOT / "deploy/bash-completion/mcp-gateway", GATEWAY, *words).split()


def test_the_completion_offers_commands_options_and_values():
    assert set(completed("")) == {*COMMANDS, "help"}
    assert set(completed("st")) == {"status", "stop"}
    assert completed("help", "ch") == ["check"]
    assert {"--port", "--allow-unauthenticated"} <= set(completed("run", "--"))
    assert completed("check", "--co") == ["--config", "--connect"]
    assert completed("run", "--isolation", "") == ["shared", "session"]
    assert completed("run", "--", "--po") == []


def test_the_program_is_hardened():
    header, segments, dynamic, symbols = (said_by("readelf", "-W", option, GATEWAY) for option in ("-h", "-l", "-d", "-s"))
    assert "DYN (Position-Independent Executable file)" in header
    assert "GNU_RELRO" in segments and "BIND_NOW" in dynamic
    stack = next(line for line in segments.splitlines() if "GNU_STACK" in line)
    assert " RW " in stack and "RWE" not in stack
    assert not re.search(r"\((RPATH|RUNPATH)\)", dynamic)
    assert "__stack_chk_fail" in symbols and re.search(r"__\w+_chk@", symbols)
