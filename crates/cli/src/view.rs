//! How values look to a person.

pub(crate) mod sync;

use std::fmt::Display;

use memorygraph::domain::{Hit, Memory, Page, Timestamp};
use memorygraph::ports::{Health, Statistics};
use memorygraph::{BackendName, Config};

use crate::table::{Table, harmless, on_one_line};

/// Returns a table of hits; of none, a sentence.
pub(crate) fn hits(page: &Page<Hit>, width: Option<usize>) -> Vec<String> {
    if page.items.is_empty() {
        return vec!["Nothing found.".to_owned()];
    }
    let asked = page.items.iter().any(|hit| !hit.words.is_empty());
    let last = if asked { "MATCHES" } else { "IMPORTANCE" };
    let mut table = Table::new(&["ID", "TYPE", "TITLE", last], 2);
    for hit in &page.items {
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
    let mut lines = table.lines(width);
    if let Some(cursor) = &page.next {
        lines.push(String::new());
        lines.push(format!("There is more: --after {cursor}"));
    }
    lines
}

/// Returns all that a memory says.
pub(crate) fn memory(memory: &Memory) -> Vec<String> {
    let mut lines = vec![on_one_line(&memory.title), String::new()];
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

/// Returns how the store that `config` leads to is.
pub(crate) fn health(health: &Health, config: &Config) -> Vec<String> {
    let mut facts = Facts::default();
    facts.add("backend", health.backend);
    facts.add("location", &health.location);
    facts.add("set by", origins(config));
    facts.add("engine", &health.engine);
    facts.add("schema", format!("version {}", health.schema_version.0));
    facts.add("memories", count(health.memories));
    facts.add("relationships", count(health.relationships));
    if let Some(bytes) = health.size_bytes {
        facts.add("size", size(bytes));
    }
    let mut warnings = health.warnings.clone();
    if let Some(status) = &health.sync {
        facts.add("sync", status.state);
        facts.add("last sync", sync::last_success(status));
        let auto_sync = config.turso_auto_sync.value;
        let interval = auto_sync.then_some(config.turso_sync_interval.value);
        warnings.extend(sync::staleness(status, interval));
    }
    if warnings.is_empty() {
        facts.add("state", "all is well");
    }
    for warning in &warnings {
        facts.add("warning", warning);
    }
    facts.lines()
}

/// Says what led to the store.
fn origins(config: &Config) -> String {
    let path = &config.path().origin;
    let url = match config.backend.value {
        BackendName::Turso => config.turso_database_url.as_ref(),
        _ => None,
    };
    url.map_or_else(|| path.to_string(), |url| format!("{path}, {}", url.origin))
}

/// Names with values, the values in one column; what is empty is left out.
#[derive(Default)]
pub(crate) struct Facts(Vec<(String, String)>);

impl Facts {
    pub(crate) fn add(&mut self, name: impl Display, value: impl Display) {
        let value = on_one_line(&value.to_string());
        if !value.is_empty() {
            self.0.push((on_one_line(&name.to_string()), value));
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let names = self.0.iter().map(|(name, _)| name.chars().count());
        let width = names.max().unwrap_or_default();
        let line = |(name, value): &(String, String)| format!("{name:<width$}  {value}");
        self.0.iter().map(line).collect()
    }
}

/// Writes a moment for people, to the second.
pub(crate) fn time(time: Timestamp) -> String {
    time.to_string()
        .chars()
        .take(19)
        .collect::<String>()
        .replace('T', " ")
        + " UTC"
}

/// Writes a number with its thousands apart.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{} bytes", count(bytes)),
        10_240..10_485_760 => format!("{} KiB", count(bytes / 1_024)),
        _ => format!("{} MiB", count(bytes / 1_048_576)),
    }
}

/// Writes a number with what is counted: "1 memory", "2 memories".
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_their_thousands_apart() {
        let cases = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ];
        for (number, text) in cases {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "memory", "memories"), "1 memory");
        assert_eq!(size(20_480), "20 KiB");
    }

    #[test]
    fn a_moment_is_shown_to_the_second() {
        let moment = Timestamp::from_microsecond(1_767_225_600_123_456).unwrap();
        assert_eq!(time(moment), "2026-01-01 00:00:00 UTC");
    }
}
