//! Mends what can be mended.

use ports::{BackendError, ErrorKind, Finding, RecordKind, Result, Trouble};
use serde_json::{Value, json};

use super::{
    compare_texts, inspect_inside, may_compare_texts, parts,
    record::Record,
    rows::{DANGLING, ORPHANED, TABLES, Table},
};
use crate::{
    SqlConnection,
    apply::read_new_texts,
    parameter::{json as parameter, parameters},
    row::{integer_of, text_of},
    schema_version,
};

/// How many rows are mended at a time.
const ROWS: usize = 100;

/// Mends what can be mended, inside the caller's transaction, and returns what it mended: nothing is
/// left to find then.
///
/// A row that breaks a rule is rewritten where [`domain::repair`] reads it, and moved into quarantine
/// where that does not help. What is kept beside the rows is made anew from them, and what the schema
/// lacks is made again.
///
/// # Errors
///
/// - [`Corrupt`](ErrorKind::Corrupt) for a file whose pages are damaged or whose memories or
///   relationships have no table, and when something is left
pub fn repair(connection: &mut dyn SqlConnection) -> Result<Vec<Finding>> {
    use Trouble::{
        DamagedFile, DanglingRelationships, IncompleteSchema, TagIndexOutOfStep,
        TextIndexOutOfStep, UnreadableMemories, UnreadableRelationships,
    };

    let version = schema_version(connection)?.0;
    let lacking = parts::lacking(connection, version)?;
    let mut found = parts::findings(&lacking);
    refuse(&found)?;
    parts::make_tables(connection, &lacking)?;
    let others = look(connection)?.into_iter();
    found.extend(others.filter(|it| it.trouble != IncompleteSchema));
    refuse(&found)?;
    let has = |troubles: &[Trouble]| found.iter().any(|it| troubles.contains(&it.trouble));
    let has_odd_rows = has(&[
        UnreadableMemories,
        UnreadableRelationships,
        DanglingRelationships,
    ]);
    let set_aside = if has_odd_rows {
        SetAside::take(connection)?
    } else {
        SetAside::default()
    };
    if has(&[DamagedFile]) {
        connection.execute_script("REINDEX")?;
    }
    if has_odd_rows {
        mend_rows(connection, version)?;
    }
    set_aside.give_back(connection)?;
    parts::make_others(connection, &lacking)?;
    let are_texts_unknown = parts::forget_texts(connection, &lacking)?;
    if are_texts_unknown || has(&[UnreadableMemories, TextIndexOutOfStep]) {
        rebuild_texts(connection)?;
    }
    if has(&[UnreadableMemories, TagIndexOutOfStep]) {
        rebuild_tags(connection)?;
    }
    match look(connection)?.first() {
        None => Ok(found),
        Some(left) => Err(refused(left)),
    }
}

/// Looks for everything, also for what the engine takes for a write.
fn look(connection: &mut dyn SqlConnection) -> Result<Vec<Finding>> {
    let mut found = inspect_inside(connection)?;
    if may_compare_texts(&found) {
        found.extend(compare_texts(connection)?);
    }
    Ok(found)
}

fn refuse(found: &[Finding]) -> Result<()> {
    let hopeless = found.iter().find(|found| !found.can_repair);
    hopeless.map_or(Ok(()), |found| Err(refused(found)))
}

fn refused(finding: &Finding) -> BackendError {
    let example = finding
        .examples
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    BackendError::new(ErrorKind::Corrupt, "repair the store").because(format!(
        "{} ({example}); nothing was changed",
        finding.detail
    ))
}

/// The triggers, and the indexes of what a document says: they would read what is to be mended.
#[derive(Default)]
struct SetAside(Vec<String>);

impl SetAside {
    fn take(connection: &mut dyn SqlConnection) -> Result<Self> {
        let mut found = Vec::new();
        // Those that a walk reads say how strong a relationship is, and are needed otherwise.
        connection.query(
            "SELECT type, name, sql FROM sqlite_schema
             WHERE tbl_name IN ('nodes', 'relationships')
               AND (type = 'trigger' OR name IN ('nodes_content', 'relationships_context')
                 OR (name IN ('relationships_outgoing', 'relationships_incoming') AND EXISTS (
                   SELECT 1 FROM relationships AS r WHERE NOT json_valid(r.properties))))
             ORDER BY rowid",
            &[],
            &mut |row| {
                let name = text_of(row, 1)?.replace('"', "\"\"");
                let drop = format!("DROP {} \"{name}\"", text_of(row, 0)?);
                found.push((drop, text_of(row, 2)?.to_owned()));
                Ok(())
            },
        )?;
        let (drops, makes): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        drops
            .iter()
            .try_for_each(|drop| connection.execute_script(drop))?;
        Ok(Self(makes))
    }

    fn give_back(self, connection: &mut dyn SqlConnection) -> Result<()> {
        self.0
            .iter()
            .try_for_each(|make| connection.execute_script(make))
    }
}

fn mend_rows(connection: &mut dyn SqlConnection, version: u32) -> Result<()> {
    // First, so that what is rewritten joins what is there.
    remove_dangling(connection, &[])?;
    mend_tables(connection, version, mend)?;
    // What is not sound after all cannot be mended.
    mend_tables(connection, version, |connection, table, unsound| {
        quarantine(connection, table, unsound)?;
        Ok(unsound.iter().map(|(key, _)| *key).collect())
    })?;
    connection.execute_script(&format!(
        "UPDATE relationships AS r SET invalidated_by = NULL WHERE {ORPHANED}"
    ))
}

/// Hands the rows that are not sound to `mend`, and removes those whose keys it returns.
fn mend_tables(
    connection: &mut dyn SqlConnection,
    version: u32,
    mend: impl Fn(&mut dyn SqlConnection, Table, &[(i64, String)]) -> Result<Vec<i64>>,
) -> Result<()> {
    let mut lost_memories = Vec::new();
    for table in TABLES {
        if !table.is_there(version) {
            continue;
        }
        let mut unsound = Vec::new();
        table.unsound(connection, &mut |key, reason| unsound.push((key, reason)))?;
        let mut lost = Vec::new();
        for some in unsound.chunks(ROWS) {
            lost.extend(mend(connection, table, some)?);
        }
        if table.name == "nodes" {
            // They go after the relationships that would go with them.
            lost_memories = lost;
        } else {
            remove(connection, table, &lost)?;
        }
        if table.name == "relationships" {
            remove_dangling(connection, &lost_memories)?;
            remove(connection, TABLES[0], &lost_memories)?;
        }
    }
    Ok(())
}

/// Moves the relationships into quarantine that lead nowhere once these memories are gone.
fn remove_dangling(connection: &mut dyn SqlConnection, lost: &[i64]) -> Result<()> {
    let dangling = dangling(connection, lost)?;
    for some in dangling.chunks(ROWS) {
        let reason = "a memory that it joins is not there";
        let reasons = some.iter().map(|key| (*key, reason.to_owned()));
        quarantine(connection, TABLES[1], &reasons.collect::<Vec<_>>())?;
    }
    remove(connection, TABLES[1], &dangling)
}

/// Rewrites rows that can be mended, copies the others into quarantine, and returns their keys.
fn mend(
    connection: &mut dyn SqlConnection,
    table: Table,
    unsound: &[(i64, String)],
) -> Result<Vec<i64>> {
    let keys: Vec<i64> = unsound.iter().map(|(key, _)| *key).collect();
    let mut rows = Vec::new();
    let mut lost = Vec::new();
    for record in Record::read(connection, table, &keys)? {
        let reason = unsound.iter().find(|(key, _)| *key == record.key);
        let reason = reason.map(|(_, reason)| reason.as_str());
        match record.mended() {
            Ok(mended) => rows.push(json!([record.key, mended.row()])),
            Err(why) => {
                let reason = format!("{}; {why}", reason.unwrap_or_default());
                lost.push((record, reason));
            }
        }
    }
    rewrite(connection, table, &rows)?;
    let records = lost
        .iter()
        .map(|(record, reason)| record.quarantined(table, reason));
    put_aside(connection, records)?;
    Ok(lost.iter().map(|(record, _)| record.key).collect())
}

fn rewrite(connection: &mut dyn SqlConnection, table: Table, rows: &[Value]) -> Result<()> {
    let sets = match (table.kind, table.name) {
        (RecordKind::Memory, "nodes") => {
            "properties = new.value -> '$[1][1]', created_at = new.value ->> '$[1][2]',
             updated_at = new.value ->> '$[1][3]', expansion = new.value ->> '$[1][4]'"
        }
        (RecordKind::Memory, _) => {
            "properties = new.value -> '$[1][1]', created_at = new.value ->> '$[1][2]',
             updated_at = new.value ->> '$[1][3]'"
        }
        (RecordKind::Relationship, _) => {
            "from_id = new.value ->> '$[1][1]', to_id = new.value ->> '$[1][2]',
             rel_type = new.value ->> '$[1][3]', properties = new.value -> '$[1][4]',
             created_at = new.value ->> '$[1][5]', recorded_at = new.value ->> '$[1][6]',
             valid_from = new.value ->> '$[1][7]', valid_until = new.value ->> '$[1][8]',
             invalidated_by = new.value ->> '$[1][9]'"
        }
    };
    let sql = format!(
        "UPDATE {} AS old SET {sets} FROM json_each(?1) AS new WHERE old.key = new.value ->> '$[0]'",
        table.name
    );
    let largest = connection.largest_parameter();
    for rows in parameters(largest, rows.iter()) {
        connection.execute(&sql, &[rows])?;
    }
    Ok(())
}

fn quarantine(
    connection: &mut dyn SqlConnection,
    table: Table,
    rows: &[(i64, String)],
) -> Result<()> {
    let keys: Vec<i64> = rows.iter().map(|(key, _)| *key).collect();
    let records = Record::read(connection, table, &keys)?;
    let reason = |record: &Record| rows.iter().find(|(key, _)| *key == record.key);
    let records = records.iter().filter_map(|record| {
        let (_, reason) = reason(record)?;
        Some(record.quarantined(table, reason))
    });
    put_aside(connection, records.collect::<Vec<_>>().into_iter())
}

/// Copies records into quarantine. The engine tells when that was.
fn put_aside(
    connection: &mut dyn SqlConnection,
    records: impl Iterator<Item = impl serde::Serialize>,
) -> Result<()> {
    let largest = connection.largest_parameter();
    for rows in parameters(largest, records) {
        connection.execute(
            "INSERT INTO quarantine (id, kind, memories, reason, source, document)
             SELECT value ->> 0, value ->> 1, value -> 2, value ->> 3, value ->> 4, value ->> 5
             FROM json_each(?1) WHERE true
             ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, at = excluded.at",
            &[rows],
        )?;
    }
    Ok(())
}

/// Returns the keys of the relationships that lead nowhere once these memories are gone.
fn dangling(connection: &mut dyn SqlConnection, lost: &[i64]) -> Result<Vec<i64>> {
    let sql = format!(
        "SELECT r.key FROM relationships AS r WHERE {DANGLING}
           OR r.from_id IN (SELECT n.id FROM json_each(?1) AS lost JOIN nodes AS n ON n.key = lost.value)
           OR r.to_id IN (SELECT n.id FROM json_each(?1) AS lost JOIN nodes AS n ON n.key = lost.value)"
    );
    let mut keys = Vec::new();
    connection.query(&sql, &[parameter(&lost)], &mut |row| {
        keys.push(integer_of(row, 0)?);
        Ok(())
    })?;
    Ok(keys)
}

fn remove(connection: &mut dyn SqlConnection, table: Table, keys: &[i64]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "DELETE FROM {} WHERE key IN (SELECT value FROM json_each(?1))",
        table.name
    );
    connection.execute(&sql, &[parameter(&keys)]).map(drop)
}

fn rebuild_texts(connection: &mut dyn SqlConnection) -> Result<()> {
    connection.execute_script(
        "INSERT INTO nodes_fts (nodes_fts) VALUES ('rebuild');
         DELETE FROM nodes_unread AS unread WHERE NOT EXISTS (
           SELECT 1 FROM nodes AS n WHERE n.key = unread.key);",
    )?;
    read_new_texts(connection)
}

fn rebuild_tags(connection: &mut dyn SqlConnection) -> Result<()> {
    connection.execute_script(
        "DELETE FROM node_tags;
         INSERT INTO node_tags (tag, key)
           SELECT DISTINCT lower(trim(said.value)), n.key FROM nodes AS n, json_each(n.tags) AS said
           WHERE said.type = 'text';",
    )
}
