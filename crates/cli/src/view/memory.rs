//! How memories look to a person.

use std::collections::HashMap;

use memorygraph::domain::{Direction, Hit, Memory, MemoryId, Relationship};

use super::{Facts, counted, time};
use crate::{
    style::{HEADING, paint},
    table::{Table, harmless, on_one_line},
    tree,
};

/// Returns a table of hits; of none, a sentence.
pub(crate) fn hits(hits: &[Hit], width: Option<usize>) -> Vec<String> {
    if hits.is_empty() {
        return vec!["Nothing found.".to_owned()];
    }
    let asked = hits.iter().any(|hit| !hit.words.is_empty());
    let last = if asked { "MATCHES" } else { "IMPORTANCE" };
    let mut table = Table::new(&["ID", "TYPE", "TITLE", last], 2);
    for hit in hits {
        let memory = &hit.memory;
        table.row([
            memory.id.to_string(),
            memory.memory_type.to_string(),
            memory.title.clone(),
            if asked {
                hit.words.join(", ")
            } else {
                format!("{:.2}", memory.importance.get())
            },
        ]);
    }
    table.lines(width)
}

/// Returns a table of memories, with when each was changed.
pub(crate) fn dated(memories: &[Memory], width: Option<usize>) -> Vec<String> {
    let mut table = Table::new(&["ID", "TYPE", "TITLE", "WHEN"], 2);
    for memory in memories {
        table.row([
            memory.id.to_string(),
            memory.memory_type.to_string(),
            memory.title.clone(),
            time(memory.updated_at),
        ]);
    }
    table.lines(width)
}

/// Returns all that a memory says.
pub(crate) fn memory(memory: &Memory) -> Vec<String> {
    let mut lines = vec![paint(HEADING, on_one_line(&memory.title)), String::new()];
    let mut facts = Facts::default();
    facts.add("id", &memory.id);
    facts.add("type", memory.memory_type);
    facts.add("tags", memory.tags.join(", "));
    let scores = [
        ("importance", Some(memory.importance)),
        ("confidence", Some(memory.confidence)),
        ("effectiveness", memory.effectiveness),
    ];
    for (name, score) in scores {
        facts.add(
            name,
            score.map_or(String::new(), |it| format!("{:.2}", it.get())),
        );
    }
    if let Some(context) = &memory.context {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        facts.add("project", text(&context.project_path));
        facts.add("files", context.files_involved.join(", "));
        facts.add("languages", context.languages.join(", "));
        facts.add("frameworks", context.frameworks.join(", "));
        facts.add("technologies", context.technologies.join(", "));
        facts.add("branch", text(&context.git_branch));
        facts.add("commit", text(&context.git_commit));
        for (name, value) in &context.additional_metadata {
            facts.add(name, value);
        }
    }
    facts.add("kept", time(memory.created_at));
    facts.add("changed", time(memory.updated_at));
    facts.add("version", memory.version);
    if let Some(last) = memory.last_accessed.filter(|_| memory.usage_count > 0) {
        let times = counted(u64::from(memory.usage_count), "time", "times");
        facts.add("used", format!("{times}, last {}", time(last)));
    }
    facts.add(
        "changed by",
        memory.updated_by.as_deref().unwrap_or_default(),
    );
    if let Some(until) = memory.valid_until {
        facts.add("held until", time(until));
    }
    if let Some(next) = &memory.superseded_by {
        facts.add("replaced by", next);
    }
    lines.extend(facts.lines());
    for text in memory.summary.iter().chain([&memory.content]) {
        lines.push(String::new());
        lines.extend(text.lines().map(harmless));
    }
    lines
}

/// Returns what the memory `near` is joined with, a line for each relationship; `others` has the
/// memories at their other ends.
pub(crate) fn joined(
    near: &MemoryId,
    relationships: &[Relationship],
    others: &HashMap<MemoryId, Memory>,
    width: Option<usize>,
) -> Vec<String> {
    let other_of = |relationship: &Relationship| {
        let id = relationship.other_end(near, Direction::Both)?;
        others.get(id)
    };
    let lines = relationships.iter().filter_map(|relationship| {
        Some(tree::spoke(
            near,
            relationship,
            other_of(relationship)?,
            width,
        ))
    });
    lines.collect()
}
