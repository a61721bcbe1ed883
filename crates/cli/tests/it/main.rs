//! The real program, as a person or a script runs it.

#![expect(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod changing;
mod demo;
#[cfg(all(unix, feature = "sqlite", feature = "turso"))]
mod documents;
mod failing;
mod importing;
mod local;
mod migrating;
#[cfg(feature = "turso")]
mod syncing;
mod world;
