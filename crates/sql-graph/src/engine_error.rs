use ports::ErrorKind;

/// What SQLite says, with a code for errors of any kind, when the head of a file is none that it
/// wrote.
const UNKNOWN_FORMAT: &str = "unsupported file format";

/// Returns the kind and the words for a result code of SQLite
/// (<https://sqlite.org/rescode.html>), extended or not, and what SQLite said with it; nothing for
/// one that says nothing about what to do.
pub fn engine_error(code: i32, said: Option<&str>) -> Option<(ErrorKind, &'static str)> {
    Some(match code & 0xff {
        // SQLITE_ERROR
        1 if said == Some(UNKNOWN_FORMAT) => (
            ErrorKind::Corrupt,
            "the head of the file is damaged, or a newer SQLite wrote it: restore a backup; nothing \
             was changed",
        ),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_errors_of_any_kind_that_of_an_unknown_format_alone_says_what_to_do() {
        let kind = |said| engine_error(1, said).map(|(kind, _)| kind);
        assert_eq!(kind(Some(UNKNOWN_FORMAT)), Some(ErrorKind::Corrupt));
        assert_eq!(kind(Some("no such table: memories")), None);
        assert_eq!(kind(None), None);
    }
}
