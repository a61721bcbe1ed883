//! Walks and paths, a statement a level.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{
    AsOf, Direction, Memory, MemoryId, Path, PathQuery, Relationship, RelationshipType, Step, Walk,
    Walked,
};
use ports::{BackendError, ErrorKind, Result};

use crate::{
    SqlConnection, apply,
    connection::one_state,
    filter::Conditions,
    list::arms,
    parameter::json,
    row::{self, integer_of, text_of},
};

/// Returns what can be reached.
pub fn walk(connection: &mut dyn SqlConnection, walk: &Walk) -> Result<Walked> {
    walk.check().map_err(BackendError::invalid("walk"))?;
    one_state(connection, |connection| {
        let starts: BTreeSet<&MemoryId> = walk.from.iter().collect();
        read_memories(connection, &starts, "walk")?;
        let along = Along {
            direction: walk.direction,
            types: &walk.types,
            as_of: walk.as_of,
        };
        let mut search = Search::from(starts.into_iter().map(MemoryId::as_str));
        let limit = walk.limit.get() as usize;
        let mut reached: Vec<(u8, Arrival)> = Vec::new();
        let mut truncated = false;
        for depth in 1..=walk.depth {
            let level = search.level(connection, &along)?;
            let mut arrivals: Vec<Arrival> = level.into_values().map(Arrival::strongest).collect();
            arrivals.sort_by(|a, b| {
                b.strength()
                    .total_cmp(&a.strength())
                    .then_with(|| a.memory.cmp(&b.memory))
            });
            let room = limit - reached.len();
            truncated = arrivals.len() > room;
            reached.extend(
                arrivals
                    .into_iter()
                    .take(room)
                    .map(|arrival| (depth, arrival)),
            );
            if truncated || search.frontier.is_empty() {
                break;
            }
        }
        let mut vias = vias(connection, reached.iter().map(|(_, arrival)| arrival))?;
        let ids: Vec<_> = reached.iter().map(|(_, arrival)| &arrival.memory).collect();
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
        let Some(arrivals) = arrivals_on_shortest_paths(connection, query)? else {
            return Ok(None);
        };
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

/// Searches from both ends, level by level from the end that has fewer to look at, until they meet.
/// Returns how each memory on a shortest path can be arrived at, or `None` where there is no path.
fn arrivals_on_shortest_paths(
    connection: &mut dyn SqlConnection,
    query: &PathQuery,
) -> Result<Option<HashMap<String, Arrival>>> {
    let along = Along {
        direction: query.direction,
        types: &query.types,
        as_of: query.as_of,
    };
    let mut forwards = Search::from([query.from.as_str()]);
    let mut backwards = Search::from([query.to.as_str()]);
    let mut arrivals: HashMap<String, Arrival> = HashMap::new();
    // What leads from a memory towards the end: one map for each level, the last one furthest.
    let mut departures: Vec<HashMap<String, Arrival>> = Vec::new();
    let mut length = 0;
    let meeting = loop {
        let met: Vec<String> = forwards
            .frontier
            .iter()
            .filter(|id| backwards.newest.contains(*id))
            .cloned()
            .collect();
        if !met.is_empty() {
            break met;
        }
        if length == query.max_depth
            || forwards.frontier.is_empty()
            || backwards.frontier.is_empty()
        {
            return Ok(None);
        }
        length += 1;
        if forwards.frontier.len() <= backwards.frontier.len() {
            arrivals.extend(forwards.level(connection, &along)?);
        } else {
            departures.push(backwards.level(connection, &along.reversed())?);
        }
    };
    // From where they met on, along what the search from the end has found.
    let mut level: BTreeSet<String> = meeting.into_iter().collect();
    for departures in departures.into_iter().rev() {
        let mut next: BTreeSet<String> = BTreeSet::new();
        for memory in &level {
            for edge in departures
                .get(memory)
                .into_iter()
                .flat_map(|found| &found.edges)
            {
                let arrival = arrivals
                    .entry(edge.near.clone())
                    .or_insert_with(|| Arrival {
                        memory: edge.near.clone(),
                        edges: Vec::new(),
                    });
                arrival.edges.push(Edge {
                    near: memory.clone(),
                    ..edge.clone()
                });
                next.insert(edge.near.clone());
            }
        }
        level = next;
    }
    Ok(Some(arrivals))
}

/// Returns the memories of a path after its start, in order, with what leads to each.
fn trace(
    connection: &mut dyn SqlConnection,
    query: &PathQuery,
    arrivals: &HashMap<String, Arrival>,
) -> Result<Vec<(MemoryId, Relationship)>> {
    // A memory of the path may be arrived at by several equally strong relationships, from several
    // memories: all of them are read, back from the end.
    let mut candidates: Vec<Arrival> = Vec::new();
    let mut seen = HashSet::new();
    let mut pending = vec![query.to.as_str()];
    while let Some(memory) = pending.pop() {
        if memory != query.from.as_str()
            && seen.insert(memory)
            && let Some(arrival) = arrivals.get(memory)
        {
            let strength = arrival.strength();
            let strongest = arrival
                .edges
                .iter()
                .filter(|edge| edge.strength >= strength);
            pending.extend(strongest.map(|edge| edge.near.as_str()));
            candidates.push(arrival.clone().strongest());
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

/// Which relationships are followed, and which way.
struct Along<'a> {
    direction: Direction,
    types: &'a [RelationshipType],
    as_of: AsOf,
}

impl Along<'_> {
    fn reversed(&self) -> Self {
        Self {
            direction: match self.direction {
                Direction::Outgoing => Direction::Incoming,
                Direction::Incoming => Direction::Outgoing,
                Direction::Both => Direction::Both,
            },
            ..*self
        }
    }
}

/// A memory that a search arrived at, and the relationships that lead there from the level before.
#[derive(Clone)]
struct Arrival {
    memory: String,
    /// Never empty.
    edges: Vec<Edge>,
}

/// A relationship as a search sees it: its key, its strength, and the memory that it comes from.
#[derive(Clone)]
struct Edge {
    key: i64,
    strength: f64,
    near: String,
}

impl Arrival {
    /// Returns the strength of the strongest relationship.
    fn strength(&self) -> f64 {
        self.edges
            .iter()
            .map(|edge| edge.strength)
            .fold(0.0, f64::max)
    }

    /// Keeps the strongest relationships only.
    fn strongest(mut self) -> Self {
        let strength = self.strength();
        self.edges.retain(|edge| edge.strength >= strength);
        self
    }
}

/// A search by level: what was seen, and where the next level begins.
struct Search {
    seen: HashSet<String>,
    frontier: Vec<String>,
    /// The frontier again, to ask whether a memory is in it.
    newest: HashSet<String>,
}

impl Search {
    fn from<'a>(starts: impl IntoIterator<Item = &'a str>) -> Self {
        let frontier: Vec<String> = starts.into_iter().map(str::to_owned).collect();
        let newest: HashSet<String> = frontier.iter().cloned().collect();
        Self {
            seen: newest.clone(),
            frontier,
            newest,
        }
    }

    /// Moves one relationship further, and returns what it arrives at for the first time.
    fn level(
        &mut self,
        connection: &mut dyn SqlConnection,
        along: &Along<'_>,
    ) -> Result<HashMap<String, Arrival>> {
        let mut conditions = Conditions::default();
        let memories = conditions.parameter(json(&self.frontier));
        conditions.any_of("r.rel_type", along.types);
        conditions.as_of("r", along.as_of);
        let columns = "asked.value, {other}, r.strength, r.key";
        let arms = arms(columns, along.direction, &memories, &conditions.sql());
        let mut level: HashMap<String, Arrival> = HashMap::new();
        connection.query(
            &arms.join(" UNION ALL "),
            conditions.parameters(),
            &mut |row| {
                let memory = text_of(row, 1)?;
                if self.seen.contains(memory) {
                    return Ok(());
                }
                let edge = Edge {
                    key: integer_of(row, 3)?,
                    strength: row.real(2)?.unwrap_or_default(),
                    near: text_of(row, 0)?.to_owned(),
                };
                if let Some(arrival) = level.get_mut(memory) {
                    arrival.edges.push(edge);
                } else {
                    let arrival = Arrival {
                        memory: memory.to_owned(),
                        edges: vec![edge],
                    };
                    level.insert(memory.to_owned(), arrival);
                }
                Ok(())
            },
        )?;
        self.frontier = level.keys().cloned().collect();
        self.newest = level.keys().cloned().collect();
        self.seen.extend(self.frontier.iter().cloned());
        Ok(level)
    }
}

/// Reads what leads to each memory that was arrived at: of its relationships, the one with the
/// least id.
fn vias<'a>(
    connection: &mut dyn SqlConnection,
    arrivals: impl IntoIterator<Item = &'a Arrival>,
) -> Result<HashMap<String, Relationship>> {
    let mut reached: HashMap<i64, Vec<&str>> = HashMap::new();
    for arrival in arrivals {
        for edge in &arrival.edges {
            reached.entry(edge.key).or_default().push(&arrival.memory);
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
