use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::{
    AsOf, Direction, Memory, MemoryId, Path, PathQuery, Relationship, RelationshipType, Step, Walk,
    Walked,
};
use ports::{BackendError, ErrorKind, Result};

use crate::graph::Graph;

impl Graph {
    pub(crate) fn walk(&self, walk: &Walk) -> Result<Walked> {
        const DOING: &str = "walk";
        walk.check().map_err(BackendError::invalid(DOING))?;
        for start in &walk.from {
            self.memory(start, DOING)?;
        }
        let along = Along {
            direction: walk.direction,
            types: &walk.types,
            as_of: walk.as_of,
        };
        let mut levels = Levels::from(&walk.from);
        let mut steps = Vec::new();
        for depth in 1..=walk.depth {
            steps.extend(levels.next(self, &along, depth));
        }
        let limit = walk.limit.get() as usize;
        let truncated = steps.len() > limit;
        steps.truncate(limit);
        Ok(Walked { steps, truncated })
    }

    pub(crate) fn shortest_path(&self, query: &PathQuery) -> Result<Option<Path>> {
        const DOING: &str = "find a path";
        query.check().map_err(BackendError::invalid(DOING))?;
        let start = self.memory(&query.from, DOING)?;
        self.memory(&query.to, DOING)?;
        let along = Along {
            direction: query.direction,
            types: &query.types,
            as_of: query.as_of,
        };
        let mut levels = Levels::from(std::slice::from_ref(&query.from));
        let mut reached: BTreeMap<MemoryId, Step> = BTreeMap::new();
        for depth in 1..=query.max_depth {
            let steps = levels.next(self, &along, depth);
            reached.extend(steps.into_iter().map(|step| (step.memory.id.clone(), step)));
        }
        let mut steps = Vec::new();
        let mut end = query.to.clone();
        while end != query.from {
            let Some(step) = reached.remove(&end) else {
                return Ok(None);
            };
            let via = &step.via;
            end = if via.to == end {
                via.from.clone()
            } else {
                via.to.clone()
            };
            steps.push(step);
        }
        steps.reverse();
        Ok(Some(Path {
            start: start.as_ref().clone(),
            steps,
        }))
    }

    fn memory(&self, id: &MemoryId, doing: &'static str) -> Result<&Arc<Memory>> {
        self.memories.get(id).ok_or_else(|| {
            BackendError::new(ErrorKind::NotFound, doing)
                .because(format!("no memory has the id {id:?}"))
        })
    }
}

/// Which relationships are followed.
struct Along<'a> {
    direction: Direction,
    types: &'a [RelationshipType],
    as_of: AsOf,
}

impl Along<'_> {
    fn admits(&self, relationship: &Relationship) -> bool {
        (self.types.is_empty() || self.types.contains(&relationship.relationship_type))
            && self.as_of.admits(relationship.validity())
    }
}

/// What was seen so far, and the memories of the last level.
struct Levels {
    seen: BTreeSet<MemoryId>,
    last: BTreeSet<MemoryId>,
}

impl Levels {
    fn from(starts: &[MemoryId]) -> Self {
        let seen: BTreeSet<MemoryId> = starts.iter().cloned().collect();
        let last = seen.clone();
        Self { seen, last }
    }

    /// Goes one relationship further, and returns the new memories in the promised order.
    fn next(&mut self, graph: &Graph, along: &Along<'_>, depth: u8) -> Vec<Step> {
        let mut reached: BTreeMap<&MemoryId, &Arc<Relationship>> = BTreeMap::new();
        // By ascending id, so among equally strong ones the first stays.
        for via in graph.relationships.values().filter(|via| along.admits(via)) {
            for end in [&via.from, &via.to] {
                let other = via.other_end(end, along.direction);
                let new = other.filter(|other| !self.seen.contains(*other));
                if let Some(new) = new.filter(|_| self.last.contains(end)) {
                    let best = reached.entry(new).or_insert(via);
                    if via.strength > best.strength {
                        *best = via;
                    }
                }
            }
        }
        let mut steps: Vec<Step> = reached
            .into_iter()
            .map(|(id, via)| Step {
                memory: graph.memories[id].as_ref().clone(),
                depth,
                via: via.as_ref().clone(),
            })
            .collect();
        // By ascending id so far, which a stable sort keeps among equally strong ones.
        steps.sort_by_key(|step| Reverse(step.via.strength));
        self.last = steps.iter().map(|step| step.memory.id.clone()).collect();
        self.seen.extend(self.last.iter().cloned());
        steps
    }
}
