//! A backup in the place of a store.

mod staged;

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use ports::{BackendError, ErrorKind, Restored, Result};

use self::staged::stage;
use crate::{
    SqlConnection,
    backup::{Unfinished, failed, sync_folder},
    beside, refuse_replica,
};

const DOING: &str = "restore a backup";

/// What the name of the new store goes on with until it is in its place.
const STAGED: &str = ".restoring";

/// What the name of the store that was there goes on with.
const KEPT: &str = ".before-restore";

/// What an engine keeps beside a store.
const SIDECARS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Which of them belong to what the store says.
const LOGS: [&str; 2] = ["-wal", "-journal"];

/// What a file that is not encrypted begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// What a restore opens a file for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only to read it: it stays as it is.
    Read,
    /// Also to write it. What its log has stays there unless it is told to move.
    Write,
}

/// Puts a copy of the backup `file` in the place of the store at `target`, which is kept beside it.
/// `open` opens a file that is there, without setting up anything.
///
/// Where `target` is a link, what it leads to is replaced, and kept beside that. A backup that is in
/// use is read as one state. What was there gives the new store its permissions, else the backup does;
/// its owner may write it in any case.
///
/// A store that does not open is replaced only when nobody can be working with it: a file that is no
/// database, or a damaged one that is not encrypted.
///
/// The backup is checked before anything is touched. Whenever the process is killed, `target` is the
/// old store or the new one, whole; what was there is not lost in any case. (Where a file cannot have
/// two names, there is a moment in which `target` is missing and both are beside it.)
///
/// # Errors
///
/// - [`Busy`](ErrorKind::Busy) while another process, or a backend of this one, has the store open, and
///   for a backup that others do not cease to change
/// - [`InvalidArgument`](ErrorKind::InvalidArgument) when there is no backup, when it is the store
///   itself, and for an embedded replica
/// - [`Unauthorized`](ErrorKind::Unauthorized) for a store that is encrypted with another key than the
///   one of `open`, or is not encrypted and the backup is
/// - [`Corrupt`](ErrorKind::Corrupt) for a backup that is damaged, or has another key
/// - [`Schema`](ErrorKind::Schema) for one that a newer program, or another one, made
/// - [`Unsupported`](ErrorKind::Unsupported) for a store in memory
pub fn restore<C: SqlConnection>(
    target: &Path,
    file: &Path,
    open: impl Fn(&Path, Access) -> Result<C>,
) -> Result<Restored> {
    let about = |path: &Path| {
        let path = path.display().to_string();
        move |err: BackendError| {
            let words = format!("{path}: {}", err.detail().unwrap_or_default());
            err.while_doing(DOING).because(words)
        }
    };
    if target == Path::new(":memory:") {
        return Err(BackendError::new(ErrorKind::Unsupported, DOING).because(
            "a graph in memory ends with its process, and nothing takes its place: name a file",
        ));
    }
    let target = &followed(target).map_err(about(target))?;
    check(target, file).map_err(about(file))?;
    refuse_replica(target).map_err(about(target))?;
    if let Some(parent) = target.parent() {
        fs::create_dir_all(parent).map_err(|err| about(target)(failed(err)))?;
    }
    let staged = Unfinished::claim(beside(target, STAGED), "restore").map_err(about(target))?;
    let like = if target.exists() { target } else { file };
    let contents = stage(&staged, file, like, &open).map_err(about(file))?;
    let kept = swap(&staged, target, &open).map_err(about(target))?;
    Ok(Restored {
        memories: contents.memories,
        relationships: contents.relationships,
        kept,
    })
}

fn check(target: &Path, file: &Path) -> Result<()> {
    if !file.is_file() {
        return Err(refused("there is no such file: name a backup"));
    }
    if is_same_file(file, target) {
        return Err(refused("it is the store itself: name a backup of it"));
    }
    if target.is_dir() {
        return Err(refused("the store would be a folder: name a file in it"));
    }
    Ok(())
}

/// Returns where a link leads, and what is no link as it is.
fn followed(target: &Path) -> Result<PathBuf> {
    if !fs::symlink_metadata(target).is_ok_and(|found| found.is_symlink()) {
        return Ok(target.to_owned());
    }
    fs::canonicalize(target).map_err(|err| {
        refused("it is a link that leads nowhere: remove it, or make what it leads to")
            .from_source(err)
    })
}

/// Whether both paths lead to one file, by links of either kind, too.
fn is_same_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;

        let place = |path: &Path| fs::metadata(path).map(|found| (found.dev(), found.ino()));
        matches!((place(one), place(other)), (Ok(one), Ok(other)) if one == other)
    }
    #[cfg(not(unix))]
    {
        let place = |path: &Path| fs::canonicalize(path);
        matches!((place(one), place(other)), (Ok(one), Ok(other)) if one == other)
    }
}

/// Whether there is what a program has beside a store as long as it has it open, unless it is killed.
fn is_in_use(store: &Path) -> bool {
    beside(store, "-shm").exists()
}

fn unread(err: io::Error) -> BackendError {
    if err.kind() == io::ErrorKind::PermissionDenied {
        return BackendError::new(ErrorKind::Unauthorized, DOING)
            .because("it may not be read: change its permissions; nothing was changed")
            .from_source(err);
    }
    failed(err)
}

/// Puts the new store in the place of what is there, and returns where that is kept.
fn swap<C: SqlConnection>(
    staged: &Unfinished,
    target: &Path,
    open: &impl Fn(&Path, Access) -> Result<C>,
) -> Result<Option<PathBuf>> {
    let is_there = target.exists();
    let kept = free_name(target)?;
    // A store that cannot be opened still has its log, which an engine that tries takes away; who
    // rescues the store needs it.
    let sidecars = Aside::copy(target, &kept)?;
    let lock = if is_there {
        alone(target, &staged.path, open)?
    } else {
        None
    };
    if lock.is_none() {
        sidecars.keep();
    } else {
        drop(sidecars);
    }
    // There nobody can rename a file that is open.
    let lock = lock.filter(|_| !cfg!(windows));
    let mut second = SecondName(None);
    if is_there {
        match fs::hard_link(target, &kept) {
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => return Err(failed(err)),
            // Some file systems have no second names.
            Err(_) => fs::rename(target, &kept).map_err(failed)?,
            Ok(()) => second.0 = Some(kept.clone()),
        }
    }
    sync_folder(target)?;
    for suffix in SIDECARS {
        // The new store must not take them for its own.
        match fs::remove_file(beside(target, suffix)) {
            Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(failed(err)),
            _ => {}
        }
    }
    fs::rename(&staged.path, target).map_err(failed)?;
    second.0 = None;
    sync_folder(target)?;
    // Who opened the old file meanwhile and waits for the lock finds that it has moved: it is in a
    // journal mode in which the engine looks before it writes.
    drop(lock);
    Ok(is_there.then_some(kept))
}

/// The second name of a store that is still in its place; who opened the store by it would know nothing
/// of its log. It is removed unless the store is replaced.
struct SecondName(Option<PathBuf>);

impl Drop for SecondName {
    fn drop(&mut self) {
        if let Some(name) = &self.0 {
            drop(fs::remove_file(name));
        }
    }
}

/// Copies of what stands beside a store; they are removed unless they are kept.
struct Aside(Vec<PathBuf>);

impl Aside {
    fn copy(target: &Path, kept: &Path) -> Result<Self> {
        let mut copies = Self(Vec::new());
        for suffix in LOGS {
            let from = beside(target, suffix);
            if from.is_file() {
                let to = beside(kept, suffix);
                copies.0.push(to.clone());
                fs::copy(&from, &to).map_err(failed)?;
                let written = File::options().write(true).open(&to);
                written.and_then(|it| it.sync_all()).map_err(failed)?;
            }
        }
        Ok(copies)
    }

    fn keep(mut self) {
        self.0.clear();
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        for copy in &self.0 {
            drop(fs::remove_file(copy));
        }
    }
}

/// Makes sure that nobody else has the store open, for as long as what it returns lives; moves what is
/// in its log into the file. `None` for a file that is no store, or damaged: nobody works with it.
fn alone<C: SqlConnection>(
    target: &Path,
    staged: &Path,
    open: &impl Fn(&Path, Access) -> Result<C>,
) -> Result<Option<C>> {
    // Before an engine makes it.
    let may_be_open = is_in_use(target);
    let locked = open(target, Access::Write).and_then(|mut connection| {
        control(&mut connection, "PRAGMA locking_mode = EXCLUSIVE")?;
        control(&mut connection, "PRAGMA journal_mode = DELETE")?;
        control(&mut connection, "BEGIN EXCLUSIVE")?;
        Ok(connection)
    });
    match locked {
        Ok(connection) => Ok(Some(connection)),
        // Whoever opens a store with its key keeps others from replacing it by locks that cannot be
        // asked for without it.
        Err(err) if err.kind() == ErrorKind::Corrupt && may_be_open => Err(in_the_way(
            ErrorKind::Busy,
            &format!(
                "it does not open, and {} says that a program has it open or was killed: end every \
                 program that uses it",
                beside(target, "-shm").display()
            ),
        )),
        Err(err) if err.kind() == ErrorKind::Corrupt => replaceable(target, staged).map(|()| None),
        Err(err) if err.kind() == ErrorKind::Busy => Err(BackendError::new(ErrorKind::Busy, DOING)
            .because(
                "another process has the store open: end every program that uses it, also MCP \
                 servers, and try again; nothing was changed",
            )),
        Err(err) => Err(err),
    }
}

/// Fails for a file that does not open and may be a store all the same: an encrypted one, or one that
/// is not encrypted where the backup is.
fn replaceable(target: &Path, staged: &Path) -> Result<()> {
    let there = Kind::of(target)?;
    let new = Kind::of(staged)?;
    match (there, new) {
        (Kind::Encrypted, Kind::Encrypted) => Err(in_the_way(
            ErrorKind::Unauthorized,
            "it is encrypted with another key than the one that is configured, or is damaged",
        )),
        (Kind::Encrypted, _) => Err(in_the_way(
            ErrorKind::Unauthorized,
            "it is encrypted, and no key is configured; the backup is not encrypted",
        )),
        (Kind::Plain, Kind::Encrypted) => Err(in_the_way(
            ErrorKind::Unauthorized,
            "it is not encrypted, and the backup and the key that is configured say that it should be",
        )),
        (Kind::Plain | Kind::Other, _) => Ok(()),
    }
}

fn in_the_way(kind: ErrorKind, words: &str) -> BackendError {
    BackendError::new(kind, DOING).because(format!(
        "{words}; configure its key (MEMORY_SQLITE_KEY), or move it away yourself with the files \
         beside it, and restore again; nothing was changed"
    ))
}

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    Encrypted,
    /// Neither: what a cipher writes has no pattern.
    Other,
}

impl Kind {
    /// Looks into a file that no engine of this process has open: closing it drops their locks.
    fn of(path: &Path) -> Result<Self> {
        let mut head = Vec::new();
        let read = File::open(path).and_then(|file| file.take(512).read_to_end(&mut head));
        read.map_err(unread)?;
        Ok(Self::of_head(&head))
    }

    fn of_head(head: &[u8]) -> Self {
        if head.starts_with(MAGIC) {
            return Self::Plain;
        }
        let mut seen = [false; 256];
        for byte in head {
            seen[usize::from(*byte)] = true;
        }
        // Of 512 bytes by lot, 221 are different, give or take 5; of text, less than 100.
        if seen.iter().filter(|seen| **seen).count() > 160 {
            Self::Encrypted
        } else {
            Self::Other
        }
    }
}

/// Runs a statement that may answer with a row.
fn control(connection: &mut dyn SqlConnection, sql: &str) -> Result<()> {
    connection.query(sql, &[], &mut |_| Ok(()))
}

/// Returns a name for what is there that nothing has.
fn free_name(target: &Path) -> Result<PathBuf> {
    let numbered = (2..10_000).map(|number| format!("{KEPT}-{number}"));
    std::iter::once(KEPT.to_owned())
        .chain(numbered)
        .map(|suffix| beside(target, &suffix))
        .find(|path| {
            let taken = |suffix| fs::symlink_metadata(beside(path, suffix)).is_ok();
            !["", "-wal", "-journal"].into_iter().any(taken)
        })
        .ok_or_else(|| refused("too many earlier stores are kept beside it: remove some"))
}

fn refused(words: &str) -> BackendError {
    BackendError::new(ErrorKind::InvalidArgument, DOING).because(words)
}
