use std::{
    fmt,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use lanes::{LaneOptions, Lanes};
use ports::{BackendError, ErrorKind, Health, Result};
use sql_graph::{Found, Kept, StatementLog, settings};
use sqlite_engine::rusqlite::{self, OpenFlags, config::DbConfig};

use crate::{SqliteBackend, connection::Connection, error::sqlite};

const DOING: &str = "open the graph";

/// A connection that closes last leaves the write-ahead log as it is.
pub(crate) const LEAVE_LOG: DbConfig = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;

/// How to open a file.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The file; `:memory:` for a graph that ends with the backend.
    pub path: PathBuf,
    /// Encrypts the file at rest. A file is made with its key or without one, for good.
    pub key: Option<Key>,
    /// How many reads run at the same time.
    pub readers: NonZeroUsize,
    /// The most bytes that the file may take, rounded to pages; a write beyond fails as on a full
    /// disk.
    pub max_bytes: Option<u64>,
}

impl SqliteOptions {
    /// Opens `path` without a key, with 4 readers.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            key: None,
            readers: LaneOptions::default().readers,
            max_bytes: None,
        }
    }
}

/// A key that encrypts a file. It shows up in no message.
#[derive(Clone)]
pub struct Key(pub(crate) String);

impl Key {
    /// Takes a passphrase, or `raw:` and 64 hexadecimal digits.
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Where a graph is.
#[derive(Clone, Debug)]
pub(crate) enum Location {
    File(PathBuf),
    /// In memory, shared by the connections of one backend under this name.
    Memory(Arc<str>),
}

impl Location {
    fn of(path: &Path) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        if path == Path::new(":memory:") {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            Self::Memory(format!("file:/memorygraph-{number}?vfs=memdb").into())
        } else {
            Self::File(path.to_owned())
        }
    }

    pub(crate) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }
}

impl SqliteBackend {
    /// Opens the graph in the file at `path`; makes the file, and the folders above it, where they
    /// are missing.
    ///
    /// Blocks: call it at startup.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) for a folder, or an embedded replica of
    ///   libSQL, which a write by SQLite would corrupt
    /// - [`Schema`](ErrorKind::Schema) for a file that a newer program, or another one, made
    /// - [`Corrupt`](ErrorKind::Corrupt) for a file that is no database, or has another key
    /// - [`Unauthorized`](ErrorKind::Unauthorized) when file or folder may not be written
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(&SqliteOptions::new(path.as_ref()))
    }

    /// Opens a graph as `options` say.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub fn open_with(options: &SqliteOptions) -> Result<Self> {
        let location = Location::of(&options.path);
        let statements = StatementLog::default();
        let lane_options = LaneOptions {
            name: "sqlite",
            readers: options.readers,
            ..LaneOptions::default()
        };
        let open = |role| {
            connect(&location, options, role, statements.clone())
                .map_err(|err| settings::about(err, &location))
        };
        let lanes = Lanes::open(lane_options, || open(Role::Writer), || open(Role::Reader))?;
        tracing::debug!(location = %location, engine = sqlite_engine::version(), "opened");
        Ok(Self {
            lanes,
            location,
            key: options.key.clone(),
            is_ready: AtomicBool::new(false),
            allowance: Arc::default(),
            statements,
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Writer,
    Reader,
}

fn connect(
    location: &Location,
    options: &SqliteOptions,
    role: Role,
    statements: StatementLog,
) -> Result<Connection> {
    let access = match role {
        Role::Writer => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        Role::Reader => OpenFlags::SQLITE_OPEN_READ_ONLY,
    };
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = match location {
        Location::Memory(name) => {
            if options.key.is_some() {
                return Err(invalid("a graph in memory takes no key"));
            }
            // Connections of one in-memory database wait for each other, so readers write too.
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            sqlite_engine::open(name.as_ref(), flags)
        }
        Location::File(path) => {
            if role == Role::Writer {
                check_key(options.key.as_ref())?;
                sql_graph::prepare_file(path)?;
                sql_graph::refuse_replica(path)?;
            }
            match &options.key {
                Some(Key(key)) => sqlite_engine::open_encrypted(path, flags, key),
                None => sqlite_engine::open(path, flags),
            }
        }
    };
    let mut connection = Connection::new(opened.map_err(sqlite)?, statements).map_err(sqlite)?;
    set_up(&mut connection, role, location, options).map_err(|err| match location {
        Location::File(path) => sql_graph::explain_read_only(err, path),
        Location::Memory(_) => err,
    })?;
    Ok(connection)
}

fn set_up(
    connection: &mut Connection,
    role: Role,
    location: &Location,
    options: &SqliteOptions,
) -> Result<()> {
    connection
        .sqlite
        .busy_handler(Some(settings::waiting()))
        .map_err(sqlite)?;
    connection
        .sqlite
        .set_prepared_statement_cache_capacity(settings::PREPARED);
    if role == Role::Writer {
        // The engine opens for reading what it may not write.
        if connection.sqlite.is_readonly("main").map_err(sqlite)? {
            return Err(BackendError::new(ErrorKind::Unauthorized, DOING));
        }
        // Before anything is written, also a journal mode: the file may be somebody else's. Closing
        // it would move what its program left in the log.
        let log = std::fs::metadata(sql_graph::beside(&options.path, "-wal"));
        let has_log = log.is_ok_and(|log| log.len() > 0);
        let leave = connection.sqlite.set_db_config(LEAVE_LOG, has_log);
        leave.map_err(sqlite)?;
        let found = sql_graph::found(connection)?;
        let take = connection.sqlite.set_db_config(LEAVE_LOG, false);
        take.map_err(sqlite)?;
        // A predecessor's stays as it is until it is upgraded.
        if matches!(found, Found::Ours(_)) {
            begin_log(connection, location)?;
        }
        for setting in settings::WRITING {
            connection.set(setting)?;
        }
        if let Some(max_bytes) = options.max_bytes {
            limit_size(&connection.sqlite, max_bytes)?;
        }
    }
    settings::EVERY
        .iter()
        .try_for_each(|setting| connection.set(setting))
}

/// Gives the file its write-ahead log, unless it has it.
pub(crate) fn begin_log(connection: &mut Connection, location: &Location) -> Result<()> {
    if connection.has_log {
        return Ok(());
    }
    let sql = "PRAGMA journal_mode = WAL";
    let mode: String = settings::patiently(|| {
        let row = connection.sqlite.query_row(sql, [], |row| row.get(0));
        row.map_err(sqlite)
    })?;
    if mode != "wal" && location.is_file() {
        return Err(settings::no_write_ahead_log(&mode));
    }
    connection.has_log = true;
    Ok(())
}

/// Copies a predecessor's file into one beside it; a graph in memory is not copied.
pub(crate) fn keep_aside(location: &Location, key: Option<&Key>) -> Result<Option<Kept>> {
    let Location::File(path) = location else {
        return Ok(None);
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = match key {
        Some(Key(key)) => sqlite_engine::open_encrypted(path, flags, key),
        None => sqlite_engine::open(path, flags),
    };
    let mut reader =
        Connection::new(opened.map_err(sqlite)?, StatementLog::default()).map_err(sqlite)?;
    let wait = reader.sqlite.busy_handler(Some(settings::waiting()));
    wait.map_err(sqlite)?;
    sql_graph::keep_aside(&mut reader, path).map(Some)
}

fn limit_size(sqlite_connection: &rusqlite::Connection, max_bytes: u64) -> Result<()> {
    let page: i64 = sqlite_connection
        .query_row("PRAGMA page_size", [], |row| row.get(0))
        .map_err(sqlite)?;
    let pages = i64::try_from(max_bytes).unwrap_or(i64::MAX) / page;
    let limit = format!("PRAGMA max_page_count = {}", pages.max(1));
    sqlite_connection
        .query_row(&limit, [], |_| Ok(()))
        .map_err(sqlite)
}

/// Fails when a key encrypts nothing.
fn check_key(key: Option<&Key>) -> Result<()> {
    match key {
        Some(Key(key)) if key.is_empty() || key.contains('\0') => Err(invalid(
            "the key is empty or holds the NUL character: name another key, or none",
        )),
        _ => Ok(()),
    }
}

fn invalid(detail: &str) -> BackendError {
    BackendError::new(ErrorKind::InvalidArgument, DOING).because(detail)
}

/// Runs `job`, which waits for other processes for `patience` and no longer.
pub(crate) fn briefly<T>(
    connection: &mut Connection,
    patience: Duration,
    job: impl FnOnce(&mut Connection) -> Result<T>,
) -> Result<T> {
    connection.sqlite.busy_timeout(patience).map_err(sqlite)?;
    let done = job(connection);
    let wait = connection.sqlite.busy_handler(Some(settings::waiting()));
    wait.map_err(sqlite)?;
    done
}

/// Looks at a graph.
pub(crate) fn health(connection: &mut Connection, location: &Location) -> Result<Health> {
    let schema_version = sql_graph::schema_version(connection)?;
    let mut warnings = Vec::new();
    let mut contents = sql_graph::Contents::default();
    match sql_graph::contents(connection) {
        Ok(found) => contents = found,
        Err(err) => warnings.push(err.to_string()),
    }
    match sql_graph::damage(connection) {
        Ok(None) => {}
        Ok(Some(damage)) => warnings.push(format!(
            "the file is damaged ({damage}): stop every program that uses it and restore a backup"
        )),
        Err(err) => warnings.push(err.to_string()),
    }
    Ok(Health {
        backend: "sqlite",
        location: location.to_string(),
        engine: format!("SQLite {}", sqlite_engine::version()),
        schema_version,
        memories: contents.memories,
        relationships: contents.relationships,
        size_bytes: match location {
            Location::File(path) => sql_graph::file_size(path),
            Location::Memory(_) => None,
        },
        sync: None,
        warnings,
    })
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Memory(_) => f.write_str(":memory:"),
        }
    }
}
