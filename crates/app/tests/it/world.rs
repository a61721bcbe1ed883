//! A graph whose clock and ids a test can foretell.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use adapter_memory::MemoryBackend;
use memorygraph::MemoryGraph;
use memorygraph::domain::{MemoryId, Timestamp};
use memorygraph::ports::{Clock, GraphBackend, IdSource};

/// Each look at this clock is a second later, from the first of January 2026 on.
#[derive(Debug)]
pub(crate) struct Seconds(AtomicI64);

impl Default for Seconds {
    fn default() -> Self {
        Self(AtomicI64::new(1_767_225_600))
    }
}

impl Seconds {
    /// Lets time pass.
    pub(crate) fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for Seconds {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.fetch_add(1, Ordering::Relaxed)).unwrap()
    }
}

/// Gives `id-1`, `id-2` and so on.
#[derive(Debug, Default)]
pub(crate) struct Counted(AtomicI64);

impl IdSource for Counted {
    fn next_id(&self) -> String {
        format!("id-{}", self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

pub(crate) fn graph() -> MemoryGraph {
    over(Arc::new(MemoryBackend::new()))
}

pub(crate) fn over(backend: Arc<dyn GraphBackend>) -> MemoryGraph {
    let clock = Arc::new(Seconds::default());
    MemoryGraph::over(backend, clock, Arc::new(Counted::default()))
}

pub(crate) fn id(text: &str) -> MemoryId {
    MemoryId::new(text).unwrap()
}
