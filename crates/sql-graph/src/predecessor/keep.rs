//! The copy of a predecessor's store that is kept beside it.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
};

use ports::{BackendError, ErrorKind, Result};

use super::row::refused;
use crate::{SqlConnection, beside};

/// What the name of a copy goes on with after that of the file.
const ASIDE: &str = ".before-memorygraph";

/// A copy that is kept beside a predecessor's store.
#[derive(Debug)]
pub struct Kept {
    path: PathBuf,
    /// Whether it was not there before.
    is_new: bool,
}

impl Kept {
    /// Returns the path of the copy, for people.
    pub fn into_path(self) -> String {
        self.path.display().to_string()
    }

    /// Removes the copy, unless it was there before: the store is as it was.
    pub(crate) fn take_back(self) {
        if self.is_new {
            drop(fs::remove_file(&self.path));
        }
    }
}

/// Copies the store in `file` into a new file beside it, with the permissions that `file` has. The
/// copy lasts when this returns. Where one with the same bytes is there already, as after an upgrade
/// that was ended from outside, that one is the copy.
///
/// `connection` reads the store, while another one holds the lock under which the upgrade goes on: so
/// the copy has what will be upgraded, and no second process copies at the same time.
///
/// # Errors
///
/// - [`Unsupported`](ErrorKind::Unsupported) for a name that is no UTF-8
/// - as writing a file can fail; then there is no copy
pub fn keep_aside(connection: &mut dyn SqlConnection, file: &Path) -> Result<Kept> {
    // What a process that was killed has left of its copy is under this name, and no other.
    let part = beside(file, &format!("{ASIDE}.part"));
    let kept = copy(connection, file, &part).and_then(|()| {
        let kept = put_in_place(&part, file)?;
        sync_folder(file)?;
        Ok(kept)
    });
    if kept.is_err() {
        drop(fs::remove_file(&part));
    }
    kept
}

fn copy(connection: &mut dyn SqlConnection, file: &Path, part: &Path) -> Result<()> {
    let Some(name) = part.to_str() else {
        return Err(refused(
            ErrorKind::Unsupported,
            "the name of the file or of a folder above it is no UTF-8, so no copy can be made before the \
             upgrade: rename it; nothing was changed",
        ));
    };
    if let Err(err) = fs::remove_file(part)
        && err.kind() != io::ErrorKind::NotFound
    {
        return Err(failed(err));
    }
    // The engine takes an empty file, and leaves its permissions as they are.
    File::create_new(part)
        .and_then(|empty| empty.set_permissions(fs::metadata(file)?.permissions()))
        .map_err(failed)?;
    connection.execute("VACUUM INTO ?1", &[name.into()])?;
    File::options()
        .write(true)
        .open(part)
        .and_then(|written| written.sync_all())
        .map_err(failed)
}

/// Gives the copy the first name that is free, unless an equal one is before it.
fn put_in_place(part: &Path, file: &Path) -> Result<Kept> {
    let numbered = (2..).map(|number| format!("{ASIDE}-{number}"));
    for suffix in [ASIDE.to_owned()].into_iter().chain(numbered) {
        let path = beside(file, &suffix);
        match File::create_new(&path) {
            Ok(_) => {
                fs::rename(part, &path).map_err(failed)?;
                return Ok(Kept { path, is_new: true });
            }
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
                // What cannot be read is not taken for an equal one.
                if has_same_bytes(part, &path).unwrap_or(false) {
                    fs::remove_file(part).map_err(failed)?;
                    let is_new = false;
                    return Ok(Kept { path, is_new });
                }
            }
            Err(err) => return Err(failed(err)),
        }
    }
    unreachable!("there are more numbers than files")
}

fn has_same_bytes(one: &Path, other: &Path) -> io::Result<bool> {
    if fs::metadata(one)?.len() != fs::metadata(other)?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (
        BufReader::new(File::open(one)?),
        BufReader::new(File::open(other)?),
    );
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let length = left.len().min(right.len());
        if left[..length] != right[..length] {
            return Ok(false);
        }
        if length == 0 {
            return Ok(left.len() == right.len());
        }
        one.consume(length);
        other.consume(length);
    }
}

/// Makes the names in a folder last.
fn sync_folder(file: &Path) -> Result<()> {
    let parent = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new("."));
    if cfg!(windows) {
        // There a folder cannot be opened as a file, and needs no such thing.
        return Ok(());
    }
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(failed)
}

fn failed(err: io::Error) -> BackendError {
    let kind = match err.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ErrorKind::Unauthorized
        }
        _ => ErrorKind::Backend,
    };
    refused(
        kind,
        format!("the copy beside the file, which comes before an upgrade, cannot be written: {err}; nothing was changed"),
    )
    .from_source(err)
}
