-- What was, and what could not be kept.

-- The states of memories that changes replaced, in the order in which that happened. Triggers keep
-- the state that was stored; a program that makes several changes at once adds those in between.
CREATE TABLE past_nodes (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  properties TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE INDEX past_nodes_id ON past_nodes (id);

CREATE TABLE past_relationships (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  from_id TEXT NOT NULL,
  to_id TEXT NOT NULL,
  rel_type TEXT NOT NULL,
  properties TEXT NOT NULL,
  created_at TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_until TEXT,
  invalidated_by TEXT
);
CREATE INDEX past_relationships_id ON past_relationships (id);
CREATE INDEX past_relationships_from ON past_relationships (from_id);
CREATE INDEX past_relationships_to ON past_relationships (to_id);

-- How often a memory was used is no change of it, and of its present state alone.
CREATE TRIGGER nodes_replaced AFTER UPDATE OF id, properties, created_at, updated_at ON nodes
WHEN (old.id, old.created_at, old.updated_at,
    json_remove(old.properties, '$.usage_count', '$.last_accessed'))
  IS NOT (new.id, new.created_at, new.updated_at,
    json_remove(new.properties, '$.usage_count', '$.last_accessed'))
BEGIN
  INSERT INTO past_nodes (id, properties, created_at, updated_at)
    VALUES (old.id, json_remove(old.properties, '$.usage_count', '$.last_accessed'),
      old.created_at, old.updated_at);
END;

CREATE TRIGGER nodes_removed AFTER DELETE ON nodes BEGIN
  INSERT INTO past_nodes (id, properties, created_at, updated_at)
    VALUES (old.id, json_remove(old.properties, '$.usage_count', '$.last_accessed'),
      old.created_at, old.updated_at);
END;

-- What took the place of a relationship may go; that is no change of it.
CREATE TRIGGER relationships_replaced AFTER UPDATE ON relationships
WHEN (old.id, old.from_id, old.to_id, old.rel_type, old.properties, old.created_at,
    old.recorded_at, old.valid_from, old.valid_until)
  IS NOT (new.id, new.from_id, new.to_id, new.rel_type, new.properties, new.created_at,
    new.recorded_at, new.valid_from, new.valid_until)
BEGIN
  INSERT INTO past_relationships (id, from_id, to_id, rel_type, properties, created_at, recorded_at,
      valid_from, valid_until, invalidated_by)
    VALUES (old.id, old.from_id, old.to_id, old.rel_type, old.properties, old.created_at,
      old.recorded_at, old.valid_from, old.valid_until, old.invalidated_by);
END;

CREATE TRIGGER relationships_removed AFTER DELETE ON relationships BEGIN
  INSERT INTO past_relationships (id, from_id, to_id, rel_type, properties, created_at, recorded_at,
      valid_from, valid_until, invalidated_by)
    VALUES (old.id, old.from_id, old.to_id, old.rel_type, old.properties, old.created_at,
      old.recorded_at, old.valid_from, old.valid_until, old.invalidated_by);
END;

-- Records that are neither memories nor relationships, since they break a rule. `memories` has the
-- ids of those that they are about, as JSON.
CREATE TABLE quarantine (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('memory', 'relationship')),
  memories TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(memories)),
  reason TEXT NOT NULL,
  source TEXT NOT NULL,
  document TEXT NOT NULL,
  at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
    CHECK (at GLOB '????-??-??T??:??:??.??????Z')
);

-- How many batches have erased something, and how many of them were seen to: their bytes are left in
-- no page of the file since it was rewritten, and in no page of its log since they were removed.
CREATE TABLE traces (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  erased INTEGER NOT NULL DEFAULT 0,
  rewritten INTEGER NOT NULL DEFAULT 0,
  removed INTEGER NOT NULL DEFAULT 0
);
INSERT INTO traces (one) VALUES (1);

-- Finds memories with the same content; the last letters tell most apart that are equally long.
CREATE INDEX nodes_content ON nodes (length(content), substr(content, -12));
-- Finds relationships by the words of their context, of which most have none.
CREATE INDEX relationships_context ON relationships (id) WHERE properties ->> 'context' IS NOT NULL;
