//! A graph memory for AI agents, to embed: memories, typed relationships that join them, and the
//! questions an agent asks.
//!
//! [`MemoryGraph`] is the whole application: [`open`](MemoryGraph::open) it as [`Config`] says, or
//! put it [`over`](MemoryGraph::over) a backend of your own. The values that it takes and gives are
//! those of [`domain`]; what it asks of the world stands in [`ports`].
//!
//! # Remember and recall
//!
//! A [`Draft`] is what an author says; ids, times and versions are the graph's. What is in the
//! graph already, word for word, is told and not kept twice: [`Duplicates`]. Whatever text is
//! recalled with is a question; it forgives typing errors.
//!
//! ```
//! use memorygraph::domain::{MemoryFilter, MemoryType, PageRequest};
//! use memorygraph::{Config, Draft, MemoryGraph};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> memorygraph::Result<()> {
//! // A service takes `Config::from_env()?`: the environment, a configuration file, defaults.
//! let graph = MemoryGraph::open(&Config::at(":memory:")).await?;
//! let fix = Draft {
//!     tags: vec!["redis".to_owned()],
//!     ..Draft::new(MemoryType::Fix, "Larger pool", "The pool had 4 connections; now 32.")
//! };
//! let fix = graph.remember(fix).await?;
//!
//! let of_redis = MemoryFilter {
//!     tags: vec!["redis".to_owned()],
//!     ..MemoryFilter::default()
//! };
//! let found = graph.recall("larger pools", of_redis, &PageRequest::first(10)?).await?;
//! assert_eq!(found.items[0].memory.id, fix.id);
//! graph.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Relate and explore
//!
//! A relationship has one of 35 [types](domain::RelationshipType), and each type its weights, its
//! opposite and its rules. To state one again reinforces it.
//!
//! ```
//! use memorygraph::domain::{MemoryType, PathQuery, RelationshipType, Walk};
//! use memorygraph::{ClusterQuery, ContextualSearch, Draft, Link, MemoryGraph};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> memorygraph::Result<()> {
//! # let graph = MemoryGraph::open(&memorygraph::Config::at(":memory:")).await?;
//! let error = Draft::new(MemoryType::Error, "Redis timeout", "Reads take longer than 2 s.");
//! let error = graph.remember(error).await?.id;
//! let fix = Draft::new(MemoryType::Fix, "Larger pool", "The pool has 32 connections now.");
//! let fix = graph.remember(fix).await?.id;
//! let load = Draft::new(MemoryType::General, "Load", "We have 900 requests a second.");
//! let load = graph.remember(load).await?.id;
//! graph.relate(Link::new(fix.clone(), RelationshipType::Solves, error.clone())).await?;
//! graph.relate(Link::new(load.clone(), RelationshipType::Causes, error.clone())).await?;
//!
//! // What is around a memory, and what of that a text brings to mind.
//! let related = graph.related(&Walk::new(error.clone())).await?;
//! assert_eq!(related.steps.len(), 2);
//! let near = ContextualSearch::new(error, "requests");
//! assert_eq!(graph.contextual_search(&near).await?[0].memory.id, load);
//! // How two memories hang together, and which of all belong together.
//! let path = graph.path(&PathQuery::new(fix, load)).await?;
//! assert_eq!(path.map(|path| path.steps.len()), Some(2));
//! let clusters = graph.clusters(&ClusterQuery::default()).await?;
//! assert_eq!(clusters.clusters[0].size, 3);
//! # Ok(())
//! # }
//! ```
//!
//! # Correct
//!
//! Memories are [updated](MemoryGraph::update), [superseded](MemoryGraph::supersede) by others,
//! [forgotten](MemoryGraph::forget), or [erased](MemoryGraph::erase) with every trace. Of two
//! writers that change different fields, both succeed; where both change one field, the second is
//! told.
//!
//! ```
//! use memorygraph::domain::{MemoryType, Score};
//! use memorygraph::{Config, Draft, MemoryGraph, Update, ports::ErrorKind};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> memorygraph::Result<()> {
//! # let graph = MemoryGraph::open(&Config::at(":memory:")).await?;
//! let seen = graph.remember(Draft::new(MemoryType::Task, "Deploy", "On Friday.")).await?;
//! let title = |title: &str| Update {
//!     title: Some(title.to_owned()),
//!     expected_version: Some(seen.version),
//!     ..Update::default()
//! };
//! graph.update(&seen.id, &title("Deploy v2")).await?;
//!
//! // Somebody else has seen the same version, and changes something else.
//! let importance = Update {
//!     importance: Some(Score::ONE),
//!     expected_version: Some(seen.version),
//!     ..Update::default()
//! };
//! let updated = graph.update(&seen.id, &importance).await?;
//! assert_eq!(updated.memory.title, "Deploy v2");
//! assert_eq!(updated.merged, ["title"]);
//! let conflict = graph.update(&seen.id, &title("Deploy v3")).await.unwrap_err();
//! assert_eq!(conflict.kind(), ErrorKind::Conflict);
//! # Ok(())
//! # }
//! ```
//!
//! # History
//!
//! Every state of a memory and of a relationship is kept until it is erased. Questions can be asked
//! [as of](domain::AsOf) a time.
//!
//! ```
//! use memorygraph::domain::{AsOf, ListQuery, MemoryFilter, MemoryType, PageRequest};
//! use memorygraph::{Config, Draft, MemoryGraph};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> memorygraph::Result<()> {
//! # let graph = MemoryGraph::open(&Config::at(":memory:")).await?;
//! let old = Draft {
//!     valid_from: Some("2025-01-01T00:00:00Z".parse().expect("a time")),
//!     ..Draft::new(MemoryType::General, "Deploys", "We deploy on Fridays.")
//! };
//! let old = graph.remember(old).await?;
//! let new = Draft::new(MemoryType::General, "Deploys", "We deploy on Mondays.");
//! graph.supersede(&old.id, new).await?;
//!
//! let page = PageRequest::first(10)?;
//! let states = graph.memory_history(&old.id, &page).await?;
//! assert_eq!(states.items.len(), 2);
//! let then = MemoryFilter {
//!     as_of: AsOf::At("2025-06-01T00:00:00Z".parse().expect("a time")),
//!     ..MemoryFilter::default()
//! };
//! let then = graph.recall("deploy", then, &page).await?;
//! assert_eq!(then.items[0].memory.content, "We deploy on Fridays.");
//! let changes = graph.changes_since(old.created_at, &page).await?;
//! assert_eq!(changes.items.len(), 3);
//! # Ok(())
//! # }
//! ```
//!
//! # Export and import
//!
//! [`export`] writes everything into one file and [`import`] reads it back, as well as the files
//! of other programs; [`migrate`] goes from store to store. Others draw
//! [parts](MemoryGraph::export_part) of the graph, and Obsidian opens it as
//! [notes](MemoryGraph::export_notes).
//!
//! ```
//! use memorygraph::domain::{MemoryType, RelationshipType, Walk};
//! use memorygraph::export::{NotesOptions, Options, PartFormat, PartQuery, Target};
//! use memorygraph::{Config, Draft, Link, MemoryGraph, import};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let graph = MemoryGraph::open(&Config::at(":memory:")).await?;
//! let rain = Draft::new(MemoryType::General, "Rain", "It rains.");
//! let rain = graph.remember(rain).await?.id;
//! let wet = Draft::new(MemoryType::General, "Wet", "The street is wet.");
//! let wet = graph.remember(wet).await?.id;
//! graph.relate(Link::new(rain.clone(), RelationshipType::Causes, wet)).await?;
//!
//! let file = folder.path().join("graph.jsonl");
//! graph.export(Target::File(file.clone()), &Options::default(), &mut |_| {}).await?;
//! let copy = MemoryGraph::open(&Config::at(":memory:")).await?;
//! let file = std::fs::File::open(&file)?;
//! let report = copy.import(file, import::Options::default(), &mut |_| {}).await?;
//! assert_eq!(report.memories.added, 2);
//!
//! let part = copy.part(&PartQuery::Around(Walk::new(rain))).await?;
//! let chart: String = part.lines(PartFormat::Mermaid).collect();
//! assert!(chart.contains("n0 -->|\"CAUSES\"| n1"));
//! let notes = folder.path().join("notes");
//! let written = copy.export_notes(&notes, &NotesOptions::default(), &mut |_| {}).await?;
//! assert_eq!((written.memories, written.relationships), (2, 1));
//! # Ok(())
//! # }
//! ```
//!
//! # Inside of your program
//!
//! - **No global state.** No logger, no runtime, no signal handler and no variable is set for you:
//!   as many graphs as you like live in one process. Messages go to [`tracing`], whose subscriber
//!   is yours: what a call did at `debug`, long work at `info`, trouble that solves itself at `warn`.
//! - **Your runtime.** Calls are futures for any Tokio runtime, also one of a single thread. Engines
//!   block on threads of their own, so a call never holds up your other tasks; opening does, for a
//!   moment. A call that you drop half-way has changed everything or nothing.
//! - **Shutting down.** Share clones; when the last request is done, [`close`](MemoryGraph::close)
//!   one of them, which waits for what was begun. A graph that is dropped instead, inside or outside
//!   of a runtime, loses nothing but [counts of usage](MemoryGraph#usage).
//! - **Errors.** [`Error::kind`] says which decision they leave to you, and the message what to do.
//!   No message holds a secret.
//!
//! `examples/service.rs` is a whole service over HTTP, in 60 lines.

mod activity;
mod aside;
mod bridges;
mod circumstances;
mod clock;
mod clusters;
mod config;
mod contextual;
mod correct;
mod duplicates;
mod erase;
mod error;
mod explore;
mod find;
mod forget;
mod history;
mod ids;
mod knowledge_graph;
mod memory_graph;
mod merge;
mod network;
mod open;
mod relate;
mod remember;
mod remember_related;
mod restore;
mod supersede;
mod sync;
mod tries;
mod update;
mod upkeep;
mod usage;

pub mod export;
pub mod import;
pub mod migrate;

pub use domain;
pub use ports;

pub use activity::{ActivityQuery, RecentActivity};
pub use bridges::{BridgeMemory, BridgeQuery, BridgeRelationship, Bridges};
pub use circumstances::CircumstancesQuery;
pub use clock::SystemClock;
pub use clusters::{Cluster, ClusterQuery, Clusters};
pub use config::{
    BackendName, Config, ConfigError, DatabaseUrl, Flags, Listed, LogLevel, Origin, Secret,
    Setting, ToolProfile, TursoMode,
};
pub use contextual::ContextualSearch;
pub use correct::Ending;
pub use duplicates::Duplicates;
pub use erase::Erased;
pub use error::{Error, Result};
pub use forget::Forgotten;
pub use ids::UuidV7Source;
pub use memory_graph::MemoryGraph;
pub use network::Scope;
pub use open::open_backend;
pub use relate::{Link, Linked};
pub use remember::Draft;
pub use remember_related::{Kept, Remembered};
pub use restore::restore;
pub use supersede::Superseded;
pub use sync::Freshness;
pub use update::{Update, Updated};
