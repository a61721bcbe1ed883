//! Pieces of JSON Schema, as small as they can be: a model reads them before every task.

use std::sync::Arc;

use domain::{Memory, MemoryType, RelationshipType};
use rmcp::model::JsonObject;
use serde_json::{Map, Value, json};

/// The properties of an object, by their names.
pub(super) fn properties<const N: usize>(
    own: [(&str, Value); N],
    shared: &[(&str, Value)],
) -> Value {
    let all = own.into_iter().chain(shared.iter().cloned());
    Value::Object(
        all.map(|(name, schema)| (name.to_owned(), schema))
            .collect::<Map<_, _>>(),
    )
}

pub(super) fn object(schema: Value) -> Arc<JsonObject> {
    match schema {
        Value::Object(object) => Arc::new(object),
        _ => unreachable!("a schema is an object"),
    }
}

pub(super) fn with_required(properties: Value, required: &[&str]) -> Value {
    let mut schema = json!({ "type": "object" });
    schema["properties"] = properties;
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

pub(super) fn list_of(items: Value, most: usize) -> Value {
    let mut list = json!({ "type": "array", "maxItems": most });
    list["items"] = items;
    list
}

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn described(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

pub(super) fn sized(most: usize) -> Value {
    json!({ "type": "string", "maxLength": most })
}

pub(super) fn texts() -> Value {
    json!({ "type": "array", "items": text() })
}

pub(super) fn described_texts(description: &str) -> Value {
    json!({ "type": "array", "items": text(), "description": description })
}

pub(super) fn tags() -> Value {
    json!({ "type": "array", "items": sized(Memory::LONGEST_TAG), "maxItems": Memory::MOST_TAGS })
}

pub(super) fn choice<const N: usize>(names: [&str; N]) -> Value {
    json!({ "type": "string", "enum": names.to_vec() })
}

pub(super) fn type_of_memory() -> Value {
    let names: Vec<_> = MemoryType::ALL.iter().map(|kind| kind.as_str()).collect();
    json!({ "type": "string", "enum": names })
}

pub(super) fn types_of_memories() -> Value {
    json!({ "type": "array", "items": type_of_memory() })
}

pub(super) fn type_of_relationship() -> Value {
    let names = RelationshipType::ALL.iter().map(|kind| kind.as_str());
    json!({ "type": "string", "enum": names.collect::<Vec<_>>() })
}

pub(super) fn share() -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 1 })
}

pub(super) fn whole(least: u32, most: u32) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

pub(super) fn offset() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": 9000 })
}

pub(super) fn budget() -> Value {
    whole(1, 1_000_000)
}

pub(super) fn flag() -> Value {
    json!({ "type": "boolean" })
}
