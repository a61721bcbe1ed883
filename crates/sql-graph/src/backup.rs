//! A copy of a store in a new file.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use ports::{BackendError, Backup, ErrorKind, Result};

use crate::{Contents, SqlConnection, beside, contents};

const DOING: &str = "back up";

/// What the name of a file goes on with until it is whole.
const PARTIAL: &str = ".partial";

/// Makes a copy of a store at `file`. `copy` makes it in an empty file, and says what is in it where
/// it knows; `read` opens the copy, from which all is read back.
///
/// The name `file` is given last, so that what has it is whole; what fails leaves nothing. The copy
/// has the permissions of `like`.
///
/// # Errors
///
/// - [`InvalidArgument`](ErrorKind::InvalidArgument) when there is something at `file`, or no folder
///   for it
/// - [`Busy`](ErrorKind::Busy) when another copy is on its way there
/// - [`Unauthorized`](ErrorKind::Unauthorized) when the folder may not be written
/// - [`Corrupt`](ErrorKind::Corrupt) when what is read back is not sound, or not what was copied
pub fn backup<C: SqlConnection>(
    file: &Path,
    like: Option<&Path>,
    copy: impl FnOnce(&str) -> Result<Option<Contents>>,
    read: impl FnOnce(&Path) -> Result<C>,
) -> Result<Backup> {
    let about = |err: BackendError| {
        let words = err.detail().unwrap_or_default();
        let words = format!("{}: {words}", file.display());
        err.while_doing(DOING).because(words)
    };
    write(file, like, copy, read).map_err(about)
}

fn write<C: SqlConnection>(
    file: &Path,
    like: Option<&Path>,
    copy: impl FnOnce(&str) -> Result<Option<Contents>>,
    read: impl FnOnce(&Path) -> Result<C>,
) -> Result<Backup> {
    if fs::symlink_metadata(file).is_ok() {
        return Err(taken());
    }
    // One that begins with "file:" would be read as a URI.
    let file = std::path::absolute(file).map_err(failed)?;
    let partial = Unfinished::claim(beside(&file, PARTIAL), "backup")?;
    if let Some(like) = like {
        let permissions = fs::metadata(like).map(|like| like.permissions());
        permissions
            .and_then(|permissions| fs::set_permissions(&partial.path, permissions))
            .map_err(failed)?;
    }
    let Some(name) = partial.path.to_str() else {
        return Err(refused("the name of the file is no UTF-8: give it another"));
    };
    let copied = copy(name)?;
    let advice = "what was written is damaged: look at the disk, and at the store with \
                  `memorygraph health`";
    let found = sound(&mut read(&partial.path)?, advice)?;
    if copied.is_some_and(|copied| copied != found) {
        return Err(BackendError::new(ErrorKind::Corrupt, DOING).because(format!(
            "the copy has {} memories and {} relationships, which is not what was copied: look at the \
             disk, and try again",
            found.memories, found.relationships
        )));
    }
    let written = File::options().write(true).open(&partial.path);
    let written = written.and_then(|written| written.sync_all().and_then(|()| written.metadata()));
    let size_bytes = written.map_err(failed)?.len();
    partial.become_new(&file)?;
    sync_folder(&file)?;
    Ok(Backup {
        file: file.display().to_string(),
        size_bytes,
        memories: found.memories,
        relationships: found.relationships,
    })
}

/// Copies the store into the empty file of this name, outside any transaction, while others go on
/// reading and writing; says what is in the copy, unless somebody wrote meanwhile.
pub fn copy_into(connection: &mut dyn SqlConnection, name: &str) -> Result<Option<Contents>> {
    let before = state(connection)?;
    connection.execute("VACUUM INTO ?1", &[name.into()])?;
    Ok((state(connection)? == before).then_some(before.1))
}

/// Writes the name of a file for a connection whose database is in memory, which otherwise would take
/// it for another one there.
pub fn on_disk(name: &str) -> String {
    let vfs = if cfg!(windows) { "win32" } else { "unix" };
    let mut path = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '%' => path.push_str("%25"),
            '?' => path.push_str("%3f"),
            '#' => path.push_str("%23"),
            '\\' if cfg!(windows) => path.push('/'),
            other => path.push(other),
        }
    }
    // A drive of Windows stands behind a slash.
    let slash = if path.starts_with('/') { "" } else { "/" };
    format!("file:{slash}{path}?vfs={vfs}")
}

/// Which state the connection sees, and what is in it.
fn state(connection: &mut dyn SqlConnection) -> Result<(i64, Contents)> {
    let mut version = 0;
    connection.query("PRAGMA data_version", &[], &mut |row| {
        version = row.integer(0)?.unwrap_or_default();
        Ok(())
    })?;
    Ok((version, contents(connection)?))
}

/// Says what is in a store whose file is sound; `advice` is for one that is not.
///
/// # Errors
///
/// - [`Corrupt`](ErrorKind::Corrupt) when it is not
pub(crate) fn sound(connection: &mut dyn SqlConnection, advice: &str) -> Result<Contents> {
    let mut damage = None;
    let checked = connection.query("PRAGMA integrity_check (1)", &[], &mut |row| {
        damage = row.text(0)?.filter(|it| *it != "ok").map(str::to_owned);
        Ok(())
    });
    match checked {
        // A row that is no JSON stops the check. It is in the copy as it is, for a repair.
        Err(err) if crate::inspect::is_malformed_json(&err) => {}
        checked => checked?,
    }
    match damage {
        None => contents(connection),
        Some(damage) => {
            Err(BackendError::new(ErrorKind::Corrupt, DOING)
                .because(format!("{advice} ({damage})")))
        }
    }
}

/// A file that is being written; it is removed unless it is finished.
pub(crate) struct Unfinished {
    pub(crate) path: PathBuf,
}

impl Unfinished {
    /// Makes an empty file at `path`, which nobody else is writing.
    pub(crate) fn claim(path: PathBuf, what: &str) -> Result<Self> {
        match File::create_new(&path) {
            Ok(_) => Ok(Self { path }),
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {
                Err(BackendError::new(ErrorKind::Busy, DOING).because(format!(
                    "another {what} is being written, or one was broken off: when none is running, \
                     remove {}",
                    path.display()
                )))
            }
            Err(err) => Err(failed(err)),
        }
    }

    /// Gives it a name that nothing has.
    fn become_new(self, file: &Path) -> Result<()> {
        match fs::hard_link(&self.path, file) {
            // The other name goes with `self`.
            Ok(()) => Ok(()),
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => Err(taken()),
            // Some file systems have no second names.
            Err(_) => fs::rename(&self.path, file).map_err(failed),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            drop(fs::remove_file(beside(&self.path, suffix)));
        }
    }
}

/// Makes the names in the folder of `file` last.
pub(crate) fn sync_folder(file: &Path) -> Result<()> {
    let parent = file.parent().filter(|it| !it.as_os_str().is_empty());
    if cfg!(windows) {
        // There a folder cannot be opened as a file, and needs no such thing.
        return Ok(());
    }
    File::open(parent.unwrap_or(Path::new(".")))
        .and_then(|folder| folder.sync_all())
        .map_err(failed)
}

fn taken() -> BackendError {
    refused("there is something already: name a file that is not there")
}

fn refused(words: &str) -> BackendError {
    BackendError::new(ErrorKind::InvalidArgument, DOING).because(words)
}

pub(crate) fn failed(err: io::Error) -> BackendError {
    let kind = match err.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            ErrorKind::Unauthorized
        }
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
            ErrorKind::InvalidArgument
        }
        _ => ErrorKind::Backend,
    };
    BackendError::new(kind, DOING)
        .because(format!("the file cannot be written: {err}"))
        .from_source(err)
}
