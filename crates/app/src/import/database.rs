//! Database files: a predecessor's in each of its shapes, or one of ours.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::SystemTime,
};

use ports::{BackendError, ErrorKind, GraphBackend, Upgrade};
use serde::Serialize;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::source::{Names, Source};
use crate::{
    Config, Error, MemoryGraph, Result,
    migrate::{self, Migrated, is_same_file, migrate},
    open::{backend_for_files, open_store},
};

const DOING: &str = "import a database";

/// What a file of SQLite begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// What an engine keeps beside a file, and reads with it.
const BESIDE: [&str; 2] = ["-wal", "-journal"];

/// The suffixes of the files that an engine of this process has open.
const OPEN: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// How often a file that changes while it is copied is copied anew.
const COPIES: u32 = 5;

/// What the import of a database file did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DatabaseImport {
    /// How its rows were read, when the file is a predecessor's.
    pub upgrade: Option<Upgrade>,
    /// What became of what was read.
    pub carried: Migrated,
}

impl DatabaseImport {
    /// Whether all that was to be imported could be: nothing differs.
    pub fn is_complete(&self) -> bool {
        self.carried.is_complete()
    }
}

/// Says by its first 16 bytes whether a file is a database, and for
/// [`import_database`](MemoryGraph::import_database).
pub fn is_database(first_bytes: &[u8]) -> bool {
    first_bytes.starts_with(MAGIC)
}

impl MemoryGraph {
    /// Fails for the file in which this graph is, or one that belongs to it. It looks at names and
    /// metadata alone: ask before opening what is to be imported, since on Unix a process that closes a
    /// file of its own graph drops the locks that keep other processes out of what it writes.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument), with what to do
    pub fn refuse_own_file(&self, path: &Path) -> Result<()> {
        let is_own = self.file().is_some_and(|own| {
            let mut own = OPEN.iter().map(|suffix| beside(own, suffix));
            own.any(|own| is_same_file(path, &own))
        });
        if is_own {
            let words = format!(
                "{} is the graph itself: what it has is there already; name another file",
                path.display()
            );
            return Err(failed(ErrorKind::InvalidArgument, words).into());
        }
        Ok(())
    }

    /// Takes in a database file: a predecessor's in each of its shapes, or one of ours, also a
    /// replica's. It only reads the file, and works on a copy in the folder for temporary files.
    ///
    /// Everything comes along as with [`migrate`](crate::migrate); what is here already stays as it
    /// is, so importing a file again changes nothing. Earlier states of what the file has stay there.
    /// No backend of another [`MemoryGraph`] of this process may have the file open: closing what was
    /// copied drops its locks.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound) when there is no such file
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) for what is no database, and for the file of
    ///   this graph
    /// - [`Corrupt`](ErrorKind::Corrupt) for a damaged file
    /// - [`Schema`](ErrorKind::Schema) for the database of another program, or of a newer one
    /// - [`Busy`](ErrorKind::Busy) when other programs do not cease to change the file
    /// - and as for [`migrate`](crate::migrate::migrate)
    pub async fn import_database(
        &self,
        path: &Path,
        progress: &mut (dyn FnMut(migrate::Progress) + Send),
    ) -> Result<DatabaseImport> {
        self.refuse_own_file(path)?;
        let copy = copied(path.to_owned()).await?;
        let names = Names {
            file: path.to_owned(),
            copy: copy.path().join(NAME),
        };
        let mut config = Config::at(&names.copy);
        config.backend.value = backend_for_files();
        let (opened, upgrade) = open_store(&config).await.map_err(|error| match error {
            Error::Backend(error) => names.told(error.while_doing(DOING)).into(),
            error => error,
        })?;
        let from = Source::of(opened, names);
        let options = migrate::Options::default();
        let carried = migrate(&from, &*self.backend, &options, progress).await;
        // The copy goes; what could not be closed goes with it.
        drop(from.close().await);
        Ok(DatabaseImport {
            upgrade: upgrade.map(|upgrade| Upgrade {
                // That is of the copy.
                backup: None,
                ..upgrade
            }),
            carried: carried?,
        })
    }
}

/// The name of the copy.
const NAME: &str = "memory.db";

/// Copies a database into a folder of its own, on a thread of its own.
async fn copied(path: PathBuf) -> Result<TempDir> {
    let (told, copied) = oneshot::channel();
    thread::Builder::new()
        .name("copy-database".to_owned())
        .spawn(move || drop(told.send(copy(&path))))
        .map_err(|err| {
            failed(ErrorKind::Backend, "the system starts no thread").from_source(err)
        })?;
    let copied = copied.await;
    Ok(copied.map_err(|_| failed(ErrorKind::Backend, "copying panicked"))??)
}

fn copy(path: &Path) -> std::result::Result<TempDir, BackendError> {
    let shown = path.display();
    let unreadable = |err: std::io::Error| {
        let (kind, words) = match err.kind() {
            std::io::ErrorKind::NotFound => (
                ErrorKind::NotFound,
                format!("there is no file {shown}: name another one"),
            ),
            std::io::ErrorKind::PermissionDenied => (
                ErrorKind::Unauthorized,
                format!("{shown} may not be read: change its permissions"),
            ),
            _ => (
                ErrorKind::Backend,
                format!("{shown} cannot be copied to read it: {err}"),
            ),
        };
        failed(kind, words).from_source(err)
    };
    let not_one = || {
        failed(
            ErrorKind::InvalidArgument,
            format!(
                "{shown} is no SQLite database, or is encrypted: name another file, or bring an \
                 encrypted one with `memorygraph migrate`"
            ),
        )
    };
    if fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Err(not_one());
    }
    let folder = TempDir::new().map_err(unreadable)?;
    let to = folder.path().join(NAME);
    for _ in 0..COPIES {
        let before = stamps(path);
        fs::copy(path, &to).map_err(unreadable)?;
        for suffix in BESIDE {
            let (from, to) = (beside(path, suffix), beside(&to, suffix));
            if from.exists() {
                fs::copy(from, to).map_err(unreadable)?;
            } else if to.exists() {
                fs::remove_file(to).map_err(unreadable)?;
            }
        }
        // The parts fit together when none of them changed.
        if stamps(path) == before {
            let mut file = fs::File::open(&to).map_err(unreadable)?;
            let mut head = [0; MAGIC.len()];
            let read = std::io::Read::read(&mut file, &mut head).map_err(unreadable)?;
            return if is_database(&head[..read]) {
                writable(&to).map_err(unreadable)?;
                Ok(folder)
            } else {
                Err(not_one())
            };
        }
    }
    Err(failed(
        ErrorKind::Busy,
        format!("{shown} does not cease to change: end the programs that use it, and try again"),
    ))
}

/// Lets the copy of a file that is read only be written.
fn writable(copy: &Path) -> std::io::Result<()> {
    for path in [
        copy.to_owned(),
        beside(copy, "-wal"),
        beside(copy, "-journal"),
    ] {
        if let Ok(found) = fs::metadata(&path) {
            let mut permissions = found.permissions();
            #[cfg(unix)]
            std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
            #[cfg(not(unix))]
            permissions.set_readonly(false);
            fs::set_permissions(&path, permissions)?;
        }
    }
    Ok(())
}

/// When a file and those beside it were changed last, and how long each is.
fn stamps(path: &Path) -> Vec<Option<(u64, Option<SystemTime>)>> {
    let paths = [path.to_owned()].into_iter();
    paths
        .chain(BESIDE.map(|suffix| beside(path, suffix)))
        .map(|path| {
            let found = fs::metadata(path).ok()?;
            Some((found.len(), found.modified().ok()))
        })
        .collect()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn failed(kind: ErrorKind, words: impl Into<String>) -> BackendError {
    BackendError::new(kind, DOING).because(words)
}
