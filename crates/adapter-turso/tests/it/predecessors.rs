//! Files of the predecessors, opened in place by libSQL.

use std::{
    fs,
    path::{Path, PathBuf},
};

use adapter_sqlite::SqliteBackend;
use contract::predecessors::{self, BOTH, MAKE_BOTH, SAMPLES, Sample};
use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{ErrorKind, GraphBackend};
use tempfile::TempDir;

use crate::{
    folder::{Snapshot, check_file, raw},
    graph::assert_fails,
    world::{Hands, World},
};

fn local(path: &Path) -> TursoOptions {
    TursoOptions::new(path, Hands::new())
}

/// Puts the file of a sample into a folder, and returns its path there.
fn put(folder: &Path, sample: &Sample) -> PathBuf {
    if sample.file != BOTH {
        return predecessors::copy_into(folder, sample.file);
    }
    let other = predecessors::copy_into(folder, "typescript-0.13.db");
    let path = folder.join(BOTH);
    fs::rename(predecessors::copy_into(folder, "python-0.12.db"), &path).unwrap();
    let connection = raw(&path);
    connection
        .execute("ATTACH ?1 AS ts", [other.to_str().unwrap()])
        .unwrap();
    connection.execute_batch(MAKE_BOTH).unwrap();
    drop(connection);
    fs::remove_file(other).unwrap();
    path
}

#[tokio::test]
async fn each_sample_is_upgraded_with_every_row_accounted_for() {
    for sample in &SAMPLES {
        let folder = TempDir::new().unwrap();
        let path = put(folder.path(), sample);
        let before = fs::read(&path).unwrap();
        let store = TursoBackend::create(local(&path)).await.unwrap();
        assert!(fs::read(&path).unwrap() == before, "{}", sample.file);
        let schema = store.initialize_schema().await.unwrap();
        let upgrade = schema.upgraded.unwrap();
        predecessors::check(&store, sample, &upgrade).await;
        assert_eq!(store.initialize_schema().await.unwrap().upgraded, None);
        store.close().await.unwrap();
        check_file(&path);
        let mode: String = raw(&path)
            .query_row("PRAGMA journal_mode", [], |row| row.get(0))
            .unwrap();
        assert_eq!(mode, "wal", "{}", sample.file);

        // What it keeps is the old file, which the other engine upgrades to the same.
        let kept = folder.path().join(upgrade.backup.unwrap());
        let other = SqliteBackend::open(&kept).unwrap();
        let upgrade = other.initialize_schema().await.unwrap().upgraded.unwrap();
        predecessors::check(&other, sample, &upgrade).await;
        let again = TursoBackend::create(local(&path)).await.unwrap();
        assert_eq!(
            predecessors::all_memories(&again).await,
            predecessors::all_memories(&other).await
        );
        assert_eq!(
            predecessors::all_relationships(&again).await,
            predecessors::all_relationships(&other).await
        );
    }
}

#[tokio::test]
async fn opening_alone_leaves_the_file_as_it_is() {
    for sample in &SAMPLES {
        let folder = TempDir::new().unwrap();
        let path = put(folder.path(), sample);
        let before = Snapshot::of(folder.path());
        let store = TursoBackend::create(local(&path)).await.unwrap();
        store.close().await.unwrap();
        before.assert_unchanged(folder.path());
    }
}

#[tokio::test]
async fn an_upgrade_that_is_refused_leaves_the_file_as_it_is() {
    let folder = TempDir::new().unwrap();
    let path = put(folder.path(), &SAMPLES[0]);
    let others = "CREATE TABLE stars (node TEXT REFERENCES nodes (id))";
    raw(&path).execute_batch(others).unwrap();
    let before = fs::read(&path).unwrap();
    let store = TursoBackend::create(local(&path)).await.unwrap();
    let words = ["the table \"stars\"", "nothing was changed"];
    assert_fails(store.initialize_schema().await, ErrorKind::Schema, &words);
    store.close().await.unwrap();
    assert!(fs::read(&path).unwrap() == before);
    // No copy was made of what is not upgraded.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// There is no file beside which a copy could be, and other devices may be at work.
#[tokio::test]
async fn a_predecessors_tables_at_a_primary_are_left_alone() {
    let world = World::new();
    for table in [
        "CREATE TABLE nodes (id TEXT PRIMARY KEY, type TEXT, title TEXT, content TEXT)",
        "CREATE TABLE relationships (id TEXT PRIMARY KEY, from_id TEXT, to_id TEXT, type TEXT)",
        "INSERT INTO nodes VALUES ('m', 'task', 'walrus', 'content')",
    ] {
        world.primary.rows(table);
    }
    let words = [
        "the table \"nodes\" of another program",
        "nothing was changed",
    ];
    for options in [world.remote(), world.replica("replica.db")] {
        let opened = TursoBackend::create(options).await;
        assert_fails(opened.map(drop), ErrorKind::Schema, &words);
    }
    let title = world.at_primary("SELECT title FROM nodes");
    assert_eq!(title.as_deref(), Some("walrus"));
}
