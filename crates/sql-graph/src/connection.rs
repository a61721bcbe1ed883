use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use ports::{Result, SqlValue};

/// A connection to an engine that speaks SQLite's SQL.
///
/// The calls block, so they belong on a lane. Errors carry their kind and the engine's words; what
/// was being done is added above.
pub trait SqlConnection {
    /// Runs a statement and hands each of its rows to `row`; stops at the first error.
    fn query(
        &mut self,
        sql: &str,
        parameters: &[SqlValue],
        row: &mut dyn FnMut(&dyn SqlRow) -> Result<()>,
    ) -> Result<()>;

    /// Runs a statement that returns no rows, and says how many rows it changed.
    fn execute(&mut self, sql: &str, parameters: &[SqlValue]) -> Result<u64>;

    /// Runs several statements that take no parameters and return no rows.
    fn execute_script(&mut self, sql: &str) -> Result<()>;

    /// Returns how many bytes of JSON may travel as one parameter.
    fn largest_parameter(&self) -> usize {
        4 << 20
    }
}

/// A row of an answer, readable until the next one comes.
pub trait SqlRow {
    /// Returns a text, or `None` for NULL.
    fn text(&self, column: usize) -> Result<Option<&str>>;

    /// Returns an integer, or `None` for NULL.
    fn integer(&self, column: usize) -> Result<Option<i64>>;

    /// Returns a number, or `None` for NULL.
    fn real(&self, column: usize) -> Result<Option<f64>>;

    /// Returns how many columns there are.
    fn columns(&self) -> usize;
}

/// Counts the statements that a backend's connections run, transaction control left out.
///
/// Cheap to clone: clones count together.
#[derive(Clone, Debug, Default)]
pub struct StatementLog(Arc<Log>);

#[derive(Debug, Default)]
struct Log {
    count: AtomicU64,
    keeping: AtomicBool,
    texts: Mutex<BTreeSet<String>>,
}

impl StatementLog {
    /// Records that a connection runs `sql`.
    pub fn record(&self, sql: &str) {
        self.0.count.fetch_add(1, Ordering::Relaxed);
        if self.0.keeping.load(Ordering::Relaxed) {
            let mut texts = self.0.texts.lock().unwrap_or_else(PoisonError::into_inner);
            if !texts.contains(sql) {
                texts.insert(sql.to_owned());
            }
        }
    }

    /// Returns how many statements ran so far.
    pub fn count(&self) -> u64 {
        self.0.count.load(Ordering::Relaxed)
    }

    /// Keeps the text of each distinct statement from now on.
    pub fn keep_texts(&self) {
        self.0.keeping.store(true, Ordering::Relaxed);
    }

    /// Returns the distinct texts that were kept.
    pub fn texts(&self) -> Vec<String> {
        let texts = self.0.texts.lock().unwrap_or_else(PoisonError::into_inner);
        texts.iter().cloned().collect()
    }
}

/// Runs `read` so that all its statements see one state of the graph.
pub(crate) fn one_state<T>(
    connection: &mut dyn SqlConnection,
    read: impl FnOnce(&mut dyn SqlConnection) -> Result<T>,
) -> Result<T> {
    connection.execute_script("BEGIN")?;
    let answer = read(connection);
    // A read transaction has nothing to lose; the answer matters more than how it ends.
    let ended = connection.execute_script("COMMIT");
    let answer = answer?;
    ended?;
    Ok(answer)
}
