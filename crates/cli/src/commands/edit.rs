//! A memory in somebody's editor.

mod sheet;

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    io::{self, Write},
    path::Path,
    process::{Command, ExitStatus},
};

use memorygraph::domain::Memory;
use memorygraph::{MemoryGraph, Updated};
use tempfile::TempPath;

use super::change::{in_project, show};
use crate::{arguments::Update, failure::Failure, output::Output, table::on_one_line, tree::name};

/// The variables that name an editor, the first that is set counts.
const EDITORS: [&str; 2] = ["VISUAL", "EDITOR"];

/// Opens the memory in an editor, and changes what differs in what was saved. A text that cannot
/// be kept stays in a file that the error names.
pub(super) async fn edit(
    graph: &MemoryGraph,
    update: &Update,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(editor) = EDITORS.iter().find_map(|name| set(name)) else {
        return Err(Failure::usage("nothing is said that should be changed")
            .hint("say it, as with --title TEXT, or set EDITOR to edit it all"));
    };
    let Some(memory) = graph.get(&update.id).await? else {
        return Err(super::find::no_memory(&update.id));
    };
    let file = written(&sheet::write(&memory))
        .map_err(|error| Failure::failed(format!("write a temporary file: {error}")))?;
    let ended = run(&editor, &file).map_err(|error| {
        let editor = editor.to_string_lossy();
        Failure::failed(format!(
            "run the editor {:?}: {error}",
            on_one_line(&editor)
        ))
    })?;
    match changed(graph, update, &memory, ended, &file).await {
        Ok(Some(updated)) => show(&updated, output),
        Ok(None) if output.is_json() => {
            let merged = Vec::new();
            show(&Updated { memory, merged }, output)
        }
        Ok(None) => Ok(output.line(format_args!("Nothing was changed in {}", name(&memory)))?),
        Err(failure) => Err(kept(failure, &memory, file)),
    }
}

fn set(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.to_string_lossy().trim().is_empty())
}

fn written(text: &str) -> io::Result<TempPath> {
    let mut builder = tempfile::Builder::new();
    let mut file = builder.prefix("memorygraph-").suffix(".md").tempfile()?;
    file.write_all(text.as_bytes())?;
    Ok(file.into_temp_path())
}

/// Waits until the person is done.
fn run(editor: &OsStr, file: &Path) -> io::Result<ExitStatus> {
    // The variable is a command of a shell, as others read it, with options and quotes.
    #[cfg(unix)]
    let mut command = {
        let mut line = editor.to_owned();
        line.push(" \"$@\"");
        let mut command = Command::new("sh");
        command.arg("-c").arg(line).arg("sh");
        command
    };
    #[cfg(not(unix))]
    let mut command = {
        let editor = editor.to_string_lossy();
        let mut words = editor.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        command
    };
    command.arg(file).status()
}

/// Makes the change that was saved; of none, returns nothing.
async fn changed(
    graph: &MemoryGraph,
    update: &Update,
    memory: &Memory,
    ended: ExitStatus,
    file: &Path,
) -> Result<Option<Updated>, Failure> {
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::failed(format!("read what was edited: {error}")))?;
    if !ended.success() {
        return Err(Failure::failed(format!(
            "the editor did not end well: {ended}"
        )));
    }
    let edited = sheet::read(&text, memory).map_err(Failure::usage)?;
    let Some(mut wanted) = difference(memory, edited) else {
        return Ok(None);
    };
    wanted.author.clone_from(&update.author);
    wanted.expected_version = update.if_version.or(Some(memory.version));
    Ok(Some(graph.update(&update.id, &wanted).await?))
}

/// Returns what has to be changed to make `before` into `after`; of nothing, returns nothing.
fn difference(before: &Memory, after: Memory) -> Option<memorygraph::Update> {
    fn new<T: PartialEq>(before: &T, after: T) -> Option<T> {
        (after != *before).then_some(after)
    }
    let after = after.normalised();
    let project = after.project_path().unwrap_or_default();
    let same_project = project == before.project_path().unwrap_or_default();
    let context = (!same_project).then(|| in_project(before, project));
    let summary = new(&before.summary, after.summary);
    let update = memorygraph::Update {
        context,
        memory_type: new(&before.memory_type, after.memory_type),
        title: new(&before.title, after.title),
        content: new(&before.content, after.content),
        summary: summary.map(Option::unwrap_or_default),
        tags: new(&before.tags, after.tags),
        importance: new(&before.importance, after.importance),
        confidence: new(&before.confidence, after.confidence),
        effectiveness: new(&before.effectiveness, after.effectiveness).flatten(),
        ..memorygraph::Update::default()
    };
    (update != memorygraph::Update::default()).then_some(update)
}

/// Keeps a text that somebody wrote, and says where.
fn kept(failure: Failure, memory: &Memory, file: TempPath) -> Failure {
    let is_as_it_was = fs::read_to_string(&file).is_ok_and(|text| text == sheet::write(memory));
    if is_as_it_was {
        return failure;
    }
    match file.keep() {
        Ok(path) => failure.with_detail(format!("your text is kept in {}", path.display())),
        Err(error) => failure.with_detail(format!("your text could not be kept: {error}")),
    }
}
