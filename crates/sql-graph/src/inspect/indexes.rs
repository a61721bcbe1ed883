//! Whether what is kept beside the rows, to find them by, says what they say.

use ports::{BackendError, ErrorKind, Finding, Result, Trouble};

use super::{Found, gather};
use crate::{SqlConnection, schema_version};

const OUT_OF_STEP: &str = "the full-text index says something else than the memories, so that searches miss \
     some or find too many, which happens when a program without our triggers writes: run `memorygraph \
     health --repair`";

/// Memories without an entry in the full-text index, and entries without a memory.
const UNMATCHED_TEXTS: &str = "
    SELECT 'memory ' || n.id FROM nodes AS n
    WHERE NOT EXISTS (SELECT 1 FROM nodes_fts_docsize AS entry WHERE entry.id = n.key)
    UNION ALL
    SELECT 'entry ' || entry.id FROM nodes_fts_docsize AS entry
    WHERE NOT EXISTS (SELECT 1 FROM nodes AS n WHERE n.key = entry.id)";

/// Memories whose text was put by SQL and not read since.
const UNREAD_TEXTS: &str = "
    SELECT coalesce('memory ' || n.id, 'entry ' || unread.key) FROM nodes_unread AS unread
    LEFT JOIN nodes AS n ON n.key = unread.key";

/// Tags without an entry, and entries without a tag.
const UNMATCHED_TAGS: &str = "
    SELECT 'memory ' || n.id FROM nodes AS n, json_each(n.tags) AS said
    WHERE said.type = 'text' AND NOT EXISTS (
      SELECT 1 FROM node_tags AS kept WHERE kept.tag = lower(trim(said.value)) AND kept.key = n.key)
    UNION ALL
    SELECT coalesce('memory ' || n.id, 'entry ' || kept.key) FROM node_tags AS kept
    LEFT JOIN nodes AS n ON n.key = kept.key
    WHERE NOT EXISTS (
      SELECT 1 FROM json_each(n.tags) AS said
      WHERE said.type = 'text' AND lower(trim(said.value)) = kept.tag)";

/// Looks for memories and entries of the full-text index that lack each other, and for texts that
/// wait to be read.
pub(super) fn texts(connection: &mut dyn SqlConnection) -> Result<Vec<Finding>> {
    let mut unmatched = Found::default();
    gather(connection, UNMATCHED_TEXTS, &mut unmatched)?;
    let mut unread = Found::default();
    gather(connection, UNREAD_TEXTS, &mut unread)?;
    let waiting = "a program put these texts by SQL, and parts of identifiers, CJK text and emoji in them \
                   are found after the next write: run `memorygraph health --repair` to have it now";
    let trouble = Trouble::TextIndexOutOfStep;
    let unmatched = unmatched.finding(trouble, true, OUT_OF_STEP);
    Ok(unmatched
        .into_iter()
        .chain(unread.finding(trouble, true, waiting))
        .collect())
}

/// Says whether the full-text index has exactly the words of the memories. Runs inside a transaction
/// that may write, and writes nothing.
pub fn compare_texts(connection: &mut dyn SqlConnection) -> Result<Option<Finding>> {
    if schema_version(connection)?.0 == 0 {
        return Ok(None);
    }
    let sql = "INSERT INTO nodes_fts (nodes_fts, rank) VALUES ('integrity-check', 1)";
    match connection.execute(sql, &[]) {
        Ok(_) => Ok(None),
        Err(err) if says_corrupt(&err) => {
            let mut found = Found::default();
            found.add("nodes_fts");
            Ok(found.finding(Trouble::TextIndexOutOfStep, true, OUT_OF_STEP))
        }
        Err(err) => Err(err),
    }
}

/// Some engines tell in words alone.
fn says_corrupt(err: &BackendError) -> bool {
    let words = err.detail().unwrap_or_default();
    err.kind() == ErrorKind::Corrupt || words.contains("disk image is malformed")
}

/// Looks for tags of memories and entries of their index that lack each other.
pub(super) fn tags(connection: &mut dyn SqlConnection) -> Result<Vec<Finding>> {
    let mut found = Found::default();
    gather(connection, UNMATCHED_TAGS, &mut found)?;
    let detail = "the index of tags says something else than the memories, so that lists by tag miss some or \
                  have too many: run `memorygraph health --repair`";
    let finding = found.finding(Trouble::TagIndexOutOfStep, true, detail);
    Ok(finding.into_iter().collect())
}
