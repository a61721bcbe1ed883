//! The graph over SQL: schema, statements, and rows to domain and back, for any [`SqlConnection`].
//!
//! A function here is one call of `GraphBackend`. It runs a number of statements that does not
//! grow with what it is given: many values travel as one JSON parameter and are joined by
//! `json_each`, so that an engine across a network pays few round trips. The SQL stays within
//! SQLite 3.47 and knows no engine.
//!
//! A function that writes expects to run inside a transaction that its caller commits, or takes
//! back when it fails.

mod apply;
mod backup;
mod callers;
mod connection;
mod cycle;
mod engine_error;
mod erase;
mod file;
mod filter;
mod history;
mod inspect;
mod list;
mod parameter;
mod past;
mod predecessor;
mod remote_write;
mod restore;
mod row;
mod schema;
mod search;
pub mod settings;
mod slice;
mod statistics;
mod touched;
mod walk;
mod write;

pub use apply::{apply, has_new_texts, read_new_texts};
pub use backup::{backup, copy_into, on_disk};
pub use callers::{
    first_word, inlined, is_reading, is_replacing, is_returning, may_use_pragma, parameters,
    single_statement,
};
pub use connection::{SqlConnection, SqlRow, StatementLog};
pub use engine_error::engine_error;
pub use erase::{AT_ONCE, Allowance, PATIENCE, erases, has_traces, note_traces, remove_traces};
pub use file::{beside, explain_read_only, file_size, prepare_file, refuse_replica};
pub use history::{DIVERGED, History, history};
pub use inspect::{compare_texts, inspect, may_compare_texts, repair};
pub use list::{changes_since, list, memories, relationships};
pub use past::{memory_history, quarantine, relationship_history};
pub use predecessor::{Kept, Shape, keep_aside};
pub use remote_write::{RemoteWrite, STALE, Statements, abandon, note};
pub use restore::{Access, restore};
pub use schema::{
    Found, NEWEST, found, initialize_or_upgrade, initialize_schema, is_ready, schema_version,
};
pub use search::search;
pub use statistics::{Contents, contents, damage, statistics};
pub use walk::{shortest_path, walk};
