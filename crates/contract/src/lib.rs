//! memorygraph-contract.
