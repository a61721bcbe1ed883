use std::fmt::Display;

use domain::{
    Invalid, ListQuery, Memory, MemoryFilter, MemoryId, PageRequest, RelationshipId, SearchMode,
    SearchQuery, Sort, text::similarity,
};
use memorygraph::MemoryGraph;
use ports::{BackendError, Conflict, ErrorKind, GraphBackendExt};
use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde_json::{Value, json};

/// How many memories are compared with an id that nothing has.
const LOOKED_AT: u32 = 2_000;
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
        let refusal = Self::new(&kind, format!("{error}{advice}"));
        let memorygraph::Error::Backend(error) = error else {
            return refusal;
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
            Some(Conflict::Cycle(ids)) => refusal.with("found", json!({ "cycle": ids })),
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
    let parsed = MemoryId::new(id).map_err(|invalid| Refusal::argument(field, invalid))?;
    match graph.backend().memory(&parsed).await? {
        Some(memory) => Ok(memory),
        None => Err(unknown(graph, field, id).await?),
    }
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
        .filter(|(near, _)| *near > 0.3)
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

/// Takes the id of a relationship.
pub(super) fn relationship_id(field: &str, id: &str) -> Result<RelationshipId, Refusal> {
    RelationshipId::new(id).map_err(|invalid| Refusal::argument(field, invalid))
}
