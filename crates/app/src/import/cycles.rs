use std::collections::{BTreeMap, HashMap};

use domain::{MemoryId, Relationship, RelationshipType};
use serde::Serialize;

/// A cycle of a type that should have none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cycle {
    /// The type.
    #[serde(rename = "type")]
    pub relationship_type: RelationshipType,
    /// The memories along it; the last one leads back to the first.
    pub memories: Vec<MemoryId>,
}

/// The relationships of types without cycles, to look for some.
///
/// Holds two numbers for each relationship, and each id once.
#[derive(Debug, Default)]
pub(super) struct Edges {
    numbers: HashMap<MemoryId, u32>,
    ids: Vec<MemoryId>,
    by_type: BTreeMap<RelationshipType, Vec<(u32, u32)>>,
}

impl Edges {
    pub(super) fn add(&mut self, relationship: &Relationship) {
        let kind = relationship.relationship_type;
        if kind.is_acyclic() && relationship.valid_until.is_none() {
            let edge = (
                self.number(&relationship.from),
                self.number(&relationship.to),
            );
            self.by_type.entry(kind).or_default().push(edge);
        }
    }

    fn number(&mut self, id: &MemoryId) -> u32 {
        let next = u32::try_from(self.ids.len()).expect("fewer memories than 4 billion");
        *self.numbers.entry(id.clone()).or_insert_with(|| {
            self.ids.push(id.clone());
            next
        })
    }

    /// Finds at most `most` cycles: one for each relationship that leads a walk in depth back to
    /// where it came from, so none is found only when there is none.
    pub(super) fn cycles(mut self, most: usize) -> Vec<Cycle> {
        let mut cycles = Vec::new();
        for (relationship_type, mut edges) in std::mem::take(&mut self.by_type) {
            edges.sort_unstable();
            edges.dedup();
            for cycle in closed_walks(&edges, self.ids.len(), most - cycles.len()) {
                let id = |number: u32| self.ids[number as usize].clone();
                cycles.push(Cycle {
                    relationship_type,
                    memories: cycle.into_iter().map(id).collect(),
                });
            }
        }
        cycles
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Never,
    Open,
    Done,
}

/// Walks the sorted edges in depth, and returns the way between the two visits of each node that
/// is reached again while it is open.
fn closed_walks(edges: &[(u32, u32)], nodes: usize, most: usize) -> Vec<Vec<u32>> {
    let first_edge = |node: u32| edges.partition_point(|&(from, _)| from < node);
    let mut visits = vec![Visit::Never; nodes];
    let mut found = Vec::new();
    for &(start, _) in edges {
        if visits[start as usize] != Visit::Never {
            continue;
        }
        // Each node on the way with the next of its edges.
        let mut way = vec![(start, first_edge(start))];
        visits[start as usize] = Visit::Open;
        while let Some((node, edge)) = way.last_mut() {
            let Some(&(_, next)) = edges.get(*edge).filter(|&&(from, _)| from == *node) else {
                visits[*node as usize] = Visit::Done;
                way.pop();
                continue;
            };
            *edge += 1;
            match visits[next as usize] {
                Visit::Done => {}
                Visit::Never => {
                    visits[next as usize] = Visit::Open;
                    way.push((next, first_edge(next)));
                }
                Visit::Open => {
                    if found.len() == most {
                        return found;
                    }
                    let begin = way.iter().position(|&(node, _)| node == next);
                    let begin = begin.expect("an open node is on the way");
                    found.push(way[begin..].iter().map(|&(node, _)| node).collect());
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use domain::{RelationshipId, Timestamp};
    use proptest::prelude::*;

    use super::*;

    fn cycles(kind: RelationshipType, edges: &[(u8, u8)]) -> Vec<Cycle> {
        let id = |n: u8| MemoryId::new(n.to_string()).unwrap();
        let mut found = Edges::default();
        for &(from, to) in edges {
            let relationship = Relationship::new(
                RelationshipId::new("r").unwrap(),
                id(from),
                kind,
                id(to),
                Timestamp::UNIX_EPOCH,
            );
            found.add(&relationship);
        }
        found.cycles(100)
    }

    #[test]
    fn a_cycle_names_its_memories_in_order() {
        let found = cycles(
            RelationshipType::DependsOn,
            &[(1, 2), (9, 1), (3, 1), (2, 3)],
        );
        assert_eq!(found.len(), 1);
        let ids: Vec<_> = found[0].memories.iter().map(MemoryId::as_str).collect();
        assert_eq!(ids, ["1", "2", "3"]);
    }

    #[test]
    fn types_that_may_have_cycles_are_not_looked_at() {
        assert!(cycles(RelationshipType::RelatedTo, &[(1, 2), (2, 1)]).is_empty());
    }

    proptest! {
        #[test]
        fn a_graph_without_an_order_has_a_cycle(edges in prop::collection::vec((0_u8..12, 0_u8..12), 0..30)) {
            let edges: Vec<_> = edges.into_iter().filter(|(a, b)| a != b).collect();
            // Taking away what nothing points at leaves something exactly when there is a cycle.
            let mut left = edges.clone();
            loop {
                let before = left.len();
                let now = left.clone();
                left.retain(|(from, _)| now.iter().any(|(_, to)| to == from));
                if left.len() == before {
                    break;
                }
            }
            let found = cycles(RelationshipType::DependsOn, &edges);
            prop_assert_eq!(found.is_empty(), left.is_empty());
            for cycle in found {
                let numbers: Vec<u8> = cycle.memories.iter().map(|id| id.as_str().parse().unwrap()).collect();
                for (place, from) in numbers.iter().enumerate() {
                    let to = numbers[(place + 1) % numbers.len()];
                    prop_assert!(edges.contains(&(*from, to)));
                }
            }
        }
    }
}
