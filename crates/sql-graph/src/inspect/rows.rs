//! Rows that are no memories and no relationships, and relationships that lead nowhere.

use domain::{Invalid, time_text};
use ports::{Finding, RecordKind, Result, SqlValue, Trouble};
use serde::Deserialize;
use serde_json::Value;

use super::{Found, gather};
use crate::{
    SqlConnection, SqlRow,
    row::{self, integer_of, text_of},
};

/// How many rows are read at a time.
const ROWS: i64 = 1_000;

/// A table whose rows are all of a kind.
#[derive(Clone, Copy)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) kind: RecordKind,
    /// The version of the schema from which on it is there.
    since: u32,
}

/// The tables, in the order in which they are mended.
pub(super) const TABLES: [Table; 4] = [
    Table::of("nodes", RecordKind::Memory, 1),
    Table::of("relationships", RecordKind::Relationship, 1),
    Table::of("past_nodes", RecordKind::Memory, 3),
    Table::of("past_relationships", RecordKind::Relationship, 3),
];

/// Relationships without one of their ends.
pub(super) const DANGLING: &str = "
    NOT EXISTS (SELECT 1 FROM nodes AS n WHERE n.id = r.from_id)
    OR NOT EXISTS (SELECT 1 FROM nodes AS n WHERE n.id = r.to_id)";

/// Relationships whose successor is not there.
pub(super) const ORPHANED: &str = "
    r.invalidated_by IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM relationships AS other WHERE other.id = r.invalidated_by)";

impl Table {
    const fn of(name: &'static str, kind: RecordKind, since: u32) -> Self {
        Self { name, kind, since }
    }

    pub(super) fn is_there(self, version: u32) -> bool {
        version >= self.since
    }

    /// Hands the key of each row that is not sound to `found`, with what is wrong.
    pub(super) fn unsound(
        self,
        connection: &mut dyn SqlConnection,
        found: &mut dyn FnMut(i64, String),
    ) -> Result<()> {
        let (alias, columns, key) = match self.kind {
            RecordKind::Memory => ("n", row::MEMORY_COLUMNS, 4),
            RecordKind::Relationship => ("r", row::RELATIONSHIP_COLUMNS, 10),
        };
        let sql = format!(
            "SELECT {columns}, {alias}.key FROM {} AS {alias} WHERE {alias}.key > ?1
             ORDER BY {alias}.key LIMIT {ROWS}",
            self.name
        );
        let mut last = i64::MIN;
        loop {
            let mut count = 0;
            connection.query(&sql, &[SqlValue::Integer(last)], &mut |row| {
                count += 1;
                last = integer_of(row, key)?;
                if let Err(reason) = self.check(row) {
                    found(last, reason);
                }
                Ok(())
            })?;
            if count < ROWS {
                return Ok(());
            }
        }
    }

    /// Says in words why a row is not sound.
    fn check(self, row: &dyn SqlRow) -> std::result::Result<(), String> {
        let words = |err: &ports::BackendError| row::said(err).to_owned();
        let named = |invalid: Invalid| {
            let id = text_of(row, 0).unwrap_or_default();
            format!("the {} {id:?} breaks a rule: {invalid}", self.kind.as_str())
        };
        let times = match self.kind {
            RecordKind::Memory => {
                let memory = row::memory(row).map_err(|err| words(&err))?;
                memory.check().map_err(named)?;
                if let Some(score) = odd_score(text_of(row, 1).unwrap_or_default()) {
                    let id = &memory.id;
                    return Err(format!(
                        "the memory {id} has a {score} that is not from 0 to 1"
                    ));
                }
                vec![(2, memory.created_at), (3, memory.updated_at)]
            }
            RecordKind::Relationship => {
                let relationship = row::relationship(row).map_err(|err| words(&err))?;
                relationship.check().map_err(named)?;
                vec![
                    (5, relationship.created_at),
                    (6, relationship.recorded_at),
                    (7, relationship.valid_from),
                ]
            }
        };
        for (column, time) in times {
            // What sorts by another form sorts wrongly.
            if text_of(row, column).map_err(|err| words(&err))? != time_text(time) {
                let id = text_of(row, 0).unwrap_or_default();
                let kind = self.kind.as_str();
                return Err(format!("the {kind} {id:?} has a time in another form"));
            }
        }
        Ok(())
    }
}

/// Returns which score of a memory is none, so that it is read as if it were not there.
fn odd_score(properties: &str) -> Option<&'static str> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Scores {
        importance: Option<Value>,
        confidence: Option<Value>,
        effectiveness: Option<Value>,
    }
    let scores: Scores = serde_json::from_str(properties).unwrap_or_default();
    let scores = [
        ("importance", scores.importance),
        ("confidence", scores.confidence),
        ("effectiveness", scores.effectiveness),
    ];
    let is_odd = |score: &Value| !score.as_f64().is_some_and(|it| (0.0..=1.0).contains(&it));
    let mut odd = scores.into_iter();
    odd.find_map(|(name, score)| score.filter(is_odd).map(|_| name))
}

/// Looks for rows that are not sound.
pub(super) fn look(connection: &mut dyn SqlConnection, version: u32) -> Result<Vec<Finding>> {
    let (mut memories, mut relationships) = (Found::default(), Found::default());
    for table in TABLES {
        if !table.is_there(version) {
            continue;
        }
        let found = match table.kind {
            RecordKind::Memory => &mut memories,
            RecordKind::Relationship => &mut relationships,
        };
        table.unsound(connection, &mut |key, reason| {
            found.add(format!("{} {key}: {reason}", table.name));
        })?;
    }
    let detail = "lists that reach one of these rows fail, or what they say cannot be kept elsewhere: \
                  `memorygraph health --repair` mends what it can without losing a word, and moves the \
                  others into quarantine";
    let memories = memories.finding(Trouble::UnreadableMemories, true, detail);
    let relationships = relationships.finding(Trouble::UnreadableRelationships, true, detail);
    Ok(memories.into_iter().chain(relationships).collect())
}

/// Looks for relationships that lead nowhere.
pub(super) fn dangling(connection: &mut dyn SqlConnection) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for (rule, detail) in [
        (
            DANGLING,
            "a memory that these relationships join is not there, which happens when a program without \
             foreign keys removes it: `memorygraph health --repair` moves them into quarantine",
        ),
        (
            ORPHANED,
            "the relationship that took the place of these is not there: `memorygraph health --repair` \
             has them name none; they stay ended",
        ),
    ] {
        let mut found = Found::default();
        // Also an id that is no text is one to look at.
        let sql = format!("SELECT '' || r.id FROM relationships AS r WHERE {rule}");
        gather(connection, &sql, &mut found)?;
        findings.extend(found.finding(Trouble::DanglingRelationships, true, detail));
    }
    Ok(findings)
}
