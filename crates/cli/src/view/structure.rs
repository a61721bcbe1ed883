//! How what was found out about the graph as a whole looks to a person.

use memorygraph::domain::suggestion::Suggestion;
use memorygraph::{Bridges, Cluster, Clusters};

use super::{count, counted, relationship::statement};
use crate::{
    style::{HEADING, QUIET, RELATION, paint},
    tree::name,
};

/// How many of the types of a cluster are told.
const TYPES: usize = 4;

/// Returns each cluster with its most central memories; of none, a sentence.
pub(crate) fn clusters(found: &Clusters) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, cluster) in found.clusters.iter().enumerate() {
        lines.push(title(at + 1, cluster));
        lines.extend(
            cluster
                .memories
                .iter()
                .map(|memory| format!("  {}", name(memory))),
        );
        let more = cluster.size.saturating_sub(cluster.memories.len() as u64);
        if more > 0 {
            lines.push(format!("  and {} more", count(more)));
        }
        lines.push(String::new());
    }
    if found.clusters.is_empty() {
        lines.push("No cluster found.".to_owned());
    }
    lines.push(paint(
        QUIET,
        format_args!(
            "{} found among {} and {}; modularity {:.2}",
            counted(found.found, "cluster", "clusters"),
            counted(found.memories, "memory", "memories"),
            counted(found.relationships, "relationship", "relationships"),
            found.modularity
        ),
    ));
    lines
}

fn title(number: usize, cluster: &Cluster) -> String {
    let mut types: Vec<_> = cluster.types.iter().collect();
    types.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
    let types = types.iter().take(TYPES);
    let types: Vec<_> = types
        .map(|(kind, number)| format!("{} {}", paint(RELATION, kind), count(**number)))
        .collect();
    let heading = format!("{number}. {}", counted(cluster.size, "memory", "memories"));
    format!(
        "{}, density {:.2}: {}",
        paint(HEADING, heading),
        cluster.density,
        types.join(", ")
    )
}

/// Returns the memories and the relationships that hold parts together; of none, a sentence.
pub(crate) fn bridges(found: &Bridges) -> Vec<String> {
    let mut lines = Vec::new();
    if !found.memories.is_empty() {
        lines.push(paint(HEADING, "Memories without which others fall apart:"));
    }
    for bridge in &found.memories {
        let parts = bridge.parts.iter().map(|size| count(*size));
        let mut parts = parts.collect::<Vec<_>>().join(", ");
        if bridge.part_count > bridge.parts.len() as u64 {
            parts += ", …";
        }
        lines.push(format!(
            "  {}: {} of {parts} memories",
            name(&bridge.memory),
            counted(bridge.part_count, "part", "parts")
        ));
    }
    if !found.relationships.is_empty() {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        let heading = "Relationships without which memories fall apart:";
        lines.push(paint(HEADING, heading));
    }
    for bridge in &found.relationships {
        let [from, to] = bridge.parts.map(count);
        lines.push(format!(
            "  {}: {from} and {to} memories",
            statement(&bridge.relationship)
        ));
    }
    if lines.is_empty() {
        lines.push("No bridge found.".to_owned());
    }
    lines.push(String::new());
    lines.push(paint(
        QUIET,
        format_args!(
            "{} and {} found among {} and {}",
            counted(found.memories_found, "memory", "memories"),
            counted(found.relationships_found, "relationship", "relationships"),
            counted(found.memories_seen, "memory", "memories"),
            counted(found.relationships_seen, "relationship", "relationships"),
        ),
    ));
    lines
}

/// Returns a line for each type that would fit, the likeliest first.
pub(crate) fn suggestions(suggestions: &[Suggestion]) -> Vec<String> {
    let width = suggestions
        .iter()
        .map(|it| it.relationship_type.as_str().len());
    let width = width.max().unwrap_or_default();
    let line = |it: &Suggestion| {
        let kind = it.relationship_type.as_str();
        let kind = paint(RELATION, format_args!("{kind:<width$}"));
        format!("{kind}  {:.2}", it.confidence.get())
    };
    suggestions.iter().map(line).collect()
}
