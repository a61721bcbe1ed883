use std::path::Path;

use memorygraph::domain::PageRequest;
use memorygraph::ports::{Finding, Health};
use memorygraph::{BackendName, Config, MemoryGraph, TursoMode};
use serde::Serialize;

use super::bar::patiently;
use crate::{
    arguments,
    failure::Failure,
    output::Output,
    view::{self, counted},
};

/// Graphs of fewer memories and relationships are inspected without being asked to.
const SMALL: u64 = 20_000;

/// How a store is, for programs.
#[derive(Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    health: &'a Health,
    permissions: Option<&'a Permissions>,
    /// What is wrong now; none when nobody looked.
    findings: Option<&'a [Finding]>,
    /// What was mended; none when that was not asked for.
    repaired: Option<&'a [Finding]>,
    /// How many records went into quarantine meanwhile; none when that is not known.
    quarantined: Option<u64>,
}

/// Who can do what with the file.
#[derive(Debug, Serialize)]
pub(crate) struct Permissions {
    /// As `ls` writes it: `rw-r--r--`.
    pub(crate) mode: String,
    pub(crate) readable_by_others: bool,
    pub(crate) writable_by_others: bool,
    /// Whether anybody can write to it.
    pub(crate) writable: bool,
}

impl Permissions {
    /// Looks at a file; none where there is no such thing.
    #[cfg(unix)]
    fn of(file: &Path) -> Option<Self> {
        use std::os::unix::fs::PermissionsExt;

        // Without opening it: closing a second opening would drop the engine's locks on the file.
        let permissions = file.metadata().ok()?.permissions();
        let bits = permissions.mode();
        let letters = "rwxrwxrwx".chars().enumerate();
        let mode = letters.map(|(place, letter)| {
            let is_set = bits & (0o400 >> place) != 0;
            if is_set { letter } else { '-' }
        });
        Some(Self {
            mode: mode.collect(),
            readable_by_others: bits & 0o044 != 0,
            writable_by_others: bits & 0o022 != 0,
            writable: !permissions.readonly(),
        })
    }

    #[cfg(not(unix))]
    fn of(_: &Path) -> Option<Self> {
        None
    }
}

/// Whether no file of this machine has the graph.
fn is_elsewhere(config: &Config) -> bool {
    let mode = config.turso_mode.as_ref().map(|mode| mode.value);
    config.backend.value == BackendName::Turso && mode == Some(TursoMode::Remote)
}

/// Counts what is in quarantine.
async fn in_quarantine(graph: &MemoryGraph) -> memorygraph::Result<u64> {
    let mut page = PageRequest::first(PageRequest::LARGEST)?;
    let mut count = 0;
    loop {
        let records = graph.quarantine(&page).await?;
        count += records.items.len() as u64;
        match records.next {
            Some(cursor) => page = page.after(cursor),
            None => return Ok(count),
        }
    }
}

pub(super) async fn health(
    graph: &MemoryGraph,
    config: &Config,
    asked: &arguments::Health,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut quarantined = None;
    let repaired = if asked.repair {
        // What is damaged may not be counted, and is mended nevertheless.
        let before = in_quarantine(graph).await.ok();
        let repaired = patiently(output, "mending", graph.repair()).await?;
        let after = in_quarantine(graph).await.ok();
        quarantined = after
            .zip(before)
            .map(|(after, before)| after.saturating_sub(before));
        Some(repaired)
    } else {
        None
    };
    let health = graph.health().await?;
    let is_small = health.memories + health.relationships < SMALL;
    let findings = if is_small || asked.check || asked.repair {
        Some(patiently(output, "inspecting", graph.inspect()).await?)
    } else {
        None
    };
    let permissions = if is_elsewhere(config) {
        None
    } else {
        Permissions::of(&config.path().value)
    };
    if output.is_json() {
        output.json(&Answer {
            health: &health,
            permissions: permissions.as_ref(),
            findings: findings.as_deref(),
            repaired: repaired.as_deref(),
            quarantined,
        })?;
    } else {
        if let Some(repaired) = &repaired {
            output.lines(view::health::repaired(repaired, quarantined))?;
            output.line("")?;
        }
        let findings = findings.as_deref();
        output.lines(view::health::health(
            &health,
            config,
            permissions.as_ref(),
            findings,
        ))?;
    }
    let findings = findings.unwrap_or_default();
    if findings.is_empty() {
        return Ok(());
    }
    output.flush()?;
    let kinds = findings.len() as u64;
    let found = counted(kinds, "kind of trouble", "kinds of trouble");
    let were = if kinds == 1 { "was" } else { "were" };
    let failure = Failure::failed(format!("{found} {were} found in the graph"));
    Err(if findings.iter().any(|finding| finding.can_repair) {
        failure.hint("memorygraph health --repair mends what can be mended")
    } else {
        failure.hint("memorygraph restore FILE puts a backup in its place")
    })
}
