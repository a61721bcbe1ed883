//! The shortest path from both ends at once, a statement for each memory that is looked at.

use std::collections::HashMap;

use domain::Memory;
use sqlite_engine::rusqlite::Connection;

use super::rows;
use crate::{Result, ask::Answer};

/// The most relationships of a path.
const LONGEST: usize = 5;

/// A search that spreads from one end: which relationship led to each memory, and from where.
struct Side {
    seen: HashMap<String, Option<(i64, String)>>,
    frontier: Vec<String>,
}

impl Side {
    fn from(end: &str) -> Self {
        Self {
            seen: HashMap::from([(end.to_owned(), None)]),
            frontier: vec![end.to_owned()],
        }
    }

    /// Goes one relationship further, and returns a memory that the other side has seen.
    fn spread(&mut self, connection: &Connection, other: &Self) -> Result<Option<String>> {
        let mut statement = connection.prepare_cached(
            "SELECT r.to_id, r.key FROM relationships AS r
             WHERE r.from_id = ?1 AND r.valid_until IS NULL
             UNION ALL
             SELECT r.from_id, r.key FROM relationships AS r
             WHERE r.to_id = ?1 AND r.valid_until IS NULL",
        )?;
        let mut next = Vec::new();
        for memory in std::mem::take(&mut self.frontier) {
            let mut rows = statement.query([&memory])?;
            while let Some(row) = rows.next()? {
                let reached = row.get_ref(0)?.as_str()?;
                if self.seen.contains_key(reached) {
                    continue;
                }
                let reached = reached.to_owned();
                let via = Some((row.get(1)?, memory.clone()));
                self.seen.insert(reached.clone(), via);
                if other.seen.contains_key(&reached) {
                    return Ok(Some(reached));
                }
                next.push(reached);
            }
        }
        self.frontier = next;
        Ok(None)
    }

    /// Returns the way from a memory back to this side's end: what leads there, and from where.
    fn back<'a>(&'a self, mut at: &'a str) -> Vec<(i64, String)> {
        let mut way = Vec::new();
        while let Some(Some((key, before))) = self.seen.get(at) {
            way.push((*key, before.clone()));
            at = before;
        }
        way
    }
}

pub(super) fn shortest(connection: &Connection, from: &str, to: &str) -> Result<Answer> {
    if from == to {
        return Ok(Vec::new());
    }
    let (mut near, mut far) = (Side::from(from), Side::from(to));
    let mut meeting = None;
    for _ in 0..LONGEST {
        meeting = if near.frontier.len() <= far.frontier.len() {
            near.spread(connection, &far)?
        } else {
            far.spread(connection, &near)?
        };
        if meeting.is_some() {
            break;
        }
    }
    let Some(meeting) = meeting else {
        return Ok(Vec::new());
    };
    let mut steps: Vec<(String, i64)> = Vec::new();
    let mut at = meeting.clone();
    for (key, before) in near.back(&meeting) {
        steps.push((std::mem::replace(&mut at, before), key));
    }
    steps.reverse();
    steps.extend(
        far.back(&meeting)
            .into_iter()
            .map(|(key, next)| (next, key)),
    );
    let mut memory = connection.prepare_cached("SELECT properties FROM nodes WHERE id = ?1")?;
    let mut relationship = connection.prepare_cached(
        "SELECT id, from_id, to_id, rel_type, properties, created_at, recorded_at, valid_from
         FROM relationships WHERE key = ?1",
    )?;
    for (id, key) in &steps {
        memory.query_row([id], |row| {
            Ok(serde_json::from_str::<Memory>(row.get_ref(0)?.as_str()?).map(drop))
        })??;
        let mut rows = relationship.query([key])?;
        if let Some(row) = rows.next()? {
            rows::relationship(row, 0)?;
        }
    }
    Ok(steps.into_iter().map(|(id, _)| id).collect())
}
