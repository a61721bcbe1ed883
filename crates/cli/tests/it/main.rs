//! The real program, as a person or a script runs it.

#![expect(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod absent;
mod changing;
#[cfg(all(unix, feature = "sqlite", feature = "turso"))]
mod clients;
mod colors;
mod crowd;
mod demo;
mod documented;
#[cfg(all(unix, feature = "sqlite", feature = "turso"))]
mod documents;
#[cfg(unix)]
mod editing;
#[cfg(all(unix, feature = "sqlite", feature = "turso"))]
mod examples;
mod failing;
mod files;
mod importing;
#[cfg(unix)]
mod init;
mod local;
mod looking;
mod migrating;
mod relating;
#[cfg(feature = "sqlite")]
mod replay;
mod served;
mod serving;
#[cfg(unix)]
mod serving_http;
#[cfg(all(unix, feature = "sqlite", feature = "turso"))]
mod shell;
#[cfg(unix)]
mod stopping;
#[cfg(feature = "turso")]
mod syncing;
mod upgrading;
mod upkeep;
mod world;
