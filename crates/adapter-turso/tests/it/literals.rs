//! What a caller's statement and its values become on their way to a primary.

use memorygraph_adapter_turso::TursoBackend;
use ports::{Access, ErrorKind, GraphBackend, SqlAccess, SqlParameters, SqlValue};

use crate::{
    graph::{assert_fails, found, run},
    world::{World, opened},
};

async fn modes(world: &World) -> [TursoBackend; 3] {
    [
        opened(world.local("local.db")).await,
        opened(world.replica("replica.db")).await,
        opened(world.remote()).await,
    ]
}

async fn write(backend: &TursoBackend, sql: &str, values: Vec<SqlValue>) {
    let values = SqlParameters::Positional(values);
    let written = backend.execute_query(sql, values, Access::Write).await;
    written.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A minus and a negative number are no comment, which would take the WHERE along.
#[tokio::test]
async fn a_negative_value_behind_a_minus_is_a_value() {
    let world = World::new();
    for (table, backend) in ["here", "copy", "there"].iter().zip(modes(&world).await) {
        run(
            &backend,
            &format!("CREATE TABLE {table} (id TEXT, n INTEGER)"),
        )
        .await
        .unwrap();
        run(
            &backend,
            &format!("INSERT INTO {table} VALUES ('a', 1), ('b', 1)"),
        )
        .await
        .unwrap();
        let sql = format!("UPDATE {table} SET n = n-?1 WHERE id = ?2");
        write(&backend, &sql, vec![SqlValue::Integer(-7), "a".into()]).await;
        let sql = format!("SELECT n FROM {table} WHERE n-?1 > ?2 ORDER BY id LIMIT?3");
        let values = vec![
            SqlValue::Integer(-1),
            SqlValue::Integer(0),
            SqlValue::Integer(5),
        ];
        let rows = backend
            .execute_query(&sql, SqlParameters::Positional(values), Access::Read)
            .await
            .unwrap();
        let numbers: Vec<_> = rows.iter().map(|row| row.0[0].1.clone()).collect();
        assert_eq!(
            numbers,
            [SqlValue::Integer(8), SqlValue::Integer(1)],
            "{table}"
        );
        backend.close().await.unwrap();
    }
}

/// What REPLACE removes fires no trigger at a primary, so that the index would keep its words.
#[tokio::test]
async fn replacing_keeps_the_index_in_step_or_is_refused() {
    let world = World::new();
    let [local, replica, remote] = modes(&world).await;
    let put =
        "INSERT OR REPLACE INTO nodes (id, properties) VALUES ('m', '{\"title\": \"walrus\"}')";
    let again = "REPLACE INTO nodes (id, properties) VALUES ('m', '{\"title\": \"narwhal\"}')";
    run(&local, put).await.unwrap();
    run(&local, again).await.unwrap();
    assert!(found(&local, "walrus").await.is_empty());
    assert_eq!(found(&local, "narwhal").await.len(), 1);
    for backend in [replica, remote] {
        for sql in [put, again] {
            assert_fails(
                run(&backend, sql).await,
                ErrorKind::InvalidArgument,
                &["ON CONFLICT"],
            );
        }
    }
}

/// The words of a caller's statement do not choose what its error means.
#[tokio::test]
async fn a_name_in_a_statement_is_only_a_name() {
    let world = World::new();
    let [_, replica, remote] = modes(&world).await;
    for backend in [replica, remote] {
        for name in ["blocked", "baton", "status", "AUTH_x", "Unauthorized"] {
            let sql = format!("SELECT {name} FROM nodes");
            for access in [Access::Read, Access::Write] {
                let asked = backend
                    .execute_query(&sql, SqlParameters::NONE, access)
                    .await;
                assert_fails(asked, ErrorKind::InvalidArgument, &[name]);
            }
        }
    }
}
