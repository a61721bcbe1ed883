//! memorygraph-sqlite-engine.
