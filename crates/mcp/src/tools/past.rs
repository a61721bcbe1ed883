use domain::{Cursor, PageRequest, Timestamp, time_text};
use memorygraph::{ActivityQuery, MemoryGraph, SystemClock};
use ports::{Changed, Clock};
use rmcp::model::CallToolResult;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    listing::{Entry, cursor, line, list_result, pack, result, shown, time, told_rest},
    refusal::{Refusal, memory_id, unknown},
};
use crate::progress::Progress;

const DAY: i64 = 86_400;

#[derive(Debug, Deserialize)]
pub(super) struct Activity {
    days: Option<i64>,
    project: Option<String>,
    limit: Option<u32>,
    cursor: Option<String>,
    budget_tokens: Option<usize>,
}

/// What of an activity was shown: it goes on behind.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Shown {
    since: i64,
    unresolved: usize,
    recent: usize,
}

#[derive(Debug, Deserialize)]
pub(super) struct History {
    memory_id: String,
    limit: Option<u32>,
    cursor: Option<String>,
    budget_tokens: Option<usize>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Changes {
    since: String,
    limit: Option<u32>,
    cursor: Option<String>,
    budget_tokens: Option<usize>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn activity(
    graph: &MemoryGraph,
    asked: Activity,
) -> Result<CallToolResult, Refusal> {
    let days = asked.days.unwrap_or(7);
    let made_for = (days, &asked.project);
    let begin: Shown = match &asked.cursor {
        Some(text) => cursor(text).position(&made_for)?,
        None => Shown {
            since: SystemClock::new().now().as_second() - days * DAY,
            ..Shown::default()
        },
    };
    let since = Timestamp::from_second(begin.since)
        .map_err(|_| Refusal::argument("days", "reaches too far back"))?;
    let limit = PageRequest::first(asked.limit.unwrap_or(20))?.size();
    // One more tells whether there are more.
    let read = begin.unresolved.max(begin.recent).saturating_add(limit + 1);
    let most = PageRequest::LARGEST;
    let query = ActivityQuery {
        project: asked.project.clone(),
        since,
        limit: u32::try_from(read).map_or(most, |read| read.min(most)),
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
    let mut end = Shown { ..begin };
    let mut more = false;
    let parts = [
        (
            "unresolved",
            "Unresolved problems and errors",
            activity.unresolved,
            &mut end.unresolved,
        ),
        ("recent", "Recent", activity.recent, &mut end.recent),
    ];
    for (name, title, memories, shown) in parts {
        more |= memories.len().saturating_sub(*shown) > limit;
        let memories = memories.iter().skip(*shown).take(limit);
        let mut entries: Vec<Entry> = memories
            .map(|memory| Entry {
                json: json!(memory),
                text: line(memory),
            })
            .collect();
        left_out += pack(&mut entries, budget);
        *shown += entries.len();
        let spent: usize = entries.iter().map(Entry::tokens).sum();
        budget = budget.map(|budget| budget.saturating_sub(spent));
        text.push_str(&format!("\n\n{title} ({}):", entries.len()));
        for entry in &entries {
            text.push_str(&format!("\n- {}", entry.text));
        }
        json[name] = entries.into_iter().map(|entry| entry.json).collect();
    }
    let next = (more || left_out > 0).then(|| Cursor::new(&made_for, &end));
    told_rest(&mut text, &mut json, next.as_ref(), left_out);
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
    let id = memory_id("memory_id", &asked.memory_id)?;
    let mut page = PageRequest::first(asked.limit.unwrap_or(20))?;
    page.after = asked.cursor.as_deref().map(cursor);
    let found = graph.memory_history(&id, &page).await?;
    if found.items.is_empty() && page.after.is_none() {
        return Err(unknown(graph, "memory_id", &asked.memory_id).await?);
    }
    let mut entries: Vec<Entry> = found
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
    let left_out = pack(&mut entries, asked.budget_tokens);
    let mut next = found.next;
    if left_out > 0 {
        page.limit = shown(&entries)?;
        next = graph.memory_history(&id, &page).await?.next;
    }
    let title = format!("{} states, newest first:", entries.len());
    Ok(list_result(&title, entries, next.as_ref(), left_out))
}

pub(super) async fn changes(
    graph: &MemoryGraph,
    asked: Changes,
) -> Result<CallToolResult, Refusal> {
    let mut page = PageRequest::first(asked.limit.unwrap_or(50))?;
    page.after = asked.cursor.as_deref().map(cursor);
    let since = time("since", &asked.since)?;
    let found = graph.changes_since(since, &page).await?;
    let mut entries: Vec<Entry> = found
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
    let left_out = pack(&mut entries, asked.budget_tokens);
    let mut next = found.next;
    if left_out > 0 {
        page.limit = shown(&entries)?;
        next = graph.changes_since(since, &page).await?.next;
    }
    let title = format!("{} changes, oldest first:", entries.len());
    Ok(list_result(&title, entries, next.as_ref(), left_out))
}

pub(super) async fn sync(
    graph: &MemoryGraph,
    _: Nothing,
    progress: &Progress,
) -> Result<CallToolResult, Refusal> {
    let is_replica = graph.sync_status().is_some();
    if is_replica {
        progress.report(0, 1, "asking the primary for what is new");
    }
    let synced = graph.sync().await?;
    if is_replica {
        progress.report(1, 1, "up to date with the primary");
    }
    let text = match &synced {
        Some(synced) => format!("Synced: {} frames came.", synced.frames),
        None => "Nothing to sync: this store is no replica.".to_owned(),
    };
    Ok(result(text, json!({ "synced": synced })))
}
