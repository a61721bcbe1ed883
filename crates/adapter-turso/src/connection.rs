//! The connections of the lanes.

use lanes::Transaction;
use ports::{BackendError, Batch, Receipt, Result, SqlValue};
use sql_graph::{SqlConnection, SqlRow};

use crate::{engine::Engine, writer::PrimaryWriter};

/// A connection on a lane.
pub(crate) struct Connection {
    pub(crate) engine: Engine,
    /// Where batches go, unless the engine writes them itself.
    pub(crate) writer: Option<PrimaryWriter>,
    /// Whether a transaction is open that the engine does not know of.
    is_open: bool,
}

impl Connection {
    pub(crate) fn new(engine: Engine, writer: Option<PrimaryWriter>) -> Self {
        Self {
            engine,
            writer,
            is_open: false,
        }
    }

    /// Begins a transaction for a job that has the connection alone, where the engine writes.
    pub(crate) fn begin_alone(&mut self) -> Result<()> {
        match self.writer {
            Some(_) => Ok(()),
            None => self.begin(),
        }
    }

    /// Runs a job statement by statement in a transaction at the primary.
    ///
    /// # Panics
    ///
    /// Without a primary.
    pub(crate) fn interact<T>(&mut self, job: impl FnOnce(&mut Engine) -> Result<T>) -> Result<T> {
        let writer = self.writer.as_mut().expect("there is a primary");
        writer.interact(&mut self.engine, job)
    }

    fn control(&mut self, sql: &str) -> Result<()> {
        if self.writer.is_some() {
            return Ok(());
        }
        self.engine.control(sql)
    }
}

impl SqlConnection for Connection {
    fn query(
        &mut self,
        sql: &str,
        parameters: &[SqlValue],
        row: &mut dyn FnMut(&dyn SqlRow) -> Result<()>,
    ) -> Result<()> {
        self.engine.query(sql, parameters, row)
    }

    fn execute(&mut self, sql: &str, parameters: &[SqlValue]) -> Result<u64> {
        self.engine.execute(sql, parameters)
    }

    fn execute_script(&mut self, sql: &str) -> Result<()> {
        self.engine.execute_script(sql)
    }
}

/// For a primary each call of `apply` is a transaction there, which lasts when the call returns;
/// what is around it has nothing to do.
impl Transaction for Connection {
    type Error = BackendError;
    type Batch = Batch;
    type Receipt = Receipt;

    /// Takes the write lock at once: a transaction that begins by reading cannot wait for it later.
    fn begin(&mut self) -> Result<()> {
        self.control("BEGIN IMMEDIATE")?;
        self.is_open = true;
        Ok(())
    }

    fn mark(&mut self) -> Result<()> {
        self.control("SAVEPOINT job")
    }

    fn release(&mut self) -> Result<()> {
        self.control("RELEASE job")
    }

    fn rewind(&mut self) -> Result<()> {
        self.control("ROLLBACK TO job")?;
        self.control("RELEASE job")
    }

    fn apply(&mut self, batches: &[Batch]) -> Result<Vec<Result<Receipt>>> {
        if let Some(writer) = &mut self.writer {
            return writer.apply(&mut self.engine, batches);
        }
        let receipts = sql_graph::apply(&mut self.engine, batches)?;
        sql_graph::read_new_texts(&mut self.engine)?;
        sql_graph::note_traces(&mut self.engine, batches, &receipts)?;
        Ok(receipts)
    }

    fn commit(&mut self) -> Result<()> {
        self.control("COMMIT")?;
        self.is_open = false;
        Ok(())
    }

    fn rollback(&mut self) -> Result<()> {
        self.is_open = false;
        if self.engine.is_in_transaction()
            && let Err(err) = self.engine.control("ROLLBACK")
        {
            if self.engine.is_here() {
                return Err(err);
            }
            self.engine.begin_anew();
        }
        Ok(())
    }

    fn in_transaction(&self) -> bool {
        if self.writer.is_some() {
            self.is_open || self.engine.is_in_transaction()
        } else {
            self.engine.is_in_transaction()
        }
    }
}
