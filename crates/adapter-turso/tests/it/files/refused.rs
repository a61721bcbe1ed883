//! Paths that are no graph: refused with the words of the SQLite adapter, and unchanged.

use std::{fs, path::Path};

use adapter_sqlite::SqliteBackend;
use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{BackendError, ErrorKind, GraphBackend};

use crate::{
    folder::{ReadOnlyFile, ReadOnlyFolder, Snapshot, raw},
    graph::{assert_fails, chain},
    world::{Hands, World, opened},
};

fn local(path: &Path) -> TursoOptions {
    TursoOptions::new(path, Hands::new())
}

/// Makes a graph and closes it.
async fn made(path: &Path) {
    let backend = opened(local(path)).await;
    backend.apply(chain("c", 3)).await.unwrap();
    backend.close().await.unwrap();
}

/// Fails unless both adapters refuse the path alike, and leave the folder as it was.
async fn assert_refused(folder: &Path, path: &Path, kind: ErrorKind, words: &[&str]) {
    let before = Snapshot::of(folder);
    let turso = TursoBackend::create(local(path)).await.map(drop);
    let turso = assert_fails(turso, kind, words);
    before.assert_unchanged(folder);
    let sqlite = SqliteBackend::open(path).map(drop);
    let sqlite = assert_fails(sqlite, kind, words);
    before.assert_unchanged(folder);
    assert_eq!(turso.to_string(), sqlite.to_string());
    assert_names(&turso, path);
}

fn assert_names(error: &BackendError, path: &Path) {
    let words = error.to_string();
    assert!(words.starts_with("open the graph: "), "{words}");
    assert!(words.contains(path.to_str().unwrap()), "{words}");
}

#[tokio::test]
async fn a_folder_is_no_graph() {
    let world = World::new();
    let path = world.folder.path().join("folder");
    fs::create_dir(&path).unwrap();
    let words = ["it is a folder", "name a file in it"];
    assert_refused(
        world.folder.path(),
        &path,
        ErrorKind::InvalidArgument,
        &words,
    )
    .await;
    let before = Snapshot::of(world.folder.path());
    let replica = TursoBackend::create(world.replica("folder")).await;
    assert_fails(replica.map(drop), ErrorKind::InvalidArgument, &words);
    before.assert_unchanged(world.folder.path());
}

#[tokio::test]
async fn a_text_is_no_graph() {
    let world = World::new();
    let path = world.folder.path().join("notes.txt");
    for text in ["x", "Dear diary.\n", &"Dear diary, ".repeat(1_000)] {
        fs::write(&path, text).unwrap();
        let words = ["no SQLite database", "nothing was changed"];
        assert_refused(world.folder.path(), &path, ErrorKind::Corrupt, &words).await;
        let before = Snapshot::of(world.folder.path());
        let replica = TursoBackend::create(world.replica("notes.txt")).await;
        assert_names(&replica.map(drop).unwrap_err(), &path);
        before.assert_unchanged(world.folder.path());
    }
}

#[tokio::test]
async fn the_file_of_another_program_is_left_alone() {
    let world = World::new();
    for journal_mode in ["DELETE", "WAL"] {
        let path = world.folder.path().join(format!("{journal_mode}.db"));
        let make = format!(
            "PRAGMA journal_mode = {journal_mode};
             CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')"
        );
        raw(&path).execute_batch(&make).unwrap();
        let words = [
            "the table \"recipes\" of another program",
            "nothing was changed",
        ];
        assert_refused(world.folder.path(), &path, ErrorKind::Schema, &words).await;
    }
}

#[tokio::test]
async fn a_newer_schema_is_left_alone() {
    let world = World::new();
    let path = world.folder.path().join("memory.db");
    made(&path).await;
    let newer = "PRAGMA user_version = 999";
    raw(&path).execute_batch(newer).unwrap();
    let words = [
        "schema version 999",
        "use a newer program",
        "nothing was changed",
    ];
    assert_refused(world.folder.path(), &path, ErrorKind::Schema, &words).await;
}

#[tokio::test]
async fn a_newer_schema_at_the_primary_is_left_alone() {
    let world = World::new();
    let backend = opened(world.replica("replica.db")).await;
    backend.apply(chain("c", 3)).await.unwrap();
    backend.close().await.unwrap();
    let newer = engines::http::pipeline(world.primary.port(), None, &["PRAGMA user_version = 999"]);
    assert_eq!(newer.unwrap().status, 200);
    let version = world.at_primary("PRAGMA user_version");
    assert_eq!(version.as_deref(), Some("999"));
    for options in [world.replica("new.db"), world.remote()] {
        let opened = TursoBackend::create(options).await.map(drop);
        let words = ["schema version 999", "use a newer program"];
        assert_fails(opened, ErrorKind::Schema, &words);
    }
}

#[tokio::test]
async fn a_folder_above_that_is_a_file_is_refused() {
    let world = World::new();
    let file = world.folder.path().join("file");
    fs::write(&file, "text").unwrap();
    for below in ["memory.db", "deeper/memory.db"] {
        let words = ["the folder above it cannot be made"];
        let path = file.join(below);
        assert_refused(
            world.folder.path(),
            &path,
            ErrorKind::InvalidArgument,
            &words,
        )
        .await;
    }
}

#[tokio::test]
async fn an_empty_file_becomes_a_graph() {
    let world = World::new();
    let path = world.folder.path().join("memory.db");
    fs::write(&path, "").unwrap();
    made(&path).await;
    let backend = opened(local(&path)).await;
    assert_eq!(backend.statistics().await.unwrap().memories, 3);
}

#[tokio::test]
async fn a_graph_in_a_folder_that_may_not_be_written_is_refused() {
    let folder = ReadOnlyFolder::new();
    let path = folder.path().join("memory.db");
    made(&path).await;
    folder.lock();
    let words = [
        "may not be written",
        "change the permissions",
        "nothing was changed",
    ];
    assert_refused(folder.path(), &path, ErrorKind::Unauthorized, &words).await;
}

#[tokio::test]
async fn a_new_graph_in_a_folder_that_may_not_be_written_is_refused() {
    let world = World::new();
    let folder = ReadOnlyFolder::new();
    folder.lock();
    for name in ["memory.db", "new folder/memory.db"] {
        let path = folder.path().join(name);
        assert_refused(folder.path(), &path, ErrorKind::Unauthorized, &["folder"]).await;
        let before = Snapshot::of(folder.path());
        let replica = TursoOptions {
            db_path: path.clone(),
            ..world.replica("")
        };
        let opened = TursoBackend::create(replica).await.map(drop);
        let error = assert_fails(opened, ErrorKind::Unauthorized, &["folder"]);
        assert_names(&error, &path);
        before.assert_unchanged(folder.path());
    }
}

#[tokio::test]
async fn a_replica_in_a_folder_that_may_not_be_written_is_refused() {
    let world = World::new();
    let folder = ReadOnlyFolder::new();
    let path = folder.path().join("replica.db");
    let options = TursoOptions {
        db_path: path.clone(),
        ..world.replica("")
    };
    let backend = opened(options.clone()).await;
    backend.apply(chain("c", 3)).await.unwrap();
    backend.close().await.unwrap();
    folder.lock();
    let before = Snapshot::of(folder.path());
    let opened = TursoBackend::create(options).await.map(drop);
    let error = assert_fails(opened, ErrorKind::Unauthorized, &[]);
    assert_names(&error, &path);
    before.assert_unchanged(folder.path());
}

/// The engine looks into the file before it learns that it may not write, and leaves an empty log
/// beside it.
#[tokio::test]
async fn a_file_that_may_not_be_written_is_refused() {
    let world = World::new();
    let path = world.folder.path().join("memory.db");
    made(&path).await;
    let before = fs::read(&path).unwrap();
    let locked = ReadOnlyFile::new(&path);
    let words = [
        "open the graph",
        path.to_str().unwrap(),
        "may not be written",
        "change the permissions",
        "nothing was changed",
    ];
    let turso = TursoBackend::create(local(&path)).await.map(drop);
    let turso = assert_fails(turso, ErrorKind::Unauthorized, &words);
    let sqlite = SqliteBackend::open(&path).map(drop);
    let sqlite = assert_fails(sqlite, ErrorKind::Unauthorized, &words);
    assert_eq!(turso.to_string(), sqlite.to_string());
    drop(locked);
    assert!(fs::read(&path).unwrap() == before);
    let backend = opened(local(&path)).await;
    assert_eq!(backend.statistics().await.unwrap().memories, 3);
}
