use std::{io, pin::pin, time::Duration};

use memorygraph::ports::{Latency, SyncState, SyncStatus, Synced};
use memorygraph::{BackendName, Config, MemoryGraph, TursoMode};
use serde::Serialize;

use super::{bar::patiently, place, stop::asked_to_end};
use crate::{
    arguments::Sync,
    failure::{Failure, tell, warn},
    output::Output,
    view,
};

/// How often the watch looks whether there was a sync.
const GLANCE: Duration = Duration::from_millis(100);

/// A line for programs.
#[derive(Serialize)]
struct Line<'a> {
    /// What a sync brought; none when there was none, or it failed.
    synced: Option<Synced>,
    /// How the syncing goes; none on a store that is no replica.
    status: Option<&'a SyncStatus>,
}

/// Returns the configuration for this command: what it shows are the syncs that it was asked for,
/// and none that opening or closing the store adds.
pub(super) fn config(config: &Config, sync: &Sync) -> Config {
    let mut config = config.clone();
    config.turso_auto_sync.value = sync.watch;
    config
}

/// Shows the status of a replica that is to be made: opening it would ask the primary. Returns
/// whether that was all that is asked for.
pub(super) fn is_yet_to_be_made(
    config: &Config,
    sync: &Sync,
    output: &mut Output,
) -> Result<bool, Failure> {
    let mode = config.turso_mode.as_ref().map(|mode| mode.value);
    let is_replica = place::has_primary(config) && mode != Some(TursoMode::Remote);
    if !sync.status || !is_replica || config.turso_path.value.exists() {
        return Ok(false);
    }
    let status = SyncStatus {
        state: SyncState::Idle,
        last_success: None,
        age: None,
        interval: None,
        last_error: None,
        notices: Vec::new(),
        successes: 0,
        failures: 0,
        frames: 0,
        latency: Latency::default(),
    };
    show(&status, sync.prometheus, output)?;
    Ok(true)
}

pub(super) async fn sync(
    graph: &MemoryGraph,
    config: &Config,
    sync: &Sync,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(opened) = graph.sync_status() else {
        return no_replica(config, sync, output);
    };
    if sync.status {
        return show(&opened, sync.prometheus, output);
    }
    if sync.watch {
        return watch(graph, output).await;
    }
    let Some(mut synced) = patiently(output, "syncing", graph.sync()).await? else {
        return no_replica(config, sync, output);
    };
    // A replica that is new has its first copy from opening.
    synced.frames += opened.frames;
    synced.took += opened.latency.sum;
    let status = graph.sync_status().unwrap_or(opened);
    if output.is_json() {
        return Ok(output.json(&Line {
            synced: Some(synced),
            status: Some(&status),
        })?);
    }
    Ok(output.lines(view::sync::synced(&synced, &status))?)
}

/// Tells that there is nothing to sync, which is no failure.
fn no_replica(config: &Config, sync: &Sync, output: &mut Output) -> Result<(), Failure> {
    let mode = config.turso_mode.as_ref().map(|mode| mode.value);
    let is_turso = config.backend.value == BackendName::Turso;
    let hint = match mode {
        Some(TursoMode::Remote) if is_turso => {
            "with MEMORY_TURSO_MODE=remote every question goes to the primary itself"
        }
        Some(TursoMode::Local) if is_turso => {
            "with MEMORY_TURSO_MODE=local it has no primary; leave that out and set \
             TURSO_DATABASE_URL to make it a replica"
        }
        _ if is_turso => "set TURSO_DATABASE_URL to the URL of a primary to make it a replica",
        _ => "set MEMORY_BACKEND=turso, and TURSO_DATABASE_URL to the URL of a primary",
    };
    let message = "this store is no replica: there is nothing to sync";
    warn(message, hint, output.is_json());
    if output.is_json() && !sync.watch {
        output.json(&Line {
            synced: None,
            status: None,
        })?;
    }
    Ok(())
}

fn show(status: &SyncStatus, prometheus: bool, output: &mut Output) -> Result<(), Failure> {
    if prometheus {
        let text = status.to_prometheus();
        return Ok(output.lines(text.lines().map(str::to_owned))?);
    }
    if output.is_json() {
        return Ok(output.json(&Line {
            synced: None,
            status: Some(status),
        })?);
    }
    Ok(output.lines(view::sync::status(status))?)
}

/// Writes a line for each sync of the replica, which syncs by itself, until somebody ends it.
async fn watch(graph: &MemoryGraph, output: &mut Output) -> Result<(), Failure> {
    let mut end = pin!(asked_to_end());
    let mut seen = Seen::default();
    if !output.is_json() {
        tell("Ctrl-C ends it.");
    }
    while let Some(status) = graph.sync_status() {
        seen.tell(&status, output)?;
        tokio::select! {
            ended = &mut end => return Ok(ended?),
            () = tokio::time::sleep(GLANCE) => {}
        }
    }
    Ok(())
}

/// What the watch has told already.
#[derive(Default)]
struct Seen {
    successes: u64,
    failures: u64,
    frames: u64,
    took: Duration,
}

impl Seen {
    /// Writes what there is to tell since the last time.
    fn tell(&mut self, status: &SyncStatus, output: &mut Output) -> io::Result<()> {
        let synced = (status.successes > self.successes).then(|| Synced {
            frames: status.frames - self.frames,
            took: status.latency.sum.saturating_sub(self.took),
        });
        let has_failed = status.failures > self.failures;
        *self = Self {
            successes: status.successes,
            failures: status.failures,
            frames: status.frames,
            took: status.latency.sum,
        };
        if synced.is_none() && !has_failed {
            return Ok(());
        }
        if output.is_json() {
            output.json(&Line {
                synced,
                status: Some(status),
            })?;
        } else {
            output.lines(synced.map(|synced| view::sync::logged(&synced, status)))?;
            let failed = has_failed.then(|| view::sync::logged_failure(status));
            output.lines(failed.flatten())?;
        }
        output.flush()
    }
}
