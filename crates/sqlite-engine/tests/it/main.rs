//! What the engine promises, as facts.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

#[path = "../engines/mod.rs"]
mod engines;

mod build;
mod encryption;
mod side_by_side;
