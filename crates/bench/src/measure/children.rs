//! What only a fresh process can tell: how long opening takes, and how much memory it needs.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use adapter_sqlite::SqliteBackend;
use memorygraph_bench::{
    Result,
    ask::Ask,
    limit::Limit,
    machine,
    store::Store,
    timing::{Timings, timed},
};
use ports::GraphBackend;

use crate::{
    files,
    options::Options,
    report::{Figure, Report},
};

/// How many processes open the store.
const OPENINGS: usize = 20;

/// How many questions the process answers whose memory is measured.
const READS: usize = 1_000;

/// What a child process does with the store at a path.
pub(crate) enum Task {
    Open(PathBuf),
    OpenByHand(PathBuf),
    AnswerByHand(PathBuf, String),
    Read(PathBuf),
    Export(PathBuf),
    Import(PathBuf),
}

/// Returns what the command line asks a child process to do.
pub(crate) fn task(arguments: &[String]) -> Option<Task> {
    match arguments {
        [task, path] if task == "--child-open" => Some(Task::Open(path.into())),
        [task, path] if task == "--child-open-by-hand" => Some(Task::OpenByHand(path.into())),
        [task, path, ask] if task == "--child-answer-by-hand" => {
            Some(Task::AnswerByHand(path.into(), ask.clone()))
        }
        [task, path] if task == "--child-read" => Some(Task::Read(path.into())),
        [task, path] if task == "--child-export" => Some(Task::Export(path.into())),
        [task, path] if task == "--child-import" => Some(Task::Import(path.into())),
        _ => None,
    }
}

impl Task {
    /// Does it, and prints the figure.
    #[expect(clippy::print_stdout, reason = "the parent reads it there")]
    pub(crate) fn run(&self) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        match self {
            Self::Open(path) => {
                let (took, backend) = timed(|| {
                    let backend = SqliteBackend::open(path)?;
                    runtime.block_on(backend.initialize_schema())?;
                    Result::Ok(backend)
                });
                println!("{}", took.as_nanos());
                runtime.block_on(backend?.close())?;
            }
            Self::OpenByHand(path) => {
                let (took, limit) = timed(|| Limit::open(path).and_then(|limit| limit.version()));
                limit?;
                println!("{}", took.as_nanos());
            }
            Self::AnswerByHand(path, ask) => {
                let answer = Limit::open(path)?.answer(&serde_json::from_str(ask)?)?;
                println!("{}", answer.len());
            }
            Self::Read(path) => {
                let asks: Vec<Ask> = serde_json::from_slice(&std::fs::read(asks(path))?)?;
                let backend = SqliteBackend::open(path)?;
                runtime.block_on(async {
                    backend.initialize_schema().await?;
                    for ask in &asks {
                        ask.of(&backend).await?;
                    }
                    Result::Ok(())
                })?;
                println!("{}", machine::resident_bytes()?);
                runtime.block_on(backend.close())?;
            }
            Self::Export(path) => println!("{}", files::export(path, &runtime)?),
            Self::Import(path) => println!("{}", files::import(path, &runtime)?),
        }
        Ok(())
    }
}

pub(crate) fn measure(options: &Options, store: &Store, report: &mut Report) -> Result<()> {
    let millis = |took: Duration| took.as_secs_f64() * 1_000.0;
    if options.wants("open") {
        let (mut ours, mut theirs) = (Timings::default(), Timings::default());
        for _ in 0..OPENINGS {
            ours.add(Duration::from_nanos(child("--child-open", &store.path)?));
            theirs.add(Duration::from_nanos(child(
                "--child-open-by-hand",
                &store.path,
            )?));
        }
        report.figures.push(Figure {
            name: "open the store, median of 20 processes".to_owned(),
            value: millis(ours.median()),
            unit: "ms",
            goal: Some(50.0),
            limit: Some(millis(theirs.median())),
        });
        report.figures.push(Figure {
            name: "open the store, slowest of 20 processes".to_owned(),
            value: millis(ours.quantile(1.0)),
            unit: "ms",
            goal: Some(50.0),
            limit: Some(millis(theirs.quantile(1.0))),
        });
    }
    if options.wants("resident") {
        let mixed = (0..READS).flat_map(|n| {
            let questions = store.workloads.iter().map(|workload| &workload.questions);
            questions
                .filter_map(move |questions| Some(questions.get(n % questions.len())?.ask.clone()))
        });
        let mixed: Vec<Ask> = mixed.take(READS).collect();
        std::fs::write(asks(&store.path), serde_json::to_vec(&mixed)?)?;
        report.figures.push(Figure {
            name: "resident after opening and 1,000 mixed reads".to_owned(),
            value: megabytes(child("--child-read", &store.path)?),
            unit: "MB",
            goal: Some(100.0),
            limit: None,
        });
    }
    if options.wants("file") {
        let size = std::fs::metadata(&store.path)?.len();
        report.figures.push(Figure {
            name: "file, per memory with 3 relationships".to_owned(),
            value: megabytes(size) * 1_000.0 / f64::from(u32::try_from(store.memories)?),
            unit: "kB",
            goal: None,
            limit: None,
        });
    }
    for figure in &report.figures {
        eprintln!("{}", figure.line());
    }
    Ok(())
}

/// Where the questions of the reading child are.
fn asks(store: &Path) -> PathBuf {
    store.with_extension("mixed.json")
}

/// Runs this program again and returns the figure that it prints.
fn child(task: &str, store: &Path) -> Result<u64> {
    Ok(said(task, store)?.trim().parse()?)
}

/// Runs this program again and returns what it prints.
pub(crate) fn said(task: &str, store: &Path) -> Result<String> {
    let output = Command::new(std::env::current_exe()?)
        .arg(task)
        .arg(store)
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[expect(clippy::cast_precision_loss, reason = "no file has 2^52 bytes")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}
