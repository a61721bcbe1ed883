//! What clients are told when a resource that they subscribed to changes.
//!
//! Others write to the same store, also from other processes, and what is erased leaves no trace in
//! any list of changes. So what is subscribed is read again, after each call of this process that
//! writes and at an interval, and compared with what it was.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use memorygraph::MemoryGraph;
use rmcp::ErrorData;
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    guard::guarded,
    resources::{self, Asked},
};

/// How long a change by another process may go unseen, unless looking takes long.
pub(crate) const INTERVAL: Duration = Duration::from_secs(2);

/// To how many addresses one client may be subscribed.
pub(crate) const MOST_OF_A_CLIENT: usize = 1_024;

/// How many addresses are watched for all clients together.
const MOST: usize = 16_384;

/// How many times as long as a look there is a pause after it: between calls, and at the interval.
const PAUSE_WHEN_WOKEN: u32 = 4;
const PAUSE: u32 = 20;

/// Watches the resources that somebody is subscribed to, for as long as there is one.
#[derive(Debug)]
pub(crate) struct Updates {
    graph: MemoryGraph,
    closing: CancellationToken,
    state: Mutex<State>,
    /// Something is to be looked at before the interval is over.
    woken: Notify,
}

#[derive(Debug, Default)]
struct State {
    watched: HashMap<String, Watched>,
    /// How many clients there were.
    clients: u64,
    /// How many addresses each client is subscribed to.
    of_client: HashMap<u64, usize>,
    is_looking: bool,
    /// How many calls that write are under way, and how many are over.
    writing: usize,
    written: u64,
}

/// An address that somebody is subscribed to.
#[derive(Debug)]
struct Watched {
    asked: Asked,
    /// What was there; none before the first look.
    fingerprint: Option<u64>,
    /// How many writing calls were over when this came here.
    since: u64,
    listeners: Vec<Arc<Outbox>>,
}

/// What is to be told to one listener. It holds each address once, so one who never reads costs no
/// more than what was subscribed.
#[derive(Debug)]
struct Outbox {
    client: u64,
    changed: Mutex<BTreeSet<String>>,
    filled: Notify,
    gone: CancellationToken,
}

/// One of the clients of this process, whose listeners have a bound together.
#[derive(Debug)]
pub(crate) struct Client {
    updates: Arc<Updates>,
    id: u64,
}

/// Hears of changes until it is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    updates: Arc<Updates>,
    outbox: Arc<Outbox>,
}

/// Takes what a [`Listener`] hears.
#[derive(Clone, Debug)]
pub(crate) struct Hearing(Arc<Outbox>);

/// A call that writes is under way until this is dropped.
#[derive(Debug)]
pub(crate) struct Writing<'a>(&'a Updates);

impl Updates {
    /// Watches nothing yet; ends with `closing`.
    pub(crate) fn new(graph: MemoryGraph, closing: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            graph,
            closing,
            state: Mutex::default(),
            woken: Notify::new(),
        })
    }

    /// Knows one more client.
    pub(crate) fn client(self: &Arc<Self>) -> Client {
        let mut state = self.state();
        state.clients += 1;
        Client {
            updates: Arc::clone(self),
            id: state.clients,
        }
    }

    /// Says that a call begins that may change something. When it is over, what is subscribed is
    /// looked at.
    pub(crate) fn writing(&self) -> Writing<'_> {
        self.state().writing += 1;
        Writing(self)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks again and again while somebody listens.
    async fn watch(self: Arc<Self>) {
        while !self.state().has_ended() {
            let began = Instant::now();
            // A panic is logged, and ends one look.
            drop(guarded("look for changes", self.look()).await);
            let took = began.elapsed();
            tokio::time::sleep(took * PAUSE_WHEN_WOKEN).await;
            tokio::select! {
                () = self.woken.notified() => {}
                () = tokio::time::sleep(INTERVAL.max(took * PAUSE)) => {}
            }
        }
    }

    async fn look(&self) {
        let watched: Vec<_> = {
            let state = self.state();
            let watched = state.watched.iter();
            watched
                .map(|(uri, it)| (uri.clone(), it.asked.clone()))
                .collect()
        };
        for (uri, asked) in watched {
            match resources::fingerprint(&self.graph, &asked).await {
                Ok(fingerprint) => self.state().saw(&uri, fingerprint),
                Err(error) => {
                    tracing::debug!(%error, uri, "cannot look whether it changed");
                    return;
                }
            }
        }
    }
}

impl State {
    /// Compares an address with what it was, and tells those who listen when it differs.
    fn saw(&mut self, uri: &str, fingerprint: u64) {
        let (writing, written) = (self.writing, self.written);
        let Some(watched) = self.watched.get_mut(uri) else {
            return;
        };
        let is_changed = match watched.fingerprint.replace(fingerprint) {
            Some(before) => before != fingerprint,
            // What was written since may be in what was seen first.
            None => writing > 0 || written != watched.since,
        };
        if is_changed {
            for outbox in &watched.listeners {
                outbox.changed().insert(uri.to_owned());
                outbox.filled.notify_one();
            }
        }
    }

    /// Says whether nobody listens any more, after which the next listener begins anew.
    fn has_ended(&mut self) -> bool {
        let has_ended = self.watched.is_empty();
        self.is_looking = !has_ended;
        has_ended
    }

    fn leave(&mut self, outbox: &Arc<Outbox>, uri: &str) {
        let Some(watched) = self.watched.get_mut(uri) else {
            return;
        };
        let before = watched.listeners.len();
        watched
            .listeners
            .retain(|other| !Arc::ptr_eq(other, outbox));
        if watched.listeners.len() == before {
            return;
        }
        if watched.listeners.is_empty() {
            self.watched.remove(uri);
        }
        if let Some(count) = self.of_client.get_mut(&outbox.client) {
            *count -= 1;
            if *count == 0 {
                self.of_client.remove(&outbox.client);
            }
        }
    }
}

impl Client {
    /// Listens, to nothing yet.
    pub(crate) fn listener(&self) -> Listener {
        Listener {
            updates: Arc::clone(&self.updates),
            outbox: Arc::new(Outbox {
                client: self.id,
                changed: Mutex::default(),
                filled: Notify::new(),
                gone: self.updates.closing.child_token(),
            }),
        }
    }
}

impl Listener {
    /// Begins to listen to an address. Who writes after this returned is heard.
    ///
    /// # Errors
    ///
    /// Fails for what is no address of a resource, and when too much is listened to.
    pub(crate) fn join(&self, uri: &str) -> Result<(), ErrorData> {
        let asked = resources::asked(uri)?;
        let updates = &self.updates;
        let mut state = updates.state();
        let state = &mut *state;
        let written = state.written;
        let is_new = !state.watched.contains_key(uri);
        let of_client = state.of_client.entry(self.outbox.client).or_default();
        if *of_client >= MOST_OF_A_CLIENT || is_new && state.watched.len() >= MOST {
            if *of_client == 0 {
                state.of_client.remove(&self.outbox.client);
            }
            let message = format!(
                "too many subscriptions: a client has at most {MOST_OF_A_CLIENT}, all together \
                 {MOST}; unsubscribe from some"
            );
            return Err(ErrorData::invalid_request(message, None));
        }
        let watched = state.watched.entry(uri.to_owned()).or_insert(Watched {
            asked,
            fingerprint: None,
            since: written,
            listeners: Vec::new(),
        });
        if watched
            .listeners
            .iter()
            .any(|other| Arc::ptr_eq(other, &self.outbox))
        {
            return Ok(());
        }
        watched.listeners.push(Arc::clone(&self.outbox));
        *of_client += 1;
        if !state.is_looking && !updates.closing.is_cancelled() {
            state.is_looking = true;
            let (updates, closing) = (Arc::clone(updates), updates.closing.clone());
            tokio::spawn(async move { closing.run_until_cancelled(updates.watch()).await });
        }
        updates.woken.notify_one();
        Ok(())
    }

    /// Returns when it is known what is at an address that this listens to: from then on, a change
    /// by anybody is told.
    ///
    /// # Errors
    ///
    /// Fails when the address cannot be looked at.
    pub(crate) async fn knows(&self, uri: &str) -> Result<(), ErrorData> {
        let asked = {
            let state = self.updates.state();
            let watched = state.watched.get(uri);
            let unknown = watched.filter(|watched| watched.fingerprint.is_none());
            unknown.map(|watched| watched.asked.clone())
        };
        if let Some(asked) = asked {
            let looked = resources::fingerprint(&self.updates.graph, &asked).await;
            let fingerprint = looked.map_err(|error| resources::failure(&error, uri))?;
            self.updates.state().saw(uri, fingerprint);
        }
        Ok(())
    }

    /// No longer listens to an address.
    pub(crate) fn leave(&self, uri: &str) {
        self.updates.state().leave(&self.outbox, uri);
        self.outbox.changed().remove(uri);
        self.updates.woken.notify_one();
    }

    /// Returns what takes the changes, and ends with this.
    pub(crate) fn hearing(&self) -> Hearing {
        Hearing(Arc::clone(&self.outbox))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.outbox.gone.cancel();
        let mut state = self.updates.state();
        let mine = |watched: &Watched| {
            let mut listeners = watched.listeners.iter();
            listeners.any(|other| Arc::ptr_eq(other, &self.outbox))
        };
        let uris: Vec<String> = {
            let watched = state.watched.iter();
            let mine = watched.filter(|(_, watched)| mine(watched));
            mine.map(|(uri, _)| uri.clone()).collect()
        };
        for uri in uris {
            state.leave(&self.outbox, &uri);
        }
        drop(state);
        self.updates.woken.notify_one();
    }
}

impl Hearing {
    /// Waits for the next address that changed; none when nobody listens any more.
    pub(crate) async fn next(&self) -> Option<String> {
        let Outbox { gone, filled, .. } = &*self.0;
        let changed = async {
            loop {
                if let Some(uri) = self.0.changed().pop_first() {
                    return uri;
                }
                filled.notified().await;
            }
        };
        gone.run_until_cancelled(changed).await
    }

    /// Waits until nobody listens any more, or the server closes.
    pub(crate) async fn ended(&self) {
        self.0.gone.cancelled().await;
    }
}

impl Outbox {
    fn changed(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.writing -= 1;
        state.written += 1;
        drop(state);
        self.0.woken.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use adapter_memory::MemoryBackend;
    use memorygraph::{SystemClock, UuidV7Source};

    use super::*;

    fn updates() -> Arc<Updates> {
        let backend = Arc::new(MemoryBackend::new());
        let graph = MemoryGraph::over(
            backend,
            Arc::new(SystemClock::new()),
            Arc::new(UuidV7Source),
        );
        Updates::new(graph, CancellationToken::new())
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_looked_at_when_the_last_listener_is_gone() {
        let updates = updates();
        let (one, other) = (updates.client().listener(), updates.client().listener());
        for listener in [&one, &other] {
            listener.join("memory://recent").unwrap();
            listener.knows("memory://recent").await.unwrap();
        }
        let hearing = one.hearing();
        drop(one);
        assert_eq!(hearing.next().await, None);
        assert!(updates.state().is_looking);
        other.leave("memory://recent");
        drop(other);
        let task = Arc::downgrade(&updates);
        drop(updates);
        // The task that looks was the last that held it.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(task.strong_count(), 0);
    }

    #[tokio::test]
    async fn what_is_written_before_the_first_look_counts_as_a_change() {
        for is_over in [true, false] {
            let updates = updates();
            let listener = updates.client().listener();
            listener.join("memory://recent").unwrap();
            let writing = updates.writing();
            if is_over {
                drop(writing);
                updates.state().saw("memory://recent", 1);
            } else {
                updates.state().saw("memory://recent", 1);
                drop(writing);
            }
            let changed = listener.outbox.changed().clone();
            assert!(changed.contains("memory://recent"), "{is_over}");
        }
    }

    #[tokio::test]
    async fn a_listener_that_never_takes_anything_keeps_each_address_once() {
        let updates = updates();
        let listener = updates.client().listener();
        listener.join("memory://recent").unwrap();
        for fingerprint in 0..100 {
            updates.state().saw("memory://recent", fingerprint);
        }
        assert_eq!(listener.outbox.changed().len(), 1);
    }
}
