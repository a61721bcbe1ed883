use memorygraph::MemoryGraph;
use memorygraph::ports::{Statistics, SyncStatus};
use serde::Serialize;

use crate::{failure::Failure, output::Output, view};

/// The statistics, and for a replica how its syncing goes.
#[derive(Serialize)]
struct Stats {
    #[serde(flatten)]
    statistics: Statistics,
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<SyncStatus>,
}

pub(super) async fn stats(graph: &MemoryGraph, output: &mut Output) -> Result<(), Failure> {
    // Before counting: what comes in meanwhile makes the counts newer than is said.
    let sync = graph.sync_status();
    let statistics = graph.statistics().await?;
    if output.is_json() {
        return Ok(output.json(&Stats { statistics, sync })?);
    }
    output.lines(view::statistics::statistics(
        &statistics,
        usize::MAX,
        output.width(),
    ))?;
    if let Some(status) = sync {
        output.line("")?;
        output.line(format_args!(
            "last sync  {}",
            view::sync::last_success(&status)
        ))?;
    }
    Ok(())
}
