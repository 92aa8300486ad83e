"""The SQL of memory, postgres and timescaledb, through their tools and before a real database."""
import json

import pytest

from backends import wait_until
from calls import text_of_failure, text_of_success
from clients import call as call_request
from databases import run_setup, try_setup
from nine import connected


@pytest.fixture
def memory(nine, connect):
    """memory(tool, **arguments) gives what the tool answers. The graph of each test begins empty."""
    client = connect(nine, "memory")

    def call(tool, **arguments):
        return json.loads(text_of_success(client.call(tool, arguments)))

    call.client = client
    names = [entity["name"] for entity in call("read_graph")["entities"]]
    kept = [name for name in names if name == "Ada Lovelace"]  # of the other modules
    call("delete_entities", entityNames=[name for name in names if name not in kept])
    return call


def entity(name, *observations, kind="person"):
    return {"name": name, "entityType": kind, "observations": list(observations)}


# --- memory


def test_what_was_remembered_is_found_by_name_type_and_observation(memory):
    assert memory("create_entities", entities=[entity("Grace", "wrote a compiler"), entity("COBOL", kind="language")]) == {
        "entities": [entity("Grace", "wrote a compiler"), entity("COBOL", kind="language")]}

    for query in ("grac", "PERSON", "compiler"):
        assert "Grace" in [found["name"] for found in memory("search_nodes", query=query)["entities"]]
    assert memory("search_nodes", query="100%")["entities"] == []  # text, not a pattern


def test_an_entity_that_exists_is_left_as_it_is(memory):
    memory("create_entities", entities=[entity("Grace", "first")])

    assert memory("create_entities", entities=[entity("Grace", "second", kind="admiral"), entity("Alan")]) == {
        "entities": [entity("Alan")]}
    assert memory("open_nodes", names=["Grace"])["entities"] == [entity("Grace", "first")]


def test_observations_keep_their_order_and_are_there_once(memory):
    memory("create_entities", entities=[entity("Grace", "b", "a", "b")])

    assert memory("add_observations", observations=[{"entityName": "Grace", "contents": ["c", "a"]}]) == {
        "results": [{"entityName": "Grace", "addedObservations": ["c"]}]}
    assert memory("open_nodes", names=["Grace"])["entities"] == [entity("Grace", "b", "a", "c")]


@pytest.mark.parametrize("text", [
    "it's \"quoted\" \\ and\nbroken", "é 漢字 🎈 \u2028", "x" * 100_000, "'; DROP SCHEMA memory; --"])
def test_text_comes_back_as_it_was(memory, text):
    memory("create_entities", entities=[entity("text", text)])
    assert memory("open_nodes", names=["text"])["entities"] == [entity("text", text)]


def test_relations_go_with_their_entities(memory):
    memory("create_entities", entities=[entity("Grace"), entity("COBOL"), entity("Navy")])
    made = [{"from": "Grace", "to": "COBOL", "relationType": "made"},
            {"from": "Grace", "to": "Navy", "relationType": "serves"}]
    memory("create_relations", relations=made)
    assert memory("create_relations", relations=made) == {"relations": []}

    assert memory("delete_entities", entityNames=["Navy", "Nobody"]) == {"success": True, "deleted": ["Navy"]}
    assert memory("open_nodes", names=["COBOL"])["relations"] == made[:1]
    assert memory("delete_relations", relations=made) == {"success": True, "deleted": 1}
    assert memory("open_nodes", names=["Grace"])["relations"] == []


def test_what_is_deleted_of_an_entity_is_counted(memory):
    memory("create_entities", entities=[entity("Grace", "a", "b")])
    assert memory("delete_observations", deletions=[{"entityName": "Grace", "observations": ["a", "never"]}]) == {
        "success": True, "deleted": 1}
    assert memory("open_nodes", names=["Grace"])["entities"] == [entity("Grace", "b")]


def test_a_call_that_is_wrong_in_part_changes_nothing(memory):
    answer = memory.client.call("create_entities", {"entities": [entity("Grace"), {"name": "Alan"}]})
    assert "each element needs name, entityType" in text_of_failure("memory", answer)
    assert memory("open_nodes", names=["Grace", "Alan"])["entities"] == []


def test_writes_of_many_sessions_at_once_are_all_kept(memory, nine, connect):
    clients = [connect(nine, "memory") for _ in range(6)]
    asked = []
    for number, client in enumerate(clients):
        for turn in range(5):
            asked.append((client, client.next_id()))
            client.post(call_request("create_entities", {"entities": [entity(f"{number}-{turn}", "at once")]}, asked[-1][1]))

    for client, request_id in asked:
        text_of_success(client.stream.answer(request_id))
    assert len(memory("search_nodes", query="at once")["entities"]) == 30


def test_setting_up_again_keeps_what_is_there(memory, memory_environment):
    memory("create_entities", entities=[entity("Grace", "kept")])
    run_setup("memory", memory_environment)
    assert memory("open_nodes", names=["Grace"])["entities"] == [entity("Grace", "kept")]


def test_setting_up_says_what_is_wrong_with_the_database(memory_environment):
    ran = try_setup("memory", {**memory_environment, "PGPASSWORD": "wrong"})
    assert ran.returncode == 1
    assert "password authentication failed" in ran.stderr


# --- postgres


@pytest.mark.parametrize("sql, refusal", [
    ("INSERT INTO orders VALUES (3, 3)", "read-only transaction"),
    ("CREATE TABLE mine (a int)", "read-only transaction"),
    ("SELECT 1; DELETE FROM orders", "multiple commands"),
])
def test_the_readers_role_changes_nothing(nine, connect, sql, refusal):
    assert refusal in text_of_failure("postgres", connect(nine, "postgres").call("execute_sql", {"sql": sql}))


def test_the_readers_role_changes_nothing_when_its_transactions_are_not_read_only(nine, connect, postgresql):
    """What protects the data is that the role may not, not how its sessions begin."""
    client = connect(nine, "postgres")

    def is_refused(reason):
        return reason in text_of_failure("postgres", client.call("execute_sql", {"sql": "DELETE FROM orders"}))

    def begin_anew(setting):
        postgresql.psql(f"ALTER ROLE mcp_reader {setting}; SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE usename = 'mcp_reader'")

    begin_anew("RESET default_transaction_read_only")
    try:
        wait_until(lambda: is_refused("permission denied for table orders"), "a refusal by privilege")
    finally:
        begin_anew("SET default_transaction_read_only = on")
        wait_until(lambda: is_refused("read-only transaction"), "a refusal by the kind of transaction")
    assert postgresql.psql("SELECT count(*) FROM orders", database="shop").stdout.strip() == "2"


# --- timescaledb


@pytest.fixture(scope="module")
def series(nine):
    """tool(name, **arguments) on a hypertable `readings` of five days."""
    client = connected(nine, "timescaledb")

    def call(tool, **arguments):
        return text_of_success(client.call(tool, arguments))

    call.client = client
    call("tsdb_execute", sql="CREATE TABLE readings (time timestamptz NOT NULL, device text, value float8)")
    made = json.loads(call("tsdb_create_hypertable", table_name="readings", time_column="time", chunk_time_interval="1 day"))
    assert made["created"] is True
    call("tsdb_execute", sql="""INSERT INTO readings SELECT t, 'device ' || d, d FROM
         generate_series(timestamptz '2026-01-01', '2026-01-05 23:00', '1 hour') t, generate_series(1, 3) d""")
    yield call
    client.close()


def test_a_query_groups_time_into_buckets(series):
    rows = json.loads(series("tsdb_query", query="""SELECT time_bucket('1 day', time) AS day, count(*) AS readings
                                                    FROM readings GROUP BY 1 ORDER BY 1;"""))["rows"]
    assert [row["readings"] for row in rows] == [72] * 5
    assert rows[0]["day"].startswith("2026-01-01T00:00:00")


def test_a_query_returns_no_more_rows_than_asked_for(series):
    assert len(json.loads(series("tsdb_query", query="SELECT * FROM readings", limit=7))["rows"]) == 7


@pytest.mark.parametrize("query", [
    "DELETE FROM readings",
    "SELECT drop_chunks('readings', older_than => now())",
    "SELECT set_config('transaction_read_only', 'off', true), drop_chunks('readings', older_than => now())",
    "SELECT 1) q; SET transaction_read_only = off; DELETE FROM readings; SELECT row_to_json(q) FROM (SELECT 1",
])
def test_a_query_cannot_change_anything(series, query):
    answer = series.client.call("tsdb_query", {"query": query})
    assert "SQLSTATE" in text_of_failure("timescaledb", answer)
    assert '"n":360' in series("tsdb_query", query="SELECT count(*) AS n FROM readings")


def test_hypertables_and_chunks_are_listed(series):
    table = json.loads(series("tsdb_show_hypertables"))
    assert (table["hypertable_name"], table["num_chunks"]) == ("readings", 5)
    newest = series("tsdb_show_chunks", hypertable="readings", limit=1)
    assert json.loads(newest)["range_start"].startswith("2026-01-05")


def test_compression_is_turned_on_and_measured(series):
    assert "job_id" in series("tsdb_add_compression", hypertable="readings", segment_by="device", order_by="time DESC")
    series("tsdb_execute", sql="SELECT compress_chunk(c) FROM show_chunks('readings') c LIMIT 2")
    stats = json.loads(series("tsdb_compression_stats", hypertable="readings"))
    assert stats["total_chunks"] == 5 and stats["number_compressed_chunks"] >= 2 and stats["ratio"] > 0


def test_a_continuous_aggregate_is_made_and_filled(series):
    assert "job_id" in series("tsdb_continuous_aggregate", view_name="daily",
                              query="SELECT time_bucket('1 day', time) AS day, avg(value) AS mean FROM readings GROUP BY 1")
    series("tsdb_execute", sql="CALL refresh_continuous_aggregate('daily', NULL, NULL)")
    rows = json.loads(series("tsdb_query", query="SELECT mean FROM daily"))["rows"]
    assert rows == [{"mean": 2}] * 5


def test_the_database_tells_what_it_is(series):
    stats = json.loads(series("tsdb_database_stats"))
    assert stats["timescaledb_version"] and stats["hypertables"] >= 1
