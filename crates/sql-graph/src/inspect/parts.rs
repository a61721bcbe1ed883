//! Whether the store has all tables, indexes and triggers of its schema.

use std::collections::BTreeSet;

use ports::{Finding, Result, Trouble};

use super::Found;
use crate::{SqlConnection, row::text_of, schema::STEPS};

/// The tables that nothing could make again.
const IRREPLACEABLE: [&str; 2] = ["nodes", "relationships"];

/// What tells which texts were put by SQL; without one of them, nobody knows.
const TELL_NEW_TEXTS: [&str; 4] = [
    "nodes_fts",
    "nodes_unread",
    "nodes_inserted",
    "nodes_reworded",
];

/// A table, an index or a trigger.
pub(super) struct Part {
    kind: &'static str,
    name: &'static str,
    /// Makes it, with the rows that it has from the beginning.
    make: String,
}

/// Returns the parts of the schema that the store lacks, in the order in which they are made.
pub(super) fn lacking(connection: &mut dyn SqlConnection, version: u32) -> Result<Vec<Part>> {
    let mut there = BTreeSet::new();
    let sql = "SELECT s.type || ' ' || s.name FROM sqlite_schema AS s";
    connection.query(sql, &[], &mut |row| {
        there.insert(text_of(row, 0)?.to_owned());
        Ok(())
    })?;
    let mut parts = parts(version);
    parts.retain(|part| !there.contains(&part.title()));
    Ok(parts)
}

/// Says what is lacking.
pub(super) fn findings(lacking: &[Part]) -> Vec<Finding> {
    let (mut lost, mut found) = (Found::default(), Found::default());
    for part in lacking {
        let found = if part.is_irreplaceable() {
            &mut lost
        } else {
            &mut found
        };
        found.add(part.title());
    }
    let trouble = Trouble::IncompleteSchema;
    let lost = lost.finding(
        trouble,
        false,
        "the schema lacks tables, and the memories or relationships in them are gone, which only another \
         program can have done: restore a backup (`memorygraph restore`)",
    );
    let found = found.finding(
        trouble,
        true,
        "the schema lacks tables, indexes or triggers, which only another program can have removed, so that \
         commands fail, are slow or miss what was written since: `memorygraph health --repair` makes them \
         again, and from the memories what is in them; a history or a quarantine begins anew",
    );
    lost.into_iter().chain(found).collect()
}

/// Says whether a table is among them, so that questions about it fail.
pub(super) fn has_table(lacking: &[Part]) -> bool {
    lacking.iter().any(Part::is_table)
}

/// Makes the tables among them.
pub(super) fn make_tables(connection: &mut dyn SqlConnection, lacking: &[Part]) -> Result<()> {
    make(connection, lacking, Part::is_table)
}

/// Makes the indexes and triggers among them.
pub(super) fn make_others(connection: &mut dyn SqlConnection, lacking: &[Part]) -> Result<()> {
    make(connection, lacking, |part| !part.is_table())
}

fn make(
    connection: &mut dyn SqlConnection,
    lacking: &[Part],
    is_asked: impl Fn(&Part) -> bool,
) -> Result<()> {
    let asked = lacking.iter().filter(|part| is_asked(part));
    asked
        .into_iter()
        .try_for_each(|part| connection.execute_script(&part.make))
}

/// Has all texts read again where nobody knows which ones are new, and says whether that is so.
pub(super) fn forget_texts(connection: &mut dyn SqlConnection, lacking: &[Part]) -> Result<bool> {
    let is_unknown = lacking
        .iter()
        .any(|part| TELL_NEW_TEXTS.contains(&part.name));
    if is_unknown {
        connection.execute_script(
            "INSERT INTO nodes_unread (key) SELECT n.key FROM nodes AS n WHERE true
             ON CONFLICT DO NOTHING",
        )?;
    }
    Ok(is_unknown)
}

impl Part {
    fn title(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    fn is_table(&self) -> bool {
        self.kind == "table"
    }

    fn is_irreplaceable(&self) -> bool {
        self.is_table() && IRREPLACEABLE.contains(&self.name)
    }
}

/// Returns the parts of a version of the schema.
fn parts(version: u32) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let steps = STEPS.iter().take(version as usize);
    for statement in steps.flat_map(|script| statements(script)) {
        match statement.split_whitespace().collect::<Vec<_>>()[..] {
            ["CREATE", "VIRTUAL", kind, name, ..] | ["CREATE", kind, name, ..] => {
                let kind = match kind {
                    "TABLE" => "table",
                    "INDEX" => "index",
                    _ => "trigger",
                };
                let make = statement.to_owned();
                parts.push(Part { kind, name, make });
            }
            ["INSERT", "INTO", name, ..] => {
                let part = parts.iter_mut().find(|part| part.name == name);
                if let Some(part) = part {
                    part.make.push('\n');
                    part.make.push_str(statement);
                }
            }
            _ => {}
        }
    }
    if let Some(steps) = parts.iter_mut().find(|part| part.name == "schema_steps") {
        for version in 1..=version {
            let sql = format!("\nINSERT INTO schema_steps (version) VALUES ({version});");
            steps.make.push_str(&sql);
        }
    }
    parts
}

/// Splits a step of the schema. A statement begins and ends with a line, a trigger with one that
/// says `END;`.
fn statements(script: &'static str) -> Vec<&'static str> {
    let mut statements = Vec::new();
    let (mut begin, mut end) = (None, 0);
    for line in script.split_inclusive('\n') {
        let start = end;
        end += line.len();
        let line = line.trim_end();
        if begin.is_none() && (line.is_empty() || line.starts_with("--")) {
            continue;
        }
        let statement = &script[*begin.get_or_insert(start)..end];
        let is_whole = if statement.starts_with("CREATE TRIGGER ") {
            line == "END;"
        } else {
            line.ends_with(';')
        };
        if is_whole {
            statements.push(statement.trim_end());
            begin = None;
        }
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_no_statement_that_makes_no_part() {
        let begins = [
            "CREATE TABLE ",
            "CREATE VIRTUAL TABLE ",
            "CREATE INDEX ",
            "CREATE TRIGGER ",
            "INSERT INTO ",
        ];
        for statement in STEPS.iter().flat_map(|script| statements(script)) {
            let is_known = begins.iter().any(|begin| statement.starts_with(begin));
            assert!(is_known, "{statement}");
            let creates = statement.matches("CREATE ").count();
            assert_eq!(creates, usize::from(statement.starts_with("CREATE ")));
        }
        assert!(parts(1).len() < parts(3).len());
    }
}
