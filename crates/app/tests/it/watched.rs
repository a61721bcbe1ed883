//! The memory backend, watched: a test sees what is written, lets others write in between, or
//! takes the permission to write.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use adapter_memory::MemoryBackend;
use contract::{Around, Between};
use memorygraph::domain::ListQuery;
use memorygraph::ports::{BackendError, Batch, ErrorKind, GraphBackend, Receipt, Result};

pub(crate) type Watched = Around<Watching>;

#[derive(Debug, Default)]
pub(crate) struct Watching {
    written: Mutex<Vec<Batch>>,
    others: Mutex<VecDeque<Batch>>,
    followers: Mutex<VecDeque<Batch>>,
    listed: Mutex<Vec<ListQuery>>,
    yields: AtomicBool,
    read_only: AtomicBool,
}

impl Watching {
    /// What was written since this was last asked.
    pub(crate) fn written(&self) -> Vec<Batch> {
        std::mem::take(&mut self.written.lock().unwrap())
    }

    /// Lets somebody else write `batch` just before what is written next.
    pub(crate) fn before_the_next_write(&self, batch: Batch) {
        self.others.lock().unwrap().push_back(batch);
    }

    /// Lets somebody else write `batch` just after what is written next.
    pub(crate) fn after_the_next_write(&self, batch: Batch) {
        self.followers.lock().unwrap().push_back(batch);
    }

    /// What was listed since this was last asked.
    pub(crate) fn listed(&self) -> Vec<ListQuery> {
        std::mem::take(&mut self.listed.lock().unwrap())
    }

    /// Lets other tasks have their turn before each write.
    pub(crate) fn yield_before_writes(&self) {
        self.yields.store(true, Ordering::SeqCst);
    }

    pub(crate) fn set_read_only(&self, read_only: bool) {
        self.read_only.store(read_only, Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl Between for Watching {
    async fn apply(&self, backend: &MemoryBackend, batch: Batch) -> Result<Receipt> {
        if self.yields.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        self.written.lock().unwrap().push(batch.clone());
        if self.read_only.load(Ordering::SeqCst) {
            return Err(BackendError::new(ErrorKind::Unauthorized, "apply a batch"));
        }
        let other = self.others.lock().unwrap().pop_front();
        if let Some(other) = other {
            backend.apply(other).await?;
        }
        let receipt = backend.apply(batch).await?;
        let follower = self.followers.lock().unwrap().pop_front();
        if let Some(follower) = follower {
            backend.apply(follower).await?;
        }
        Ok(receipt)
    }

    fn lists(&self, query: &ListQuery) {
        self.listed.lock().unwrap().push(query.clone());
    }
}
