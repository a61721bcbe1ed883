//! The MCP server: every agent's way to a [`MemoryGraph`](memorygraph::MemoryGraph).
//!
//! [`serve`] talks to one client over a pair of pipes, [`serve_http`] to many over HTTP. [`Server`] is what any transport of rmcp can
//! serve: [tools](memorygraph::ToolProfile), resources and prompts.

mod completions;
mod guard;
mod http;
mod lines;
mod logging;
mod misfit;
mod misread;
mod places;
mod progress;
mod prompts;
mod resources;
mod serve;
mod server;
mod subscriptions;
mod tools;
mod updates;

pub use http::{Http, serve_http};
pub use serve::{Options, serve};
pub use server::Server;
