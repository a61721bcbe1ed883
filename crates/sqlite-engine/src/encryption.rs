use std::fmt::Write as _;
use std::path::Path;

use rusqlite::{Connection, Error, OpenFlags, Result, ffi};

/// Opens a file that is encrypted with `key`, or creates it where `flags` say so.
///
/// The key goes through a slow derivation once for each connection. Everything on disk is encrypted, the write-ahead
/// log and the rollback journal too; temporary tables stay in memory. The cipher is `chacha20`: `ChaCha20` with a
/// Poly1305 tag on each page, so a changed page is found. A key `raw:` with 64 hexadecimal digits is the cipher's key
/// itself and is used without derivation.
///
/// No error carries the key.
///
/// # Errors
///
/// - [`NotADatabase`](rusqlite::ErrorCode::NotADatabase) when the file is encrypted with another key, or not at all
/// - [`ApiMisuse`](rusqlite::ErrorCode::ApiMisuse) when `key` is empty or has a NUL in it
/// - [`Unknown`](rusqlite::ErrorCode::Unknown) when the database is in memory, where nothing is at rest
/// - and those of [`open`](crate::open)
pub fn open_encrypted(path: impl AsRef<Path>, flags: OpenFlags, key: &str) -> Result<Connection> {
    // Without a key nothing is encrypted, and the derivation takes "key\0" for "key".
    if key.is_empty() || key.contains('\0') {
        return Err(Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_MISUSE),
            Some("the encryption key is empty or has a NUL in it".to_owned()),
        ));
    }
    let connection = crate::open(path, flags)?;
    set_key(&connection, key)?;
    // The key is used at the first read, so one that does not fit shows here and not somewhere later.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

fn set_key(connection: &Connection, key: &str) -> Result<()> {
    // Hexadecimal digits need no quoting, whatever the key is made of.
    let mut pragma = String::from("PRAGMA hexkey = '");
    for byte in key.bytes() {
        write!(pragma, "{byte:02x}").expect("a String takes all that is written");
    }
    pragma.push('\'');

    connection
        .query_row(&pragma, [], |_| Ok(()))
        .map_err(|error| match error {
            // It has the statement in it, and with it the key.
            Error::SqlInputError { error, msg, .. } => Error::SqliteFailure(error, Some(msg)),
            other => other,
        })
}
