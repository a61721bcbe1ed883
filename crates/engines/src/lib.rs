//! Real servers for tests and benchmarks, and the trouble that a network makes.
//!
//! A [`Sqld`] is a libSQL primary of its own on a free loopback port: its program is fetched once per
//! machine ([`fetch`]), and it ends with the value, and with the process however that dies.
//! [`Tokens`] open a primary that asks for them. A [`Proxy`] stands between a client and a server and
//! delays, cuts, holds up or loses what passes. [`NotLibsql`] and [`closed_port`] are what a mistyped
//! address leads to. [`http`] asks a server without any client library. [`clients`] are the official
//! clients of the Model Context Protocol, which talk to our own server.
//!
//! This is support for tests: what cannot be had is a panic that says what to do.

pub mod clients;
pub mod fetch;
pub mod http;
mod sqld;

mod background;
mod elsewhere;
mod kept;
mod ports;
mod process;
mod proxy;
mod tokens;

pub use elsewhere::{NotLibsql, serve_not_libsql};
pub use ports::closed_port;
pub use proxy::Proxy;
pub use sqld::{SavedData, Sqld, SqldOptions};
pub use tokens::Tokens;
