//! Copies of a graph: whole, of one state, and as secret as the graph.

use std::{fs, path::Path, sync::Arc};

use memorygraph_adapter_sqlite::{Key, SqliteBackend, SqliteOptions};
use ports::{Backup, Batch, ErrorKind, GraphBackend};
use tempfile::TempDir;

use crate::{
    files::{Mounted, Snapshot, beside},
    graph::{assert_fails, check_file, five, made, memory, opened, options, raw, whole_fives},
};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_copy_has_everything_and_opens_as_a_graph() {
    let folder = TempDir::new().unwrap();
    let (path, copy) = (
        folder.path().join("graph.db"),
        folder.path().join("copy.db"),
    );
    let backend = opened(&path).await;
    backend.apply(five("first")).await.unwrap();
    let made = backend.backup(&copy).await.unwrap();
    assert_eq!(
        made,
        Backup {
            file: copy.display().to_string(),
            size_bytes: fs::metadata(&copy).unwrap().len(),
            memories: 3,
            relationships: 2,
        }
    );
    backend.close().await.unwrap();
    assert_eq!(names(folder.path()), ["copy.db", "graph.db"]);
    let from_copy = opened(&copy).await;
    assert_eq!(from_copy.inspect().await.unwrap(), []);
    assert_eq!(whole_fives(&raw(&copy)), ["first"]);
}

#[tokio::test]
async fn a_copy_is_of_one_state_while_eight_others_write() {
    let folder = TempDir::new().unwrap();
    let backend = Arc::new(opened(&folder.path().join("graph.db")).await);
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let backend = Arc::clone(&backend);
            tokio::spawn(async move {
                for number in 0..40 {
                    let name = format!("{writer}-{number}");
                    backend.apply(five(&name)).await.unwrap();
                }
            })
        })
        .collect();
    let mut copies = Vec::new();
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        let copy = folder.path().join(format!("copy-{}.db", copies.len()));
        let made = backend.backup(&copy).await.unwrap();
        copies.push((copy, made));
    }
    assert!(!copies.is_empty());
    for (copy, made) in copies {
        let connection = raw(&copy);
        check_file(&connection);
        let whole = whole_fives(&connection).len() as u64;
        assert_eq!((made.memories, made.relationships), (3 * whole, 2 * whole));
    }
}

#[tokio::test]
async fn a_copy_of_an_encrypted_graph_opens_with_its_key_alone() {
    let folder = TempDir::new().unwrap();
    let (path, copy) = (
        folder.path().join("graph.db"),
        folder.path().join("copy.db"),
    );
    let with_key = |path: &Path| SqliteOptions {
        key: Some(Key::new("correct horse")),
        ..options(path)
    };
    let backend = SqliteBackend::open_with(&with_key(&path)).unwrap();
    backend.initialize_schema().await.unwrap();
    let batch = five("secret").put_memory(memory("plaintext-in-memory"));
    backend.apply(batch).await.unwrap();
    assert_eq!(backend.backup(&copy).await.unwrap().memories, 4);
    let bytes = fs::read(&copy).unwrap();
    for shown in [&b"SQLite format"[..], b"plaintext-in-memory"] {
        assert!(!bytes.windows(shown.len()).any(|window| window == shown));
    }
    assert_fails(
        SqliteBackend::open(&copy),
        ErrorKind::Corrupt,
        &["encrypted with another key"],
    );
    let from_copy = SqliteBackend::open_with(&with_key(&copy)).unwrap();
    assert_eq!(from_copy.statistics().await.unwrap().memories, 4);
    assert_eq!(from_copy.inspect().await.unwrap(), []);
}

#[tokio::test]
async fn a_graph_in_memory_has_copies_too() {
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("100 % sure? #1.db");
    let backend = opened(Path::new(":memory:")).await;
    backend.apply(five("first")).await.unwrap();
    assert_eq!(backend.backup(&copy).await.unwrap().relationships, 2);
    assert_eq!(whole_fives(&raw(&copy)), ["first"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_copy_is_for_those_who_may_read_the_graph() {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().unwrap();
    let (path, copy) = (
        folder.path().join("graph.db"),
        folder.path().join("copy.db"),
    );
    let backend = opened(&path).await;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    backend.backup(&copy).await.unwrap();
    let mode = fs::metadata(&copy).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_copy_takes_the_place_of_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let backend = opened(&path).await;
    let there = folder.path().join("there");
    fs::write(&there, "a letter").unwrap();
    let half = folder.path().join("half.db");
    fs::write(beside(&half, ".partial"), "half a copy").unwrap();
    let before = Snapshot::of(folder.path());
    for (taken, kind, words) in [
        (&there, ErrorKind::InvalidArgument, "something already"),
        (&path, ErrorKind::InvalidArgument, "something already"),
        (
            &folder.path().to_owned(),
            ErrorKind::InvalidArgument,
            "something already",
        ),
        (
            &folder.path().join("no/folder.db"),
            ErrorKind::InvalidArgument,
            "cannot be written",
        ),
        (&half, ErrorKind::Busy, "half.db.partial"),
    ] {
        let failed = backend.backup(taken).await;
        assert_fails(failed, kind, &["back up", taken.to_str().unwrap(), words]);
    }
    before.assert_unchanged(folder.path());
}

/// Needs a disk of its own, which root alone can have.
#[tokio::test]
async fn a_full_disk_leaves_nothing_of_a_copy() {
    let Some(disk) = Mounted::new("128k") else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let backend = opened(&folder.path().join("graph.db")).await;
    let batch = (0..50).fold(Batch::default(), |batch, number| {
        let mut large = memory(&format!("m{number}"));
        large.content = "word ".repeat(1_000);
        batch.put_memory(large)
    });
    backend.apply(batch).await.unwrap();
    let copy = disk.path().join("copy.db");
    assert_fails(
        backend.backup(&copy).await,
        ErrorKind::Backend,
        &["back up", copy.to_str().unwrap(), "the disk is full"],
    );
    assert_eq!(names(disk.path()), Vec::<String>::new());
    assert_eq!(backend.inspect().await.unwrap(), []);
    assert!(backend.backup(&folder.path().join("copy.db")).await.is_ok());
}
