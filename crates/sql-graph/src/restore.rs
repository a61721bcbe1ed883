//! A backup in the place of a store.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use ports::{BackendError, ErrorKind, Restored, Result, SchemaVersion};

use crate::{
    Contents, Found, SqlConnection,
    backup::{Unfinished, failed, sound, sync_folder},
    beside, found, refuse_replica,
    row::count_of,
};

const DOING: &str = "restore a backup";

/// What the name of the new store goes on with until it is in its place.
const STAGED: &str = ".restoring";

/// What the name of the store that was there goes on with.
const KEPT: &str = ".before-restore";

/// What an engine keeps beside a store.
const SIDECARS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Puts a copy of the backup `file` in the place of the store at `target`, which is kept beside it.
/// `open` opens a file for writing, without making or setting up anything.
///
/// The backup is checked before anything is touched. Whenever the process is killed, `target` is the
/// old store or the new one, whole; what was there is not lost in any case. (Where a file cannot have
/// two names, there is a moment in which `target` is missing and both are beside it.)
///
/// # Errors
///
/// - [`Busy`](ErrorKind::Busy) while another process, or a backend of this one, has the store open
/// - [`InvalidArgument`](ErrorKind::InvalidArgument) when there is no backup, when it is the store
///   itself, and for an embedded replica
/// - [`Corrupt`](ErrorKind::Corrupt) for a backup that is damaged, or has another key
/// - [`Schema`](ErrorKind::Schema) for one that a newer program, or another one, made
/// - [`Unsupported`](ErrorKind::Unsupported) for a store in memory
pub fn restore<C: SqlConnection>(
    target: &Path,
    file: &Path,
    open: impl Fn(&Path) -> Result<C>,
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
    let same = fs::canonicalize(file).and_then(|file| Ok(file == fs::canonicalize(target)?));
    if same.is_ok_and(|same| same) {
        return Err(refused("it is the store itself: name a backup of it"));
    }
    if target.is_dir() {
        return Err(refused("the store would be a folder: name a file in it"));
    }
    Ok(())
}

/// Copies the backup to where the store will be, and checks the copy: the backup is not written to.
fn stage<C: SqlConnection>(
    staged: &Unfinished,
    file: &Path,
    like: &Path,
    open: &impl Fn(&Path) -> Result<C>,
) -> Result<Contents> {
    fs::copy(file, &staged.path).map_err(failed)?;
    staged.permit(like)?;
    for suffix in ["-wal", "-journal"] {
        let from = beside(file, suffix);
        if from.is_file() {
            fs::copy(from, beside(&staged.path, suffix)).map_err(failed)?;
        }
    }
    let mut connection = open(&staged.path)?;
    let contents = match found(&mut connection)? {
        Found::Ours(SchemaVersion(0)) => return Err(refused("it holds no graph: name a backup")),
        Found::Ours(_) => sound(&mut connection)?,
        Found::Predecessor(_) => of_predecessor(&mut connection)?,
    };
    // What stood in a log beside it moves into the file.
    control(&mut connection, "PRAGMA journal_mode = DELETE")?;
    drop(connection);
    let written = File::options().write(true).open(&staged.path);
    written
        .and_then(|written| written.sync_all())
        .map_err(failed)?;
    Ok(contents)
}

/// Counts what a predecessor's store has; the first that opens it upgrades it.
fn of_predecessor(connection: &mut dyn SqlConnection) -> Result<Contents> {
    let mut tables = Vec::new();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table'
               AND name IN ('nodes', 'memories', 'relationships')";
    connection.query(sql, &[], &mut |row| {
        tables.extend(row.text(0)?.map(str::to_owned));
        Ok(())
    })?;
    let mut contents = Contents::default();
    for table in &tables {
        let sql = format!("SELECT count(*) FROM {table}");
        connection.query(&sql, &[], &mut |row| {
            let count = count_of(row, 0)?;
            match table.as_str() {
                "relationships" => contents.relationships += count,
                _ => contents.memories += count,
            }
            Ok(())
        })?;
    }
    Ok(contents)
}

/// Puts the new store in the place of what is there, and returns where that is kept.
fn swap<C: SqlConnection>(
    staged: &Unfinished,
    target: &Path,
    open: &impl Fn(&Path) -> Result<C>,
) -> Result<Option<PathBuf>> {
    let is_there = target.exists();
    let kept = free_name(target)?;
    // A store that cannot be opened still has its log, which an engine that tries takes away; who
    // rescues the store needs it.
    let sidecars = Aside::copy(target, &kept)?;
    let lock = if is_there { alone(target, open)? } else { None };
    if lock.is_none() {
        sidecars.keep();
    } else {
        drop(sidecars);
    }
    // There nobody can rename a file that is open.
    let lock = lock.filter(|_| !cfg!(windows));
    if is_there {
        match fs::hard_link(target, &kept) {
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => return Err(failed(err)),
            // Some file systems have no second names.
            Err(_) => fs::rename(target, &kept).map_err(failed)?,
            Ok(()) => {}
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
    sync_folder(target)?;
    // Who opened the old file meanwhile and waits for the lock finds that it has moved: it is in a
    // journal mode in which the engine looks before it writes.
    drop(lock);
    Ok(is_there.then_some(kept))
}

/// Copies of what stands beside a store; they are removed unless they are kept.
struct Aside(Vec<PathBuf>);

impl Aside {
    fn copy(target: &Path, kept: &Path) -> Result<Self> {
        let mut copies = Self(Vec::new());
        for suffix in ["-wal", "-journal"] {
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
fn alone<C: SqlConnection>(target: &Path, open: &impl Fn(&Path) -> Result<C>) -> Result<Option<C>> {
    let locked = open(target).and_then(|mut connection| {
        control(&mut connection, "PRAGMA locking_mode = EXCLUSIVE")?;
        control(&mut connection, "PRAGMA journal_mode = DELETE")?;
        control(&mut connection, "BEGIN EXCLUSIVE")?;
        Ok(connection)
    });
    match locked {
        Ok(connection) => Ok(Some(connection)),
        Err(err) if err.kind() == ErrorKind::Corrupt => Ok(None),
        Err(err) if err.kind() == ErrorKind::Busy => Err(BackendError::new(ErrorKind::Busy, DOING)
            .because(
                "another process has the store open: end every program that uses it, also MCP \
                 servers, and try again; nothing was changed",
            )),
        Err(err) => Err(err),
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
