//! Opening a graph in each of the modes.

use std::{
    fmt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use lanes::{LaneOptions, Lanes, Transaction};
use libsql::OpenFlags;
use ports::{BackendError, ErrorKind, Health, Result, Schema, SyncStatus};
use sql_graph::{Found, SqlConnection, StatementLog, settings};
use tokio::time::timeout;

use crate::{
    Mode, TursoOptions,
    connection::Connection,
    copy::{ASIDE, LocalCopy, Trust, has_synced, name},
    engine::{Engine, open_here},
    network::Network,
    primary::Primary,
    sync::{SHORT_WAIT, SyncService},
    writer::PrimaryWriter,
};

const DOING: &str = "open the graph";

/// A graph that is open.
pub(crate) struct Open {
    pub(crate) mode: Mode,
    pub(crate) location: Location,
    pub(crate) lanes: Lanes<Connection>,
    pub(crate) sync: Option<Arc<SyncService>>,
    /// Kept while there is something to serve; the lanes hold it as well.
    pub(crate) network: Option<Arc<Network>>,
}

/// Where a graph is, in words for a person.
#[derive(Clone, Debug)]
pub(crate) struct Location(Arc<str>);

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Open {
    /// Opens what `options` name. Blocks.
    pub(crate) fn new(options: &TursoOptions, statements: &StatementLog) -> Result<Self> {
        let mode = options.mode()?;
        let location = location(options, mode);
        let opened = match mode {
            Mode::Local => local(options, statements),
            Mode::Replica => replica(options, statements),
            Mode::Remote => {
                Network::start().and_then(|network| remote(options, statements, Arc::new(network)))
            }
        };
        let (lanes, sync, network, mode) = opened.map_err(|err| settings::about(err, &location))?;
        tracing::debug!(%location, %mode, "opened");
        Ok(Self {
            mode,
            location,
            lanes,
            sync,
            network,
        })
    }
}

/// What opening gives: the lanes, the task that keeps a copy, the threads of the network, and the
/// mode that is in force.
type Opened = (
    Lanes<Connection>,
    Option<Arc<SyncService>>,
    Option<Arc<Network>>,
    Mode,
);

fn local(options: &TursoOptions, statements: &StatementLog) -> Result<Opened> {
    let path = &options.db_path;
    let in_memory = path == Path::new(":memory:");
    let name = if in_memory {
        // Connections of one backend share it under this name.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        format!("file:/memorygraph-turso-{number}?vfs=memdb")
    } else {
        sql_graph::prepare_file(path)?;
        sql_graph::refuse_replica(path)?;
        name(path)?.to_owned()
    };
    let explain = |err| {
        if in_memory {
            err
        } else {
            sql_graph::explain_read_only(err, path)
        }
    };
    let writer = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut engine = open_here(&name, flags, statements.clone())?;
        set_up_writer(&mut engine, in_memory).map_err(explain)?;
        Ok(Connection::new(engine, None))
    };
    let reader = || {
        let flags = if in_memory {
            OpenFlags::SQLITE_OPEN_READ_WRITE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        reader(&name, flags, statements).map_err(explain)
    };
    Ok((
        Lanes::open(lane_options(options), writer, reader)?,
        None,
        None,
        Mode::Local,
    ))
}

fn set_up_writer(engine: &mut Engine, in_memory: bool) -> Result<()> {
    set_up(engine)?;
    // Before anything is written, also a journal mode: the file may be somebody else's.
    let found = sql_graph::found(engine)?;
    engine.wait_for_others(Duration::ZERO)?;
    let attempt = try_to_write(engine);
    engine.wait_for_others(settings::BUSY)?;
    attempt?;
    // A predecessor's stays as it is until it is upgraded.
    if matches!(found, Found::Ours(_)) {
        begin_log(engine, in_memory)?;
    }
    settings::WRITING
        .iter()
        .try_for_each(|setting| engine.control(setting))
}

/// The engine opens for reading what it may not write, and says so at the first attempt.
fn try_to_write(engine: &mut Engine) -> Result<()> {
    match engine.control("BEGIN IMMEDIATE") {
        // One that may only read asks for no lock that another process could hold.
        Err(err) if err.kind() == ErrorKind::Busy => return Ok(()),
        begun => begun?,
    }
    let attempt = engine.control("CREATE TABLE may_be_written (x)");
    engine.control("ROLLBACK")?;
    attempt
}

/// Gives the file its write-ahead log, unless it has it.
pub(crate) fn begin_log(engine: &mut Engine, in_memory: bool) -> Result<()> {
    let mut mode = String::new();
    settings::patiently(|| {
        engine.query("PRAGMA journal_mode = WAL", &[], &mut |row| {
            row.text(0)?.unwrap_or_default().clone_into(&mut mode);
            Ok(())
        })
    })?;
    if mode != "wal" && !in_memory {
        return Err(settings::no_write_ahead_log(&mode));
    }
    Ok(())
}

/// Makes the newest schema, where the store does not have it, here or at the primary.
pub(crate) fn make_schema(connection: &mut Connection, path: &Path) -> Result<Schema> {
    if connection.writer.is_none() {
        return initialize_or_upgrade(connection, path);
    }
    let engine = &mut connection.engine;
    let is_newest = sql_graph::schema_version(engine)? == sql_graph::NEWEST;
    if is_newest && !sql_graph::has_new_texts(engine)? {
        return Ok(Schema {
            version: sql_graph::NEWEST,
            upgraded: None,
        });
    }
    connection.interact(|engine| sql_graph::initialize_schema(engine))
}

/// Makes a store of ours of what is in a local file or in memory, in a transaction of its own; a
/// predecessor's is copied before, where it is in a file.
fn initialize_or_upgrade(connection: &mut Connection, path: &Path) -> Result<Schema> {
    let keep = || {
        if path == Path::new(":memory:") {
            return Ok(None);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let mut reader = open_here(name(path)?, flags, StatementLog::default())?;
        reader.wait_for_others(settings::BUSY)?;
        sql_graph::keep_aside(&mut reader, path).map(Some)
    };
    connection.begin()?;
    sql_graph::initialize_or_upgrade(connection, keep, Transaction::commit)
}

fn set_up(engine: &mut Engine) -> Result<()> {
    engine.wait_for_others(settings::BUSY)?;
    settings::EVERY
        .iter()
        .try_for_each(|setting| engine.control(setting))
}

fn reader(name: &str, flags: OpenFlags, statements: &StatementLog) -> Result<Connection> {
    let mut engine = open_here(name, flags, statements.clone())?;
    set_up(&mut engine)?;
    engine.control("PRAGMA query_only = ON")?;
    Ok(Connection::new(engine, None))
}

fn replica(options: &TursoOptions, statements: &StatementLog) -> Result<Opened> {
    let path = &options.db_path;
    if path == Path::new(":memory:") {
        return Err(
            BackendError::new(ErrorKind::InvalidArgument, DOING).because(
                "a replica needs a file: set MEMORY_TURSO_PATH, or MEMORY_TURSO_MODE=remote",
            ),
        );
    }
    let network = Arc::new(Network::start()?);
    let runtime = network.handle();
    if !path.exists() {
        // Before anything is made for it, also a folder.
        let greeting = async { Primary::new(options).await?.greet().await };
        runtime.block_on(greeting).map_err(needs_primary)?;
    }
    sql_graph::prepare_file(path)?;
    let Some(mut copy) = runtime.block_on(LocalCopy::open(options))? else {
        return stand_in(options, statements, network);
    };
    let has_synced = copy.has_synced();
    let mut first = None;
    if !has_synced {
        let since = Instant::now();
        match runtime.block_on(copy.pull(Trust::Ask)) {
            Ok(pulled) => first = Some((pulled, since.elapsed())),
            Err(err) => {
                copy.discard();
                return Err(needs_primary(err));
            }
        }
    }
    let sync = Arc::new(SyncService::start(runtime, options, copy, first));
    if has_synced && options.auto_sync {
        // A failure is in the status. A primary that is slow, or silent, is not waited for.
        drop(runtime.block_on(async { timeout(SHORT_WAIT, sync.sync(Trust::Ask)).await }));
    }
    let (lanes, network) = copy_lanes(options, statements, network, Some(Arc::clone(&sync)))?;
    Ok((lanes, Some(sync), Some(network), Mode::Replica))
}

fn needs_primary(err: BackendError) -> BackendError {
    let words = err.detail().unwrap_or_default().to_owned();
    err.because(format!(
        "{words}; a new replica needs its primary once: nothing was kept"
    ))
}

/// Opens lanes that read from the copy and write to the primary.
fn copy_lanes(
    options: &TursoOptions,
    statements: &StatementLog,
    network: Arc<Network>,
    sync: Option<Arc<SyncService>>,
) -> Result<(Lanes<Connection>, Arc<Network>)> {
    let name = name(&options.db_path)?;
    let read_only = || reader(name, OpenFlags::SQLITE_OPEN_READ_ONLY, statements);
    let primary = network.handle().block_on(Primary::new(options))?;
    let writer = || {
        let mut connection = read_only()?;
        sql_graph::schema_version(&mut connection.engine)?;
        if sync.is_none() {
            // What this process does not keep up to date is nothing to compute a write from.
            connection.engine = primary.engine(&network, statements.clone())?;
        }
        let network = Arc::clone(&network);
        let writer = PrimaryWriter::new(primary, network, statements.clone(), sync);
        connection.writer = Some(writer);
        Ok::<_, BackendError>(connection)
    };
    let lanes = Lanes::open(lane_options(options), writer, read_only)?;
    Ok((lanes, network))
}

/// Opens a replica that another process keeps up to date, which two would damage: the primary answers
/// for everything, and while it is silent the copy is read as it is.
fn stand_in(
    options: &TursoOptions,
    statements: &StatementLog,
    network: Arc<Network>,
) -> Result<Opened> {
    let opened = remote(options, statements, Arc::clone(&network));
    match &opened {
        Err(err) if err.kind() == ErrorKind::Unreachable && has_synced(&options.db_path) => {
            let (lanes, network) = copy_lanes(options, statements, network, None)?;
            Ok((lanes, None, Some(network), Mode::Replica))
        }
        _ => opened,
    }
}

/// Says that another process keeps the replica, and what is done instead.
pub(crate) fn in_use(path: &Path, mode: Mode) -> String {
    let instead = match mode {
        Mode::Remote => "the primary answers here for everything",
        _ => "its copy is read here as it is, since the primary cannot be reached",
    };
    format!(
        "another process keeps the replica {} up to date: {instead}; with a MEMORY_TURSO_PATH of its \
         own this one syncs too",
        path.display()
    )
}

fn remote(
    options: &TursoOptions,
    statements: &StatementLog,
    network: Arc<Network>,
) -> Result<Opened> {
    let runtime = network.handle();
    let mut primary = runtime.block_on(Primary::new(options))?;
    runtime.block_on(primary.greet())?;
    let readers = runtime.block_on(Primary::new(options))?;
    let writer = || {
        let mut engine = primary.engine(&network, statements.clone())?;
        sql_graph::schema_version(&mut engine)?;
        let writer = PrimaryWriter::new(primary, Arc::clone(&network), statements.clone(), None);
        Ok::<_, BackendError>(Connection::new(engine, Some(writer)))
    };
    let lanes = Lanes::open(lane_options(options), writer, || {
        let engine = readers.engine(&network, statements.clone())?;
        Ok(Connection::new(engine, None))
    })?;
    Ok((lanes, None, Some(network), Mode::Remote))
}

fn lane_options(options: &TursoOptions) -> LaneOptions {
    LaneOptions {
        name: "turso",
        readers: options.readers,
        ..LaneOptions::default()
    }
}

fn location(options: &TursoOptions, mode: Mode) -> Location {
    let path = options.db_path.display();
    let url = options.sync_url.as_deref().unwrap_or_default();
    let words = match mode {
        Mode::Local => path.to_string(),
        Mode::Replica => format!("{path} (replica of {url})"),
        Mode::Remote => format!("{url} (remote)"),
    };
    Location(words.into())
}

/// Says where earlier states of a replica are kept, if there are any.
fn kept_aside(path: &Path) -> Option<String> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let name = path.file_name()?.to_string_lossy();
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let names = entries.flatten().map(|entry| entry.file_name());
    let mut kept: Vec<String> = names
        .map(|found| found.to_string_lossy().into_owned())
        .filter(|found| found.starts_with(&*name) && found.ends_with(ASIDE))
        .collect();
    kept.sort();
    (!kept.is_empty()).then(|| {
        format!(
            "what this replica had before its primary turned out to be another one is kept beside it \
             ({}): bring back what you need with `memorygraph migrate`, then remove it",
            kept.join(", ")
        )
    })
}

/// Looks at a graph. Trouble becomes a warning, also a primary that is silent.
pub(crate) fn health(
    connection: &mut Connection,
    options: &TursoOptions,
    location: &Location,
    mode: Mode,
    sync: Option<SyncStatus>,
) -> Health {
    let mut warnings = Vec::new();
    let mut look = |found: Result<()>| {
        if let Err(err) = found {
            warnings.push(err.to_string());
        }
    };
    let mut schema_version = ports::SchemaVersion(0);
    let mut contents = sql_graph::Contents::default();
    let mut engine = String::new();
    let mut damage = None;
    look(sql_graph::schema_version(connection).map(|found| schema_version = found));
    look(sql_graph::contents(connection).map(|found| contents = found));
    look(
        connection.query("SELECT sqlite_version()", &[], &mut |row| {
            engine = format!("libSQL, SQLite {}", row.text(0)?.unwrap_or_default());
            Ok(())
        }),
    );
    if mode != Mode::Remote {
        look(sql_graph::damage(connection).map(|found| damage = found));
    }
    let mut size_bytes = sql_graph::file_size(&options.db_path).filter(|_| mode != Mode::Remote);
    if mode == Mode::Remote {
        let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        look(connection.query(sql, &[], &mut |row| {
            size_bytes = row.integer(0)?.and_then(|size| u64::try_from(size).ok());
            Ok(())
        }));
    }
    let mend = match mode {
        Mode::Replica => {
            "remove it with the files beside it and open it anew: the primary has everything"
        }
        _ => "stop every program that uses it and restore a backup",
    };
    if let Some(damage) = damage {
        warnings.push(format!("the file is damaged ({damage}): {mend}"));
    }
    warnings.extend(kept_aside(&options.db_path).filter(|_| sync.is_some()));
    if let Some(sync) = &sync {
        if let Some(err) = &sync.last_error {
            warnings.push(format!("the last sync failed: {}", err.message));
        }
        warnings.extend(sync.notices.iter().cloned());
    }
    Health {
        backend: "turso",
        location: location.to_string(),
        engine,
        schema_version,
        memories: contents.memories,
        relationships: contents.relationships,
        size_bytes,
        sync,
        warnings,
    }
}
