//! The server over HTTP, on real sockets.

mod client;
mod door;
mod ending;
mod held;
mod listening;
mod messages;
mod sessions;
