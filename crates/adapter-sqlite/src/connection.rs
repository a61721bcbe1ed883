use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use lanes::Transaction;
use ports::{BackendError, Batch, ErrorKind, Receipt, Result, SqlValue};
use sql_graph::{SqlConnection, SqlRow, StatementLog};
use sqlite_engine::rusqlite::{
    self, Row, Statement, ToSql,
    hooks::{AuthAction, AuthContext, Authorization},
    types::{ToSqlOutput, ValueRef},
};

use crate::error::sqlite;

/// A connection on a lane.
pub(crate) struct Connection {
    pub(crate) sqlite: rusqlite::Connection,
    statements: StatementLog,
    /// Whether the file has a write-ahead log.
    pub(crate) has_log: bool,
    /// Whether the statement that is being prepared is a caller's own.
    is_callers: Arc<AtomicBool>,
}

impl Connection {
    pub(crate) fn new(
        mut sqlite: rusqlite::Connection,
        statements: StatementLog,
    ) -> rusqlite::Result<Self> {
        let is_callers = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&is_callers);
        sqlite.authorizer(Some(move |context: AuthContext<'_>| {
            // A temporary table would stand in front of the graph's of the same name.
            let is_temporary = context.database_name == Some("temp");
            if asked.load(Ordering::Relaxed) && (is_temporary || is_ours(&context.action)) {
                Authorization::Deny
            } else {
                Authorization::Allow
            }
        }))?;
        Ok(Self {
            sqlite,
            statements,
            has_log: false,
            is_callers,
        })
    }

    /// Runs `use_sql` so that what it prepares may change rows and tables, and nothing that the
    /// lanes depend on.
    pub(crate) fn as_caller<T>(&self, use_sql: impl FnOnce() -> Result<T>) -> Result<T> {
        self.is_callers.store(true, Ordering::Relaxed);
        // Also when it panics: the lane goes on with this connection.
        let _ends = Ends(&self.is_callers);
        use_sql()
    }

    /// Records a caller's statement and prepares it anew: one of ours with the same text may be
    /// prepared already.
    pub(crate) fn prepare_callers(&self, sql: &str) -> rusqlite::Result<Statement<'_>> {
        self.statements.record(sql);
        self.sqlite.prepare(sql)
    }

    /// Records the statement and prepares it, or finds it prepared.
    fn prepare(&self, sql: &str) -> Result<rusqlite::CachedStatement<'_>> {
        self.statements.record(sql);
        self.sqlite.prepare_cached(sql).map_err(sqlite)
    }

    /// Changes a setting; some answer with a row.
    pub(crate) fn set(&self, pragma: &str) -> Result<()> {
        let mut statement = self.sqlite.prepare(pragma).map_err(sqlite)?;
        let mut rows = statement.raw_query();
        while rows.next().map_err(sqlite)?.is_some() {}
        Ok(())
    }

    fn control(&self, sql: &str) -> Result<()> {
        let mut statement = self.sqlite.prepare_cached(sql).map_err(sqlite)?;
        statement.execute([]).map(drop).map_err(sqlite)
    }
}

/// Sets a flag to false when it is dropped.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl SqlConnection for Connection {
    fn query(
        &mut self,
        sql: &str,
        parameters: &[SqlValue],
        row: &mut dyn FnMut(&dyn SqlRow) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, parameters)?;
        let mut rows = statement.raw_query();
        while let Some(found) = rows.next().map_err(sqlite)? {
            row(&SqliteRow(found))?;
        }
        Ok(())
    }

    fn execute(&mut self, sql: &str, parameters: &[SqlValue]) -> Result<u64> {
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, parameters)?;
        statement
            .raw_execute()
            .map(|count| count as u64)
            .map_err(sqlite)
    }

    fn execute_script(&mut self, sql: &str) -> Result<()> {
        self.sqlite.execute_batch(sql).map_err(sqlite)
    }
}

impl Transaction for Connection {
    type Error = BackendError;
    type Batch = Batch;
    type Receipt = Receipt;

    /// Takes the write lock at once: a transaction that begins by reading cannot wait for it later.
    fn begin(&mut self) -> Result<()> {
        self.control("BEGIN IMMEDIATE")
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
        let receipts = sql_graph::apply(self, batches)?;
        sql_graph::read_new_texts(self)?;
        sql_graph::note_traces(self, batches, &receipts)?;
        Ok(receipts)
    }

    fn commit(&mut self) -> Result<()> {
        self.control("COMMIT")
    }

    fn rollback(&mut self) -> Result<()> {
        self.control("ROLLBACK")
    }

    fn in_transaction(&self) -> bool {
        !self.sqlite.is_autocommit()
    }
}

/// Says whether an action changes transactions, settings or files. Some settings take effect when
/// their statement is prepared.
fn is_ours(action: &AuthAction<'_>) -> bool {
    match action {
        AuthAction::Transaction { .. }
        | AuthAction::Savepoint { .. }
        | AuthAction::Attach { .. }
        | AuthAction::Detach { .. } => true,
        AuthAction::Pragma {
            pragma_name,
            pragma_value,
        } => !sql_graph::may_use_pragma(pragma_name, *pragma_value),
        _ => false,
    }
}

/// Binds positional parameters.
pub(crate) fn bind(statement: &mut Statement<'_>, parameters: &[SqlValue]) -> Result<()> {
    for (position, value) in (1..).zip(parameters) {
        statement
            .raw_bind_parameter(position, Borrowed(value))
            .map_err(sqlite)?;
    }
    Ok(())
}

/// A value on its way to the engine.
pub(crate) struct Borrowed<'a>(pub(crate) &'a SqlValue);

impl ToSql for Borrowed<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            SqlValue::Null => ValueRef::Null,
            SqlValue::Integer(integer) => ValueRef::Integer(*integer),
            SqlValue::Real(real) => ValueRef::Real(*real),
            SqlValue::Text(text) => ValueRef::Text(text.as_bytes()),
            SqlValue::Blob(blob) => ValueRef::Blob(blob),
        }))
    }
}

struct SqliteRow<'a>(&'a Row<'a>);

impl SqliteRow<'_> {
    fn get<T: rusqlite::types::FromSql>(&self, column: usize) -> Result<T> {
        self.0.get(column).map_err(undecodable)
    }
}

/// A value is stored that its column cannot have.
fn undecodable(err: rusqlite::Error) -> BackendError {
    BackendError::new(ErrorKind::Corrupt, "read a row")
        .because(format!("a stored value does not decode: {err}"))
        .from_source(err)
}

impl SqlRow for SqliteRow<'_> {
    fn text(&self, column: usize) -> Result<Option<&str>> {
        let value = self.0.get_ref(column).map_err(sqlite)?;
        value
            .as_str_or_null()
            .map_err(|err| undecodable(err.into()))
    }

    fn integer(&self, column: usize) -> Result<Option<i64>> {
        self.get(column)
    }

    fn real(&self, column: usize) -> Result<Option<f64>> {
        self.get(column)
    }

    fn columns(&self) -> usize {
        self.0.as_ref().column_count()
    }
}
