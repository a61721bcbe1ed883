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
    let mut damaged = fs::read(&path).unwrap();
    damaged[16..4096].fill(0xa5);
    for bytes in [vec![0xa5; 8192], damaged] {
        fs::write(&path, &bytes).unwrap();
        fs::write(beside(&path, "-wal"), "a log").unwrap();
        let restored = SqliteBackend::restore(&options(&path), &copy).unwrap();
        let kept = restored.kept.unwrap();
        assert!(fs::read(&kept).unwrap() == bytes);
        assert_eq!(fs::read(beside(&kept, "-wal")).unwrap(), b"a log");
        assert_eq!(whole_fives(&raw(&path)), ["first"]);
        check_file(&raw(&path));
    }
}

/// What the key of the store, or that there is none, has to do with that of the backup.
#[tokio::test]
async fn a_store_that_does_not_open_with_the_key_is_not_replaced() {
    let folder = TempDir::new().unwrap();
    let (plain, plain_copy) = made(folder.path()).await;
    let (secret, secret_copy) = (folder.path().join("s.db"), folder.path().join("s-copy.db"));
    let with = |key: &str| SqliteOptions {
        key: Some(Key::new(key)),
        ..options(&secret)
    };
    let backend = SqliteBackend::open_with(&with("correct horse")).unwrap();
    backend.initialize_schema().await.unwrap();
    backend.apply(five("first")).await.unwrap();
    backend.backup(&secret_copy).await.unwrap();
    // What a process that was killed leaves is in the log alone.
    backend.apply(five("second")).await.unwrap();
    let killed = folder.path().join("killed.db");
    let seems_open = folder.path().join("seems-open.db");
    for suffix in ["", "-wal"] {
        for to in [&killed, &seems_open] {
            fs::copy(beside(&secret, suffix), beside(to, suffix)).unwrap();
        }
    }
    fs::copy(beside(&secret, "-shm"), beside(&seems_open, "-shm")).unwrap();
    let at = |path: &Path, options: SqliteOptions| SqliteOptions {
        path: path.to_owned(),
        ..options
    };
    let other_key = folder.path().join("o-copy.db");
    SqliteBackend::restore(&at(&other_key, with("correct horse")), &secret_copy).unwrap();
    let other = SqliteBackend::open_with(&at(&other_key, with("correct horse"))).unwrap();
    other.close().await.unwrap();

    let before = Snapshot::of(folder.path());
    let no_key = options(&secret);
    for (options, backup, kind, words) in [
        // Somebody has it open, who would go on with a file that has no name.
        (
            no_key.clone(),
            &plain_copy,
            ErrorKind::Busy,
            "every program",
        ),
        (
            at(&seems_open, no_key.clone()),
            &plain_copy,
            ErrorKind::Busy,
            "seems-open.db-shm",
        ),
        (
            at(&killed, no_key.clone()),
            &plain_copy,
            ErrorKind::Unauthorized,
            "the backup is not encrypted",
        ),
        (
            at(&plain, with("correct horse")),
            &secret_copy,
            ErrorKind::Unauthorized,
            "it is not encrypted",
        ),
    ] {
        let failed = SqliteBackend::restore(&options, backup);
        let words = ["restore a backup", words, "nothing was changed"];
        assert_fails(failed, kind, &words);
        before.assert_unchanged(folder.path());
    }
    backend.apply(five("third")).await.unwrap();
    assert_eq!(backend.statistics().await.unwrap().memories, 9);
    backend.close().await.unwrap();

    // The key of the backup, and another one of the store.
    let another = folder.path().join("another.db");
    let made = SqliteBackend::open_with(&at(&another, with("wrong"))).unwrap();
    made.initialize_schema().await.unwrap();
    made.close().await.unwrap();
    let failed = SqliteBackend::restore(&at(&another, with("correct horse")), &secret_copy);
    let words = ["another.db", "another key", "MEMORY_SQLITE_KEY"];
    assert_fails(failed, ErrorKind::Unauthorized, &words);
    // With its key it is replaced, what is in its log is kept.
    let restored = SqliteBackend::restore(&at(&killed, with("correct horse")), &secret_copy);
    let kept = at(&restored.unwrap().kept.unwrap(), with("correct horse"));
    let kept = SqliteBackend::open_with(&kept).unwrap();
    assert_eq!(kept.statistics().await.unwrap().memories, 6);
}

#[cfg(unix)]
#[tokio::test]
async fn what_a_link_leads_to_is_replaced() {
    let folder = TempDir::new().unwrap();
    let (path, copy) = made(folder.path()).await;
    let link = folder.path().join("links/memory.db");
    fs::create_dir(link.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let restored = SqliteBackend::restore(&options(&link), &copy).unwrap();
    let kept = restored.kept.unwrap();
    assert_eq!(kept.file_name().unwrap(), "graph.db.before-restore");
    assert_eq!(whole_fives(&raw(&kept)), ["first", "second"]);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(!fs::symlink_metadata(&kept).unwrap().is_symlink());
    assert_eq!(whole_fives(&raw(&path)), ["first"]);
    assert_eq!(fs::read_dir(link.parent().unwrap()).unwrap().count(), 1);

    fs::remove_file(&path).unwrap();
    let failed = SqliteBackend::restore(&options(&link), &copy);
    assert_fails(
        failed,
        ErrorKind::InvalidArgument,
        &["memory.db", "leads nowhere"],
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_backup_that_is_read_only_becomes_a_store_that_is_not() {
    use std::os::unix::fs::PermissionsExt;

    let folder = TempDir::new().unwrap();
    let (path, copy) = made(folder.path()).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o400)).unwrap();
    for (there, expected) in [(None, 0o600), (Some(0o640), 0o640), (Some(0o444), 0o644)] {
        match there {
            None => fs::remove_file(&path).unwrap(),
            Some(there) => fs::set_permissions(&path, fs::Permissions::from_mode(there)).unwrap(),
        }
        SqliteBackend::restore(&options(&path), &copy).unwrap();
        assert_eq!(mode(&path), expected, "{there:?}");
        assert_eq!(mode(&copy), 0o400);
    }
}

/// Another backend writes on and on while what it has is restored elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_store_in_use_is_restored_as_one_state_of_it() {
    let folder = TempDir::new().unwrap();
    let (path, _) = made(folder.path()).await;
    let backend = std::sync::Arc::new(opened(&path).await);
    let writer = std::sync::Arc::clone(&backend);
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writing = tokio::spawn(async move {
        let mut number = 0;
        while stopped.try_recv().is_err() {
            writer
                .apply(five(&format!("more-{number:05}")))
                .await
                .unwrap();
            number += 1;
        }
        number
    });
    for number in 0..5 {
        let target = folder.path().join(format!("target-{number}.db"));
        let restored = SqliteBackend::restore(&options(&target), &path).unwrap();
        let found = whole_fives(&raw(&target));
        assert_eq!(restored.memories, 3 * found.len() as u64);
        assert_eq!(&found[..1], ["first"]);
        check_file(&raw(&target));
    }
    stop.send(()).unwrap();
    let written = writing.await.unwrap();
    // It kept its locks and what it wrote.
    assert_eq!(whole_fives(&raw(&path)).len(), 2 + written);
    backend.close().await.unwrap();
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
