//! Rows to domain, and back: the one place that knows what the columns mean.

use domain::{
    Invalid, Memory, MemoryId, Relationship, RelationshipId, RelationshipType, Score, Timestamp,
    parse_time, text, time_text,
};
use ports::{BackendError, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::SqlRow;

/// What helps against a row that does not decode.
pub(crate) const MEND: &str = "run `memorygraph health --repair`";

/// What [`memory`] reads, of the table `nodes n`.
pub(crate) const MEMORY_COLUMNS: &str = "n.id, n.properties, n.created_at, n.updated_at";

/// What [`relationship`] reads, of the table `relationships r`.
pub(crate) const RELATIONSHIP_COLUMNS: &str = "r.id, r.from_id, r.to_id, r.rel_type, r.properties, \
     r.created_at, r.recorded_at, r.valid_from, r.valid_until, r.invalidated_by";

/// Reads a memory. The columns `id`, `created_at` and `updated_at` win over the document, which a
/// program may have written by SQL: it needs a title or a content, the rest has defaults.
pub(crate) fn memory(row: &dyn SqlRow) -> Result<Memory> {
    let id = text_of(row, 0)?;
    let corrupt = |what: &dyn std::fmt::Display| {
        BackendError::new(ErrorKind::Corrupt, "read a memory")
            .because(format!("the memory {id:?} does not decode: {what}: {MEND}"))
    };
    let text = |column| text_of(row, column).map_err(|err| corrupt(&said(&err)));
    let properties = text(1)?;
    let time = |column| parse_time("time", text(column)?).map_err(|err| corrupt(&err));
    let (created_at, updated_at) = (time(2)?, time(3)?);
    let mut memory = match serde_json::from_str::<Memory>(properties) {
        Ok(memory) => memory,
        Err(_) => incomplete(id, properties, created_at).map_err(|err| corrupt(&err))?,
    };
    if memory.id.as_str() != id {
        memory.id = MemoryId::new(id).map_err(|err| corrupt(&err))?;
    }
    memory.created_at = created_at;
    memory.updated_at = updated_at;
    Ok(memory)
}

/// Reads a document that lacks fields which every memory of ours has, or has them in another form.
fn incomplete(id: &str, properties: &str, created_at: Timestamp) -> serde_json::Result<Memory> {
    let mut document: Map<String, Value> = serde_json::from_str(properties)?;
    document.retain(|_, value| !value.is_null());
    for score in ["importance", "confidence", "effectiveness"] {
        let value = document.get(score).and_then(Value::as_f64);
        if !value.is_some_and(|value| (0.0..=1.0).contains(&value)) {
            document.remove(score);
        }
    }
    if let Some(tags) = document.remove("tags") {
        let tags = tags
            .as_array()
            .into_iter()
            .flatten()
            .filter(|tag| tag.is_string());
        document.insert("tags".into(), tags.cloned().collect());
    }
    if let Some(Value::String(kind)) = document.get_mut("type") {
        kind.make_ascii_lowercase();
    }
    let text_of = |document: &Map<String, Value>, field: &str| match document.get(field) {
        Some(Value::String(text)) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    };
    let (title, content) = (text_of(&document, "title"), text_of(&document, "content"));
    let title_of = |content: &String| content.trim().chars().take(Memory::LONGEST_TITLE).collect();
    if let Some(title) = title.clone().or_else(|| content.as_ref().map(title_of)) {
        document.insert("title".into(), title.into());
    }
    if let Some(content) = content.or(title) {
        document.insert("content".into(), content.into());
    }
    for (field, default) in [
        ("type", json!("general")),
        ("created_at", json!(created_at)),
        ("updated_at", json!(created_at)),
        ("valid_from", json!(created_at)),
    ] {
        document.entry(field).or_insert(default);
    }
    document.insert("id".into(), id.into());
    Ok(serde_json::from_value::<Memory>(Value::Object(document))?.normalised())
}

/// Writes a memory as the elements of its row: id, properties, `created_at`, `updated_at`,
/// expansion.
pub(crate) fn memory_row(memory: &Memory) -> impl Serialize + Send + '_ {
    (
        &memory.id,
        memory,
        time_text(memory.created_at),
        time_text(memory.updated_at),
        expansion(memory),
    )
}

/// Writes a state that a memory had as the elements of its row: as [`memory_row`], without an
/// expansion, since nobody searches in it.
pub(crate) fn past_memory_row(memory: &Memory) -> impl Serialize + Send + '_ {
    (
        &memory.id,
        memory,
        time_text(memory.created_at),
        time_text(memory.updated_at),
    )
}

/// Returns the words that the index cannot see in the text of a memory.
pub(crate) fn expansion(memory: &Memory) -> String {
    let tags = memory.tags.join(" ");
    let texts = [
        memory.title.as_str(),
        tags.as_str(),
        memory.summary.as_deref().unwrap_or_default(),
        &memory.content,
    ];
    let mut expansion = String::new();
    for text in texts {
        let words = text::expansion(text);
        if !(words.is_empty() || expansion.is_empty()) {
            expansion.push(' ');
        }
        expansion.push_str(&words);
    }
    expansion
}

/// Returns the [`expansion`] of a memory that a program put by SQL, whose JSON may spell the letters
/// of a tag as escapes, which the index takes for words.
pub(crate) fn new_words(memory: &Memory) -> String {
    let mut words = expansion(memory);
    for tag in memory.tags.iter().filter(|tag| !tag.is_ascii()) {
        words.push(' ');
        words.push_str(tag);
    }
    words
}

/// What of a relationship has no column of its own. Absent fields have the defaults of a
/// relationship that a program wrote by SQL.
#[derive(Serialize, Deserialize)]
struct Properties {
    #[serde(default = "Properties::plain_strength")]
    strength: Score,
    #[serde(default = "Memory::default_confidence")]
    confidence: Score,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    #[serde(default = "Relationship::first_evidence")]
    evidence_count: u32,
    #[serde(default)]
    validation_count: u32,
    #[serde(default)]
    counter_evidence_count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    success_rate: Option<Score>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_validated: Option<Timestamp>,
}

impl Properties {
    /// What the column `strength` has where the document has none.
    fn plain_strength() -> Score {
        Score::clamped(0.5)
    }
}

/// Reads a relationship.
pub(crate) fn relationship(row: &dyn SqlRow) -> Result<Relationship> {
    let id = text_of(row, 0)?;
    let corrupt = |what: &dyn std::fmt::Display| {
        BackendError::new(ErrorKind::Corrupt, "read a relationship").because(format!(
            "the relationship {id:?} does not decode: {what}: {MEND}"
        ))
    };
    let optional = |column| row.text(column).map_err(|err| corrupt(&said(&err)));
    let text = |column| text_of(row, column).map_err(|err| corrupt(&said(&err)));
    let memory = |column| MemoryId::new(text(column)?).map_err(|err| corrupt(&err));
    let time = |column| parse_time("time", text(column)?).map_err(|err| corrupt(&err));
    let relationship_type: RelationshipType = text(3)?.parse().map_err(|err| corrupt(&err))?;
    let properties: Properties = serde_json::from_str(text(4)?).map_err(|err| corrupt(&err))?;
    let named = optional(9)?.map(RelationshipId::new).transpose();
    Ok(Relationship {
        id: RelationshipId::new(id).map_err(|err| corrupt(&err))?,
        from: memory(1)?,
        to: memory(2)?,
        relationship_type,
        strength: properties.strength,
        confidence: properties.confidence,
        context: properties.context,
        evidence_count: properties.evidence_count,
        validation_count: properties.validation_count,
        counter_evidence_count: properties.counter_evidence_count,
        success_rate: properties.success_rate,
        last_validated: properties.last_validated,
        created_at: time(5)?,
        recorded_at: time(6)?,
        valid_from: time(7)?,
        valid_until: match optional(8)? {
            Some(_) => Some(time(8)?),
            None => None,
        },
        invalidated_by: named.map_err(|err| corrupt(&err))?,
    })
}

/// Writes a relationship as the elements of its row, in the order of [`RELATIONSHIP_COLUMNS`].
pub(crate) fn relationship_row(relationship: &Relationship) -> impl Serialize + Send + '_ {
    let properties = Properties {
        strength: relationship.strength,
        confidence: relationship.confidence,
        context: relationship.context.clone(),
        evidence_count: relationship.evidence_count,
        validation_count: relationship.validation_count,
        counter_evidence_count: relationship.counter_evidence_count,
        success_rate: relationship.success_rate,
        last_validated: relationship.last_validated,
    };
    (
        &relationship.id,
        &relationship.from,
        &relationship.to,
        relationship.relationship_type,
        properties,
        time_text(relationship.created_at),
        time_text(relationship.recorded_at),
        time_text(relationship.valid_from),
        relationship.valid_until.map(time_text),
        &relationship.invalidated_by,
    )
}

/// Returns a text that is never NULL.
pub(crate) fn text_of(row: &dyn SqlRow, column: usize) -> Result<&str> {
    let text = row.text(column).map_err(|err| match err.kind() {
        ErrorKind::Corrupt => {
            let words = format!("{}: {MEND}", said(&err));
            err.because(words)
        }
        _ => err,
    });
    text?.ok_or_else(|| unexpected_null(column))
}

/// Returns what an error says, without what helps against it.
pub(crate) fn said(err: &BackendError) -> &str {
    let words = err.detail().unwrap_or_default();
    let words = words.strip_suffix(MEND).unwrap_or(words);
    words.trim_end_matches(": ")
}

/// Returns an integer that is never NULL.
pub(crate) fn integer_of(row: &dyn SqlRow, column: usize) -> Result<i64> {
    row.integer(column)?.ok_or_else(|| unexpected_null(column))
}

/// Returns a count.
pub(crate) fn count_of(row: &dyn SqlRow, column: usize) -> Result<u64> {
    Ok(u64::try_from(integer_of(row, column)?).unwrap_or_default())
}

/// Says that a stored value breaks a rule of the domain.
pub(crate) fn corrupt(doing: &'static str) -> impl Fn(Invalid) -> BackendError {
    move |invalid| {
        BackendError::new(ErrorKind::Corrupt, doing).because(format!("{invalid}: {MEND}"))
    }
}

fn unexpected_null(column: usize) -> BackendError {
    BackendError::new(ErrorKind::Corrupt, "read a row")
        .because(format!("column {column} is NULL: {MEND}"))
}
