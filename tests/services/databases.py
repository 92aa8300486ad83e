"""The databases of memory, postgres and timescaledb, made ready as people make them: by services/setup."""
import os
import secrets
import subprocess

from backends import SERVICES


def run_setup(name, environment):
    """services/setup NAME, as people and containers run it."""
    ran = try_setup(name, environment)
    assert ran.returncode == 0, ran.stderr


def try_setup(name, environment):
    return subprocess.run([SERVICES / "setup", name], env={**os.environ, **environment}, capture_output=True, text=True,
                          check=False)


def prepare_memory(postgresql):
    """Makes the database of the memory service, with somebody to remember. The service's variables."""
    environment = {"PGHOST": "127.0.0.1", "PGPORT": str(postgresql.port), "PGDATABASE": "mcp_memory", "PGUSER": "mcp_memory",
                   "PGPASSWORD": postgresql.make_database("mcp_memory")}
    run_setup("memory", environment)
    postgresql.psql("""SELECT memory.create_entities('[{"name": "Ada Lovelace", "entityType": "person",
                       "observations": ["wrote the first program"]}]')""", database="mcp_memory")
    return environment


def prepare_postgres(postgresql):
    """Makes a database to read, and the role that reads it. The service's variables."""
    postgresql.make_database("shop")
    postgresql.psql("CREATE TABLE public.orders (id int PRIMARY KEY, amount int); INSERT INTO orders VALUES (1, 40), (2, 2)",
                    database="shop")
    environment = {"POSTGRES_HOST": "127.0.0.1", "POSTGRES_PORT": str(postgresql.port), "POSTGRES_DATABASE": "shop",
                   "POSTGRES_USER": "mcp_reader", "POSTGRES_PASSWORD": secrets.token_hex(16)}
    run_setup("postgres", {**environment, "POSTGRES_ADMIN_USER": "postgres", "POSTGRES_ADMIN_PASSWORD": postgresql.password})
    return environment


def prepare_timescaledb(timescaledb):
    environment = {"TIMESCALEDB_HOST": "127.0.0.1", "TIMESCALEDB_PORT": str(timescaledb.port), "TIMESCALEDB_DATABASE": "metrics",
                   "TIMESCALEDB_USER": "mcp", "TIMESCALEDB_PASSWORD": "ignored", "TIMESCALEDB_SSLMODE": "disable"}
    run_setup("timescaledb", environment)
    return environment
