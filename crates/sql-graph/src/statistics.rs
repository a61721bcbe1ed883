//! Counts.

use domain::parse_time;
use ports::{Result, Statistics};

use crate::{
    SqlConnection,
    connection::one_state,
    row::{self, count_of, text_of},
    schema_version,
};

/// Looks for damage, and returns the first that the engine finds, in its words.
pub fn damage(connection: &mut dyn SqlConnection) -> Result<Option<String>> {
    one_state(connection, |connection| {
        if schema_version(connection)?.0 > 0 {
            // A check by itself compares the index with the structure that this connection has read
            // before, also when another one has written since. A search looks for a newer one.
            let sql = "SELECT count(*) FROM nodes_fts AS f WHERE f.nodes_fts MATCH '\"a\"'";
            connection.query(sql, &[], &mut |_| Ok(()))?;
        }
        let mut damage = None;
        connection.query("PRAGMA quick_check (1)", &[], &mut |row| {
            damage = row
                .text(0)?
                .filter(|found| *found != "ok")
                .map(str::to_owned);
            Ok(())
        })?;
        Ok(damage)
    })
}

/// Counts what the graph is made of.
pub fn statistics(connection: &mut dyn SqlConnection) -> Result<Statistics> {
    one_state(connection, |connection| {
        let mut statistics = Statistics::default();
        let (mut importance, mut confidence) = (0.0, 0.0);
        connection.query(
            "SELECT n.type, count(*), sum(n.importance), sum(n.confidence) FROM nodes AS n GROUP BY n.type",
            &[],
            &mut |row| {
                let count = count_of(row, 1)?;
                statistics.memories += count;
                let kind = text_of(row, 0)?.parse().map_err(row::corrupt("count"))?;
                *statistics.memories_by_type.entry(kind).or_default() += count;
                importance += row.real(2)?.unwrap_or_default();
                confidence += row.real(3)?.unwrap_or_default();
                Ok(())
            },
        )?;
        if statistics.memories > 0 {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a mean needs no more than 52 bits"
            )]
            let memories = statistics.memories as f64;
            statistics.mean_importance = Some(importance / memories);
            statistics.mean_confidence = Some(confidence / memories);
        }
        let times = "SELECT (SELECT min(n.created_at) FROM nodes AS n), (SELECT max(n.created_at) FROM nodes AS n)";
        connection.query(times, &[], &mut |row| {
            let time = |column| -> Result<_> {
                let text = row.text(column)?;
                let time = text.map(|text| parse_time("created_at", text)).transpose();
                time.map_err(row::corrupt("count"))
            };
            statistics.oldest = time(0)?;
            statistics.newest = time(1)?;
            Ok(())
        })?;
        connection.query(
            "SELECT r.rel_type, count(*) FROM relationships AS r WHERE r.valid_until IS NULL
             GROUP BY r.rel_type",
            &[],
            &mut |row| {
                let open = count_of(row, 1)?;
                statistics.relationships += open;
                let kind = text_of(row, 0)?.parse().map_err(row::corrupt("count"))?;
                *statistics.relationships_by_type.entry(kind).or_default() += open;
                Ok(())
            },
        )?;
        let ended = "SELECT count(*) FROM relationships AS r WHERE r.valid_until IS NOT NULL";
        connection.query(ended, &[], &mut |row| {
            statistics.relationships_ended = count_of(row, 0)?;
            Ok(())
        })?;
        Ok(statistics)
    })
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
