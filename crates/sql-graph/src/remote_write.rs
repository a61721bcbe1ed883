//! Writes for a store across a network: what was read here is checked there, in the transaction
//! that writes, so that a group of batches travels once and holds no lock while it does.

use ports::{Result, SqlValue};
use serde_json::Value;

use crate::{
    History, SqlConnection, SqlRow,
    callers::{inlined, quoted_text as quoted},
    parameter,
};

/// How long a primary remembers a group of batches, in days. A replica that was away for longer
/// cannot tell an old state of its primary from its own history.
const REMEMBERED_DAYS: u32 = 30;

/// The name of the constraint that fails when something has changed since it was read.
pub const STALE: &str = "what_was_read_holds";

/// A connection that reads from another one, remembers what it saw, and keeps what is to be written
/// for later.
///
/// Whoever sends the [statements](Self::into_statements) in one transaction gets what a
/// transaction of reads and writes would have given, or an error that names [`STALE`], after which
/// the reads are to be made again on a newer state. All reads come before the first write: later
/// ones would not see it.
pub struct RemoteWrite<'a> {
    reads: &'a mut dyn SqlConnection,
    largest: usize,
    checks: Vec<String>,
    writes: Vec<String>,
}

impl<'a> RemoteWrite<'a> {
    /// Reads from `reads`, and writes statements whose texts hold parameters of at most `largest`
    /// bytes.
    pub fn new(reads: &'a mut dyn SqlConnection, largest: usize) -> Self {
        Self {
            reads,
            largest,
            checks: Vec::new(),
            writes: Vec::new(),
        }
    }

    /// Checks as well that the store has this history.
    pub fn expect(&mut self, history: &History) {
        self.checks.push(history.holds());
    }

    /// Returns the statements that check what was read, write, and record both under an id, which
    /// nothing else may have.
    pub fn into_statements(self) -> Statements {
        Statements {
            checks: self.checks,
            writes: self.writes,
        }
    }
}

/// What a group of batches comes to at the store.
#[derive(Clone, Debug)]
pub struct Statements {
    checks: Vec<String>,
    writes: Vec<String>,
}

impl Statements {
    /// A statement for a store that has this history.
    pub fn of(history: Option<&History>, statement: String) -> Self {
        Self {
            checks: history.map(History::holds).into_iter().collect(),
            writes: vec![statement],
        }
    }

    /// Returns the place in the script of the first statement that writes what was asked for.
    pub fn first_write(&self) -> usize {
        1 + self.checks.len()
    }

    /// Writes them as a script for one transaction that records itself as `id`.
    pub fn script(&self, id: &str) -> String {
        let quoted_id = quoted(id);
        let checks = self
            .checks
            .iter()
            .map(|check| format!("UPDATE batches SET holds = ({check}) WHERE id = {quoted_id}"));
        let statements: Vec<String> = std::iter::once(note(id))
            .chain(checks)
            .chain(self.writes.iter().cloned())
            .chain([format!(
                // The newest stays, whatever its age: by it a replica knows its primary again.
                "DELETE FROM batches WHERE at < unixepoch() - {REMEMBERED_DAYS} * 86400
                   AND number < (SELECT max(number) FROM batches)"
            )])
            .collect();
        statements.join(";\n")
    }
}

/// Returns the statement that records a group of batches.
pub fn note(id: &str) -> String {
    format!("INSERT INTO batches (id) VALUES ({})", quoted(id))
}

/// Returns the statement that changes one row when the group `id` was not applied, and never will
/// be from now on, and none when it was applied.
pub fn abandon(id: &str) -> String {
    let id = quoted(id);
    format!(
        "INSERT INTO batches (id, applied) VALUES ({id}, 0)
         ON CONFLICT (id) DO UPDATE SET applied = 0 WHERE applied = 0"
    )
}

impl SqlConnection for RemoteWrite<'_> {
    fn query(
        &mut self,
        sql: &str,
        parameters: &[SqlValue],
        row: &mut dyn FnMut(&dyn SqlRow) -> Result<()>,
    ) -> Result<()> {
        assert!(self.writes.is_empty(), "a read comes before the writes");
        let mut seen: Vec<Vec<Value>> = Vec::new();
        let mut columns = 0;
        self.reads.query(sql, parameters, &mut |found| {
            columns = found.columns();
            // What is read to be checked is text: numbers would have to survive two writings.
            let texts = (0..columns).map(|column| Ok(Value::from(found.text(column)?)));
            seen.push(texts.collect::<Result<_>>()?);
            row(found)
        })?;
        let asked = inlined(sql, parameters)?;
        let count = seen.len();
        self.checks
            .push(format!("(SELECT count(*) FROM ({asked})) = {count}"));
        let values: Vec<_> = (0..columns)
            .map(|column| format!("value ->> {column}"))
            .collect();
        let values = values.join(", ");
        for rows in parameter::parameters(self.largest, seen.iter()) {
            let SqlValue::Text(rows) = rows else { continue };
            let rows = quoted(&rows);
            self.checks.push(format!(
                "NOT EXISTS (SELECT {values} FROM json_each({rows}) EXCEPT SELECT * FROM ({asked}))"
            ));
        }
        Ok(())
    }

    fn execute(&mut self, sql: &str, parameters: &[SqlValue]) -> Result<u64> {
        self.writes.push(inlined(sql, parameters)?);
        Ok(0)
    }

    fn execute_script(&mut self, sql: &str) -> Result<()> {
        self.writes.push(sql.to_owned());
        Ok(())
    }

    fn largest_parameter(&self) -> usize {
        self.largest
    }
}
