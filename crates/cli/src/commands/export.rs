use std::{num::NonZeroU32, path::Path};

use memorygraph::MemoryGraph;
use memorygraph::domain::{AsOf, ListQuery, MemoryFilter, Walk};
use memorygraph::export::{
    self, Existing, NotesOptions, Options, PartFormat, PartQuery, PartReport, Progress, Stage,
    Target,
};
use serde::Serialize;

use super::bar::Bar;
use crate::{
    arguments::{Export, ExportFormat, Piece},
    failure::{Failure, tell},
    output::Output,
    table::on_one_line,
    view::{counted, size},
};

/// How many memories of a part are drawn when nobody says.
const DRAWN: NonZeroU32 = NonZeroU32::new(500).expect("it is not zero");
/// The most memories of a part.
const MOST: NonZeroU32 = NonZeroU32::new(PartQuery::LARGEST).expect("it is not zero");
/// How far a part reaches around a memory when nobody says.
const DEPTH: u8 = 2;

/// What was written, for programs.
#[derive(Serialize)]
struct Answer<'a, R: Serialize> {
    format: &'static str,
    file: &'a Path,
    #[serde(flatten)]
    report: &'a R,
}

pub(super) async fn export(
    graph: &MemoryGraph,
    asked: &Export,
    output: &mut Output,
) -> Result<(), Failure> {
    let file = asked.file.as_deref().filter(|file| *file != Path::new("-"));
    let format = match asked.format {
        Some(format) => format,
        None => by_ending(file)?,
    };
    if output.is_json() && file.is_none() {
        return Err(Failure::usage(
            "with --json the answer goes to the standard output, so the export needs a FILE",
        ));
    }
    let whole = match format {
        ExportFormat::Jsonl => export::Format::Jsonl,
        ExportFormat::McpMemory => export::Format::McpMemory,
        ExportFormat::Markdown => return notes(graph, asked, file, output).await,
        ExportFormat::Graphml => {
            return part(graph, asked, file, PartFormat::GraphMl, output).await;
        }
        ExportFormat::Dot => return part(graph, asked, file, PartFormat::Dot, output).await,
        ExportFormat::Mermaid => {
            return part(graph, asked, file, PartFormat::Mermaid, output).await;
        }
    };
    if asked.piece.is_narrowed() {
        return Err(Failure::usage(format!(
            "{whole} writes the whole graph: leave out --around, --type, --tag, --project, --along \
             and --limit, or take another --format"
        )));
    }
    let target = target(file, output)?;
    let options = Options {
        format: whole,
        existing: asked.existing(),
    };
    let mut bar = Bar::new(output);
    let mut show = |progress: Progress| {
        let doing = match progress.stage {
            Stage::Look => "reading",
            Stage::Write => "writing",
        };
        bar.show(doing, progress.done, Some(progress.total));
    };
    let result = graph.export(target, &options, &mut show).await;
    bar.clear();
    let report = result?;
    let Some(file) = file else {
        return Ok(());
    };
    if output.is_json() {
        let format = whole.as_str();
        return Ok(output.json(&Answer {
            format,
            file,
            report: &report,
        })?);
    }
    output.line(format_args!(
        "Exported {} to {}, {}.",
        both(report.memories, report.relationships),
        shown(file),
        size(report.bytes)
    ))?;
    if report.quarantined > 0 {
        let records = counted(report.quarantined, "record", "records");
        output.line(format_args!("With {records} of the quarantine."))?;
    }
    if report.left_out > 0 {
        output.line(format_args!(
            "Left out: {}, for which {whole} has no place.",
            counted(report.left_out, "record", "records")
        ))?;
    }
    Ok(())
}

/// Writes a folder of notes.
async fn notes(
    graph: &MemoryGraph,
    asked: &Export,
    folder: Option<&Path>,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(folder) = folder else {
        return Err(Failure::usage(
            "markdown needs a folder: memorygraph export FOLDER --format markdown",
        ));
    };
    let options = NotesOptions {
        part: asked.piece.is_narrowed().then(|| asked.piece.query(MOST)),
        existing: asked.existing(),
    };
    let mut bar = Bar::new(output);
    let mut show = |notes: u64| bar.show("writing notes", notes, None);
    let result = graph.export_notes(folder, &options, &mut show).await;
    bar.clear();
    tell_of_part("markdown", Some(folder), &result?, output)
}

/// Draws a part.
async fn part(
    graph: &MemoryGraph,
    asked: &Export,
    file: Option<&Path>,
    format: PartFormat,
    output: &mut Output,
) -> Result<(), Failure> {
    let query = asked.piece.query(DRAWN);
    let target = target(file, output)?;
    let report = graph
        .export_part(&query, format, target, asked.existing())
        .await?;
    tell_of_part(format.as_str(), file, &report, output)
}

/// Tells what was written, unless the answer went to the standard output itself.
fn tell_of_part(
    format: &'static str,
    file: Option<&Path>,
    report: &PartReport,
    output: &mut Output,
) -> Result<(), Failure> {
    match file {
        Some(file) if output.is_json() => output.json(&Answer {
            format,
            file,
            report,
        })?,
        Some(file) => output.line(format_args!(
            "Exported {} to {}.",
            both(report.memories, report.relationships),
            shown(file)
        ))?,
        None => {}
    }
    if report.truncated && !output.is_json() {
        tell("There is more: the limit is reached, and --limit raises it.");
    }
    Ok(())
}

fn target(file: Option<&Path>, output: &mut Output) -> Result<Target, Failure> {
    let folder = file.and_then(Path::parent);
    if let (Some(file), Some(folder)) = (file, folder)
        && !folder.as_os_str().is_empty()
        && !folder.try_exists().unwrap_or(true)
    {
        let (file, folder) = (shown(file), shown(folder));
        let message = format!("{file} cannot be written: there is no folder {folder}");
        return Err(Failure::failed(message).hint("make it, or name another FILE"));
    }
    Ok(match file {
        Some(file) => Target::File(file.to_owned()),
        None => Target::Writer(output.sink()?),
    })
}

/// Returns the format that the ending of a file means.
fn by_ending(file: Option<&Path>) -> Result<ExportFormat, Failure> {
    let ending = file.and_then(Path::extension).unwrap_or_default();
    let ending = ending.to_string_lossy().to_lowercase();
    Ok(match ending.as_str() {
        "graphml" => ExportFormat::Graphml,
        "dot" | "gv" => ExportFormat::Dot,
        "mmd" | "mermaid" => ExportFormat::Mermaid,
        "" | "jsonl" | "ndjson" | "json" => ExportFormat::Jsonl,
        "md" | "markdown" => {
            return Err(Failure::usage(
                "markdown is a folder of notes: memorygraph export FOLDER --format markdown",
            ));
        }
        other => {
            let message = format!("the ending .{} says no format", on_one_line(other));
            return Err(Failure::usage(message).hint("--format says it, such as --format jsonl"));
        }
    })
}

fn both(memories: u64, relationships: u64) -> String {
    format!(
        "{} and {}",
        counted(memories, "memory", "memories"),
        counted(relationships, "relationship", "relationships")
    )
}

fn shown(path: &Path) -> String {
    on_one_line(&path.display().to_string())
}

impl Export {
    fn existing(&self) -> Existing {
        if self.force {
            Existing::Replace
        } else {
            Existing::Keep
        }
    }
}

impl Piece {
    /// Whether it asks for less than the whole graph.
    fn is_narrowed(&self) -> bool {
        self.around.is_some()
            || !self.types.is_empty()
            || !self.tags.is_empty()
            || self.project.is_some()
            || !self.along.is_empty()
            || self.limit.is_some()
    }

    /// Returns the question, with at most `most` memories unless something else was said.
    fn query(&self, most: NonZeroU32) -> PartQuery {
        let limit = self.limit.unwrap_or(most);
        if let Some(around) = &self.around {
            return PartQuery::Around(Walk {
                depth: self.depth.unwrap_or(DEPTH),
                types: self.along.clone(),
                limit,
                ..Walk::new(around.clone())
            });
        }
        PartQuery::Matching {
            list: ListQuery {
                filter: MemoryFilter {
                    types: self.types.clone(),
                    tags: self.tags.clone(),
                    project_path: self.project.clone(),
                    ..MemoryFilter::default()
                },
                ..ListQuery::default()
            },
            types: self.along.clone(),
            as_of: AsOf::Latest,
            limit,
        }
    }
}
