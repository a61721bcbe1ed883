//! A primary on this machine, the proxy before it, and backends that use them.

use std::{path::Path, sync::Arc};

use adapter_turso::{Mode, TursoBackend, TursoOptions};
use domain::{Memory, Timestamp};
use engines::{Proxy, Sqld};
use memorygraph_bench::{Result, graph::Graph, store::SEED, writes::store_in_bulk};
use ports::{Clock, GraphBackend};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How many memories the graph at the primary has.
pub(crate) const MEMORIES: usize = 20_000;

/// A clock that stands still: nothing that is measured depends on it.
#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

/// Returns the options of a backend that syncs when it is asked to, and after its own writes.
pub(crate) fn options(path: &Path, url: Option<String>, mode: Mode) -> TursoOptions {
    TursoOptions {
        sync_url: url,
        mode: Some(mode),
        auto_sync: false,
        ..TursoOptions::new(path, Arc::new(Noon))
    }
}

/// A primary with a proxy, and a folder for replicas.
pub(crate) struct Network {
    // Dropped in this order: who asks before who answers.
    pub(crate) proxy: Proxy,
    pub(crate) primary: Sqld,
    folder: TempDir,
}

impl Network {
    /// Starts a primary that has [`MEMORIES`] memories, or none.
    pub(crate) fn start(runtime: &Runtime, is_filled: bool) -> Result<Self> {
        let primary = Sqld::start();
        let network = Self {
            proxy: Proxy::start(primary.port()),
            primary,
            folder: tempfile::tempdir()?,
        };
        runtime.block_on(async {
            let writer = network.writer().await?;
            writer.initialize_schema().await?;
            if is_filled {
                eprintln!("storing {MEMORIES} memories at a primary");
                let graph = Graph::of(MEMORIES, SEED);
                store_in_bulk(&writer, &graph.memories, &graph.relationships, 1_000).await?;
            }
            writer.close().await?;
            Ok(network)
        })
    }

    /// Returns another device, which asks the primary for everything and does not pass the proxy.
    pub(crate) async fn writer(&self) -> Result<TursoBackend> {
        let url = Some(self.primary.url());
        let options = options(Path::new("unused.db"), url, Mode::Remote);
        Ok(TursoBackend::create(options).await?)
    }

    /// Returns a new replica that reaches the primary through the proxy.
    pub(crate) async fn replica(&self, name: &str) -> Result<TursoBackend> {
        self.replica_of(name, self.proxy.url()).await
    }

    /// Returns a new replica with nothing between it and the primary.
    pub(crate) async fn near_replica(&self, name: &str) -> Result<TursoBackend> {
        self.replica_of(name, self.primary.url()).await
    }

    async fn replica_of(&self, name: &str, url: String) -> Result<TursoBackend> {
        let path = self.folder.path().join(name);
        let options = options(&path, Some(url), Mode::Replica);
        Ok(TursoBackend::create(options).await?)
    }

    /// Returns a backend that asks the primary through the proxy for everything.
    pub(crate) async fn remote(&self) -> Result<TursoBackend> {
        let url = Some(self.proxy.url());
        let options = options(Path::new("unused.db"), url, Mode::Remote);
        Ok(TursoBackend::create(options).await?)
    }

    /// Returns how many bytes a replica takes on the disk.
    pub(crate) fn size(&self, name: &str) -> Result<u64> {
        let mut size = 0;
        for entry in std::fs::read_dir(self.folder.path())? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(name) {
                size += entry.metadata()?.len();
            }
        }
        Ok(size)
    }
}

/// Returns memories that no other graph here has.
pub(crate) fn new_memories(count: usize, seed: u64) -> Vec<Memory> {
    Graph::of(count, SEED + seed).memories
}
