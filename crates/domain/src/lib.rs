//! memorygraph-domain.
