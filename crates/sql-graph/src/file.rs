//! The file in which a graph is, before an engine opens it.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use ports::{BackendError, ErrorKind, Result};

const DOING: &str = "open the graph";

/// The least size of a file that holds a database.
const SMALLEST: u64 = 512;

/// What libSQL keeps beside an embedded replica, by the file's name and this.
const OF_REPLICAS: [&str; 2] = ["-info", "-client_wal_index"];

/// Makes the folders above a file, where they are missing.
///
/// # Errors
///
/// - [`InvalidArgument`](ErrorKind::InvalidArgument) for a folder
/// - [`Corrupt`](ErrorKind::Corrupt) for a file that is too small for a database
/// - [`Unauthorized`](ErrorKind::Unauthorized) when a folder may not be made
pub fn prepare_file(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(invalid(
            "it is a folder: name a file in it, such as memory.db",
        ));
    }
    // The engine takes a file of one byte for an empty one.
    if fs::metadata(path).is_ok_and(|file| (1..SMALLEST).contains(&file.len())) {
        return Err(BackendError::new(ErrorKind::Corrupt, DOING)
            .because("the file is no SQLite database: name another file; nothing was changed"));
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or(Ok(()), fs::create_dir_all).map_err(|err| {
        let kind = match err.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                ErrorKind::Unauthorized
            }
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
                ErrorKind::InvalidArgument
            }
            _ => ErrorKind::Backend,
        };
        BackendError::new(kind, DOING)
            .because(format!("the folder above it cannot be made: {err}"))
            .from_source(err)
    })
}

/// Fails for an embedded replica of libSQL: whoever writes to it, and is not libSQL following the
/// primary, corrupts it.
///
/// # Errors
///
/// - [`InvalidArgument`](ErrorKind::InvalidArgument), with what to do
pub fn refuse_replica(path: &Path) -> Result<()> {
    let is_replica = OF_REPLICAS
        .iter()
        .any(|suffix| beside(path, suffix).exists());
    if is_replica {
        return Err(invalid(
            "it is an embedded replica of libSQL, and writing to it here would corrupt it: open it \
             with the turso backend and the URL of its primary",
        ));
    }
    Ok(())
}

/// Says why a file that opens cannot be set up for writing.
pub fn explain_read_only(err: BackendError, path: &Path) -> BackendError {
    if err.kind() != ErrorKind::Unauthorized {
        return err;
    }
    let parent = path.parent().unwrap_or(path).display();
    err.because(format!(
        "it may not be written: change the permissions of the file and of its folder {parent}, or \
         free the file system from being read-only; nothing was changed"
    ))
}

/// Returns how many bytes a file and its write-ahead log take.
pub fn file_size(path: &Path) -> Option<u64> {
    let length = |path: &Path| fs::metadata(path).map(|file| file.len());
    let file = length(path).ok()?;
    Some(file + length(&beside(path, "-wal")).unwrap_or_default())
}

/// Returns the path of a file beside another one, whose name goes on with `suffix`.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

fn invalid(detail: &str) -> BackendError {
    BackendError::new(ErrorKind::InvalidArgument, DOING).because(detail)
}
