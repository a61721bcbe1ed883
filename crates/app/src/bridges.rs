use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    num::NonZeroU32,
};

use domain::network::{Bridge, Separator};
use domain::{Memory, MemoryId, PageRequest, Relationship, RelationshipQuery};
use serde::Serialize;

use crate::{
    MemoryGraph, Result,
    aside::aside,
    network::{Scope, check_named},
};

/// How many parts of a memory are told one by one.
const PARTS_TOLD: usize = 10;

/// Asks what holds the graph together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BridgeQuery {
    /// Where to look.
    pub scope: Scope,
    /// The fewest memories that the second largest part has.
    pub min_size: NonZeroU32,
    /// The most memories, and the most relationships, to return.
    pub limit: NonZeroU32,
}

/// Parts of any size, at most 20 memories and 20 relationships.
impl Default for BridgeQuery {
    fn default() -> Self {
        Self {
            scope: Scope::default(),
            min_size: NonZeroU32::MIN,
            limit: NonZeroU32::new(20).expect("20 is not zero"),
        }
    }
}

/// What holds the graph together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bridges {
    /// Memories without which others are no longer connected; those that separate most come first.
    pub memories: Vec<BridgeMemory>,
    /// How many such memories there are; more than are here where the limit left some out.
    pub memories_found: u64,
    /// Relationships without which memories are no longer connected, those that separate most
    /// come first.
    pub relationships: Vec<BridgeRelationship>,
    /// How many such relationships there are.
    pub relationships_found: u64,
    /// How many memories were looked at.
    pub memories_seen: u64,
    /// How many relationships were looked at.
    pub relationships_seen: u64,
}

/// A memory without which others are no longer connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BridgeMemory {
    /// The memory.
    pub memory: Memory,
    /// How many memories the parts that it joins have, the largest first; at most 10 parts.
    pub parts: Vec<u64>,
    /// How many parts it joins.
    pub part_count: u64,
    /// How many pairs of other memories are connected through it alone.
    pub separates: u64,
}

/// A relationship without which memories are no longer connected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BridgeRelationship {
    /// The relationship.
    pub relationship: Relationship,
    /// Where it begins.
    pub from: Memory,
    /// Where it ends.
    pub to: Memory,
    /// How many memories there are on the side where it begins and where it ends, both included.
    pub parts: [u64; 2],
    /// How many pairs of memories are connected through it alone.
    pub separates: u64,
}

impl MemoryGraph {
    /// Finds what holds the graph together: memories and relationships without which others are
    /// no longer connected, whatever the direction.
    ///
    /// It takes as much memory as [`clusters`](Self::clusters) at most.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when the [scope](Scope) is too large, or
    ///   the limit names more than 10,000 memories
    pub async fn bridges(&self, query: &BridgeQuery) -> Result<Bridges> {
        const DOING: &str = "find bridges";

        check_named(DOING, query.limit.get().saturating_mul(3))?;
        let seen = self.network(&query.scope, DOING).await?;
        let (memories_seen, relationships_seen) = seen.counts();
        let (least, limit) = (query.min_size.get(), query.limit.get() as usize);
        let (ids, cut, memories_found, relationships_found) = aside(move || {
            let mut cut = seen.network.cut();
            cut.memories.retain(|found| found.parts[1] >= least);
            cut.joins
                .retain(|found| found.parts[0].min(found.parts[1]) >= least);
            let found = (cut.memories.len() as u64, cut.joins.len() as u64);
            cut.memories.sort_by_key(|found| Reverse(found.separates()));
            cut.joins.sort_by_key(|found| Reverse(found.separates()));
            cut.memories.truncate(limit);
            cut.joins.truncate(limit);
            let separators = cut.memories.iter().map(|found| found.memory);
            let wanted = separators.chain(cut.joins.iter().flat_map(|found| found.ends));
            (seen.ids(wanted), cut, found.0, found.1)
        })
        .await;
        let named = self.named(&ids).await?;
        let relationships = self.bridging(&query.scope, &cut.joins, &named).await?;
        Ok(Bridges {
            memories: cut
                .memories
                .iter()
                .filter_map(|found| bridge_memory(found, &named))
                .collect(),
            memories_found,
            relationships,
            relationships_found,
            memories_seen,
            relationships_seen,
        })
    }

    /// Returns the relationships that are these bridges, in their order.
    async fn bridging(
        &self,
        scope: &Scope,
        bridges: &[Bridge],
        named: &HashMap<u32, Memory>,
    ) -> Result<Vec<BridgeRelationship>> {
        let ends = |bridge: &Bridge| {
            let [one, other] = bridge.ends.map(|end| named.get(&end));
            Some([one?, other?])
        };
        // The smaller side tends to have the memory with fewer relationships.
        let touching = bridges.iter().filter_map(|bridge| {
            let smaller = usize::from(bridge.parts[1] < bridge.parts[0]);
            Some(ends(bridge)?[smaller].id.clone())
        });
        let query = RelationshipQuery {
            touching: touching.collect(),
            types: scope.types.clone(),
            as_of: scope.as_of,
            ..RelationshipQuery::default()
        };
        if query.touching.is_empty() {
            return Ok(Vec::new());
        }
        let mut wanted: HashMap<[&MemoryId; 2], (usize, [u64; 2], u64)> = HashMap::new();
        for (place, bridge) in bridges.iter().enumerate() {
            if let Some([one, other]) = ends(bridge) {
                let [this, that] = bridge.parts.map(u64::from);
                let separates = bridge.separates();
                wanted.insert([&one.id, &other.id], (place, [this, that], separates));
                wanted.insert([&other.id, &one.id], (place, [that, this], separates));
            }
        }
        let by_id: HashMap<&MemoryId, &Memory> = named.values().map(|it| (&it.id, it)).collect();
        let mut found = BTreeMap::new();
        let mut page = PageRequest::first(PageRequest::LARGEST)?;
        loop {
            let touching = self.backend.relationships(&query, &page).await?;
            for relationship in touching.items {
                let ends = [&relationship.from, &relationship.to];
                if let Some((place, parts, separates)) = wanted.get(&ends).copied() {
                    let [from, to] = ends.map(|id| by_id[id].clone());
                    let bridge = BridgeRelationship {
                        relationship,
                        from,
                        to,
                        parts,
                        separates,
                    };
                    found.insert(place, bridge);
                }
            }
            match touching.next {
                Some(cursor) => page = page.after(cursor),
                None => return Ok(found.into_values().collect()),
            }
        }
    }
}

fn bridge_memory(found: &Separator, named: &HashMap<u32, Memory>) -> Option<BridgeMemory> {
    let told = found.parts.iter().take(PARTS_TOLD).copied();
    Some(BridgeMemory {
        memory: named.get(&found.memory)?.clone(),
        parts: told.map(u64::from).collect(),
        part_count: found.parts.len() as u64,
        separates: found.separates(),
    })
}
