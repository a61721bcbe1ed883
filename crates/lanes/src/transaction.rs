//! What the lanes ask of a connection.

use crate::error::{LaneError, guarded};

/// A connection with a transaction that many jobs share, and a mark for each job.
///
/// The writer calls `begin`, then `mark` and `release` (or `rewind`) around each job, then `commit`. When there is only
/// one job, it is not marked: there is nothing else to keep. `mark`, `release`, `rewind` and `commit` fail outside a
/// transaction, and `release` and `rewind` fail without a mark: that is how the writer notices an engine that rolled
/// back by itself under a job that hides it.
///
/// A method that panics counts as one that failed.
pub trait Transaction: Send + 'static {
    /// Cloned, because the error of a failed commit is told to everyone who shared the transaction.
    type Error: Clone + Send + 'static;

    /// A value that says what to write, so that several can be written at once;
    /// [`Infallible`](std::convert::Infallible) where there is none.
    type Batch: Send + 'static;

    /// What was done for a batch.
    type Receipt: Send + 'static;

    /// Starts a transaction that may write. May wait for other processes: when to give up is the connection's matter.
    fn begin(&mut self) -> Result<(), Self::Error>;

    /// Notes a state inside the transaction that [`rewind`](Self::rewind) can return to.
    fn mark(&mut self) -> Result<(), Self::Error>;

    /// Forgets the mark and keeps what was written since.
    fn release(&mut self) -> Result<(), Self::Error>;

    /// Takes back what was written since the mark, and forgets the mark.
    fn rewind(&mut self) -> Result<(), Self::Error>;

    /// Writes the batches in their order, and says of each what was done. One that is refused leaves no trace.
    ///
    /// # Errors
    ///
    /// An error of the whole takes all of them back; when there are several, each is then tried alone.
    fn apply(&mut self, batches: &[Self::Batch]) -> Result<Vec<Applied<Self>>, Self::Error>;

    /// Makes the transaction last. When this fails, the transaction must not have been kept.
    fn commit(&mut self) -> Result<(), Self::Error>;

    /// Takes the whole transaction back.
    fn rollback(&mut self) -> Result<(), Self::Error>;

    /// Whether a transaction is open. Asked after each job that failed, because engines roll back by themselves on a
    /// full disk or an I/O error.
    fn in_transaction(&self) -> bool;
}

/// What became of a batch.
pub type Applied<C> = Result<<C as Transaction>::Receipt, <C as Transaction>::Error>;

/// How a job or a transaction ended.
pub(crate) type Ended<C> = Result<(), LaneError<<C as Transaction>::Error>>;

/// Ends the transaction in this way, if one is open.
pub(crate) fn end<C: Transaction>(
    connection: &mut C,
    how: impl FnOnce(&mut C) -> Result<(), C::Error>,
) -> Ended<C> {
    guarded(|| {
        if connection.in_transaction() {
            how(connection)
        } else {
            Ok(())
        }
    })
}

/// Takes back a transaction that somebody left open, so that the next job starts outside any.
pub(crate) fn settle<C: Transaction>(connection: &mut C) -> Ended<C> {
    end(connection, C::rollback)
}
