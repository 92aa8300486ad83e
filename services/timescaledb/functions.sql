-- Functions for tools of tools.yaml that need more than one parameterised statement: DDL takes no parameters.
-- Idempotent. They run with the privileges of the caller.

CREATE EXTENSION IF NOT EXISTS timescaledb;
CREATE SCHEMA IF NOT EXISTS mcp;

-- The rows of a query, each as a JSON object. PostgreSQL itself rejects all changes: the transaction, which is the
-- tool call, is made read-only first, and cannot be made writable again within a query.
CREATE OR REPLACE FUNCTION mcp.tsdb_query(query text, max_rows integer) RETURNS SETOF json
LANGUAGE plpgsql STABLE AS $$
BEGIN
  PERFORM set_config('transaction_read_only', 'on', true);
  RETURN QUERY EXECUTE format('SELECT row_to_json(q) FROM (%s) q LIMIT %s', rtrim(query, E'; \n\r\t'), max_rows);
END $$;

CREATE OR REPLACE FUNCTION mcp.tsdb_add_compression(hypertable text, segment_by text, order_by text, compress_after text)
RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  options text := 'timescaledb.compress';
BEGIN
  IF segment_by <> '' THEN options := options || format(', timescaledb.compress_segmentby = %L', segment_by); END IF;
  IF order_by <> '' THEN options := options || format(', timescaledb.compress_orderby = %L', order_by); END IF;
  EXECUTE format('ALTER TABLE %s SET (%s)', hypertable::regclass, options);
  RETURN add_compression_policy(hypertable::regclass, compress_after => compress_after::interval, if_not_exists => true);
END $$;

CREATE OR REPLACE FUNCTION mcp.tsdb_continuous_aggregate(view_name text, query text, start_offset text, end_offset text,
                                                         schedule_interval text)
RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE MATERIALIZED VIEW IF NOT EXISTS %I WITH (timescaledb.continuous) AS %s WITH NO DATA',
                 view_name, rtrim(query, E'; \n\r\t'));
  RETURN add_continuous_aggregate_policy(format('%I', view_name)::regclass, start_offset => start_offset::interval,
           end_offset => end_offset::interval, schedule_interval => schedule_interval::interval, if_not_exists => true);
END $$;
