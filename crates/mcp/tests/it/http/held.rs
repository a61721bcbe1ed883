//! The memory backend, whose writes can be held until a test lets them go on.

use std::sync::atomic::{AtomicBool, Ordering};

use adapter_memory::MemoryBackend;
use contract::{Around, Between};
use memorygraph::ports::{Batch, GraphBackend, Receipt, Result};
use tokio::sync::{Mutex, Semaphore, mpsc};

pub(crate) type Held = Around<Holding>;

/// What became of a write that is held.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Begun,
    Abandoned,
}

#[derive(Debug)]
pub(crate) struct Holding {
    holds: AtomicBool,
    let_go: Semaphore,
    tells: mpsc::UnboundedSender<Write>,
    told: Mutex<mpsc::UnboundedReceiver<Write>>,
}

impl Default for Holding {
    fn default() -> Self {
        let (tells, told) = mpsc::unbounded_channel();
        Self {
            holds: AtomicBool::new(false),
            let_go: Semaphore::new(0),
            tells,
            told: Mutex::new(told),
        }
    }
}

impl Holding {
    /// Holds each write from now on.
    pub(crate) fn hold(&self) {
        self.holds.store(true, Ordering::SeqCst);
    }

    /// Lets all writes go on, and holds no more.
    pub(crate) fn let_go(&self) {
        self.holds.store(false, Ordering::SeqCst);
        self.let_go.close();
    }

    /// Waits for what happens next to a write that is held.
    pub(crate) async fn next(&self) -> Write {
        self.told.lock().await.recv().await.unwrap()
    }
}

/// Tells when nobody waits any more.
struct Waiting<'a>(Option<&'a mpsc::UnboundedSender<Write>>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(tells) = self.0 {
            tells.send(Write::Abandoned).unwrap();
        }
    }
}

#[async_trait::async_trait]
impl Between for Holding {
    async fn apply(&self, backend: &MemoryBackend, batch: Batch) -> Result<Receipt> {
        if self.holds.load(Ordering::SeqCst) {
            self.tells.send(Write::Begun).unwrap();
            let mut waiting = Waiting(Some(&self.tells));
            // Closed is let go.
            drop(self.let_go.acquire().await);
            waiting.0 = None;
        }
        backend.apply(batch).await
    }
}
