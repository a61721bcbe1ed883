//! The server, as a client sees it.

#![expect(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod announcing;
mod client;
mod completing;
mod confiding;
mod http;
mod misread;
mod mutated;
mod reading;
mod talking;
