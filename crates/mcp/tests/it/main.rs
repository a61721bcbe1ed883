//! The server, as a client sees it.

#![expect(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod client;
mod misread;
mod mutated;
mod reading;
mod talking;
