//! By what a replica knows its primary again.

use ports::Result;

use crate::{SqlConnection, callers::quoted_text as quoted, row::text_of, schema_version};

/// What the error of [`History::check`] says when the histories differ: the words with which
/// SQLite's `json()` refuses a text that is none.
pub const DIVERGED: &str = "malformed JSON";

/// How far a store has come: which graph it is, and the last group of batches that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Tells this graph from every other one.
    pub graph: String,
    /// The number of the last group of batches; 0 when none came.
    pub number: i64,
    /// The id of that group.
    pub batch: Option<String>,
}

/// Returns how far a store has come; nothing for a store without a graph.
///
/// # Errors
///
/// As for [`schema_version`].
pub fn history(connection: &mut dyn SqlConnection) -> Result<Option<History>> {
    if schema_version(connection)?.0 < 2 {
        return Ok(None);
    }
    let mut history = None;
    connection.query(
        "SELECT graph.id, coalesce(b.number, 0), b.id FROM graph
         LEFT JOIN (SELECT number, id FROM batches ORDER BY number DESC LIMIT 1) AS b ON true",
        &[],
        &mut |row| {
            history = Some(History {
                graph: text_of(row, 0)?.to_owned(),
                number: row.integer(1)?.unwrap_or_default(),
                batch: row.text(2)?.map(str::to_owned),
            });
            Ok(())
        },
    )?;
    Ok(history)
}

impl History {
    /// Returns an expression that is true on a store that has this history, with or without more
    /// after it: neither one of another graph nor an earlier state of this one.
    pub(crate) fn holds(&self) -> String {
        let graph = quoted(&self.graph);
        let number = self.number;
        let batch = quoted(self.batch.as_deref().unwrap_or_default());
        // What a primary no longer remembers is taken for the same.
        format!(
            "coalesce((SELECT id FROM graph), '') = {graph}
               AND (SELECT coalesce(max(number), 0) FROM batches) >= {number}
               AND coalesce((SELECT id FROM batches WHERE number = {number}), {batch}) = {batch}"
        )
    }

    /// Returns a statement that fails with [`DIVERGED`] on a store that does not have this history.
    pub fn check(&self) -> String {
        format!("SELECT CASE WHEN {} THEN 1 ELSE json('') END", self.holds())
    }
}
