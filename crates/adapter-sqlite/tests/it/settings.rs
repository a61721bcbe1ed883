//! What the connections are set to: power loss cannot be tested here, its settings can.

use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{Access, SqlAccess, SqlParameters, SqlValue};
use tempfile::TempDir;

use crate::graph::opened;

async fn setting(backend: &SqliteBackend, name: &str) -> SqlValue {
    let sql = format!("PRAGMA {name}");
    let rows = backend
        .execute_query(&sql, SqlParameters::NONE, Access::Write)
        .await
        .unwrap();
    rows[0].0[0].1.clone()
}

#[tokio::test]
async fn the_writer_syncs_each_commit_to_the_disk() {
    const FULL: i64 = 2;
    let folder = TempDir::new().unwrap();
    let backend = opened(&folder.path().join("graph.db")).await;
    let writer = |name| setting(&backend, name);
    assert_eq!(writer("synchronous").await, SqlValue::Integer(FULL));
    assert_eq!(writer("journal_mode").await, SqlValue::from("wal"));
    assert_eq!(writer("foreign_keys").await, SqlValue::Integer(1));
    assert_eq!(writer("recursive_triggers").await, SqlValue::Integer(1));
}
