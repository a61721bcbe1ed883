use std::collections::{HashMap, HashSet};

use domain::network::{Join, Network};
use domain::{
    AsOf, ListQuery, Memory, MemoryFilter, MemoryId, PageRequest, RelationshipQuery,
    RelationshipType, Sort,
};
use ports::{BackendError, ErrorKind};

use crate::{MemoryGraph, Result};

/// The most relationships that are looked at together.
const MOST_RELATIONSHIPS: usize = 4_000_000;
/// The most memories that are looked at together.
const MOST_MEMORIES: usize = 2_000_000;
/// How many memories are asked for at once when only their ids count.
const MEMORIES_A_PAGE: u32 = 1_000;
/// The most memories that one answer names.
const MOST_NAMED: u32 = 10_000;

/// Which part of the graph is looked at: at most 4,000,000 relationships and 2,000,000 memories.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Relationships of any of these types; empty for all.
    pub types: Vec<RelationshipType>,
    /// Relationships between memories that this admits; without it between all, whether they
    /// still hold or not.
    pub among: Option<MemoryFilter>,
    /// Relationships that are valid as of.
    pub as_of: AsOf,
}

impl MemoryGraph {
    /// Reads the shape of a part of the graph.
    pub(crate) async fn network(&self, scope: &Scope, doing: &'static str) -> Result<Seen> {
        let mut numbers = HashMap::new();
        if let Some(filter) = &scope.among {
            self.number_memories(filter, &mut numbers, doing).await?;
        }
        let query = RelationshipQuery {
            types: scope.types.clone(),
            as_of: scope.as_of,
            ..RelationshipQuery::default()
        };
        let mut joins = Vec::new();
        let mut page = PageRequest::first(PageRequest::LARGEST)?;
        loop {
            let found = self.backend.relationships(&query, &page).await?;
            for relationship in found.items {
                let ends = [relationship.from, relationship.to].map(|id| {
                    if scope.among.is_some() {
                        return numbers.get(&id).copied();
                    }
                    let next = u32::try_from(numbers.len()).expect("the limit is below 2^32");
                    Some(*numbers.entry(id).or_insert(next))
                });
                if let [Some(from), Some(to)] = ends {
                    let kind = relationship.relationship_type;
                    joins.push(Join::new(from, to, relationship.strength, kind));
                }
            }
            check_scope(doing, numbers.len(), joins.len())?;
            match found.next {
                Some(cursor) => page = page.after(cursor),
                None => break,
            }
        }
        let memories = u32::try_from(numbers.len()).expect("the limit is below 2^32");
        Ok(Seen {
            numbers,
            network: Network::new(memories, joins),
        })
    }

    async fn number_memories(
        &self,
        filter: &MemoryFilter,
        numbers: &mut HashMap<MemoryId, u32>,
        doing: &'static str,
    ) -> Result<()> {
        let query = ListQuery {
            filter: filter.clone(),
            sort: Sort::Oldest,
        };
        let mut page = PageRequest::first(MEMORIES_A_PAGE)?;
        loop {
            let found = self.backend.list(&query, &page).await?;
            for memory in found.items {
                let next = u32::try_from(numbers.len()).expect("the limit is below 2^32");
                numbers.entry(memory.id).or_insert(next);
            }
            check_scope(doing, numbers.len(), 0)?;
            match found.next {
                Some(cursor) => page = page.after(cursor),
                None => return Ok(()),
            }
        }
    }

    /// Returns the memories that have these numbers.
    pub(crate) async fn named(&self, ids: &[(u32, MemoryId)]) -> Result<HashMap<u32, Memory>> {
        let wanted: Vec<MemoryId> = ids.iter().map(|(_, id)| id.clone()).collect();
        let found = self.backend.memories(&wanted).await?;
        let mut found: HashMap<_, _> = found.into_iter().map(|it| (it.id.clone(), it)).collect();
        let named = ids.iter();
        Ok(named
            .filter_map(|(number, id)| Some((*number, found.remove(id)?)))
            .collect())
    }
}

/// The shape of a part of the graph, and which memory has which number.
pub(crate) struct Seen {
    numbers: HashMap<MemoryId, u32>,
    pub(crate) network: Network,
}

impl Seen {
    pub(crate) fn counts(&self) -> (u64, u64) {
        let joins = self.network.joins().len();
        (u64::from(self.network.memories()), joins as u64)
    }

    /// The ids of the memories with these numbers, each once.
    pub(crate) fn ids(&self, wanted: impl Iterator<Item = u32>) -> Vec<(u32, MemoryId)> {
        let wanted: HashSet<u32> = wanted.collect();
        let numbered = self.numbers.iter();
        let mut ids: Vec<_> = numbered
            .filter(|(_, number)| wanted.contains(number))
            .map(|(id, number)| (*number, id.clone()))
            .collect();
        ids.sort_unstable();
        ids
    }
}

fn check_scope(doing: &'static str, memories: usize, relationships: usize) -> Result<()> {
    if memories <= MOST_MEMORIES && relationships <= MOST_RELATIONSHIPS {
        return Ok(());
    }
    let detail = format!(
        "there are more than {MOST_RELATIONSHIPS} relationships or {MOST_MEMORIES} memories to \
         look at together: ask for some types, or for one project"
    );
    Err(BackendError::new(ErrorKind::InvalidArgument, doing)
        .because(detail)
        .into())
}

/// Fails when an answer would name more memories than one call fetches.
pub(crate) fn check_named(doing: &'static str, named: u32) -> Result<()> {
    if named <= MOST_NAMED {
        return Ok(());
    }
    let detail = format!("at most {MOST_NAMED} memories are named, not {named}: lower the limit");
    Err(BackendError::new(ErrorKind::InvalidArgument, doing)
        .because(detail)
        .into())
}
