//! What is in a store, and what follows from it, without the program that is tested.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::world::World;

/// The rows of an export.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Graph {
    pub(super) memories: Vec<Value>,
    pub(super) relationships: Vec<Value>,
}

/// A memory that is reached from another one.
#[derive(Debug, PartialEq)]
pub(super) struct Reached {
    pub(super) id: String,
    pub(super) depth: u64,
}

impl Graph {
    pub(super) fn of(world: &World) -> Self {
        let (mut memories, mut relationships) = (Vec::new(), Vec::new());
        for line in world.succeeds(&["export"]).lines() {
            let mut row: Value = serde_json::from_str(line).unwrap();
            if row["memory"].is_object() {
                memories.push(row["memory"].take());
            } else if row["relationship"].is_object() {
                relationships.push(row["relationship"].take());
            }
        }
        Self {
            memories,
            relationships,
        }
    }

    pub(super) fn memory(&self, id: &Value) -> Option<&Value> {
        self.memories.iter().find(|memory| memory["id"] == *id)
    }

    pub(super) fn relationship(&self, id: &Value) -> Option<&Value> {
        self.relationships.iter().find(|joins| joins["id"] == *id)
    }

    pub(super) fn ids_where(&self, holds: impl Fn(&Value) -> bool) -> BTreeSet<String> {
        let memories = self.memories.iter().filter(|memory| holds(memory));
        memories.map(|memory| text(&memory["id"])).collect()
    }

    /// Returns the ids in the order of importance, then of the last change.
    pub(super) fn most_important(&self, holds: impl Fn(&Value) -> bool) -> Vec<String> {
        let mut memories: Vec<&Value> = self.memories.iter().filter(|it| holds(it)).collect();
        let importance = |memory: &Value| memory["importance"].as_f64().unwrap();
        memories.sort_by(|a, b| {
            let important = importance(b).total_cmp(&importance(a));
            let later = text(&b["updated_at"]).cmp(&text(&a["updated_at"]));
            let id = text(&b["id"]).cmp(&text(&a["id"]));
            important.then(later).then(id)
        });
        memories.into_iter().map(|it| text(&it["id"])).collect()
    }

    pub(super) fn touching(&self, id: &str) -> Vec<&Value> {
        let touch = |joins: &&Value| joins["from_memory_id"] == id || joins["to_memory_id"] == id;
        self.relationships.iter().filter(touch).collect()
    }

    /// Walks along all relationships in both directions: the nearest first, then those that the
    /// strongest relationship leads to, then by id.
    pub(super) fn around(&self, start: &str, depth: u64) -> Vec<Reached> {
        let mut seen = BTreeSet::from([start.to_owned()]);
        let mut frontier = seen.clone();
        let mut reached = Vec::new();
        for depth in 1..=depth {
            let mut strongest: BTreeMap<String, f64> = BTreeMap::new();
            for id in &frontier {
                for joins in self.touching(id) {
                    let ends = [&joins["from_memory_id"], &joins["to_memory_id"]];
                    let other = ends.into_iter().find(|end| **end != **id).unwrap();
                    if !seen.contains(other.as_str().unwrap()) {
                        let strength = joins["strength"].as_f64().unwrap();
                        let known = strongest.entry(text(other)).or_insert(strength);
                        *known = known.max(strength);
                    }
                }
            }
            let mut level: Vec<(String, f64)> = strongest.into_iter().collect();
            // Stable, and the map is in the order of the ids.
            level.sort_by(|a, b| b.1.total_cmp(&a.1));
            frontier = level.iter().map(|(id, _)| id.clone()).collect();
            seen.extend(frontier.iter().cloned());
            reached.extend(level.into_iter().map(|(id, _)| Reached { id, depth }));
        }
        reached
    }
}

/// Whether a memory says something in its title, content, summary or tags.
pub(super) fn says(memory: &Value, words: &str) -> bool {
    let texts = [&memory["title"], &memory["content"], &memory["summary"]];
    let tags = memory["tags"].as_array().into_iter().flatten();
    let all = texts.into_iter().chain(tags).filter_map(Value::as_str);
    let all: Vec<String> = all.map(str::to_lowercase).collect();
    all.join("\n").contains(words)
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
