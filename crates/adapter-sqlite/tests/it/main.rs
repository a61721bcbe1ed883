//! What the SQLite adapter promises beyond the contract: that nothing is lost when processes die,
//! disks fill up and files are damaged, that every statement uses an index, and that the index has
//! the words that the domain says it has.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod backing_up;
mod cancelling;
mod child;
mod damage;
mod disk;
mod encryption;
mod erasing;
mod files;
mod graph;
mod inspecting;
mod kill;
mod paths;
mod permissions;
mod plans;
mod predecessors;
mod processes;
mod restoring;
mod searching;
mod settings;
mod sharing;
mod sql;
mod together;
mod upgrade;
mod words;
