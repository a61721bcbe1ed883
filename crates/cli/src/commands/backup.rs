use memorygraph::{Config, MemoryGraph};

use super::bar::patiently;
use crate::{
    arguments::{Backup, Restore},
    ask,
    failure::Failure,
    output::Output,
    table::on_one_line,
    view::{counted, size},
};

pub(super) async fn backup(
    graph: &MemoryGraph,
    asked: &Backup,
    output: &mut Output,
) -> Result<(), Failure> {
    let copying = graph.backup(&asked.file);
    let backup = patiently(output, "copying and checking", copying).await?;
    if output.is_json() {
        return Ok(output.json(&backup)?);
    }
    Ok(output.line(format_args!(
        "Backed up {} and {} to {}, {}.",
        counted(backup.memories, "memory", "memories"),
        counted(backup.relationships, "relationship", "relationships"),
        on_one_line(&backup.file),
        size(backup.size_bytes)
    ))?)
}

/// Puts a backup in the place of the graph that `config` leads to.
pub(super) async fn restore(
    config: &Config,
    asked: &Restore,
    output: &mut Output,
) -> Result<(), Failure> {
    let place = config.path().value.display();
    if config.path().value.exists() && !asked.yes {
        let question = format!("Put {} in the place of {place}?", asked.file.display());
        ask::confirm(&question, output)?;
    }
    let restoring = memorygraph::restore(config, &asked.file);
    let restored = patiently(output, "checking and copying", restoring).await?;
    if output.is_json() {
        return Ok(output.json(&restored)?);
    }
    output.line(format_args!(
        "Restored {} and {} to {place}.",
        counted(restored.memories, "memory", "memories"),
        counted(restored.relationships, "relationship", "relationships")
    ))?;
    if let Some(kept) = &restored.kept {
        output.line(format_args!(
            "What was there is kept in {}",
            on_one_line(&kept.display().to_string())
        ))?;
    }
    Ok(())
}
