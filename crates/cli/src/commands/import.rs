use std::{
    fs::File,
    io::{self, Read, Seek},
    path::{Path, PathBuf},
};

use memorygraph::MemoryGraph;
use memorygraph::import::{
    DatabaseImport, OnInvalid, Options, Progress, Report, Stage, is_database,
};
use memorygraph::migrate;
use serde::Serialize;
use tempfile::NamedTempFile;

use super::bar::Bar;
use crate::{arguments::Import, failure::Failure, output::Output, view::import as view};

/// How many bytes tell a database.
const MAGIC: usize = 16;

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
                answer.files.push(Imported { file, report });
            }
            Err(failure) => {
                result = Err(if is_one {
                    failure
                } else {
                    failure.about(&path.display())
                });
                break;
            }
        }
    }
    // Also before a failure: what was imported is in the graph.
    if output.is_json() && !answer.files.is_empty() {
        output.json(&answer)?;
    }
    output.flush()?;
    result
}

async fn one(
    graph: &MemoryGraph,
    path: &Path,
    import: &Import,
    output: &Output,
) -> Result<Came, Failure> {
    let mut source = Source::open(path).map_err(|error| {
        let file = path.display();
        Failure::failed(format!("read {file}: {error}"))
    })?;
    let mut bar = Bar::new(output);
    if source.is_database()? {
        let mut show = |progress: migrate::Progress| {
            let doing = match progress.stage {
                migrate::Stage::Memories => "keeping memories",
                migrate::Stage::Relationships => "keeping relationships",
                migrate::Stage::Verify => "verifying",
            };
            bar.show(doing, progress.done, Some(progress.total));
        };
        let report = graph.import_database(source.path(), &mut show).await?;
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
    let report = graph.import(source.into_file(), options, &mut show).await?;
    Ok(Came::Records(Box::new(report)))
}

/// A file that can be read more than once: what cannot is copied first.
enum Source {
    Named(File, PathBuf),
    Copied(NamedTempFile),
}

impl Source {
    fn open(path: &Path) -> io::Result<Self> {
        if path == Path::new("-") {
            return Self::copy(io::stdin().lock());
        }
        let file = File::open(path)?;
        let kind = file.metadata()?.file_type();
        if kind.is_dir() {
            return Err(io::Error::other("it is a folder"));
        }
        if kind.is_file() {
            Ok(Self::Named(file, path.to_owned()))
        } else {
            Self::copy(file)
        }
    }

    fn copy(mut from: impl Read) -> io::Result<Self> {
        let mut file = NamedTempFile::new()?;
        io::copy(&mut from, &mut file)?;
        file.rewind()?;
        Ok(Self::Copied(file))
    }

    fn is_database(&mut self) -> Result<bool, Failure> {
        let file = match self {
            Self::Named(file, _) => file,
            Self::Copied(file) => file.as_file_mut(),
        };
        let mut begin = Vec::new();
        let read = Read::by_ref(file)
            .take(MAGIC as u64)
            .read_to_end(&mut begin);
        read.and_then(|_| file.rewind())
            .map_err(|error| Failure::failed(format!("read the file: {error}")))?;
        Ok(is_database(&begin))
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
