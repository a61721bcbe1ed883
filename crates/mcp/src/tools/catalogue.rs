use std::sync::Arc;

use domain::{Direction, Memory, MemoryType, RelationshipType, SearchQuery};
use memorygraph::ToolProfile;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Map, Value, json};

/// What a call may do to the graph.
#[derive(Clone, Copy)]
enum Effect {
    Reads,
    Adds,
    Changes,
    Removes,
}

/// Returns the tools of a profile, in the order in which an agent meets them.
pub(super) fn of(profile: ToolProfile) -> Vec<Tool> {
    let mut tools = core();
    if profile == ToolProfile::Extended {
        tools.extend(extended());
    }
    tools
}

#[expect(clippy::too_many_lines, reason = "a table, read from top to bottom")]
fn core() -> Vec<Tool> {
    let listing = [
        ("memory_types", types_of_memories()),
        ("project_path", text()),
        ("limit", whole(1, 1000)),
        ("offset", json!({ "type": "integer", "minimum": 0 })),
        ("cursor", described("next_cursor of the page before")),
        ("as_of", described("RFC 3339: what held then")),
        ("budget_tokens", whole(1, 1_000_000)),
    ];
    let recall = properties([("query", sized(SearchQuery::LONGEST_TEXT))], &listing);
    let search = properties(
        [
            ("query", sized(SearchQuery::LONGEST_TEXT)),
            ("terms", texts()),
            ("tags", texts()),
            ("min_importance", share()),
            ("search_tolerance", choice(["strict", "normal", "fuzzy"])),
            ("match_mode", choice(["any", "all"])),
            (
                "relationship_filter",
                described_texts("has one of these types"),
            ),
        ],
        &listing,
    );
    let written = [
        ("summary", sized(Memory::LONGEST_SUMMARY)),
        ("tags", tags()),
        ("importance", share()),
        ("context", json!({ "type": "object" })),
        ("allow_secrets", flag()),
    ];
    let store = properties(
        [
            ("type", type_of_memory()),
            ("title", sized(Memory::LONGEST_TITLE)),
            ("content", sized(Memory::LONGEST_CONTENT)),
            ("allow_duplicates", flag()),
        ],
        &written,
    );
    let update = properties(
        [
            ("memory_id", text()),
            ("type", text()),
            ("title", sized(Memory::LONGEST_TITLE)),
            ("content", sized(Memory::LONGEST_CONTENT)),
            (
                "expected_version",
                json!({ "type": "integer", "minimum": 1, "description": "version you read" }),
            ),
        ],
        &written,
    );
    vec![
        tool(
            "recall_memories",
            "Find memories by a question in plain words, best first; without query the most important.",
            recall,
            &[],
            Effect::Reads,
        ),
        tool(
            "store_memory",
            "Store a memory: one fact, fix, decision or problem. Tag it with acronyms and names. context: project_path, files_involved, languages…",
            store,
            &["type", "title", "content"],
            Effect::Adds,
        ),
        tool(
            "get_memory",
            "Get a memory with its relationships.",
            properties(
                [
                    ("memory_id", text()),
                    ("include_relationships", flag()),
                    ("as_of", text()),
                ],
                &[],
            ),
            &["memory_id"],
            Effect::Reads,
        ),
        tool(
            "search_memories",
            "Find memories by exact filters: tags (any of), type, importance, words.",
            search,
            &[],
            Effect::Reads,
        ),
        tool(
            "update_memory",
            "Change fields of a memory.",
            update,
            &["memory_id"],
            Effect::Changes,
        ),
        tool(
            "delete_memory",
            "Delete a memory and its relationships.",
            properties([("memory_id", text())], &[]),
            &["memory_id"],
            Effect::Removes,
        ),
        tool(
            "create_relationship",
            "Link two memories, as fix SOLVES error. Repeating it reinforces.",
            relationship(),
            &["from_memory_id", "to_memory_id", "relationship_type"],
            Effect::Adds,
        ),
        tool(
            "get_related_memories",
            "Memories connected to one, nearest first.",
            related(&listing),
            &["memory_id"],
            Effect::Reads,
        ),
        tool(
            "get_recent_activity",
            "What happened lately, and unresolved problems. Use at start.",
            properties(
                [
                    ("days", whole(1, 365)),
                    ("project", text()),
                    ("limit", whole(1, 1000)),
                    ("budget_tokens", whole(1, 1_000_000)),
                ],
                &[],
            ),
            &[],
            Effect::Reads,
        ),
    ]
}

fn extended() -> Vec<Tool> {
    let ends = [("from_memory_id", text()), ("to_memory_id", text())];
    let both = ["from_memory_id", "to_memory_id"];
    let paging = [("limit", whole(1, 1000)), ("cursor", text())];
    let path = properties(
        [
            ("max_depth", whole(1, 10)),
            ("relationship_types", texts()),
            ("as_of", text()),
        ],
        &ends,
    );
    let near = properties(
        [
            ("memory_id", text()),
            ("query", sized(SearchQuery::LONGEST_TEXT)),
            ("max_depth", whole(1, 5)),
            ("limit", whole(1, 1000)),
            (
                "offset",
                json!({ "type": "integer", "minimum": 0, "maximum": 9000 }),
            ),
            ("as_of", text()),
            ("budget_tokens", whole(1, 1_000_000)),
        ],
        &[],
    );
    vec![
        tool(
            "get_memory_statistics",
            "Count memories and relationships by type.",
            properties([], &[]),
            &[],
            Effect::Reads,
        ),
        tool(
            "contextual_search",
            "Search only among memories related to one.",
            near,
            &["memory_id", "query"],
            Effect::Reads,
        ),
        tool(
            "find_memory_path",
            "Shortest path between two memories, with each step.",
            path,
            &both,
            Effect::Reads,
        ),
        tool(
            "memory_history",
            "Earlier states of a memory, newest first; also of a deleted one.",
            properties([("memory_id", text())], &paging),
            &["memory_id"],
            Effect::Reads,
        ),
        tool(
            "what_changed",
            "What the graph learned since a time, oldest first.",
            properties([("since", described("RFC 3339"))], &paging),
            &["since"],
            Effect::Reads,
        ),
        tool(
            "invalidate_relationship",
            "Say that a relationship no longer holds; its past stays.",
            properties(
                [
                    ("relationship_id", text()),
                    ("until", text()),
                    ("invalidated_by", text()),
                ],
                &[],
            ),
            &["relationship_id"],
            Effect::Changes,
        ),
        tool(
            "reinforce_relationship",
            "Record whether a relationship proved right.",
            properties([("relationship_id", text()), ("success", flag())], &ends),
            &[],
            Effect::Adds,
        ),
        tool(
            "suggest_relationship_type",
            "Which relationship types fit between two memories.",
            properties([], &ends),
            &both,
            Effect::Reads,
        ),
        tool(
            "sync_now",
            "Bring a replica up to date with its primary.",
            properties([], &[]),
            &[],
            Effect::Changes,
        ),
    ]
}

fn relationship() -> Value {
    let types: Vec<_> = RelationshipType::ALL
        .iter()
        .map(|kind| kind.as_str())
        .collect();
    properties(
        [
            ("from_memory_id", text()),
            ("to_memory_id", text()),
            (
                "relationship_type",
                json!({ "type": "string", "enum": types }),
            ),
            ("strength", share()),
            ("confidence", share()),
            ("context", sized(domain::Relationship::LONGEST_CONTEXT)),
            ("allow_secrets", flag()),
        ],
        &[],
    )
}

fn related(listing: &[(&str, Value)]) -> Value {
    let asked = ["limit", "cursor", "as_of", "budget_tokens"];
    let listing: Vec<_> = listing
        .iter()
        .filter(|(name, _)| asked.contains(name))
        .cloned()
        .collect();
    let directions = [Direction::Outgoing, Direction::Incoming, Direction::Both];
    properties(
        [
            ("memory_id", text()),
            ("relationship_types", texts()),
            ("max_depth", whole(1, 5)),
            ("direction", json!({ "type": "string", "enum": directions })),
            (
                "offset",
                json!({ "type": "integer", "minimum": 0, "maximum": 9000 }),
            ),
        ],
        &listing,
    )
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "each caller makes it for this"
)]
fn tool(
    name: &'static str,
    description: &'static str,
    properties: Value,
    required: &[&str],
    effect: Effect,
) -> Tool {
    let mut input = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        input["required"] = json!(required);
    }
    let (reads, destroys, repeats) = match effect {
        Effect::Reads => (true, false, true),
        Effect::Adds => (false, false, false),
        Effect::Changes => (false, false, true),
        Effect::Removes => (false, true, true),
    };
    let annotations = ToolAnnotations::new()
        .read_only(reads)
        .destructive(destroys)
        .idempotent(repeats)
        .open_world(false);
    Tool::new(name, description, object(input))
        .with_raw_output_schema(object(output(name)))
        .with_annotations(annotations)
}

/// What every answer of a tool that succeeds has.
fn output(name: &str) -> Value {
    let (key, kind) = match name {
        "get_recent_activity" => ("recent", "array"),
        "get_memory_statistics" => ("memories", "integer"),
        "find_memory_path" => ("found", "boolean"),
        "create_relationship" | "invalidate_relationship" | "reinforce_relationship" => {
            ("relationship", "object")
        }
        "store_memory" | "get_memory" | "update_memory" | "delete_memory" => ("memory", "object"),
        "sync_now" => return json!({ "type": "object", "required": ["synced"] }),
        _ => {
            return json!({
                "type": "object",
                "properties": {
                    "items": { "type": "array" },
                    "next_cursor": { "type": "string" },
                    "left_out": { "type": "integer" },
                },
                "required": ["items"],
            });
        }
    };
    json!({ "type": "object", "properties": { key: { "type": kind } }, "required": [key] })
}

fn properties<const N: usize>(own: [(&str, Value); N], shared: &[(&str, Value)]) -> Value {
    let all = own.into_iter().chain(shared.iter().cloned());
    Value::Object(
        all.map(|(name, schema)| (name.to_owned(), schema))
            .collect::<Map<_, _>>(),
    )
}

fn object(schema: Value) -> Arc<JsonObject> {
    match schema {
        Value::Object(object) => Arc::new(object),
        _ => unreachable!("a schema is an object"),
    }
}

fn text() -> Value {
    json!({ "type": "string" })
}

fn described(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn sized(most: usize) -> Value {
    json!({ "type": "string", "maxLength": most })
}

fn texts() -> Value {
    json!({ "type": "array", "items": text() })
}

fn described_texts(description: &str) -> Value {
    json!({ "type": "array", "items": text(), "description": description })
}

fn tags() -> Value {
    json!({ "type": "array", "items": sized(Memory::LONGEST_TAG), "maxItems": Memory::MOST_TAGS })
}

fn choice<const N: usize>(names: [&str; N]) -> Value {
    json!({ "type": "string", "enum": names.to_vec() })
}

fn type_of_memory() -> Value {
    let names: Vec<_> = MemoryType::ALL.iter().map(|kind| kind.as_str()).collect();
    json!({ "type": "string", "enum": names })
}

fn types_of_memories() -> Value {
    json!({ "type": "array", "items": type_of_memory() })
}

fn share() -> Value {
    json!({ "type": "number", "minimum": 0, "maximum": 1 })
}

fn whole(least: u32, most: u32) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

fn flag() -> Value {
    json!({ "type": "boolean" })
}
