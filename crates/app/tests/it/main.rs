//! The application over the memory backend, which passes the same contract as every other.

#![expect(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod config;
mod config_turso;
mod import;
mod import_fuzz;
mod migrate;
mod syncing;
mod use_cases;
mod world;
