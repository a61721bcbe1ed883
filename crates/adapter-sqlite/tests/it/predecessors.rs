//! Files of the predecessors, opened in place.

use std::{
    fs,
    path::{Path, PathBuf},
};

use contract::predecessors::{self, BOTH, MAKE_BOTH, SAMPLES, Sample};
use memorygraph_adapter_sqlite::{SqliteBackend, SqliteOptions};
use ports::{BackendError, ErrorKind, GraphBackend};
use serde_json::Value;
use sql_graph::SqlConnection;
use tempfile::TempDir;

use self::bare::Bare;
use crate::{
    files::{Mounted, Snapshot, beside},
    graph::{assert_fails, check_file, options, raw},
};

mod bare;
mod garbage;
mod killed;
mod processes;
mod rows;

/// Puts the file of a sample into a folder, and returns its path there.
pub(super) fn put(folder: &Path, sample: &Sample) -> PathBuf {
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

fn sample(file: &str) -> &'static Sample {
    let mut samples = SAMPLES.iter();
    samples.find(|sample| sample.file == file).unwrap()
}

fn backup_of(path: &Path) -> PathBuf {
    beside(path, ".before-memorygraph")
}

fn journal_mode(path: &Path) -> String {
    let mode = raw(path).query_row("PRAGMA journal_mode", [], |row| row.get(0));
    mode.unwrap()
}

/// Returns all rows of the predecessor's tables, as text.
pub(super) fn old_rows(path: &Path) -> Vec<String> {
    let connection = raw(path);
    let mut rows = Vec::new();
    for table in ["nodes", "memories", "relationships"] {
        if !connection.table_exists(None, table).unwrap() {
            continue;
        }
        let mut statement = connection
            .prepare(&format!("SELECT * FROM {table} ORDER BY rowid"))
            .unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values = (0..columns).map(|column| format!("{:?}", row.get_ref(column).unwrap()));
            rows.push(format!("{table} {}", values.collect::<Vec<_>>().join(" ")));
        }
    }
    rows
}

#[tokio::test]
async fn each_sample_is_upgraded_with_every_row_accounted_for() {
    for sample in &SAMPLES {
        let folder = TempDir::new().unwrap();
        let path = put(folder.path(), sample);
        let before = old_rows(&path);
        let store = SqliteBackend::open_with(&options(&path)).unwrap();
        let schema = store.initialize_schema().await.unwrap();
        assert_eq!(schema.version, sql_graph::NEWEST);
        let upgrade = schema.upgraded.unwrap();
        predecessors::check(&store, sample, &upgrade).await;
        let again = store.initialize_schema().await.unwrap();
        assert_eq!(again.upgraded, None, "{}", sample.file);
        store.close().await.unwrap();

        // The copy beside it is what was there, and nothing of it is left in the file.
        let backup = backup_of(&path);
        assert_eq!(upgrade.backup, Some(backup.display().to_string()));
        assert_eq!(old_rows(&backup), before, "{}", sample.file);
        let file = raw(&path);
        check_file(&file);
        let old: i64 = file
            .query_row(
                "SELECT count(*) FROM sqlite_schema
                 WHERE name LIKE 'predecessor%' OR name LIKE 'idx%' OR name = 'memories'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(old, 0, "{}", sample.file);
        assert_eq!(journal_mode(&path), "wal");
        let past: i64 = file
            .query_row(
                "SELECT (SELECT count(*) FROM past_nodes) + (SELECT count(*) FROM past_relationships)",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(past, 0, "{}", sample.file);
    }
}

#[tokio::test]
async fn what_was_read_says_what_the_exports_of_the_predecessors_say() {
    for (file, export) in [
        ("python-0.12.db", "python-0.12-export.json"),
        ("typescript-0.13.db", "typescript-0.13-export.json"),
    ] {
        let folder = TempDir::new().unwrap();
        let store = SqliteBackend::open(put(folder.path(), sample(file))).unwrap();
        store.initialize_schema().await.unwrap();
        let exports = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/tests/fixtures");
        let export = fs::read_to_string(exports.join(export)).unwrap();
        let mut export: Value = serde_json::from_str(&export).unwrap();
        if let Some(relationships) = export["relationships"].as_array_mut() {
            relationships.retain(|it| it["from_memory_id"] != it["to_memory_id"]);
        }
        predecessors::check_exported(
            &predecessors::all_memories(&store).await,
            &predecessors::all_relationships(&store).await,
            &export,
        );
    }
}

#[tokio::test]
async fn what_the_exports_leave_out_is_read_too() {
    let folder = TempDir::new().unwrap();
    let store = SqliteBackend::open(put(folder.path(), sample("python-0.12.db"))).unwrap();
    store.initialize_schema().await.unwrap();
    let memories = predecessors::all_memories(&store).await;
    let find = |id: &str| memories.iter().find(|it| it.id.as_str() == id).unwrap();
    let first = find("0dea178f-0075-43e9-aff1-d436bd984ac6");
    let context = first.context.as_ref().unwrap();
    assert_eq!(context.session_id.as_deref(), Some("sess-0"));
    assert_eq!(context.git_branch.as_deref(), Some("main"));
    assert_eq!(context.additional_metadata["nested"]["a"][1], 2.5);
    assert_eq!(first.tags, ["react", "task", "ünïcode-tag"]);
    let repaired = find("743976b6-0e3f-4957-b903-101a1b0b17fb");
    assert_eq!(
        (repaired.title.as_str(), repaired.content.as_str()),
        ("c", "c")
    );
    let relationships = predecessors::all_relationships(&store).await;
    let caused = relationships
        .iter()
        .find(|it| it.id.as_str() == "33838a74-7946-40c7-a4f9-234aee6b754e")
        .unwrap();
    let time = |text| domain::parse_time("time", text).unwrap();
    assert_eq!(caused.valid_from, time("2026-11-23T13:56:16.979859Z"));
    assert_eq!(caused.recorded_at, time("2026-11-23T13:56:16.979860Z"));
    assert_eq!(caused.created_at, time("2026-11-23T13:56:16.979853Z"));
    assert_eq!(
        (caused.strength.get(), caused.confidence.get()),
        (1.0, 0.18)
    );
}

#[test]
fn opening_alone_leaves_the_file_as_it_is() {
    for sample in &SAMPLES {
        let folder = TempDir::new().unwrap();
        let path = put(folder.path(), sample);
        let before = Snapshot::of(folder.path());
        let store = SqliteBackend::open_with(&options(&path)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(store.close()).unwrap();
        before.assert_unchanged(folder.path());
    }
}

#[tokio::test]
async fn a_full_disk_during_the_upgrade_leaves_the_old_file() {
    for sample in &SAMPLES {
        let folder = TempDir::new().unwrap();
        let path = put(folder.path(), sample);
        let before = fs::read(&path).unwrap();
        let limited = SqliteOptions {
            max_bytes: Some(before.len() as u64 + 16 * 4096),
            ..options(&path)
        };
        let store = SqliteBackend::open_with(&limited).unwrap();
        assert_fails(
            store.initialize_schema().await,
            ErrorKind::Backend,
            &["the disk is full", "nothing was changed"],
        );
        store.close().await.unwrap();
        assert!(fs::read(&path).unwrap() == before, "{}", sample.file);
        assert_alone(folder.path());
        let again = SqliteBackend::open_with(&options(&path)).unwrap();
        let upgrade = again.initialize_schema().await.unwrap().upgraded.unwrap();
        predecessors::check(&again, sample, &upgrade).await;
        assert_eq!(upgrade.backup, Some(backup_of(&path).display().to_string()));
    }
}

/// Fails unless a folder has one file, and no copy beside it.
#[track_caller]
fn assert_alone(folder: &Path) {
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1);
}

#[test]
fn an_upgrade_that_is_not_committed_leaves_no_copy() {
    let folder = TempDir::new().unwrap();
    let path = put(folder.path(), sample("python-0.9.db"));
    let before = old_rows(&path);
    let mut connection = Bare::open(&path, u64::MAX);
    connection.execute_script("BEGIN IMMEDIATE").unwrap();
    let keep = || {
        let mut reader = Bare::open(&path, u64::MAX);
        sql_graph::keep_aside(&mut reader, &path).map(Some)
    };
    let commit = |_: &mut Bare| {
        assert!(backup_of(&path).exists());
        Err(BackendError::new(ErrorKind::Busy, "commit"))
    };
    let upgraded = sql_graph::initialize_or_upgrade(&mut connection, keep, commit);
    assert_fails(upgraded, ErrorKind::Busy, &["commit"]);
    drop(connection);
    assert_alone(folder.path());
    assert_eq!(old_rows(&path), before);
}

#[tokio::test]
async fn a_copy_that_a_killed_process_left_whole_is_not_made_twice() {
    for sample in &SAMPLES {
        let folder = TempDir::new().unwrap();
        let path = put(folder.path(), sample);
        let mut reader = Bare::open(&path, u64::MAX);
        drop(sql_graph::keep_aside(&mut reader, &path).unwrap());
        drop(reader);
        let copy = fs::read(backup_of(&path)).unwrap();
        let store = SqliteBackend::open_with(&options(&path)).unwrap();
        let upgrade = store.initialize_schema().await.unwrap().upgraded.unwrap();
        store.close().await.unwrap();
        let backup = backup_of(&path);
        assert_eq!(upgrade.backup, Some(backup.display().to_string()));
        assert!(fs::read(backup).unwrap() == copy, "{}", sample.file);
        assert!(!beside(&path, ".before-memorygraph-2").exists());
    }
}

#[tokio::test]
async fn without_room_for_the_copy_nothing_is_changed() {
    // Only root can have a disk of its own.
    let Some(disk) = Mounted::new("1m") else {
        return;
    };
    let path = put(disk.path(), sample("python-0.12.db"));
    let before = Snapshot::of(disk.path());
    let store = SqliteBackend::open_with(&options(&path)).unwrap();
    assert_fails(
        store.initialize_schema().await,
        ErrorKind::Backend,
        &["the disk is full", "nothing was changed"],
    );
    store.close().await.unwrap();
    before.assert_unchanged(disk.path());
}

#[tokio::test]
async fn what_a_killed_process_left_of_its_copy_is_replaced() {
    let folder = TempDir::new().unwrap();
    let path = put(folder.path(), sample("python-turso.db"));
    let part = beside(&path, ".before-memorygraph.part");
    fs::write(&part, "half a copy").unwrap();
    fs::write(backup_of(&path), "an older copy").unwrap();
    let before = old_rows(&path);
    let store = SqliteBackend::open(&path).unwrap();
    let upgrade = store.initialize_schema().await.unwrap().upgraded.unwrap();
    assert!(!part.exists());
    assert_eq!(fs::read(backup_of(&path)).unwrap(), b"an older copy");
    let second = beside(&path, ".before-memorygraph-2");
    assert_eq!(upgrade.backup, Some(second.display().to_string()));
    assert_eq!(old_rows(&second), before);
}

#[tokio::test]
async fn a_copy_has_the_permissions_of_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let path = put(folder.path(), sample("python-turso.db"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let store = SqliteBackend::open(&path).unwrap();
    store.initialize_schema().await.unwrap();
    let copy = fs::metadata(backup_of(&path)).unwrap();
    assert_eq!(copy.permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn tables_of_others_stay_and_those_that_hang_on_the_old_ones_are_refused() {
    for (others, refused) in [
        (
            "CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')",
            None,
        ),
        (
            "CREATE TABLE stars (node TEXT REFERENCES nodes (id))",
            Some("the table \"stars\""),
        ),
        (
            "CREATE VIEW titles AS SELECT json_extract(properties, '$.title') FROM nodes",
            Some("the view \"titles\""),
        ),
        (
            "CREATE TABLE quarantine (id TEXT)",
            Some("the table \"quarantine\""),
        ),
    ] {
        let folder = TempDir::new().unwrap();
        let path = put(folder.path(), sample("python-0.9.db"));
        raw(&path).execute_batch(others).unwrap();
        let before = fs::read(&path).unwrap();
        let store = SqliteBackend::open_with(&options(&path)).unwrap();
        let upgraded = store.initialize_schema().await;
        if let Some(words) = refused {
            assert_fails(upgraded, ErrorKind::Schema, &[words, "nothing was changed"]);
            store.close().await.unwrap();
            assert!(fs::read(&path).unwrap() == before);
            // However often it is tried, no copy is made.
            assert_alone(folder.path());
        } else {
            assert_eq!(upgraded.unwrap().upgraded.unwrap().memories, 60);
            let soup: String = raw(&path)
                .query_row("SELECT name FROM recipes", [], |row| row.get(0))
                .unwrap();
            assert_eq!(soup, "soup");
        }
    }
}
