//! How batches reach a primary: what they touch is read here, and all of it travels once.

use std::sync::Arc;

use ports::{BackendError, Batch, ErrorKind, Receipt, Result, Row};
use sql_graph::{DIVERGED, History, RemoteWrite, SqlConnection, StatementLog, Statements};
use tokio::time::timeout;

use crate::{
    copy::Trust,
    engine::{Engine, row_by_name},
    error::turso,
    network::Network,
    primary::{LARGEST_PARAMETER, Primary, Sent, UNCHANGED, UNKNOWN, lacks_graph},
    sync::SyncService,
};

/// What is said of a statement that was carried out.
const CARRIED_OUT: &str = "has carried out";

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
            let mut write = self.remote_write(reads)?;
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
            match self.send(&statements)? {
                Sent::Applied(_) => {
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

    /// Carries out a statement of a caller, and returns its rows. What it puts or rewords is read for
    /// the index after it: texts that nobody has read yet are not lost.
    pub(crate) fn carry_out(
        &mut self,
        reads: &mut Engine,
        sql: &str,
        inlined: String,
    ) -> Result<Vec<Row>> {
        self.try_carry_out(reads, sql, inlined).map_err(unchanged)
    }

    fn try_carry_out(
        &mut self,
        reads: &mut Engine,
        sql: &str,
        inlined: String,
    ) -> Result<Vec<Row>> {
        if reads.check(sql).is_err() && self.sync.is_some() {
            // The copy may lack a table that the primary has by now.
            self.refresh(Trust::Ask)?;
        }
        reads.check(sql)?;
        let history = self.history(reads)?;
        let returns_rows = sql_graph::is_returning(sql);
        let statements = Statements::of(history.as_ref(), inlined);
        self.statements.record("a statement of a caller");
        let rows = match self.send(&statements)? {
            Sent::Applied(Some(rows)) => rows,
            Sent::Applied(None) if returns_rows => return Err(rows_lost(self.primary.url())),
            Sent::Applied(None) => Vec::new(),
            // Only its history was checked. It was meant for the graph that was read, so that it is
            // not sent again to another one.
            Sent::Stale => return Err(another_graph(self.primary.url())),
        };
        self.show();
        if let Err(err) = self.read_new_texts(reads) {
            tracing::warn!(error = %err, "what the statement put is found in full after the next");
        }
        let rows = rows.iter().map(row_by_name).collect::<libsql::Result<_>>();
        rows.map_err(turso)
    }

    fn read_new_texts(&mut self, reads: &mut Engine) -> Result<()> {
        for _ in 0..ATTEMPTS {
            if !sql_graph::has_new_texts(reads)? {
                return Ok(());
            }
            let mut write = self.remote_write(reads)?;
            sql_graph::read_new_texts(&mut write)?;
            let statements = write.into_statements();
            match self.send(&statements)? {
                Sent::Applied(_) => self.show(),
                Sent::Stale => self.refresh(Trust::Ask)?,
            }
        }
        Ok(())
    }

    fn send(&mut self, statements: &Statements) -> Result<Sent> {
        let sending = self.primary.send(statements);
        self.network.handle().block_on(sending)
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
            checked.map_err(|err| match err.detail() {
                Some(words) if words.contains(DIVERGED) || lacks_graph(words) => {
                    another_graph(self.primary.url())
                }
                _ => err,
            })
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

    /// Begins a write that is computed from `reads`, and holds for their history alone.
    fn remote_write<'a>(&self, reads: &'a mut Engine) -> Result<RemoteWrite<'a>> {
        let history = self.history(reads)?;
        let mut write = RemoteWrite::new(reads, LARGEST_PARAMETER);
        if let Some(history) = &history {
            write.expect(history);
        }
        Ok(write)
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
    let is_unknown = err.detail().is_some_and(|words| words.contains(UNKNOWN));
    is_unknown
        || matches!(
            err.kind(),
            ErrorKind::Unreachable | ErrorKind::Unauthorized | ErrorKind::Busy
        )
}

/// Says of a write that did not get through that it did not, unless that is not known.
fn unchanged(err: BackendError) -> BackendError {
    let words = err.detail().unwrap_or_default();
    let is_said = [UNCHANGED, UNKNOWN, CARRIED_OUT]
        .iter()
        .any(|said| words.contains(said));
    if err.kind() != ErrorKind::Unreachable || is_said {
        return err;
    }
    let words = format!("{words}; {UNCHANGED}");
    err.because(words)
}

/// Says whether an error may come of reading a copy that lags behind.
fn may_be_outdated(err: &BackendError) -> bool {
    let lacks_tables = err.detail().is_some_and(lacks_graph);
    lacks_tables || matches!(err.kind(), ErrorKind::NotFound | ErrorKind::Conflict)
}

/// Says that a statement was carried out and its rows were lost on the way back.
fn rows_lost(url: &str) -> BackendError {
    BackendError::new(ErrorKind::Unreachable, "execute a query").because(format!(
        "the primary {url} {CARRIED_OUT} the statement, and its rows were lost with the answer: do not \
         repeat it, read what it changed"
    ))
}

/// Says that the primary does not have the history of the copy.
fn another_graph(url: &str) -> BackendError {
    BackendError::new(ErrorKind::Conflict, "write to the primary").because(format!(
        "the primary {url} holds another graph, an earlier state of this one, or none: {UNCHANGED}; \
         sync, which keeps aside what is here, and look before you repeat it"
    ))
}
