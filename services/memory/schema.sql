-- The knowledge graph and the functions called by the tools of tools.yaml. Idempotent: existing data is kept,
-- and functions are replaced by those of this file.
--
-- Each tool calls one function, so each tool call is one transaction.

CREATE SCHEMA IF NOT EXISTS memory;

CREATE TABLE IF NOT EXISTS memory.entity (
  name        text PRIMARY KEY CHECK (name <> ''),
  entity_type text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE IF NOT EXISTS memory.observation (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  entity     text NOT NULL REFERENCES memory.entity ON DELETE CASCADE ON UPDATE CASCADE,
  content    text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- On the digest, because a string longer than 2.7 kB does not fit into an index entry.
CREATE UNIQUE INDEX IF NOT EXISTS observation_once ON memory.observation (entity, md5(content));

CREATE TABLE IF NOT EXISTS memory.relation (
  source        text NOT NULL REFERENCES memory.entity ON DELETE CASCADE ON UPDATE CASCADE,
  target        text NOT NULL REFERENCES memory.entity ON DELETE CASCADE ON UPDATE CASCADE,
  relation_type text NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (source, target, relation_type)
);

CREATE INDEX IF NOT EXISTS relation_target ON memory.relation (target);

-- Reading ----------------------------------------------------------------------------------------

-- The entities with these names (NULL: all) and all relations that involve one of them.
CREATE OR REPLACE FUNCTION memory.graph(wanted text[], OUT entities jsonb, OUT relations jsonb)
LANGUAGE sql STABLE AS $$
  SELECT
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
              'name', e.name,
              'entityType', e.entity_type,
              'observations', (SELECT coalesce(jsonb_agg(o.content ORDER BY o.id), '[]')
                                 FROM memory.observation o WHERE o.entity = e.name)
            ) ORDER BY e.created_at, e.name), '[]')
       FROM memory.entity e WHERE wanted IS NULL OR e.name = ANY (wanted)),
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
              'from', r.source, 'to', r.target, 'relationType', r.relation_type
            ) ORDER BY r.created_at, r.source, r.target, r.relation_type), '[]')
       FROM memory.relation r WHERE wanted IS NULL OR r.source = ANY (wanted) OR r.target = ANY (wanted))
$$;

-- strpos rather than LIKE: agents search for a string, not a pattern.
CREATE OR REPLACE FUNCTION memory.search(query text, OUT entities jsonb, OUT relations jsonb)
LANGUAGE sql STABLE AS $$
  SELECT g.entities, g.relations
    FROM memory.graph(ARRAY(
      SELECT e.name FROM memory.entity e
       WHERE strpos(lower(e.name), lower(query)) > 0
          OR strpos(lower(e.entity_type), lower(query)) > 0
          OR EXISTS (SELECT FROM memory.observation o
                      WHERE o.entity = e.name AND strpos(lower(o.content), lower(query)) > 0))) g
$$;

-- Writing ----------------------------------------------------------------------------------------

-- A foreign key would reject an unknown name as well, but this reports which one it was.
CREATE OR REPLACE FUNCTION memory.require_entities(names text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  missing text;
BEGIN
  SELECT string_agg(DISTINCT coalesce(quote_literal(n), 'null'), ', ') INTO missing
    FROM unnest(names) n WHERE NOT EXISTS (SELECT FROM memory.entity e WHERE e.name = n);
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'no entity named %', missing USING ERRCODE = 'no_data_found';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION memory.require_keys(items jsonb, VARIADIC keys text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  item jsonb;
  key  text;
BEGIN
  FOR item IN SELECT jsonb_array_elements(items) LOOP
    FOREACH key IN ARRAY keys LOOP
      IF coalesce(item ->> key, '') = '' THEN
        RAISE EXCEPTION 'each element needs %; found %', array_to_string(keys, ', '), left(item::text, 200)
          USING ERRCODE = 'invalid_parameter_value';
      END IF;
    END LOOP;
  END LOOP;
END $$;

-- Adds new observations and returns the entity with those added: [] if there were none.
CREATE OR REPLACE FUNCTION memory.add_contents(name text, contents jsonb) RETURNS jsonb
LANGUAGE sql AS $$
  WITH added AS (
    INSERT INTO memory.observation (entity, content)
    SELECT name, c.content FROM jsonb_array_elements_text(coalesce(contents, '[]')) WITH ORDINALITY c (content, place)
     ORDER BY c.place
    ON CONFLICT DO NOTHING
    RETURNING id, content)
  SELECT coalesce(jsonb_agg(content ORDER BY id), '[]') FROM added
$$;

-- The new entities, with what was stored of each. Existing ones are left unchanged.
CREATE OR REPLACE FUNCTION memory.create_entities(items jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  item    jsonb;
  created jsonb := '[]';
BEGIN
  PERFORM memory.require_keys(items, 'name', 'entityType');
  FOR item IN SELECT jsonb_array_elements(items) LOOP
    INSERT INTO memory.entity (name, entity_type) VALUES (item ->> 'name', item ->> 'entityType') ON CONFLICT DO NOTHING;
    IF FOUND THEN
      created := created || jsonb_build_array(jsonb_build_object(
        'name', item -> 'name', 'entityType', item -> 'entityType',
        'observations', memory.add_contents(item ->> 'name', item -> 'observations')));
    END IF;
  END LOOP;
  RETURN created;
END $$;

CREATE OR REPLACE FUNCTION memory.create_relations(items jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  created jsonb;
BEGIN
  PERFORM memory.require_keys(items, 'from', 'to', 'relationType');
  PERFORM memory.require_entities(ARRAY(
    SELECT end_of.name FROM jsonb_array_elements(items) i, LATERAL (VALUES (i ->> 'from'), (i ->> 'to')) end_of (name)));
  WITH added AS (
    INSERT INTO memory.relation (source, target, relation_type)
    SELECT DISTINCT i ->> 'from', i ->> 'to', i ->> 'relationType' FROM jsonb_array_elements(items) i
    ON CONFLICT DO NOTHING
    RETURNING *)
  SELECT coalesce(jsonb_agg(jsonb_build_object('from', source, 'to', target, 'relationType', relation_type)), '[]')
    INTO created FROM added;
  RETURN created;
END $$;

CREATE OR REPLACE FUNCTION memory.add_observations(items jsonb) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
  item  jsonb;
  added jsonb := '[]';
BEGIN
  PERFORM memory.require_keys(items, 'entityName', 'contents');
  PERFORM memory.require_entities(ARRAY(SELECT i ->> 'entityName' FROM jsonb_array_elements(items) i));
  FOR item IN SELECT jsonb_array_elements(items) LOOP
    added := added || jsonb_build_array(jsonb_build_object(
      'entityName', item -> 'entityName',
      'addedObservations', memory.add_contents(item ->> 'entityName', item -> 'contents')));
  END LOOP;
  RETURN added;
END $$;

-- Observations and relations of an entity are deleted with it. An unknown name is not an error.
CREATE OR REPLACE FUNCTION memory.delete_entities(names text[]) RETURNS jsonb
LANGUAGE sql AS $$
  WITH gone AS (DELETE FROM memory.entity e WHERE e.name = ANY (names) RETURNING e.name)
  SELECT coalesce(jsonb_agg(name), '[]') FROM gone
$$;

CREATE OR REPLACE FUNCTION memory.delete_observations(items jsonb) RETURNS bigint
LANGUAGE sql AS $$
  WITH named AS (
    SELECT i ->> 'entityName' AS entity, c.content
      FROM jsonb_array_elements(items) i, jsonb_array_elements_text(i -> 'observations') c (content)),
  gone AS (
    DELETE FROM memory.observation o USING named n
     WHERE o.entity = n.entity AND md5(o.content) = md5(n.content) AND o.content = n.content
    RETURNING o.id)
  SELECT count(*) FROM gone
$$;

CREATE OR REPLACE FUNCTION memory.delete_relations(items jsonb) RETURNS bigint
LANGUAGE sql AS $$
  WITH gone AS (
    DELETE FROM memory.relation r USING jsonb_array_elements(items) i
     WHERE r.source = i ->> 'from' AND r.target = i ->> 'to' AND r.relation_type = i ->> 'relationType'
    RETURNING 1)
  SELECT count(*) FROM gone
$$;
