use memorygraph::domain::{MemoryId, Page, RelationshipId, Timestamp};
use memorygraph::ports::Clock;
use memorygraph::{ActivityQuery, MemoryGraph, SystemClock};

use super::statement::id_of;
use crate::{
    arguments::{Changes, History, Recent},
    failure::Failure,
    output::Output,
    style::{HEADING, paint},
    view::{self, counted},
};

const SECONDS_A_DAY: i64 = 86_400;

pub(super) async fn history(
    graph: &MemoryGraph,
    history: &History,
    output: &mut Output,
) -> Result<(), Failure> {
    let page = history.paging.request()?;
    let rest = history.rest.as_ref();
    if rest.is_none() && !history.relationship {
        let id = MemoryId::new(&history.id_or_from)?;
        let states = graph.memory_history(&id, &page).await?;
        if states.items.is_empty() {
            return Err(no_states(graph, &id).await?);
        }
        return show(&states, view::past::memory_states, output);
    }
    let id = match rest {
        Some(rest) => id_of(graph, &MemoryId::new(&history.id_or_from)?, rest).await?,
        None => RelationshipId::new(&history.id_or_from)?,
    };
    let states = graph.relationship_history(&id, &page).await?;
    if states.items.is_empty() {
        let message = format!("no relationship has, or had, the id {id:?}");
        return Err(Failure::not_found(message).hint("memorygraph links --ever shows the ids"));
    }
    show(&states, view::past::relationship_states, output)
}

/// Says that no memory had the id, and whether a relationship has it.
async fn no_states(graph: &MemoryGraph, id: &MemoryId) -> Result<Failure, Failure> {
    let failure = Failure::not_found(format!("no memory has, or had, the id {id:?}"));
    let relationship = match RelationshipId::new(id.as_str()) {
        Ok(id) => graph.relationship(&id).await?,
        Err(_) => None,
    };
    Ok(match relationship {
        Some(_) => failure.hint("a relationship has it: --relationship shows the history of that"),
        None => failure.hint("memorygraph search TEXT shows the ids of what is there"),
    })
}

fn show<T: serde::Serialize>(
    states: &Page<T>,
    lines: fn(&[T], bool) -> Vec<String>,
    output: &mut Output,
) -> Result<(), Failure> {
    if output.is_json() {
        return Ok(output.json(states)?);
    }
    output.lines(lines(&states.items, states.next.is_some()))?;
    Ok(output.next(states.next.as_ref())?)
}

pub(super) async fn changes(
    graph: &MemoryGraph,
    changes: &Changes,
    output: &mut Output,
) -> Result<(), Failure> {
    let page = changes.paging.request()?;
    let changed = graph.changes_since(changes.since, &page).await?;
    if output.is_json() {
        return Ok(output.json(&changed)?);
    }
    output.lines(view::past::changes(&changed.items, changes.since))?;
    Ok(output.next(changed.next.as_ref())?)
}

pub(super) async fn recent(
    graph: &MemoryGraph,
    recent: Recent,
    output: &mut Output,
) -> Result<(), Failure> {
    let query = ActivityQuery {
        project: recent.project,
        since: days_ago(recent.days)?,
        limit: recent.limit,
    };
    let activity = graph.recent_activity(&query).await?;
    if output.is_json() {
        return Ok(output.json(&activity)?);
    }
    let days = counted(u64::from(recent.days), "day", "days");
    let kinds = activity.memories_by_type.iter();
    let kinds: Vec<_> = kinds
        .map(|(kind, number)| format!("{kind} {}", view::count(*number)))
        .collect();
    output.line(format_args!(
        "{} kept or changed in {days}{}{}",
        counted(activity.total, "memory", "memories"),
        if kinds.is_empty() { "" } else { ": " },
        kinds.join(", ")
    ))?;
    if activity.truncated {
        output.line("There are more: only the latest were counted.")?;
    }
    output.lines(section("Recent:", &activity.recent, output.width()))?;
    let unresolved = "Unresolved problems and errors:";
    output.lines(section(unresolved, &activity.unresolved, output.width()))?;
    if activity.unresolved.is_empty() {
        output.line("")?;
        output.line("No problem or error is unresolved.")?;
    }
    Ok(())
}

fn section(
    title: &str,
    memories: &[memorygraph::domain::Memory],
    width: Option<usize>,
) -> Vec<String> {
    if memories.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new(), paint(HEADING, title)];
    lines.extend(view::memory::dated(memories, width));
    lines
}

fn days_ago(days: u16) -> Result<Timestamp, Failure> {
    let now = SystemClock::new().now().as_second();
    Timestamp::from_second(now - i64::from(days) * SECONDS_A_DAY)
        .map_err(|_| Failure::usage("--days reaches back before the year 0"))
}
