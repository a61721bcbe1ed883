use memorygraph::MemoryGraph;
use memorygraph::domain::{Cursor, PageRequest};
use memorygraph::ports::{Batch, Change, Quarantined};

use crate::{
    arguments::{Quarantine, QuarantineCommand, QuarantineRelease},
    ask,
    failure::Failure,
    output::Output,
    table::{Table, harmless},
    view::{self, Facts},
};

/// How many records are read at once in order to find one.
const SOUGHT: u32 = 500;

pub(super) async fn quarantine(
    graph: &MemoryGraph,
    asked: &Quarantine,
    output: &mut Output,
) -> Result<(), Failure> {
    match &asked.command {
        None => list(graph, asked, output).await,
        Some(QuarantineCommand::Show(show)) => {
            let record = find(graph, &show.id).await?;
            tell(&record, output)
        }
        Some(QuarantineCommand::Release(asked)) => release(graph, asked, output).await,
    }
}

async fn list(graph: &MemoryGraph, asked: &Quarantine, output: &mut Output) -> Result<(), Failure> {
    let first = PageRequest::first(asked.limit)?;
    let page = match &asked.after {
        Some(cursor) => first.after(Cursor::from(cursor.clone())),
        None => first,
    };
    let records = graph.quarantine(&page).await?;
    if output.is_json() {
        return Ok(output.json(&records)?);
    }
    if records.items.is_empty() {
        return Ok(output.line("Nothing is in quarantine.")?);
    }
    let mut table = Table::new(&["ID", "KIND", "SINCE", "REASON"], 3);
    for record in &records.items {
        table.row([
            record.id.clone(),
            record.kind.as_str().to_owned(),
            view::time(record.at),
            record.reason.clone(),
        ]);
    }
    output.lines(table.lines(output.width()))?;
    Ok(output.next(records.next.as_ref())?)
}

/// Lets go of a record, and shows it a last time.
async fn release(
    graph: &MemoryGraph,
    asked: &QuarantineRelease,
    output: &mut Output,
) -> Result<(), Failure> {
    let record = find(graph, &asked.id).await?;
    if !asked.yes {
        let question = format!(
            "Let go of {} {:?} for good?",
            record.kind.as_str(),
            record.id
        );
        ask::confirm(&question, output)?;
    }
    let batch = Batch::default().then(Change::ReleaseQuarantined(record.id.clone()));
    graph
        .backend()
        .apply(batch)
        .await
        .map_err(memorygraph::Error::from)?;
    tell(&record, output)
}

/// Returns the record with this id.
async fn find(graph: &MemoryGraph, id: &str) -> Result<Quarantined, Failure> {
    let mut page = PageRequest::first(SOUGHT)?;
    loop {
        let records = graph.quarantine(&page).await?;
        let found = records.items.into_iter().find(|record| record.id == id);
        match (found, records.next) {
            (Some(record), _) => return Ok(record),
            (None, Some(cursor)) => page = page.after(cursor),
            (None, None) => break,
        }
    }
    let failure = Failure::not_found(format!("nothing in quarantine has the id {id:?}"));
    Err(failure.hint("memorygraph quarantine shows the ids of what is there"))
}

/// Shows all that a record says.
fn tell(record: &Quarantined, output: &mut Output) -> Result<(), Failure> {
    if output.is_json() {
        return Ok(output.json(record)?);
    }
    let mut facts = Facts::default();
    facts.add("id", &record.id);
    facts.add("kind", record.kind.as_str());
    facts.add("reason", &record.reason);
    facts.add("from", &record.source);
    facts.add("since", view::time(record.at));
    let ids: Vec<_> = record.memories.iter().map(ToString::to_string).collect();
    facts.add("about", ids.join(", "));
    output.lines(facts.lines())?;
    output.line("")?;
    Ok(output.lines(record.document.lines().map(harmless))?)
}
