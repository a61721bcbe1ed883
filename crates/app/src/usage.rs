use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{Memory, MemoryId, Timestamp};
use ports::{Batch, Change, ErrorKind, GraphBackend};
use tokio::runtime::Handle;

/// How many memories may wait before their uses are written without waiting for longer.
const MANY: usize = 256;
/// How long the first of them waits until the next use writes them all.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most memories whose uses wait.
const MOST: usize = 10_000;
/// How many memories stay when there are too many: the last used ones.
const KEPT: usize = MOST - MOST / 10;

/// Counts how often memories are used, so that a read does not have to write.
///
/// Uses wait in memory, and are written together: by the first use after a while, when many wait,
/// and when the graph is closed. Nobody who reads waits for that, and when it fails they wait for
/// the next time.
#[derive(Debug)]
pub(crate) struct Usage {
    backend: Arc<dyn GraphBackend>,
    waiting: Mutex<Waiting>,
    /// Held by who writes them, so that who closes waits for that.
    writing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Waiting {
    uses: BTreeMap<MemoryId, Uses>,
    /// Since when the first of them waits, or when they last could not be written.
    since: Option<Timestamp>,
    /// Whether the last try to write them failed: the next one takes its time.
    failed: bool,
    /// Whether a task was asked to write them.
    asked: bool,
}

#[derive(Clone, Copy, Debug)]
struct Uses {
    count: u32,
    last: Timestamp,
}

impl Waiting {
    fn add(&mut self, id: MemoryId, more: Uses) {
        let uses = self.uses.entry(id).or_insert(Uses { count: 0, ..more });
        uses.count = uses.count.saturating_add(more.count);
        uses.last = uses.last.max(more.last);
    }

    /// Counts one use of each memory.
    fn note<'a>(&mut self, memories: impl Iterator<Item = &'a Memory>, once: Uses) {
        self.since.get_or_insert(once.last);
        for memory in memories {
            self.add(memory.id.clone(), once);
        }
        self.bound();
    }

    /// Says whether it is time to write them.
    fn is_due(&self, now: Timestamp) -> bool {
        let many = self.uses.len() >= MANY && !self.failed;
        let long = |since: Timestamp| now.duration_since(since).unsigned_abs() >= PATIENCE;
        !self.uses.is_empty() && !self.asked && (many || self.since.is_some_and(long))
    }

    fn take(&mut self) -> BTreeMap<MemoryId, Uses> {
        self.since = None;
        std::mem::take(&mut self.uses)
    }

    /// Lets the longest unused go when there are too many.
    fn bound(&mut self) {
        if self.uses.len() <= MOST {
            return;
        }
        let mut moments: Vec<(Timestamp, MemoryId)> = self
            .uses
            .iter()
            .map(|(id, uses)| (uses.last, id.clone()))
            .collect();
        moments.sort_unstable();
        let dropped = moments.len() - KEPT;
        for (_, id) in moments.drain(..dropped) {
            self.uses.remove(&id);
        }
        tracing::debug!(dropped, "too many uses wait to be written");
    }
}

impl Usage {
    pub(crate) fn of(backend: Arc<dyn GraphBackend>) -> Arc<Self> {
        Arc::new(Self {
            backend,
            waiting: Mutex::default(),
            writing: tokio::sync::Mutex::default(),
        })
    }

    /// Counts one use at `now` of each memory. Does not wait for anything.
    pub(crate) fn note<'a>(
        self: &Arc<Self>,
        memories: impl Iterator<Item = &'a Memory>,
        now: Timestamp,
    ) {
        let once = Uses {
            count: 1,
            last: now,
        };
        let due = {
            let mut waiting = self.waiting();
            waiting.note(memories, once);
            // Without a runtime nobody can write them now.
            let runtime = Handle::try_current().ok().filter(|_| waiting.is_due(now));
            waiting.asked |= runtime.is_some();
            runtime
        };
        // A runtime that shuts down drops what it is given, so nothing is locked here. What is
        // dropped before its turn has taken nothing.
        if let Some(runtime) = due {
            let asked = Asked(Arc::clone(self));
            drop(runtime.spawn(async move { asked.0.flush().await }));
        }
    }

    /// Drops what is known about the use of a memory that is no more.
    pub(crate) fn forget(&self, id: &MemoryId) {
        self.waiting().uses.remove(id);
    }

    /// Writes what waits. What cannot be written waits on.
    async fn flush(&self) {
        let _alone = self.writing.lock().await;
        let uses = self.waiting().take();
        self.write(uses).await;
    }

    /// Writes what waits for the last time, after what is being written, unless that would have to
    /// wait for a primary that did not answer before.
    pub(crate) async fn finish(&self) {
        let replica = self.backend.replica().ok();
        if replica.is_some_and(|replica| replica.sync_status().last_error.is_some()) {
            let memories = self.waiting().uses.len();
            tracing::debug!(memories, "uses are lost: the primary does not answer");
            return;
        }
        self.flush().await;
    }

    async fn write(&self, uses: BTreeMap<MemoryId, Uses>) {
        if uses.is_empty() {
            return;
        }
        let touches = uses.iter().map(|(id, uses)| Change::TouchMemory {
            id: id.clone(),
            uses: uses.count,
            at: uses.last,
        });
        let batch = Batch {
            changes: touches.collect(),
            ..Batch::default()
        };
        let memories = uses.len();
        match self.backend.apply(batch).await {
            Ok(_) => {
                self.waiting().failed = false;
                tracing::debug!(memories, "uses written");
            }
            Err(error) if error.kind() == ErrorKind::Closed => {
                tracing::debug!(memories, "uses are lost: the graph is closed");
            }
            Err(error) => {
                tracing::debug!(memories, %error, "uses wait on: they cannot be written");
                let mut waiting = self.waiting();
                waiting.failed = true;
                let last = uses.values().map(|uses| uses.last).max();
                waiting.since = waiting.since.max(last);
                for (id, uses) in uses {
                    waiting.add(id, uses);
                }
                waiting.bound();
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A task that was asked to write what waits; when it is done, or dropped, another one can be.
struct Asked(Arc<Usage>);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.waiting().asked = false;
    }
}
