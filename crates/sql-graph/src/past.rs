//! What was: earlier states, and what is in quarantine.

use domain::{
    Cursor, Memory, MemoryId, Page, PageRequest, Relationship, RelationshipId, time_text,
};
use ports::{BackendError, ErrorKind, Quarantined, RecordKind, Result, SqlValue};
use serde::Serialize;

use crate::{
    SqlConnection, SqlRow,
    list::one_more,
    row::{self, integer_of, text_of},
};

/// Returns the states of a memory, the newest first.
pub fn memory_history(
    connection: &mut dyn SqlConnection,
    id: &MemoryId,
    page: &PageRequest,
) -> Result<Page<Memory>> {
    let columns = row::MEMORY_COLUMNS;
    states(
        connection,
        ("nodes", "n", columns, 4),
        id.as_str(),
        page,
        row::memory,
    )
}

/// Returns the states of a relationship, the newest first.
pub fn relationship_history(
    connection: &mut dyn SqlConnection,
    id: &RelationshipId,
    page: &PageRequest,
) -> Result<Page<Relationship>> {
    let columns = row::RELATIONSHIP_COLUMNS;
    let table = ("relationships", "r", columns, 10);
    states(connection, table, id.as_str(), page, row::relationship)
}

/// Reads states of one thing: of the table, by its name in the columns, the present one, which comes
/// after all others, and those of the table of the past. The key stands after the columns.
fn states<T>(
    connection: &mut dyn SqlConnection,
    (table, name, columns, key): (&str, &str, &str, usize),
    id: &str,
    page: &PageRequest,
    read: impl Fn(&dyn SqlRow) -> Result<T>,
) -> Result<Page<T>> {
    let invalid = || BackendError::invalid("read a history");
    page.check().map_err(invalid())?;
    let query = (table, id);
    let before: i64 = match &page.after {
        Some(cursor) => cursor.position(&query).map_err(invalid())?,
        None => i64::MAX,
    };
    let now = i64::MAX - 1;
    let sql = format!(
        "SELECT {columns}, {now} AS place FROM {table} AS {name} WHERE {name}.id = ?1 AND {now} < ?2
         UNION ALL
         SELECT {columns}, {name}.key FROM past_{table} AS {name}
         WHERE {name}.id = ?1 AND {name}.key < ?2
         ORDER BY place DESC LIMIT ?3"
    );
    let parameters = [id.into(), SqlValue::Integer(before), one_more(page)];
    let mut found = Vec::new();
    connection.query(&sql, &parameters, &mut |row| {
        found.push((read(row)?, integer_of(row, key)?));
        Ok(())
    })?;
    let page = Page::cut(found, page.size(), |(_, place)| Cursor::new(&query, place));
    Ok(Page {
        items: page.items.into_iter().map(|(state, _)| state).collect(),
        next: page.next,
    })
}

/// Lists what is in quarantine, by ascending id.
pub fn quarantine(
    connection: &mut dyn SqlConnection,
    page: &PageRequest,
) -> Result<Page<Quarantined>> {
    let invalid = || BackendError::invalid("list the quarantine");
    page.check().map_err(invalid())?;
    let query = "quarantine";
    let after: String = match &page.after {
        Some(cursor) => cursor.position(&query).map_err(invalid())?,
        None => String::new(),
    };
    let mut found = Vec::new();
    connection.query(
        "SELECT id, kind, memories, reason, source, document, at FROM quarantine WHERE id > ?1
         ORDER BY id LIMIT ?2",
        &[after.into(), one_more(page)],
        &mut |row| {
            found.push(quarantined(row)?);
            Ok(())
        },
    )?;
    Ok(Page::cut(found, page.size(), |last| {
        Cursor::new(&query, &last.id)
    }))
}

fn quarantined(row: &dyn SqlRow) -> Result<Quarantined> {
    let corrupt = |what: &dyn std::fmt::Display| {
        BackendError::new(ErrorKind::Corrupt, "read the quarantine").because(what.to_string())
    };
    Ok(Quarantined {
        id: text_of(row, 0)?.to_owned(),
        kind: match text_of(row, 1)? {
            "memory" => RecordKind::Memory,
            _ => RecordKind::Relationship,
        },
        memories: serde_json::from_str(text_of(row, 2)?).map_err(|err| corrupt(&err))?,
        reason: text_of(row, 3)?.to_owned(),
        source: text_of(row, 4)?.to_owned(),
        document: text_of(row, 5)?.to_owned(),
        at: domain::parse_time("at", text_of(row, 6)?).map_err(|err| corrupt(&err))?,
    })
}

/// Writes a record in quarantine as the elements of its row.
pub(crate) fn quarantined_row(record: &Quarantined) -> impl Serialize + Send + '_ {
    (
        &record.id,
        record.kind,
        &record.memories,
        &record.reason,
        &record.source,
        &record.document,
        time_text(record.at),
    )
}
