//! What was erased leaves no byte in the files.

use std::{fs, path::Path};

use domain::Memory;
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{Batch, Change, GraphBackend, Quarantined, RecordKind};
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
