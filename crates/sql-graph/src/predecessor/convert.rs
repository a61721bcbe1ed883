//! A row of a predecessor as a memory or a relationship of ours.

use domain::{
    Memory, MemoryId, Relationship, RelationshipId, Timestamp, parse_time,
    repair::{self, Mended},
};
use ports::{Quarantined, RecordKind};
use serde_json::{Map, Value};

use super::row::Row;

/// The columns that win over the document: when something ended, only they say so.
const TEMPORAL: [&str; 4] = ["valid_from", "valid_until", "recorded_at", "invalidated_by"];

/// What became of a row; else why it is neither.
pub(super) type Converted<T> = Result<Mended<T>, String>;

/// Reads a memory; one that does not say when it was first kept was so at `now`.
pub(super) fn memory(row: &Row, now: Timestamp) -> Converted<Memory> {
    let id = MemoryId::new(id_of(row)?).map_err(|err| err.to_string())?;
    let (record, since) = record(row, now)?;
    repair::memory(id, record, since)
}

/// Reads a relationship.
pub(super) fn relationship(row: &Row, now: Timestamp) -> Converted<Relationship> {
    let id = RelationshipId::new(id_of(row)?).map_err(|err| err.to_string())?;
    let (mut record, since) = record(row, now)?;
    let mut end = |name: &str| match record.remove(name) {
        Some(Value::String(text)) => MemoryId::new(text).map_err(|err| format!("{name}: {err}")),
        _ => Err(format!("{name} is missing, or no text")),
    };
    let ends = [end("from_id")?, end("to_id")?];
    if let Some(word) = record.remove("rel_type")
        && let Some(other) = record.insert("type".to_owned(), word)
    {
        record.insert("document_type".to_owned(), other);
    }
    repair::relationship(id, ends, record, since)
}

fn id_of(row: &Row) -> Result<&str, String> {
    if row.is_broken {
        return Err("a text in it is no UTF-8".to_owned());
    }
    match row.columns.get("id") {
        Some(Value::String(id)) => Ok(id),
        Some(_) => Err("its id is no text".to_owned()),
        None => Err("it has no id".to_owned()),
    }
}

/// Returns the fields of a row without its id, and when it was first kept. A document's fields come
/// first; what columns say of validity wins.
fn record(row: &Row, now: Timestamp) -> Result<(Map<String, Value>, Timestamp), String> {
    let mut columns = row.columns.clone();
    let id = columns.remove("id");
    let created = match columns.get("created_at") {
        Some(Value::String(text)) => parse_time("created_at", text).ok(),
        _ => None,
    };
    let since = created.unwrap_or(now);
    if columns.get("label").is_some_and(|label| label == "Memory") {
        columns.remove("label");
    }
    let Some(properties) = columns.remove("properties") else {
        return Ok((columns, since));
    };
    let document = match properties {
        Value::String(text) => serde_json::from_str(&text)
            .map_err(|err| format!("its properties are no JSON ({err})"))?,
        other => other,
    };
    let Value::Object(mut record) = document else {
        return Err("its properties are no JSON object".to_owned());
    };
    if record.get("id") == id.as_ref() {
        record.remove("id");
    }
    // The row's times have whole seconds, and are those of the row.
    for time in ["created_at", "updated_at"] {
        let column = columns.remove(time);
        if record.get(time).is_none_or(Value::is_null)
            && let Some(column) = column
        {
            record.insert(time.to_owned(), column);
        }
    }
    if columns.contains_key("valid_from") {
        // Such a row has columns for all of them, and a NULL says that there is no end.
        for field in ["valid_until", "invalidated_by"] {
            record.remove(field);
        }
    }
    for (name, value) in columns {
        let Some(other) = record.insert(name.clone(), value.clone()) else {
            continue;
        };
        if !(other.is_null() || other == value || TEMPORAL.contains(&name.as_str())) {
            record.insert(format!("document_{name}"), other);
        }
    }
    Ok((record, since))
}

/// Keeps a row that is neither a memory nor a relationship.
pub(super) fn quarantined(
    kind: RecordKind,
    row: &Row,
    reason: &str,
    source: &str,
    at: Timestamp,
) -> Quarantined {
    let document = Value::from(row.columns.clone()).to_string();
    let text = |name: &str| row.columns.get(name).and_then(Value::as_str);
    let named = match kind {
        RecordKind::Memory => ["id"].as_slice(),
        RecordKind::Relationship => &["from_id", "to_id"],
    };
    let memories = named
        .iter()
        .filter_map(|name| MemoryId::new(text(name)?).ok());
    let memories = memories.collect();
    let name = text("id").and_then(|id| MemoryId::new(id).ok());
    let name = name.as_ref().map_or("without an id", MemoryId::as_str);
    Quarantined {
        id: format!("{} {name} {:016x}", kind.as_str(), hash(&document)),
        kind,
        memories,
        reason: reason.replace('\0', "␀"),
        source: source.to_owned(),
        document,
        at,
    }
}

/// FNV-1a: the same for the same text in every build.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
