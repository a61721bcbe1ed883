use lanes::Transaction;
use ports::{BackendError, Result, SqlValue};
use sql_graph::{SqlConnection, SqlRow, StatementLog};
use sqlite_engine::rusqlite::{self, Row, Statement, ToSql, types::ToSqlOutput, types::ValueRef};

use crate::error::sqlite;

/// A connection on a lane.
pub(crate) struct Connection {
    pub(crate) sqlite: rusqlite::Connection,
    statements: StatementLog,
}

impl Connection {
    pub(crate) fn new(sqlite: rusqlite::Connection, statements: StatementLog) -> Self {
        Self { sqlite, statements }
    }

    /// Records the statement and prepares it, or finds it prepared.
    pub(crate) fn prepare(&self, sql: &str) -> Result<rusqlite::CachedStatement<'_>> {
        self.statements.record(sql);
        self.sqlite.prepare_cached(sql).map_err(sqlite)
    }

    fn control(&self, sql: &str) -> Result<()> {
        let mut statement = self.sqlite.prepare_cached(sql).map_err(sqlite)?;
        statement.execute([]).map(drop).map_err(sqlite)
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
        self.0.get(column).map_err(sqlite)
    }
}

impl SqlRow for SqliteRow<'_> {
    fn text(&self, column: usize) -> Result<Option<&str>> {
        let value = self.0.get_ref(column).map_err(sqlite)?;
        value.as_str_or_null().map_err(|err| sqlite(err.into()))
    }

    fn integer(&self, column: usize) -> Result<Option<i64>> {
        self.get(column)
    }

    fn real(&self, column: usize) -> Result<Option<f64>> {
        self.get(column)
    }
}
