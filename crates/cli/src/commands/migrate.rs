use memorygraph::{
    Config, Origin,
    migrate::{Kind, Migrated, Options, Progress, Route, Stage, migrate as carry},
};

use super::bar::Bar;
use crate::{
    arguments::Migrate,
    failure::{Failure, tell},
    output::Output,
    table::on_one_line,
    view::{
        counted,
        import::{LISTED, more},
    },
};

pub(super) async fn migrate(
    config: &Config,
    migrate: &Migrate,
    output: &mut Output,
) -> Result<(), Failure> {
    for (setting, flag) in [
        (&config.backend.origin, "--backend"),
        (&config.path().origin, "--path"),
    ] {
        if *setting == Origin::Flag(flag) {
            let message = format!("{flag} says nothing here: --from and --to name the stores");
            return Err(Failure::usage(message));
        }
    }
    let environment = |name: &str| std::env::var_os(name);
    let route = Route::new(&migrate.from, &migrate.to, config, &environment)?;
    let options = Options {
        dry_run: migrate.dry_run,
    };
    let ends = route.open(&options).await?;
    let mut bar = Bar::new(output);
    let mut show = |progress: Progress| {
        let doing = match progress.stage {
            Stage::Memories => "memories",
            Stage::Relationships => "relationships",
            Stage::Verify => "verifying",
        };
        bar.show(doing, progress.done, Some(progress.total));
    };
    let result = carry(&*ends.from, &*ends.to, &options, &mut show).await;
    bar.clear();
    let closed = ends.close().await;
    let migrated = result?;
    if output.is_json() {
        output.json(&migrated)?;
    } else {
        for notice in &migrated.notices {
            tell(format_args!("warning: {}", on_one_line(notice)));
        }
        output.lines(lines(&migrated))?;
    }
    output.flush()?;
    closed?;
    if migrated.is_complete() {
        return Ok(());
    }
    let message = format!(
        "{} and {} of the target say something else than those of the source with the same ids",
        counted(migrated.memories.differing, "memory", "memories"),
        counted(
            migrated.relationships.differing,
            "relationship",
            "relationships"
        )
    );
    Err(Failure::conflict(message)
        .hint("they were left as they are; change or delete one of both, and run the same again"))
}

/// Returns what a person wants to know about a migration.
fn lines(migrated: &Migrated) -> Vec<String> {
    let both = |memories: u64, relationships: u64| {
        format!(
            "{} and {}",
            counted(memories, "memory", "memories"),
            counted(relationships, "relationship", "relationships")
        )
    };
    let (memories, relationships) = (&migrated.memories, &migrated.relationships);
    let done = if migrated.dry_run {
        "Would migrate"
    } else {
        "Migrated"
    };
    let mut lines = vec![format!(
        "{done} {}.",
        both(memories.added, relationships.added)
    )];
    if memories.already_there + relationships.already_there > 0 {
        lines.push(format!(
            "Already there: {}.",
            both(memories.already_there, relationships.already_there)
        ));
    }
    if migrated.quarantined.added > 0 {
        let records = counted(migrated.quarantined.added, "record", "records");
        lines.push(format!("{done} {records} of the quarantine."));
    }
    if let Some(verified) = &migrated.verified {
        lines.push(format!(
            "Verified: the target has {} of the source, digest {}; {} found what they should.",
            both(verified.memories, verified.relationships),
            verified.digest,
            counted(verified.searches, "search", "searches")
        ));
    }
    if relationships.stated_already > 0 {
        lines.push(String::new());
        lines.push("Left out, since the target states the same already:".to_owned());
        let listed = migrated.stated_already.iter().take(LISTED);
        lines.extend(listed.map(|it| {
            let (given, kept) = (it.given.as_str(), it.kept.as_str());
            format!("  {}", on_one_line(&format!("{given}, as {kept}")))
        }));
        lines.extend(more(relationships.stated_already));
    }
    let differing = memories.differing + relationships.differing;
    if differing > 0 {
        lines.push(String::new());
        lines.push("Differing, and left as they are in the target:".to_owned());
        let listed = migrated.differing.iter().take(LISTED);
        lines.extend(listed.map(|it| {
            let kind = match it.kind {
                Kind::Memory => "memory",
                Kind::Relationship => "relationship",
            };
            format!("  {}", on_one_line(&format!("{kind} {}", it.id)))
        }));
        lines.extend(more(differing));
    }
    lines
}
