use domain::{PageRequest, Relationship, circumstances::Scope};
use memorygraph::{CircumstancesQuery, MemoryGraph};
use rmcp::model::CallToolResult;
use serde::Deserialize;
use serde_json::json;

use super::{
    listing::{Entry, as_of, cursor, list_result, pack, shown},
    refusal::Refusal,
    relating::arrow,
};

/// The arguments of `search_relationships_by_context`.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    scope: Option<String>,
    #[serde(default)]
    conditions: Vec<String>,
    has_evidence: Option<bool>,
    #[serde(default)]
    evidence: Vec<String>,
    #[serde(default)]
    components: Vec<String>,
    temporal: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
    as_of: Option<String>,
    budget_tokens: Option<usize>,
}

pub(super) async fn search(graph: &MemoryGraph, asked: Search) -> Result<CallToolResult, Refusal> {
    let scope = asked.scope.as_deref().map(scope).transpose()?;
    let query = CircumstancesQuery {
        scope,
        conditions: asked.conditions,
        has_evidence: asked.has_evidence,
        evidence: asked.evidence,
        components: asked.components,
        temporal: asked.temporal,
        as_of: as_of(asked.as_of.as_deref())?,
    };
    let mut page = PageRequest::first(asked.limit.unwrap_or(20))?;
    page.after = asked.cursor.as_deref().map(cursor);
    let found = graph.relationships_under(&query, &page).await?;
    let mut entries: Vec<Entry> = found.items.iter().map(entry).collect();
    let left_out = pack(&mut entries, asked.budget_tokens);
    let mut next = found.next;
    if left_out > 0 {
        page.limit = shown(&entries)?;
        next = graph.relationships_under(&query, &page).await?.next;
    }
    let title = match entries.len() {
        0 => "No relationship has a context that says this. Try fewer filters.".to_owned(),
        1 => "Found 1 relationship:".to_owned(),
        count => format!("Found {count} relationships:"),
    };
    Ok(list_result(&title, entries, next.as_ref(), left_out))
}

fn scope(name: &str) -> Result<Scope, Refusal> {
    let folded = name.to_ascii_lowercase();
    serde_json::from_value(folded.into()).map_err(|error| Refusal::argument("scope", error))
}

fn entry(found: &Relationship) -> Entry {
    let told = found.circumstances().unwrap_or_default();
    let mut json = json!(found);
    json["circumstances"] = json!(told);
    Entry {
        text: format!("{} (ID: {})\n   {}", arrow(found), found.id, told.to_json()),
        json,
    }
}
