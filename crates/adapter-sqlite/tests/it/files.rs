//! Folders and files, and what is in them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

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
