use std::fmt::Display;

use domain::{
    Invalid, ListQuery, Memory, MemoryFilter, MemoryId, PageRequest, Relationship, RelationshipId,
    RelationshipQuery, SearchMode, SearchQuery, Sort,
    text::{Trigrams, similarity},
};
use memorygraph::MemoryGraph;
use ports::{BackendError, Conflict, ErrorKind, GraphBackendExt};
use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde_json::{Value, json};

/// How many memories are compared with an id that nothing has.
const LOOKED_AT: u32 = 2_000;
/// How many times as many relationships are: there is no order in which the last comes first.
const PAGES: u32 = 10;
/// How alike an id has to be to be named, from 0 to 1.
const ALIKE: f64 = 0.3;
/// How many of them are named.
const NAMED: usize = 3;

/// Why a tool does not do what it was asked, and what to do about it.
#[derive(Debug)]
pub(super) struct Refusal {
    message: String,
    details: JsonObject,
}

impl Refusal {
    pub(super) fn new(kind: &str, message: impl Into<String>) -> Self {
        let mut details = JsonObject::new();
        details.insert("kind".to_owned(), kind.into());
        Self {
            message: message.into(),
            details,
        }
    }

    /// Says that an argument is not what it has to be.
    pub(super) fn argument(field: &str, message: impl Display) -> Self {
        Self::new("invalid_argument", format!("{field}: {message}")).with("field", field)
    }

    pub(super) fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Says it about a part of an argument.
    pub(super) fn inside(mut self, place: &str) -> Self {
        self.message = format!("{place}.{}", self.message);
        if let Some(Value::String(field)) = self.details.get_mut("field") {
            field.insert_str(0, &format!("{place}."));
        }
        self
    }

    /// Adds to what it says.
    pub(super) fn and(mut self, more: &str) -> Self {
        self.message.push_str(more);
        self
    }

    pub(super) fn field(&self) -> Option<&str> {
        self.details.get("field").and_then(Value::as_str)
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Gives it as the answer to a call.
    pub(super) fn into_result(mut self) -> CallToolResult {
        let text = format!("Error: {}", self.message);
        self.details
            .insert("message".to_owned(), self.message.into());
        let mut result = CallToolResult::structured_error(json!({ "error": self.details }));
        result.content = vec![ContentBlock::text(text)];
        result
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::new("invalid_argument", invalid.to_string()).with("field", invalid.field())
    }
}

impl From<BackendError> for Refusal {
    fn from(error: BackendError) -> Self {
        memorygraph::Error::from(error).into()
    }
}

impl From<memorygraph::Error> for Refusal {
    fn from(error: memorygraph::Error) -> Self {
        if let memorygraph::Error::Invalid(invalid) = error {
            return invalid.into();
        }
        let advice = match error.kind() {
            ErrorKind::Busy | ErrorKind::Unreachable => ". Try again in a moment",
            _ => "",
        };
        let kind = error.kind().to_string().replace(' ', "_");
        let full = Self::new(&kind, format!("{error}{advice}"));
        let memorygraph::Error::Backend(error) = error else {
            return full;
        };
        // What was being done in the store says nothing to who can only change the arguments.
        let theirs = [
            ErrorKind::InvalidArgument,
            ErrorKind::Conflict,
            ErrorKind::NotFound,
        ];
        let refusal = match error.detail() {
            Some(detail) if theirs.contains(&error.kind()) => Self::new(&kind, detail),
            _ => full,
        };
        let field = error.detail().and_then(field_of);
        let refusal = match field.filter(|_| error.kind() == ErrorKind::InvalidArgument) {
            Some(field) => refusal.with("field", field),
            None => refusal,
        };
        match error.found() {
            Some(Conflict::Memory {
                found: Some(memory),
                ..
            }) => refusal.with("found", json!({ "memory": memory })),
            Some(Conflict::Relationship { found: Some(found) }) => {
                refusal.with("found", json!({ "relationship": found }))
            }
            Some(Conflict::Cycle(ids)) => refusal
                .and(": leave it out, or turn it round")
                .with("field", "relationship_type")
                .with("found", json!({ "cycle": ids })),
            _ => refusal,
        }
    }
}

/// The argument that a rule of the domain is about: its sentences begin with it.
fn field_of(detail: &str) -> Option<&str> {
    let word = detail.split_whitespace().next()?;
    match word {
        "tag" => Some("tags"),
        "depth" => Some("max_depth"),
        _ => word
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || matches!(letter, '_' | '.'))
            .then_some(word),
    }
}

/// Returns the memory, without counting it as used; or names those that may be meant.
pub(super) async fn known(graph: &MemoryGraph, field: &str, id: &str) -> Result<Memory, Refusal> {
    let parsed = memory_id(field, id)?;
    match graph.backend().memory(&parsed).await? {
        Some(memory) => Ok(memory),
        None => Err(unknown(graph, field, id).await?),
    }
}

/// Takes the id of a memory.
pub(super) fn memory_id(field: &str, id: &str) -> Result<MemoryId, Refusal> {
    MemoryId::new(id).map_err(|invalid| Refusal::argument(field, invalid))
}

/// Says that no memory has the id, and which come nearest.
pub(super) async fn unknown(
    graph: &MemoryGraph,
    field: &str,
    id: &str,
) -> Result<Refusal, Refusal> {
    let sort = Sort::RecentlyUpdated;
    let filter = MemoryFilter::default();
    let recent = ListQuery { filter, sort };
    let page = PageRequest::first(LOOKED_AT)?;
    let listed = graph.backend().list(&recent, &page).await?.items;
    let mut nearest: Vec<(f64, &Memory)> = listed
        .iter()
        .map(|memory| (similarity(memory.id.as_str(), id), memory))
        .filter(|(near, _)| *near > ALIKE)
        .collect();
    nearest.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut named: Vec<Memory> = nearest
        .into_iter()
        .take(NAMED)
        .map(|(_, memory)| memory.clone())
        .collect();
    if named.is_empty() {
        // A title in the place of an id is the likeliest mistake.
        let query = SearchQuery {
            text: id.to_owned(),
            mode: SearchMode::Normal,
            filter: MemoryFilter::default(),
        };
        let found = graph
            .backend()
            .search(&query, &PageRequest::first(3)?)
            .await?;
        named.extend(found.items.into_iter().map(|hit| hit.memory));
    }
    let list: Vec<String> = named
        .iter()
        .map(|memory| format!("{} ({})", memory.id, memory.title))
        .collect();
    let advice = if list.is_empty() {
        "find it with recall_memories".to_owned()
    } else {
        format!(
            "nearest: {}; else find it with recall_memories",
            list.join(", ")
        )
    };
    let nearest: Vec<Value> = named
        .iter()
        .map(|memory| json!({ "id": memory.id, "title": memory.title }))
        .collect();
    let message = format!("{field}: no memory has the id {id:?}; {advice}");
    Ok(Refusal::new("not_found", message)
        .with("field", field)
        .with("nearest", nearest))
}

/// Returns the id of a relationship that is there; or names those that may be meant.
pub(super) async fn joined(
    graph: &MemoryGraph,
    field: &str,
    id: &str,
) -> Result<RelationshipId, Refusal> {
    let parsed = RelationshipId::new(id).map_err(|invalid| Refusal::argument(field, invalid))?;
    if graph.backend().relationship(&parsed).await?.is_some() {
        return Ok(parsed);
    }
    let memory = match MemoryId::new(id) {
        Ok(id) => graph.backend().memory(&id).await?,
        Err(_) => None,
    };
    let (message, nearest) = if let Some(memory) = memory {
        let message = format!("{id:?} is a memory ({}), not a relationship", memory.title);
        (message, of_memory(graph, memory.id).await?)
    } else {
        let message = format!("no relationship has the id {id:?}");
        (message, near(graph, id).await?)
    };
    let mut named = Vec::new();
    let mut shown = Vec::new();
    for near in nearest {
        let (id, from, to, kind) = (near.id, near.from, near.to, near.relationship_type);
        named.push(format!("{id} ({from} -{kind}-> {to})"));
        shown.push(json!({
            "id": id, "from_memory_id": from, "to_memory_id": to, "type": kind,
        }));
    }
    let advice = "get_memory lists the relationships of a memory";
    let message = if named.is_empty() {
        format!("{field}: {message}; {advice}")
    } else {
        let named = named.join(", ");
        format!("{field}: {message}; nearest: {named}; else {advice}")
    };
    Err(Refusal::new("not_found", message)
        .with("field", field)
        .with("nearest", shown))
}

/// Returns some of the relationships of a memory.
async fn of_memory(graph: &MemoryGraph, id: MemoryId) -> Result<Vec<Relationship>, Refusal> {
    let query = RelationshipQuery {
        touching: vec![id],
        ..RelationshipQuery::default()
    };
    let page = PageRequest::first(3)?;
    Ok(graph.backend().relationships(&query, &page).await?.items)
}

/// Returns the relationships whose ids are most like one that nothing has.
async fn near(graph: &MemoryGraph, id: &str) -> Result<Vec<Relationship>, Refusal> {
    let asked = Trigrams::of(id);
    let mut nearest: Vec<(f64, Relationship)> = Vec::new();
    let mut page = PageRequest::first(LOOKED_AT)?;
    for _ in 0..PAGES {
        let all = RelationshipQuery::default();
        let found = graph.backend().relationships(&all, &page).await?;
        let alike = found.items.into_iter().map(|joins| {
            let alike = Trigrams::of(joins.id.as_str()).similarity(&asked);
            (alike, joins)
        });
        nearest.extend(alike.filter(|(alike, _)| *alike > ALIKE));
        nearest.sort_by(|a, b| b.0.total_cmp(&a.0));
        nearest.truncate(NAMED);
        match found.next {
            Some(cursor) => page.after = Some(cursor),
            None => break,
        }
    }
    Ok(nearest.into_iter().map(|(_, joins)| joins).collect())
}
