//! What a walk reached, as a tree: each memory below the one that it was reached from.

use std::collections::HashMap;

use memorygraph::domain::{Direction, Memory, MemoryId, Path, Relationship, Step};
use unicode_width::UnicodeWidthStr;

use crate::table::{cut, on_one_line};

/// No title is cut to less than this; a narrower terminal breaks the line.
const SHORTEST_TITLE: usize = 16;

/// Which way a relationship reads, as seen from the memory that is nearer to the beginning.
fn arrow(
    via: &Relationship,
    near: &MemoryId,
    [forth, back, both]: [&'static str; 3],
) -> &'static str {
    if via.relationship_type.is_symmetric() {
        both
    } else if via.from == *near {
        forth
    } else {
        back
    }
}

/// Returns the lines of the tree below `root`; where `width` columns are too few, titles are cut.
pub(crate) fn lines(root: &MemoryId, steps: &[Step], width: Option<usize>) -> Vec<String> {
    let mut below: HashMap<&MemoryId, Vec<&Step>> = HashMap::new();
    for step in steps {
        let near = step.via.other_end(&step.memory.id, Direction::Both);
        below.entry(near.unwrap_or(root)).or_default().push(step);
    }
    let mut tree = Tree {
        below,
        width,
        lines: Vec::new(),
    };
    tree.branch(root, "");
    tree.lines
}

struct Tree<'a> {
    below: HashMap<&'a MemoryId, Vec<&'a Step>>,
    width: Option<usize>,
    lines: Vec<String>,
}

impl Tree<'_> {
    /// Adds what was reached from `near`. A walk reaches each memory once, and deeper than what it
    /// was reached from, so this ends.
    fn branch(&mut self, near: &MemoryId, indent: &str) {
        let steps = self.below.remove(near).unwrap_or_default();
        for (index, step) in steps.iter().enumerate() {
            let is_last = index + 1 == steps.len();
            let (joint, further) = if is_last {
                ("└─", "   ")
            } else {
                ("├─", "│  ")
            };
            let relationship = format!(
                "{indent}{joint} {} {} {:.2}  ",
                arrow(&step.via, near, ["→", "←", "↔"]),
                step.via.relationship_type,
                step.via.strength.get(),
            );
            let space = self
                .width
                .map(|width| width.saturating_sub(relationship.width()));
            self.lines
                .push(relationship + &name_within(&step.memory, space));
            self.branch(&step.memory.id, &format!("{indent}{further}"));
        }
    }
}

/// Returns the lines of a way from one memory to another.
pub(crate) fn way(path: &Path) -> Vec<String> {
    let mut lines = vec![name(&path.start)];
    let mut near = &path.start.id;
    for step in &path.steps {
        lines.push(format!(
            "  {} {} {:.2}",
            arrow(&step.via, near, ["↓", "↑", "↕"]),
            step.via.relationship_type,
            step.via.strength.get()
        ));
        lines.push(name(&step.memory));
        near = &step.memory.id;
    }
    lines
}

/// Names a memory on one line.
pub(crate) fn name(memory: &Memory) -> String {
    name_within(memory, None)
}

/// Names a memory on one line; where `space` columns are too few, its title is cut, and never what
/// it is called by.
fn name_within(memory: &Memory, space: Option<usize>) -> String {
    let title = on_one_line(&memory.title);
    let id = on_one_line(memory.id.as_str());
    let rest = format!("  ({}, {id})", memory.memory_type);
    let left = space.map_or(usize::MAX, |space| space.saturating_sub(rest.width()));
    cut(&title, left.max(SHORTEST_TITLE)) + &rest
}

#[cfg(test)]
mod tests {
    use memorygraph::domain::{MemoryType, RelationshipId, RelationshipType, Timestamp};

    use super::*;

    fn id(text: &str) -> MemoryId {
        MemoryId::new(text).unwrap()
    }

    fn step(from: &str, kind: RelationshipType, to: &str, reached: &str, depth: u8) -> Step {
        let now = Timestamp::UNIX_EPOCH;
        let title = format!("A title of a certain length for {reached}");
        let relationship_id = RelationshipId::new("r").unwrap();
        Step {
            memory: Memory::new(id(reached), MemoryType::Fix, title, "c", now),
            depth,
            via: Relationship::new(relationship_id, id(from), kind, id(to), now),
        }
    }

    fn steps() -> Vec<Step> {
        vec![
            step("a", RelationshipType::Solves, "root", "a", 1),
            step("root", RelationshipType::Causes, "b", "b", 1),
            step("a", RelationshipType::SimilarTo, "c", "c", 2),
        ]
    }

    #[test]
    fn each_memory_stands_below_the_one_it_was_reached_from() {
        assert_eq!(
            lines(&id("root"), &steps(), None),
            [
                "├─ ← SOLVES 0.90  A title of a certain length for a  (fix, a)",
                "│  └─ ↔ SIMILAR_TO 0.60  A title of a certain length for c  (fix, c)",
                "└─ → CAUSES 0.80  A title of a certain length for b  (fix, b)",
            ]
        );
    }

    #[test]
    fn titles_give_way_and_ids_do_not() {
        let lines = lines(&id("root"), &steps(), Some(52));
        assert_eq!(
            lines[0],
            "├─ ← SOLVES 0.90  A title of a certain le…  (fix, a)"
        );
        assert!(lines.iter().all(|line| line.width() <= 52), "{lines:?}");
    }
}
