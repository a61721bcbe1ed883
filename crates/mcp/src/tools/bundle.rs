use std::collections::HashMap;

use domain::{MemoryId, RelationshipId};
use memorygraph::{Draft, Kept, Link, Linked, MemoryGraph};
use rmcp::model::CallToolResult;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    keeping::{self, duplicates},
    listing::result,
    refusal::{Refusal, memory_id, unknown},
    relating::{Relate, two},
};

/// The arguments of `store_memories`.
#[derive(Debug, Deserialize)]
pub(super) struct Bundle {
    memories: Vec<Item>,
    #[serde(default)]
    relationships: Vec<Relate>,
    idempotency_key: Option<String>,
    #[serde(default)]
    allow_duplicates: bool,
}

#[derive(Debug, Deserialize)]
struct Item {
    r#ref: Option<String>,
    #[serde(flatten)]
    memory: keeping::Store,
}

/// The ids of the memories that have a name in the call.
type Named = HashMap<String, MemoryId>;

pub(super) async fn store(graph: &MemoryGraph, bundle: Bundle) -> Result<CallToolResult, Refusal> {
    if bundle.memories.is_empty() {
        let message = "has no entry: create_relationship joins memories that are there";
        return Err(Refusal::argument("memories", message));
    }
    let key = bundle.idempotency_key.as_deref();
    let mut named = Named::new();
    let mut names = Vec::new();
    let mut drafts = Vec::new();
    for (at, item) in bundle.memories.into_iter().enumerate() {
        let place = format!("memories[{at}]");
        let id = match key {
            Some(key) => MemoryId::new(repeatable(key, at, &item.memory))?,
            None => graph.new_memory_id()?,
        };
        if let Some(name) = &item.r#ref
            && named.insert(name.clone(), id.clone()).is_some()
        {
            let message = "is the name of a memory before: each has its own";
            return Err(Refusal::argument("ref", message).inside(&place));
        }
        names.push(item.r#ref);
        drafts.push(draft(item.memory, id, bundle.allow_duplicates).map_err(inside(&place))?);
    }
    let mut ends = Vec::new();
    for (at, join) in bundle.relationships.iter().enumerate() {
        ends.push(named_ends(join, &named).map_err(inside(&of(at)))?);
    }
    known_ends(graph, &ends, &drafts, &named).await?;
    let mut links = Vec::new();
    for (at, (join, ends)) in bundle.relationships.into_iter().zip(ends).enumerate() {
        let id = key.map(|key| repeatable(key, at, &join));
        let id = id.map(RelationshipId::new).transpose()?;
        let link = join.kind().and_then(|kind| join.link(kind, ends));
        links.push(Link {
            id,
            ..link.map_err(inside(&of(at)))?
        });
    }
    let kept = graph.remember_related(drafts, links).await;
    let kept = kept.map_err(|error| {
        let refusal = with_names(error.into(), &named);
        match refusal.field() {
            Some("relationship_type") => refusal.with("field", "relationships"),
            _ => refusal,
        }
    })?;
    Ok(answer(&kept.memories, &names, &kept.relationships))
}

fn of(at: usize) -> String {
    format!("relationships[{at}]")
}

fn inside(place: &str) -> impl Fn(Refusal) -> Refusal {
    move |refusal| refusal.inside(place)
}

/// Makes an id that a repeated call makes again.
fn repeatable(key: &str, at: usize, what: &impl std::fmt::Debug) -> String {
    let name = format!("{key:?} {at} {what:?}");
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
}

fn draft(memory: keeping::Store, id: MemoryId, allowed: bool) -> Result<Draft, Refusal> {
    let draft = Draft {
        id: Some(id),
        duplicates: duplicates(allowed),
        ..memory.draft()?
    };
    draft.check()?;
    Ok(draft)
}

fn named_ends(join: &Relate, named: &Named) -> Result<(MemoryId, MemoryId), Refusal> {
    let end = |field: &str, text: &String| match named.get(text) {
        Some(id) => Ok(id.clone()),
        None => memory_id(field, text),
    };
    let from = end("from_memory_id", &join.from_memory_id)?;
    let to = end("to_memory_id", &join.to_memory_id)?;
    two(&from, &to)?;
    Ok((from, to))
}

/// Fails when an end is neither a memory that is there nor one of the call.
async fn known_ends(
    graph: &MemoryGraph,
    ends: &[(MemoryId, MemoryId)],
    drafts: &[Draft],
    named: &Named,
) -> Result<(), Refusal> {
    let ours = |id: &MemoryId| drafts.iter().any(|draft| draft.id.as_ref() == Some(id));
    let others = ends.iter().flat_map(|(from, to)| [from, to]);
    let others: Vec<MemoryId> = others.filter(|id| !ours(id)).cloned().collect();
    if others.is_empty() {
        return Ok(());
    }
    let there = graph.backend().memories(&others).await?;
    let missing = |id: &MemoryId| !ours(id) && !there.iter().any(|memory| memory.id == *id);
    for (at, (from, to)) in ends.iter().enumerate() {
        for (field, id) in [("from_memory_id", from), ("to_memory_id", to)] {
            if !missing(id) {
                continue;
            }
            let refusal = unknown(graph, field, id.as_str()).await?.inside(&of(at));
            let mut names: Vec<&str> = named.keys().map(String::as_str).collect();
            names.sort_unstable();
            return Err(if names.is_empty() {
                refusal.and("; or give a memory of this call a ref, and name it")
            } else {
                refusal.and(&format!(
                    "; or one of the refs of this call: {}",
                    names.join(", ")
                ))
            });
        }
    }
    Ok(())
}

/// Adds what the ids in a message are called in the call: the caller has not seen them yet.
fn with_names(refusal: Refusal, named: &Named) -> Refusal {
    let mut called: Vec<String> = named
        .iter()
        .filter(|(_, id)| refusal.message().contains(id.as_str()))
        .map(|(name, id)| format!("{id} is the ref {name:?}"))
        .collect();
    if called.is_empty() {
        return refusal;
    }
    called.sort_unstable();
    refusal.and(&format!(". {}", called.join(", ")))
}

fn answer(memories: &[Kept], names: &[Option<String>], joined: &[Linked]) -> CallToolResult {
    let existed = memories.iter().filter(|kept| kept.existed).count();
    let reinforced = joined.iter().filter(|linked| linked.reinforced).count();
    let mut text = format!("Kept {} memories", memories.len());
    if existed > 0 {
        text.push_str(&format!(" ({existed} were there already)"));
    }
    text.push_str(&format!(" and {} relationships", joined.len()));
    if reinforced > 0 {
        text.push_str(&format!(" ({reinforced} reinforced)"));
    }
    for (at, kept) in memories.iter().enumerate() {
        let (id, title) = (&kept.memory.id, &kept.memory.title);
        let was = if kept.existed { ", there already" } else { "" };
        text.push_str(&format!("\n{}. {title} (ID: {id}{was})", at + 1));
    }
    for linked in joined {
        let stated = &linked.relationship;
        let (from, to, kind) = (&stated.from, &stated.to, stated.relationship_type);
        text.push_str(&format!("\n{from} -{kind}-> {to} (ID: {})", stated.id));
        for other in &linked.contradictions {
            let kind = other.relationship_type;
            text.push_str(&format!(", contradicts {kind} {}", other.id));
        }
    }
    let memories = memories.iter().zip(names).map(|(kept, name)| {
        let memory = &kept.memory;
        let mut json = json!({ "id": memory.id, "title": memory.title, "existed": kept.existed });
        if let Some(name) = name {
            json["ref"] = name.as_str().into();
        }
        json
    });
    let joined = joined.iter().map(|linked| {
        let stated = &linked.relationship;
        let contradictions = linked.contradictions.iter();
        let contradictions: Vec<_> = contradictions.map(|other| &other.id).collect();
        json!({
            "id": stated.id,
            "from_memory_id": stated.from,
            "to_memory_id": stated.to,
            "type": stated.relationship_type,
            "reinforced": linked.reinforced,
            "contradictions": contradictions,
        })
    });
    let json = json!({
        "memories": memories.collect::<Vec<Value>>(),
        "relationships": joined.collect::<Vec<Value>>(),
    });
    result(text, json)
}
