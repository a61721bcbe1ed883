use std::{cmp::Reverse, collections::HashSet, fmt, sync::Arc};

use domain::{
    Cursor, ListQuery, Memory, MemoryId, Page, PageRequest, Relationship, RelationshipId,
    RelationshipQuery, Score, Sort, Timestamp,
};
use ports::{BackendError, Changed, Quarantined, Result, Statistics};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::graph::Graph;

impl Graph {
    pub(crate) fn memories(&self, ids: &[MemoryId]) -> Vec<Memory> {
        let mut seen = HashSet::new();
        ids.iter()
            .filter(|id| seen.insert(*id))
            .filter_map(|id| self.memories.get(id))
            .map(|memory| memory.as_ref().clone())
            .collect()
    }

    pub(crate) fn list(&self, query: &ListQuery, page: &PageRequest) -> Result<Page<Memory>> {
        let admitted = self.memories.values().map(Arc::as_ref);
        let admitted = admitted.filter(|memory| query.filter.admits(memory));
        let position = |memory: &Memory| position(memory, query.sort);
        part("list memories", query, page, admitted.cloned(), position)
    }

    pub(crate) fn relationships(
        &self,
        query: &RelationshipQuery,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        let admitted = self.relationships.values().map(Arc::as_ref);
        let admitted = admitted.filter(|relationship| query.admits(relationship));
        let position = |relationship: &Relationship| relationship.id.clone();
        part(
            "list relationships",
            query,
            page,
            admitted.cloned(),
            position,
        )
    }

    pub(crate) fn memory_history(&self, id: &MemoryId, page: &PageRequest) -> Result<Page<Memory>> {
        let states = states(self.memories.get(id), self.past_memories.get(id));
        history("read a memory's history", id, page, states)
    }

    pub(crate) fn relationship_history(
        &self,
        id: &RelationshipId,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        let states = states(self.relationships.get(id), self.past_relationships.get(id));
        history("read a relationship's history", id, page, states)
    }

    pub(crate) fn quarantine(&self, page: &PageRequest) -> Result<Page<Quarantined>> {
        let records = self
            .quarantine
            .values()
            .map(|record| record.as_ref().clone());
        let position = |record: &Quarantined| record.id.clone();
        part(
            "list the quarantine",
            &"quarantine",
            page,
            records,
            position,
        )
    }

    pub(crate) fn changes_since(
        &self,
        since: Timestamp,
        page: &PageRequest,
    ) -> Result<Page<Changed>> {
        let memories = self.memories.values().map(|memory| memory.as_ref().clone());
        let memories = memories.map(|memory| Changed::Memory(Box::new(memory)));
        let relationships = self.relationships.values();
        let relationships = relationships.map(|relationship| relationship.as_ref().clone());
        let relationships =
            relationships.map(|relationship| Changed::Relationship(Box::new(relationship)));
        let changes = memories
            .chain(relationships)
            .filter(|change| change.at() >= since);
        let position = |change: &Changed| {
            let (at, kind, id) = change.position();
            (at, kind, id.to_owned())
        };
        part(
            "list changes",
            &("changes since", since),
            page,
            changes,
            position,
        )
    }

    pub(crate) fn statistics(&self) -> Statistics {
        let mut statistics = Statistics::default();
        for memory in self.memories.values() {
            statistics.memories += 1;
            *statistics
                .memories_by_type
                .entry(memory.memory_type)
                .or_default() += 1;
        }
        for relationship in self.relationships.values() {
            if relationship.validity().is_open() {
                let kind = relationship.relationship_type;
                statistics.relationships += 1;
                *statistics.relationships_by_type.entry(kind).or_default() += 1;
            } else {
                statistics.relationships_ended += 1;
            }
        }
        let past = self.past_memories.values().map(Vec::len);
        let past = past.chain(self.past_relationships.values().map(Vec::len));
        statistics.earlier_states = past.sum::<usize>() as u64;
        statistics.quarantined = self.quarantine.len() as u64;
        let memories = || self.memories.values();
        statistics.mean_importance = mean(memories().map(|memory| memory.importance));
        statistics.mean_confidence = mean(memories().map(|memory| memory.confidence));
        statistics.oldest = memories().map(|memory| memory.created_at).min();
        statistics.newest = memories().map(|memory| memory.created_at).max();
        statistics
    }
}

/// Returns the states of one thing, the oldest first.
fn states<T: Clone>(now: Option<&Arc<T>>, past: Option<&Vec<Arc<T>>>) -> Vec<T> {
    let states = past.into_iter().flatten().chain(now);
    states.map(|state| state.as_ref().clone()).collect()
}

/// Returns the page of `states`, which it turns around.
fn history<T: Clone>(
    doing: &'static str,
    id: &impl fmt::Debug,
    page: &PageRequest,
    states: Vec<T>,
) -> Result<Page<T>> {
    let states = states.into_iter().enumerate();
    let position = |(place, _): &(usize, T)| Reverse(*place);
    let found = part(doing, &(doing, id), page, states, position)?;
    Ok(Page {
        items: found.items.into_iter().map(|(_, state)| state).collect(),
        next: found.next,
    })
}

/// Where a memory stands in a list: positions sort as the list does.
fn position(memory: &Memory, sort: Sort) -> Position {
    let (importance, time) = match sort {
        Sort::RecentlyUpdated => (Score::ZERO, memory.updated_at),
        Sort::Newest => (Score::ZERO, memory.created_at),
        Sort::Oldest => return Position::First(memory.created_at, memory.id.clone()),
        Sort::MostImportant => (memory.importance, memory.updated_at),
    };
    Position::Last(Reverse((importance, time, memory.id.clone())))
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Position {
    First(Timestamp, MemoryId),
    Last(Reverse<(Score, Timestamp, MemoryId)>),
}

/// Cuts the page out of the whole answer, which it puts in the order of the positions.
fn part<T, P: Ord + Serialize + DeserializeOwned>(
    doing: &'static str,
    query: &impl fmt::Debug,
    page: &PageRequest,
    answer: impl Iterator<Item = T>,
    position: impl Fn(&T) -> P,
) -> Result<Page<T>> {
    page.check().map_err(BackendError::invalid(doing))?;
    let after: Option<P> = match &page.after {
        Some(cursor) => Some(
            cursor
                .position(query)
                .map_err(BackendError::invalid(doing))?,
        ),
        None => None,
    };
    let mut answer: Vec<T> = answer
        .filter(|item| after.as_ref().is_none_or(|after| position(item) > *after))
        .collect();
    answer.sort_by_cached_key(&position);
    answer.truncate(page.size() + 1);
    let cursor = |item: &T| Cursor::new(query, &position(item));
    Ok(Page::cut(answer, page.size(), cursor))
}

fn mean(scores: impl ExactSizeIterator<Item = Score>) -> Option<f64> {
    let count = u32::try_from(scores.len()).expect("a graph in memory is smaller");
    let sum: f64 = scores.map(Score::get).sum();
    (count > 0).then(|| sum / f64::from(count))
}
