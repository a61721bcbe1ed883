//! Several backends on one file, and what is left of it when they close.

use std::{collections::BTreeSet, fs, path::Path};

use domain::SearchQuery;
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{ErrorKind, GraphBackend, GraphBackendExt, SchemaVersion, Statistics};
use tempfile::TempDir;

use crate::{
    files::beside,
    graph::{
        all, assert_fails, at, check_file, five, id, made, memory, opened, options, raw,
        whole_fives,
    },
};

#[tokio::test]
async fn what_one_backend_writes_another_sees() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backends = [
        opened(&path).await,
        opened(&path).await,
        opened(&path).await,
    ];
    for (number, backend) in backends.iter().enumerate() {
        let name = format!("by-{number}");
        backend.apply(five(&name)).await.unwrap();
        for other in &backends {
            let found = other.memory(&id(&format!("{name}/a"))).await.unwrap();
            assert!(found.is_some(), "{name}");
        }
    }
    let query = SearchQuery {
        text: "lorem".to_owned(),
        ..SearchQuery::default()
    };
    for backend in &backends {
        let hits = backend.search(&query, &all()).await.unwrap();
        assert_eq!(hits.items.len(), 9);
    }
}

#[tokio::test]
async fn backends_that_make_the_schema_at_the_same_time_agree() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let open = || SqliteBackend::open_with(&options(&path)).unwrap();
    let (a, b, c) = (open(), open(), open());
    let made = tokio::join!(
        a.initialize_schema(),
        b.initialize_schema(),
        c.initialize_schema(),
    );
    for version in [made.0, made.1, made.2] {
        assert_eq!(version.unwrap().version, sql_graph::NEWEST);
    }
    let steps: i64 = raw(&path)
        .query_row("SELECT count(*) FROM schema_steps", [], |row| row.get(0))
        .unwrap();
    assert_eq!(steps, i64::from(sql_graph::NEWEST.0));
}

/// The writer of each backend waits for the others instead of failing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn backends_that_write_at_the_same_time_lose_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let mut tasks = Vec::new();
    for backend in 0..4 {
        let path = path.clone();
        tasks.push(tokio::spawn(async move {
            let opened = opened(&path).await;
            for number in 0..50 {
                let name = format!("{backend}-{number}");
                opened.apply(five(&name)).await.unwrap();
            }
            opened.close().await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let connection = raw(&path);
    assert_eq!(whole_fives(&connection).len(), 200);
    check_file(&connection);
}

/// A call that takes several statements sees nothing of what is written between them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_sees_one_state_while_others_write() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let reader = opened(&path).await;
    let writer = opened(&path).await;
    let writing = tokio::spawn(async move {
        for number in 0..300 {
            writer.apply(five(&format!("{number:03}"))).await.unwrap();
        }
    });
    let mut seen = BTreeSet::new();
    while !writing.is_finished() {
        let counts = reader.statistics().await.unwrap();
        assert_eq!(counts.memories * 2, counts.relationships * 3, "{counts:?}");
        seen.insert(counts.memories);
        let changes = reader.changes_since(at(0), &all()).await.unwrap().items;
        assert_eq!(changes.len() % 5, 0, "{} changes", changes.len());
    }
    writing.await.unwrap();
    assert!(seen.len() > 10, "only {} states were seen", seen.len());
}

#[tokio::test]
async fn health_says_what_there_is() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    backend.apply(five("a")).await.unwrap();
    let health = backend.health().await.unwrap();
    assert_eq!(health.backend, "sqlite");
    assert_eq!(Path::new(&health.location), path);
    assert_eq!(
        health.engine,
        format!("SQLite {}", sqlite_engine::version())
    );
    assert_eq!(health.schema_version, sql_graph::NEWEST);
    assert_eq!((health.memories, health.relationships), (3, 2));
    assert_eq!(health.warnings, Vec::<String>::new());
    let on_disk = |path: &Path| fs::metadata(path).unwrap().len();
    let size = on_disk(&path) + on_disk(&beside(&path, "-wal"));
    assert_eq!(health.size_bytes, Some(size));
}

#[tokio::test]
async fn health_before_there_is_a_schema_is_a_warning() {
    let folder = TempDir::new().unwrap();
    let backend = SqliteBackend::open_with(&options(&folder.path().join("graph.db"))).unwrap();
    let health = backend.health().await.unwrap();
    assert_eq!(health.schema_version, SchemaVersion(0));
    assert!(!health.warnings.is_empty());
}

#[tokio::test]
async fn closing_tidies_up_and_the_file_opens_again() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    backend.apply(five("a")).await.unwrap();
    backend.close().await.unwrap();
    backend.close().await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_fails(
        backend.statistics().await,
        ErrorKind::Closed,
        &["count", "was closed", "open it again"],
    );
    assert_fails(
        backend.put_memory(memory("late")).await,
        ErrorKind::Closed,
        &["apply a batch", "open it again"],
    );
    assert_fails(
        backend.initialize_schema().await,
        ErrorKind::Closed,
        &["open it again"],
    );

    let backend = opened(&path).await;
    let Statistics {
        memories,
        relationships,
        ..
    } = backend.statistics().await.unwrap();
    assert_eq!((memories, relationships), (3, 2));
}

#[tokio::test]
async fn dropping_without_closing_loses_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    for number in 0..20 {
        let backend = opened(&path).await;
        backend.apply(five(&number.to_string())).await.unwrap();
        drop(backend);
    }
    let backend = opened(&path).await;
    assert_eq!(backend.statistics().await.unwrap().memories, 60);
    backend.close().await.unwrap();
    check_file(&raw(&path));
}

/// An upgrade, a repair or a compaction of another process may hold the lock for long.
#[tokio::test]
async fn opening_and_reading_wait_for_nobody_who_writes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let other = raw(&path);
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let backend = opened(&path).await;
    assert_eq!(backend.statistics().await.unwrap().memories, 3);
    backend.close().await.unwrap();
    other.execute_batch("COMMIT").unwrap();
}

/// A reader of another program keeps the log from being emptied, and nothing else.
#[tokio::test]
async fn a_long_read_of_another_program_holds_no_writer_up() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    backend.apply(five("before")).await.unwrap();
    let reader = raw(&path);
    reader.execute_batch("BEGIN").unwrap();
    let count = || -> i64 {
        reader
            .query_row("SELECT count(*) FROM nodes", [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(count(), 3);
    for number in 0..100 {
        backend
            .apply(five(&format!("during-{number}")))
            .await
            .unwrap();
    }
    assert_eq!(count(), 3);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(), 303);
}
