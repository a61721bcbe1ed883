use domain::{Memory, Relationship, SearchQuery};
use rmcp::model::Tool;
use serde_json::{Value, json};

use super::{
    Effect,
    schema::{
        budget, choice, described, described_texts, flag, list_of, offset, properties, share,
        sized, tags, text, texts, type_of_memory, type_of_relationship, whole, with_required,
    },
    tool,
};

/// Returns the tools of an agent that also tends the graph.
#[expect(clippy::too_many_lines, reason = "a table, read from top to bottom")]
pub(super) fn tools() -> Vec<Tool> {
    let ends = [("from_memory_id", text()), ("to_memory_id", text())];
    let both = ["from_memory_id", "to_memory_id"];
    let paging = [
        ("limit", whole(1, 1000)),
        ("cursor", text()),
        ("budget_tokens", budget()),
    ];
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
            ("offset", offset()),
            ("cursor", text()),
            ("as_of", text()),
            ("budget_tokens", budget()),
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
            "store_memories",
            "Store up to 100 memories with up to 300 relationships: all or nothing. A memory that \
             is there is told and not doubled.",
            bundle(),
            &["memories"],
            Effect::Adds,
        ),
        tool(
            "search_relationships_by_context",
            "Find relationships by what their contexts say; parts of words match.",
            circumstances(),
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

fn bundle() -> Value {
    let memory = properties(
        [
            ("ref", described("name for relationships of this call")),
            ("type", type_of_memory()),
            ("title", sized(Memory::LONGEST_TITLE)),
            ("content", sized(Memory::LONGEST_CONTENT)),
            ("summary", sized(Memory::LONGEST_SUMMARY)),
            ("tags", tags()),
            ("importance", share()),
            ("context", json!({ "type": "object" })),
        ],
        &[],
    );
    let relationship = properties(
        [
            ("from_memory_id", described("id or ref")),
            ("to_memory_id", described("id or ref")),
            ("relationship_type", type_of_relationship()),
            ("strength", share()),
            ("confidence", share()),
            ("context", sized(Relationship::LONGEST_CONTEXT)),
        ],
        &[],
    );
    let memory = with_required(memory, &["type", "title", "content"]);
    let ends = ["from_memory_id", "to_memory_id", "relationship_type"];
    properties(
        [
            ("memories", list_of(memory, 100)),
            (
                "relationships",
                list_of(with_required(relationship, &ends), 300),
            ),
            ("idempotency_key", described("makes a repeat harmless")),
            ("allow_duplicates", flag()),
            ("allow_secrets", flag()),
        ],
        &[],
    )
}

fn circumstances() -> Value {
    properties(
        [
            ("scope", choice(["partial", "full", "conditional"])),
            ("conditions", described_texts("as production: any")),
            ("has_evidence", flag()),
            ("evidence", described_texts("as integration tests: any")),
            ("components", described_texts("as Redis: any")),
            ("temporal", described("as v2.1 or since 2024")),
            ("limit", whole(1, 100)),
            ("cursor", text()),
            ("as_of", text()),
            ("budget_tokens", budget()),
        ],
        &[],
    )
}
