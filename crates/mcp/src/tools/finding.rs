use domain::{
    Cursor, Direction, Hit, ListQuery, MemoryFilter, MemoryType, Page, PageRequest,
    RelationshipQuery, RelationshipType, Score, SearchMode, SearchQuery, Sort,
};
use memorygraph::MemoryGraph;
use rmcp::model::CallToolResult;
use serde::Deserialize;
use serde_json::json;

use super::{
    listing::{self, Entry, as_of, cursor, line, list_result, pack},
    refusal::Refusal,
};

/// How many memories are read at once where relationships decide which of them count.
const SIFTED: u32 = 500;

/// The arguments of `recall_memories` and `search_memories`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the names are the arguments'")]
pub(super) struct Search {
    query: String,
    terms: Vec<String>,
    memory_types: Vec<String>,
    tags: Vec<String>,
    project_path: Option<String>,
    min_importance: Option<f64>,
    limit: Option<u32>,
    offset: u64,
    cursor: Option<String>,
    search_tolerance: Option<String>,
    match_mode: Option<String>,
    relationship_filter: Vec<String>,
    as_of: Option<String>,
    budget_tokens: Option<usize>,
}

impl Search {
    fn filter(&self) -> Result<MemoryFilter, Refusal> {
        let types: Result<Vec<MemoryType>, _> =
            self.memory_types.iter().map(|name| name.parse()).collect();
        let importance = self.min_importance;
        let importance = importance.map(|least| Score::new("min_importance", least));
        Ok(MemoryFilter {
            types: types?,
            tags: self.tags.clone(),
            project_path: self.project_path.clone(),
            min_importance: importance.transpose()?,
            as_of: as_of(self.as_of.as_deref())?,
            ..MemoryFilter::default()
        })
    }
}

/// A question about memories.
#[derive(Debug)]
enum Question {
    /// What matches a text.
    Match(SearchQuery),
    /// What matters most.
    Matters(MemoryFilter),
}

impl Question {
    fn new(text: &str, mode: SearchMode, filter: MemoryFilter) -> Self {
        if text.trim().is_empty() {
            return Self::Matters(filter);
        }
        Self::Match(SearchQuery {
            text: text.to_owned(),
            mode,
            filter,
        })
    }

    /// Reads a page whose memories count as used.
    async fn answer(&self, graph: &MemoryGraph, page: &PageRequest) -> Result<Page<Hit>, Refusal> {
        Ok(match self {
            Self::Match(query) => graph.search(query, page).await?,
            Self::Matters(filter) => graph.recall("", filter.clone(), page).await?,
        })
    }

    /// Reads a page that nobody is shown as it is.
    async fn look(&self, graph: &MemoryGraph, page: &PageRequest) -> Result<Page<Hit>, Refusal> {
        match self {
            Self::Match(query) => Ok(graph.backend().search(query, page).await?),
            Self::Matters(filter) => {
                let (filter, sort) = (filter.clone(), Sort::MostImportant);
                let listed = graph.list(&ListQuery { filter, sort }, page).await?;
                let items = listed.items.into_iter().map(|memory| Hit {
                    memory,
                    score: 0.0,
                    fields: Vec::new(),
                    words: Vec::new(),
                });
                Ok(Page {
                    items: items.collect(),
                    next: listed.next,
                })
            }
        }
    }

    /// Returns where the answer goes on after its first `count` memories; none when it ends there.
    async fn skip(&self, graph: &MemoryGraph, count: u64) -> Result<Option<Cursor>, Refusal> {
        let mut left = count;
        let mut page = PageRequest::first(PageRequest::LARGEST)?;
        loop {
            let size = left.min(PageRequest::LARGEST.into());
            let size = u32::try_from(size).unwrap_or(PageRequest::LARGEST);
            page.limit = PageRequest::first(size)?.limit;
            left -= u64::from(size);
            match self.look(graph, &page).await?.next {
                Some(cursor) if left > 0 => page.after = Some(cursor),
                end => return Ok(end),
            }
        }
    }
}

pub(super) async fn recall(graph: &MemoryGraph, search: Search) -> Result<CallToolResult, Refusal> {
    let question = Question::new(&search.query, SearchMode::Fuzzy, search.filter()?);
    find(graph, &question, &search, 20).await
}

pub(super) async fn search(graph: &MemoryGraph, search: Search) -> Result<CallToolResult, Refusal> {
    let mode = match search.search_tolerance.as_deref() {
        Some(name) => name.parse()?,
        None => SearchMode::Normal,
    };
    let all = search.match_mode.as_deref();
    let all = all.is_some_and(|mode| mode.eq_ignore_ascii_case("all"));
    let mode = if all { SearchMode::Strict } else { mode };
    let mut text = search.query.clone();
    for term in &search.terms {
        text.push(' ');
        text.push_str(term);
    }
    let question = Question::new(text.trim(), mode, search.filter()?);
    if search.relationship_filter.is_empty() {
        return find(graph, &question, &search, 50).await;
    }
    let types: Result<Vec<RelationshipType>, _> = search
        .relationship_filter
        .iter()
        .map(|name| name.parse())
        .collect();
    sift(graph, &question, &search, types?).await
}

async fn find(
    graph: &MemoryGraph,
    question: &Question,
    search: &Search,
    default_limit: u32,
) -> Result<CallToolResult, Refusal> {
    let mut page = PageRequest::first(search.limit.unwrap_or(default_limit))?;
    page.after = search.cursor.as_deref().map(cursor);
    if page.after.is_none() && search.offset > 0 {
        let Some(after) = question.skip(graph, search.offset).await? else {
            return Ok(shown(Vec::new(), None, 0));
        };
        page.after = Some(after);
    }
    let found = question.answer(graph, &page).await?;
    let mut entries = entries(found.items);
    let left_out = pack(&mut entries, search.budget_tokens);
    let mut next = found.next;
    if left_out > 0 {
        page.limit = listing::shown(&entries)?;
        next = question.look(graph, &page).await?.next;
    }
    Ok(shown(entries, next.as_ref(), left_out))
}

/// Finds those that have a relationship of one of the types, at either end.
async fn sift(
    graph: &MemoryGraph,
    question: &Question,
    search: &Search,
    types: Vec<RelationshipType>,
) -> Result<CallToolResult, Refusal> {
    let made_for = (question, &types);
    let skipped = match &search.cursor {
        Some(text) => cursor(text).position::<u64>(&made_for)?,
        None => search.offset,
    };
    let limit = PageRequest::first(search.limit.unwrap_or(50))?.size();
    let mut left = skipped;
    let mut hits = Vec::new();
    let mut page = PageRequest::first(SIFTED)?;
    while hits.len() <= limit {
        let found = question.look(graph, &page).await?;
        let joined = joined(graph, &found.items, &types, search.as_of.as_deref()).await?;
        for hit in found.items {
            if !joined.contains(&hit.memory.id) {
                continue;
            }
            if left > 0 {
                left -= 1;
            } else {
                hits.push(hit);
            }
        }
        match found.next {
            Some(cursor) => page.after = Some(cursor),
            None => break,
        }
    }
    let more = hits.len() > limit;
    hits.truncate(limit);
    let mut entries = entries(hits);
    let left_out = pack(&mut entries, search.budget_tokens);
    let position = skipped.saturating_add(entries.len() as u64);
    let next = (more || left_out > 0).then(|| Cursor::new(&made_for, &position));
    Ok(shown(entries, next.as_ref(), left_out))
}

async fn joined(
    graph: &MemoryGraph,
    hits: &[Hit],
    types: &[RelationshipType],
    moment: Option<&str>,
) -> Result<std::collections::HashSet<domain::MemoryId>, Refusal> {
    let mut joined = std::collections::HashSet::new();
    if hits.is_empty() {
        return Ok(joined);
    }
    let query = RelationshipQuery {
        touching: hits.iter().map(|hit| hit.memory.id.clone()).collect(),
        direction: Direction::Both,
        types: types.to_vec(),
        as_of: as_of(moment)?,
        ..RelationshipQuery::default()
    };
    let mut page = PageRequest::first(PageRequest::LARGEST)?;
    loop {
        let found = graph.relationships(&query, &page).await?;
        for relationship in found.items {
            joined.insert(relationship.from);
            joined.insert(relationship.to);
        }
        match found.next {
            Some(cursor) => page.after = Some(cursor),
            None => return Ok(joined),
        }
    }
}

pub(super) fn entries(hits: Vec<Hit>) -> Vec<Entry> {
    let entry = |hit: Hit| {
        let mut text = line(&hit.memory);
        if !hit.words.is_empty() {
            text.push_str(&format!("\n   matches: {}", hit.words.join(", ")));
        }
        Entry {
            json: json!(hit),
            text,
        }
    };
    hits.into_iter().map(entry).collect()
}

pub(super) fn shown(entries: Vec<Entry>, next: Option<&Cursor>, left_out: usize) -> CallToolResult {
    let title = match entries.len() {
        0 => {
            "No memories found. Try other words, fewer filters, or search_tolerance: fuzzy.".into()
        }
        1 => "Found 1 memory, best first:".into(),
        count => format!("Found {count} memories, best first:"),
    };
    list_result(&title, entries, next, left_out)
}
