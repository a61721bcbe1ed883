use serde_json::{Map, Value};

use super::{Mended, fields::Fields};
use crate::{MemoryId, Relationship, RelationshipId, RelationshipType, Timestamp, time_text};

/// Reads a relationship between two memories from a record with the fields of its JSON form.
/// `since` is when it was first kept, where the record does not say.
///
/// A type that is none of ours becomes `RELATED_TO`, and its word the beginning of the context.
///
/// # Errors
///
/// Says in words why no repair helps.
pub fn relationship(
    id: RelationshipId,
    [from, to]: [MemoryId; 2],
    record: Map<String, Value>,
    since: Timestamp,
) -> Result<Mended<Relationship>, String> {
    let mut fields = Fields::new(record);
    let (relationship_type, word) = relationship_type(&mut fields);
    let context = context(&mut fields);
    let created_at = fields.time("created_at");
    let recorded_at = fields.time("recorded_at");
    let valid_from = fields.time("valid_from");
    let created_at = created_at.or(recorded_at).or(valid_from).unwrap_or(since);
    let plain = Relationship::new(id, from, relationship_type, to, created_at);
    let mut relationship = Relationship {
        strength: fields.score("strength").unwrap_or(plain.strength),
        confidence: fields.score("confidence").unwrap_or(plain.confidence),
        evidence_count: fields.count("evidence_count", 1).unwrap_or(1),
        validation_count: fields.count("validation_count", 0).unwrap_or_default(),
        counter_evidence_count: fields
            .count("counter_evidence_count", 0)
            .unwrap_or_default(),
        success_rate: fields.score("success_rate"),
        last_validated: fields.time("last_validated"),
        recorded_at: recorded_at.unwrap_or(created_at),
        valid_from: valid_from.unwrap_or(created_at),
        valid_until: fields.time("valid_until"),
        invalidated_by: fields.word("invalidated_by"),
        ..plain
    };
    if let Some(until) = relationship
        .valid_until
        .filter(|it| *it < relationship.valid_from)
    {
        let from = time_text(relationship.valid_from);
        fields.set_aside("valid_from", from, "is after valid_until, and now the same");
        relationship.valid_from = until;
    }
    let (rest, mut notes) = fields.into_rest();
    let mut words: Vec<String> = word.into_iter().collect();
    words.extend(context);
    let mut context = words.join(": ");
    for (name, value) in rest {
        if !name.starts_with("original_") {
            notes.push(format!("{name} has no field: kept in the context"));
        }
        let value = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        if !context.is_empty() {
            context.push('\n');
        }
        context.push_str(&format!("{name}: {value}").replace('\0', ""));
    }
    relationship.context = (!context.is_empty()).then_some(context);
    match relationship.check() {
        Ok(()) => Ok(Mended {
            value: relationship,
            notes,
        }),
        Err(invalid) => Err(invalid.to_string()),
    }
}

/// Returns the type, and the word that the record has for it where that is none of ours.
fn relationship_type(fields: &mut Fields) -> (RelationshipType, Option<String>) {
    let word = fields.text("type").unwrap_or_default();
    let word = word.trim();
    if let Ok(known) = word.parse() {
        return (known, None);
    }
    let word = if word.is_empty() {
        fields.note("type was missing, now RELATED_TO");
        None
    } else {
        fields.note(format!(
            "type {word:?} is none that is known here, now RELATED_TO: the word is kept in the context"
        ));
        Some(word.to_owned())
    };
    (RelationshipType::RelatedTo, word)
}

/// The free text of a context: the predecessors write their reading of the text around it, as JSON
/// in a text. Other text is what it is.
fn context(fields: &mut Fields) -> Option<String> {
    let text_of = |object: &Map<String, Value>| match object.get("text") {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let text = match fields.take("context")? {
        Value::String(text) => match serde_json::from_str(&text) {
            Ok(Value::Object(object)) => text_of(&object).unwrap_or(text),
            _ => text,
        },
        Value::Object(object) => {
            text_of(&object).unwrap_or_else(|| Value::from(object).to_string())
        }
        other => other.to_string(),
    };
    let text = fields.without_nul("context", text);
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
