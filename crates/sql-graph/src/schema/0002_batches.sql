-- What a primary needs to serve writers across a network, and its replicas to trust it.

-- Tells this graph from every other one. A copy of the file is the same graph.
CREATE TABLE graph (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL
);
INSERT INTO graph (one, id) VALUES (1, lower(hex(randomblob(16))));

-- The groups of batches that came across a network, in the order in which they were applied. A
-- writer that lost an answer finds its group here, or puts it here as abandoned, so that it is
-- refused when it arrives late.
CREATE TABLE batches (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  applied INTEGER NOT NULL DEFAULT 1,
  -- Whether all that the writer had read before still held.
  holds INTEGER NOT NULL DEFAULT 1,
  at INTEGER NOT NULL DEFAULT (unixepoch()),
  CONSTRAINT what_was_read_holds CHECK (holds)
);
CREATE INDEX batches_at ON batches (at);
