use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::{Memory, Timestamp};
use ports::{Clock, Cycles, GraphBackend, Health, IdSource, Statistics, Upgrade};

use crate::{Config, Result, SystemClock, UuidV7Source, open::open_store, usage::Usage};

/// A graph memory: remembers, relates, recalls and forgets.
///
/// Cheap to clone; the clones share the backend. Every call is safe to drop half-way: what it
/// changes is changed as a whole or not at all.
///
/// # Usage
///
/// [`get`](Self::get), [`recall`](Self::recall), [`search`](Self::search) and
/// [`contextual_search`](Self::contextual_search) count how often a memory was used, and when last.
/// A read never waits for that: the counts stand in memory, and are written together, by a task on
/// the runtime of the caller, when 256 memories wait or a use comes 30 seconds after the first that
/// waits, and by [`close`](Self::close). Where they cannot be written, as in a
/// file that is read only, they wait for the next time, at most 10,000 of them. Only these counts
/// are lost when a graph is dropped without being closed, or closed while its primary does not
/// answer; and a use that is written while somebody changes the same memory may not be counted.
///
/// # Errors
///
/// Besides the kinds that a method names, every call can fail as its
/// [backend](GraphBackend#errors) can. A call that changes what others change at the same moment
/// tries again; where they never stop, it gives up after some twenty tries, with a
/// [`Conflict`](ports::ErrorKind::Conflict).
#[derive(Clone, Debug)]
pub struct MemoryGraph {
    pub(crate) backend: Arc<dyn GraphBackend>,
    pub(crate) cycles: Cycles,
    pub(crate) usage: Arc<Usage>,
    upgraded: Option<Arc<Upgrade>>,
    file: Option<Arc<PathBuf>>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl MemoryGraph {
    /// Opens the backend that `config` names, and makes or upgrades its schema.
    ///
    /// Opening a file blocks the calling thread for a moment: do it at startup.
    ///
    /// # Errors
    ///
    /// As for [`open_backend`](crate::open_backend).
    pub async fn open(config: &Config) -> Result<Self> {
        let (backend, upgraded) = open_store(config).await?;
        let clock = Arc::new(SystemClock::new());
        let cycles = if config.allow_cycles.value {
            Cycles::Allow
        } else {
            Cycles::Refuse
        };
        let graph = Self::over(backend, clock, Arc::new(UuidV7Source)).with_cycles(cycles);
        let file = std::path::absolute(&config.path().value).ok();
        Ok(Self {
            upgraded: upgraded.map(Arc::new),
            file: file.map(Arc::new),
            ..graph
        })
    }

    /// Puts the application over a backend whose schema is initialised, with a clock and a source
    /// of ids; refuses cycles.
    pub fn over(
        backend: Arc<dyn GraphBackend>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            usage: Usage::of(Arc::clone(&backend)),
            backend,
            cycles: Cycles::Refuse,
            upgraded: None,
            file: None,
            clock,
            ids,
        }
    }

    /// Says what happens to relationships that close a cycle of a type that has none.
    #[must_use]
    pub fn with_cycles(self, cycles: Cycles) -> Self {
        Self { cycles, ..self }
    }

    /// What [`open`](Self::open) did to the store, when it was a predecessor's: what was read, what
    /// was repaired, what is in quarantine, and where the store is as it was.
    pub fn upgraded(&self) -> Option<&Upgrade> {
        self.upgraded.as_deref()
    }

    /// The file that [`open`](Self::open) opened.
    pub(crate) fn file(&self) -> Option<&Path> {
        self.file.as_deref().map(PathBuf::as_path)
    }

    /// The backend, for what has no use case here.
    pub fn backend(&self) -> &Arc<dyn GraphBackend> {
        &self.backend
    }

    /// Counts what the graph is made of.
    pub async fn statistics(&self) -> Result<Statistics> {
        Ok(self.backend.statistics().await?)
    }

    /// Looks at the store and says how it is.
    pub async fn health(&self) -> Result<Health> {
        Ok(self.backend.health().await?)
    }

    /// Finishes what was begun and lets go of the store, for all clones. Calling it again changes
    /// nothing. What is known about the [usage](Self#usage) is written before; where that fails,
    /// closing succeeds all the same.
    pub async fn close(&self) -> Result<()> {
        self.usage.finish().await;
        Ok(self.backend.close().await?)
    }

    /// Counts one use of each memory.
    pub(crate) fn used<'a>(&self, memories: impl Iterator<Item = &'a Memory>) {
        let mut memories = memories.peekable();
        if memories.peek().is_some() {
            self.usage.note(memories, self.now());
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn next_id(&self) -> String {
        self.ids.next_id()
    }
}
