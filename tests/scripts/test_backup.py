"""scripts/backup and scripts/restore: a gateway with the real memory server is lost and comes back; what is damaged does not."""
import io
import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests" / "system"))
from gateway_under_test import GATEWAY, Gateway  # noqa: E402: of the folder above

SERVER = ROOT / "services" / "memory" / "file" / "node_modules"
ENTITY = {"name": "Grace Hopper", "entityType": "person", "observations": ["found a moth"]}


class House:
    """A configuration with a secret, an included service and what it remembers, each in a file of its own."""

    def __init__(self, folder):
        self.folder, self.archives = folder / "etc", folder / "backups"
        self.folder.mkdir()
        self.secret, self.service = self.folder / "secrets" / "alice", self.folder / "services" / "one.json"
        self.memory, self.environment = self.folder / "data" / "memory.jsonl", self.folder / "environment"
        self.config = self.folder / "gateway.json"
        self.write(self.secret, "the-secret-of-alice-is-long")
        self.write(self.memory, "")
        self.write(self.environment, f"# variables\nMEMORY_FILE_PATH='{self.memory}'\n")
        self.write(self.service, json.dumps({"mcpServers": {"memory": {
            "command": str(SERVER / ".bin" / "node"), "args": [str(SERVER / "@modelcontextprotocol/server-memory/dist/index.js")], "max_calls": 1,
            "env": {"MEMORY_FILE_PATH": "${MEMORY_FILE_PATH}"}}}}))
        self.write(self.config, f'''{{ // comments are allowed, and "${{file:/not/this}}" is one
          "include": ["services/one.json"],
          "gateway": {{"listen": "127.0.0.1:0", "auth": {{"tokens": [{{"name": "alice", "token": "${{file:{self.secret}}}"}}]}}, }} }}''')

    @staticmethod
    def write(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o640)

    def backup(self, *options, **environment):
        return run("backup", "--output", self.archives, "--environment", self.environment, *options, self.config, **environment)

    def restore(self, archive=None, *options):
        return run("restore", "--program", GATEWAY, *options, archive or self.archives / "latest")

    def content(self):
        """Path to text and mode of every file."""
        return {str(each): (each.read_text(), stat.S_IMODE(each.stat().st_mode))
                for each in sorted(self.folder.rglob("*")) if each.is_file()}


def run(script, *arguments, **environment):
    return subprocess.run([ROOT / "scripts" / script, *arguments], env={**os.environ, **environment}, capture_output=True, text=True,
                          timeout=600, check=False)


def done(ran):
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def refused(ran):
    assert ran.returncode == 1, ran.stdout
    return ran.stderr


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


@pytest.fixture
def lost(house):
    """A house whose backup was made, and in which all is gone but for a file that came later."""
    house.before = house.content()
    done(house.backup())
    shutil.rmtree(house.folder)
    house.write(house.config, "{}")
    return house


# --- the rehearsal


class WithMemory(Gateway):
    """The configuration of a house; its listeners are where the system lets them."""

    def __init__(self, house):
        self.house = house
        super().__init__({}, {}, wait_for=["memory"], env={"MEMORY_FILE_PATH": str(house.memory)})

    def file(self, config, services):
        return {"include": [str(self.house.service)], "gateway": config,
                "mcpServers": {"memory": {"env": self.marked({"memory": {}})["memory"]["env"]}}}

    def ask(self, tool, arguments):
        with self.http("memory") as client:
            client.initialize()
            return json.loads(client.text(tool, arguments))


@pytest.mark.skipif(not SERVER.exists(), reason="services/install memory/file has not been run")
def test_what_a_client_had_remembered_is_there_after_all_was_lost(house):
    running = WithMemory(house)
    running.ask("create_entities", {"entities": [ENTITY]})
    done(house.backup())  # while it runs
    running.ask("create_entities", {"entities": [{**ENTITY, "name": "came later"}]})
    running.stop()
    shutil.rmtree(house.folder)

    done(house.restore())
    again = WithMemory(house)
    assert [each["name"] for each in again.ask("read_graph", {})["entities"]] == ["Grace Hopper"]
    again.stop()


# --- archives


def test_everything_comes_back_as_it_was_with_its_modes(lost):
    said = done(lost.restore())
    assert lost.content() == lost.before
    kept = Path(said.rsplit(" is in ", 1)[1].strip())
    assert Path(f"{kept}/files{lost.config}").read_text() == "{}", "what was replaced is kept"


def test_folders_that_were_lost_come_back_with_their_modes(house):
    """Otherwise the gateway's user could not reach its own secrets."""
    house.secret.parent.chmod(0o710)
    house.memory.parent.chmod(0o750)
    done(house.backup())
    shutil.rmtree(house.folder)
    done(house.restore())
    assert [stat.S_IMODE(each.parent.stat().st_mode) for each in (house.secret, house.memory)] == [0o710, 0o750]


def test_an_archive_is_for_its_owner_only_and_the_latest_is_linked(house):
    first = Path(done(house.backup()).partition(":")[0])
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(house.archives.stat().st_mode) == 0o700
    assert (house.archives / "latest").resolve() == first.resolve()
    assert "MANIFEST.sha256" in " ".join(tarfile.open(first).getnames())


def test_an_archive_is_never_overwritten(house, programs):
    """Two in the same second."""
    programs.add("date", "echo 20260101T000000Z")
    first = Path(done(house.backup(PATH=programs.environment()["PATH"])).partition(":")[0])
    before = first.read_bytes()
    house.write(house.secret, "another secret that is long")
    assert "is there already" in refused(house.backup(PATH=programs.environment()["PATH"]))
    assert first.read_bytes() == before and not list(house.archives.glob(".*"))


def test_a_backup_that_lacks_a_named_file_is_none(house):
    house.secret.unlink()
    assert str(house.secret) in refused(house.backup())
    assert not list(house.archives.glob("*.tar.gz"))


def test_a_memory_that_was_not_written_yet_is_no_failure(house):
    house.memory.unlink()
    done(house.backup())


def test_half_a_memory_is_not_archived(house):
    house.memory.write_text('{"type": "entity", "na')
    assert "not a JSON object a line" in refused(house.backup())


def test_the_database_of_the_memory_service_is_dumped_with_its_variables(house, programs):
    house.write(house.environment, "PGDATABASE=mcp_memory\nPGHOST=db.example\nPGPASSWORD='the password'\n")
    programs.add("pg_dump", 'for word; do case $word in --file=*) echo "$PGHOST $PGPASSWORD $*" >"${word#--file=}";; esac; done')
    archive = Path(done(house.backup(PATH=programs.environment()["PATH"])).partition(":")[0])
    dump = tarfile.open(archive).extractfile("./database.dump").read().decode()
    assert dump.startswith("db.example the password ") and "--dbname=mcp_memory" in dump


def test_a_database_that_cannot_be_dumped_fails_the_backup(house, programs):
    house.write(house.environment, "PGDATABASE=mcp_memory\n")
    programs.add("pg_dump", "exit 1")
    assert "--no-database" in refused(house.backup(PATH=programs.environment()["PATH"]))
    done(house.backup("--no-database"))


# --- what is refused, and changes nothing


def changed(archive, name, data=b"", kind=tarfile.REGTYPE):
    """A copy of an archive in which a file is another, or one more, without a checksum beside it."""
    copy = archive.parent / "changed.tar.gz"
    with tarfile.open(archive) as old, tarfile.open(copy, "w:gz") as new:
        for member in old:
            if member.name != name:
                new.addfile(member, old.extractfile(member) if member.isfile() else None)
        made = tarfile.TarInfo(name)
        made.type, made.linkname, made.size = kind, "/etc/passwd" if kind == tarfile.SYMTYPE else "", len(data)
        new.addfile(made, io.BytesIO(data))
    return copy


def is_refused_and_changes_nothing(house, archive, why):
    before = house.content()
    assert why in refused(house.restore(archive))
    assert house.content() == before
    assert not list(house.archives.glob("replaced-*"))


def latest(house):
    return (house.archives / "latest").resolve()


def test_a_damaged_archive_is_refused(lost):
    archive = latest(lost)
    archive.write_bytes(archive.read_bytes()[:-20] + b"x" * 20)
    is_refused_and_changes_nothing(lost, archive, "its checksum is another")
    Path(f"{archive}.sha256").unlink()
    is_refused_and_changes_nothing(lost, archive, "is damaged")


def test_an_archive_that_was_cut_off_is_refused(lost):
    archive = latest(lost)
    Path(f"{archive}.sha256").unlink()
    archive.write_bytes(archive.read_bytes()[:-300])
    is_refused_and_changes_nothing(lost, archive, "is damaged")


def test_a_file_that_was_changed_in_the_archive_is_refused_and_named(lost):
    is_refused_and_changes_nothing(lost, changed(latest(lost), f"./files{lost.secret}", b"mine"), f"./files{lost.secret}: FAILED")


def test_a_file_that_was_added_to_the_archive_is_refused(lost):
    is_refused_and_changes_nothing(lost, changed(latest(lost), "./files/etc/added", b"mine"), "does not list")


def test_a_link_in_an_archive_is_refused(lost):
    is_refused_and_changes_nothing(lost, changed(latest(lost), "./files/link", kind=tarfile.SYMTYPE), "has links")


def test_an_archived_configuration_with_an_error_is_refused(house):
    house.write(house.config, '{"gateway": {"loops": "many"}, "include": ["services/one.json"]}')
    done(house.backup())
    house.write(house.config, "{}")
    is_refused_and_changes_nothing(house, latest(house), "gateway.loops")


def test_a_dry_run_says_what_it_would_write(lost):
    before = lost.content()
    said = done(lost.restore(None, "--dry-run"))
    assert f"would be written: {lost.secret}" in said and lost.content() == before


def test_what_cannot_be_written_puts_everything_back(lost):
    """A folder is where a file belongs."""
    Path(f"{lost.secret}").mkdir(parents=True)
    before = lost.content()
    refused(lost.restore())
    assert lost.content() == before


def test_a_rehearsal_below_another_folder_touches_nothing_else(lost, tmp_path):
    before = lost.content()
    done(lost.restore(None, "--below", tmp_path / "rehearsal"))
    assert lost.content() == before
    assert Path(f"{tmp_path}/rehearsal{lost.secret}").read_text() == lost.before[str(lost.secret)][0]


@pytest.mark.parametrize("script, arguments", [
    ("backup", []), ("backup", ["a", "b"]), ("backup", ["--output"]), ("restore", ["--odd", "a"])])
def test_a_wrong_command_line_gets_the_usage(script, arguments):
    ran = run(script, *arguments)
    assert ran.returncode == 2 and ran.stderr.startswith(f"scripts/{script} [OPTION")
