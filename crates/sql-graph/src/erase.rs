//! The bytes of what was erased.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use ports::{BackendError, Batch, Change, ErrorKind, Receipt, Result};

use crate::{SqlConnection, row::integer_of};

/// The largest file, in bytes, that is written anew at once after something in it was erased: that
/// takes less than a second. A larger one is written anew when it is closed, once for all that was
/// erased.
pub const AT_ONCE: u64 = 32 << 20;

/// How many bytes an erasing batch adds to what may be written anew at once.
const FOR_EACH: u64 = 1 << 20;

/// How long [`remove_traces`] may wait for other processes. While it waits for readers, no other
/// process can write.
pub const PATIENCE: Duration = Duration::from_millis(250);

/// How much of a file may be written anew at once, so that many erasing batches one after the other do
/// not each write all of it: [`AT_ONCE`], and 1 MiB more for each of them.
#[derive(Debug)]
pub struct Allowance(Mutex<u64>);

impl Default for Allowance {
    fn default() -> Self {
        Self(Mutex::new(AT_ONCE))
    }
}

impl Allowance {
    /// Adds what comes with an erasing batch; there is never more than [`AT_ONCE`].
    pub fn add(&self) {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *left = (*left + FOR_EACH).min(AT_ONCE);
    }

    /// Takes as many bytes, if there are so many, and says whether there were.
    pub fn take(&self, bytes: u64) -> bool {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = left.checked_sub(bytes);
        *left = rest.unwrap_or(*left);
        rest.is_some()
    }
}

/// Says whether a batch erases something.
pub fn erases(batch: &Batch) -> bool {
    let mut changes = batch.changes.iter();
    changes.any(|change| matches!(change, Change::EraseMemory(_)))
}

/// Notes in the store that bytes of what these batches erased may be left in it, in the transaction
/// that erased it: who opens the store after a crash still knows.
pub fn note_traces(
    connection: &mut dyn SqlConnection,
    batches: &[Batch],
    receipts: &[Result<Receipt>],
) -> Result<()> {
    let mut applied = batches.iter().zip(receipts);
    if applied.any(|(batch, receipt)| receipt.is_ok() && erases(batch)) {
        connection.execute("UPDATE traces SET erased = erased + 1 WHERE one = 1", &[])?;
    }
    Ok(())
}

/// Says whether bytes of what was erased may be left in the store.
pub fn has_traces(connection: &mut dyn SqlConnection) -> Result<bool> {
    Traces::read(connection).map(|traces| traces.removed < traces.erased)
}

/// How many erasing batches there were, and how far each stage has come.
#[derive(Default)]
struct Traces {
    erased: i64,
    rewritten: i64,
    removed: i64,
}

impl Traces {
    fn read(connection: &mut dyn SqlConnection) -> Result<Self> {
        let mut traces = Self::default();
        connection.query(
            "SELECT erased, rewritten, removed FROM traces WHERE one = 1",
            &[],
            &mut |row| {
                traces = Self {
                    erased: integer_of(row, 0)?,
                    rewritten: integer_of(row, 1)?,
                    removed: integer_of(row, 2)?,
                };
                Ok(())
            },
        )?;
        Ok(traces)
    }
}

/// Writes the file anew with what is in it, if that was not done and `may_rewrite` agrees, so that it
/// has no byte of what was removed from it or replaced, and empties its log. Runs outside any
/// transaction, with no more than [`PATIENCE`]. Where nothing was erased it reads one row.
///
/// An engine leaves what it removes where it was, until something else comes there; so what was
/// removed, and every earlier place of it, may be anywhere in the file. The full-text index has its own
/// such rests, which go before.
///
/// # Errors
///
/// - [`Busy`](ErrorKind::Busy) when another process writes, or reads what is still in the log; what
///   was done is not done again
pub fn remove_traces(
    connection: &mut dyn SqlConnection,
    may_rewrite: impl FnOnce() -> bool,
) -> Result<()> {
    let traces = Traces::read(connection)?;
    if traces.removed >= traces.erased || traces.rewritten < traces.erased && !may_rewrite() {
        return Ok(());
    }
    remove(connection, &traces).map_err(|err| match err.kind() {
        ErrorKind::Busy => busy(),
        _ => err,
    })
}

fn remove(connection: &mut dyn SqlConnection, traces: &Traces) -> Result<()> {
    // What others erase meanwhile is not seen to.
    let erased = [traces.erased.into()];
    if traces.rewritten < traces.erased {
        connection.execute("INSERT INTO nodes_fts (nodes_fts) VALUES ('optimize')", &[])?;
        connection.execute("VACUUM", &[])?;
        let sql = "UPDATE traces SET rewritten = max(rewritten, ?1) WHERE one = 1";
        connection.execute(sql, &erased)?;
    }
    // Most of it without keeping anybody waiting.
    checkpoint(connection, "PRAGMA wal_checkpoint (PASSIVE)")?;
    if checkpoint(connection, "PRAGMA wal_checkpoint (TRUNCATE)")? {
        return Err(busy());
    }
    let sql = "UPDATE traces SET removed = max(removed, ?1) WHERE one = 1";
    connection.execute(sql, &erased)?;
    Ok(())
}

/// Moves the log into the file, and says whether somebody kept it from doing all.
fn checkpoint(connection: &mut dyn SqlConnection, pragma: &str) -> Result<bool> {
    let mut is_busy = false;
    connection.query(pragma, &[], &mut |row| {
        is_busy = row.integer(0)? == Some(1);
        Ok(())
    })?;
    Ok(is_busy)
}

fn busy() -> BackendError {
    BackendError::new(ErrorKind::Busy, "remove traces").because(
        "another process uses the file, so that bytes of what was erased are still in it or its log: \
         they go with the next erasing, or when the store is next closed or opened while no other \
         process reads it",
    )
}
