use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use memorygraph::MemoryGraph;
use memorygraph::import::{OnInvalid, Options, Progress, Report, Stage};

use super::bar::Bar;
use crate::{
    arguments::Import,
    failure::Failure,
    output::Output,
    table::on_one_line,
    view::{Facts, count, counted},
};

/// How many cycles and records are listed; JSON has more.
pub(super) const LISTED: usize = 20;
/// How many memories of a cycle are named.
const ALONG: usize = 8;

pub(super) async fn import(
    graph: &MemoryGraph,
    import: &Import,
    output: &mut Output,
) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let file = import.file.display();
        Failure::failed(format!("read {file}: {error}"))
    };
    let source = open(&import.file).map_err(failed)?;
    let options = Options {
        invalid: if import.skip_invalid {
            OnInvalid::SetAside
        } else {
            OnInvalid::Stop
        },
    };
    let mut bar = Bar::new(output);
    let mut show = |progress: Progress| {
        let doing = match progress.stage {
            Stage::Check => "checking",
            Stage::Memories => "keeping memories",
            Stage::Relationships => "keeping relationships",
        };
        bar.show(doing, progress.done, progress.total);
    };
    let result = graph.import(source, options, &mut show).await;
    bar.clear();
    let report = result?;
    if output.is_json() {
        return Ok(output.json(&report)?);
    }
    Ok(output.lines(lines(&report))?)
}

/// Opens a file that can be read more than once: what cannot is copied first.
fn open(path: &Path) -> io::Result<File> {
    if path == Path::new("-") {
        return copy(io::stdin().lock());
    }
    let file = File::open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::Error::other("it is a folder"));
    }
    if kind.is_file() { Ok(file) } else { copy(file) }
}

fn copy(mut from: impl Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut from, &mut file)?;
    Ok(file)
}

/// Returns what a person wants to know about an import.
fn lines(report: &Report) -> Vec<String> {
    let mut lines = vec![format!(
        "Imported {} and {}.",
        counted(report.memories.added, "memory", "memories"),
        counted(report.relationships.added, "relationship", "relationships")
    )];
    let there = [&report.memories, &report.relationships].map(|tally| tally.already_there);
    if there != [0, 0] {
        lines.push(format!(
            "Already there: {} and {}.",
            counted(there[0], "memory", "memories"),
            counted(there[1], "relationship", "relationships")
        ));
    }
    let mut facts = Facts::default();
    let mut note = |number: u64, what: &str| {
        if number > 0 {
            facts.add(count(number), what);
        }
    };
    note(
        report.memories_differing,
        "of those memories say something else in the file; the store was left as it is",
    );
    note(
        report.relationships_reinforced,
        "relationships state what another one of the file does, and reinforced it",
    );
    for (field, number) in &report.fields_ignored {
        let what = format!("times the field {field:?} of a relationship, which has no place here");
        note(*number, &what);
    }
    lines.extend(facts.lines());
    if !report.cycles.is_empty() {
        lines.push(String::new());
        lines.push("Cycles of types that should have none, kept as they are:".to_owned());
        for cycle in report.cycles.iter().take(LISTED) {
            let around = cycle.memories.iter().chain(cycle.memories.first());
            let ids = around.take(ALONG).map(|id| on_one_line(id.as_str()));
            let mut way = ids.collect::<Vec<_>>().join(" → ");
            if cycle.memories.len() >= ALONG {
                let all = cycle.memories.len();
                way = format!("{way} → … ({all} memories around)");
            }
            lines.push(format!("  {}  {way}", cycle.relationship_type));
        }
        lines.extend(more(report.cycles.len() as u64));
    }
    let aside = report.memories.set_aside + report.relationships.set_aside;
    if aside > 0 {
        lines.push(String::new());
        lines.push(format!("Left out: {}", counted(aside, "record", "records")));
        let listed = report.set_aside.iter().take(LISTED);
        lines.extend(listed.map(|problem| format!("  {}", on_one_line(&problem.to_string()))));
        lines.extend(more(aside));
    }
    lines
}

/// Tells how many are not listed.
pub(super) fn more(number: u64) -> Option<String> {
    let more = number.saturating_sub(LISTED as u64);
    (more > 0).then(|| format!("  and {} more; --json has more of them", count(more)))
}
