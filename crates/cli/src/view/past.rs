//! How the past looks to a person.

use std::collections::BTreeMap;

use memorygraph::domain::{Memory, Relationship, Timestamp};
use memorygraph::ports::Changed;
use serde::Serialize;
use serde_json::Value;

use super::{relationship::statement, time};
use crate::{
    style::{HEADING, QUIET, paint},
    table::{cut, on_one_line},
    tree::name,
};

/// How much of a value is shown, in columns.
const SHOWN: usize = 60;
/// What differs between any two states, or is told otherwise.
const UNTOLD: &[&str] = &[
    "version",
    "updated_at",
    "updated_by",
    "recorded_at",
    "usage_count",
    "last_accessed",
];

/// Returns the states of a memory, the newest first, each with what it changed. When `is_cut`,
/// there are older ones.
pub(crate) fn memory_states(states: &[Memory], is_cut: bool) -> Vec<String> {
    let title = |state: &Memory| {
        let by = state.updated_by.as_deref().map(on_one_line);
        let by = by.map(|by| format!("  by {by}")).unwrap_or_default();
        let when = paint(QUIET, format_args!("{}{by}", time(state.updated_at)));
        format!("{}  {when}", version(state.version))
    };
    told(states, is_cut, title, name)
}

/// Returns the states of a relationship, as [`memory_states`] does those of a memory.
pub(crate) fn relationship_states(states: &[Relationship], is_cut: bool) -> Vec<String> {
    let title = |state: &Relationship| paint(HEADING, time(state.recorded_at));
    told(states, is_cut, title, statement)
}

fn version(version: u32) -> String {
    paint(HEADING, format_args!("version {version}"))
}

fn told<T: Serialize>(
    states: &[T],
    is_cut: bool,
    title: impl Fn(&T) -> String,
    name: impl Fn(&T) -> String,
) -> Vec<String> {
    let mut lines = Vec::new();
    for (at, state) in states.iter().enumerate() {
        lines.push(title(state));
        match states.get(at + 1) {
            Some(before) => lines.extend(differences(before, state)),
            None if is_cut => lines.push("  …".to_owned()),
            None => lines.push(format!("  {}", name(state))),
        }
    }
    lines
}

/// Returns a line for each field that differs.
fn differences<T: Serialize>(before: &T, after: &T) -> Vec<String> {
    let [before, after] = [before, after].map(fields);
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut lines = Vec::new();
    for name in names {
        let [old, new] = [&before, &after].map(|fields| fields.get(name));
        if old != new {
            let [old, new] = [old, new].map(shown);
            lines.push(format!("  {}: {old} → {new}", on_one_line(name)));
        }
    }
    lines
}

/// Returns the fields of a value, and those of its context, by their names.
fn fields(value: &impl Serialize) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::new();
    let Ok(Value::Object(object)) = serde_json::to_value(value) else {
        return fields;
    };
    for (name, value) in object {
        match value {
            _ if UNTOLD.contains(&name.as_str()) => {}
            Value::Object(inner) => {
                let inner = inner.into_iter();
                fields.extend(inner.map(|(key, value)| (format!("{name}.{key}"), value)));
            }
            value => {
                fields.insert(name, value);
            }
        }
    }
    fields
}

fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null) => return "none".to_owned(),
        Some(value) => value.to_string(),
    };
    cut(&on_one_line(&text), SHOWN)
}

/// Returns a line for each change, the oldest first; of none, a sentence.
pub(crate) fn changes(items: &[Changed], since: Timestamp) -> Vec<String> {
    if items.is_empty() {
        return vec![format!("Nothing has changed since {}.", time(since))];
    }
    let line = |change: &Changed| {
        let what = match change {
            Changed::Memory(memory) => {
                let ended = if memory.valid_until.is_some() {
                    ", holds no longer"
                } else {
                    ""
                };
                format!("{}, version {}{ended}", name(memory), memory.version)
            }
            Changed::Relationship(relationship) => {
                let state = match relationship.valid_until {
                    Some(until) => format!("ended {}", time(until)),
                    None if relationship.evidence_count > 1 => {
                        format!("stated {} times", relationship.evidence_count)
                    }
                    None => "new".to_owned(),
                };
                format!("{}, {state}", statement(relationship))
            }
        };
        format!("{}  {what}", paint(QUIET, time(change.at())))
    };
    items.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use memorygraph::domain::{MemoryContext, MemoryId, MemoryType};

    use super::*;
    use crate::style::plain;

    #[test]
    fn each_state_says_what_it_changed() {
        let id = MemoryId::new("pool").unwrap();
        let first = Memory::new(id, MemoryType::Fix, "Pool", "c", Timestamp::UNIX_EPOCH);
        let second = Memory {
            title: "A larger pool".into(),
            version: 2,
            updated_by: Some("Anna".into()),
            context: Some(MemoryContext {
                project_path: Some("shop".into()),
                ..MemoryContext::default()
            }),
            ..first.clone()
        };
        let told = |is_cut| plain(&memory_states(&[second.clone(), first.clone()], is_cut));
        let expected = [
            "version 2  1970-01-01 00:00:00 UTC  by Anna",
            "  context.project_path: none → \"shop\"",
            "  title: \"Pool\" → \"A larger pool\"",
            "version 1  1970-01-01 00:00:00 UTC",
            "  Pool  (fix, pool)",
        ];
        assert_eq!(told(false), expected);
        assert_eq!(told(true)[4], "  …");
    }
}
