//! memorygraph-adapter-memory.
