//! The bytes of what was erased.

use ports::{BackendError, Batch, Change, ErrorKind, Result};

use crate::SqlConnection;

/// The largest file, in bytes, that is written anew at once after something in it was erased: that
/// takes less than a second. A larger one is written anew when it is closed, once for all that was
/// erased.
pub const AT_ONCE: u64 = 32 << 20;

/// Says whether a batch erases something.
pub fn erases(batch: &Batch) -> bool {
    let mut changes = batch.changes.iter();
    changes.any(|change| matches!(change, Change::EraseMemory(_)))
}

/// Writes the file anew with what is in it, so that it has no byte of what was removed from it or
/// replaced, and empties its log. Runs outside any transaction.
///
/// An engine leaves what it removes where it was, until something else comes there; so what was
/// removed, and every earlier place of it, may be anywhere in the file. The full-text index has its own
/// such rests, which go before.
///
/// # Errors
///
/// - [`Busy`](ErrorKind::Busy) when another process reads the log all the time
pub fn remove_traces(connection: &mut dyn SqlConnection) -> Result<()> {
    connection.execute("INSERT INTO nodes_fts (nodes_fts) VALUES ('optimize')", &[])?;
    connection.execute("VACUUM", &[])?;
    let mut is_busy = false;
    connection.query("PRAGMA wal_checkpoint (TRUNCATE)", &[], &mut |row| {
        is_busy = row.integer(0)? == Some(1);
        Ok(())
    })?;
    if is_busy {
        return Err(BackendError::new(ErrorKind::Busy, "remove traces").because(
            "another process reads the log, which still has what was erased: it goes when the store is \
             closed",
        ));
    }
    Ok(())
}
