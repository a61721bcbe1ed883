//! memorygraph-lanes.
