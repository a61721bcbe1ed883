//! How the state of a store looks to a person.

use memorygraph::ports::{Finding, Health, Trouble};
use memorygraph::{BackendName, Config};

use super::{Facts, count, counted, size, sync};
use crate::{
    commands::health::Permissions,
    style::{WARNING, paint},
    table::on_one_line,
};

/// Returns how the store that `config` leads to is; without `findings`, nobody looked.
pub(crate) fn health(
    health: &Health,
    config: &Config,
    permissions: Option<&Permissions>,
    findings: Option<&[Finding]>,
) -> Vec<String> {
    let mut facts = Facts::default();
    facts.add("backend", health.backend);
    facts.add("location", &health.location);
    facts.add("set by", origins(config));
    if let Some(permissions) = permissions {
        facts.add("permissions", explained(permissions));
    }
    facts.add("engine", &health.engine);
    facts.add("schema", format!("version {}", health.schema_version.0));
    facts.add("memories", count(health.memories));
    facts.add("relationships", count(health.relationships));
    if let Some(bytes) = health.size_bytes {
        facts.add("size", size(bytes));
    }
    let mut warnings = health.warnings.clone();
    if let Some(status) = &health.sync {
        facts.add("sync", status.state);
        facts.add("last sync", sync::last_success(status));
        let auto_sync = config.turso_auto_sync.value;
        let interval = auto_sync.then_some(config.turso_sync_interval.value);
        warnings.extend(sync::staleness(status, interval));
    }
    if findings.is_none() {
        facts.add("inspected", "no: it is large, and --check inspects it");
    }
    let found = findings.unwrap_or_default();
    match (warnings.is_empty(), found.is_empty()) {
        (true, true) => facts.add("state", "all is well"),
        (_, false) => facts.add("state", "there is trouble, see below"),
        (false, true) => {}
    }
    for warning in &warnings {
        facts.add("warning", warning);
    }
    let mut lines = facts.lines();
    lines.extend(found.iter().flat_map(finding));
    lines
}

/// Returns what was found, what it means and what to do.
fn finding(finding: &Finding) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        paint(
            WARNING,
            format!("{}: {}", headline(finding.trouble), count(finding.count)),
        ),
        format!("  {}", on_one_line(&finding.detail)),
    ];
    lines.extend(examples(finding));
    lines
}

/// Returns what was mended, and how many records went into quarantine meanwhile; none when nobody
/// could count them.
pub(crate) fn repaired(findings: &[Finding], quarantined: Option<u64>) -> Vec<String> {
    if findings.is_empty() {
        return vec!["There was nothing to mend.".to_owned()];
    }
    let mut lines = Vec::new();
    for finding in findings {
        let (what, number) = (headline(finding.trouble), count(finding.count));
        lines.push(format!("Mended: {what}: {number}"));
        lines.extend(examples(finding));
    }
    match quarantined {
        Some(0) => {}
        Some(number) => lines.push(format!(
            "Moved into quarantine: {}; memorygraph quarantine lists {}",
            counted(number, "record", "records"),
            if number == 1 { "it" } else { "them" }
        )),
        None => lines.push("memorygraph quarantine lists what went into quarantine".to_owned()),
    }
    lines
}

/// Returns where trouble was found, as far as the finding names it.
fn examples(finding: &Finding) -> Vec<String> {
    let examples = finding.examples.iter();
    let mut lines: Vec<_> = examples
        .map(|example| format!("  - {}", on_one_line(example)))
        .collect();
    let named = finding.examples.len() as u64;
    if named > 0 && named < finding.count {
        lines.push(format!("  and {} more", count(finding.count - named)));
    }
    lines
}

fn headline(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::DamagedFile => "The file is damaged",
        Trouble::UnreadableMemories => "Rows that are no memories",
        Trouble::UnreadableRelationships => "Rows that are no relationships",
        Trouble::DanglingRelationships => "Relationships that have lost an end",
        Trouble::TextIndexOutOfStep => "The index of words is out of step",
        Trouble::TagIndexOutOfStep => "The index of tags is out of step",
        Trouble::IncompleteSchema => "The schema lacks parts",
        _ => "Trouble",
    }
}

/// Says who can do what with the file.
fn explained(permissions: &Permissions) -> String {
    let who = match (
        permissions.readable_by_others,
        permissions.writable_by_others,
    ) {
        (_, true) => "others on this machine can change it",
        (true, false) => "others on this machine can read it",
        (false, false) => "only its owner can read it",
    };
    let readonly = if permissions.writable {
        ""
    } else {
        "; nobody can write to it"
    };
    format!("{}: {who}{readonly}", permissions.mode)
}

/// Says what led to the store.
fn origins(config: &Config) -> String {
    let path = &config.path().origin;
    let url = match config.backend.value {
        BackendName::Turso => config.turso_database_url.as_ref(),
        _ => None,
    };
    url.map_or_else(|| path.to_string(), |url| format!("{path}, {}", url.origin))
}
