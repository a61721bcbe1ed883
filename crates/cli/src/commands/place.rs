//! Whether there is a graph where the configuration leads.

use memorygraph::{BackendName, Config, TursoMode};

use crate::{arguments::Command, failure::Failure, table::on_one_line};

/// Where an engine keeps a graph that is gone when it is closed.
const IN_MEMORY: &str = ":memory:";

/// Whether a primary keeps the graph, here in a copy or not at all.
pub(super) fn has_primary(config: &Config) -> bool {
    let mode = config.turso_mode.as_ref().map(|mode| mode.value);
    config.backend.value == BackendName::Turso
        && config.turso_database_url.is_some()
        && mode != Some(TursoMode::Local)
}

/// Fails where `command` asks for a graph that is not there yet, since a mistyped path looks like an
/// empty graph, and a backup of that like a backup.
pub(super) fn expect_graph(config: &Config, command: &Command) -> Result<(), Failure> {
    let path = &config.path().value;
    // What cannot be looked at is left to the engine, which says why.
    let is_there = path.try_exists().unwrap_or(true) || path.as_os_str() == IN_MEMORY;
    // What is wrong with the configuration comes first.
    let is_refused = config.backend.value == BackendName::Turso && config.sqlite_key.is_some();
    if is_there || is_refused || command.makes_graph() || has_primary(config) {
        return Ok(());
    }
    let place = on_one_line(&path.display().to_string());
    Err(
        Failure::not_found(format!("there is no graph at {place} yet")).hint(
            "memorygraph store makes one; --path names another file, and memorygraph config tells \
             where this one was named",
        ),
    )
}
