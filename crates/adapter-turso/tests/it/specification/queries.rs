//! `execute_query`, the schema, and what the backend says of itself.

use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{Access, ErrorKind, GraphBackend, GraphBackendExt, SqlAccess, SqlParameters, SqlValue};

use crate::{
    graph::{all, ask, assert_fails, chain, found, id, memory, run, value},
    world::{World, opened},
};

/// How a mode is opened in a world.
type Options = fn(&World) -> TursoOptions;

/// The three modes, each with a graph of its own.
fn modes() -> [(World, Options); 3] {
    [
        (World::new(), |world| world.local("memory.db")),
        (World::new(), |world| world.replica("replica.db")),
        (World::new(), World::remote),
    ]
}

#[tokio::test]
async fn execute_query_takes_positional_or_named_parameters() {
    for (world, options) in modes() {
        let backend = opened(options(&world)).await;
        let values = vec![SqlValue::Integer(20), SqlValue::Integer(22)];
        let rows = backend
            .execute_query(
                "SELECT ?1 + ?2 AS sum",
                SqlParameters::Positional(values),
                Access::Read,
            )
            .await
            .unwrap();
        assert_eq!(rows[0].get("sum"), Some(&SqlValue::Integer(42)));
        let values = vec![
            ("b".to_owned(), SqlValue::Integer(2)),
            ("a".to_owned(), SqlValue::Integer(44)),
        ];
        let rows = backend
            .execute_query(
                "SELECT :a - :b AS difference",
                SqlParameters::Named(values),
                Access::Read,
            )
            .await
            .unwrap();
        assert_eq!(rows[0].get("difference"), Some(&SqlValue::Integer(42)));
    }
}

#[tokio::test]
async fn execute_query_returns_rows_as_maps() {
    for (world, options) in modes() {
        let backend = opened(options(&world)).await;
        backend.apply(chain("c", 2)).await.unwrap();
        let rows = ask(&backend, "SELECT id, label FROM nodes ORDER BY id").await;
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1].get("id"), Some(&SqlValue::from("c/1")));
        assert_eq!(rows[1].get("label"), Some(&SqlValue::from("Memory")));
        assert_eq!(rows[1].get("nothing"), None);
    }
}

#[tokio::test]
async fn execute_query_commits_what_it_writes() {
    for (world, options) in modes() {
        let backend = opened(options(&world)).await;
        let properties = r#"{"title": "Boiling lava", "content": "hot"}"#;
        let sql = format!("INSERT INTO nodes (id, properties) VALUES ('lava', '{properties}')");
        run(&backend, &sql).await.unwrap();
        assert_eq!(found(&backend, "lava").await, ["lava"]);
        backend.close().await.unwrap();

        let backend = TursoBackend::create(options(&world)).await.unwrap();
        assert!(backend.memory(&id("lava")).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn execute_query_changes_nothing_when_it_may_only_read() {
    for (world, options) in modes() {
        let backend = opened(options(&world)).await;
        backend.put_memory(memory("a")).await.unwrap();
        for sql in [
            "DELETE FROM nodes",
            "INSERT INTO nodes (id, properties) VALUES ('b', '{}')",
            "UPDATE nodes SET label = 'x' RETURNING id",
            "CREATE TABLE mine (x)",
            "WITH gone AS (SELECT id FROM nodes) DELETE FROM nodes WHERE id IN gone",
        ] {
            let answer = backend
                .execute_query(sql, SqlParameters::NONE, Access::Read)
                .await;
            assert_fails(answer, ErrorKind::InvalidArgument, &["for reading"]);
        }
        assert_eq!(backend.statistics().await.unwrap().memories, 1);
    }
}

#[tokio::test]
async fn execute_query_is_an_error_when_not_connected() {
    for (world, options) in modes() {
        let backend = TursoBackend::new(options(&world));
        for access in [Access::Read, Access::Write] {
            let answer = backend.execute_query("SELECT 1", SqlParameters::NONE, access);
            assert_fails(answer.await, ErrorKind::Closed, &["not connected"]);
        }
    }
}

#[tokio::test]
async fn initialize_schema_makes_the_tables_nodes_and_relationships() {
    for (world, options) in modes() {
        let backend = TursoBackend::create(options(&world)).await.unwrap();
        let version = backend.initialize_schema().await.unwrap();
        assert_eq!(backend.initialize_schema().await.unwrap(), version);
        for (table, columns) in [
            ("nodes", "id label properties created_at updated_at"),
            (
                "relationships",
                "id from_id to_id rel_type properties created_at",
            ),
        ] {
            for column in columns.split(' ') {
                let sql = format!(
                    "SELECT count(*) FROM pragma_table_info('{table}') WHERE name = '{column}'"
                );
                let there = value(&backend, &sql).await;
                assert_eq!(there, SqlValue::Integer(1), "{table}.{column}");
            }
        }
    }
}

#[tokio::test]
async fn the_foreign_keys_of_relationships_cascade() {
    for (world, options) in modes() {
        let backend = opened(options(&world)).await;
        backend.apply(chain("c", 3)).await.unwrap();
        run(&backend, "DELETE FROM nodes WHERE id = 'c/1'")
            .await
            .unwrap();
        let left = value(&backend, "SELECT count(*) FROM relationships").await;
        assert_eq!(left, SqlValue::Integer(0));
        let dangling = "INSERT INTO relationships (id, from_id, to_id, rel_type)
                        VALUES ('r', 'c/0', 'nobody', 'SOLVES')";
        assert_fails(
            run(&backend, dangling).await,
            ErrorKind::InvalidArgument,
            &[],
        );
        let left = value(&backend, "SELECT count(*) FROM relationships").await;
        assert_eq!(left, SqlValue::Integer(0));
    }
}

/// The specification names an index each for a node's label and creation, and a relationship's
/// beginning, end and type. Every label is the same here, and the type of a memory has the index.
#[tokio::test]
async fn the_five_indexes_are_there() {
    for (world, options) in modes() {
        let backend = opened(options(&world)).await;
        for asked in [
            "nodes WHERE type = 'fix'",
            "nodes ORDER BY created_at",
            "relationships WHERE from_id = 'a'",
            "relationships WHERE to_id = 'a'",
            "relationships WHERE rel_type = 'SOLVES'",
        ] {
            let rows = ask(
                &backend,
                &format!("EXPLAIN QUERY PLAN SELECT id FROM {asked}"),
            )
            .await;
            let plan = format!("{rows:?}");
            assert!(plan.contains("INDEX"), "{asked}: {plan}");
            assert!(!plan.contains("TEMP B-TREE"), "{asked}: {plan}");
        }
    }
}

#[tokio::test]
async fn the_full_text_index_is_fts5() {
    for (world, options) in modes() {
        let backend = opened(options(&world)).await;
        let sql = "SELECT sql FROM sqlite_schema WHERE name = 'nodes_fts'";
        let SqlValue::Text(made) = value(&backend, sql).await else {
            panic!("a text");
        };
        assert!(made.contains("USING fts5"), "{made}");
        backend.put_memory(memory("a")).await.unwrap();
        assert_eq!(found(&backend, "lorem ipsum").await, ["a"]);
        let matched = "SELECT count(*) FROM nodes_fts WHERE nodes_fts MATCH 'lorem'";
        assert_eq!(value(&backend, matched).await, SqlValue::Integer(1));
    }
}

#[tokio::test]
async fn the_schema_is_synced_to_the_primary() {
    let world = World::new();
    let backend = opened(world.replica("one.db")).await;
    let tables = "SELECT count(*) FROM sqlite_schema
                  WHERE name IN ('nodes', 'relationships', 'nodes_fts')";
    assert_eq!(world.at_primary(tables).as_deref(), Some("3"));
    assert_eq!(value(&backend, tables).await, SqlValue::Integer(3));

    let other = TursoBackend::create(world.replica("other.db"));
    let other = other.await.unwrap();
    assert_eq!(
        other
            .list(&domain::ListQuery::default(), &all())
            .await
            .unwrap()
            .items,
        []
    );
}

#[tokio::test]
async fn the_backend_is_named_turso() {
    for (world, options) in modes() {
        let backend = TursoBackend::new(options(&world));
        assert_eq!(backend.name(), "turso");
        backend.connect().await.unwrap();
        assert_eq!(backend.health().await.unwrap().backend, "turso");
    }
}

#[tokio::test]
async fn full_text_search_is_supported() {
    for (world, options) in modes() {
        let backend = opened(options(&world)).await;
        assert!(backend.supports_fulltext_search());
        backend.put_memory(memory("a")).await.unwrap();
        assert_eq!(found(&backend, "ipsum").await, ["a"]);
        assert_eq!(found(&backend, "dolor").await, [""; 0]);
    }
}

#[tokio::test]
async fn transactions_are_supported() {
    for (world, options) in modes() {
        let backend = opened(options(&world)).await;
        assert!(backend.supports_transactions());
        let broken = chain("c", 3).put_relationship(crate::graph::link("r", "c/0", "nobody"));
        assert_fails(
            backend.apply(broken).await,
            ErrorKind::NotFound,
            &["nobody"],
        );
        let statistics = backend.statistics().await.unwrap();
        assert_eq!((statistics.memories, statistics.relationships), (0, 0));
    }
}
