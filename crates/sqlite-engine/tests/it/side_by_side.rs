//! `SQLite` and `libSQL` in one process.

use std::thread;

use memorygraph_sqlite_engine as sqlite_engine;

use crate::engines::{ask_libsql, ask_sqlite};

#[test]
fn each_engine_is_itself() {
    assert_eq!(ask_sqlite(), sqlite_engine::version());
    assert_ne!(ask_libsql(), sqlite_engine::version());
}

#[test]
fn eight_threads_use_each_engine_at_once() {
    let start = std::sync::Barrier::new(16);
    let repeat = |ask: fn() -> String| {
        start.wait();
        (0..20).map(|_| ask()).collect::<Vec<_>>()
    };
    let (sqlite, libsql) = thread::scope(|scope| {
        let sqlite: Vec<_> = (0..8).map(|_| scope.spawn(|| repeat(ask_sqlite))).collect();
        let libsql: Vec<_> = (0..8).map(|_| scope.spawn(|| repeat(ask_libsql))).collect();
        let join = |threads: Vec<thread::ScopedJoinHandle<'_, Vec<String>>>| {
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect::<Vec<_>>()
        };
        (join(sqlite), join(libsql))
    });

    assert_eq!(sqlite, vec![sqlite_engine::version(); 160]);
    assert_eq!(libsql, vec![ask_libsql(); 160]);
}

#[test]
fn eight_threads_write_one_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("memory.db");
    let open = || sqlite_engine::open(&file, sqlite_engine::rusqlite::OpenFlags::default());
    open()
        .unwrap()
        .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE fact (text TEXT);")
        .unwrap();

    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let connection = open().unwrap();
                for _ in 0..25 {
                    connection
                        .execute("INSERT INTO fact VALUES ('known')", [])
                        .unwrap();
                }
            });
        }
    });

    let count: i64 = open()
        .unwrap()
        .query_row("SELECT count(*) FROM fact", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 200);
}
