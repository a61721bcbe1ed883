//! The predecessor's tables: put out of the way, and dropped at the end.

use ports::{ErrorKind, Result};

use super::{
    Shape,
    row::{quoted, refused},
};
use crate::{SqlConnection, row::text_of};

/// Stands before the names of the tables while they are read.
const BEFORE: &str = "predecessor_";

/// The tables that this program makes; another one may not have their names.
const OURS: &str =
    "'schema_steps', 'nodes', 'nodes_unread', 'node_tags', 'relationships', 'nodes_fts',
    'nodes_words', 'graph', 'batches', 'past_nodes', 'past_relationships', 'quarantine', 'traces'";

/// Returns the name that a table has while it is read.
pub(super) fn aside(table: &str) -> String {
    format!("{BEFORE}{table}")
}

/// Renames the predecessor's tables, on which nothing else [hangs](refuse_others), and drops their
/// indexes, triggers and full-text index.
pub(super) fn put_aside(connection: &mut dyn SqlConnection, shape: Shape) -> Result<()> {
    let mut drops = Vec::new();
    connection.query(
        &format!(
            "SELECT type, name FROM sqlite_schema
             WHERE type IN ('index', 'trigger') AND sql IS NOT NULL AND lower(tbl_name) IN ({})",
            names(shape)
        ),
        &[],
        &mut |row| {
            drops.push(format!(
                "DROP {} {}",
                text_of(row, 0)?,
                quoted(text_of(row, 1)?)
            ));
            Ok(())
        },
    )?;
    // It indexes columns that are not there, so nothing in it can be read.
    drops.push("DROP TABLE IF EXISTS nodes_fts".to_owned());
    for table in tables(shape) {
        drops.push(format!(
            "ALTER TABLE {table} RENAME TO {}",
            quoted(&aside(table))
        ));
    }
    drops
        .iter()
        .try_for_each(|statement| connection.execute_script(statement))
}

/// Drops the tables, whose rows are all accounted for.
pub(super) fn drop_all(connection: &mut dyn SqlConnection, shape: Shape) -> Result<()> {
    let relationships = quoted(&aside("relationships"));
    let mut has_names = false;
    connection.query(
        "SELECT 1 FROM pragma_table_info(?1) WHERE name = 'invalidated_by'",
        &[aside("relationships").into()],
        &mut |_| {
            has_names = true;
            Ok(())
        },
    )?;
    if has_names {
        // Dropping looks for those that name a row, once for each row.
        connection.execute_script(&format!(
            "CREATE INDEX predecessor_names ON {relationships} (invalidated_by)"
        ))?;
    }
    connection.execute_script(&format!("DROP TABLE {relationships}"))?;
    for table in shape.memory_tables() {
        connection.execute_script(&format!("DROP TABLE {}", quoted(&aside(table))))?;
    }
    Ok(())
}

fn tables(shape: Shape) -> impl Iterator<Item = &'static str> {
    shape
        .memory_tables()
        .iter()
        .copied()
        .chain(["relationships"])
}

fn names(shape: Shape) -> String {
    let names: Vec<String> = tables(shape).map(|table| format!("'{table}'")).collect();
    names.join(", ")
}

/// Fails when another table or a view would break, or is in the way.
///
/// # Errors
///
/// - [`Schema`](ErrorKind::Schema), with what it is
pub(crate) fn refuse_others(connection: &mut dyn SqlConnection, shape: Shape) -> Result<()> {
    let names = names(shape);
    let mut found = None;
    connection.query(
        &format!(
            "SELECT type, name FROM sqlite_schema AS s
             WHERE (type = 'view' OR type = 'table' AND lower(name) NOT IN ({names})
                 AND lower(name) <> 'nodes_fts' AND lower(name) NOT LIKE 'nodes\\_fts\\_%' ESCAPE '\\'
                 AND lower(name) NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                 AND (lower(name) IN ({OURS}) OR lower(name) LIKE 'predecessor\\_%' ESCAPE '\\'
                   OR EXISTS (SELECT 1 FROM pragma_foreign_key_list(s.name) AS f
                     WHERE lower(f.\"table\") IN ({names}))))
               OR type = 'trigger' AND lower(tbl_name) NOT IN ({names})
             LIMIT 1"
        ),
        &[],
        &mut |row| {
            found = Some((text_of(row, 0)?.to_owned(), text_of(row, 1)?.to_owned()));
            Ok(())
        },
    )?;
    match found {
        None => Ok(()),
        Some((kind, name)) => Err(refused(
            ErrorKind::Schema,
            format!(
                "the store is one of {}, and the {kind} {name:?} in it is another program's, which the \
                 upgrade would break: drop or rename it in a copy of the file, and open that; nothing \
                 was changed",
                shape.name()
            ),
        )),
    }
}
