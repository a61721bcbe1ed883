//! A graph memory for AI agents, to embed: memories, typed relationships that join them, and the
//! questions an agent asks.
//!
//! [`MemoryGraph`] is the whole application: [`open`](MemoryGraph::open) it as [`Config`] says, or
//! put it [`over`](MemoryGraph::over) a backend of your own. The values that it takes and gives are
//! those of [`domain`]; what it asks of the world stands in [`ports`].
//!
//! # Examples
//!
//! ```
//! use memorygraph::domain::{MemoryFilter, MemoryType, PageRequest, RelationshipType};
//! use memorygraph::{Config, Draft, Link, MemoryGraph};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> memorygraph::Result<()> {
//! let graph = MemoryGraph::open(&Config::at(":memory:")).await?;
//!
//! let error = Draft::new(MemoryType::Error, "Redis timeout", "Reads take longer than 2 s.");
//! let error = graph.remember(error).await?;
//! let fix = Draft::new(MemoryType::Fix, "Larger pool", "The pool had 4 connections; now 32.");
//! let fix = graph.remember(fix).await?;
//! let link = Link::new(fix.id.clone(), RelationshipType::Solves, error.id.clone());
//! graph.relate(link).await?;
//!
//! let found = graph
//!     .recall("redis timeouts", MemoryFilter::default(), &PageRequest::first(10)?)
//!     .await?;
//! assert_eq!(found.items[0].memory.id, error.id);
//! graph.close().await?;
//! # Ok(())
//! # }
//! ```

mod clock;
mod config;
mod error;
mod explore;
mod find;
mod forget;
mod ids;
mod memory_graph;
mod open;
mod relate;
mod remember;
mod sync;
mod update;

pub mod import;
pub mod migrate;

pub use domain;
pub use ports;

pub use clock::SystemClock;
pub use config::{
    BackendName, Config, ConfigError, DatabaseUrl, Flags, LogLevel, Origin, Secret, Setting,
    TursoMode,
};
pub use error::{Error, Result};
pub use forget::Forgotten;
pub use ids::UuidV7Source;
pub use memory_graph::MemoryGraph;
pub use open::open_backend;
pub use relate::{Link, Linked};
pub use remember::Draft;
pub use sync::Freshness;
pub use update::Update;
