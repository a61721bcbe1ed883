//! Files that are encrypted at rest, and keys that show up nowhere.

use std::{fmt::Write, fs, path::Path};

use memorygraph_adapter_sqlite::{Key, SqliteBackend, SqliteOptions};
use ports::{BackendError, ErrorKind, GraphBackend, GraphBackendExt};
use tempfile::TempDir;

use crate::{
    files::{Snapshot, beside},
    graph::{assert_fails, id, made, memory, options},
};

const SECRET: &str = "correct horse battery staple";

fn with_key(path: &Path, key: &str) -> SqliteOptions {
    SqliteOptions {
        key: Some(Key::new(key)),
        ..options(path)
    }
}

/// Fails when a text shows the key, as it is or as the engine is told it.
#[track_caller]
fn assert_hides_key(text: &str) {
    let mut hexadecimal = String::new();
    for byte in SECRET.bytes() {
        write!(hexadecimal, "{byte:02x}").unwrap();
    }
    assert!(!text.contains(SECRET), "{text}");
    assert!(!text.to_lowercase().contains(&hexadecimal), "{text}");
    assert!(!text.contains("horse"), "{text}");
}

/// Returns everything that an error shows, and what hangs below it.
fn everything(error: &BackendError) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}");
    let mut below = std::error::Error::source(error);
    while let Some(error) = below {
        write!(text, "\n{error}\n{error:?}").unwrap();
        below = error.source();
    }
    text
}

#[tokio::test]
async fn a_file_opens_with_its_key_and_with_no_other() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = SqliteBackend::open_with(&with_key(&path, SECRET)).unwrap();
    backend.statements().keep_texts();
    backend.initialize_schema().await.unwrap();
    backend
        .put_memory(memory("plaintext-in-memory"))
        .await
        .unwrap();
    let said = format!("{backend:?} {:?}", backend.statements().texts());
    assert_hides_key(&said);
    assert_hides_key(&format!("{:?}", backend.health().await.unwrap()));

    // Also the log is encrypted.
    for file in [path.clone(), beside(&path, "-wal")] {
        let bytes = fs::read(file).unwrap();
        let shows = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        assert!(!bytes.is_empty());
        assert!(!shows(b"SQLite format"));
        assert!(!shows(b"plaintext-in-memory"));
    }
    backend.close().await.unwrap();

    let before = Snapshot::of(folder.path());
    for wrong in [with_key(&path, &format!("{SECRET} ")), options(&path)] {
        let error = assert_fails(
            SqliteBackend::open_with(&wrong),
            ErrorKind::Corrupt,
            &[
                "open the graph",
                path.to_str().unwrap(),
                "encrypted with another key",
                "nothing was changed",
            ],
        );
        assert_hides_key(&everything(&error));
        assert_hides_key(&format!("{wrong:?}"));
    }
    before.assert_unchanged(folder.path());

    let backend = SqliteBackend::open_with(&with_key(&path, SECRET)).unwrap();
    let found = backend.memory(&id("plaintext-in-memory")).await.unwrap();
    assert!(found.is_some());
}

#[tokio::test]
async fn a_file_that_is_not_encrypted_takes_no_key() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let before = Snapshot::of(folder.path());
    let error = assert_fails(
        SqliteBackend::open_with(&with_key(&path, SECRET)),
        ErrorKind::Corrupt,
        &["encrypted with another key", "nothing was changed"],
    );
    assert_hides_key(&everything(&error));
    before.assert_unchanged(folder.path());
}

#[test]
fn a_key_that_is_none_is_the_callers_to_mend() {
    let folder = TempDir::new().unwrap();
    let before = Snapshot::of(folder.path());
    for key in ["", "correct\0horse"] {
        let path = folder.path().join("graph.db");
        let error = assert_fails(
            SqliteBackend::open_with(&with_key(&path, key)),
            ErrorKind::InvalidArgument,
            &["key", path.to_str().unwrap()],
        );
        assert_hides_key(&everything(&error));
    }
    before.assert_unchanged(folder.path());
    let error = assert_fails(
        SqliteBackend::open_with(&with_key(Path::new(":memory:"), SECRET)),
        ErrorKind::InvalidArgument,
        &[":memory:", "takes no key"],
    );
    assert_hides_key(&everything(&error));
}

#[test]
fn options_and_keys_hide_the_key() {
    let options = with_key(Path::new("graph.db"), SECRET);
    assert_hides_key(&format!("{options:?} {options:#?} {:?}", options.key));
    assert!(format!("{options:?}").contains("graph.db"));
}
