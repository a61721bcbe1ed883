//! Looks for trouble, and mends it.

mod engine;
mod indexes;
mod parts;
mod record;
mod repair;
mod rows;

use ports::{ErrorKind, Finding, Result, Trouble};

use crate::{SqlConnection, schema_version};

pub(crate) use engine::is_malformed_json;
pub use indexes::compare_texts;
pub use repair::repair;

/// Looks for trouble in the whole store, in bounded memory. Each question sees one state of the
/// graph, and what is asked goes on beside writes. What the engine refuses to be asked is not
/// looked at.
///
/// Whether the full-text index says what the rows say, [`compare_texts`] tells: the engine takes the
/// question for a write.
pub fn inspect(connection: &mut dyn SqlConnection) -> Result<Vec<Finding>> {
    let version = schema_version(connection)?.0;
    let lacking = parts::lacking(connection, version)?;
    if parts::has_table(&lacking) {
        return Ok(parts::findings(&lacking));
    }
    connection.execute_script("BEGIN")?;
    let engine = engine::check(connection, version);
    match connection.execute_script("COMMIT") {
        // An engine that has met damage may say so once more.
        Err(err) if err.kind() == ErrorKind::Corrupt => {
            drop(connection.execute_script("ROLLBACK"));
        }
        ended => ended?,
    }
    look(connection, version, &lacking, &engine?)
}

/// Looks for trouble inside the caller's transaction, where no table is lacking.
fn inspect_inside(connection: &mut dyn SqlConnection) -> Result<Vec<Finding>> {
    let version = schema_version(connection)?.0;
    let lacking = parts::lacking(connection, version)?;
    let engine = engine::check(connection, version)?;
    look(connection, version, &lacking, &engine)
}

fn look(
    connection: &mut dyn SqlConnection,
    version: u32,
    lacking: &[parts::Part],
    engine: &engine::Check,
) -> Result<Vec<Finding>> {
    let mut found = parts::findings(lacking);
    found.extend(engine.findings());
    let mut has_unreadable = false;
    let mut look = |findings: Result<Vec<Finding>>| match findings {
        Ok(findings) => {
            let mut troubles = findings.iter().map(|found| found.trouble);
            has_unreadable |= troubles.any(|it| it == Trouble::UnreadableMemories);
            found.extend(findings);
            Ok(())
        }
        // What such a row says cannot be compared with anything.
        Err(err) if has_unreadable && is_malformed_json(&err) => Ok(()),
        // Of a damaged file the rest is read as far as that goes.
        Err(err) if engine.is_damaged() && err.kind() == ErrorKind::Corrupt => Ok(()),
        Err(err) => Err(err),
    };
    if version > 0 {
        let unreadable = rows::look(connection, version);
        let is_known_why = unreadable.as_ref().is_ok_and(|found| !found.is_empty());
        look(unreadable)?;
        if !is_known_why {
            look(Ok(engine.broken_rules().into_iter().collect()))?;
        }
        look(rows::dangling(connection))?;
        if engine.texts().is_none() {
            look(indexes::texts(connection))?;
        }
        look(indexes::tags(connection))?;
    }
    Ok(found)
}

/// Says whether [`compare_texts`] can tell something that is not known from `found`, and that a
/// repair would not mend anyway.
pub fn may_compare_texts(found: &[Finding]) -> bool {
    let tells = [
        Trouble::DamagedFile,
        Trouble::UnreadableMemories,
        Trouble::TextIndexOutOfStep,
        Trouble::IncompleteSchema,
    ];
    !found.iter().any(|found| tells.contains(&found.trouble))
}

/// Where something was found.
#[derive(Default)]
struct Found {
    count: u64,
    examples: Vec<String>,
}

impl Found {
    fn add(&mut self, example: impl Into<String>) {
        self.count += 1;
        let example = example.into();
        if self.examples.len() < Finding::NAMED && !self.examples.contains(&example) {
            self.examples.push(example);
        }
    }

    /// Makes a finding of it, unless nothing was found.
    fn finding(self, trouble: Trouble, can_repair: bool, detail: &str) -> Option<Finding> {
        (self.count > 0).then(|| Finding {
            trouble,
            count: self.count,
            examples: self.examples,
            detail: detail.to_owned(),
            can_repair,
        })
    }
}

/// Adds the first column of each row as an example.
fn gather(connection: &mut dyn SqlConnection, sql: &str, found: &mut Found) -> Result<()> {
    connection.query(sql, &[], &mut |row| {
        // An id may be bytes that are no text.
        found.add(row.text(0).ok().flatten().unwrap_or("bytes"));
        Ok(())
    })
}
