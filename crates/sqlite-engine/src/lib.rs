//! The real `SQLite`, able to live beside `libSQL` in one process.
//!
//! Both are C engines with the same symbols, so a program cannot link them as they come. Here `SQLite` is compiled with
//! private symbols, and [`rusqlite`] reaches it through a table of functions, which [`init`] fills. Connections opened
//! by this crate are ready; whoever opens one through `rusqlite` itself calls [`init`] before, or `rusqlite` panics.
//!
//! The two engines share nothing, not even their knowledge of locks. **A process must not open one file with both at
//! the same time:** on Unix, the one that closes it first drops the locks of the other.
//!
//! Files can be encrypted at rest, see [`open_encrypted`].

mod encryption;

use std::path::Path;
use std::sync::Once;

pub use rusqlite;
use rusqlite::{Connection, OpenFlags, Result, ffi};

pub use crate::encryption::open_encrypted;

#[expect(unsafe_code, reason = "the table of functions lives in C")]
// SAFETY: `engine.c` defines this function with this signature, and it may be called at any time.
unsafe extern "C" {
    safe fn memorygraph_sqlite_api() -> *const ffi::sqlite3_api_routines;
}

/// Connects [`rusqlite`] with this `SQLite`. Cheap after the first time, from any thread.
pub fn init() {
    static INIT: Once = Once::new();

    INIT.call_once(|| {
        #[expect(
            unsafe_code,
            reason = "rusqlite reads SQLite's functions from a raw table"
        )]
        // SAFETY: The table belongs to the SQLite that is linked into this program: it is complete, constant and never
        // freed. `rusqlite` only reads it, and refuses a version older than its bindings, which might lack functions.
        let connected =
            unsafe { ffi::rusqlite_extension_init2(memorygraph_sqlite_api().cast_mut()) };
        connected.expect("this SQLite is not older than the bindings of rusqlite");
    });
}

/// Returns the version of this `SQLite`, such as `"3.54.0"`.
pub fn version() -> &'static str {
    init();
    rusqlite::version()
}

/// Opens a file as it is. Whether it is a database, and not an encrypted one, shows at the first statement.
///
/// # Errors
///
/// - [`CannotOpen`](rusqlite::ErrorCode::CannotOpen) when the file is not there and `flags` do not create it, or it is
///   a directory, or may not be read
pub fn open(path: impl AsRef<Path>, flags: OpenFlags) -> Result<Connection> {
    init();
    Connection::open_with_flags(path, flags)
}

/// Opens a new database in memory, which ends with its connection.
pub fn open_in_memory() -> Result<Connection> {
    init();
    Connection::open_in_memory()
}
