//! Several processes that work on one file at the same time.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use domain::MemoryId;
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{
    Access, Batch, Change, Expect, GraphBackend, GraphBackendExt, SqlAccess, SqlParameters,
    SqlValue,
};
use tempfile::TempDir;

use crate::{
    child::{self, Other},
    graph::{COUNT_FIVES, FIVE, at, check_file, five, id, memory, opened, raw, whole_fives},
};

const PROCESSES: u32 = 8;
const WRITES: u32 = 1_000;
/// After how many writes a process also writes a batch of five.
const BETWEEN_FIVES: u32 = 50;

#[test]
fn eight_processes_lose_nothing_and_double_nothing() {
    if let Some(role) = child::role() {
        let (process, path) = role.split_once(' ').unwrap();
        return write_a_thousand(process.parse().unwrap(), Path::new(path));
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let backend = opened(&path).await;
        backend.put_memory(memory("counter")).await.unwrap();

        let mut others: Vec<Other> = (0..PROCESSES)
            .map(|process| {
                let role = format!("{process} {}", path.display());
                Other::start(
                    "processes::eight_processes_lose_nothing_and_double_nothing",
                    &role,
                )
            })
            .collect();
        for other in &others {
            assert_eq!(other.lines.recv().unwrap(), "ready");
        }
        for other in &mut others {
            other.say("go");
        }
        let mut acknowledged = BTreeSet::new();
        for other in &mut others {
            while let Ok(line) = other.lines.recv() {
                acknowledged.insert(line);
                if acknowledged.len() % 100 == 0 {
                    sees_whole_batches(&backend).await;
                }
            }
            assert!(other.wait().success(), "a writer failed");
        }

        let writes = PROCESSES * WRITES;
        assert_eq!(acknowledged.len(), writes as usize);
        let ids: Vec<MemoryId> = acknowledged.iter().map(|name| id(name)).collect();
        assert_eq!(backend.memories(&ids).await.unwrap().len(), ids.len());
        let counter = backend.memory(&id("counter")).await.unwrap().unwrap();
        assert_eq!(counter.usage_count, writes);
        let fives = u64::from(writes / BETWEEN_FIVES);
        let statistics = backend.statistics().await.unwrap();
        assert_eq!(statistics.memories, 1 + u64::from(writes) + 3 * fives);
        assert_eq!(statistics.relationships, 2 * fives);
        backend.close().await.unwrap();
    });
    let connection = raw(&path);
    whole_fives(&connection);
    check_file(&connection);
}

async fn sees_whole_batches(backend: &SqliteBackend) {
    let rows = backend
        .execute_query(COUNT_FIVES, SqlParameters::NONE, Access::Read)
        .await
        .unwrap();
    for row in rows {
        assert_eq!(row.get("parts"), Some(&SqlValue::Integer(FIVE)), "{row:?}");
    }
}

/// Writes one memory at a time, in one task or in several: processes that commit often meet
/// processes that commit much.
fn write_a_thousand(process: u32, path: &Path) {
    let tasks = if process.is_multiple_of(2) { 1 } else { 10 };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let backend = Arc::new(opened(path).await);
        child::say("ready");
        assert_eq!(child::hear(), "go");
        child::end_with_parent();
        let share = WRITES / tasks;
        let handles: Vec<_> = (0..tasks)
            .map(|task| {
                let numbers = task * share..(task + 1) * share;
                tokio::spawn(write(Arc::clone(&backend), process, numbers))
            })
            .collect();
        for handle in handles {
            handle.await.unwrap();
        }
        backend.close().await.unwrap();
    });
}

async fn write(backend: Arc<SqliteBackend>, process: u32, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let name = format!("{process}-{number}");
        let batch = Batch::default()
            .expect(Expect::Absent(id(&name)))
            .put_memory(memory(&name))
            .then(Change::TouchMemory {
                id: id("counter"),
                uses: 1,
                at: at(1),
            });
        let receipt = backend.apply(batch).await.unwrap();
        assert_eq!(receipt.memories_added, 1);
        child::say(&name);
        if number % BETWEEN_FIVES == 0 {
            let name = format!("five-{process}-{number}");
            backend.apply(five(&name)).await.unwrap();
        }
    }
}
