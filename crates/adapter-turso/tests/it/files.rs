//! One file format with the SQLite adapter, and what may not be opened.

mod both_engines;
mod killed;
mod processes;
mod refused;
