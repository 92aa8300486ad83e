"""scripts/backup and scripts/restore with a real PostgreSQL: what the memory service has there is lost, and comes back."""
import json
import os
import subprocess

import pytest

from backends import SERVICES, PostgreSQL
from databases import prepare_memory
from gateway_under_test import GATEWAY

ROOT = SERVICES.parent
NAMES = "SELECT coalesce(string_agg(name, ', ' ORDER BY name), 'nobody') FROM memory.entity"


@pytest.fixture(scope="module")
def postgresql():
    """One of its own: it is dropped, and other tests may be using theirs."""
    with PostgreSQL() as running:
        yield running


@pytest.fixture(scope="module")
def memory_environment(postgresql):
    return prepare_memory(postgresql)


@pytest.fixture
def house(memory_environment, tmp_path):
    """A configuration, and the variables of its memory service."""
    (tmp_path / "environment").write_text("".join(f"{name}={value}\n" for name, value in memory_environment.items()))
    (tmp_path / "gateway.json").write_text(json.dumps({"include": [str(SERVICES / "memory" / "service.json")]}))
    return tmp_path


def run(script, *arguments):
    """Without the variables of the service: it is the environment file that has them."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return subprocess.run([ROOT / "scripts" / script, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False)


def test_a_database_that_was_lost_comes_back_and_what_was_in_its_place_is_kept(postgresql, house):
    def remembered():
        return postgresql.psql(NAMES, database="mcp_memory").stdout.strip()

    before = remembered()
    made = run("backup", "--output", house / "backups", "--environment", house / "environment", house / "gateway.json")
    assert made.returncode == 0 and "and the database mcp_memory" in made.stdout, made.stderr
    postgresql.psql("DELETE FROM memory.entity WHERE name = 'Ada Lovelace'", database="mcp_memory")
    assert "Ada Lovelace" in before and "Ada Lovelace" not in remembered()

    untouched = run("restore", "--program", GATEWAY, house / "backups" / "latest")
    assert untouched.returncode == 0 and "Ada Lovelace" not in remembered(), "only on request"
    back = run("restore", "--program", GATEWAY, "--database", "--replaced", house / "replaced", house / "backups" / "latest")
    assert back.returncode == 0, back.stderr
    assert remembered() == before
    assert (house / "replaced" / "database.dump").stat().st_size > 0


def test_it_comes_back_in_a_database_that_was_made_anew(postgresql, house):
    made = run("backup", "--output", house / "backups", "--environment", house / "environment", house / "gateway.json")
    assert made.returncode == 0, made.stderr
    postgresql.psql("DROP DATABASE mcp_memory WITH (FORCE)")
    postgresql.psql("CREATE DATABASE mcp_memory OWNER mcp_memory")
    back = run("restore", "--program", GATEWAY, "--database", house / "backups" / "latest")
    assert back.returncode == 0, back.stderr
    assert "Ada Lovelace" in postgresql.psql(NAMES, database="mcp_memory").stdout


def test_a_dump_that_cannot_be_restored_changes_nothing(postgresql, house):
    """Somebody else has come to depend on a table, so that it cannot be replaced."""
    run("backup", "--output", house / "backups", "--environment", house / "environment", house / "gateway.json")
    environment = (house / "environment").read_text()
    (house / "environment").write_text(environment + "# changed since\n")
    postgresql.psql("CREATE VIEW public.depends AS SELECT name FROM memory.entity", database="mcp_memory")
    try:
        ran = run("restore", "--program", GATEWAY, "--database", house / "backups" / "latest")
        assert ran.returncode == 1 and "what was there before is back" in ran.stderr, ran.stdout
        assert (house / "environment").read_text().endswith("# changed since\n")
        assert "Ada" in postgresql.psql(NAMES, database="mcp_memory").stdout
    finally:
        postgresql.psql("DROP VIEW public.depends", database="mcp_memory")
