//! memorygraph-bench.
