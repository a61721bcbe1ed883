//! memorygraph.
