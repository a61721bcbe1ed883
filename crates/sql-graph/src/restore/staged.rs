//! The backup, copied to where the store will be.

use std::{
    fs::{self, File},
    path::Path,
    time::SystemTime,
};

use ports::{BackendError, ErrorKind, Result, SchemaVersion};

use super::{Access, DOING, LOGS, control, is_in_use, refused, unread};
use crate::{
    Contents, Found, SqlConnection,
    backup::{Unfinished, failed, sound},
    beside, found,
    row::count_of,
};

/// How often a file that changes while it is copied is copied anew.
const COPIES: u32 = 3;

/// Copies the backup to where the store will be, and checks the copy: the backup is not written to.
pub(super) fn stage<C: SqlConnection>(
    staged: &Unfinished,
    file: &Path,
    like: &Path,
    open: &impl Fn(&Path, Access) -> Result<C>,
) -> Result<Contents> {
    if !is_taken_from_use(staged, file, open)? {
        copy_with_log(staged, file)?;
    }
    for path in LOGS.map(|suffix| beside(&staged.path, suffix)) {
        if path.exists() {
            permit(&path, like)?;
        }
    }
    permit(&staged.path, like)?;
    let mut connection = open(&staged.path, Access::Write)?;
    let contents = match found(&mut connection)? {
        Found::Ours(SchemaVersion(0)) => return Err(refused("it holds no graph: name a backup")),
        Found::Ours(_) => sound(
            &mut connection,
            "the backup is damaged, restore another one",
        )?,
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

/// Copies a backup that a program may have open, or was killed while it had, as the engine sees it:
/// copied byte by byte, it would be torn. Does nothing with one that nobody has open.
fn is_taken_from_use<C: SqlConnection>(
    staged: &Unfinished,
    file: &Path,
    open: &impl Fn(&Path, Access) -> Result<C>,
) -> Result<bool> {
    let name = staged.path.to_str().filter(|_| is_in_use(file));
    let Some(name) = name else {
        return Ok(false);
    };
    let copied = open(file, Access::Read).and_then(|mut connection| {
        found(&mut connection)?;
        connection.execute("VACUUM INTO ?1", &[name.into()])
    });
    match copied {
        Ok(_) => Ok(true),
        // It may not be written, nor may what would lie beside it: nobody has it open.
        Err(err) if err.kind() == ErrorKind::Unauthorized => Ok(false),
        Err(err) => Err(err),
    }
}

/// Copies a file and its log byte by byte; the parts fit together when none changed meanwhile.
fn copy_with_log(staged: &Unfinished, file: &Path) -> Result<()> {
    for _ in 0..COPIES {
        let before = stamps(file);
        fs::copy(file, &staged.path).map_err(unread)?;
        for suffix in LOGS {
            let (from, to) = (beside(file, suffix), beside(&staged.path, suffix));
            if from.is_file() {
                fs::copy(from, to).map_err(unread)?;
            } else if to.exists() {
                fs::remove_file(to).map_err(failed)?;
            }
        }
        if stamps(file) == before {
            return Ok(());
        }
    }
    Err(BackendError::new(ErrorKind::Busy, DOING).because(
        "it does not cease to change: end the programs that use it and try again, or restore a copy \
         that `memorygraph backup` makes of it; nothing was changed",
    ))
}

/// When a file and its log were changed last, and how long each is.
fn stamps(file: &Path) -> [Option<(u64, Option<SystemTime>)>; 3] {
    ["", "-wal", "-journal"].map(|suffix| {
        let found = fs::metadata(beside(file, suffix)).ok()?;
        Some((found.len(), found.modified().ok()))
    })
}

/// Lets those read and write a file who may do so with `like`, and its owner in any case.
fn permit(path: &Path, like: &Path) -> Result<()> {
    let set = fs::metadata(like).and_then(|like| {
        let mut permissions = like.permissions();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            permissions.set_mode(permissions.mode() | 0o600);
        }
        #[cfg(not(unix))]
        permissions.set_readonly(false);
        fs::set_permissions(path, permissions)
    });
    set.map_err(failed)
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
