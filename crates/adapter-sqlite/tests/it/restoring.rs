//! A backup in the place of a store: checked before, and nothing lost.

use std::{fs, path::Path};

use memorygraph_adapter_sqlite::{Key, SqliteBackend, SqliteOptions};
use ports::{ErrorKind, GraphBackend, Restored};
use tempfile::TempDir;

use crate::{
    child::{Other, end_with_parent, role, say},
    files::{Snapshot, beside},
    graph::{assert_fails, check_file, five, opened, options, raw, whole_fives},
};

/// Makes a backup with one batch of a store that then has another one.
async fn made(folder: &Path) -> (std::path::PathBuf, std::path::PathBuf) {
    let (path, copy) = (folder.join("graph.db"), folder.join("copy.db"));
    let backend = opened(&path).await;
    backend.apply(five("first")).await.unwrap();
    backend.backup(&copy).await.unwrap();
    backend.apply(five("second")).await.unwrap();
    backend.close().await.unwrap();
    (path, copy)
}

#[tokio::test]
async fn a_backup_takes_the_place_of_the_store_which_is_kept() {
    let folder = TempDir::new().unwrap();
    let (path, copy) = made(folder.path()).await;
    for number in ["", "-2", "-3"] {
        let kept = beside(&path, &format!(".before-restore{number}"));
        let restored = SqliteBackend::restore(&options(&path), &copy).unwrap();
        assert_eq!(
            restored,
            Restored {
                memories: 3,
                relationships: 2,
                kept: Some(kept.clone())
            }
        );
        assert_eq!(whole_fives(&raw(&path)), ["first"]);
        assert!(whole_fives(&raw(&kept)).contains(&"first".to_owned()));
        check_file(&raw(&path));
    }
    let first = beside(&path, ".before-restore");
    assert_eq!(whole_fives(&raw(&first)), ["first", "second"]);
    assert!(!beside(&path, ".restoring").exists());
    // It is a store like any other.
    let backend = opened(&path).await;
    backend.apply(five("third")).await.unwrap();
    assert_eq!(backend.inspect().await.unwrap(), []);
    assert_eq!(whole_fives(&raw(&first)), ["first", "second"]);
}

#[tokio::test]
async fn a_backup_is_restored_where_there_is_no_store() {
    let folder = TempDir::new().unwrap();
    let (_, copy) = made(folder.path()).await;
    let path = folder.path().join("new/folder/graph.db");
    let restored = SqliteBackend::restore(&options(&path), &copy).unwrap();
    assert_eq!(restored.kept, None);
    assert_eq!(whole_fives(&raw(&path)), ["first"]);
}

#[tokio::test]
async fn what_a_crashed_process_left_in_the_log_is_kept_with_the_store() {
    let folder = TempDir::new().unwrap();
    let (path, copy) = made(folder.path()).await;
    let backend = opened(&path).await;
    backend.apply(five("in-the-log")).await.unwrap();
    let crashed = folder.path().join("crashed.db");
    fs::copy(&path, &crashed).unwrap();
    fs::copy(beside(&path, "-wal"), beside(&crashed, "-wal")).unwrap();
    let restored = SqliteBackend::restore(&options(&crashed), &copy).unwrap();
    assert_eq!(whole_fives(&raw(&crashed)), ["first"]);
    let kept = whole_fives(&raw(&restored.kept.unwrap()));
    assert_eq!(kept, ["first", "in-the-log", "second"]);
    // A copy that still has its log is a backup too.
    fs::copy(&path, &crashed).unwrap();
    fs::copy(beside(&path, "-wal"), beside(&crashed, "-wal")).unwrap();
    let target = folder.path().join("target.db");
    let before = fs::read(&crashed).unwrap();
    SqliteBackend::restore(&options(&target), &crashed).unwrap();
    assert_eq!(
        whole_fives(&raw(&target)),
        ["first", "in-the-log", "second"]
    );
    assert!(
        fs::read(&crashed).unwrap() == before,
        "a backup is only read"
    );
}

#[tokio::test]
async fn a_damaged_store_is_kept_as_it_is_and_replaced() {
    let folder = TempDir::new().unwrap();
    let (path, copy) = made(folder.path()).await;
    let rubbish = vec![0xa5; 8192];
    fs::write(&path, &rubbish).unwrap();
    fs::write(beside(&path, "-wal"), "a log").unwrap();
    let restored = SqliteBackend::restore(&options(&path), &copy).unwrap();
    let kept = restored.kept.unwrap();
    assert!(fs::read(&kept).unwrap() == rubbish);
    assert_eq!(fs::read(beside(&kept, "-wal")).unwrap(), b"a log");
    assert_eq!(whole_fives(&raw(&path)), ["first"]);
    check_file(&raw(&path));
}

#[tokio::test]
async fn what_is_no_backup_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let (path, copy) = made(folder.path()).await;
    let file = |name: &str| folder.path().join(name);
    fs::write(file("letter"), "no database".repeat(500)).unwrap();
    let mut torn = fs::read(&copy).unwrap();
    let middle = torn.len() / 2;
    torn[middle..].fill(0xa5);
    fs::write(file("torn.db"), torn).unwrap();
    let secret = SqliteOptions {
        key: Some(Key::new("correct horse")),
        ..options(&file("secret.db"))
    };
    let backend = SqliteBackend::open_with(&secret).unwrap();
    backend.initialize_schema().await.unwrap();
    backend.close().await.unwrap();
    raw(&file("others.db"))
        .execute_batch("CREATE TABLE others (x)")
        .unwrap();
    raw(&file("newer.db"))
        .execute_batch("CREATE TABLE x (y); PRAGMA user_version = 1000")
        .unwrap();
    raw(&file("empty.db")).execute_batch("VACUUM").unwrap();

    let before = Snapshot::of(folder.path());
    for (name, kind, words) in [
        ("absent.db", ErrorKind::InvalidArgument, "no such file"),
        ("graph.db", ErrorKind::InvalidArgument, "the store itself"),
        ("letter", ErrorKind::Corrupt, "no SQLite database"),
        ("torn.db", ErrorKind::Corrupt, "damaged"),
        ("secret.db", ErrorKind::Corrupt, "another key"),
        ("others.db", ErrorKind::Schema, "others"),
        ("newer.db", ErrorKind::Schema, "1000"),
        ("empty.db", ErrorKind::InvalidArgument, "no graph"),
    ] {
        let failed = SqliteBackend::restore(&options(&path), &file(name));
        assert_fails(failed, kind, &["restore a backup", name, words]);
        before.assert_unchanged(folder.path());
    }
    assert_eq!(whole_fives(&raw(&path)), ["first", "second"]);
}

#[tokio::test]
async fn a_store_that_this_process_has_open_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    let (path, copy) = made(folder.path()).await;
    let backend = opened(&path).await;
    assert_eq!(backend.statistics().await.unwrap().memories, 6);
    let failed = SqliteBackend::restore(&options(&path), &copy);
    assert_fails(
        failed,
        ErrorKind::Busy,
        &["has the store open", "nothing was changed"],
    );
    backend.apply(five("third")).await.unwrap();
    backend.close().await.unwrap();
    SqliteBackend::restore(&options(&path), &copy).unwrap();
}

/// The child opens the store and keeps it open.
#[tokio::test]
async fn a_store_that_another_process_has_open_is_not_replaced() {
    if let Some(path) = role() {
        end_with_parent();
        let backend = opened(Path::new(&path)).await;
        say(&backend.statistics().await.unwrap().memories.to_string());
        std::future::pending::<()>().await;
    }
    let folder = TempDir::new().unwrap();
    let (path, copy) = made(folder.path()).await;
    let test = "restoring::a_store_that_another_process_has_open_is_not_replaced";
    let mut other = Other::start(test, path.to_str().unwrap());
    assert_eq!(other.lines.recv().unwrap(), "6");
    let failed = SqliteBackend::restore(&options(&path), &copy);
    assert_fails(
        failed,
        ErrorKind::Busy,
        &["another process", "nothing was changed"],
    );
    other.kill();
    let restored = SqliteBackend::restore(&options(&path), &copy).unwrap();
    assert_eq!(
        whole_fives(&raw(&restored.kept.unwrap())),
        ["first", "second"]
    );
    assert_eq!(whole_fives(&raw(&path)), ["first"]);
}
