//! The application over the memory backend, which passes the same contract as every other.

#![expect(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod clusters;
mod config;
mod config_turso;
mod drawing;
mod embedding;
mod export;
mod import;
mod import_database;
mod migrate;
mod notes;
mod service;
mod syncing;
mod upkeep;
mod use_cases;
mod watched;
mod world;
