//! Sessions: as many as there are places. When all are taken, the one that nobody has used for the
//! longest time makes room, since some clients begin one for each question and end none.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::HeaderMap;
use rmcp::transport::streamable_http_server::{
    SessionId, SessionManager, session::local::LocalSessionManager,
};

/// How many sessions there are at once.
pub(super) const SESSIONS: usize = 256;

/// The header that says which session a request is of.
pub(super) const SESSION: &str = "mcp-session-id";

/// Knows which sessions are in use, and since when the others are not.
#[derive(Debug)]
pub(super) struct Sessions {
    manager: Arc<LocalSessionManager>,
    uses: Mutex<Uses>,
}

#[derive(Debug, Default)]
struct Uses {
    /// Counts the uses of all sessions.
    count: u64,
    of: HashMap<SessionId, Use>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Use {
    /// Which use of all sessions was the last of this one.
    last: u64,
    /// How many requests are being answered; a stream is one.
    open: usize,
}

/// A session is in use until this is dropped.
#[derive(Debug)]
pub(super) struct Using {
    sessions: Arc<Sessions>,
    id: SessionId,
}

impl Sessions {
    /// Knows of no use yet.
    pub(super) fn new(manager: Arc<LocalSessionManager>) -> Self {
        let uses = Mutex::default();
        Self { manager, uses }
    }

    /// Uses the session that headers name, if there is one.
    pub(super) async fn using(self: &Arc<Self>, headers: &HeaderMap) -> Option<Using> {
        let id = headers.get(SESSION)?.to_str().ok()?;
        let sessions = self.manager.sessions.read().await;
        let (id, _) = sessions.get_key_value(id)?;
        self.uses().note(id, |used| used.open += 1);
        Some(Using {
            sessions: Arc::clone(self),
            id: Arc::clone(id),
        })
    }

    /// Makes room for one more session; says whether there is.
    pub(super) async fn make_room(&self) -> bool {
        let ids: HashSet<SessionId> = self.manager.sessions.read().await.keys().cloned().collect();
        let idlest = {
            let mut uses = self.uses();
            uses.of.retain(|id, _| ids.contains(id));
            if ids.len() < SESSIONS {
                return true;
            }
            let of = |id: &SessionId| uses.of.get(id).copied().unwrap_or_default();
            let unused = ids.iter().filter(|id| of(id).open == 0);
            unused.min_by_key(|id| of(id).last).cloned()
        };
        let Some(idlest) = idlest else {
            return false;
        };
        if let Err(error) = self.manager.close_session(&idlest).await {
            tracing::debug!(%error, "a session ended otherwise");
        }
        true
    }

    fn uses(&self) -> MutexGuard<'_, Uses> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Uses {
    fn note(&mut self, id: &SessionId, change: impl FnOnce(&mut Use)) {
        self.count += 1;
        let used = self.of.entry(Arc::clone(id)).or_default();
        used.last = self.count;
        change(used);
    }
}

impl Drop for Using {
    fn drop(&mut self) {
        self.sessions.uses().note(&self.id, |used| used.open -= 1);
    }
}
