//! `SQLite` works in a process that has used `libSQL` before.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod engines;

use crate::engines::{ask_libsql, ask_sqlite};

#[test]
fn sqlite_answers_after_libsql() {
    let libsql = ask_libsql();
    let sqlite = ask_sqlite();
    assert_ne!(sqlite, libsql);
    assert_eq!(ask_libsql(), libsql);
}
