//! Several processes on one local file.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{Batch, Change, Expect, GraphBackend, GraphBackendExt};
use tempfile::TempDir;

use crate::{
    folder::check_file,
    graph::{at, chain, id, memory},
    rerun::{self, Other},
    world::{Hands, opened},
};

const PROCESSES: u32 = 8;
const WRITES: u32 = 300;
/// After how many writes a process also writes a batch of five.
const BETWEEN_FIVES: u32 = 50;

#[test]
fn eight_processes_lose_nothing_and_double_nothing() {
    if let Some(role) = rerun::role() {
        let (process, path) = role.split_once(' ').unwrap();
        return write_all(process.parse().unwrap(), Path::new(path));
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("memory.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let backend = opened(TursoOptions::new(&path, Hands::new())).await;
        backend.put_memory(memory("counter")).await.unwrap();
        let mut others: Vec<Other> = (0..PROCESSES)
            .map(|process| {
                let test = "files::processes::eight_processes_lose_nothing_and_double_nothing";
                Other::start(test, &format!("{process} {}", path.display()))
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
                    backend.statistics().await.unwrap();
                }
            }
            assert!(other.wait().success(), "a writer failed");
        }
        let writes = PROCESSES * WRITES;
        assert_eq!(acknowledged.len(), writes as usize);
        let ids: Vec<_> = acknowledged.iter().map(|name| id(name)).collect();
        assert_eq!(backend.memories(&ids).await.unwrap().len(), ids.len());
        let counter = backend.memory(&id("counter")).await.unwrap().unwrap();
        assert_eq!(counter.usage_count, writes);
        let fives = u64::from(PROCESSES * WRITES / BETWEEN_FIVES);
        let statistics = backend.statistics().await.unwrap();
        assert_eq!(statistics.memories, 1 + u64::from(writes) + 5 * fives);
        assert_eq!(statistics.relationships, 4 * fives);
        backend.close().await.unwrap();
    });
    check_file(&path);
}

/// Writes one memory at a time, in one task or in several: processes that commit often meet
/// processes that commit much.
fn write_all(process: u32, path: &Path) {
    let tasks = if process.is_multiple_of(2) { 1 } else { 10 };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let options = TursoOptions::new(path, Hands::new());
        let backend = Arc::new(opened(options).await);
        rerun::say("ready");
        assert_eq!(rerun::hear(), "go");
        rerun::end_with_parent();
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

async fn write(backend: Arc<TursoBackend>, process: u32, numbers: std::ops::Range<u32>) {
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
        rerun::say(&name);
        if number % BETWEEN_FIVES == 0 {
            let five = chain(&format!("five-{process}-{number}"), 5);
            backend.apply(five).await.unwrap();
        }
    }
}
