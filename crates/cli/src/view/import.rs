//! How the report of an import looks to a person.

use memorygraph::import::{DatabaseImport, Report};

use super::{count, counted, upgrade::upgrade};
use crate::table::on_one_line;

/// How many of what there may be many of are listed; JSON has more.
pub(crate) const LISTED: usize = 20;
/// How many memories of a cycle are named.
const ALONG: usize = 8;

/// Returns what a person wants to know about an import of records.
pub(crate) fn records(report: &Report) -> Vec<String> {
    let mut lines = vec![format!(
        "Imported {}.",
        both(report.memories.added, report.relationships.added)
    )];
    let there = [&report.memories, &report.relationships].map(|tally| tally.already_there);
    if there != [0, 0] {
        lines.push(format!("Already there: {}.", both(there[0], there[1])));
    }
    let mut note = |number: u64, what: &str| {
        if number > 0 {
            lines.push(on_one_line(&format!("{} {what}", count(number))));
        }
    };
    note(
        report.memories_differing,
        "of those memories say something else in the file; the store was left as it is",
    );
    note(
        report.relationships_reinforced,
        "relationships state what another one of the file does, and reinforced it",
    );
    for (field, number) in &report.fields_ignored {
        let what = format!("times the field {field:?} of a relationship, which has no place here");
        note(*number, &what);
    }
    if !report.damage.is_empty() {
        lines.push(String::new());
        lines.push("The file is not as it was written:".to_owned());
        let listed = report.damage.iter().map(|damage| on_one_line(damage));
        lines.extend(listed.map(|damage| format!("  {damage}")));
    }
    if !report.cycles.is_empty() {
        lines.push(String::new());
        lines.push("Cycles of types that should have none, kept as they are:".to_owned());
        for cycle in report.cycles.iter().take(LISTED) {
            let around = cycle.memories.iter().chain(cycle.memories.first());
            let ids = around.take(ALONG).map(|id| on_one_line(id.as_str()));
            let mut way = ids.collect::<Vec<_>>().join(" → ");
            if cycle.memories.len() >= ALONG {
                let all = cycle.memories.len();
                way = format!("{way} → … ({all} memories around)");
            }
            lines.push(format!("  {}  {way}", cycle.relationship_type));
        }
        lines.extend(more(report.cycles.len() as u64));
    }
    let aside = report.memories.set_aside + report.relationships.set_aside;
    if aside > 0 {
        lines.push(String::new());
        lines.push(format!(
            "Kept aside: {}; memorygraph quarantine shows them",
            counted(aside, "record", "records")
        ));
        let listed = report.set_aside.iter().take(LISTED);
        lines.extend(listed.map(|problem| format!("  {}", on_one_line(&problem.to_string()))));
        lines.extend(more(aside));
    }
    lines
}

/// Returns what a person wants to know about an import of a database.
pub(crate) fn database(report: &DatabaseImport) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(upgraded) = &report.upgrade {
        lines.push(format!(
            "The file is a store of {}, with {}.",
            on_one_line(&upgraded.from),
            both(
                upgraded.memories + upgraded.memories_quarantined,
                upgraded.relationships + upgraded.relationships_quarantined
            )
        ));
        // Where it was upgraded is a copy that is gone.
        lines.extend(upgrade(upgraded).into_iter().skip(1));
    }
    let (memories, relationships) = (&report.carried.memories, &report.carried.relationships);
    lines.push(format!(
        "Imported {}.",
        both(memories.added, relationships.added)
    ));
    let there = memories.already_there + relationships.already_there;
    if there + relationships.stated_already > 0 {
        lines.push(format!(
            "Already there: {}.",
            both(
                memories.already_there,
                relationships.already_there + relationships.stated_already
            )
        ));
    }
    let kept = &report.carried.quarantined;
    if kept.added > 0 {
        let records = counted(kept.added, "record", "records");
        lines.push(format!("Put into quarantine: {records}."));
    }
    let notices = &report.carried.notices;
    lines.extend(
        notices
            .iter()
            .map(|notice| format!("Note: {}", on_one_line(notice))),
    );
    let differing = memories.differing + relationships.differing;
    if differing > 0 {
        lines.push(String::new());
        lines.push("Differing, and left as they are in the graph:".to_owned());
        let listed = report.carried.differing.iter().take(LISTED);
        lines.extend(listed.map(|it| format!("  {}", on_one_line(&it.id))));
        lines.extend(more(differing));
    }
    lines
}

fn both(memories: u64, relationships: u64) -> String {
    format!(
        "{} and {}",
        counted(memories, "memory", "memories"),
        counted(relationships, "relationship", "relationships")
    )
}

/// Tells how many are not listed.
pub(crate) fn more(number: u64) -> Option<String> {
    let more = number.saturating_sub(LISTED as u64);
    (more > 0).then(|| format!("  and {} more; --json has more of them", count(more)))
}
