use domain::{
    AsOf, Direction, Memory, MemoryContext, MemoryId, PageRequest, RelationshipQuery, Score,
    Timestamp, time_text,
};
use memorygraph::{Draft, Duplicates, MemoryGraph, Update};
use rmcp::model::{CallToolResult, JsonObject};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    listing::{as_of, result},
    refusal::{Refusal, known, memory_id, unknown},
};

/// How many relationships an answer about one memory shows.
const SHOWN: u32 = 50;

#[derive(Debug, Deserialize)]
pub(super) struct Store {
    r#type: String,
    title: String,
    content: String,
    summary: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    importance: Option<f64>,
    context: Option<JsonObject>,
    #[serde(default)]
    allow_duplicates: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Get {
    memory_id: String,
    #[serde(default = "yes")]
    include_relationships: bool,
    as_of: Option<String>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize)]
pub(super) struct Change {
    memory_id: String,
    r#type: Option<String>,
    title: Option<String>,
    content: Option<String>,
    summary: Option<String>,
    tags: Option<Vec<String>>,
    importance: Option<f64>,
    context: Option<JsonObject>,
    expected_version: Option<u32>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Delete {
    memory_id: String,
}

impl Store {
    /// Says it as the application takes it.
    pub(super) fn draft(self) -> Result<Draft, Refusal> {
        let plain = Draft::new(self.r#type.parse()?, self.title, self.content);
        let importance = self.importance;
        let importance = importance.map(|value| Score::new("importance", value));
        Ok(Draft {
            summary: self.summary,
            tags: self.tags,
            importance: importance.transpose()?.unwrap_or(plain.importance),
            context: self.context.map(context).transpose()?,
            duplicates: duplicates(self.allow_duplicates),
            ..plain
        })
    }
}

pub(super) fn duplicates(allowed: bool) -> Duplicates {
    if allowed {
        Duplicates::Keep
    } else {
        Duplicates::Refuse
    }
}

pub(super) async fn store(graph: &MemoryGraph, store: Store) -> Result<CallToolResult, Refusal> {
    let draft = store.draft()?;
    draft.check()?;
    let memory = graph.remember(draft).await?;
    let text = format!("Memory stored successfully with ID: {}", memory.id);
    Ok(result(text, json!({ "memory": memory })))
}

/// Reads where a memory comes from; keys that have no field are kept as metadata.
fn context(given: JsonObject) -> Result<MemoryContext, Refusal> {
    const FIELDS: [&str; 16] = [
        "project_path",
        "files_involved",
        "languages",
        "frameworks",
        "technologies",
        "git_commit",
        "git_branch",
        "working_directory",
        "timestamp",
        "session_id",
        "user_id",
        "additional_metadata",
        "tenant_id",
        "team_id",
        "visibility",
        "created_by",
    ];
    let mut metadata = JsonObject::new();
    let mut context = MemoryContext::default();
    for (name, value) in given.into_iter().filter(|(_, value)| !value.is_null()) {
        if !FIELDS.contains(&name.as_str()) {
            metadata.insert(name, value);
            continue;
        }
        let mut fields = json!(context);
        fields[&name] = value;
        context = serde_json::from_value(fields)
            .map_err(|error| Refusal::argument(&format!("context.{name}"), error))?;
    }
    context.additional_metadata.extend(metadata);
    Ok(context)
}

pub(super) async fn get(graph: &MemoryGraph, get: Get) -> Result<CallToolResult, Refusal> {
    let id = memory_id("memory_id", &get.memory_id)?;
    let moment = as_of(get.as_of.as_deref())?;
    let present = graph.get(&id).await?;
    let deleted = present.is_none();
    let memory = match (moment, present) {
        (AsOf::At(time), _) => then(graph, &id, time).await?,
        (_, present) => present,
    };
    let Some(memory) = memory else {
        return Err(unknown(graph, "memory_id", &get.memory_id).await?);
    };
    let mut text = format!(
        "**{}**\nID: {}\nType: {}\nImportance: {}\nVersion: {}\nCreated: {}\nUpdated: {}",
        memory.title,
        memory.id,
        memory.memory_type.as_str(),
        memory.importance.get(),
        memory.version,
        time_text(memory.created_at),
        time_text(memory.updated_at),
    );
    if deleted {
        text.push_str("\nDeleted: since then; when is not kept");
    }
    let mut add = |name: &str, value: &str| text.push_str(&format!("\n{name}: {value}"));
    if !memory.tags.is_empty() {
        add("Tags", &memory.tags.join(", "));
    }
    if let Some(summary) = &memory.summary {
        add("Summary", summary);
    }
    if let Some(until) = memory.valid_until {
        add("Valid until", &time_text(until));
    }
    if let Some(by) = &memory.superseded_by {
        add("Superseded by", by.as_str());
    }
    if let Some(context) = &memory.context {
        add("Context", &json!(context).to_string());
    }
    text.push_str(&format!("\n\n{}", memory.content));
    let mut json = json!({ "memory": memory });
    if deleted {
        json["deleted"] = true.into();
    }
    if get.include_relationships {
        let query = RelationshipQuery {
            touching: vec![id],
            direction: Direction::Both,
            as_of: moment,
            ..RelationshipQuery::default()
        };
        let found = graph
            .relationships(&query, &PageRequest::first(SHOWN)?)
            .await?;
        for joins in &found.items {
            let (from, to) = (&joins.from, &joins.to);
            text.push_str(&format!("\n{from} -{}-> {to}", joins.relationship_type));
        }
        if found.next.is_some() {
            text.push_str("\nMore relationships: get_related_memories");
        }
        json["more_relationships"] = found.next.is_some().into();
        json["relationships"] = json!(found.items);
    }
    Ok(result(text, json))
}

/// Returns the state that a memory had; none when it never was there.
async fn then(
    graph: &MemoryGraph,
    id: &MemoryId,
    time: Timestamp,
) -> Result<Option<Memory>, Refusal> {
    let last = graph.memory_history(id, &PageRequest::first(1)?).await?;
    let Some(last) = last.items.into_iter().next() else {
        return Ok(None);
    };
    let state = graph.memory_as_of(id, time).await?;
    if state.is_some() {
        return Ok(state);
    }
    let until = last.valid_until.map_or("now".to_owned(), time_text);
    let from = time_text(last.valid_from);
    let message = format!("the memory did not hold then: it is valid from {from} until {until}");
    Err(Refusal::argument("as_of", message))
}

pub(super) async fn update(graph: &MemoryGraph, change: Change) -> Result<CallToolResult, Refusal> {
    let memory = known(graph, "memory_id", &change.memory_id).await?;
    let importance = change.importance;
    let importance = importance.map(|value| Score::new("importance", value));
    let update = Update {
        memory_type: change.r#type.map(|name| name.parse()).transpose()?,
        title: change.title,
        content: change.content,
        summary: change.summary,
        tags: change.tags,
        importance: importance.transpose()?,
        context: change.context.map(context).transpose()?,
        expected_version: change.expected_version,
        ..Update::default()
    };
    let nothing = Update {
        expected_version: update.expected_version,
        ..Update::default()
    };
    if update == nothing {
        let message = "nothing to change: give title, content, summary, tags, importance, type or \
                       context";
        return Err(Refusal::new("invalid_argument", message));
    }
    let updated = graph.update(&memory.id, &update).await?;
    let mut text = format!(
        "Memory updated successfully: {} (version {})",
        updated.memory.id, updated.memory.version
    );
    if !updated.merged.is_empty() {
        let kept = updated.merged.join(", ");
        text.push_str(&format!("\nOthers changed {kept} since; that is kept."));
    }
    Ok(result(text, json!(updated)))
}

pub(super) async fn delete(graph: &MemoryGraph, delete: Delete) -> Result<CallToolResult, Refusal> {
    let memory = known(graph, "memory_id", &delete.memory_id).await?;
    let forgotten = graph.forget(&memory.id).await?;
    let text = format!(
        "Memory deleted successfully: {} ({}), with {} relationships",
        memory.id, memory.title, forgotten.relationships
    );
    let json: Value = json!(forgotten);
    Ok(result(text, json))
}
