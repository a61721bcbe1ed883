//! memorygraph-ports.
