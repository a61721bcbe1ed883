//! What the answers of tools look like to programs.

use serde_json::{Map, Value, json};

/// Returns the schema of what a tool answers when it succeeds: its fields, which of them are
/// always there, and no more about the values than their types.
pub(super) fn of(tool: &str) -> Value {
    let (always, sometimes): (&[_], &[_]) = match tool {
        "store_memory" => (&[("memory", "object")], &[]),
        "get_memory" => (
            &[("memory", "object")],
            &[
                ("deleted", "boolean"),
                ("more_relationships", "boolean"),
                ("relationships", "array"),
            ],
        ),
        "update_memory" => (&[("memory", "object"), ("merged", "array")], &[]),
        "delete_memory" => (&[("memory", "object"), ("relationships", "integer")], &[]),
        "create_relationship" => (
            &[
                ("relationship", "object"),
                ("reinforced", "boolean"),
                ("contradictions", "array"),
            ],
            &[],
        ),
        "invalidate_relationship" | "reinforce_relationship" => {
            (&[("relationship", "object")], &[])
        }
        "store_memories" => (&[("memories", "array"), ("relationships", "array")], &[]),
        "get_recent_activity" => (
            &[
                ("memories_by_type", "object"),
                ("total", "integer"),
                ("truncated", "boolean"),
                ("unresolved", "array"),
                ("recent", "array"),
            ],
            &[("left_out", "integer"), ("next_cursor", "string")],
        ),
        "get_memory_statistics" => (
            &[("memories", "integer"), ("relationships", "integer")],
            // A count for each type, and what else a store counts.
            &[],
        ),
        "find_memory_path" => (
            &[("found", "boolean")],
            &[("hops", "integer"), ("path", "object")],
        ),
        // An object, or null where there is nothing to sync.
        "sync_now" => return schema(Map::new(), &["synced"]),
        _ => (
            &[("items", "array")],
            &[("next_cursor", "string"), ("left_out", "integer")],
        ),
    };
    let names: Vec<&str> = always.iter().map(|(name, _)| *name).collect();
    let fields = always.iter().chain(sometimes);
    let fields = fields.map(|(name, kind)| ((*name).to_owned(), json!({ "type": kind })));
    schema(fields.collect(), &names)
}

/// An answer, or why there is none: some clients hold refusals against the schema as well.
fn schema(mut fields: Map<String, Value>, always: &[&str]) -> Value {
    fields.insert("error".to_owned(), json!({ "type": "object" }));
    let mut schema = json!({
        "type": "object",
        "anyOf": [{ "required": always }, { "required": ["error"] }],
    });
    schema["properties"] = fields.into();
    schema
}
