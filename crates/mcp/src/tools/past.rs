use domain::{MemoryId, PageRequest, Timestamp, time_text};
use memorygraph::{ActivityQuery, MemoryGraph, SystemClock};
use ports::{Changed, Clock};
use rmcp::model::CallToolResult;
use serde::Deserialize;
use serde_json::json;

use super::{
    listing::{Entry, cursor, line, list_result, pack, result, time},
    refusal::{Refusal, unknown},
};

const DAY: i64 = 86_400;

#[derive(Debug, Deserialize)]
pub(super) struct Activity {
    days: Option<i64>,
    project: Option<String>,
    limit: Option<u32>,
    budget_tokens: Option<usize>,
}

#[derive(Debug, Deserialize)]
pub(super) struct History {
    memory_id: String,
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Changes {
    since: String,
    limit: Option<u32>,
    cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn activity(
    graph: &MemoryGraph,
    asked: Activity,
) -> Result<CallToolResult, Refusal> {
    let days = asked.days.unwrap_or(7);
    let now = SystemClock::new().now();
    let since = Timestamp::from_second(now.as_second() - days * DAY)
        .map_err(|_| Refusal::argument("days", "reaches too far back"))?;
    let query = ActivityQuery {
        project: asked.project,
        since,
        limit: asked.limit.unwrap_or(20),
    };
    let activity = graph.recent_activity(&query).await?;
    let mut text = format!("{} memories in {days} days", activity.total);
    for (kind, count) in &activity.memories_by_type {
        text.push_str(&format!("\n{}: {count}", kind.as_str()));
    }
    let mut json = json!({
        "memories_by_type": activity.memories_by_type,
        "total": activity.total,
        "truncated": activity.truncated,
    });
    // What is unresolved matters most, so it has the budget first.
    let mut budget = asked.budget_tokens;
    let mut left_out = 0;
    let parts = [
        (
            "unresolved",
            "Unresolved problems and errors",
            activity.unresolved,
        ),
        ("recent", "Recent", activity.recent),
    ];
    for (name, title, memories) in parts {
        let mut entries: Vec<Entry> = memories
            .iter()
            .map(|memory| Entry {
                json: json!(memory),
                text: line(memory),
            })
            .collect();
        left_out += pack(&mut entries, budget);
        let spent: usize = entries.iter().map(Entry::tokens).sum();
        budget = budget.map(|budget| budget.saturating_sub(spent));
        text.push_str(&format!("\n\n{title} ({}):", entries.len()));
        for entry in &entries {
            text.push_str(&format!("\n- {}", entry.text));
        }
        json[name] = entries.into_iter().map(|entry| entry.json).collect();
    }
    if left_out > 0 {
        text.push_str(&format!(
            "\n\n{left_out} more did not fit into budget_tokens."
        ));
        json["left_out"] = left_out.into();
    }
    Ok(result(text, json))
}

pub(super) async fn statistics(graph: &MemoryGraph, _: Nothing) -> Result<CallToolResult, Refusal> {
    let counted = json!(graph.statistics().await?);
    let mut text = String::from("Statistics:");
    for (name, value) in counted.as_object().into_iter().flatten() {
        text.push_str(&format!("\n{name}: {value}"));
    }
    Ok(result(text, counted))
}

pub(super) async fn history(
    graph: &MemoryGraph,
    asked: History,
) -> Result<CallToolResult, Refusal> {
    let id = MemoryId::new(&asked.memory_id)?;
    let mut page = PageRequest::first(asked.limit.unwrap_or(20))?;
    page.after = asked.cursor.as_deref().map(cursor);
    let found = graph.memory_history(&id, &page).await?;
    if found.items.is_empty() && page.after.is_none() {
        return Err(unknown(graph, "memory_id", &asked.memory_id).await?);
    }
    let entries: Vec<Entry> = found
        .items
        .iter()
        .map(|state| Entry {
            text: format!(
                "version {} of {}\n   {}",
                state.version,
                time_text(state.updated_at),
                line(state)
            ),
            json: json!(state),
        })
        .collect();
    let title = format!("{} states, newest first:", entries.len());
    Ok(list_result(&title, entries, found.next.as_ref(), 0))
}

pub(super) async fn changes(
    graph: &MemoryGraph,
    asked: Changes,
) -> Result<CallToolResult, Refusal> {
    let mut page = PageRequest::first(asked.limit.unwrap_or(50))?;
    page.after = asked.cursor.as_deref().map(cursor);
    let found = graph
        .changes_since(time("since", &asked.since)?, &page)
        .await?;
    let entries: Vec<Entry> = found
        .items
        .iter()
        .map(|change| {
            let what = match change {
                Changed::Memory(memory) => line(memory),
                Changed::Relationship(joins) => {
                    let kind = joins.relationship_type;
                    format!("{} -{kind}-> {} ({})", joins.from, joins.to, joins.id)
                }
            };
            Entry {
                text: format!("{}: {what}", time_text(change.at())),
                json: json!(change),
            }
        })
        .collect();
    let title = format!("{} changes, oldest first:", entries.len());
    Ok(list_result(&title, entries, found.next.as_ref(), 0))
}

pub(super) async fn sync(graph: &MemoryGraph, _: Nothing) -> Result<CallToolResult, Refusal> {
    let synced = graph.sync().await?;
    let text = match &synced {
        Some(synced) => format!("Synced: {} frames came.", synced.frames),
        None => "Nothing to sync: this store is no replica.".to_owned(),
    };
    Ok(result(text, json!({ "synced": synced })))
}
