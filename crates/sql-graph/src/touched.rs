//! What batches touch, read into a slice of the graph.

use std::collections::BTreeSet;

use domain::{MemoryId, RelationshipId};
use ports::{Batch, Change, Expect, Result};

use crate::{
    SqlConnection,
    apply::{self, memory_id, relationship_id},
    parameter::json,
    row::{self, text_of},
    slice::{Slice, Statement, statement},
};

/// What batches touch.
#[derive(Default)]
struct Touched<'a> {
    /// Memories whose presence matters.
    presence: BTreeSet<&'a MemoryId>,
    /// Memories whose content matters too.
    content: BTreeSet<&'a MemoryId>,
    removed: BTreeSet<&'a MemoryId>,
    erased: BTreeSet<&'a MemoryId>,
    relationships: BTreeSet<&'a RelationshipId>,
    statements: BTreeSet<Statement>,
    quarantined: BTreeSet<&'a str>,
}

impl<'a> Touched<'a> {
    fn by(batches: &[&'a Batch]) -> Self {
        let mut touched = Self::default();
        for expect in batches.iter().flat_map(|batch| &batch.expects) {
            match expect {
                Expect::Absent(id) | Expect::Present(id) | Expect::Version(id, _) => {
                    touched.content.insert(id);
                }
                Expect::RecordedAt(id, _) => {
                    touched.relationships.insert(id);
                }
            }
        }
        for change in batches.iter().flat_map(|batch| &batch.changes) {
            match change {
                Change::PutMemory(memory) => {
                    touched.presence.insert(&memory.id);
                }
                Change::RemoveMemory(id) => {
                    touched.presence.insert(id);
                    touched.removed.insert(id);
                }
                Change::EraseMemory(id) => {
                    touched.presence.insert(id);
                    touched.removed.insert(id);
                    touched.erased.insert(id);
                }
                Change::TouchMemory { id, .. } => {
                    touched.content.insert(id);
                }
                Change::PutRelationship(relationship) => {
                    touched
                        .presence
                        .extend([&relationship.from, &relationship.to]);
                    touched.relationships.insert(&relationship.id);
                    touched.relationships.extend(&relationship.invalidated_by);
                    touched.statements.insert(statement(relationship));
                }
                Change::RemoveRelationship(id) => {
                    touched.relationships.insert(id);
                }
                Change::InvalidateRelationship { id, by, .. } => {
                    touched.relationships.insert(id);
                    touched.relationships.extend(by);
                }
                Change::Quarantine(record) => {
                    touched.quarantined.insert(&record.id);
                }
                Change::ReleaseQuarantined(id) => {
                    touched.quarantined.insert(id);
                }
            }
        }
        touched
    }
}

/// Reads what `batches` touch, with a statement for each kind of thing.
pub(crate) fn load(connection: &mut dyn SqlConnection, batches: &[&Batch]) -> Result<Slice> {
    let touched = Touched::by(batches);
    let mut slice = Slice::default();
    if !touched.presence.is_empty() {
        connection.query(
            "SELECT n.id FROM json_each(?1) AS asked CROSS JOIN nodes AS n ON n.id = asked.value",
            &[json(&touched.presence)],
            &mut |row| {
                slice.stored_memory(memory_id(text_of(row, 0)?)?, None);
                Ok(())
            },
        )?;
    }
    if !touched.content.is_empty() {
        apply::memories(connection, &touched.content, |memory| {
            slice.stored_memory(memory.id.clone(), Some(memory));
        })?;
    }
    if !touched.relationships.is_empty() {
        let sql = format!(
            "SELECT {} FROM json_each(?1) AS asked CROSS JOIN relationships AS r ON r.id = asked.value",
            row::RELATIONSHIP_COLUMNS
        );
        connection.query(&sql, &[json(&touched.relationships)], &mut |row| {
            slice.stored_relationship(row::relationship(row)?);
            Ok(())
        })?;
    }
    if !touched.statements.is_empty() {
        load_statements(connection, &touched.statements, &mut slice)?;
    }
    if !touched.removed.is_empty() {
        connection.query(
            "SELECT asked.value, r.id FROM json_each(?1) AS asked
             CROSS JOIN relationships AS r ON r.from_id = asked.value
             UNION ALL
             SELECT asked.value, r.id FROM json_each(?1) AS asked
             CROSS JOIN relationships AS r ON r.to_id = asked.value",
            &[json(&touched.removed)],
            &mut |row| {
                let relationship = relationship_id(text_of(row, 1)?)?;
                slice.stored_touching(memory_id(text_of(row, 0)?)?, relationship);
                Ok(())
            },
        )?;
    }
    if !touched.quarantined.is_empty() {
        load_quarantined(connection, &touched.quarantined, &mut slice)?;
    }
    if !touched.erased.is_empty() {
        load_traces(connection, &touched.erased, &mut slice)?;
    }
    Ok(slice)
}

/// Reads the relationships without an end that state what the batch is about to state.
fn load_statements(
    connection: &mut dyn SqlConnection,
    statements: &BTreeSet<Statement>,
    slice: &mut Slice,
) -> Result<()> {
    let mut asked = Vec::new();
    for (relationship_type, from, to) in statements {
        asked.push((relationship_type, from, to));
        if relationship_type.is_symmetric() {
            asked.push((relationship_type, to, from));
        }
    }
    let sql = format!(
        "SELECT {} FROM json_each(?1) AS asked CROSS JOIN relationships AS r
         ON r.from_id = asked.value ->> 1 AND r.valid_until IS NULL
         AND r.rel_type = asked.value ->> 0 AND r.to_id = asked.value ->> 2",
        row::RELATIONSHIP_COLUMNS
    );
    connection.query(&sql, &[json(&asked)], &mut |row| {
        let relationship = row::relationship(row)?;
        if slice.relationship(&relationship.id).is_none() {
            slice.stored_relationship(relationship);
        }
        Ok(())
    })
}

/// Reads what is in quarantine under the ids that batches name.
fn load_quarantined(
    connection: &mut dyn SqlConnection,
    ids: &BTreeSet<&str>,
    slice: &mut Slice,
) -> Result<()> {
    connection.query(
        "SELECT q.id FROM json_each(?1) AS asked CROSS JOIN quarantine AS q ON q.id = asked.value",
        &[json(ids)],
        &mut |row| {
            slice.stored_quarantined(text_of(row, 0)?.to_owned(), false);
            Ok(())
        },
    )
}

/// Reads what is in quarantine about memories that a batch erases, which takes a look at all that is
/// there, and how many states the history has of those.
fn load_traces(
    connection: &mut dyn SqlConnection,
    erased: &BTreeSet<&MemoryId>,
    slice: &mut Slice,
) -> Result<()> {
    connection.query(
        "SELECT q.id, NULL FROM quarantine AS q WHERE EXISTS (
           SELECT 1 FROM json_each(q.memories) AS about
           WHERE about.value IN (SELECT value FROM json_each(?1)))
         UNION ALL
         SELECT NULL, CAST (
           (SELECT count(*) FROM past_nodes WHERE id IN (SELECT value FROM json_each(?1))) +
           (SELECT count(*) FROM past_relationships
             WHERE from_id IN (SELECT value FROM json_each(?1))
               OR to_id IN (SELECT value FROM json_each(?1))) AS TEXT)",
        &[json(erased)],
        &mut |row| {
            if let Some(id) = row.text(0)? {
                slice.stored_quarantined(id.to_owned(), true);
            } else {
                let states = text_of(row, 1)?.parse().unwrap_or_default();
                slice.stored_states(states);
            }
            Ok(())
        },
    )
}
