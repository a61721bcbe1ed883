//! Migrations between real stores.

mod contents;
mod filled;
mod past;
#[cfg(all(feature = "sqlite", feature = "turso"))]
mod primaries;
#[cfg(all(feature = "sqlite", feature = "turso"))]
mod random;
mod refused;
mod stores;
