-- The graph: memories are nodes, relationships join them.
-- Times are UTC as 2026-11-24T05:32:05.123456Z: the fixed width makes texts sort as times do, so no
-- other form is let in.

CREATE TABLE schema_steps (
  version INTEGER PRIMARY KEY,
  applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
);

-- `properties` is the memory as JSON. What is searched, filtered or sorted by is a generated column
-- or kept by triggers, so that a plain INSERT of (id, label, properties) is a whole memory. What
-- filters is stored, so that a filter reads no JSON. The declared key is the full-text index's row
-- id, which survives VACUUM.
CREATE TABLE nodes (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL DEFAULT 'Memory',
  properties TEXT NOT NULL CHECK (json_valid(properties)),
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
    CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
    CHECK (updated_at GLOB '????-??-??T??:??:??.??????Z'),
  -- Words that make parts of identifiers, CJK text and emoji findable.
  expansion TEXT,
  type TEXT GENERATED ALWAYS AS (lower(coalesce(properties ->> 'type', 'general'))) STORED,
  project_path TEXT GENERATED ALWAYS AS (properties ->> '$.context.project_path') STORED,
  importance REAL GENERATED ALWAYS AS (
    CASE WHEN properties ->> 'importance' BETWEEN 0 AND 1
      THEN properties ->> 'importance' ELSE 0.5 END) STORED,
  confidence REAL GENERATED ALWAYS AS (
    CASE WHEN properties ->> 'confidence' BETWEEN 0 AND 1
      THEN properties ->> 'confidence' ELSE 0.8 END) STORED,
  valid_until TEXT GENERATED ALWAYS AS (
    CASE WHEN properties ->> 'valid_until' GLOB '????-??-??T??:??:??.??????Z'
      THEN properties ->> 'valid_until'
      ELSE strftime('%Y-%m-%dT%H:%M:%f000Z', properties ->> 'valid_until') END) STORED,
  valid_from TEXT GENERATED ALWAYS AS (
    CASE WHEN properties ->> 'valid_from' GLOB '????-??-??T??:??:??.??????Z'
      THEN properties ->> 'valid_from'
      ELSE coalesce(strftime('%Y-%m-%dT%H:%M:%f000Z', properties ->> 'valid_from'), created_at) END
  ) VIRTUAL,
  title TEXT GENERATED ALWAYS AS (properties ->> 'title') VIRTUAL,
  tags TEXT GENERATED ALWAYS AS (properties -> 'tags') VIRTUAL,
  summary TEXT GENERATED ALWAYS AS (properties ->> 'summary') VIRTUAL,
  content TEXT GENERATED ALWAYS AS (properties ->> 'content') VIRTUAL
);

-- Each serves its order forwards and backwards.
CREATE INDEX nodes_updated ON nodes (updated_at, id);
CREATE INDEX nodes_created ON nodes (created_at, id);
-- With the type, so that the most important of a type are found without reading the others.
CREATE INDEX nodes_importance ON nodes (importance, updated_at, id, type);
CREATE INDEX nodes_project ON nodes (project_path, updated_at, id) WHERE project_path IS NOT NULL;
-- Also answers the statistics alone.
CREATE INDEX nodes_type ON nodes (type, updated_at, id, importance, confidence);

-- The nodes whose text nobody has read for its expansion: a program put or reworded them by SQL.
CREATE TABLE nodes_unread (key INTEGER PRIMARY KEY);

CREATE TABLE node_tags (
  tag TEXT NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY (tag, key)
) WITHOUT ROWID;

CREATE TABLE relationships (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  from_id TEXT NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
  to_id TEXT NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
  rel_type TEXT NOT NULL CHECK (rel_type = upper(rel_type)),
  properties TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(properties)),
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
    CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
  recorded_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
    CHECK (recorded_at GLOB '????-??-??T??:??:??.??????Z'),
  valid_from TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
    CHECK (valid_from GLOB '????-??-??T??:??:??.??????Z'),
  valid_until TEXT CHECK (valid_until GLOB '????-??-??T??:??:??.??????Z'),
  -- Deferred, since rows that name each other may come with several statements.
  invalidated_by TEXT REFERENCES relationships (id) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
  strength REAL GENERATED ALWAYS AS (coalesce(properties ->> 'strength', 0.5)) VIRTUAL
);

-- A walk along what has no end reads one of these and no table.
CREATE INDEX relationships_outgoing ON relationships (from_id, valid_until, rel_type, to_id, strength);
CREATE INDEX relationships_incoming ON relationships (to_id, valid_until, rel_type, from_id, strength);
-- Gives those of a type by id.
CREATE INDEX relationships_type ON relationships (rel_type, id);
-- These two are small, and answer the statistics alone.
CREATE INDEX relationships_open ON relationships (rel_type, valid_until) WHERE valid_until IS NULL;
CREATE INDEX relationships_ended ON relationships (valid_until) WHERE valid_until IS NOT NULL;
CREATE INDEX relationships_recorded ON relationships (recorded_at, id);
CREATE INDEX relationships_invalidated_by ON relationships (invalidated_by) WHERE invalidated_by IS NOT NULL;

CREATE VIRTUAL TABLE nodes_fts USING fts5 (
  title, tags, summary, content, expansion,
  content = 'nodes', content_rowid = 'key', tokenize = 'porter unicode61 remove_diacritics 2'
);
INSERT INTO nodes_fts (nodes_fts, rank) VALUES ('rank', 'bm25(6.0, 4.0, 2.0, 1.0, 1.0)');

-- The indexed words, for questions whose words nothing has.
CREATE VIRTUAL TABLE nodes_words USING fts5vocab ('nodes_fts', 'row');

-- A statement's own conflict clause would replace one in here, so these have none to replace.
CREATE TRIGGER nodes_inserted AFTER INSERT ON nodes BEGIN
  INSERT INTO nodes_fts (rowid, title, tags, summary, content, expansion)
    VALUES (new.key, new.title, new.tags, new.summary, new.content, new.expansion);
  INSERT INTO node_tags (tag, key)
    SELECT DISTINCT lower(trim(value)), new.key FROM json_each(new.tags) WHERE type = 'text';
  INSERT INTO nodes_unread (key) SELECT new.key WHERE new.expansion IS NULL
    ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER nodes_deleted AFTER DELETE ON nodes BEGIN
  INSERT INTO nodes_fts (nodes_fts, rowid, title, tags, summary, content, expansion)
    VALUES ('delete', old.key, old.title, old.tags, old.summary, old.content, old.expansion);
  DELETE FROM node_tags WHERE key = old.key AND tag IN (
    SELECT lower(trim(value)) FROM json_each(old.tags) WHERE type = 'text');
  DELETE FROM nodes_unread WHERE key = old.key;
END;

-- A program that knows expansions brings a new one with a new text, unless both are the same.
CREATE TRIGGER nodes_reworded AFTER UPDATE OF key, properties, expansion ON nodes
WHEN (old.key, old.title, old.tags, old.summary, old.content, old.expansion)
  IS NOT (new.key, new.title, new.tags, new.summary, new.content, new.expansion)
BEGIN
  INSERT INTO nodes_fts (nodes_fts, rowid, title, tags, summary, content, expansion)
    VALUES ('delete', old.key, old.title, old.tags, old.summary, old.content, old.expansion);
  INSERT INTO nodes_fts (rowid, title, tags, summary, content, expansion)
    VALUES (new.key, new.title, new.tags, new.summary, new.content, new.expansion);
  DELETE FROM node_tags WHERE key = old.key AND tag IN (
    SELECT lower(trim(value)) FROM json_each(old.tags) WHERE type = 'text');
  INSERT INTO node_tags (tag, key)
    SELECT DISTINCT lower(trim(value)), new.key FROM json_each(new.tags) WHERE type = 'text';
  INSERT INTO nodes_unread (key)
    SELECT new.key WHERE new.expansion IS old.expansion OR new.expansion IS NULL
    ON CONFLICT DO NOTHING;
END;
