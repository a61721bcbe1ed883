//! `libSQL` works in a process that has used `SQLite` before.

#![expect(clippy::unwrap_used, reason = "a test ends where something fails")]

mod engines;

use crate::engines::{ask_libsql, ask_sqlite};

#[test]
fn libsql_answers_after_sqlite() {
    let sqlite = ask_sqlite();
    let libsql = ask_libsql();
    assert_ne!(sqlite, libsql);
    assert_eq!(ask_sqlite(), sqlite);
}
