//! What an inspection finds of rows that no statement reads, and what a repair makes of them.

use std::{fs, path::Path};

use domain::ListQuery;
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{ErrorKind, GraphBackend, GraphBackendExt, Trouble};
use tempfile::TempDir;

use super::{assert_works, kept_aside, mended, schema, spoil};
use crate::graph::{all, assert_fails, ever, id, made, opened, raw};

/// Changes a byte of what a row says, so that it is no JSON: the colon after `field`.
fn break_json(path: &Path, id: &str, field: &str) {
    raw(path)
        .execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
        .unwrap();
    let mut bytes = fs::read(path).unwrap();
    let find = |bytes: &[u8], from: usize, text: &str| {
        let mut windows = bytes[from..].windows(text.len());
        windows
            .position(|it| it == text.as_bytes())
            .map(|at| at + from)
    };
    let field = format!("\"{field}\":");
    let mut from = 0;
    let mut broken = 0;
    // A memory's document has its id; a relationship's row has it before its document.
    while let Some(row) = find(&bytes, from, id) {
        from = row + id.len();
        let Some(at) = find(&bytes, from, &field) else {
            continue;
        };
        if at - from < 200 {
            bytes[at + field.len() - 1] = b'#';
            broken += 1;
            from = at;
        }
    }
    assert!(broken > 0, "{id} is nowhere");
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_row_whose_json_is_broken_goes_into_quarantine_and_the_others_work_on() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    break_json(&path, "made/c", "title");
    let connection = raw(&path);
    let checked = connection.query_row("PRAGMA integrity_check", [], |_| Ok(()));
    assert!(checked.unwrap_err().to_string().contains("malformed JSON"));
    drop(connection);
    let backend = opened(&path).await;
    let health = backend.health().await.unwrap();
    assert!(
        health.warnings[0].contains("health --repair"),
        "{:?}",
        health.warnings
    );
    assert!(!health.warnings[0].contains("backup"));
    backend.close().await.unwrap();

    let (backend, found) = mended(&path, "", &[Trouble::UnreadableMemories]).await;
    assert_eq!(found[0].count, 1);
    assert!(found[0].examples[0].contains("made/c"), "{found:?}");
    let kept = kept_aside(&backend).await;
    assert_eq!(kept.len(), 2, "{kept:#?}");
    let raw_text = kept.iter().find(|it| it.id.starts_with("nodes/made/c/"));
    assert!(
        raw_text.unwrap().document.contains(r##"\"title\"#\"##),
        "{kept:#?}"
    );
    assert_works(&backend, 2).await;
}

#[tokio::test]
async fn a_relationship_whose_json_is_broken_goes_into_quarantine() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let before = schema(&path);
    break_json(&path, "made/bc", "strength");
    let (backend, found) = mended(&path, "", &[Trouble::UnreadableRelationships]).await;
    assert!(found[0].examples[0].contains("made/bc"), "{found:?}");
    assert_eq!(kept_aside(&backend).await.len(), 1);
    assert_eq!(schema(&path), before);
    assert_works(&backend, 3).await;
}

#[tokio::test]
async fn ids_that_are_bytes_go_into_quarantine() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let sql = r#"DROP TRIGGER relationships_replaced;
        INSERT INTO nodes (id, properties, expansion)
          VALUES (CAST('bytes' AS BLOB), '{"title": "x", "content": "x"}', '');
        UPDATE relationships SET id = CAST('r' AS BLOB), rel_type = 'odd' WHERE id = 'made/ab';
        UPDATE relationships SET from_id = CAST(from_id AS BLOB) WHERE id = 'made/bc'"#;
    spoil(&path, sql);
    let backend = SqliteBackend::open(&path).unwrap();
    let query = ListQuery {
        filter: ever(),
        ..ListQuery::default()
    };
    let listed = backend.list(&query, &all()).await;
    assert_fails(listed, ErrorKind::Corrupt, &["health --repair"]);
    let expected = [
        Trouble::IncompleteSchema,
        Trouble::UnreadableMemories,
        Trouble::UnreadableRelationships,
        Trouble::DanglingRelationships,
    ];
    let (backend, _) = mended(&path, "", &expected).await;
    let kept = kept_aside(&backend).await;
    assert_eq!(kept.len(), 3, "{kept:#?}");
    assert!(kept.iter().any(|it| it.id.starts_with("nodes/bytes/")));
    assert_works(&backend, 3).await;
}

#[tokio::test]
async fn a_score_out_of_range_is_kept_aside_in_the_memory_itself() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let sql =
        "UPDATE nodes SET properties = json_set(properties, '$.importance', 7) WHERE id = 'made/a'";
    let (backend, found) = mended(&path, sql, &[Trouble::UnreadableMemories]).await;
    assert!(found[0].examples[0].contains("importance"), "{found:?}");
    let mended = backend.memory(&id("made/a")).await.unwrap().unwrap();
    assert!(serde_json::to_string(&mended).unwrap().contains('7'));
}

#[tokio::test]
async fn counts_name_the_row_that_does_not_count() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    for (sql, id) in [
        (
            "UPDATE nodes SET created_at = 'yesterday' WHERE id = 'made/b'",
            "made/b",
        ),
        (
            "UPDATE relationships SET rel_type = 'ODD' WHERE id = 'made/bc'",
            "made/bc",
        ),
        (
            "UPDATE nodes SET properties = json_set(properties, '$.type', 'odd') WHERE id = 'made/c'",
            "made/c",
        ),
    ] {
        spoil(&path, sql);
        let backend = SqliteBackend::open(&path).unwrap();
        let words = [id, "memorygraph health --repair"];
        assert_fails(backend.statistics().await, ErrorKind::Corrupt, &words);
        backend.repair().await.unwrap();
        assert_eq!(backend.statistics().await.unwrap().memories, 3);
        backend.close().await.unwrap();
    }
}
