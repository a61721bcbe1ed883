//! The MCP server: every agent's way to a [`MemoryGraph`](memorygraph::MemoryGraph).
//!
//! [`serve`] talks to one client over a pair of pipes. [`Server`] is what any transport of rmcp can
//! serve: [tools](memorygraph::ToolProfile), resources and prompts.

mod guard;
mod lines;
mod prompts;
mod resources;
mod serve;
mod server;
mod tools;

pub use serve::{Options, serve};
pub use server::Server;
