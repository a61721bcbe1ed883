//! A process that is killed while it writes to a local file.

use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::process::ExitStatusExt,
    path::Path,
    sync::Arc,
    time::Duration,
};

use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::GraphBackend;
use tempfile::TempDir;

use crate::{
    folder::{check_file, raw},
    graph::chain,
    rerun::{self, Other},
    world::{Hands, PATIENCE, opened},
};

const KILLS: u64 = 40;
const TASKS: u64 = 8;

/// How many memories and relationships a batch has.
const PARTS: i64 = 5 + 4;

#[test]
fn what_was_acknowledged_survives_40_kills() {
    if let Some(role) = rerun::role() {
        let (round, path) = role.split_once(' ').unwrap();
        return write_until_killed(round, Path::new(path));
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("memory.db");
    let mut acknowledged = BTreeSet::new();
    for round in 0..KILLS {
        let role = format!("{round} {}", path.display());
        let test = "files::killed::what_was_acknowledged_survives_40_kills";
        let mut writer = Other::start(test, &role);
        // Sometimes at once, while it opens, and sometimes after many answers.
        let answers = (round * 7) % 23;
        for _ in 0..answers {
            acknowledged.insert(writer.lines.recv_timeout(PATIENCE).unwrap());
        }
        if answers == 0 {
            let early = Duration::from_millis(round);
            acknowledged.extend(writer.lines.recv_timeout(early));
        }
        let status = writer.kill();
        assert_eq!(
            status.signal(),
            Some(9),
            "round {round}: it failed by itself"
        );
        acknowledged.extend(writer.lines.iter());
        // Most of the time the next writer is the first to open what the last one left.
        if round % 4 == 3 {
            check(&path, &acknowledged, round);
        }
    }
    assert!(acknowledged.len() as u64 > KILLS);
    eprintln!("{KILLS} kills, {} batches acknowledged", acknowledged.len());
}

fn check(path: &Path, acknowledged: &BTreeSet<String>, round: u64) {
    let connection = raw(path);
    let mut statement = connection
        .prepare(
            "SELECT substr(id, 1, instr(id, '/') - 1) AS batch, count(*)
             FROM (SELECT id FROM nodes UNION ALL SELECT id FROM relationships) GROUP BY batch",
        )
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let counts: BTreeMap<String, i64> = rows.unwrap().map(Result::unwrap).collect();
    for (batch, count) in &counts {
        assert_eq!(*count, PARTS, "round {round}: parts of {batch} are there");
    }
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|name| !counts.contains_key(*name))
        .collect();
    assert!(lost.is_empty(), "round {round}: lost {lost:?}");
    check_file(path);
}

/// Writes batches in several tasks, so that commits hold many, and says which were acknowledged.
fn write_until_killed(round: &str, path: &Path) {
    rerun::end_with_parent();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let options = TursoOptions::new(path, Hands::new());
        let backend = Arc::new(opened(options).await);
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| tokio::spawn(write(Arc::clone(&backend), format!("{round}-{task}"))))
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

async fn write(backend: Arc<TursoBackend>, name: String) {
    for number in 0_u64.. {
        let name = format!("{name}-{number}");
        backend.apply(chain(&name, 5)).await.unwrap();
        rerun::say(&name);
    }
}
