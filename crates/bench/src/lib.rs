//! How fast a backend is: workloads over [`GraphBackend`](ports::GraphBackend), and beside them
//! the same work done by hand-written SQL.
//!
//! - [`graph`] generates a graph from a seed and stores it
//! - [`workload`] draws questions from it, each with what has to be in its answer
//! - [`ask`] is one question and its answer
//! - [`limit`] answers the same questions, and stores the same rows, by prepared statements
//! - [`writes`] stores memories as many callers do, or in bulk
//! - [`store`] keeps a large graph in a file between runs
//! - [`timing`] takes turns between two ways and says what the usual and the slow call take
//! - [`machine`] says what it was measured on, and how busy this process was
//! - [`page`] puts the results into the documentation

pub mod ask;
pub mod graph;
pub mod limit;
pub mod machine;
pub mod page;
pub mod store;
pub mod timing;
pub mod words;
pub mod workload;
pub mod writes;

/// What fails here stops the measurement.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;
