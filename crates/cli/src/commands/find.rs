use std::collections::HashMap;

use memorygraph::domain::{
    Direction, Memory, MemoryId, Page, PageRequest, Relationship, RelationshipQuery, SearchQuery,
};
use memorygraph::{ContextualSearch, MemoryGraph};
use serde::Serialize;

use crate::{
    arguments::{Get, Recall, Search},
    command_line::line_of,
    failure::Failure,
    output::Output,
    style::{HEADING, QUIET, paint},
    view,
};

/// How many relationships `get` shows.
const JOINED: u32 = 20;
/// How far `search --near` looks unless somebody says.
const DEPTH: u8 = 2;

/// A memory, and what it is joined with.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    memory: &'a Memory,
    relationships: &'a Page<Relationship>,
}

pub(super) async fn get(
    graph: &MemoryGraph,
    get: &Get,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(memory) = graph.get(&get.id).await? else {
        return Err(no_memory(&get.id));
    };
    let query = RelationshipQuery {
        touching: vec![get.id.clone()],
        ..RelationshipQuery::default()
    };
    let page = PageRequest::first(JOINED)?;
    let relationships = graph.relationships(&query, &page).await?;
    if output.is_json() {
        return Ok(output.json(&Shown {
            memory: &memory,
            relationships: &relationships,
        })?);
    }
    output.lines(view::memory::memory(&memory))?;
    if relationships.items.is_empty() {
        return Ok(());
    }
    let others = others(graph, &get.id, &relationships.items).await?;
    output.line("")?;
    output.line(paint(HEADING, "Joined with"))?;
    let width = output.width();
    let joined = view::memory::joined(&get.id, &relationships.items, &others, width);
    output.lines(joined)?;
    if let Some(cursor) = &relationships.next {
        let links = ["memorygraph", "links", get.id.as_str(), "--after"];
        let links = line_of(&[&links[..], &[&cursor.to_string()]].concat());
        output.line(paint(QUIET, format_args!("There is more: {links}")))?;
    }
    Ok(())
}

/// Returns the memories at the other ends of relationships.
async fn others(
    graph: &MemoryGraph,
    near: &MemoryId,
    relationships: &[Relationship],
) -> Result<HashMap<MemoryId, Memory>, Failure> {
    let ids = relationships.iter();
    let ids = ids.filter_map(|it| it.other_end(near, Direction::Both).cloned());
    let ids: Vec<_> = ids.collect();
    let found = graph.backend().memories(&ids).await;
    let found = found.map_err(memorygraph::Error::from)?;
    let found = found.into_iter();
    Ok(found.map(|memory| (memory.id.clone(), memory)).collect())
}

pub(super) fn no_memory(id: &MemoryId) -> Failure {
    Failure::not_found(format!("no memory has the id {id:?}"))
        .hint("memorygraph search TEXT shows the ids of what is there")
}

pub(super) async fn search(
    graph: &MemoryGraph,
    search: Search,
    output: &mut Output,
) -> Result<(), Failure> {
    let text = search.text.join(" ");
    if let Some(from) = search.near {
        let asked = ContextualSearch {
            depth: search.depth.unwrap_or(DEPTH),
            limit: search.filter.paging.request()?.limit,
            as_of: search.filter.when.as_of(),
            ..ContextualSearch::new(from, text)
        };
        let items = graph.contextual_search(&asked).await?;
        return show(&Page { items, next: None }, output);
    }
    let query = SearchQuery {
        text,
        mode: search.mode,
        filter: search.filter.memories(),
    };
    let page = search.filter.paging.request()?;
    let hits = graph.search(&query, &page).await?;
    show(&hits, output)
}

pub(super) async fn recall(
    graph: &MemoryGraph,
    recall: &Recall,
    output: &mut Output,
) -> Result<(), Failure> {
    let text = recall.text.join(" ");
    let page = recall.filter.paging.request()?;
    let hits = graph.recall(&text, recall.filter.memories(), &page).await?;
    show(&hits, output)
}

fn show(hits: &Page<memorygraph::domain::Hit>, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        return Ok(output.json(hits)?);
    }
    output.lines(view::memory::hits(&hits.items, output.width()))?;
    Ok(output.next(hits.next.as_ref())?)
}
