use domain::{Direction, Memory, SearchQuery};
use rmcp::model::Tool;
use serde_json::{Value, json};

use super::{
    Effect,
    schema::{
        budget, choice, described, described_texts, flag, offset, properties, share, sized, tags,
        text, texts, type_of_memory, type_of_relationship, types_of_memories, whole,
    },
    tool,
};

#[expect(clippy::too_many_lines, reason = "a table, read from top to bottom")]
/// Returns the tools that every agent needs.
pub(super) fn tools() -> Vec<Tool> {
    let listing = [
        ("memory_types", types_of_memories()),
        ("project_path", text()),
        ("limit", whole(1, 1000)),
        ("offset", json!({ "type": "integer", "minimum": 0 })),
        ("cursor", described("next_cursor of the page before")),
        ("as_of", described("RFC 3339: what held then")),
        ("budget_tokens", budget()),
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
                    ("cursor", text()),
                    ("budget_tokens", budget()),
                ],
                &[],
            ),
            &[],
            Effect::Reads,
        ),
    ]
}

fn relationship() -> Value {
    properties(
        [
            ("from_memory_id", text()),
            ("to_memory_id", text()),
            ("relationship_type", type_of_relationship()),
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
            ("offset", offset()),
        ],
        &listing,
    )
}
