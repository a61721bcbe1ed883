//! A file that one export at a time writes, or that stands for what it writes.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::Path,
};

use super::{ExportError, place::unwritable};

/// Opens a file, and makes it when it is not there, for this export alone until it is closed.
pub(super) fn locked(path: &Path) -> Result<File, ExportError> {
    loop {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(unwritable(path))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                return Err(ExportError::InUse {
                    file: path.display().to_string(),
                });
            }
            // Where files cannot be locked at all, nobody is kept out.
            Err(TryLockError::Error(_)) => return Ok(file),
            // Else another export ended in between: its file has another name now, or none.
            Ok(()) if has_name(&file, path) => return Ok(file),
            Ok(()) => {}
        }
    }
}

#[cfg(unix)]
fn has_name(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    match (file.metadata(), fs::metadata(path)) {
        (Ok(file), Ok(named)) => (file.dev(), file.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn has_name(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_lost_its_name_is_told_from_the_one_that_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("graph.jsonl.partial");
        let first = locked(&path).unwrap();
        assert!(has_name(&first, &path));
        let busy = locked(&path).unwrap_err();
        assert!(matches!(busy, ExportError::InUse { .. }), "{busy}");
        fs::rename(&path, folder.path().join("graph.jsonl")).unwrap();
        assert!(!has_name(&first, &path));
        let second = locked(&path).unwrap();
        assert!(has_name(&second, &path) && !has_name(&first, &path));
    }
}
