//! What a path may be, and what is refused without a trace.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{ErrorKind, GraphBackend, GraphBackendExt};
use tempfile::TempDir;

use crate::{
    files::{Snapshot, beside},
    graph::{assert_fails, five, id, made, opened, options, raw},
};

/// Fails unless opening the path fails with these words, and leaves the folder as it was.
#[track_caller]
fn assert_refused(folder: &Path, path: &Path, kind: ErrorKind, words: &[&str]) {
    let before = Snapshot::of(folder);
    let error = assert_fails(SqliteBackend::open_with(&options(path)), kind, words);
    assert!(error.to_string().starts_with("open the graph: "), "{error}");
    let path = path.to_str().unwrap();
    assert!(error.to_string().contains(path), "{error} names no path");
    before.assert_unchanged(folder);
}

#[test]
fn a_folder_is_no_graph() {
    let folder = TempDir::new().unwrap();
    assert_refused(
        folder.path(),
        folder.path(),
        ErrorKind::InvalidArgument,
        &["it is a folder", "name a file in it"],
    );
}

#[test]
fn a_text_is_no_graph() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("notes.txt");
    for text in ["x", "Dear diary.\n", &"Dear diary, ".repeat(1_000)] {
        fs::write(&path, text).unwrap();
        assert_refused(
            folder.path(),
            &path,
            ErrorKind::Corrupt,
            &["no SQLite database", "nothing was changed"],
        );
    }
}

#[tokio::test]
async fn an_empty_file_becomes_a_graph() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    fs::write(&path, "").unwrap();
    made(&path).await;
    assert_eq!(opened(&path).await.statistics().await.unwrap().memories, 3);
}

/// Makes a file of another program, in a journal mode.
fn foreign(path: &Path, journal_mode: &str) {
    raw(path)
        .execute_batch(&format!(
            "PRAGMA journal_mode = {journal_mode};
             CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')"
        ))
        .unwrap();
}

#[test]
fn the_file_of_another_program_is_left_alone() {
    for journal_mode in ["DELETE", "WAL"] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("recipes.db");
        foreign(&path, journal_mode);
        assert_refused(
            folder.path(),
            &path,
            ErrorKind::Schema,
            &[
                "the table \"recipes\" of another program",
                "name another file",
                "nothing was changed",
            ],
        );
    }
}

/// What a program that crashed has left in its log is for that program to deal with.
#[test]
fn the_log_of_another_program_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let running = folder.path().join("running.db");
    let path = folder.path().join("crashed.db");
    let connection = raw(&running);
    connection
        .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE recipes (name TEXT)")
        .unwrap();
    fs::copy(&running, &path).unwrap();
    fs::copy(beside(&running, "-wal"), beside(&path, "-wal")).unwrap();
    drop(connection);
    fs::remove_file(&running).unwrap();

    let log = fs::read(beside(&path, "-wal")).unwrap();
    let database = fs::read(&path).unwrap();
    assert_fails(
        SqliteBackend::open_with(&options(&path)),
        ErrorKind::Schema,
        &["recipes", "nothing was changed"],
    );
    assert!(fs::read(&path).unwrap() == database);
    assert!(fs::read(beside(&path, "-wal")).unwrap() == log);
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    raw(&path)
        .execute_batch("PRAGMA user_version = 999")
        .unwrap();
    assert_refused(
        folder.path(),
        &path,
        ErrorKind::Schema,
        &[
            "schema version 999",
            "use a newer program",
            "nothing was changed",
        ],
    );
}

/// Another program may upgrade the file while this one has it open.
#[tokio::test]
async fn a_schema_that_became_newer_is_noticed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(&path).await;
    raw(&path)
        .execute_batch("PRAGMA user_version = 999")
        .unwrap();
    assert_fails(
        backend.initialize_schema().await,
        ErrorKind::Schema,
        &["schema version 999", "use a newer program"],
    );
    assert_fails(
        backend.health().await,
        ErrorKind::Schema,
        &["schema version 999"],
    );
}

#[tokio::test]
async fn an_embedded_replica_is_left_alone() {
    for sidecar in ["-info", "-client_wal_index"] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("graph.db");
        made(&path).await;
        fs::write(beside(&path, sidecar), "frames").unwrap();
        assert_refused(
            folder.path(),
            &path,
            ErrorKind::InvalidArgument,
            &[
                "embedded replica",
                "corrupt",
                "open it with the turso backend",
            ],
        );
    }
}

#[tokio::test]
async fn folders_that_are_missing_are_made() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a/b/c/graph.db");
    made(&path).await;
    assert!(path.is_file());
}

#[test]
fn a_folder_above_that_is_a_file_is_refused() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "text").unwrap();
    for below in ["graph.db", "deeper/graph.db"] {
        assert_refused(
            folder.path(),
            &file.join(below),
            ErrorKind::InvalidArgument,
            &["the folder above it cannot be made"],
        );
    }
}

/// The file has exactly the name that was asked for, and nothing in it is syntax.
#[tokio::test]
async fn any_name_is_a_name() {
    let folder = TempDir::new().unwrap();
    for name in [
        "with space.db",
        "größe 記憶 🧠.db",
        "what?mode=memory",
        "100%25.db",
        "#1.db",
        "file:graph.db",
        "'quoted' \"twice\".db",
        "new\nline.db",
        "-dash",
    ] {
        let path = folder.path().join(name);
        let backend = opened(&path).await;
        backend.apply(five("a")).await.unwrap();
        let health = backend.health().await.unwrap();
        assert!(health.location.contains(name), "{}", health.location);
        backend.close().await.unwrap();
        assert!(path.is_file(), "{name:?} is not there");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 9);
}

/// The tests share a working directory, so the relative path climbs from there.
#[tokio::test]
async fn a_relative_path_starts_where_the_program_does() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let here = env::current_dir().unwrap();
    let up: PathBuf = here.ancestors().skip(1).map(|_| "..").collect();
    let relative = up.join(path.strip_prefix("/").unwrap());
    assert!(relative.is_relative());
    made(&relative).await;
    assert!(path.is_file());
}

#[tokio::test]
async fn each_graph_in_memory_is_its_own() {
    let one = opened(Path::new(":memory:")).await;
    let other = opened(Path::new(":memory:")).await;
    one.apply(five("a")).await.unwrap();
    assert!(one.memory(&id("a/a")).await.unwrap().is_some());
    assert!(other.memory(&id("a/a")).await.unwrap().is_none());
    let health = one.health().await.unwrap();
    assert_eq!(health.location, ":memory:");
    assert_eq!(health.size_bytes, None);
    assert!(!one.capabilities().durable);
    assert!(!Path::new(":memory:").exists());
}

#[tokio::test]
async fn a_file_that_was_opened_and_never_used_has_no_schema_yet() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = SqliteBackend::open_with(&options(&path)).unwrap();
    backend.close().await.unwrap();
    let backend = SqliteBackend::open_with(&options(&path)).unwrap();
    let version = backend.initialize_schema().await.unwrap();
    assert_eq!(version.version, sql_graph::NEWEST);
}
