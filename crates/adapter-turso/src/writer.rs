//! How batches reach a primary: what they touch is read here, and all of it travels once.

use std::sync::Arc;

use ports::{BackendError, Batch, ErrorKind, Receipt, Result};
use sql_graph::{DIVERGED, History, RemoteWrite, SqlConnection, StatementLog};
use tokio::time::timeout;

use crate::{
    copy::Trust,
    engine::Engine,
    network::Network,
    primary::{LARGEST_PARAMETER, NO_GRAPH, Primary, Sent, UNCHANGED, UNKNOWN},
    sync::SyncService,
};

/// How often a group is read and sent again because others wrote in between.
const ATTEMPTS: u32 = 32;

/// Sends groups of batches to the primary.
pub(crate) struct PrimaryWriter {
    primary: Primary,
    network: Arc<Network>,
    statements: StatementLog,
    /// Brings what was written into the copy that is read from, where there is one.
    sync: Option<Arc<SyncService>>,
}

impl PrimaryWriter {
    pub(crate) fn new(
        primary: Primary,
        network: Arc<Network>,
        statements: StatementLog,
        sync: Option<Arc<SyncService>>,
    ) -> Self {
        Self {
            primary,
            network,
            statements,
            sync,
        }
    }

    /// Applies the batches to the primary, and brings them into the copy.
    pub(crate) fn apply(
        &mut self,
        reads: &mut Engine,
        batches: &[Batch],
    ) -> Result<Vec<Result<Receipt>>> {
        match self.try_apply(reads, batches).map_err(unchanged) {
            // It is nothing that one of the batches has done, and what became of all of them is said:
            // tried again one by one, they might be told something else.
            Err(err) if is_of_the_way(&err) => Ok(vec![Err(err); batches.len()]),
            applied => applied,
        }
    }

    fn try_apply(&mut self, reads: &mut Engine, batches: &[Batch]) -> Result<Vec<Result<Receipt>>> {
        let mut is_fresh = self.sync.is_none();
        for _ in 0..ATTEMPTS {
            let history = self.history(reads)?;
            let mut write = RemoteWrite::new(reads, LARGEST_PARAMETER);
            if let Some(history) = &history {
                write.expect(history);
            }
            let applied = sql_graph::apply(&mut write, batches);
            let statements = write.into_statements();
            let is_refused = |answers: &Vec<Result<Receipt>>| answers.iter().any(Result::is_err);
            if !is_fresh && applied.as_ref().map_or_else(may_be_outdated, is_refused) {
                // What refused them may no longer be so at the primary.
                self.refresh(Trust::Ask)?;
                is_fresh = true;
                continue;
            }
            let receipts = applied?;
            if receipts.iter().all(Result::is_err) {
                return Ok(receipts);
            }
            self.statements.record("a group of batches");
            match self
                .network
                .handle()
                .block_on(self.primary.send(&statements))?
            {
                Sent::Applied => {
                    self.show();
                    return Ok(receipts);
                }
                Sent::Stale => {
                    self.refresh(Trust::Ask)?;
                    is_fresh = true;
                }
            }
        }
        Err(BackendError::new(ErrorKind::Busy, "write to the primary").because(format!(
            "others wrote to the same memories at each of {ATTEMPTS} attempts: try again; nothing was \
             changed"
        )))
    }

    /// Lets a job run statement by statement in a transaction at the primary.
    pub(crate) fn interact<T>(
        &mut self,
        reads: &mut Engine,
        job: impl FnOnce(&mut Engine) -> Result<T>,
    ) -> Result<T> {
        self.try_interact(reads, job).map_err(unchanged)
    }

    fn try_interact<T>(
        &mut self,
        reads: &mut Engine,
        job: impl FnOnce(&mut Engine) -> Result<T>,
    ) -> Result<T> {
        let history = self.history(reads)?;
        let mut engine = self
            .primary
            .engine(&self.network, self.statements.clone())?;
        let id = crate::primary::new_id();
        engine.control("BEGIN IMMEDIATE")?;
        let known = history.map_or(Ok(()), |history| {
            let checked = engine.control(&history.check());
            checked.map_err(|err| another_graph(err, self.primary.url()))
        });
        let done = known.and_then(|()| job(&mut engine)).and_then(|answer| {
            if sql_graph::schema_version(&mut engine)?.0 >= 2 {
                engine.execute_script(&sql_graph::note(&id))?;
            }
            Ok(answer)
        });
        let answer = match done {
            Ok(answer) => answer,
            Err(err) => {
                // The primary gives up by itself what cannot be taken back now.
                drop(engine.control("ROLLBACK"));
                return Err(err);
            }
        };
        if let Err(err) = engine.control("COMMIT") {
            let is_lost = err.kind() == ErrorKind::Unreachable;
            let runtime = self.network.handle();
            if !(is_lost && runtime.block_on(self.primary.was_committed(&id, &err))?) {
                return Err(err);
            }
        }
        self.show();
        Ok(answer)
    }

    fn history(&self, reads: &mut Engine) -> Result<Option<History>> {
        match self.sync {
            Some(_) => sql_graph::history(reads),
            None => Ok(None),
        }
    }

    fn refresh(&self, trust: Trust) -> Result<()> {
        match &self.sync {
            Some(sync) => self.network.handle().block_on(sync.sync(trust)).map(drop),
            None => Ok(()),
        }
    }

    /// Brings what was written into the copy. When that fails, or takes longer than an answer may, it
    /// is written all the same, and the status of the sync tells that the copy lags behind.
    fn show(&self) {
        let Some(sync) = &self.sync else { return };
        let showing = async { timeout(self.primary.patience(), sync.sync(Trust::Known)).await };
        match self.network.handle().block_on(showing) {
            Ok(Ok(_)) => {}
            Ok(Err(err)) => {
                tracing::warn!(error = %err, "what was written shows with the next sync");
            }
            Err(_) => tracing::warn!("what was written shows when the sync ends"),
        }
    }
}

/// Says whether an error is one of the way to the primary, and not of what was sent.
fn is_of_the_way(err: &BackendError) -> bool {
    matches!(
        err.kind(),
        ErrorKind::Unreachable | ErrorKind::Unauthorized | ErrorKind::Busy
    )
}

/// Says of a write that did not get through that it did not, unless that is not known.
fn unchanged(err: BackendError) -> BackendError {
    let words = err.detail().unwrap_or_default();
    if err.kind() != ErrorKind::Unreachable || words.contains(UNCHANGED) || words.contains(UNKNOWN)
    {
        return err;
    }
    let words = format!("{words}; {UNCHANGED}");
    err.because(words)
}

/// Says whether an error may come of reading a copy that lags behind.
fn may_be_outdated(err: &BackendError) -> bool {
    let lacks_tables = err.detail().is_some_and(|words| words.contains(NO_GRAPH));
    lacks_tables || matches!(err.kind(), ErrorKind::NotFound | ErrorKind::Conflict)
}

/// Translates the failure of a check of the history. A statement was meant for the graph that was
/// read, so that it is not tried again on another one.
fn another_graph(err: BackendError, url: &str) -> BackendError {
    let words = err.detail().unwrap_or_default();
    if !words.contains(DIVERGED) && !words.contains(NO_GRAPH) {
        return err;
    }
    BackendError::new(ErrorKind::Conflict, "write to the primary").because(format!(
        "the primary {url} holds another graph, an earlier state of this one, or none: {UNCHANGED}; \
         sync, which keeps aside what is here, and look before you repeat it"
    ))
}
