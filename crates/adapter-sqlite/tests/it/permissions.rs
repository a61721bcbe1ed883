//! Folders and files that may be read and not written.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{ErrorKind, Result};
use tempfile::TempDir;

use crate::{
    files::{Mounted, Snapshot},
    graph::{assert_fails, made, options},
};

/// A folder that is made ready and then may not be written: permissions bind all but root, and root
/// can mount a file system that is read-only.
struct ReadOnlyFolder {
    folder: PathBuf,
    kept: Kept,
}

enum Kept {
    Mounted(Mounted),
    Permissions(TempDir),
}

impl ReadOnlyFolder {
    fn new() -> Self {
        let kept = match Mounted::new("4m") {
            Some(mounted) => Kept::Mounted(mounted),
            None => Kept::Permissions(TempDir::new().unwrap()),
        };
        let folder = match &kept {
            Kept::Mounted(mounted) => mounted.path().to_owned(),
            Kept::Permissions(folder) => folder.path().to_owned(),
        };
        Self { folder, kept }
    }

    fn lock(&self) {
        match &self.kept {
            Kept::Mounted(mounted) => mounted.remount("ro"),
            Kept::Permissions(folder) => set_mode(folder.path(), 0o555),
        }
    }
}

impl Drop for ReadOnlyFolder {
    fn drop(&mut self) {
        if let Kept::Permissions(folder) = &self.kept {
            set_mode(folder.path(), 0o755);
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn open(path: &Path) -> Result<SqliteBackend> {
    SqliteBackend::open_with(&options(path))
}

#[tokio::test]
async fn a_graph_in_a_folder_that_may_not_be_written_is_refused() {
    let folder = ReadOnlyFolder::new();
    let path = folder.folder.join("graph.db");
    made(&path).await;
    folder.lock();
    let before = Snapshot::of(&folder.folder);
    assert_fails(
        open(&path),
        ErrorKind::Unauthorized,
        &[
            "open the graph",
            path.to_str().unwrap(),
            "may not be written",
            "change the permissions",
            "nothing was changed",
        ],
    );
    before.assert_unchanged(&folder.folder);
}

#[tokio::test]
async fn a_new_graph_in_a_folder_that_may_not_be_written_is_refused() {
    let folder = ReadOnlyFolder::new();
    folder.lock();
    let before = Snapshot::of(&folder.folder);
    for name in ["graph.db", "new folder/graph.db"] {
        let path = folder.folder.join(name);
        assert_fails(
            open(&path),
            ErrorKind::Unauthorized,
            &["open the graph", path.to_str().unwrap(), "folder"],
        );
    }
    before.assert_unchanged(&folder.folder);
}

/// Keeps one file from being written, and nothing around it.
struct ReadOnlyFile<'a>(&'a Path);

impl<'a> ReadOnlyFile<'a> {
    fn new(path: &'a Path) -> Self {
        let mount = |args: &[&str]| {
            let output = Command::new("mount").args(args).arg(path).output();
            output.is_ok_and(|output| output.status.success())
        };
        let from = path.to_str().unwrap();
        if !(mount(&["--bind", from]) && mount(&["-o", "remount,ro,bind"])) {
            set_mode(path, 0o444);
        }
        Self(path)
    }
}

impl Drop for ReadOnlyFile<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(self.0).output());
    }
}

#[tokio::test]
async fn a_file_that_may_not_be_written_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    let before = Snapshot::of(folder.path());
    let locked = ReadOnlyFile::new(&path);
    assert_fails(
        open(&path),
        ErrorKind::Unauthorized,
        &[
            "open the graph",
            path.to_str().unwrap(),
            "may not be written",
            "change the permissions",
            "nothing was changed",
        ],
    );
    before.assert_unchanged(folder.path());
    drop(locked);
}

/// What cannot be read is a matter of permissions as well. Root reads everything.
#[tokio::test]
async fn a_file_that_may_not_be_read_is_refused() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    made(&path).await;
    set_mode(&path, 0o000);
    if fs::read(&path).is_err() {
        assert_fails(
            open(&path),
            ErrorKind::Unauthorized,
            &["open the graph", path.to_str().unwrap(), "permissions"],
        );
    } else {
        open(&path).expect("root reads everything");
    }
}
