use ports::ErrorKind;

/// Returns the kind and the words for a result code of SQLite
/// (<https://sqlite.org/rescode.html>), extended or not; nothing for one that says nothing about
/// what to do.
pub fn engine_error(code: i32) -> Option<(ErrorKind, &'static str)> {
    Some(match code & 0xff {
        // SQLITE_BUSY, SQLITE_LOCKED
        5 | 6 => (
            ErrorKind::Busy,
            "another process kept the file locked for 30 seconds: try again, or end that process",
        ),
        // SQLITE_CORRUPT
        11 => (
            ErrorKind::Corrupt,
            "the file is damaged: stop every program that uses it and restore a backup",
        ),
        // SQLITE_NOTADB
        26 => (
            ErrorKind::Corrupt,
            "the file is no SQLite database, or is encrypted with another key; nothing was changed",
        ),
        // SQLITE_CONSTRAINT
        19 => (
            ErrorKind::InvalidArgument,
            "what was to be written breaks a rule of the tables; nothing was changed",
        ),
        // SQLITE_FULL
        13 => (
            ErrorKind::Backend,
            "the disk is full: make room and try again; nothing was changed",
        ),
        // SQLITE_READONLY, SQLITE_PERM, SQLITE_AUTH
        8 | 3 | 23 => (
            ErrorKind::Unauthorized,
            "the file or its folder may not be written: change its permissions",
        ),
        // SQLITE_CANTOPEN
        14 => (
            ErrorKind::Unauthorized,
            "the file cannot be opened: look at the permissions of it and its folder",
        ),
        // SQLITE_IOERR
        10 => (
            ErrorKind::Backend,
            "reading or writing the file failed: look at the disk; nothing was changed",
        ),
        _ => return None,
    })
}
