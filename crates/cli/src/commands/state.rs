use memorygraph::{Config, MemoryGraph};

use crate::{failure::Failure, output::Output, view};

pub(super) async fn stats(graph: &MemoryGraph, output: &mut Output) -> Result<(), Failure> {
    let statistics = graph.statistics().await?;
    if output.is_json() {
        return Ok(output.json(&statistics)?);
    }
    Ok(output.lines(view::statistics(&statistics, usize::MAX, output.width()))?)
}

pub(super) async fn health(
    graph: &MemoryGraph,
    config: &Config,
    output: &mut Output,
) -> Result<(), Failure> {
    let health = graph.health().await?;
    if output.is_json() {
        return Ok(output.json(&health)?);
    }
    Ok(output.lines(view::health(&health, &config.sqlite_path.origin))?)
}
