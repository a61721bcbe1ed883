//! Walks and paths, a statement a level.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{
    AsOf, Direction, Memory, MemoryId, Path, PathQuery, Relationship, RelationshipType, Step, Walk,
    Walked,
};
use ports::{BackendError, ErrorKind, Result};

use crate::{
    SqlConnection, apply,
    apply::json,
    connection::one_state,
    filter::Conditions,
    list::arms,
    row::{self, integer_of, text_of},
};

/// Returns what can be reached.
pub fn walk(connection: &mut dyn SqlConnection, walk: &Walk) -> Result<Walked> {
    walk.check().map_err(BackendError::invalid("walk"))?;
    one_state(connection, |connection| {
        let starts: BTreeSet<&MemoryId> = walk.from.iter().collect();
        read_memories(connection, &starts, "walk")?;
        let mut search = Search::from(starts.into_iter().map(MemoryId::as_str));
        let limit = walk.limit.get() as usize;
        let mut reached = Vec::new();
        let mut truncated = false;
        for depth in 1..=walk.depth {
            let level = search.level(connection, walk.direction, &walk.types, walk.as_of)?;
            let room = limit - reached.len();
            truncated = level.len() > room;
            reached.extend(level.into_iter().take(room).map(|arrival| (depth, arrival)));
            if truncated || search.frontier.is_empty() {
                break;
            }
        }
        let arrivals: Vec<_> = reached.iter().map(|(_, arrival)| arrival).collect();
        let mut vias = vias(connection, &arrivals)?;
        let ids: Vec<_> = arrivals
            .iter()
            .map(|arrival| arrival.memory.as_str())
            .collect();
        let mut memories = BTreeMap::new();
        apply::memories(connection, &ids, |memory| {
            memories.insert(memory.id.to_string(), memory);
        })?;
        let steps = reached.iter().filter_map(|(depth, arrival)| {
            Some(Step {
                memory: memories.remove(&arrival.memory)?,
                depth: *depth,
                via: vias.remove(&arrival.memory)?,
            })
        });
        Ok(Walked {
            steps: steps.collect(),
            truncated,
        })
    })
}

/// Returns a way with the fewest relationships.
pub fn shortest_path(
    connection: &mut dyn SqlConnection,
    query: &PathQuery,
) -> Result<Option<Path>> {
    query
        .check()
        .map_err(BackendError::invalid("find a path"))?;
    one_state(connection, |connection| {
        let ends = BTreeSet::from([&query.from, &query.to]);
        let mut memories = read_memories(connection, &ends, "find a path")?;
        let target = query.to.as_str();
        let mut search = Search::from([query.from.as_str()]);
        let mut arrivals: HashMap<String, Arrival> = HashMap::new();
        for _ in 0..query.max_depth {
            if query.from == query.to || arrivals.contains_key(target) || search.frontier.is_empty()
            {
                break;
            }
            let level = search.level(connection, query.direction, &query.types, query.as_of)?;
            arrivals.extend(
                level
                    .into_iter()
                    .map(|arrival| (arrival.memory.clone(), arrival)),
            );
        }
        if query.from != query.to && !arrivals.contains_key(target) {
            return Ok(None);
        }
        let steps = trace(connection, query, &arrivals)?;
        let between: BTreeSet<_> = steps.iter().map(|(id, _)| id).collect();
        apply::memories(connection, &between, |memory| {
            memories.insert(memory.id.clone(), memory);
        })?;
        let start = memories
            .get(&query.from)
            .expect("it was read above")
            .clone();
        let steps = steps.into_iter().zip(1..).filter_map(|((id, via), depth)| {
            let memory = memories.remove(&id)?;
            Some(Step { memory, depth, via })
        });
        Ok(Some(Path {
            start,
            steps: steps.collect(),
        }))
    })
}

/// Returns the memories of a path after its start, in order, with what leads to each.
fn trace(
    connection: &mut dyn SqlConnection,
    query: &PathQuery,
    arrivals: &HashMap<String, Arrival>,
) -> Result<Vec<(MemoryId, Relationship)>> {
    // A memory of the path may be reached from several of the level before, by equally strong
    // relationships: all of them are read, level by level back from the end.
    let mut candidates: Vec<&Arrival> = Vec::new();
    let mut seen = HashSet::new();
    let mut pending = vec![query.to.as_str()];
    while let Some(memory) = pending.pop() {
        if let Some(arrival) = arrivals.get(memory)
            && seen.insert(memory)
        {
            candidates.push(arrival);
            pending.extend(arrival.vias.iter().map(|(_, from)| from.as_str()));
        }
    }
    let mut vias = vias(connection, &candidates)?;
    let mut steps = Vec::new();
    let mut at = query.to.clone();
    while at != query.from {
        let via = vias.remove(at.as_str()).ok_or_else(|| {
            BackendError::new(ErrorKind::Corrupt, "find a path")
                .because(format!("a relationship to {at:?} does not read back"))
        })?;
        let before = if via.to == at {
            via.from.clone()
        } else {
            via.to.clone()
        };
        steps.push((std::mem::replace(&mut at, before), via));
    }
    steps.reverse();
    Ok(steps)
}

/// Reads memories that have to be there.
fn read_memories(
    connection: &mut dyn SqlConnection,
    ids: &BTreeSet<&MemoryId>,
    doing: &'static str,
) -> Result<BTreeMap<MemoryId, Memory>> {
    let mut memories = BTreeMap::new();
    apply::memories(connection, ids, |memory| {
        memories.insert(memory.id.clone(), memory);
    })?;
    match ids.iter().find(|&&id| !memories.contains_key(id)) {
        None => Ok(memories),
        Some(id) => Err(BackendError::new(ErrorKind::NotFound, doing)
            .because(format!("no memory has the id {id:?}"))),
    }
}

/// A memory that a search reached, and the strongest relationships that lead there from the level
/// before: the key of each, and where it comes from.
struct Arrival {
    memory: String,
    strength: f64,
    vias: Vec<(i64, String)>,
}

/// A search by level: what was seen, and where the next level begins.
struct Search {
    seen: HashSet<String>,
    frontier: Vec<String>,
}

impl Search {
    fn from<'a>(starts: impl IntoIterator<Item = &'a str>) -> Self {
        let frontier: Vec<String> = starts.into_iter().map(str::to_owned).collect();
        Self {
            seen: frontier.iter().cloned().collect(),
            frontier,
        }
    }

    /// Returns the memories one relationship further, the one with the strongest relationship
    /// first, equal ones by id, and moves on to them.
    fn level(
        &mut self,
        connection: &mut dyn SqlConnection,
        direction: Direction,
        types: &[RelationshipType],
        as_of: AsOf,
    ) -> Result<Vec<Arrival>> {
        let mut conditions = Conditions::default();
        let memories = conditions.parameter(json(&self.frontier));
        conditions.any_of("r.rel_type", types);
        conditions.as_of("r", as_of);
        let columns = "asked.value, {other}, r.strength, r.key";
        let sql = arms(columns, direction, &memories, &conditions.sql()).join(" UNION ALL ");
        let mut arrivals: HashMap<String, Arrival> = HashMap::new();
        connection.query(&sql, conditions.parameters(), &mut |row| {
            let memory = text_of(row, 1)?;
            if self.seen.contains(memory) {
                return Ok(());
            }
            let strength = row.real(2)?.unwrap_or_default();
            if !arrivals.contains_key(memory) {
                let arrival = Arrival {
                    memory: memory.to_owned(),
                    strength,
                    vias: Vec::new(),
                };
                arrivals.insert(memory.to_owned(), arrival);
            }
            let arrival = arrivals.get_mut(memory).expect("it was inserted above");
            if strength > arrival.strength {
                arrival.strength = strength;
                arrival.vias.clear();
            }
            if strength >= arrival.strength {
                arrival
                    .vias
                    .push((integer_of(row, 3)?, text_of(row, 0)?.to_owned()));
            }
            Ok(())
        })?;
        let mut level: Vec<Arrival> = arrivals.into_values().collect();
        level.sort_by(|a, b| {
            b.strength
                .total_cmp(&a.strength)
                .then_with(|| a.memory.cmp(&b.memory))
        });
        self.frontier = level.iter().map(|arrival| arrival.memory.clone()).collect();
        self.seen.extend(self.frontier.iter().cloned());
        Ok(level)
    }
}

/// Reads what leads to each memory that was reached: of equally strong relationships, the one with
/// the least id.
fn vias(
    connection: &mut dyn SqlConnection,
    arrivals: &[&Arrival],
) -> Result<HashMap<String, Relationship>> {
    let mut reached: HashMap<i64, Vec<&str>> = HashMap::new();
    for arrival in arrivals {
        for (key, _) in &arrival.vias {
            reached.entry(*key).or_default().push(&arrival.memory);
        }
    }
    let sql = format!(
        "SELECT {}, r.key FROM json_each(?1) AS asked CROSS JOIN relationships AS r ON r.key = asked.value",
        row::RELATIONSHIP_COLUMNS
    );
    let mut vias: HashMap<String, Relationship> = HashMap::new();
    let keys: Vec<_> = reached.keys().collect();
    connection.query(&sql, &[json(&keys)], &mut |row| {
        let via = row::relationship(row)?;
        for &memory in reached.get(&integer_of(row, 10)?).into_iter().flatten() {
            match vias.get(memory) {
                Some(known) if known.id <= via.id => {}
                _ => drop(vias.insert(memory.to_owned(), via.clone())),
            }
        }
        Ok(())
    })?;
    Ok(vias)
}
