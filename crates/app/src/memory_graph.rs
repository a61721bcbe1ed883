use std::sync::Arc;

use domain::Timestamp;
use ports::{Clock, Cycles, GraphBackend, Health, IdSource, Statistics};

use crate::{Config, Result, SystemClock, UuidV7Source, open_backend};

/// A graph memory: remembers, relates, recalls and forgets.
///
/// Cheap to clone; the clones share the backend. Every call is safe to drop half-way: what it
/// changes is changed as a whole or not at all.
///
/// # Errors
///
/// Besides the kinds that a method names, every call can fail as its
/// [backend](GraphBackend#errors) can.
#[derive(Clone, Debug)]
pub struct MemoryGraph {
    pub(crate) backend: Arc<dyn GraphBackend>,
    pub(crate) cycles: Cycles,
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
    /// As for [`open_backend`].
    pub async fn open(config: &Config) -> Result<Self> {
        let backend = open_backend(config).await?;
        let clock = Arc::new(SystemClock::new());
        let cycles = if config.allow_cycles.value {
            Cycles::Allow
        } else {
            Cycles::Refuse
        };
        Ok(Self::over(backend, clock, Arc::new(UuidV7Source)).with_cycles(cycles))
    }

    /// Puts the application over a backend whose schema is initialised, with a clock and a source
    /// of ids; refuses cycles.
    pub fn over(
        backend: Arc<dyn GraphBackend>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self {
            backend,
            cycles: Cycles::Refuse,
            clock,
            ids,
        }
    }

    /// Says what happens to relationships that close a cycle of a type that has none.
    #[must_use]
    pub fn with_cycles(self, cycles: Cycles) -> Self {
        Self { cycles, ..self }
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
    /// nothing.
    pub async fn close(&self) -> Result<()> {
        Ok(self.backend.close().await?)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn next_id(&self) -> String {
        self.ids.next_id()
    }
}
