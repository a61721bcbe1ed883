//! What a walk reached, as a tree: each memory below the one that it was reached from.

use std::collections::HashMap;

use memorygraph::domain::{Direction, Memory, MemoryId, Path, Relationship, Step};
use unicode_width::UnicodeWidthStr;

use crate::{
    style::{ID, KIND, RELATION, paint},
    table::{cut, on_one_line},
};

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
            let begin = format!("{indent}{joint} ");
            let line = branch(begin, near, &step.via, &step.memory, self.width);
            self.lines.push(line);
            self.branch(&step.memory.id, &format!("{indent}{further}"));
        }
    }
}

/// Returns the line of a relationship as seen from the memory `near`, with the memory at its other
/// end.
pub(crate) fn spoke(
    near: &MemoryId,
    via: &Relationship,
    other: &Memory,
    width: Option<usize>,
) -> String {
    branch(String::new(), near, via, other, width)
}

fn branch(
    begin: String,
    near: &MemoryId,
    via: &Relationship,
    memory: &Memory,
    width: Option<usize>,
) -> String {
    let arrow = arrow(via, near, ["→", "←", "↔"]);
    let kind = via.relationship_type;
    let strength = via.strength.get();
    let plain = format!("{begin}{arrow} {kind} {strength:.2}  ").width();
    let space = width.map(|width| width.saturating_sub(plain));
    let kind = paint(RELATION, kind);
    begin + &format!("{arrow} {kind} {strength:.2}  ") + &name_within(memory, space)
}

/// Returns the lines of a way from one memory to another.
pub(crate) fn way(path: &Path) -> Vec<String> {
    let mut lines = vec![name(&path.start)];
    let mut near = &path.start.id;
    for step in &path.steps {
        lines.push(format!(
            "  {} {} {:.2}",
            arrow(&step.via, near, ["↓", "↑", "↕"]),
            paint(RELATION, step.via.relationship_type),
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
    let kind = memory.memory_type;
    let rest = format!("  ({kind}, {id})").width();
    let left = space.map_or(usize::MAX, |space| space.saturating_sub(rest));
    let title = cut(&title, left.max(SHORTEST_TITLE));
    format!("{title}  ({}, {})", paint(KIND, kind), paint(ID, id))
}

#[cfg(test)]
mod tests {
    use memorygraph::domain::{MemoryType, RelationshipId, RelationshipType, Timestamp};

    use super::*;
    use crate::style::plain;

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

    fn plainly(width: Option<usize>) -> Vec<String> {
        plain(&lines(&id("root"), &steps(), width))
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
            plainly(None),
            [
                "├─ ← SOLVES 0.90  A title of a certain length for a  (fix, a)",
                "│  └─ ↔ SIMILAR_TO 0.60  A title of a certain length for c  (fix, c)",
                "└─ → CAUSES 0.80  A title of a certain length for b  (fix, b)",
            ]
        );
    }

    #[test]
    fn titles_give_way_and_ids_do_not() {
        let lines = plainly(Some(52));
        assert_eq!(
            lines[0],
            "├─ ← SOLVES 0.90  A title of a certain le…  (fix, a)"
        );
        assert!(lines.iter().all(|line| line.width() <= 52), "{lines:?}");
    }
}
