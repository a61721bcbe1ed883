//! Stores for the targets, and what is in them.

use std::{future::Future, sync::Arc};

use adapter_memory::MemoryBackend;
use memorygraph::MemoryGraph;
use memorygraph::domain::{MemoryId, Timestamp};
use memorygraph::ports::{Clock, GraphBackend, IdSource};

/// It is always noon.
#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_767_225_600).unwrap()
    }
}

/// No target makes a memory of its own.
#[derive(Debug)]
struct NoIds;

impl IdSource for NoIds {
    fn next_id(&self) -> String {
        unreachable!("what is imported has ids")
    }
}

/// An empty graph in memory.
pub(crate) fn empty() -> MemoryGraph {
    over(Arc::new(MemoryBackend::new()))
}

pub(crate) fn over(backend: Arc<dyn GraphBackend>) -> MemoryGraph {
    MemoryGraph::over(backend, Arc::new(Noon), Arc::new(NoIds))
}

pub(crate) fn id(text: &str) -> MemoryId {
    MemoryId::new(text).unwrap()
}

/// Runs what a target asks of a store, as many times as it asks.
pub(crate) struct Asking(tokio::runtime::Runtime);

impl Asking {
    pub(crate) fn begin() -> Self {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        Self(builder.enable_all().build().unwrap())
    }

    pub(crate) fn run<T>(&self, asked: impl Future<Output = T>) -> T {
        self.0.block_on(asked)
    }
}
