//! Folders and files, and what is in them.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use sqlite_engine::rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

/// Every file under a folder with its bytes, to be compared with what is there later.
#[derive(PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<PathBuf, Option<Vec<u8>>>);

impl Snapshot {
    pub(crate) fn of(folder: &Path) -> Self {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path.clone());
                    files.insert(path, None);
                } else {
                    let bytes = fs::read(&path).unwrap();
                    files.insert(path, Some(bytes));
                }
            }
        }
        Self(files)
    }

    /// Fails unless the folder has the same files with the same bytes.
    #[track_caller]
    pub(crate) fn assert_unchanged(&self, folder: &Path) {
        let now = Self::of(folder);
        assert_eq!(self.names(), now.names(), "files came or went");
        for (path, bytes) in &self.0 {
            assert!(now.0[path] == *bytes, "{} has changed", path.display());
        }
    }

    fn names(&self) -> Vec<&Path> {
        self.0.keys().map(PathBuf::as_path).collect()
    }
}

/// Returns the path with something behind its name: `graph.db-wal`.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// A file system in memory, mounted for one test. Only root can have one.
#[derive(Debug)]
pub(crate) struct Mounted {
    folder: TempDir,
}

impl Mounted {
    /// Mounts an empty one of this size, such as `1m`, where the system allows it.
    pub(crate) fn new(size: &str) -> Option<Self> {
        let mounted = Self {
            folder: TempDir::new().unwrap(),
        };
        let size = format!("size={size}");
        let path = mounted.path().as_os_str();
        let args = ["-t", "tmpfs", "-o", &size, "tmpfs"];
        let mount = Command::new("mount").args(args).arg(path).output();
        mount
            .is_ok_and(|output| output.status.success())
            .then_some(mounted)
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Lets nobody write to it any more, or lets them again.
    pub(crate) fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let mut mount = Command::new("mount");
        let mount = mount.args(["-o", &options]).arg(self.path());
        assert!(mount.status().unwrap().success());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // The folder of one that was never mounted is only removed. A lazy unmount also works
        // while connections are still being closed.
        let mut unmount = Command::new("umount");
        drop(unmount.arg("--lazy").arg(self.path()).output());
    }
}

/// A folder that is made ready and then may not be written: permissions bind all but root, and root
/// can mount a file system that is read-only.
pub(crate) struct ReadOnlyFolder(Kept);

enum Kept {
    Mounted(Mounted),
    Permissions(TempDir),
}

impl ReadOnlyFolder {
    pub(crate) fn new() -> Self {
        Self(match Mounted::new("8m") {
            Some(mounted) => Kept::Mounted(mounted),
            None => Kept::Permissions(TempDir::new().unwrap()),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        match &self.0 {
            Kept::Mounted(mounted) => mounted.path(),
            Kept::Permissions(folder) => folder.path(),
        }
    }

    pub(crate) fn lock(&self) {
        match &self.0 {
            Kept::Mounted(mounted) => mounted.remount("ro"),
            Kept::Permissions(folder) => set_mode(folder.path(), 0o555),
        }
    }
}

impl Drop for ReadOnlyFolder {
    fn drop(&mut self) {
        if let Kept::Permissions(folder) = &self.0 {
            set_mode(folder.path(), 0o755);
        }
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Keeps one file from being written, and nothing around it.
pub(crate) struct ReadOnlyFile<'a>(&'a Path);

impl<'a> ReadOnlyFile<'a> {
    pub(crate) fn new(path: &'a Path) -> Self {
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

/// Opens a file as another program does.
pub(crate) fn raw(path: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    sqlite_engine::open(path, flags).unwrap()
}

/// Fails unless the file is sound, and everything that is kept twice is kept in step.
pub(crate) fn check_file(path: &Path) {
    let connection = raw(path);
    let answer: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(answer, "ok");
    let mut dangling = connection.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(
        !dangling.exists([]).unwrap(),
        "a relationship leads nowhere"
    );
    let index = "INSERT INTO nodes_fts (nodes_fts, rank) VALUES ('integrity-check', 1)";
    connection
        .execute(index, [])
        .expect("the full-text index has what the memories say");
    let odd: i64 = connection
        .query_row(ODD_TAGS, [], |row| row.get(0))
        .unwrap();
    assert_eq!(odd, 0, "tags that only one side has");
}

const ODD_TAGS: &str = "
    WITH said AS (SELECT t.value AS tag, n.key FROM nodes AS n, json_each(n.tags) AS t),
      kept AS (SELECT tag, key FROM node_tags)
    SELECT (SELECT count(*) FROM (SELECT * FROM said EXCEPT SELECT * FROM kept))
      + (SELECT count(*) FROM (SELECT * FROM kept EXCEPT SELECT * FROM said))";
