use ports::{BackendError, ErrorKind, Result, Schema, SchemaVersion};

use crate::{SqlConnection, read_new_texts};

/// The steps from an empty store to the newest schema, each a script. A step is never changed once
/// a release has run it: a change is a new step.
const STEPS: [&str; 3] = [
    include_str!("schema/0001_graph.sql"),
    include_str!("schema/0002_batches.sql"),
    include_str!("schema/0003_past.sql"),
];

/// The newest version that this program knows.
#[expect(clippy::cast_possible_truncation, reason = "there are few steps")]
pub const NEWEST: SchemaVersion = SchemaVersion(STEPS.len() as u32);

/// Brings the store to the [`NEWEST`] version and returns it. Runs inside the caller's
/// transaction, so that a store has all of a step or nothing.
///
/// # Errors
///
/// - [`Schema`](ErrorKind::Schema) as for [`schema_version`]
pub fn initialize_schema(connection: &mut dyn SqlConnection) -> Result<Schema> {
    let found = schema_version(connection)?;
    for (step, script) in STEPS.iter().enumerate().skip(found.0 as usize) {
        let version = step + 1;
        connection.execute_script(script)?;
        connection.execute_script(&format!(
            "INSERT INTO schema_steps (version) VALUES ({version}); PRAGMA user_version = {version};"
        ))?;
    }
    read_new_texts(connection)?;
    Ok(Schema {
        version: NEWEST,
        upgraded: None,
    })
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
            "the store holds the table {table:?} of another program: name another file; nothing \
             was changed"
        )),
        (Ok(version), _) if version <= NEWEST => Ok(version),
        _ => refused(format!(
            "the store has schema version {version}, and this program knows versions up to {}: use \
             a newer program; nothing was changed",
            NEWEST.0
        )),
    }
}
