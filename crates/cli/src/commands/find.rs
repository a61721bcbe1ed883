use memorygraph::MemoryGraph;
use memorygraph::domain::{Cursor, Invalid, PageRequest, SearchQuery};

use crate::{
    arguments::{Filter, Get, Recall, Search},
    failure::Failure,
    output::Output,
    view,
};

pub(super) async fn get(
    graph: &MemoryGraph,
    get: &Get,
    output: &mut Output,
) -> Result<(), Failure> {
    let Some(memory) = graph.get(&get.id).await? else {
        let failure = Failure::not_found(format!("no memory has the id {:?}", get.id));
        return Err(failure.hint("memorygraph search TEXT shows the ids of what is there"));
    };
    if output.is_json() {
        return Ok(output.json(&memory)?);
    }
    Ok(output.lines(view::memory(&memory))?)
}

pub(super) async fn search(
    graph: &MemoryGraph,
    search: &Search,
    output: &mut Output,
) -> Result<(), Failure> {
    let query = SearchQuery {
        text: search.text.join(" "),
        mode: search.mode,
        filter: search.filter.memories(),
    };
    let hits = graph.search(&query, &page(&search.filter)?).await?;
    if output.is_json() {
        return Ok(output.json(&hits)?);
    }
    Ok(output.lines(view::hits(&hits, output.width()))?)
}

pub(super) async fn recall(
    graph: &MemoryGraph,
    recall: &Recall,
    output: &mut Output,
) -> Result<(), Failure> {
    let text = recall.text.join(" ");
    let page = page(&recall.filter)?;
    let hits = graph.recall(&text, recall.filter.memories(), &page).await?;
    if output.is_json() {
        return Ok(output.json(&hits)?);
    }
    Ok(output.lines(view::hits(&hits, output.width()))?)
}

fn page(filter: &Filter) -> Result<PageRequest, Invalid> {
    let first = PageRequest::first(filter.limit)?;
    Ok(match &filter.after {
        Some(cursor) => first.after(Cursor::from(cursor.clone())),
        None => first,
    })
}
