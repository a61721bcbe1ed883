//! What both engines are asked.

use memorygraph_sqlite_engine as sqlite_engine;

/// Returns what `SQLite` says its version is, after it has found a word by full-text search.
pub(crate) fn ask_sqlite() -> String {
    let connection = sqlite_engine::open_in_memory().unwrap();
    connection
        .execute_batch(
            "CREATE VIRTUAL TABLE page USING fts5(text);
             INSERT INTO page VALUES ('a graph remembers'), ('a list forgets');",
        )
        .unwrap();
    let found: String = connection
        .query_row("SELECT text FROM page('remembers')", [], |row| row.get(0))
        .unwrap();
    assert_eq!(found, "a graph remembers");
    connection
        .query_row("SELECT sqlite_version()", [], |row| row.get(0))
        .unwrap()
}

/// Returns what `libSQL` says its version is, after it has found a word by full-text search.
pub(crate) fn ask_libsql() -> String {
    block_on(async {
        let database = libsql::Builder::new_local(":memory:")
            .build()
            .await
            .unwrap();
        let connection = database.connect().unwrap();
        connection
            .execute_batch(
                "CREATE VIRTUAL TABLE page USING fts5(text);
                 INSERT INTO page VALUES ('a graph remembers'), ('a list forgets');",
            )
            .await
            .unwrap();
        let found: String = libsql_value(&connection, "SELECT text FROM page('remembers')").await;
        assert_eq!(found, "a graph remembers");
        libsql_value(&connection, "SELECT sqlite_version()").await
    })
}

async fn libsql_value(connection: &libsql::Connection, sql: &str) -> String {
    let mut rows = connection.query(sql, ()).await.unwrap();
    rows.next().await.unwrap().unwrap().get(0).unwrap()
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}
