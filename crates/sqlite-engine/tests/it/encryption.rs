//! Encryption at rest.

use std::fs;
use std::path::Path;

use memorygraph_sqlite_engine as sqlite_engine;
use sqlite_engine::rusqlite::{Connection, Error, ErrorCode, OpenFlags, Result};

const KEY: &str = "it's \"secret\"; \u{1f511}";
const TEXT: &str = "the heron waits at the weir";

#[test]
fn file_opens_with_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("memory.db");
    write_text(&open_with(&file, KEY).unwrap());

    assert_eq!(read_text(&open_with(&file, KEY).unwrap()), Ok(TEXT.into()));
}

#[test]
fn file_does_not_open_without_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("memory.db");
    write_text(&open_with(&file, KEY).unwrap());

    let connection = sqlite_engine::open(&file, OpenFlags::default()).unwrap();
    assert_not_a_database(&read_text(&connection).unwrap_err());
}

#[test]
fn file_does_not_open_with_another_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("memory.db");
    write_text(&open_with(&file, KEY).unwrap());
    let before = fs::read(&file).unwrap();

    for key in ["another key", KEY.trim_end_matches('\u{1f511}'), "it's"] {
        assert_not_a_database(&open_with(&file, key).unwrap_err());
    }
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn plain_file_does_not_open_with_a_key() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("memory.db");
    write_text(&sqlite_engine::open(&file, OpenFlags::default()).unwrap());

    assert_not_a_database(&open_with(&file, KEY).unwrap_err());
}

#[test]
fn nothing_on_disk_is_readable() {
    for (mode, log) in [("wal", "memory.db-wal"), ("delete", "memory.db-journal")] {
        let directory = tempfile::tempdir().unwrap();
        let connection = open_with(&directory.path().join("memory.db"), KEY).unwrap();
        connection
            .pragma_update(None, "journal_mode", mode)
            .unwrap();
        write_text(&connection);
        // An open transaction leaves the old page in a rollback journal.
        connection
            .execute_batch("BEGIN; UPDATE fact SET text = 'it flew'")
            .unwrap();

        assert!(fs::metadata(directory.path().join(log)).unwrap().len() > 4096);
        for entry in fs::read_dir(directory.path()).unwrap() {
            let file = entry.unwrap().path();
            let bytes = fs::read(&file).unwrap();
            for plain in [TEXT, "SQLite format 3", KEY] {
                let shown = contains(&bytes, plain);
                assert!(!shown, "{} shows {plain:?}", file.display());
            }
        }
    }
}

#[test]
fn vacuumed_copy_is_encrypted_with_the_same_key() {
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("copy.db");
    let connection = open_with(&directory.path().join("memory.db"), KEY).unwrap();
    write_text(&connection);
    connection
        .execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();

    assert!(!contains(&fs::read(&copy).unwrap(), TEXT));
    assert_eq!(read_text(&open_with(&copy, KEY).unwrap()), Ok(TEXT.into()));
}

#[test]
fn changed_page_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("memory.db");
    write_text(&open_with(&file, KEY).unwrap());
    let mut bytes = fs::read(&file).unwrap();
    let last_page = bytes.len() - 100;
    bytes[last_page] ^= 1;
    fs::write(&file, bytes).unwrap();

    let error = read_text(&open_with(&file, KEY).unwrap()).unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt));
}

#[test]
fn raw_key_opens_what_it_encrypted() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("memory.db");
    let key = format!("raw:{}", "5a".repeat(32));
    write_text(&open_with(&file, &key).unwrap());

    assert_eq!(read_text(&open_with(&file, &key).unwrap()), Ok(TEXT.into()));
    assert_not_a_database(&open_with(&file, &"5a".repeat(32)).unwrap_err());
}

#[test]
fn cipher_is_chacha20() {
    let directory = tempfile::tempdir().unwrap();
    let connection = open_with(&directory.path().join("memory.db"), KEY).unwrap();
    let cipher: String = connection
        .pragma_query_value(None, "cipher", |row| row.get(0))
        .unwrap();
    assert_eq!(cipher, "chacha20");
}

#[test]
fn unsafe_key_is_refused_and_creates_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("memory.db");

    for key in ["", "secret\0"] {
        let error = open_with(&file, key).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(ErrorCode::ApiMisuse));
        assert_hides_the_key(&error);
        assert!(!file.exists());
    }
}

#[test]
fn database_in_memory_takes_no_key() {
    let error = open_with(Path::new(":memory:"), KEY).unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::Unknown));
    assert_hides_the_key(&error);
}

fn open_with(file: &Path, key: &str) -> Result<Connection> {
    sqlite_engine::open_encrypted(file, OpenFlags::default(), key)
}

fn write_text(connection: &Connection) {
    connection
        .execute_batch("CREATE TABLE fact (text TEXT)")
        .unwrap();
    connection
        .execute("INSERT INTO fact VALUES (?1)", [TEXT])
        .unwrap();
}

fn read_text(connection: &Connection) -> Result<String> {
    connection.query_row("SELECT text FROM fact", [], |row| row.get(0))
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

fn assert_not_a_database(error: &Error) {
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase));
    assert_hides_the_key(error);
}

fn assert_hides_the_key(error: &Error) {
    let shown = format!("{error} {error:?}").to_lowercase();
    for secret in ["secret", "another key", "hexkey", "736563726574"] {
        assert!(!shown.contains(secret), "{shown} shows {secret}");
    }
}
