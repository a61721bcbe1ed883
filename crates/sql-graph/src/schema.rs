use ports::{BackendError, ErrorKind, Result, Schema, SchemaVersion, Upgrade};

use crate::{
    SqlConnection, has_new_texts,
    predecessor::{Kept, Shape, Tables, recognise, refuse_others, upgrade},
    read_new_texts,
    row::text_of,
};

/// The steps from an empty store to the newest schema, each a script. A step is never changed once
/// a release has run it: a change is a new step.
pub(crate) const STEPS: [&str; 3] = [
    include_str!("schema/0001_graph.sql"),
    include_str!("schema/0002_batches.sql"),
    include_str!("schema/0003_past.sql"),
];

/// The newest version that this program knows.
#[expect(clippy::cast_possible_truncation, reason = "there are few steps")]
pub const NEWEST: SchemaVersion = SchemaVersion(STEPS.len() as u32);

/// Whose a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// One of ours, with this version of the schema; 0 for an empty store.
    Ours(SchemaVersion),
    /// A predecessor's, which [`initialize_or_upgrade`] makes one of ours.
    Predecessor(Shape),
}

/// Brings the store to the [`NEWEST`] version and returns it. Runs inside the caller's
/// transaction, so that a store has all of a step or nothing.
///
/// # Errors
///
/// - [`Schema`](ErrorKind::Schema) as for [`schema_version`]
pub fn initialize_schema(connection: &mut dyn SqlConnection) -> Result<Schema> {
    let found = schema_version(connection)?;
    make(connection, found)?;
    Ok(Schema {
        version: NEWEST,
        upgraded: None,
    })
}

/// As [`initialize_schema`], and makes a store of ours of a predecessor's. Before it changes one it
/// calls `keep`, which copies the store as it is. Ends the caller's transaction with `commit`.
///
/// A copy that was made for an upgrade that fails, also at the commit, is removed again.
///
/// # Errors
///
/// - [`Schema`](ErrorKind::Schema) as for [`found`], or when something in the store hangs on a
///   predecessor's tables and is not the predecessor's, before there is a copy
/// - as `keep` and `commit`
pub fn initialize_or_upgrade<C: SqlConnection>(
    connection: &mut C,
    keep: impl FnOnce() -> Result<Option<Kept>>,
    commit: impl FnOnce(&mut C) -> Result<()>,
) -> Result<Schema> {
    let upgraded = match found(connection)? {
        Found::Ours(version) => {
            make(connection, version)?;
            commit(connection)?;
            None
        }
        Found::Predecessor(shape) => {
            refuse_others(connection, shape)?;
            let kept = keep()?;
            match upgrade_and_commit(connection, shape, commit) {
                Ok(upgraded) => Some(Upgrade {
                    backup: kept.map(Kept::into_path),
                    ..upgraded
                }),
                Err(err) => {
                    // Whether a commit that fails has changed nothing, the store says.
                    drop(connection.execute_script("ROLLBACK"));
                    if let Some(kept) = kept
                        && matches!(found(connection), Ok(Found::Predecessor(_)))
                    {
                        kept.take_back();
                    }
                    return Err(err);
                }
            }
        }
    };
    Ok(Schema {
        version: NEWEST,
        upgraded,
    })
}

fn upgrade_and_commit<C: SqlConnection>(
    connection: &mut C,
    shape: Shape,
    commit: impl FnOnce(&mut C) -> Result<()>,
) -> Result<Upgrade> {
    let make = |connection: &mut dyn SqlConnection| make(connection, SchemaVersion(0));
    let upgraded = upgrade(connection, shape, make)?;
    commit(connection)?;
    Ok(upgraded)
}

/// Says whether [`initialize_or_upgrade`] would find nothing to do. Only reads.
///
/// # Errors
///
/// - [`Schema`](ErrorKind::Schema) as for [`found`]
pub fn is_ready(connection: &mut dyn SqlConnection) -> Result<bool> {
    Ok(found(connection)? == Found::Ours(NEWEST) && !has_new_texts(connection)?)
}

/// Runs the steps that follow a version.
fn make(connection: &mut dyn SqlConnection, version: SchemaVersion) -> Result<()> {
    for (step, script) in STEPS.iter().enumerate().skip(version.0 as usize) {
        let version = step + 1;
        connection.execute_script(script)?;
        connection.execute_script(&format!(
            "INSERT INTO schema_steps (version) VALUES ({version}); PRAGMA user_version = {version};"
        ))?;
    }
    read_new_texts(connection)
}

/// Says whose the store is.
///
/// # Errors
///
/// - [`Schema`](ErrorKind::Schema) when the store is newer than this program, or holds tables that
///   are neither this program's nor a predecessor's
pub fn found(connection: &mut dyn SqlConnection) -> Result<Found> {
    let mut version = None;
    let mut tables = Tables::new();
    // One statement, so that another process that upgrades the store is seen before or after it.
    connection.query(
        "SELECT v.user_version, s.name, c.name FROM pragma_user_version AS v
         LEFT JOIN sqlite_schema AS s
           ON v.user_version = 0 AND s.type = 'table' AND s.name IN ('nodes', 'relationships', 'memories')
         LEFT JOIN pragma_table_info(s.name) AS c ON s.name IS NOT NULL",
        &[],
        &mut |row| {
            version = row.integer(0)?;
            if let Some(table) = row.text(1)? {
                let columns = tables.entry(table.to_owned()).or_default();
                columns.push(text_of(row, 2)?.to_owned());
            }
            Ok(())
        },
    )?;
    match recognise(&tables).filter(|_| version == Some(0)) {
        Some(shape) => Ok(Found::Predecessor(shape)),
        None => schema_version(connection).map(Found::Ours),
    }
}

/// Returns the version of the store's schema; 0 for an empty store.
///
/// # Errors
///
/// - [`Schema`](ErrorKind::Schema) when the store is newer than this program, or holds tables that
///   are not this program's
pub fn schema_version(connection: &mut dyn SqlConnection) -> Result<SchemaVersion> {
    let mut version = 0;
    let mut table = None;
    // One statement, so that another process that makes the schema is seen before or after it.
    connection.query(
        "SELECT user_version, (SELECT name FROM sqlite_schema
           WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\')
         FROM pragma_user_version",
        &[],
        &mut |row| {
            version = row.integer(0)?.unwrap_or_default();
            table = row.text(1)?.map(str::to_owned);
            Ok(())
        },
    )?;
    let refused =
        |detail| Err(BackendError::new(ErrorKind::Schema, "open the graph").because(detail));
    match (u32::try_from(version).map(SchemaVersion), table) {
        (Ok(SchemaVersion(0)), Some(table)) => refused(format!(
            "the store holds the table {table:?} of another program: name another file, or take in \
             one of an earlier MemoryGraph with `memorygraph import`; nothing was changed"
        )),
        (Ok(version), _) if version <= NEWEST => Ok(version),
        _ => refused(format!(
            "the store has schema version {version}, and this program knows versions up to {}: use \
             a newer program; nothing was changed",
            NEWEST.0
        )),
    }
}
