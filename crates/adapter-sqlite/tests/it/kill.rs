//! A process that is killed while it writes.

use std::{
    collections::BTreeSet,
    os::unix::process::ExitStatusExt,
    path::Path,
    sync::{Arc, mpsc::RecvTimeoutError},
    time::{Duration, Instant},
};

use domain::{Relationship, RelationshipType};
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{ErrorKind, GraphBackend};
use tempfile::TempDir;

use crate::{
    child::{self, Other},
    graph::{Chance, assert_fails, check_file, five, link, opened, raw, whole_fives},
};

const SEED: u64 = 20_261_124;
const KILLS: u64 = 200;
const TASKS: u64 = 8;

#[test]
fn what_was_acknowledged_survives_200_kills() {
    if let Some(role) = child::role() {
        let (round, path) = role.split_once(' ').unwrap();
        return write_until_killed(round, Path::new(path));
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let mut chance = Chance(SEED);
    let mut acknowledged = BTreeSet::new();
    for round in 0..KILLS {
        let role = format!("{round} {}", path.display());
        let mut writer = Other::start("kill::what_was_acknowledged_survives_200_kills", &role);
        let answers = some_answers(&writer, &mut chance);
        let status = writer.kill();
        assert_eq!(
            status.signal(),
            Some(9),
            "round {round}, seed {SEED}: the writer failed by itself"
        );
        acknowledged.extend(answers);
        acknowledged.extend(writer.lines.iter());
        // Most of the time the next writer is the first to open what the last one left.
        if chance.below(4) == 0 || round + 1 == KILLS {
            check(&path, &acknowledged, round);
        }
    }
    assert!(
        acknowledged.len() as u64 > KILLS,
        "only {} batches were acknowledged",
        acknowledged.len()
    );
}

/// Waits for some answers, or for some time, and returns the answers.
fn some_answers(writer: &Other, chance: &mut Chance) -> Vec<String> {
    let (most, time) = match chance.below(3) {
        0 => (u64::MAX, Duration::from_micros(chance.below(120_000))),
        _ => (chance.below(40), Duration::from_mins(1)),
    };
    let until = Instant::now() + time;
    let mut answers = Vec::new();
    while (answers.len() as u64) < most {
        let left = until.saturating_duration_since(Instant::now());
        match writer.lines.recv_timeout(left) {
            Ok(answer) => answers.push(answer),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    answers
}

fn check(path: &Path, acknowledged: &BTreeSet<String>, round: u64) {
    let connection = raw(path);
    let has_schema = connection.table_exists(None, "nodes").unwrap();
    if !has_schema {
        assert!(acknowledged.is_empty(), "round {round}, seed {SEED}");
        return;
    }
    let there: BTreeSet<String> = whole_fives(&connection).into_iter().collect();
    let lost: Vec<_> = acknowledged.difference(&there).collect();
    assert!(lost.is_empty(), "round {round}, seed {SEED}: lost {lost:?}");
    check_file(&connection);
}

/// Writes batches in several tasks, so that commits hold many, and says which were acknowledged.
fn write_until_killed(round: &str, path: &Path) {
    child::end_with_parent();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let backend = Arc::new(opened(path).await);
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| tokio::spawn(write(Arc::clone(&backend), format!("{round}-{task}"))))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

async fn write(backend: Arc<SqliteBackend>, name: String) {
    for number in 0_u64.. {
        let name = format!("{name}-{number}");
        if number % 5 == 4 {
            // One that fails after it has written shares a commit with others, and has to leave
            // nothing in it.
            let circle = [("a", "b"), ("b", "a")]
                .into_iter()
                .fold(five(&format!("circle-{name}")), |batch, (from, to)| {
                    batch.put_relationship(needs(&name, from, to))
                });
            assert_fails(
                backend.apply(circle).await,
                ErrorKind::Conflict,
                &["circle"],
            );
        }
        backend.apply(five(&name)).await.unwrap();
        child::say(&name);
    }
}

/// A relationship of a type that may not lead in a circle.
fn needs(name: &str, from: &str, to: &str) -> Relationship {
    let end = |part: &str| format!("circle-{name}/{part}");
    Relationship {
        relationship_type: RelationshipType::DependsOn,
        ..link(&end(&format!("{from}{to}-needs")), &end(from), &end(to))
    }
}
