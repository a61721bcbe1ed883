use std::time::Duration;

use domain::Timestamp;
use ports::{SyncStatus, Synced};
use serde::{Serialize, Serializer};

use crate::{MemoryGraph, Result};

/// How old the answers of a replica may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Freshness {
    /// When the copy was last up to date; none when it never was.
    pub last_synced_at: Option<Timestamp>,
    /// How long ago that was: the copy may lack what the primary learned since.
    #[serde(rename = "age_seconds", serialize_with = "seconds")]
    pub age: Option<Duration>,
}

impl MemoryGraph {
    /// Brings a replica up to date: when this returns, its answers have all that the primary had
    /// when this was called. A store that is no replica has nothing to sync, which is a warning in
    /// the log and `None`.
    ///
    /// # Errors
    ///
    /// - [`Unreachable`](ports::ErrorKind::Unreachable) when the primary does not answer
    /// - [`Unauthorized`](ports::ErrorKind::Unauthorized) when it does not take the token
    pub async fn sync(&self) -> Result<Option<Synced>> {
        let Ok(replica) = self.backend.replica() else {
            tracing::warn!(
                backend = self.backend.name(),
                "the store is no replica: there is nothing to sync"
            );
            return Ok(None);
        };
        Ok(Some(replica.sync().await?))
    }

    /// Says how the syncing of a replica goes; `None` when the store is no replica. Asks nobody, so
    /// it answers offline.
    pub fn sync_status(&self) -> Option<SyncStatus> {
        let replica = self.backend.replica().ok()?;
        Some(replica.sync_status())
    }

    /// Says how old the answers may be; `None` when the store is no replica, and every answer is of
    /// now. Ask before the question whose answer it is about: a sync in between makes that answer
    /// newer than this says, never older.
    pub fn freshness(&self) -> Option<Freshness> {
        self.sync_status().map(|status| Freshness {
            last_synced_at: status.last_success,
            age: status.age,
        })
    }
}

type Serialized<S> = std::result::Result<<S as Serializer>::Ok, <S as Serializer>::Error>;

#[expect(clippy::ref_option, reason = "serde gives it so")]
fn seconds<S: Serializer>(age: &Option<Duration>, serializer: S) -> Serialized<S> {
    age.map(|age| age.as_secs_f64()).serialize(serializer)
}
