use std::{
    fs::File,
    io::{self, Read, Seek},
    path::{Path, PathBuf},
};

use memorygraph::import::{
    DatabaseImport, ImportError, OnInvalid, Options, Progress, Report, Stage, is_database,
};
use memorygraph::migrate;
use memorygraph::{Error, MemoryGraph};
use serde::Serialize;
use tempfile::NamedTempFile;

use super::bar::Bar;
use crate::{
    arguments::Import,
    command_line::line_of,
    failure::{Failure, tell},
    output::Output,
    style::{WARNING, paint},
    table::on_one_line,
    view::import as view,
};

/// How many bytes tell a database.
const MAGIC: usize = 16;
/// How a file begins that gzip wrote.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// What can be taken in.
const KINDS: &str = "what is read: JSON Lines of this program, a JSON export or a database of the \
                     Python or TypeScript MemoryGraph, memory.jsonl of the MCP memory server";

/// What came of the files, for programs.
#[derive(Serialize)]
struct Answer {
    files: Vec<Imported>,
}

/// What came of a file.
#[derive(Serialize)]
struct Imported {
    file: String,
    #[serde(flatten)]
    report: Came,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Came {
    Records(Box<Report>),
    Database(Box<DatabaseImport>),
}

pub(super) async fn import(
    graph: &MemoryGraph,
    import: &Import,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut answer = Answer { files: Vec::new() };
    let mut result = Ok(());
    let mut damaged = None;
    let is_one = import.files.len() == 1;
    for path in &import.files {
        match one(graph, path, import, output).await {
            Ok(report) => {
                let file = path.display().to_string();
                if !output.is_json() {
                    if !is_one {
                        output.line(format_args!("{file}:"))?;
                    }
                    output.lines(match &report {
                        Came::Records(report) => view::records(report),
                        Came::Database(report) => view::database(report),
                    })?;
                }
                damaged = damaged.or_else(|| report.damage(path, output.is_json()));
                answer.files.push(Imported { file, report });
            }
            Err(failure) => {
                result = Err(failure);
                break;
            }
        }
    }
    // Also before a failure: what was imported is in the graph.
    if output.is_json() && !answer.files.is_empty() {
        output.json(&answer)?;
    }
    output.flush()?;
    result.and(damaged.map_or(Ok(()), Err))
}

impl Came {
    /// Warns of what is missing in a file or was changed in it, and returns that as a failure: what
    /// was imported is not all that there was.
    fn damage(&self, file: &Path, as_json: bool) -> Option<Failure> {
        let Self::Records(report) = self else {
            return None;
        };
        if report.damage.is_empty() {
            return None;
        }
        let file = shown(file);
        let mut failure = Failure::invalid_file(format!("{file} is not as it was written"))
            .hint("what could be read is in the graph; import a copy that is whole as well");
        for damage in &report.damage {
            if as_json {
                failure = failure.with_detail(damage.clone());
            } else {
                let warning = paint(WARNING, "warning:");
                tell(format_args!("{warning} {file}: {}", on_one_line(damage)));
            }
        }
        Some(failure)
    }
}

async fn one(
    graph: &MemoryGraph,
    path: &Path,
    import: &Import,
    output: &Output,
) -> Result<Came, Failure> {
    let unreadable = |error| Failure::failed(format!("read {}: {error}", shown(path)));
    graph.refuse_own_file(path)?;
    let mut source = Source::open(path).await.map_err(unreadable)?;
    let begin = source.begin().map_err(unreadable)?;
    if begin.is_empty() {
        return Err(Failure::invalid_file(format!("{} is empty", shown(path))).hint(KINDS));
    }
    if begin.starts_with(&GZIP) {
        let name = path.display().to_string();
        let unpack = line_of(&["gunzip", "-c", &name]);
        let hint = format!("{} | memorygraph import -", on_one_line(&unpack));
        let message = format!("{} is compressed", shown(path));
        return Err(Failure::invalid_file(message).hint(hint));
    }
    let name_it = |error| named(error, path, import.files.len() == 1);
    let mut bar = Bar::new(output);
    if is_database(&begin) {
        let mut show = |progress: migrate::Progress| {
            let doing = match progress.stage {
                migrate::Stage::Memories => "keeping memories",
                migrate::Stage::Relationships => "keeping relationships",
                migrate::Stage::Verify => "verifying",
            };
            bar.show(doing, progress.done, Some(progress.total));
        };
        let report = graph.import_database(source.path(), &mut show).await;
        let report = report.map_err(name_it)?;
        return Ok(Came::Database(Box::new(report)));
    }
    let options = Options {
        invalid: if import.skip_invalid {
            OnInvalid::SetAside
        } else {
            OnInvalid::Stop
        },
    };
    let mut show = |progress: Progress| {
        let doing = match progress.stage {
            Stage::Check => "checking",
            Stage::Memories => "keeping memories",
            Stage::Relationships => "keeping relationships",
        };
        bar.show(doing, progress.done, progress.total);
    };
    let report = graph.import(source.into_file(), options, &mut show).await;
    Ok(Came::Records(Box::new(report.map_err(name_it)?)))
}

/// Names the file in a failure: where there are several, and where the file may be the wrong one.
fn named(error: Error, path: &Path, is_one: bool) -> Failure {
    let is_unknown = matches!(
        error,
        Error::Import(
            ImportError::NoJson { .. } | ImportError::NoExport { .. } | ImportError::CutOff { .. }
        )
    );
    let failure = Failure::from(error);
    match (is_unknown, is_one) {
        (true, _) => failure.about(&path.display()).hint(KINDS),
        (false, false) => failure.about(&path.display()),
        (false, true) => failure,
    }
}

fn shown(path: &Path) -> String {
    if path == Path::new("-") {
        "the standard input".to_owned()
    } else {
        on_one_line(&path.display().to_string())
    }
}

/// A file that can be read more than once: what cannot is copied first.
enum Source {
    Named(File, PathBuf),
    Copied(NamedTempFile),
}

impl Source {
    async fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Self::copy(io::stdin()).await;
        }
        let file = File::open(path)?;
        let kind = file.metadata()?.file_type();
        if kind.is_dir() {
            return Err(io::Error::other("it is a folder"));
        }
        if kind.is_file() {
            Ok(Self::Named(file, path.to_owned()))
        } else {
            Self::copy(file).await
        }
    }

    /// Copies what comes, on a thread of its own: whoever stops the command does not wait for more.
    #[expect(
        clippy::disallowed_methods,
        reason = "no engine blocks there, and nobody waits for what is not read"
    )]
    async fn copy(mut from: impl Read + Send + 'static) -> io::Result<Self> {
        let mut file = NamedTempFile::new()?;
        let mut to = file.as_file().try_clone()?;
        let copying = tokio::task::spawn_blocking(move || io::copy(&mut from, &mut to));
        copying.await.map_err(io::Error::other)??;
        file.rewind()?;
        Ok(Self::Copied(file))
    }

    /// Returns how the file begins.
    fn begin(&mut self) -> io::Result<Vec<u8>> {
        let file = match self {
            Self::Named(file, _) => file,
            Self::Copied(file) => file.as_file_mut(),
        };
        let mut begin = Vec::new();
        Read::by_ref(file)
            .take(MAGIC as u64)
            .read_to_end(&mut begin)?;
        file.rewind()?;
        Ok(begin)
    }

    fn path(&self) -> &Path {
        match self {
            Self::Named(_, path) => path,
            Self::Copied(file) => file.path(),
        }
    }

    /// The file, open; a copy has no name any more.
    fn into_file(self) -> File {
        match self {
            Self::Named(file, _) => file,
            Self::Copied(file) => file.into_file(),
        }
    }
}
