//! What the Turso adapter promises beyond the contract, against a real primary and on a network that
//! a test disturbs.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod contents;
mod detour;
mod folder;
mod graph;
mod log;
mod rerun;
mod world;

mod closing;
mod copies;
mod devices;
mod files;
mod kills;
mod literals;
mod offline;
mod pages;
mod predecessors;
mod primaries;
mod proxy;
mod round_trips;
mod second_process;
mod servers;
mod soundness;
mod specification;
mod sql;
mod together;
mod tokens;
mod upkeep;
