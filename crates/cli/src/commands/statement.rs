//! Which relationship somebody means.

use memorygraph::domain::{
    AsOf, Direction, MemoryId, PageRequest, Relationship, RelationshipId, RelationshipQuery,
};
use memorygraph::{Error, MemoryGraph};

use crate::{
    arguments::{Rest, Statement},
    command_line::line_of,
    failure::Failure,
    view,
};

/// Returns the relationship that is named: by its id, or by what it says. Of several, it is the one
/// that holds, else the one that was recorded last.
///
/// # Errors
///
/// Fails when there is none, and says what else may be meant.
pub(super) async fn find(graph: &MemoryGraph, named: &Statement) -> Result<Relationship, Failure> {
    if let Some(rest) = &named.rest {
        let from = MemoryId::new(&named.id_or_from)?;
        return match said(graph, &from, rest).await? {
            Some(found) => Ok(found),
            None => Err(unsaid(&from, rest)),
        };
    }
    let id = RelationshipId::new(&named.id_or_from)?;
    match graph.relationship(&id).await? {
        Some(found) => Ok(found),
        None => Err(no_relationship(graph, &id).await?),
    }
}

/// Returns the relationship that is named, as [`find`] does, unless it has ended.
pub(super) async fn lasting(
    graph: &MemoryGraph,
    named: &Statement,
) -> Result<Relationship, Failure> {
    let found = find(graph, named).await?;
    let Some(until) = found.valid_until.filter(|_| named.rest.is_some()) else {
        return Ok(found);
    };
    let (from, to) = (found.from.as_str(), found.to.as_str());
    let kind = found.relationship_type;
    let message = format!("{from:?} {kind} {to:?} held until {}", view::time(until));
    let remove = line_of(&["memorygraph", "unlink", found.id.as_str(), "--remove"]);
    Err(Failure::not_found(message).hint(format!("{remove} removes it")))
}

/// Returns the id of the relationship that says this, or said it.
pub(super) async fn id_of(
    graph: &MemoryGraph,
    from: &MemoryId,
    rest: &Rest,
) -> Result<RelationshipId, Failure> {
    let found = said(graph, from, rest).await?;
    found.map(|it| it.id).ok_or_else(|| unsaid(from, rest))
}

/// Says that no relationship has the id, and what it is the id of.
async fn no_relationship(graph: &MemoryGraph, id: &RelationshipId) -> Result<Failure, Failure> {
    let memories = match MemoryId::new(id.as_str()) {
        Ok(id) => graph.backend().memories(&[id]).await.map_err(Error::from)?,
        Err(_) => Vec::new(),
    };
    if memories.is_empty() {
        let message = format!("no relationship has the id {id:?}");
        return Ok(Failure::not_found(message).hint("memorygraph links shows the ids"));
    }
    let message = format!("{id:?} is a memory, and a relationship of it is asked for");
    Ok(Failure::not_found(message).hint("after it come the TYPE and the memory where it ends"))
}

fn unsaid(from: &MemoryId, rest: &Rest) -> Failure {
    let (kind, to) = (rest.relationship_type, &rest.to);
    let message = format!("no relationship says {from:?} {kind} {to:?}");
    let links = line_of(&["memorygraph", "links", from.as_str()]);
    Failure::not_found(message).hint(format!("{links} lists what it is joined with"))
}

/// Returns the relationship that says this and holds, else the one that said it last.
async fn said(
    graph: &MemoryGraph,
    from: &MemoryId,
    rest: &Rest,
) -> Result<Option<Relationship>, Failure> {
    let to = &rest.to;
    let kind = rest.relationship_type;
    let query = RelationshipQuery {
        touching: vec![from.clone()],
        direction: Direction::Outgoing,
        types: vec![kind],
        as_of: AsOf::Ever,
        ..RelationshipQuery::default()
    };
    let mut page = PageRequest::first(PageRequest::LARGEST)?;
    let mut best: Option<Relationship> = None;
    loop {
        let listed = graph.relationships(&query, &page).await?;
        let ends_there = |it: &Relationship| it.other_end(from, Direction::Outgoing) == Some(to);
        let meant = listed.items.into_iter().filter(ends_there);
        best = best
            .into_iter()
            .chain(meant)
            .max_by_key(|it| (it.valid_until.is_none(), it.recorded_at));
        match listed.next {
            Some(cursor) => page = page.after(cursor),
            None => break,
        }
    }
    Ok(best)
}
