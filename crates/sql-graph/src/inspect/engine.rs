//! What the engine finds when it checks its file.

use ports::{BackendError, ErrorKind, Finding, Result, Trouble};

use super::Found;
use crate::SqlConnection;

/// What an engine said, sorted by what can be done about it.
#[derive(Default)]
pub(super) struct Check {
    pages: Found,
    indexes: Found,
    texts: Found,
    rules: Found,
}

/// Lets the engine check all of its file, inside the caller's transaction.
pub(super) fn check(connection: &mut dyn SqlConnection, version: u32) -> Result<Check> {
    let mut check = Check::default();
    if version > 0 {
        // A check by itself compares the index with the structure that this connection has read
        // before, also when another one has written since. A search looks for a newer one.
        let sql = "SELECT count(*) FROM nodes_fts AS f WHERE f.nodes_fts MATCH '\"a\"'";
        match connection.query(sql, &[], &mut |_| Ok(())) {
            // The check says what is wrong with it.
            Err(err) if err.kind() == ErrorKind::Corrupt => {}
            searched => searched?,
        }
    }
    let checked = connection.query("PRAGMA integrity_check (1000)", &[], &mut |row| {
        check.sort(row.text(0)?.unwrap_or_default());
        Ok(())
    });
    match checked {
        Ok(()) => {}
        // It gave up on the way.
        Err(err) if err.kind() == ErrorKind::Corrupt => check.pages.add(err.to_string()),
        // A look at the rows names the one; the pages are checked when it is gone.
        Err(err) if is_malformed_json(&err) => {}
        // Some servers let nobody ask.
        Err(err) if may_not_ask(&err) => {}
        Err(err) => return Err(err),
    }
    Ok(check)
}

/// Says whether an engine gave up since what a row says is no JSON, which it needs to be for the
/// columns that are made of it.
pub(crate) fn is_malformed_json(err: &BackendError) -> bool {
    err.detail()
        .is_some_and(|words| words.contains("malformed JSON"))
}

fn may_not_ask(err: &BackendError) -> bool {
    let words = err.detail().unwrap_or_default();
    words.contains("not authorized") || words.contains("unsupported statement")
}

impl Check {
    /// Takes one message of the engine.
    fn sort(&mut self, message: &str) {
        let begins = |words: &[&str]| words.iter().any(|word| message.starts_with(word));
        let found = if message == "ok" {
            return;
        } else if message.contains("inverted index for FTS5 table") {
            &mut self.texts
        } else if begins(&["CHECK constraint failed in ", "NULL value in "]) {
            &mut self.rules
        } else if begins(&["wrong # of entries in index ", "non-unique entry in index "])
            || (begins(&["row "]) && message.contains(" missing from index "))
            || begins(&["rowid not at end-of-record for row "])
            || (begins(&["row "]) && message.contains(" values differ from index "))
        {
            &mut self.indexes
        } else {
            &mut self.pages
        };
        found.add(message);
    }

    /// Whether pages of the file are damaged, so that what is read may be wrong.
    pub(super) fn is_damaged(&self) -> bool {
        self.pages.count > 0
    }

    /// What is wrong with the structure of the full-text index.
    pub(super) fn texts(&self) -> Option<Finding> {
        let detail = "the full-text index is damaged, so that searches fail or miss memories; the \
                      memories themselves are sound: run `memorygraph health --repair`";
        let found = self.texts.copy();
        found.finding(Trouble::TextIndexOutOfStep, true, detail)
    }

    /// Rows that break a rule of their table, where it is not known why.
    pub(super) fn broken_rules(&self) -> Option<Finding> {
        let detail = "rows break rules of their tables, which only a program can have done that turned \
                      the rules off: look at what it wrote, and put it right with SQL";
        let found = self.rules.copy();
        found.finding(Trouble::DamagedFile, false, detail)
    }

    /// What is known to be wrong with the file from what the engine said alone.
    pub(super) fn findings(&self) -> impl Iterator<Item = Finding> {
        let pages = "the file is damaged, and what is read from it may be wrong: stop every program that \
                     uses it and restore a backup (`memorygraph restore`); where there is none, \
                     `sqlite3 FILE .recover` reads what is left into a new file";
        let indexes = "indexes say something else than the rows, so that lookups miss some; the rows \
                       themselves are sound: run `memorygraph health --repair`";
        let damaged = Trouble::DamagedFile;
        let pages = self.pages.copy().finding(damaged, false, pages);
        let can_repair = pages.is_none();
        let indexes = self.indexes.copy().finding(damaged, can_repair, indexes);
        [pages, indexes, self.texts()].into_iter().flatten()
    }
}

impl Found {
    fn copy(&self) -> Self {
        Self {
            count: self.count,
            examples: self.examples.clone(),
        }
    }
}
