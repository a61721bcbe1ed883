//! memorygraph-adapter-sqlite.
