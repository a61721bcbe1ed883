use std::num::NonZeroU32;

use domain::{
    Cursor, Direction, MemoryId, PageRequest, PathQuery, Relationship, RelationshipId,
    RelationshipQuery, RelationshipType, Score, Walk, evidence::Outcome,
};
use memorygraph::{ContextualSearch, Ending, Link, MemoryGraph};
use rmcp::model::CallToolResult;
use serde::Deserialize;
use serde_json::json;

use super::{
    finding::{entries, shown},
    listing::{Entry, as_of, cursor, line, list_result, pack, result, time},
    refusal::{Refusal, joined, known},
};

#[derive(Debug, Deserialize)]
pub(super) struct Relate {
    pub(super) from_memory_id: String,
    pub(super) to_memory_id: String,
    relationship_type: String,
    strength: Option<f64>,
    confidence: Option<f64>,
    context: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Related {
    memory_id: String,
    #[serde(default)]
    relationship_types: Vec<String>,
    max_depth: Option<u8>,
    direction: Option<String>,
    limit: Option<u32>,
    #[serde(default)]
    offset: u32,
    cursor: Option<String>,
    as_of: Option<String>,
    budget_tokens: Option<usize>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Near {
    memory_id: String,
    query: String,
    max_depth: Option<u8>,
    limit: Option<u32>,
    #[serde(default)]
    offset: u32,
    cursor: Option<String>,
    as_of: Option<String>,
    budget_tokens: Option<usize>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Way {
    from_memory_id: String,
    to_memory_id: String,
    max_depth: Option<u8>,
    #[serde(default)]
    relationship_types: Vec<String>,
    as_of: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Ends {
    from_memory_id: String,
    to_memory_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Trial {
    relationship_id: Option<String>,
    from_memory_id: Option<String>,
    to_memory_id: Option<String>,
    success: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(super) struct End {
    relationship_id: String,
    until: Option<String>,
    invalidated_by: Option<String>,
}

fn types(names: &[String]) -> Result<Vec<RelationshipType>, Refusal> {
    names
        .iter()
        .map(|name| relationship_type("relationship_types", name))
        .collect()
}

fn relationship_type(field: &str, name: &str) -> Result<RelationshipType, Refusal> {
    name.parse().map_err(|invalid: domain::Invalid| {
        let valid: Vec<_> = RelationshipType::ALL
            .iter()
            .map(|kind| kind.as_str())
            .collect();
        Refusal::argument(field, invalid).with("valid", valid)
    })
}

fn limit(given: Option<u32>, default: u32, offset: u32) -> Result<NonZeroU32, Refusal> {
    let most = given.unwrap_or(default).saturating_add(offset);
    NonZeroU32::new(most.min(Walk::LARGEST))
        .ok_or_else(|| Refusal::argument("limit", "is a number from 1 to 1000, got 0"))
}

impl Relate {
    pub(super) fn kind(&self) -> Result<RelationshipType, Refusal> {
        relationship_type("relationship_type", &self.relationship_type)
    }

    /// Joins the two memories that the call names.
    pub(super) fn link(
        self,
        kind: RelationshipType,
        (from, to): (MemoryId, MemoryId),
    ) -> Result<Link, Refusal> {
        let strength = self.strength.map(|value| Score::new("strength", value));
        let confidence = self.confidence.map(|value| Score::new("confidence", value));
        Ok(Link {
            strength: strength.transpose()?,
            confidence: confidence.transpose()?,
            context: self.context,
            ..Link::new(from, kind, to)
        })
    }
}

/// Fails when both ends of a relationship are one memory.
pub(super) fn two(from: &MemoryId, to: &MemoryId) -> Result<(), Refusal> {
    if from == to {
        let message = "is the memory itself: a relationship joins two";
        return Err(Refusal::argument("to_memory_id", message));
    }
    Ok(())
}

pub(super) async fn relate(graph: &MemoryGraph, relate: Relate) -> Result<CallToolResult, Refusal> {
    let kind = relate.kind()?;
    let from = known(graph, "from_memory_id", &relate.from_memory_id).await?;
    let to = known(graph, "to_memory_id", &relate.to_memory_id).await?;
    two(&from.id, &to.id)?;
    let link = relate.link(kind, (from.id, to.id))?;
    let linked = graph.relate(link).await?;
    let kept = &linked.relationship;
    let mut text = if linked.reinforced {
        let count = kept.evidence_count;
        format!(
            "Relationship reinforced: {} (now stated {count} times)",
            kept.id
        )
    } else {
        format!("Relationship created successfully: {}", kept.id)
    };
    for other in &linked.contradictions {
        text.push_str(&format!(
            "\nContradicts {} {}",
            other.relationship_type, other.id
        ));
    }
    Ok(result(text, json!(linked)))
}

pub(super) async fn related(
    graph: &MemoryGraph,
    asked: Related,
) -> Result<CallToolResult, Refusal> {
    let memory = known(graph, "memory_id", &asked.memory_id).await?;
    let direction = asked.direction.as_deref().map(str::to_ascii_lowercase);
    let walk = Walk {
        direction: match direction.as_deref() {
            Some("outgoing") => Direction::Outgoing,
            Some("incoming") => Direction::Incoming,
            _ => Direction::Both,
        },
        types: types(&asked.relationship_types)?,
        depth: asked.max_depth.unwrap_or(1),
        as_of: as_of(asked.as_of.as_deref())?,
        ..Walk::new(memory.id)
    };
    let skipped = match &asked.cursor {
        Some(text) => cursor(text).position::<u32>(&walk)?,
        None => asked.offset,
    };
    let sized = Walk {
        limit: limit(asked.limit, 20, skipped)?,
        ..walk.clone()
    };
    let walked = graph.related(&sized).await?;
    let steps = walked.steps.into_iter().skip(skipped as usize);
    let mut entries: Vec<Entry> = steps
        .map(|step| Entry {
            text: format!(
                "{}\n   depth {}: {}",
                line(&step.memory),
                step.depth,
                arrow(&step.via)
            ),
            json: json!(step),
        })
        .collect();
    let left_out = pack(&mut entries, asked.budget_tokens);
    let more = walked.truncated || left_out > 0;
    let count = u32::try_from(entries.len()).unwrap_or(Walk::LARGEST);
    let position = skipped.saturating_add(count);
    let next = (more && position < Walk::LARGEST).then(|| Cursor::new(&walk, &position));
    let title = match entries.len() {
        0 => format!("No related memories found for: {}", asked.memory_id),
        count => format!("Found {count} related memories, nearest first:"),
    };
    Ok(list_result(&title, entries, next.as_ref(), left_out))
}

pub(super) fn arrow(via: &Relationship) -> String {
    let strength = via.strength.get();
    let (from, to) = (&via.from, &via.to);
    format!(
        "{from} -{}-> {to} (strength {strength})",
        via.relationship_type
    )
}

pub(super) async fn contextual(graph: &MemoryGraph, near: Near) -> Result<CallToolResult, Refusal> {
    let memory = known(graph, "memory_id", &near.memory_id).await?;
    let search = ContextualSearch {
        depth: near.max_depth.unwrap_or(2),
        as_of: as_of(near.as_of.as_deref())?,
        ..ContextualSearch::new(memory.id, near.query)
    };
    let skipped = match &near.cursor {
        Some(text) => cursor(text).position::<u32>(&search)?,
        None => near.offset,
    };
    let asked = limit(near.limit, 20, 0)?;
    let one_more = ContextualSearch {
        // One more tells whether there are more.
        limit: limit(Some(asked.get()), 20, 1)?,
        skip: skipped as usize,
        ..search.clone()
    };
    let mut hits = graph.contextual_search(&one_more).await?;
    let more = hits.len() > asked.get() as usize;
    hits.truncate(asked.get() as usize);
    let mut entries = entries(hits);
    let left_out = pack(&mut entries, near.budget_tokens);
    let count = u32::try_from(entries.len()).unwrap_or(Walk::LARGEST);
    let position = skipped.saturating_add(count);
    let next = (more || left_out > 0).then(|| Cursor::new(&search, &position));
    Ok(shown(entries, next.as_ref(), left_out))
}

pub(super) async fn path(graph: &MemoryGraph, way: Way) -> Result<CallToolResult, Refusal> {
    let from = known(graph, "from_memory_id", &way.from_memory_id).await?;
    let to = known(graph, "to_memory_id", &way.to_memory_id).await?;
    let query = PathQuery {
        types: types(&way.relationship_types)?,
        max_depth: way.max_depth.unwrap_or(5),
        as_of: as_of(way.as_of.as_deref())?,
        ..PathQuery::new(from.id, to.id)
    };
    let Some(path) = graph.path(&query).await? else {
        let text = format!("No path of at most {} relationships.", query.max_depth);
        return Ok(result(text, json!({ "found": false })));
    };
    let mut text = format!("{} relationships:\n{}", path.steps.len(), line(&path.start));
    for step in &path.steps {
        text.push_str(&format!("\n{}\n{}", arrow(&step.via), line(&step.memory)));
    }
    let hops = path.steps.len();
    Ok(result(
        text,
        json!({ "found": true, "hops": hops, "path": path }),
    ))
}

pub(super) async fn suggest(graph: &MemoryGraph, ends: Ends) -> Result<CallToolResult, Refusal> {
    let from = known(graph, "from_memory_id", &ends.from_memory_id).await?;
    let to = known(graph, "to_memory_id", &ends.to_memory_id).await?;
    if from.id == to.id {
        return Err(Refusal::argument(
            "to_memory_id",
            "is the same memory: name another one",
        ));
    }
    let found = graph.suggest_relationship_types(&from.id, &to.id).await?;
    let lines: Vec<String> = found
        .iter()
        .map(|fit| format!("{} ({})", fit.relationship_type, fit.confidence.get()))
        .collect();
    Ok(result(lines.join("\n"), json!({ "items": found })))
}

pub(super) async fn reinforce(
    graph: &MemoryGraph,
    trial: Trial,
) -> Result<CallToolResult, Refusal> {
    let id = tried(graph, &trial).await?;
    let outcome = if trial.success.unwrap_or(true) {
        Outcome::Success
    } else {
        Outcome::Failure
    };
    let kept = graph.reinforce(&id, outcome).await?;
    let (strength, confidence) = (kept.strength.get(), kept.confidence.get());
    let text = format!("Relationship {id}: strength {strength:.3}, confidence {confidence:.3}");
    Ok(result(text, json!({ "relationship": kept })))
}

/// Finds the relationship that is meant: by its id, or as the only one between two memories.
async fn tried(graph: &MemoryGraph, trial: &Trial) -> Result<RelationshipId, Refusal> {
    if let Some(id) = &trial.relationship_id {
        return joined(graph, "relationship_id", id).await;
    }
    let (Some(from), Some(to)) = (&trial.from_memory_id, &trial.to_memory_id) else {
        let message = "is missing: give it, or from_memory_id and to_memory_id";
        return Err(Refusal::argument("relationship_id", message));
    };
    let from = known(graph, "from_memory_id", from).await?.id;
    let to = known(graph, "to_memory_id", to).await?.id;
    let query = RelationshipQuery {
        touching: vec![from.clone()],
        direction: Direction::Outgoing,
        ..RelationshipQuery::default()
    };
    let mut joining = Vec::new();
    let mut page = PageRequest::first(PageRequest::LARGEST)?;
    loop {
        let found = graph.relationships(&query, &page).await?;
        let other = |joins: &Relationship| joins.other_end(&from, Direction::Outgoing) == Some(&to);
        joining.extend(found.items.into_iter().filter(other));
        match found.next {
            Some(cursor) => page.after = Some(cursor),
            None => break,
        }
    }
    match &joining[..] {
        [] => {
            let message = format!("no relationship leads from {from} to {to}: create one first");
            Err(Refusal::new("not_found", message))
        }
        [one] => Ok(one.id.clone()),
        many => {
            let names: Vec<String> = many
                .iter()
                .map(|joins| format!("{} ({})", joins.id, joins.relationship_type))
                .collect();
            let message = format!("name one of them: {}", names.join(", "));
            Err(Refusal::argument("relationship_id", message))
        }
    }
}

pub(super) async fn invalidate(graph: &MemoryGraph, end: End) -> Result<CallToolResult, Refusal> {
    let id = joined(graph, "relationship_id", &end.relationship_id).await?;
    let by = match &end.invalidated_by {
        Some(by) => Some(joined(graph, "invalidated_by", by).await?),
        None => None,
    };
    let until = end.until.as_deref().map(|text| time("until", text));
    let ending = Ending {
        until: until.transpose()?,
        by,
    };
    let ended = graph.invalidate(&id, ending).await?;
    let until = ended.valid_until.map(domain::time_text).unwrap_or_default();
    let text = format!("Relationship {id} holds until {until}; its past stays.");
    Ok(result(text, json!({ "relationship": ended })))
}
