//! The large graph, built once and used again while the same program would build the same one.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use adapter_sqlite::SqliteBackend;
use ports::GraphBackend;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::{
    Result,
    graph::Graph,
    limit::Limit,
    workload::{self, Workload},
};

/// The seed of the graph and of the questions.
pub const SEED: u64 = 20_261_124;

/// How many questions of each kind are asked in a round.
const QUESTIONS: usize = 100;

/// A graph in a file, and what is asked of it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Store {
    /// The file.
    pub path: PathBuf,
    /// How many memories it has.
    pub memories: usize,
    /// How many relationships it has.
    pub relationships: usize,
    /// What is asked of it.
    pub workloads: Vec<Workload>,
    /// What the file was made from.
    stamp: u64,
}

/// Opens a backend on a file, which may be new.
pub fn open(path: &Path, runtime: &Runtime) -> Result<Arc<dyn GraphBackend>> {
    let backend = SqliteBackend::open(path)?;
    runtime.block_on(backend.initialize_schema())?;
    Ok(Arc::new(backend))
}

/// Removes a file with what belongs to it.
pub fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        drop(std::fs::remove_file(name));
    }
}

/// Returns the graph of `memories` memories in `folder`; builds it where it is not there yet.
pub fn prepare(folder: &Path, memories: usize, runtime: &Runtime) -> Result<Store> {
    let path = folder.join(format!("{memories}.db"));
    let asked = path.with_extension("json");
    let stamp = stamp(folder, runtime)?;
    let kept: Option<Store> = std::fs::read(&asked)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if let Some(store) = kept
        && store.stamp == stamp
        && path.exists()
    {
        return Ok(store);
    }
    eprintln!("building {memories} memories, once");
    remove(&path);
    let graph = Graph::of(memories, SEED);
    let workloads = workload::reads(&graph, QUESTIONS, SEED);
    let backend = open(&path, runtime)?;
    let all = graph.memories.len() + graph.relationships.len();
    runtime.block_on(async {
        let progress = |stored| {
            if stored % 20_000 == 0 {
                eprintln!("  {stored} of {all}");
            }
        };
        graph.store(backend.as_ref(), progress).await?;
        backend.close().await?;
        Result::Ok(())
    })?;
    let store = Store {
        path,
        memories: graph.memories.len(),
        relationships: graph.relationships.len(),
        workloads,
        stamp,
    };
    std::fs::write(asked, serde_json::to_vec(&store)?)?;
    Ok(store)
}

/// Tells whether a file would be the same if it were made again: from the schema, and from the
/// beginning of the graph and its questions.
fn stamp(folder: &Path, runtime: &Runtime) -> Result<u64> {
    let path = folder.join("stamp.db");
    remove(&path);
    let backend = open(&path, runtime)?;
    let graph = Graph::of(300, SEED);
    let mut hasher = DefaultHasher::new();
    Limit::open(&path)?.schema()?.hash(&mut hasher);
    serde_json::to_vec(&(
        &graph.memories,
        &graph.relationships,
        workload::reads(&graph, QUESTIONS, SEED),
    ))?
    .hash(&mut hasher);
    runtime.block_on(backend.close())?;
    remove(&path);
    Ok(hasher.finish())
}
