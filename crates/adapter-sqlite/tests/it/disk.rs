//! A disk that is full.

use std::{
    fs,
    path::{Path, PathBuf},
};

use domain::{ListQuery, Memory, SearchQuery};
use memorygraph_adapter_sqlite::{SqliteBackend, SqliteOptions};
use ports::{BackendError, Batch, Change, ErrorKind, GraphBackend};
use tempfile::TempDir;

use crate::{
    files::{Mounted, beside},
    graph::{all, assert_fails, check_file, five, id, memory, opened, options, raw, whole_fives},
};

const FULL: [&str; 3] = [
    "the disk is full",
    "make room and try again",
    "nothing was changed",
];

/// A memory that takes room.
fn large(name: &str) -> Memory {
    Memory {
        content: format!("{name} ").repeat(2_000),
        ..memory(name)
    }
}

/// Writes batches until one fails; returns the names of those that were acknowledged, and the
/// error.
async fn fill(backend: &SqliteBackend, prefix: &str) -> (Vec<String>, BackendError) {
    let mut acknowledged = Vec::new();
    loop {
        let name = format!("{prefix}{}", acknowledged.len());
        let batch = five(&name).put_memory(large(&format!("large {name}")));
        match backend.apply(batch).await {
            Ok(_) => acknowledged.push(name),
            Err(error) => return (acknowledged, error),
        }
        assert!(acknowledged.len() < 10_000, "the disk is never full");
    }
}

/// Fails unless everything that was acknowledged is there, nothing of the rest, and can be read.
async fn check_contents(backend: &SqliteBackend, path: &Path, acknowledged: &[String]) {
    let mut expected = acknowledged.to_vec();
    expected.sort();
    assert_eq!(whole_fives(&raw(path)), expected);
    let count = 4 * acknowledged.len();
    let listed = backend.list(&ListQuery::default(), &all()).await.unwrap();
    assert_eq!(listed.items.len(), count);
    let query = SearchQuery {
        text: "lorem".to_owned(),
        ..SearchQuery::default()
    };
    let found = backend.search(&query, &all()).await.unwrap();
    assert_eq!(found.items.len(), 3 * acknowledged.len());
    assert_eq!(backend.statistics().await.unwrap().memories, count as u64);
}

#[tokio::test]
async fn a_file_that_may_not_grow_refuses_writes_and_keeps_what_it_has() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let limited = SqliteOptions {
        max_bytes: Some(512 * 1024),
        ..options(&path)
    };
    let backend = SqliteBackend::open_with(&limited).unwrap();
    backend.initialize_schema().await.unwrap();
    let (mut acknowledged, error) = fill(&backend, "first").await;
    assert_fails::<()>(Err(error), ErrorKind::Backend, &FULL);
    assert!(!acknowledged.is_empty());
    check_contents(&backend, &path, &acknowledged).await;

    // Room inside the file is room as well.
    let first = acknowledged.remove(0);
    let parts = ["a", "b", "c"].map(|part| format!("{first}/{part}"));
    let removal = parts
        .into_iter()
        .chain([format!("large {first}")])
        .fold(Batch::default(), |batch, name| {
            batch.then(Change::RemoveMemory(id(&name)))
        });
    backend.apply(removal).await.unwrap();
    backend.apply(five("second")).await.unwrap();
    backend.close().await.unwrap();

    let without_limit = opened(&path).await;
    without_limit.apply(five("third")).await.unwrap();
    check_file(&raw(&path));
}

/// A small disk of its own where root allows that; else a file that may not grow.
#[tokio::test]
async fn on_a_full_disk_writes_fail_and_after_room_is_made_they_work_again() {
    let Some(disk) = Mounted::new("2m") else {
        return a_limit_works_as_a_full_disk().await;
    };
    let filler = disk.path().join("filler");
    fs::write(&filler, vec![0; 700 * 1024]).unwrap();
    let path = disk.path().join("graph.db");
    let backend = opened(&path).await;
    let (mut acknowledged, error) = fill(&backend, "first").await;
    assert_fails::<()>(Err(error), ErrorKind::Backend, &FULL);
    assert!(!acknowledged.is_empty());
    check_contents(&backend, &path, &acknowledged).await;
    // Still full, though something smaller may fit, and still there.
    let (more, error) = fill(&backend, "still").await;
    assert_fails::<()>(Err(error), ErrorKind::Backend, &FULL);
    acknowledged.extend(more);
    check_contents(&backend, &path, &acknowledged).await;

    fs::remove_file(&filler).unwrap();
    let (more, error) = fill(&backend, "second").await;
    assert_fails::<()>(Err(error), ErrorKind::Backend, &FULL);
    assert!(!more.is_empty(), "room was made, and nothing more fits");
    acknowledged.extend(more);
    check_contents(&backend, &path, &acknowledged).await;

    // Closing cannot move everything to its place on a full disk, and loses nothing either.
    backend.close().await.unwrap();
    let reopened = SqliteBackend::open_with(&options(&path)).unwrap();
    check_contents(&reopened, &path, &acknowledged).await;
    check_elsewhere(&path);
}

async fn a_limit_works_as_a_full_disk() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let tiny = SqliteOptions {
        max_bytes: Some(4096),
        ..options(&path)
    };
    let backend = SqliteBackend::open_with(&tiny).unwrap();
    assert_fails(backend.initialize_schema().await, ErrorKind::Backend, &FULL);
}

/// Checks a copy: the check itself needs room.
fn check_elsewhere(path: &Path) {
    let folder = TempDir::new().unwrap();
    let copy: PathBuf = folder.path().join("copy.db");
    fs::copy(path, &copy).unwrap();
    if beside(path, "-wal").exists() {
        fs::copy(beside(path, "-wal"), beside(&copy, "-wal")).unwrap();
    }
    check_file(&raw(&copy));
}

#[tokio::test]
async fn a_graph_that_does_not_fit_at_all_is_refused_with_words() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let tiny = SqliteOptions {
        max_bytes: Some(4096),
        ..options(&path)
    };
    let backend = SqliteBackend::open_with(&tiny).unwrap();
    assert_fails(backend.initialize_schema().await, ErrorKind::Backend, &FULL);
    backend.close().await.unwrap();
    // Half a schema would be worse than none.
    let tables: i64 = raw(&path)
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(tables, 0);
}
