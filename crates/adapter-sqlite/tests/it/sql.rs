//! SQL of the caller's own: what it writes is kept in step, and what would endanger others is
//! refused.

use domain::{ListQuery, MemoryFilter, SearchMode, SearchQuery};
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{
    Access, ErrorKind, GraphBackend, GraphBackendExt, Result, Row, SqlAccess, SqlParameters,
    SqlValue,
};
use tempfile::TempDir;

use crate::graph::{all, assert_fails, check_file, five, id, link, memory, opened, raw};

async fn run(backend: &SqliteBackend, sql: &str) -> Result<Vec<Row>> {
    backend
        .execute_query(sql, SqlParameters::NONE, Access::Write)
        .await
}

async fn insert(backend: &SqliteBackend, verb: &str, id: &str, properties: &str) {
    let sql = format!("{verb} INTO nodes (id, label, properties) VALUES (?, 'Memory', ?)");
    let values = vec![SqlValue::from(id), SqlValue::from(properties)];
    backend
        .execute_query(&sql, SqlParameters::Positional(values), Access::Write)
        .await
        .unwrap();
}

async fn found(backend: &SqliteBackend, text: &str) -> Vec<String> {
    let query = SearchQuery {
        text: text.to_owned(),
        mode: SearchMode::Strict,
        ..SearchQuery::default()
    };
    let hits = backend.search(&query, &all()).await.unwrap().items;
    hits.into_iter()
        .map(|hit| hit.memory.id.to_string())
        .collect()
}

async fn tagged(backend: &SqliteBackend, tag: &str) -> Vec<String> {
    let query = ListQuery {
        filter: MemoryFilter {
            tags: vec![tag.to_owned()],
            ..MemoryFilter::default()
        },
        ..ListQuery::default()
    };
    let memories = backend.list(&query, &all()).await.unwrap().items;
    memories.into_iter().map(|m| m.id.to_string()).collect()
}

const NONE: [&str; 0] = [];

#[tokio::test]
async fn a_plain_insert_is_a_whole_memory() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    let properties = r#"{"title": "Boiling lava", "content": "very hot", "tags": ["magma"]}"#;
    insert(&backend, "INSERT", "one", properties).await;
    assert_eq!(found(&backend, "lava").await, ["one"]);
    assert_eq!(found(&backend, "MAGMA").await, ["one"]);
    assert_eq!(tagged(&backend, "magma").await, ["one"]);
    let memory = backend.memory(&id("one")).await.unwrap().unwrap();
    assert_eq!(memory.title, "Boiling lava");
    assert_eq!(backend.statistics().await.unwrap().memories, 1);

    insert(&backend, "INSERT", "title only", r#"{"title": "Obsidian"}"#).await;
    assert_eq!(found(&backend, "obsidian").await, ["title only"]);
    check_file(&raw(&path));
}

#[tokio::test]
async fn an_update_is_indexed_anew() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    let properties = r#"{"title": "Lava", "content": "hot", "tags": ["magma", "red"]}"#;
    insert(&backend, "INSERT", "one", properties).await;
    let update = r#"UPDATE nodes SET properties =
        '{"title": "Ice", "content": "cold", "tags": ["red", "water"]}' WHERE id = 'one'"#;
    run(&backend, update).await.unwrap();
    assert_eq!(found(&backend, "lava").await, NONE);
    assert_eq!(found(&backend, "ice").await, ["one"]);
    assert_eq!(tagged(&backend, "magma").await, NONE);
    assert_eq!(tagged(&backend, "red").await, ["one"]);
    assert_eq!(tagged(&backend, "water").await, ["one"]);
    let update = r#"UPDATE nodes SET properties =
        '{"title": "getUserById", "tags": ["red", "water"]}' WHERE id = 'one'"#;
    run(&backend, update).await.unwrap();
    assert_eq!(found(&backend, "user").await, ["one"]);
    let update = r#"UPDATE nodes SET properties =
        '{"title": "Ice", "tags": ["red", "water"]}' WHERE id = 'one'"#;
    run(&backend, update).await.unwrap();
    assert_eq!(found(&backend, "user").await, NONE);
    run(&backend, "UPDATE nodes SET key = key + 100")
        .await
        .unwrap();
    assert_eq!(found(&backend, "ice").await, ["one"]);
    assert_eq!(tagged(&backend, "water").await, ["one"]);
    check_file(&raw(&path));
}

#[tokio::test]
async fn a_delete_leaves_no_trace() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    backend.apply(five("a")).await.unwrap();
    backend.apply(five("b")).await.unwrap();
    run(&backend, "DELETE FROM nodes WHERE id LIKE 'a/%'")
        .await
        .unwrap();
    assert_eq!(found(&backend, "lorem").await.len(), 3);
    assert_eq!(tagged(&backend, "five").await.len(), 3);
    let statistics = backend.statistics().await.unwrap();
    assert_eq!((statistics.memories, statistics.relationships), (3, 2));
    check_file(&raw(&path));
}

#[tokio::test]
async fn a_replacement_keeps_the_index_in_step() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    let before = r#"{"title": "Lava", "tags": ["magma"]}"#;
    let after = r#"{"title": "Ice", "tags": ["water"]}"#;
    insert(&backend, "INSERT", "one", before).await;
    insert(&backend, "INSERT OR REPLACE", "one", after).await;
    assert_eq!(found(&backend, "lava").await, NONE);
    assert_eq!(found(&backend, "ice").await, ["one"]);
    assert_eq!(tagged(&backend, "magma").await, NONE);
    insert(&backend, "REPLACE", "one", before).await;
    assert_eq!(found(&backend, "lava").await, ["one"]);
    assert_eq!(tagged(&backend, "water").await, NONE);
    check_file(&raw(&path));
}

#[tokio::test]
async fn a_column_that_is_computed_and_a_broken_document_are_refused() {
    let folder = TempDir::new().unwrap();
    let backend = opened(&folder.path().join("graph.db")).await;
    for sql in [
        "INSERT INTO nodes (id, properties) VALUES ('one', 'no JSON')",
        "INSERT INTO nodes (id, properties) VALUES (NULL, '{}')",
        "INSERT INTO nodes (id, title, properties) VALUES ('one', 'x', '{}')",
        "INSERT INTO relationships (id, from_id, to_id, rel_type) VALUES ('r', 'a', 'b', 'SOLVES')",
        "SELECT nonsense",
        "SELEC 1",
        "",
        " -- only a comment",
    ] {
        assert_fails(
            run(&backend, sql).await,
            ErrorKind::InvalidArgument,
            &["execute a query"],
        );
    }
    assert_eq!(backend.statistics().await.unwrap().memories, 0);
}

/// The lanes own the transactions, the settings and the files; a statement that changes them
/// would change them for everybody.
#[tokio::test]
async fn what_is_not_the_callers_to_change_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    backend.apply(five("a")).await.unwrap();
    let elsewhere = folder.path().join("elsewhere.db");
    let attach = format!("ATTACH '{}' AS other", elsewhere.display());
    let export = format!("VACUUM INTO '{}'", elsewhere.display());
    let refused = [
        "CREATE TEMP TABLE nodes (id TEXT)",
        "CREATE TABLE temp.nodes (id TEXT)",
        "CREATE TEMP VIEW nodes AS SELECT 1",
        "CREATE TEMP TRIGGER mine AFTER INSERT ON nodes BEGIN SELECT 1; END",
        "BEGIN",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "END",
        "ROLLBACK",
        "SAVEPOINT mine",
        "RELEASE job",
        "ROLLBACK TO job",
        &attach,
        "DETACH main",
        &export,
        "VACUUM",
        "PRAGMA foreign_keys = OFF",
        "PRAGMA synchronous = OFF",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA journal_mode(DELETE)",
        "PRAGMA user_version = 7",
        "PRAGMA main.user_version = 7",
        "/* PRAGMA */ PRAGMA -- user_version\n user_version = 7",
        "PRAGMA locking_mode = EXCLUSIVE",
        "PRAGMA busy_timeout = 0",
        "PRAGMA max_page_count = 1",
        "PRAGMA query_only = ON",
        "PRAGMA writable_schema = ON",
        "PRAGMA rekey = 'x'",
        "PRAGMA wal_checkpoint",
        "PRAGMA optimize",
        "SELECT 1; SELECT 2",
        "SELECT 1; COMMIT",
        "SELECT 1; nonsense",
    ];
    for sql in refused {
        for access in [Access::Read, Access::Write] {
            let answer = backend
                .execute_query(sql, SqlParameters::NONE, access)
                .await;
            assert_fails(answer, ErrorKind::InvalidArgument, &["execute a query"]);
        }
    }
    // The lanes work as before, and so do the settings.
    backend.apply(five("b")).await.unwrap();
    assert_eq!(found(&backend, "lorem").await.len(), 6);
    for (setting, value) in [
        ("foreign_keys", SqlValue::Integer(1)),
        ("synchronous", SqlValue::Integer(2)),
        ("journal_mode", SqlValue::from("wal")),
        (
            "user_version",
            SqlValue::Integer(sql_graph::NEWEST.0.into()),
        ),
        ("locking_mode", SqlValue::from("normal")),
    ] {
        let rows = run(&backend, &format!("PRAGMA {setting}")).await.unwrap();
        assert_eq!(rows[0].0[0].1, value, "{setting}");
    }
    assert!(!elsewhere.exists());
    check_file(&raw(&path));
}

#[tokio::test]
async fn reading_what_there_is_works() {
    let folder = TempDir::new().unwrap();
    let backend = opened(&folder.path().join("graph.db")).await;
    backend.apply(five("a")).await.unwrap();
    for sql in [
        "SELECT count(*) AS n FROM nodes",
        " \n-- how many\n SELECT count(*) AS n FROM nodes;",
        "/* how many */ SELECT count(*) AS n FROM nodes ; ",
        "WITH them AS (SELECT * FROM nodes) SELECT count(*) AS n FROM them",
        "VALUES (3)",
        "EXPLAIN QUERY PLAN SELECT * FROM nodes",
        "PRAGMA user_version",
        "PRAGMA main.user_version;",
        "SELECT name FROM pragma_table_info('nodes')",
    ] {
        let rows = backend
            .execute_query(sql, SqlParameters::NONE, Access::Read)
            .await
            .unwrap();
        assert!(!rows.is_empty(), "{sql}");
        if sql.contains(" AS n ") {
            assert_eq!(rows[0].get("n"), Some(&SqlValue::Integer(3)), "{sql}");
        }
    }
}

#[tokio::test]
async fn reading_cannot_write() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    backend.apply(five("a")).await.unwrap();
    for sql in [
        "DELETE FROM nodes",
        "DELETE FROM nodes RETURNING id",
        "UPDATE nodes SET label = 'x'",
        "INSERT INTO nodes (id, properties) VALUES ('x', '{}')",
        "WITH a AS (SELECT 1) DELETE FROM nodes",
        "DROP TABLE nodes",
        "CREATE TABLE mine (x)",
    ] {
        let answer = backend
            .execute_query(sql, SqlParameters::NONE, Access::Read)
            .await;
        assert_fails(
            answer,
            ErrorKind::InvalidArgument,
            &["changes something", "for reading"],
        );
    }
    assert_eq!(backend.statistics().await.unwrap().memories, 3);
}

/// A statement that gives up its transaction must not give up that of others who wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_rolls_back_costs_nobody_else_anything() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    backend.put_memory(memory("taken")).await.unwrap();
    let holder = raw(&path);
    let conflict =
        "INSERT OR ROLLBACK INTO nodes (id, properties) VALUES ('taken', '{\"title\": \"x\"}')";
    for round in 0..20 {
        // What is sent while the file is held shares a commit afterwards.
        holder.execute_batch("BEGIN IMMEDIATE").unwrap();
        let release = async {
            tokio::task::yield_now().await;
            holder.execute_batch("ROLLBACK").unwrap();
        };
        let (before, rolled_back, after, ()) = tokio::join!(
            backend.apply(five(&format!("before-{round}"))),
            run(&backend, conflict),
            backend.apply(five(&format!("after-{round}"))),
            release,
        );
        before.unwrap();
        assert_fails(rolled_back, ErrorKind::InvalidArgument, &["UNIQUE"]);
        after.unwrap();
    }
    assert_eq!(backend.statistics().await.unwrap().memories, 1 + 20 * 6);
    check_file(&holder);
}

#[tokio::test]
async fn a_statement_that_fails_half_way_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    backend.put_memory(memory("taken")).await.unwrap();
    let sql = r#"INSERT OR FAIL INTO nodes (id, properties)
        SELECT value, '{"title": "t"}' FROM json_each('["new", "taken", "newer"]')"#;
    assert_fails(
        run(&backend, sql).await,
        ErrorKind::InvalidArgument,
        &["UNIQUE"],
    );
    assert!(backend.memory(&id("new")).await.unwrap().is_none());
    assert_eq!(backend.statistics().await.unwrap().memories, 1);
}

#[tokio::test]
async fn a_relationship_by_sql_is_walked_and_counted() {
    let folder = TempDir::new().unwrap();
    let backend = opened(&folder.path().join("graph.db")).await;
    backend.put_memory(memory("a")).await.unwrap();
    backend.put_memory(memory("b")).await.unwrap();
    run(
        &backend,
        "INSERT INTO relationships (id, from_id, to_id, rel_type) VALUES ('r', 'a', 'b', 'SOLVES')",
    )
    .await
    .unwrap();
    let walked = backend.walk(&domain::Walk::new(id("a"))).await.unwrap();
    assert_eq!(walked.steps[0].memory.id, id("b"));
    assert_eq!(backend.statistics().await.unwrap().relationships, 1);
    let joined = backend.put_relationship(link("s", "b", "a")).await.unwrap();
    assert_eq!(joined.relationships_added, 1);
}
