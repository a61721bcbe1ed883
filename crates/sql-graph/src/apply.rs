//! Batches: read what is touched, change it in memory, write what has changed.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Memory, MemoryId, RelationshipId};
use ports::{BackendError, Batch, Change, Conflict, Cycles, ErrorKind, Expect, Receipt, Result};
use serde::Serialize;

use crate::{
    SqlConnection,
    cycle::find_cycle,
    erase::erases,
    parameter::{each_parameter, json},
    row::{self, text_of},
    slice::{Slice, Statement, statement},
    touched, write,
};

/// Applies each of the batches, in order, as a whole or not at all; one that is refused leaves no
/// trace. An error of the whole leaves a trace: then the caller takes the transaction back, and may
/// try each batch alone.
///
/// It reads with at most 8 statements, all of them before the first that writes, and writes with at
/// most 12, most of which are for what is rare; one more of a kind for each
/// [`SqlConnection::largest_parameter`], however many batches there are.
pub fn apply(
    connection: &mut dyn SqlConnection,
    batches: &[Batch],
) -> Result<Vec<Result<Receipt>>> {
    let checked: Vec<Result<&Batch>> = batches.iter().map(checked).collect();
    let sound: Vec<&Batch> = checked
        .iter()
        .filter_map(|batch| batch.as_ref().ok().copied())
        .collect();
    if batches.len() > 1 && sound.iter().any(|batch| erases(batch)) {
        // What it counts is what was there before, also of what others of these put.
        return Err(one_by_one());
    }
    let mut slice = touched::load(connection, &sound)?;
    let mut suspects = Vec::new();
    let mut receipts = Vec::with_capacity(batches.len());
    for batch in checked {
        let expected = batch.and_then(|batch| {
            batch
                .expects
                .iter()
                .try_for_each(|expect| check(&slice, expect))?;
            Ok(batch)
        });
        receipts.push(match expected {
            Err(refused) => Err(refused),
            Ok(batch) => {
                if !suspects.is_empty() && takes_away(&slice, batch) {
                    // What an earlier batch put might close a cycle only until this one.
                    return Err(one_by_one());
                }
                batch
                    .changes
                    .iter()
                    .try_for_each(|change| slice.change(change))?;
                suspects.extend(self::suspects(&slice, batch));
                Ok(slice.receipt())
            }
        });
    }
    refuse_cycles(connection, &slice, &suspects)?;
    write::write(connection, &slice.effects())?;
    Ok(receipts)
}

fn one_by_one() -> BackendError {
    BackendError::new(ErrorKind::Conflict, "apply a batch")
        .because("the batches have to be applied one by one")
}

fn checked(batch: &Batch) -> Result<&Batch> {
    batch
        .check()
        .map_err(BackendError::invalid("apply a batch"))?;
    Ok(batch)
}

/// Says whether [`read_new_texts`] has something to read.
pub fn has_new_texts(connection: &mut dyn SqlConnection) -> Result<bool> {
    let mut has_some = false;
    let looked = connection.query(
        "SELECT 1 FROM nodes_unread AS unread LIMIT 1",
        &[],
        &mut |_| {
            has_some = true;
            Ok(())
        },
    );
    match looked {
        // Without the table nobody can tell. It opens all the same: a repair makes it again.
        Err(err)
            if err
                .detail()
                .is_some_and(|words| words.contains("no such table")) =>
        {
            Ok(false)
        }
        looked => looked.map(|()| has_some),
    }
}

/// Reads the texts of memories that a program put or reworded by SQL, so that parts of
/// identifiers, CJK text and emoji in them are found too. Costs one look where there are none.
pub fn read_new_texts(connection: &mut dyn SqlConnection) -> Result<()> {
    let mut unread = Vec::new();
    let sql = format!(
        "SELECT {}, CAST (n.key AS TEXT) FROM nodes_unread AS unread CROSS JOIN nodes AS n ON n.key = unread.key",
        row::MEMORY_COLUMNS
    );
    connection.query(&sql, &[], &mut |row| {
        // What does not decode has no text to read; who asks for it hears why.
        let words =
            row::memory(row).map_or_else(|_| String::new(), |memory| row::new_words(&memory));
        // As text: what is checked at a primary is text.
        unread.push((text_of(row, 4)?.parse::<i64>().unwrap_or_default(), words));
        Ok(())
    })?;
    each_parameter(connection.largest_parameter(), unread.iter(), |rows| {
        connection.execute(
            "UPDATE nodes SET expansion = read.value ->> 1 FROM json_each(?1) AS read
             WHERE nodes.key = read.value ->> 0 AND nodes.expansion IS NOT read.value ->> 1",
            std::slice::from_ref(&rows),
        )?;
        let sql = "DELETE FROM nodes_unread WHERE key IN (SELECT value ->> 0 FROM json_each(?1))";
        connection.execute(sql, &[rows]).map(drop)
    })
}

/// Reads the memories with these ids, in no order.
pub(crate) fn memories(
    connection: &mut dyn SqlConnection,
    ids: &impl Serialize,
    mut each: impl FnMut(Memory),
) -> Result<()> {
    let sql = format!(
        "SELECT {} FROM json_each(?1) AS asked CROSS JOIN nodes AS n ON n.id = asked.value",
        row::MEMORY_COLUMNS
    );
    connection.query(&sql, &[json(ids)], &mut |row| {
        each(row::memory(row)?);
        Ok(())
    })
}

fn check(slice: &Slice, expect: &Expect) -> Result<()> {
    let (id, holds, expected) = match expect {
        Expect::RecordedAt(id, at) => {
            let found = slice.relationship(id);
            if found.is_some_and(|found| found.recorded_at == *at) {
                return Ok(());
            }
            let detail = match found {
                Some(found) => format!(
                    "the relationship {id:?} was recorded at {}, not at {at}: read it again",
                    found.recorded_at
                ),
                None => format!("no relationship has the id {id:?}"),
            };
            let found = found.cloned().map(Box::new);
            let conflict = Conflict::Relationship { found };
            return Err(BackendError::conflict("apply a batch", conflict, detail));
        }
        Expect::Absent(id) => (id, slice.memory(id).is_none(), "none"),
        Expect::Present(id) => (id, slice.memory(id).is_some(), "one"),
        Expect::Version(id, version) => {
            let holds = slice
                .memory(id)
                .is_some_and(|memory| memory.version == *version);
            (id, holds, "one")
        }
    };
    if holds {
        return Ok(());
    }
    let found = slice.memory(id);
    let detail = match (expect, found) {
        (Expect::Version(_, version), Some(found)) => format!(
            "the memory {id:?} has version {}, not {version}: read it again",
            found.version
        ),
        (_, Some(_)) => {
            format!("there is a memory with the id {id:?}, and {expected} was expected")
        }
        (_, None) => format!("no memory has the id {id:?}, and {expected} was expected"),
    };
    let conflict = Conflict::Memory {
        id: id.clone(),
        found: found.cloned().map(Box::new),
    };
    Err(BackendError::conflict("apply a batch", conflict, detail))
}

/// Returns what `batch` put and must not close a cycle.
fn suspects(slice: &Slice, batch: &Batch) -> BTreeSet<Statement> {
    let put = batch.changes.iter().filter_map(|change| match change {
        Change::PutRelationship(put) if batch.cycles == Cycles::Refuse => {
            slice.relationship(&put.id)
        }
        _ => None,
    });
    put.filter(|put| put.relationship_type.is_acyclic() && put.validity().is_open())
        .map(statement)
        .collect()
}

/// Says whether a batch, which is yet to be applied, may end what something stated.
fn takes_away(slice: &Slice, batch: &Batch) -> bool {
    batch.changes.iter().any(|change| match change {
        Change::RemoveMemory(_)
        | Change::EraseMemory(_)
        | Change::RemoveRelationship(_)
        | Change::InvalidateRelationship { .. } => true,
        Change::PutRelationship(put) => slice
            .relationship(&put.id)
            .is_some_and(|now| !now.states_the_same(put) || now.valid_until != put.valid_until),
        Change::PutMemory(_)
        | Change::TouchMemory { .. }
        | Change::Quarantine(_)
        | Change::ReleaseQuarantined(_) => false,
    })
}

/// Fails when one of `suspects`, which the slice has, would close a cycle.
fn refuse_cycles(
    connection: &mut dyn SqlConnection,
    slice: &Slice,
    suspects: &[Statement],
) -> Result<()> {
    if suspects.is_empty() {
        return Ok(());
    }
    let mut edges: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
    // What is put leads on to what is stored, so the stored ones are followed from there.
    let mut starts = BTreeSet::new();
    for put in slice.put_relationships() {
        if put.relationship_type.is_acyclic() && put.validity().is_open() {
            let kind = put.relationship_type.as_str();
            starts.insert((kind, &put.to));
            let edge = (put.from.to_string(), put.to.to_string());
            edges.entry(kind).or_default().push(edge);
        }
    }
    connection.query(
        "WITH RECURSIVE reached (rel_type, id) AS (
           SELECT value ->> 0, value ->> 1 FROM json_each(?1)
           UNION
           SELECT r.rel_type, r.to_id FROM reached CROSS JOIN relationships AS r
           ON r.from_id = reached.id AND r.valid_until IS NULL AND r.rel_type = reached.rel_type
         )
         SELECT r.id, r.rel_type, r.from_id, r.to_id FROM reached CROSS JOIN relationships AS r
         ON r.from_id = reached.id AND r.valid_until IS NULL AND r.rel_type = reached.rel_type",
        &[json(&starts)],
        &mut |row| {
            let id = relationship_id(text_of(row, 0)?)?;
            if let Some(edges) = edges.get_mut(text_of(row, 1)?)
                && !slice.has_changed(&id)
            {
                edges.push((text_of(row, 2)?.to_owned(), text_of(row, 3)?.to_owned()));
            }
            Ok(())
        },
    )?;
    for (kind, edges) in &edges {
        let suspects: Vec<_> = suspects
            .iter()
            .filter(|(suspect, ..)| suspect.as_str() == *kind)
            .map(|(_, from, to)| (from.as_str(), to.as_str()))
            .collect();
        let edges: Vec<_> = edges
            .iter()
            .map(|(from, to)| (from.as_str(), to.as_str()))
            .collect();
        if let Some(cycle) = find_cycle(&edges, &suspects) {
            let detail = format!("{kind} would lead in a circle: {}", cycle.join(" → "));
            let cycle = cycle.into_iter().map(memory_id).collect::<Result<_>>()?;
            return Err(BackendError::conflict(
                "apply a batch",
                Conflict::Cycle(cycle),
                detail,
            ));
        }
    }
    Ok(())
}

pub(crate) fn memory_id(id: &str) -> Result<MemoryId> {
    MemoryId::new(id).map_err(row::corrupt("read an id"))
}

pub(crate) fn relationship_id(id: &str) -> Result<RelationshipId> {
    RelationshipId::new(id).map_err(row::corrupt("read an id"))
}
