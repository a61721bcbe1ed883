use domain::{
    AsOf, Cursor, Page, PageRequest, Relationship, RelationshipQuery,
    circumstances::{self, Circumstances, Scope},
    text::fold,
};

use crate::{MemoryGraph, Result};

/// How many relationships are read at once.
const PAGE: u32 = 500;
/// How many contexts are taken apart before other tasks have their turn.
const TURN: u32 = 32;

/// Asks for relationships by the [circumstances](Circumstances) that their contexts tell. All that
/// is asked for has to be so; nothing and an empty list ask for nothing in particular.
///
/// A text matches when it is part of what the context says, whatever the case and the accents:
/// "redis" matches "Redis enabled".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CircumstancesQuery {
    /// Holds so far.
    pub scope: Option<Scope>,
    /// Under any of these conditions.
    pub conditions: Vec<String>,
    /// Whether anything says how one knows.
    pub has_evidence: Option<bool>,
    /// Known by any of these.
    pub evidence: Vec<String>,
    /// About any of these parts of a system.
    pub components: Vec<String>,
    /// Since then: "v2.1" matches "v2.1.0", and "since 2024" what "2024" matches.
    pub temporal: Option<String>,
    /// Valid as of.
    pub as_of: AsOf,
}

/// What is asked for, folded once.
struct Asked<'a> {
    query: &'a CircumstancesQuery,
    conditions: Vec<String>,
    evidence: Vec<String>,
    components: Vec<String>,
    temporal: Vec<String>,
}

impl<'a> Asked<'a> {
    fn new(query: &'a CircumstancesQuery) -> Self {
        let temporal = query.temporal.iter().flat_map(|text| {
            let read = circumstances::read(text).temporal;
            [Some(text.clone()), read].into_iter().flatten()
        });
        Self {
            query,
            conditions: folded(&query.conditions),
            evidence: folded(&query.evidence),
            components: folded(&query.components),
            temporal: folded(&temporal.collect::<Vec<_>>()),
        }
    }

    fn admits(&self, told: &Circumstances) -> bool {
        let query = self.query;
        let has_evidence = !told.evidence.is_empty();
        (query.scope.is_none() || query.scope == told.scope)
            && query.has_evidence.is_none_or(|asked| asked == has_evidence)
            && any_in(&self.conditions, &told.conditions)
            && any_in(&self.evidence, &told.evidence)
            && any_in(&self.components, &told.components)
            && any_in(&self.temporal, told.temporal.as_slice())
    }
}

fn folded(texts: &[String]) -> Vec<String> {
    let folded = texts.iter().map(|text| fold(text.trim()));
    folded.filter(|text| !text.is_empty()).collect()
}

/// Says whether nothing is asked for, or any of it is part of what is told.
fn any_in(asked: &[String], told: &[String]) -> bool {
    asked.is_empty()
        || told.iter().any(|told| {
            let told = fold(told);
            asked.iter().any(|asked| told.contains(asked.as_str()))
        })
}

impl MemoryGraph {
    /// Lists the relationships whose contexts tell what is asked for, by ascending id. One without
    /// a context tells nothing, and is not listed.
    ///
    /// Reads relationships in pages until the answer is full: no more than a page of them is in
    /// memory at once.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) for a cursor of another query, or
    ///   a limit that is too large
    pub async fn relationships_under(
        &self,
        query: &CircumstancesQuery,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        page.check()?;
        let asked = Asked::new(query);
        let all = RelationshipQuery {
            as_of: query.as_of,
            ..RelationshipQuery::default()
        };
        let mut read = PageRequest::first(PAGE)?;
        if let Some(cursor) = &page.after {
            read.after = Some(cursor.position(query)?);
        }
        let mut items = Vec::new();
        // The page that begins with the place behind the last item.
        let mut behind = read.clone();
        loop {
            let found = self.backend.relationships(&all, &read).await?;
            let mut at = 0;
            for relationship in found.items {
                at += 1;
                if at % TURN == 0 {
                    tokio::task::yield_now().await;
                }
                let told = relationship.circumstances();
                if !told.is_some_and(|told| asked.admits(&told)) {
                    continue;
                }
                if items.len() == page.size() {
                    let place = self.backend.relationships(&all, &behind).await?.next;
                    let next = place.map(|place| Cursor::new(query, &place));
                    return Ok(Page { items, next });
                }
                items.push(relationship);
                behind = PageRequest::first(at)?;
                behind.after.clone_from(&read.after);
            }
            match found.next {
                Some(cursor) => read.after = Some(cursor),
                None => return Ok(Page { items, next: None }),
            }
        }
    }
}
