//! A primary, a network in front of it, and devices with replicas.

use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use domain::Timestamp;
use engines::{Proxy, Sqld};
use memorygraph_adapter_turso::{Mode, TursoBackend, TursoOptions};
use ports::{Clock, GraphBackend, SyncStatus};
use tempfile::TempDir;

use crate::graph::at;

/// How long a test waits for what has to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A clock whose hands a test moves.
#[derive(Debug)]
pub(crate) struct Hands(Mutex<Timestamp>);

impl Hands {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(at(0))))
    }

    pub(crate) fn set(&self, seconds: i64) {
        *self.0.lock().unwrap() = at(seconds);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// A primary behind a network that counts, delays and cuts, and a folder for devices.
pub(crate) struct World {
    pub(crate) primary: Sqld,
    pub(crate) network: Proxy,
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<Hands>,
    /// How long a device waits for an answer.
    patience: Duration,
}

impl World {
    /// Its devices wait for as long as a machine with other work may take.
    pub(crate) fn new() -> Self {
        Self::with_patience(Duration::from_secs(10))
    }

    /// For tests in which no answer comes: its devices soon give up.
    pub(crate) fn hasty() -> Self {
        Self::with_patience(Duration::from_secs(2))
    }

    fn with_patience(patience: Duration) -> Self {
        let primary = Sqld::start();
        Self {
            network: Proxy::start(primary.port()),
            primary,
            folder: TempDir::new().unwrap(),
            clock: Hands::new(),
            patience,
        }
    }

    /// A replica in a file of this name that syncs only when it is asked.
    pub(crate) fn replica(&self, name: &str) -> TursoOptions {
        TursoOptions {
            sync_url: Some(self.network.url()),
            auto_sync: false,
            patience: self.patience,
            ..self.local(name)
        }
    }

    /// A replica that syncs by itself, and often.
    pub(crate) fn restless(&self, name: &str) -> TursoOptions {
        TursoOptions {
            auto_sync: true,
            sync_interval: Duration::from_millis(50),
            ..self.replica(name)
        }
    }

    pub(crate) fn remote(&self) -> TursoOptions {
        TursoOptions {
            mode: Some(Mode::Remote),
            ..self.replica("unused.db")
        }
    }

    /// A graph of its own.
    pub(crate) fn local(&self, name: &str) -> TursoOptions {
        let clock: Arc<Hands> = Arc::clone(&self.clock);
        TursoOptions::new(self.folder.path().join(name), clock)
    }

    /// Returns the first value of the answer of the primary, asked past any client.
    pub(crate) fn at_primary(&self, sql: &str) -> Option<String> {
        self.primary.rows(sql)[0][0].clone()
    }
}

/// Opens a graph, ready for use.
pub(crate) async fn opened(options: TursoOptions) -> TursoBackend {
    let backend = TursoBackend::create(options).await.unwrap();
    backend.initialize_schema().await.unwrap();
    backend
}

/// Waits until the status is as it should be, and returns it.
pub(crate) async fn status_when(
    backend: &TursoBackend,
    what: &str,
    holds: impl Fn(&SyncStatus) -> bool + Send + Sync,
) -> SyncStatus {
    let status = || backend.replica().unwrap().sync_status();
    wait_until(what, || holds(&status())).await;
    status()
}

/// Looks again and again until it holds, and fails when that takes too long.
pub(crate) async fn wait_until(what: &str, holds: impl Fn() -> bool + Send) {
    let until = Instant::now() + PATIENCE;
    let mut often = tokio::time::interval(Duration::from_millis(2));
    while !holds() {
        assert!(Instant::now() < until, "waited {PATIENCE:?} for {what}");
        often.tick().await;
    }
}

/// Runs a test's other half on a thread of its own, and returns what it gives within the patience.
pub(crate) fn elsewhere<T: Send + 'static>(
    half: impl FnOnce() -> T + Send + 'static,
) -> mpsc::Receiver<T> {
    let (done, answer) = mpsc::channel();
    thread::spawn(move || drop(done.send(half())));
    answer
}
