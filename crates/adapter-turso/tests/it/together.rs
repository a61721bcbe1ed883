//! A local file that other programs use at the same time.

use std::{fs, path::Path};

use domain::Memory;
use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{Batch, Change, GraphBackend, SqlValue};
use tempfile::TempDir;

use crate::{
    graph::{chain, id, memory, value},
    world::{Hands, opened},
};

fn local(path: &Path) -> TursoOptions {
    TursoOptions::new(path, Hands::new())
}

/// An upgrade, a repair or a compaction of another process may hold the lock for long.
#[tokio::test]
async fn opening_and_reading_wait_for_nobody_who_writes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(local(&path)).await;
    backend.apply(chain("c", 3)).await.unwrap();
    backend.close().await.unwrap();
    let other = begun(&path, "BEGIN IMMEDIATE").await;
    let backend = opened(local(&path)).await;
    assert_eq!(backend.statistics().await.unwrap().memories, 3);
    backend.close().await.unwrap();
    drop(other);
}

/// Begins a transaction as another program does, and goes on. The engine is the same: two engines in
/// one process do not see each other's locks.
async fn begun(path: &Path, script: &str) -> libsql::Connection {
    let database = libsql::Builder::new_local(path).build().await.unwrap();
    let connection = database.connect().unwrap();
    connection.execute_batch(script).await.unwrap();
    connection
}

/// Says of how many batches that erased something the bytes are gone from the file and its log.
async fn removed(backend: &TursoBackend) -> SqlValue {
    value(backend, "SELECT removed FROM traces WHERE erased = 1").await
}

async fn with_a_secret(path: &Path) -> TursoBackend {
    let backend = opened(local(path)).await;
    let secret = Memory {
        content: "qzxjvkwqzxjvkw ".repeat(500),
        ..memory("secret")
    };
    let batch = Batch::default().put_memory(secret);
    backend.apply(batch).await.unwrap();
    backend.apply(chain("c", 50)).await.unwrap();
    backend
}

#[tokio::test]
async fn what_a_long_read_of_another_program_kept_goes_when_the_file_is_opened_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let is_left = || {
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(fs::read(folder.path().join("graph.db-wal")).unwrap_or_default());
        bytes.windows(14).any(|window| window == b"qzxjvkwqzxjvkw")
    };
    let backend = with_a_secret(&path).await;
    let reader = begun(&path, "BEGIN; SELECT count(*) FROM nodes").await;
    let erase = Batch::default().then(Change::EraseMemory(id("secret")));
    backend.apply(erase).await.unwrap();
    assert_eq!(removed(&backend).await, SqlValue::Integer(0));
    assert!(is_left(), "the reader still sees it");
    // Nobody waits for the reader.
    backend.apply(chain("later", 2)).await.unwrap();
    // As when it is killed.
    drop(backend);
    drop(reader);
    let backend = opened(local(&path)).await;
    assert_eq!(removed(&backend).await, SqlValue::Integer(1));
    assert!(!is_left());
    backend.close().await.unwrap();
}
