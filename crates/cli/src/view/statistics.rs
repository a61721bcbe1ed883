//! How the counts of a graph look to a person.

use std::fmt::Display;

use memorygraph::ports::Statistics;

use super::{Facts, count, time};
use crate::table::Table;

/// Returns what the graph is made of, with the `most` frequent types.
pub(crate) fn statistics(
    statistics: &Statistics,
    most: usize,
    width: Option<usize>,
) -> Vec<String> {
    let mut facts = Facts::default();
    facts.add("memories", count(statistics.memories));
    facts.add("relationships", count(statistics.relationships));
    if statistics.relationships_ended > 0 {
        facts.add("ended", count(statistics.relationships_ended));
    }
    if let Some(mean) = statistics.mean_importance {
        facts.add("importance", format!("{mean:.2} on average"));
    }
    if let Some(mean) = statistics.mean_confidence {
        facts.add("confidence", format!("{mean:.2} on average"));
    }
    if let (Some(oldest), Some(newest)) = (statistics.oldest, statistics.newest) {
        facts.add("kept", format!("{} to {}", time(oldest), time(newest)));
    }
    let mut lines = facts.lines();
    let memories = by_count(&statistics.memories_by_type);
    let relationships = by_count(&statistics.relationships_by_type);
    if !memories.is_empty() {
        let mut table = Table::new(&["MEMORIES", "", "RELATIONSHIPS", ""], 2);
        let types = memories.len().max(relationships.len());
        for row in 0..types.min(most) {
            let (memory, memories) = memories.get(row).cloned().unwrap_or_default();
            let (relationship, relationships) = relationships.get(row).cloned().unwrap_or_default();
            table.row([memory, memories, relationship, relationships]);
        }
        lines.push(String::new());
        lines.extend(table.lines(width));
        if types > most {
            lines.push("…".to_owned());
        }
    }
    lines
}

/// Returns names and counts, the greatest first.
fn by_count<'a, K: Display + 'a>(
    counts: impl IntoIterator<Item = (&'a K, &'a u64)>,
) -> Vec<(String, String)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    counts
        .into_iter()
        .map(|(name, number)| (name.to_string(), count(*number)))
        .collect()
}
