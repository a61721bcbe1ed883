//! memorygraph-sql-graph.
