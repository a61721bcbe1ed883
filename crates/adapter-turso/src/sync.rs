//! The task that keeps the copy up to date.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::Timestamp;
use ports::{
    BackendError, Clock, ErrorKind, Latency, Result, SyncError, SyncState, SyncStatus, Synced,
};
use tokio::{
    runtime::Handle,
    sync::watch,
    time::{sleep, timeout},
};
use tracing::Instrument;

use crate::{
    TursoOptions,
    copy::{LocalCopy, Pulled, Trust},
    error::closed,
};

/// The pause after the first failed sync; each further one doubles it, up to the interval.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// How long opening and closing wait for a sync that goes on in the background.
pub(crate) const SHORT_WAIT: Duration = Duration::from_secs(2);

/// Syncs the copy, one sync at a time, until it is closed.
pub(crate) struct SyncService {
    asked: watch::Sender<Asked>,
    done: watch::Receiver<Done>,
    meter: Arc<Meter>,
}

/// What the task is asked for.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    /// Counts those who asked.
    tickets: u64,
    /// The last of those tickets whose holder does not know what the primary is by now.
    untrusting: u64,
    is_closing: bool,
}

/// How far the task has come.
#[derive(Clone, Debug, Default)]
struct Done {
    /// The last ticket that is served.
    tickets: u64,
    /// The last of those tickets that a sync served well, and how many frames that brought.
    well: (u64, u64),
    /// How the last sync failed, when it did.
    failure: Option<BackendError>,
    is_closed: bool,
}

impl SyncService {
    /// Starts the task. `first` tells of the sync with which the copy was opened.
    pub(crate) fn start(
        runtime: &Handle,
        options: &TursoOptions,
        copy: LocalCopy,
        first: Option<(Pulled, Duration)>,
    ) -> Self {
        let (asked, asking) = watch::channel(Asked::default());
        let (doing, done) = watch::channel(Done::default());
        let interval = options.auto_sync.then_some(options.sync_interval);
        let last_success = copy.last_success();
        let clock = Arc::clone(&options.clock);
        let meter = Arc::new(Meter::new(clock, interval, last_success));
        if let Some((pulled, took)) = first {
            drop(meter.record(Ok(pulled), took));
        }
        let task = Task {
            copy,
            asked: asking,
            done: doing,
            meter: Arc::clone(&meter),
            interval,
            random: RandomState::new(),
            failures: 0,
        };
        drop(runtime.spawn(task.run()));
        Self { asked, done, meter }
    }

    /// Syncs, and returns when the copy has what the primary had at the call. Those who wait share
    /// a sync.
    pub(crate) async fn sync(&self, trust: Trust) -> Result<Synced> {
        let since = Instant::now();
        let mut ticket = 0;
        self.asked.send_modify(|asked| {
            asked.tickets += 1;
            ticket = asked.tickets;
            if trust == Trust::Ask {
                asked.untrusting = ticket;
            }
        });
        let mut done = self.done.clone();
        let served = done
            .wait_for(|done| done.tickets >= ticket || done.is_closed)
            .await
            .map(|done| done.clone())
            .unwrap_or_default();
        // Whoever hears late of a sync that served well is not told of a later one that failed.
        let (well, frames) = served.well;
        match served.failure {
            _ if well >= ticket => Ok(Synced {
                frames,
                took: since.elapsed(),
            }),
            Some(failure) if served.tickets >= ticket => Err(failure.while_doing("sync")),
            _ => Err(closed("sync")),
        }
    }

    pub(crate) fn status(&self) -> SyncStatus {
        self.meter.status()
    }

    /// Syncs a last time if the copy syncs by itself, for no longer than a few seconds, and ends
    /// the task.
    pub(crate) async fn close(&self, auto_sync: bool) {
        // Nothing of ours waits to be sent, so that a primary which was silent is not asked again.
        let is_answering = self.meter.lock().last_error.is_none();
        if auto_sync
            && is_answering
            && let Err(err) = timeout(SHORT_WAIT, self.sync(Trust::Ask))
                .await
                .unwrap_or_else(|_| Err(late()))
            && err.kind() != ErrorKind::Closed
        {
            tracing::warn!(error = %err, "the last sync failed");
        }
        self.asked.send_modify(|asked| asked.is_closing = true);
        let mut done = self.done.clone();
        // A sync under way may be held up by the network; it ends with the task's runtime.
        drop(timeout(SHORT_WAIT, done.wait_for(|done| done.is_closed)).await);
        self.meter.set(SyncState::Closed);
    }
}

fn late() -> BackendError {
    BackendError::new(ErrorKind::Unreachable, "sync").because(format!(
        "the primary gave no answer within {} s",
        SHORT_WAIT.as_secs()
    ))
}

/// Returns the time between two moments. A clock that was set back does not make a copy newer than
/// new.
pub(crate) fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}

struct Task {
    copy: LocalCopy,
    asked: watch::Receiver<Asked>,
    done: watch::Sender<Done>,
    meter: Arc<Meter>,
    interval: Option<Duration>,
    random: RandomState,
    failures: u32,
}

impl Task {
    async fn run(mut self) {
        let mut closing = self.asked.clone();
        loop {
            if !self.wait().await {
                break;
            }
            let asked = *self.asked.borrow_and_update();
            let served = self.done.borrow().tickets;
            let trust = if asked.untrusting > served || asked.tickets == served {
                Trust::Ask
            } else {
                Trust::Known
            };
            self.meter.set(SyncState::Syncing);
            let since = Instant::now();
            let span = tracing::debug_span!("sync", tickets = asked.tickets - served);
            let outcome = tokio::select! {
                outcome = self.copy.pull(trust).instrument(span) => outcome,
                // What is on disk stays whole: the next opening goes on from there.
                _ = closing.wait_for(|asked| asked.is_closing) => break,
            };
            self.failures = match &outcome {
                Ok(_) => 0,
                Err(_) => self.failures.saturating_add(1),
            };
            let outcome = self.meter.record(outcome, since.elapsed());
            self.done.send_modify(|done| {
                done.tickets = asked.tickets;
                match outcome {
                    Ok(frames) => {
                        done.well = (asked.tickets, frames);
                        done.failure = None;
                    }
                    Err(failure) => done.failure = Some(failure),
                }
            });
        }
        self.meter.set(SyncState::Closed);
        let Self { copy, done, .. } = self;
        drop(copy);
        done.send_modify(|done| done.is_closed = true);
    }

    /// Waits until it is time, or somebody asks; false when the task is to end.
    async fn wait(&mut self) -> bool {
        let served = self.done.borrow().tickets;
        let pause = self.pause();
        let time = async {
            match pause {
                Some(pause) => sleep(pause).await,
                None => std::future::pending().await,
            }
        };
        let asking = self
            .asked
            .wait_for(|asked| asked.is_closing || asked.tickets > served);
        tokio::select! {
            asked = asking => asked.is_ok_and(|asked| !asked.is_closing),
            () = time => true,
        }
    }

    /// Returns how long the copy may rest: the interval, or less while syncs fail; never as long as
    /// that of another device.
    fn pause(&self) -> Option<Duration> {
        let interval = self.interval?;
        let pause = match self.failures {
            0 => interval,
            failures => FIRST_PAUSE
                .saturating_mul(1 << (failures - 1).min(16))
                .min(interval),
        };
        // From nine tenths to eleven tenths, in thousands.
        let seed = self.meter.successes() ^ u64::from(self.failures);
        let share = 900 + u32::try_from(self.random.hash_one(seed) % 201).unwrap_or_default();
        Some(pause / 1_000 * share)
    }
}

/// Counts syncs.
struct Meter {
    clock: Arc<dyn Clock>,
    status: Mutex<SyncStatus>,
}

impl Meter {
    fn new(
        clock: Arc<dyn Clock>,
        interval: Option<Duration>,
        last_success: Option<Timestamp>,
    ) -> Self {
        let status = SyncStatus {
            state: SyncState::Idle,
            last_success,
            age: None,
            interval,
            last_error: None,
            notices: Vec::new(),
            successes: 0,
            failures: 0,
            frames: 0,
            latency: Latency::default(),
        };
        Self {
            clock,
            status: Mutex::new(status),
        }
    }

    fn lock(&self) -> MutexGuard<'_, SyncStatus> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn successes(&self) -> u64 {
        self.lock().successes
    }

    fn set(&self, state: SyncState) {
        self.lock().state = state;
    }

    /// Counts a sync, and returns how many frames it brought.
    fn record(&self, outcome: Result<Pulled>, took: Duration) -> Result<u64> {
        let now = self.clock.now();
        let mut status = self.lock();
        match outcome {
            Ok(Pulled { frames, notice }) => {
                status.state = SyncState::Idle;
                status.last_success = Some(now);
                status.last_error = None;
                status.successes += 1;
                status.frames += frames;
                status.latency.record(took);
                status.notices.extend(notice);
                tracing::debug!(frames, ?took, "synced");
                Ok(frames)
            }
            Err(err) => {
                status.state = SyncState::Retrying;
                status.failures += 1;
                let is_news = status.last_error.is_none();
                status.last_error = Some(SyncError {
                    kind: err.kind(),
                    message: err.detail().unwrap_or_default().to_owned(),
                    at: now,
                });
                if is_news {
                    tracing::warn!(error = %err, "a sync failed, and is tried again");
                } else {
                    tracing::debug!(error = %err, ?took, "a sync failed again");
                }
                Err(err)
            }
        }
    }

    fn status(&self) -> SyncStatus {
        let mut status = self.lock().clone();
        let now = self.clock.now();
        status.age = status.last_success.map(|last| between(last, now));
        status
    }
}
