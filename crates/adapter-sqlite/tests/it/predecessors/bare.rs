//! A connection of the engine as `sql-graph` sees one, without lanes, which can end the process
//! before any of its statements.

use std::path::Path;

use ports::{BackendError, ErrorKind, Result, Schema, SqlValue};
use sql_graph::{Kept, SqlConnection, SqlRow};
use sqlite_engine::rusqlite::{
    self, Row, Statement,
    types::{FromSql, ToSqlOutput, Value},
};

/// With what a process ends before a statement.
pub(super) const ENDED: i32 = 7;

pub(super) struct Bare {
    pub(super) sqlite: rusqlite::Connection,
    /// How many more statements may run.
    pub(super) left: u64,
}

impl Bare {
    pub(super) fn in_memory() -> Self {
        let sqlite = sqlite_engine::open_in_memory().unwrap();
        sqlite.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        Self {
            sqlite,
            left: u64::MAX,
        }
    }

    pub(super) fn open(path: &Path, left: u64) -> Self {
        let sqlite = crate::graph::raw(path);
        sqlite
            // So few pages that some are in the file long before the commit.
            .execute_batch(
                "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA cache_size = 10",
            )
            .unwrap();
        Self { sqlite, left }
    }

    /// Upgrades the store in a transaction.
    pub(super) fn upgrade(&mut self, keep: impl FnOnce() -> Result<Option<Kept>>) -> Schema {
        self.execute_script("BEGIN IMMEDIATE").unwrap();
        let commit = |bare: &mut Self| bare.execute_script("COMMIT");
        sql_graph::initialize_or_upgrade(self, keep, commit).unwrap()
    }

    fn count(&mut self) {
        if self.left == 0 {
            // As a kill would: nothing is closed, nothing is rolled back.
            std::process::exit(ENDED);
        }
        self.left -= 1;
    }

    fn prepare(&mut self, sql: &str, parameters: &[SqlValue]) -> Result<Statement<'_>> {
        self.count();
        let mut statement = self.sqlite.prepare(sql).map_err(failed)?;
        for (place, value) in (1..).zip(parameters) {
            let value = match value {
                SqlValue::Null => Value::Null,
                SqlValue::Integer(integer) => Value::Integer(*integer),
                SqlValue::Real(real) => Value::Real(*real),
                SqlValue::Text(text) => Value::Text(text.clone()),
                SqlValue::Blob(blob) => Value::Blob(blob.clone()),
            };
            let value = ToSqlOutput::Owned(value);
            statement.raw_bind_parameter(place, value).map_err(failed)?;
        }
        Ok(statement)
    }
}

fn failed(err: rusqlite::Error) -> BackendError {
    BackendError::new(ErrorKind::Backend, "run a statement")
        .because(err.to_string())
        .from_source(err)
}

impl SqlConnection for Bare {
    fn query(
        &mut self,
        sql: &str,
        parameters: &[SqlValue],
        row: &mut dyn FnMut(&dyn SqlRow) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.prepare(sql, parameters)?;
        let mut rows = statement.raw_query();
        while let Some(found) = rows.next().map_err(failed)? {
            row(&BareRow(found))?;
        }
        Ok(())
    }

    fn execute(&mut self, sql: &str, parameters: &[SqlValue]) -> Result<u64> {
        let mut statement = self.prepare(sql, parameters)?;
        let changed = statement.raw_execute().map_err(failed)?;
        Ok(changed as u64)
    }

    fn execute_script(&mut self, sql: &str) -> Result<()> {
        let mut rest = sql;
        while let Some(end) = end_of_first(&self.sqlite, rest) {
            let (first, more) = rest.split_at(end);
            self.count();
            let mut statement = self.sqlite.prepare(first).map_err(failed)?;
            let mut rows = statement.raw_query();
            while rows.next().map_err(failed)?.is_some() {}
            rest = more;
        }
        Ok(())
    }
}

/// Returns where the first statement of a script ends: at the first semicolon up to which it parses.
fn end_of_first(sqlite: &rusqlite::Connection, script: &str) -> Option<usize> {
    let has_statement = |text: &str| {
        let lines = text.lines().map(str::trim);
        lines
            .clone()
            .any(|line| !(line.is_empty() || line.starts_with("--")))
    };
    if !has_statement(script) {
        return None;
    }
    let ends = script.match_indices(';').map(|(at, _)| at + 1);
    let mut ends = ends.chain([script.len()]);
    ends.find(|end| sqlite.prepare(&script[..*end]).is_ok())
}

struct BareRow<'a>(&'a Row<'a>);

impl BareRow<'_> {
    fn get<T: FromSql>(&self, column: usize) -> Result<T> {
        self.0.get(column).map_err(failed)
    }
}

impl SqlRow for BareRow<'_> {
    fn text(&self, column: usize) -> Result<Option<&str>> {
        let value = self.0.get_ref(column).map_err(failed)?;
        value.as_str_or_null().map_err(|err| failed(err.into()))
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
