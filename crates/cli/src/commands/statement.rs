//! Which relationship somebody means.

use memorygraph::MemoryGraph;
use memorygraph::domain::{
    AsOf, Direction, MemoryId, PageRequest, Relationship, RelationshipId, RelationshipQuery,
};

use crate::{arguments::Rest, command_line::line_of, failure::Failure};

/// Returns the id of the relationship that is named: by its id, or by what it says and said
/// `as_of`. Of several, it is the one that holds, else the one that was recorded last.
pub(super) async fn id_of(
    graph: &MemoryGraph,
    id_or_from: &str,
    rest: Option<&Rest>,
    as_of: AsOf,
) -> Result<RelationshipId, Failure> {
    let Some(rest) = rest else {
        return Ok(RelationshipId::new(id_or_from)?);
    };
    let (from, to) = (MemoryId::new(id_or_from)?, &rest.to);
    let kind = rest.relationship_type;
    let query = RelationshipQuery {
        touching: vec![from.clone()],
        direction: Direction::Outgoing,
        types: vec![kind],
        as_of,
        ..RelationshipQuery::default()
    };
    let mut page = PageRequest::first(PageRequest::LARGEST)?;
    let mut best: Option<Relationship> = None;
    loop {
        let listed = graph.relationships(&query, &page).await?;
        let ends_there = |it: &Relationship| it.other_end(&from, Direction::Outgoing) == Some(to);
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
    best.map(|it| it.id).ok_or_else(|| {
        let message = format!("no relationship says {from:?} {kind} {to:?}");
        let links = line_of(&["memorygraph", "links", from.as_str()]);
        Failure::not_found(message).hint(format!("{links} lists what it is joined with"))
    })
}
