//! What the target has of a page of the source.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{
    AsOf, Direction, ListQuery, Memory, MemoryFilter, MemoryId, Relationship, RelationshipId,
    RelationshipQuery, RelationshipType, Sort,
};
use ports::{GraphBackend, Result};

use super::first_page;

/// What a relationship states.
pub(super) type Statement = (RelationshipType, MemoryId, MemoryId);

/// How the target stands to something of the source.
#[derive(Debug)]
pub(super) enum Standing<T> {
    /// It does not have it.
    Absent,
    /// It has it, as this.
    Same(T),
    /// It has something else under this id.
    Other(T),
    /// Another relationship of the target, or of the same pages, states the same and has no end.
    Stated(RelationshipId),
}

/// Asks for every memory in an order that does not change while memories are added or changed.
pub(super) fn every_memory() -> ListQuery {
    ListQuery {
        filter: MemoryFilter {
            as_of: AsOf::Ever,
            ..MemoryFilter::default()
        },
        sort: Sort::Oldest,
    }
}

/// Asks for every relationship, in the order of their ids.
pub(super) fn every_relationship() -> RelationshipQuery {
    RelationshipQuery {
        as_of: AsOf::Ever,
        ..RelationshipQuery::default()
    }
}

/// Returns what a memory says: how often and when it was used is no part of that.
pub(super) fn content(memory: &Memory) -> Memory {
    Memory {
        usage_count: 0,
        last_accessed: None,
        ..memory.clone()
    }
}

/// Says for each memory of a page how the target stands to it.
pub(super) async fn memories(
    to: &dyn GraphBackend,
    page: &[Memory],
) -> Result<Vec<Standing<Memory>>> {
    let ids: Vec<_> = page.iter().map(|memory| memory.id.clone()).collect();
    let found = to.memories(&ids).await?.into_iter();
    let mut found: HashMap<_, _> = found.map(|memory| (memory.id.clone(), memory)).collect();
    let standing = |memory: &Memory| match found.remove(&memory.id) {
        None => Standing::Absent,
        Some(there) if content(&there) == content(memory) => Standing::Same(there),
        Some(there) => Standing::Other(there),
    };
    Ok(page.iter().map(standing).collect())
}

/// Says for each relationship of a page how the target stands to it. `stating` has what the absent
/// ones of earlier pages state that go into the same batches, and takes those of this one.
pub(super) async fn relationships(
    from: &dyn GraphBackend,
    to: &dyn GraphBackend,
    page: &[Relationship],
    stating: &mut HashMap<Statement, RelationshipId>,
) -> Result<Vec<Standing<Relationship>>> {
    let ids = page.iter().map(|relationship| relationship.id.clone());
    let mut found: HashMap<_, _> = by_id(to, ids.collect())
        .await?
        .into_iter()
        .map(|there| (there.id.clone(), there))
        .collect();
    let absent = page.iter().filter(|it| !found.contains_key(&it.id));
    let twins = twins(to, absent).await?;
    let mut standings = Vec::with_capacity(page.len());
    for relationship in page {
        standings.push(match found.remove(&relationship.id) {
            Some(there) if there == *relationship => Standing::Same(there),
            Some(there) if has_stand_in(from, to, relationship, &there).await? => {
                Standing::Same(there)
            }
            Some(there) => Standing::Other(there),
            None if relationship.validity().is_open() => {
                let statement = statement(relationship);
                let twin = twins.get(&statement).or_else(|| stating.get(&statement));
                if let Some(twin) = twin {
                    Standing::Stated(twin.clone())
                } else {
                    stating.insert(statement, relationship.id.clone());
                    Standing::Absent
                }
            }
            None => Standing::Absent,
        });
    }
    Ok(standings)
}

/// Returns the relationships with these ids, whether they have ended or not.
pub(super) async fn by_id(
    backend: &dyn GraphBackend,
    ids: Vec<RelationshipId>,
) -> Result<Vec<Relationship>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = RelationshipQuery {
        ids,
        ..every_relationship()
    };
    let mut found = Vec::new();
    each(backend, &query, |it| found.push(it)).await?;
    Ok(found)
}

/// Finds for each of these relationships that has no end another one of `to` that states the same
/// and has none either; of several, the one with the least id.
async fn twins(
    to: &dyn GraphBackend,
    relationships: impl Iterator<Item = &Relationship>,
) -> Result<HashMap<Statement, RelationshipId>> {
    let open = relationships.filter(|it| it.validity().is_open());
    let asked: HashSet<Statement> = open.map(statement).collect();
    let mut twins: HashMap<Statement, RelationshipId> = HashMap::new();
    if asked.is_empty() {
        return Ok(twins);
    }
    // A memory that many of them touch is likely to have very many in the target, too: each is
    // looked for from its other end.
    let mut degrees: HashMap<&MemoryId, u32> = HashMap::new();
    for end in asked.iter().flat_map(|(_, from, to)| [from, to]) {
        *degrees.entry(end).or_default() += 1;
    }
    let rarer = asked.iter().map(|(_, from, to)| {
        let from_is_rarer = degrees[from] <= degrees[to];
        if from_is_rarer { from } else { to }
    });
    let touching: BTreeSet<_> = rarer.cloned().collect();
    let types: BTreeSet<_> = asked.iter().map(|(kind, ..)| *kind).collect();
    let query = RelationshipQuery {
        touching: touching.into_iter().collect(),
        types: types.into_iter().collect(),
        direction: Direction::Both,
        ..RelationshipQuery::default()
    };
    each(to, &query, |found| {
        let statement = statement(&found);
        // They come by ascending id.
        if asked.contains(&statement) {
            twins.entry(statement).or_insert(found.id);
        }
    })
    .await?;
    Ok(twins)
}

/// Says whether `there` is `relationship`, but for the name of what took its place, which was left
/// out because `to` has another one that states the same.
async fn has_stand_in(
    from: &dyn GraphBackend,
    to: &dyn GraphBackend,
    relationship: &Relationship,
    there: &Relationship,
) -> Result<bool> {
    let (Some(named), Some(stand_in)) = (&relationship.invalidated_by, &there.invalidated_by)
    else {
        return Ok(false);
    };
    let renamed = Relationship {
        invalidated_by: Some(stand_in.clone()),
        ..relationship.clone()
    };
    if renamed != *there || !by_id(to, vec![named.clone()]).await?.is_empty() {
        return Ok(false);
    }
    let named = by_id(from, vec![named.clone()]).await?;
    let stand_in = by_id(to, vec![stand_in.clone()]).await?;
    Ok(named
        .iter()
        .zip(&stand_in)
        .any(|(a, b)| a.states_the_same(b)))
}

async fn each(
    backend: &dyn GraphBackend,
    query: &RelationshipQuery,
    mut found: impl FnMut(Relationship) + Send,
) -> Result<()> {
    let mut page = first_page();
    loop {
        let part = backend.relationships(query, &page).await?;
        part.items.into_iter().for_each(&mut found);
        match part.next {
            Some(cursor) => page = page.after(cursor),
            None => return Ok(()),
        }
    }
}

fn statement(relationship: &Relationship) -> Statement {
    let (kind, from, to) = relationship.statement();
    (kind, from.clone(), to.clone())
}

/// Collects the standings of a page by what is to be done about them.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What goes into the target.
    pub(super) absent: BTreeMap<RelationshipId, Relationship>,
    /// What the target has.
    pub(super) there: HashSet<RelationshipId>,
    /// What stands in the target for a relationship that is left out.
    pub(super) stand_ins: HashMap<RelationshipId, RelationshipId>,
}

impl Known {
    pub(super) fn add(&mut self, relationship: &Relationship, standing: &Standing<Relationship>) {
        let id = relationship.id.clone();
        match standing {
            Standing::Absent => {
                self.absent.insert(id, relationship.clone());
            }
            Standing::Same(_) | Standing::Other(_) => {
                self.there.insert(id);
            }
            Standing::Stated(by) => {
                self.stand_ins.insert(id, by.clone());
            }
        }
    }

    pub(super) fn has(&self, id: &RelationshipId) -> bool {
        self.absent.contains_key(id) || self.there.contains(id) || self.stand_ins.contains_key(id)
    }
}
