//! What is refused, and what an agent learns from it.

use super::judge::{Seen, Verdict};

const MEMORY_TYPES: &[&str] = &[
    "task",
    "code_pattern",
    "problem",
    "solution",
    "project",
    "technology",
    "error",
    "fix",
    "command",
    "file_context",
    "workflow",
    "general",
    "conversation",
];

const RELATIONSHIP_TYPES: &[&str] = &[
    "CAUSES",
    "TRIGGERS",
    "LEADS_TO",
    "PREVENTS",
    "BREAKS",
    "SOLVES",
    "ADDRESSES",
    "ALTERNATIVE_TO",
    "IMPROVES",
    "REPLACES",
    "OCCURS_IN",
    "APPLIES_TO",
    "WORKS_WITH",
    "REQUIRES",
    "USED_IN",
    "BUILDS_ON",
    "CONTRADICTS",
    "CONFIRMS",
    "GENERALIZES",
    "SPECIALIZES",
    "SIMILAR_TO",
    "VARIANT_OF",
    "RELATED_TO",
    "ANALOGY_TO",
    "OPPOSITE_OF",
    "FOLLOWS",
    "DEPENDS_ON",
    "ENABLES",
    "BLOCKS",
    "PARALLEL_TO",
    "EFFECTIVE_FOR",
    "INEFFECTIVE_FOR",
    "PREFERRED_OVER",
    "DEPRECATED_BY",
    "VALIDATED_BY",
];

/// The lines, the argument that is wrong, and what the answer says about it.
const REFUSALS: &[(&[u32], &str, &[&str])] = &[
    (
        &[30, 66, 106],
        "memory_id",
        &["\"nope\"", "recall_memories"],
    ),
    (&[49], "limit", &["1 to 1000", "got 0"]),
    (&[50], "limit", &["1 to 1000", "got 1001"]),
    (&[51], "search_tolerance", &["strict", "normal", "fuzzy"]),
    (&[52], "query", &["1000", "1001"]),
    (&[65], "relationship_types", RELATIONSHIP_TYPES),
    (&[77, 89, 90, 91], "type", &[]),
    (&[77, 90, 91], "type", MEMORY_TYPES),
    (&[78, 79, 111], "title", &["1 to 200"]),
    (&[80], "content", &["1 to 50000"]),
    (&[81], "title", &["200", "201"]),
    (&[82], "title", &["200", "501"]),
    (&[83], "content", &["50000", "50001"]),
    (&[84], "summary", &["500", "501"]),
    (&[85], "summary", &["500", "1001"]),
    (&[86], "tags", &["50", "51"]),
    (&[87], "tags", &["100", "101"]),
    (&[88], "importance", &["0 to 1", "1.5"]),
    (&[92], "context", &["private", "project", "team", "public"]),
    (&[94], "to_memory_id", &["itself"]),
    (&[101], "to_memory_id", &["\"nope\"", "recall_memories"]),
    (&[102], "relationship_type", RELATIONSHIP_TYPES),
    (&[103], "context", &["10000", "10001"]),
    (&[107], "title", &["200", "300"]),
    (&[115], "memory_id", &["recall_memories", "cycC"]),
];

/// Names the argument and what would be valid, and leaves the store as it was.
pub(super) fn argument(seen: &Seen) -> Verdict {
    let (answer, line) = (seen.answer, seen.call.line);
    seen.ensure(answer.refused, "it is refused")?;
    seen.ensure(seen.before == seen.after, "it changes nothing")?;
    let rows = REFUSALS.iter().filter(|row| row.0.contains(&line));
    for (_, field, words) in rows {
        let named = answer.json["error"]["field"].as_str().unwrap_or_default();
        seen.ensure(named.starts_with(field), &format!("{field} is named"))?;
        seen.ensure(answer.text.contains(field), "the text names it too")?;
        for word in *words {
            seen.ensure(answer.text.contains(word), &format!("it says {word}"))?;
        }
    }
    Ok(())
}

/// Names the memories that would form a circle, and leaves the store as it was.
pub(super) fn circle(seen: &Seen) -> Verdict {
    let answer = seen.answer;
    seen.ensure(answer.refused, "it is refused")?;
    seen.ensure(seen.before == seen.after, "it changes nothing")?;
    let (from, to) = (seen.given("from_memory_id"), seen.given("to_memory_id"));
    let between = seen
        .before
        .touching(&from)
        .into_iter()
        .find(|joins| joins["to_memory_id"] == *from)
        .map(|joins| joins["from_memory_id"].clone());
    let between = between.unwrap();
    let circle = &answer.json["error"]["found"]["cycle"];
    let expected = serde_json::json!([from, to, between, from]);
    seen.ensure(*circle == expected, &format!("the circle is {expected}"))?;
    seen.ensure(answer.text.contains("DEPENDS_ON"), "it says of which type")
}

/// Names the tools that there are.
pub(super) fn unknown_tool(seen: &Seen) -> Verdict {
    let text = &seen.answer.text;
    seen.ensure(seen.answer.refused, "it is refused")?;
    seen.ensure(text.contains(&seen.call.tool), "it names the tool")?;
    for tool in ["recall_memories", "get_memory_statistics"] {
        seen.ensure(text.contains(tool), &format!("it names {tool}"))?;
    }
    Ok(())
}
