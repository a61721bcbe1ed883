//! Files of earlier schema versions.

use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{GraphBackend, GraphBackendExt};
use sqlite_engine::rusqlite::OpenFlags;
use tempfile::TempDir;

use crate::graph::{id, memory};

const FIRST: &str = include_str!("../../../sql-graph/src/schema/0001_graph.sql");

#[tokio::test]
async fn a_file_of_the_first_version_keeps_what_it_has() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("memory.db");
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let old = sqlite_engine::open(&path, flags).unwrap();
    old.execute_batch(FIRST).unwrap();
    old.execute_batch(
        "INSERT INTO schema_steps (version) VALUES (1);
         INSERT INTO nodes (id, properties) VALUES ('old', '{\"title\": \"walrus\"}');
         PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(old);
    let store = SqliteBackend::open(&path).unwrap();
    assert_eq!(
        store.initialize_schema().await.unwrap().version,
        sql_graph::NEWEST
    );
    store.put_memory(memory("new")).await.unwrap();
    let found = store.memories(&[id("old"), id("new")]).await.unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].title, "walrus");
    store.close().await.unwrap();
}
