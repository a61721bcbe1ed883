//! What a slice of the graph came to, written.

use ports::Result;

use crate::{
    SqlConnection,
    parameter::{each_parameter, json},
    past::quarantined_row,
    row,
    slice::Effects,
};

/// How many bytes of JSON of memories go into the table at once: the next of them are written in the
/// meantime. With each statement the text index begins a new segment, so they are not few.
const MEMORIES: usize = 1 << 20;

/// The same of relationships. While a statement runs, engines keep a copy of each page that it
/// changes, and each relationship changes pages all over the indexes.
const RELATIONSHIPS: usize = 256 << 10;

/// Writes the difference between a slice as it was and as it is, with a statement for each kind of
/// change.
pub(crate) fn write(connection: &mut dyn SqlConnection, effects: &Effects) -> Result<()> {
    let largest = connection.largest_parameter();
    if !effects.remove_relationships.is_empty() {
        let sql = "DELETE FROM relationships WHERE id IN (SELECT value FROM json_each(?1))";
        connection.execute(sql, &[json(&effects.remove_relationships)])?;
    }
    let memories = effects.put_memories.iter().map(|put| row::memory_row(put));
    each_parameter(largest.min(MEMORIES), memories, |rows| {
        let sql = "INSERT INTO nodes (id, properties, created_at, updated_at, expansion)
             SELECT value ->> 0, value -> 1, value ->> 2, value ->> 3, value ->> 4
             FROM json_each(?1) WHERE true
             ON CONFLICT (id) DO UPDATE SET
               properties = excluded.properties, created_at = excluded.created_at,
               updated_at = excluded.updated_at, expansion = excluded.expansion";
        connection.execute(sql, &[rows]).map(drop)
    })?;
    if !effects.put_memories.is_empty() {
        // A new text with the same expansion looks as if nobody had read it.
        let ids: Vec<_> = effects.put_memories.iter().map(|put| &put.id).collect();
        connection.execute(
            "DELETE FROM nodes_unread AS unread WHERE EXISTS (SELECT 1 FROM nodes AS n
               WHERE n.key = unread.key AND n.id IN (SELECT value FROM json_each(?1)))",
            &[json(&ids)],
        )?;
    }
    let relationships = effects.put_relationships.iter();
    let relationships = relationships.map(|put| row::relationship_row(put));
    let insert = insert_relationships("relationships");
    let sql = format!(
        "{insert} WHERE true
         ON CONFLICT (id) DO UPDATE SET
           from_id = excluded.from_id, to_id = excluded.to_id, rel_type = excluded.rel_type,
           properties = excluded.properties, created_at = excluded.created_at,
           recorded_at = excluded.recorded_at, valid_from = excluded.valid_from,
           valid_until = excluded.valid_until, invalidated_by = excluded.invalidated_by"
    );
    each_parameter(largest.min(RELATIONSHIPS), relationships, |rows| {
        connection.execute(&sql, &[rows]).map(drop)
    })?;
    // After the others, since what moved away from them must not go with them.
    if !effects.remove_memories.is_empty() {
        let sql = "DELETE FROM nodes WHERE id IN (SELECT value FROM json_each(?1))";
        connection.execute(sql, &[json(&effects.remove_memories)])?;
    }
    write_past(connection, effects)?;
    write_quarantine(connection, effects)?;
    // Last, since the triggers have just kept what was removed.
    erase_traces(connection, effects)
}

/// Returns the statement, open at its end, that adds rows of relationships to a table that has their
/// columns.
fn insert_relationships(table: &str) -> String {
    format!(
        "INSERT INTO {table} (id, from_id, to_id, rel_type, properties, created_at, recorded_at,
           valid_from, valid_until, invalidated_by)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4, value ->> 5,
           value ->> 6, value ->> 7, value ->> 8, value ->> 9
         FROM json_each(?1)"
    )
}

/// Adds the states that came between what was stored, which triggers keep, and what is stored now.
fn write_past(connection: &mut dyn SqlConnection, effects: &Effects) -> Result<()> {
    let largest = connection.largest_parameter();
    let memories = effects.past_memories.iter().map(|memory| memory.unused());
    let memories: Vec<_> = memories.collect();
    each_parameter(largest, memories.iter().map(row::past_memory_row), |rows| {
        let sql = "INSERT INTO past_nodes (id, properties, created_at, updated_at)
             SELECT value ->> 0, value -> 1, value ->> 2, value ->> 3 FROM json_each(?1)";
        connection.execute(sql, &[rows]).map(drop)
    })?;
    let relationships = effects.past_relationships.iter();
    let relationships = relationships.map(|it| row::relationship_row(it));
    let sql = insert_relationships("past_relationships");
    each_parameter(largest, relationships, |rows| {
        connection.execute(&sql, &[rows]).map(drop)
    })
}

fn write_quarantine(connection: &mut dyn SqlConnection, effects: &Effects) -> Result<()> {
    let largest = connection.largest_parameter();
    let records = effects.put_quarantined.iter();
    let records = records.map(|record| quarantined_row(record));
    each_parameter(largest, records, |rows| {
        let sql = "INSERT INTO quarantine (id, kind, memories, reason, source, document, at)
             SELECT value ->> 0, value ->> 1, value -> 2, value ->> 3, value ->> 4, value ->> 5,
               value ->> 6 FROM json_each(?1) WHERE true
             ON CONFLICT (id) DO UPDATE SET
               kind = excluded.kind, memories = excluded.memories, reason = excluded.reason,
               source = excluded.source, document = excluded.document, at = excluded.at";
        connection.execute(sql, &[rows]).map(drop)
    })?;
    if !effects.remove_quarantined.is_empty() {
        let sql = "DELETE FROM quarantine WHERE id IN (SELECT value FROM json_each(?1))";
        connection.execute(sql, &[json(&effects.remove_quarantined)])?;
    }
    Ok(())
}

fn erase_traces(connection: &mut dyn SqlConnection, effects: &Effects) -> Result<()> {
    if effects.erase_memories.is_empty() {
        return Ok(());
    }
    let erased = [json(&effects.erase_memories)];
    let sql = "DELETE FROM past_nodes WHERE id IN (SELECT value FROM json_each(?1))";
    connection.execute(sql, &erased)?;
    let sql = "DELETE FROM past_relationships WHERE from_id IN (SELECT value FROM json_each(?1))
         OR to_id IN (SELECT value FROM json_each(?1))";
    connection.execute(sql, &erased)?;
    Ok(())
}
