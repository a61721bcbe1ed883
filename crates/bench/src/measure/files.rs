//! A graph goes into a file and back, each in a process of its own, whose memory is measured.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use memorygraph::{Config, MemoryGraph, export, import};
use memorygraph_bench::{
    Result, machine,
    store::{self, Store},
};
use tokio::runtime::Runtime;

use crate::{
    children::{megabytes, said},
    options::Options,
    report::{Figure, Report},
};

/// Where the exported file of a store is.
fn file_of(store: &Path) -> PathBuf {
    store.with_extension("jsonl")
}

/// Where it is imported into.
fn copy_of(store: &Path) -> PathBuf {
    store.with_extension("imported.db")
}

async fn open(path: &Path) -> Result<MemoryGraph> {
    let path = path.to_str().ok_or("the path is no UTF-8")?;
    Ok(MemoryGraph::open(&Config::at(path)).await?)
}

/// Exports the store, and says how many nanoseconds that took, and the most memory.
pub(crate) fn export(path: &Path, runtime: &Runtime) -> Result<String> {
    runtime.block_on(async {
        let graph = open(path).await?;
        let began = Instant::now();
        let options = export::Options {
            existing: export::Existing::Replace,
            ..export::Options::default()
        };
        let target = export::Target::File(file_of(path));
        graph.export(target, &options, &mut |_| {}).await?;
        let took = began.elapsed().as_nanos();
        graph.close().await?;
        Ok(format!("{took} {}", machine::peak_bytes()?))
    })
}

/// Imports the exported file into a new store, and says how many nanoseconds that took until the
/// file was checked, until all memories were kept, and in all, and the most memory.
pub(crate) fn import(path: &Path, runtime: &Runtime) -> Result<String> {
    let copy = copy_of(path);
    store::remove(&copy);
    runtime.block_on(async {
        let graph = open(&copy).await?;
        let began = Instant::now();
        let (checked, remembered) = (AtomicU64::new(0), AtomicU64::new(0));
        let now = || u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let mut progress = |progress: import::Progress| match progress.stage {
            import::Stage::Check => checked.store(now(), Ordering::Relaxed),
            import::Stage::Memories => remembered.store(now(), Ordering::Relaxed),
            import::Stage::Relationships => {}
        };
        let file = File::open(file_of(path))?;
        graph
            .import(file, import::Options::default(), &mut progress)
            .await?;
        let (checked, remembered) = (checked.into_inner(), remembered.into_inner());
        let took = now();
        graph.close().await?;
        let peak = machine::peak_bytes()?;
        Ok(format!("{checked} {remembered} {took} {peak}"))
    })
}

pub(crate) fn measure(options: &Options, store: &Store, report: &mut Report) -> Result<()> {
    if !options.wants("export") && !options.wants("import") {
        return Ok(());
    }
    let path = &store.path;
    let count = |number: usize| u32::try_from(number).map(f64::from);
    let (memories, records) = (
        count(store.memories)?,
        count(store.memories + store.relationships)?,
    );
    let mut figures = Vec::new();
    let mut add = |name: &str, value: f64, unit, goal| {
        figures.push(Figure {
            name: name.to_owned(),
            value,
            unit,
            goal,
            limit: None,
        });
    };
    let (took, peak) = {
        let said = numbers(&said("--child-export", path)?)?;
        let &[took, peak] = said.as_slice() else {
            return Err("the exporting process says something else".into());
        };
        (seconds(took), megabytes(peak))
    };
    add("export: all of the store", took, "s", None);
    add("export: records a second", records / took, "", None);
    add("export: the most memory at once", peak, "MB", Some(100.0));
    add(
        "export: the file",
        megabytes(fs::metadata(file_of(path))?.len()),
        "MB",
        None,
    );
    let said = numbers(&said("--child-import", path)?)?;
    let &[checked, remembered, took, peak] = said.as_slice() else {
        return Err("the importing process says something else".into());
    };
    let (checked, remembered, took) = (seconds(checked), seconds(remembered), seconds(took));
    add("import: into a new store", took, "s", None);
    add("import: of that, checking the file", checked, "s", None);
    add(
        "import: memories a second, checking included",
        memories / remembered,
        "",
        None,
    );
    add(
        "import: memories a second, while they are kept",
        memories / (remembered - checked),
        "",
        None,
    );
    add(
        "import: relationships a second, while they are kept",
        (records - memories) / (took - remembered),
        "",
        None,
    );
    add(
        "import: the most memory at once",
        megabytes(peak),
        "MB",
        Some(100.0),
    );
    store::remove(&copy_of(path));
    fs::remove_file(file_of(path))?;
    for figure in &figures {
        eprintln!("{}", figure.line());
    }
    report.figures.extend(figures);
    Ok(())
}

fn numbers(text: &str) -> Result<Vec<u64>> {
    let numbers = text.split_whitespace().map(str::parse);
    Ok(numbers.collect::<std::result::Result<_, _>>()?)
}

fn seconds(nanos: u64) -> f64 {
    Duration::from_nanos(nanos).as_secs_f64()
}
