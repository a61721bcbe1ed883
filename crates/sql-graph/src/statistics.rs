//! Counts.

use std::fmt::Display;

use domain::parse_time;
use ports::{BackendError, ErrorKind, Result, SqlValue, Statistics};

use crate::{
    SqlConnection,
    connection::one_state,
    inspect::is_malformed_json,
    row::{self, count_of, text_of},
    schema_version,
};

/// Looks for damage, and returns the first that the engine finds, in its words.
///
/// # Errors
///
/// - [`Corrupt`](ErrorKind::Corrupt) when the engine gives up on a row whose JSON is broken
pub fn damage(connection: &mut dyn SqlConnection) -> Result<Option<String>> {
    one_state(connection, |connection| {
        if schema_version(connection)?.0 > 0 {
            // A check by itself compares the index with the structure that this connection has read
            // before, also when another one has written since. A search looks for a newer one.
            let sql = "SELECT count(*) FROM nodes_fts AS f WHERE f.nodes_fts MATCH '\"a\"'";
            connection.query(sql, &[], &mut |_| Ok(()))?;
        }
        let mut damage = None;
        let checked = connection.query("PRAGMA quick_check (1)", &[], &mut |row| {
            damage = row
                .text(0)?
                .filter(|found| *found != "ok")
                .map(str::to_owned);
            Ok(())
        });
        match checked {
            Err(err) if is_malformed_json(&err) => {
                let err = BackendError::new(ErrorKind::Corrupt, "check the file");
                Err(err.because(format!("what a row says is no JSON: {}", row::MEND)))
            }
            checked => checked.map(|()| damage),
        }
    })
}

/// Counts what the graph is made of.
pub fn statistics(connection: &mut dyn SqlConnection) -> Result<Statistics> {
    one_state(connection, |connection| {
        let mut statistics = Statistics::default();
        let (mut importance, mut confidence) = (0.0, 0.0);
        let mut odd = None;
        connection.query(
            "SELECT n.type, count(*), sum(n.importance), sum(n.confidence) FROM nodes AS n GROUP BY n.type",
            &[],
            &mut |row| {
                let count = count_of(row, 1)?;
                statistics.memories += count;
                let kind = text_of(row, 0)?;
                match kind.parse() {
                    Ok(kind) => *statistics.memories_by_type.entry(kind).or_default() += count,
                    Err(err) => odd = Some((kind.to_owned(), err)),
                }
                importance += row.real(2)?.unwrap_or_default();
                confidence += row.real(3)?.unwrap_or_default();
                Ok(())
            },
        )?;
        if let Some((kind, err)) = odd.take() {
            let sql = "SELECT n.id FROM nodes AS n WHERE n.type = ?1 LIMIT 1";
            return Err(first(connection, sql, kind, &err));
        }
        if statistics.memories > 0 {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a mean needs no more than 52 bits"
            )]
            let memories = statistics.memories as f64;
            statistics.mean_importance = Some(importance / memories);
            statistics.mean_confidence = Some(confidence / memories);
        }
        let ends = ["", "DESC"].map(|order| {
            format!(
                "SELECT * FROM (SELECT n.id, n.created_at FROM nodes AS n
                 ORDER BY n.created_at {order} LIMIT 1)"
            )
        });
        connection.query(&ends.join(" UNION ALL "), &[], &mut |row| {
            let id = row.text(0).ok().flatten().unwrap_or_default();
            let time = text_of(row, 1).map_err(|err| corrupt(id, &row::said(&err)))?;
            let time = parse_time("created_at", time).map_err(|err| corrupt(id, &err))?;
            statistics.oldest = Some(statistics.oldest.map_or(time, |oldest| oldest.min(time)));
            statistics.newest = statistics.newest.max(Some(time));
            Ok(())
        })?;
        connection.query(
            "SELECT r.rel_type, count(*) FROM relationships AS r WHERE r.valid_until IS NULL
             GROUP BY r.rel_type",
            &[],
            &mut |row| {
                let open = count_of(row, 1)?;
                statistics.relationships += open;
                let kind = text_of(row, 0)?;
                match kind.parse() {
                    Ok(kind) => *statistics.relationships_by_type.entry(kind).or_default() += open,
                    Err(err) => odd = Some((kind.to_owned(), err)),
                }
                Ok(())
            },
        )?;
        if let Some((kind, err)) = odd {
            let sql = "SELECT r.id FROM relationships AS r WHERE r.rel_type = ?1 LIMIT 1";
            return Err(first(connection, sql, kind, &err));
        }
        let mut has_past = false;
        let ended =
            "SELECT count(*), EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'quarantine')
            FROM relationships AS r WHERE r.valid_until IS NOT NULL";
        connection.query(ended, &[], &mut |row| {
            statistics.relationships_ended = count_of(row, 0)?;
            has_past = count_of(row, 1)? > 0;
            Ok(())
        })?;
        // A store that is only read may be of an earlier version.
        if has_past {
            let past = "SELECT (SELECT count(*) FROM past_nodes) + (SELECT count(*) FROM past_relationships),
                (SELECT count(*) FROM quarantine)";
            connection.query(past, &[], &mut |row| {
                statistics.earlier_states = count_of(row, 0)?;
                statistics.quarantined = count_of(row, 1)?;
                Ok(())
            })?;
        }
        Ok(statistics)
    })
}

/// Says what is wrong with the first row that `sql` finds by a value.
fn first(
    connection: &mut dyn SqlConnection,
    sql: &str,
    value: String,
    what: &dyn Display,
) -> BackendError {
    let mut id = String::new();
    let found = connection.query(sql, &[SqlValue::from(value)], &mut |row| {
        row.text(0)?.unwrap_or_default().clone_into(&mut id);
        Ok(())
    });
    found.map_or_else(|err| err, |()| corrupt(&id, what))
}

fn corrupt(id: &str, what: &dyn Display) -> BackendError {
    BackendError::new(ErrorKind::Corrupt, "count")
        .because(format!("of {id:?}, {what}: {}", row::MEND))
}

/// How much a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// How many memories.
    pub memories: u64,
    /// How many relationships, ended ones included.
    pub relationships: u64,
}

/// Counts memories and relationships, without looking into them.
pub fn contents(connection: &mut dyn SqlConnection) -> Result<Contents> {
    let mut contents = Contents::default();
    let sql = "SELECT (SELECT count(*) FROM nodes), (SELECT count(*) FROM relationships)";
    connection.query(sql, &[], &mut |row| {
        contents = Contents {
            memories: count_of(row, 0)?,
            relationships: count_of(row, 1)?,
        };
        Ok(())
    })?;
    Ok(contents)
}
