//! What was erased leaves no byte in the files.

use std::{collections::BTreeSet, fs, path::Path};

use domain::Memory;
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{Batch, Change, GraphBackend, Quarantined, RecordKind};
use sqlite_engine::rusqlite::{Connection, Row};
use tempfile::TempDir;

use crate::{
    files::beside,
    graph::{at, check_file, id, link, memory, opened, raw},
};

/// Markers that nothing else has, in the places where a memory leaves words.
const TITLE: &str = "qzxjvkwqzxjvbptitleqzxjvkwqzxjvkwqzxjvkwq";
const TAG: &str = "qzxjvkwqzxjvbptagqzxjvkwqzxjvkwqzxjvkwqzx";
const CONTENT: &str = "qzxjvkwqzxjvbpcontentqzxjvkwqzxjvkwqzxjvk";
const EARLIER: &str = "qzxjvkwqzxjvbpearlierqzxjvkwqzxjvkwqzxjvk";
const CONTEXT: &str = "qzxjvkwqzxjvbpcontextqzxjvkwqzxjvkwqzxjvk";
const DOCUMENT: &str = "qzxjvkwqzxjvbpdocumentqzxjvkwqzxjvkwqzxjv";

/// A part of each marker that no index cuts: entries leave out what the one before begins with.
const PARTS: [&str; 6] = [
    "titleqzxjvkw",
    "tagqzxjvkw",
    "contentqzxjvkw",
    "earlierqzxjvkw",
    "contextqzxjvkw",
    "documentqzxjvkw",
];

/// Returns the parts of markers that are in the file or its log, in whatever letters.
fn left(path: &Path) -> Vec<&'static str> {
    let mut bytes = fs::read(path).unwrap();
    bytes.extend(fs::read(beside(path, "-wal")).unwrap_or_default());
    bytes.make_ascii_lowercase();
    let has = |part: &str| {
        bytes
            .windows(part.len())
            .any(|window| window == part.as_bytes())
    };
    PARTS.into_iter().filter(|part| has(part)).collect()
}

/// Writes a graph in which a memory changed often, among others that did.
async fn write(backend: &SqliteBackend, others: usize) {
    let secret = |version: u32, content: &str| Memory {
        title: TITLE.to_owned(),
        tags: vec![TAG.to_owned()],
        content: format!(
            "{content} {}",
            "long enough for pages of its own ".repeat(300)
        ),
        version,
        updated_at: at(version.into()),
        ..memory("secret")
    };
    let first = Batch::default()
        .put_memory(secret(1, EARLIER))
        .put_memory(memory("other"));
    backend.apply(first).await.unwrap();
    for round in 0..4 {
        let batch = (0..others).fold(Batch::default(), |batch, number| {
            batch.put_memory(Memory {
                content: format!("round {round} of {number} ").repeat(10 * (round + 1)),
                version: u32::try_from(round).unwrap() + 1,
                ..memory(&format!("m{number}"))
            })
        });
        backend.apply(batch).await.unwrap();
    }
    let mut relationship = link("joins", "secret", "other");
    relationship.context = Some(CONTEXT.to_owned());
    let record = Quarantined {
        id: "q".to_owned(),
        kind: RecordKind::Memory,
        memories: vec![id("secret")],
        reason: "a reason".to_owned(),
        source: "a test".to_owned(),
        document: DOCUMENT.to_owned(),
        at: at(0),
    };
    let second = Batch::default()
        .put_memory(secret(2, CONTENT))
        .put_relationship(relationship)
        .then(Change::Quarantine(Box::new(record)));
    backend.apply(second).await.unwrap();
}

#[tokio::test]
async fn what_was_erased_leaves_no_byte() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    write(&backend, 100).await;
    assert_eq!(left(&path), PARTS, "the markers are found where they are");
    let erase = Batch::default().then(Change::EraseMemory(id("secret")));
    let receipt = backend.apply(erase).await.unwrap();
    assert_eq!(
        (receipt.memories_removed, receipt.quarantined_removed),
        (1, 1)
    );
    // A small file is seen to at once.
    assert_eq!(left(&path), Vec::<&str>::new());
    backend.close().await.unwrap();
    assert_eq!(left(&path), Vec::<&str>::new());
    check_file(&raw(&path));
}

#[tokio::test]
async fn what_was_erased_from_a_large_file_leaves_no_byte_after_closing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    write(&backend, 10).await;
    let filler = "
        WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 400)
        INSERT INTO quarantine (id, kind, reason, source, document)
        SELECT 'filler' || n, 'memory', 'large', 'a test', hex(zeroblob(50000)) FROM n";
    raw(&path).execute_batch(filler).unwrap();
    raw(&path).execute_batch("PRAGMA wal_checkpoint").unwrap();
    assert!(fs::metadata(&path).unwrap().len() > sql_graph::AT_ONCE);
    let erase = Batch::default().then(Change::EraseMemory(id("secret")));
    backend.apply(erase).await.unwrap();
    backend.close().await.unwrap();
    assert_eq!(left(&path), Vec::<&str>::new());
    check_file(&raw(&path));
}

/// Returns how many batches erased something, and of how many the bytes are gone from the file, and
/// from its log.
fn traces(path: &Path) -> (i64, i64, i64) {
    let sql = "SELECT erased, rewritten, removed FROM traces";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    raw(path).query_row(sql, [], read).unwrap()
}

fn erase(name: &str) -> Batch {
    Batch::default().then(Change::EraseMemory(id(name)))
}

/// Begins to read the file as another program does, and goes on.
fn reading(path: &Path) -> Connection {
    let reader = raw(path);
    reader
        .execute_batch("BEGIN; SELECT count(*) FROM nodes")
        .unwrap();
    reader
}

#[tokio::test]
async fn what_a_long_read_of_another_program_kept_goes_when_the_file_is_opened_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    write(&backend, 20).await;
    let reader = reading(&path);
    backend.apply(erase("secret")).await.unwrap();
    assert_eq!(traces(&path), (1, 1, 0));
    assert_ne!(left(&path), Vec::<&str>::new(), "the reader still sees it");
    // Nobody waits for the reader.
    backend
        .apply(Batch::default().put_memory(memory("later")))
        .await
        .unwrap();
    // As when it is killed.
    drop(backend);
    drop(reader);
    let backend = opened(&path).await;
    assert_eq!(traces(&path), (1, 1, 1));
    assert_eq!(left(&path), Vec::<&str>::new());
    backend.close().await.unwrap();
}

#[tokio::test]
async fn what_a_long_read_of_another_program_kept_goes_with_the_next_erasing_and_at_the_end() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    write(&backend, 20).await;
    let reader = reading(&path);
    backend.apply(erase("secret")).await.unwrap();
    drop(reader);
    backend.apply(erase("m1")).await.unwrap();
    assert_eq!(traces(&path), (2, 2, 2));
    assert_eq!(left(&path), Vec::<&str>::new());
    let reader = reading(&path);
    backend.apply(erase("m2")).await.unwrap();
    drop(reader);
    backend.close().await.unwrap();
    assert_eq!(traces(&path), (3, 3, 3));
}

/// A process that is ended from outside between the two.
#[tokio::test]
async fn what_was_erased_and_not_seen_to_goes_when_the_file_is_opened_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    write(&backend, 20).await;
    let other = raw(&path);
    let killed =
        "DELETE FROM nodes WHERE id = 'secret'; DELETE FROM past_nodes WHERE id = 'secret';
        DELETE FROM past_relationships; DELETE FROM quarantine; UPDATE traces SET erased = 1";
    other.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    other.execute_batch(killed).unwrap();
    other.execute_batch("DELETE FROM past_nodes").unwrap();
    other
        .execute_batch("DELETE FROM past_relationships")
        .unwrap();
    drop((other, backend));
    assert_ne!(left(&path), Vec::<&str>::new());
    let backend = opened(&path).await;
    assert_eq!(left(&path), Vec::<&str>::new());
    backend.close().await.unwrap();
}

#[tokio::test]
async fn many_erasing_batches_write_a_larger_file_anew_a_few_times() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    write(&backend, 20).await;
    let filler = "
        WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 100)
        INSERT INTO quarantine (id, kind, reason, source, document)
        SELECT 'filler' || n, 'memory', 'large', 'a test', hex(zeroblob(50000)) FROM n";
    raw(&path).execute_batch(filler).unwrap();
    raw(&path).execute_batch("PRAGMA wal_checkpoint").unwrap();
    let mut rewritten = BTreeSet::new();
    for number in 0..20 {
        let name = match number {
            5 => "secret".to_owned(),
            _ => format!("m{number}"),
        };
        backend.apply(erase(&name)).await.unwrap();
        let (erased, at, removed) = traces(&path);
        assert_eq!((erased, removed), (number + 1, at));
        rewritten.insert(at);
    }
    assert!((1..6).contains(&rewritten.len()), "{rewritten:?}");
    backend.close().await.unwrap();
    assert_eq!(traces(&path), (20, 20, 20));
    assert_eq!(left(&path), Vec::<&str>::new());
    check_file(&raw(&path));
}
