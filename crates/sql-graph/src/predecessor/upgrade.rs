use std::collections::{HashMap, HashSet};

use domain::{Memory, Relationship, RelationshipId, Timestamp, parse_time};
use ports::{
    Batch, Change, Cycles, ErrorKind, Quarantined, Receipt, RecordKind, Reinforced, Repaired,
    Result, Upgrade,
};
use serde::Serialize;

use super::{
    Shape,
    convert::{self, Converted},
    row::{Reader, Row, count, quoted, refused},
    tables,
};
use crate::{
    SqlConnection,
    apply::apply,
    parameter::json,
    row::{self, text_of},
};

/// Makes a store of ours of a predecessor's: `make_schema` makes the tables once the old ones are
/// out of the way.
pub(crate) fn upgrade(
    connection: &mut dyn SqlConnection,
    shape: Shape,
    make_schema: impl FnOnce(&mut dyn SqlConnection) -> Result<()>,
) -> Result<Upgrade> {
    tables::put_aside(connection, shape)?;
    make_schema(connection)?;
    let mut upgrading = Upgrading {
        now: now(connection)?,
        shape,
        report: Upgrade {
            from: shape.name().to_owned(),
            ..Upgrade::default()
        },
        named: Vec::new(),
        joined: HashMap::new(),
        aside: HashMap::new(),
    };
    for table in shape.memory_tables() {
        upgrading.memories(connection, table)?;
    }
    upgrading.relationships(connection)?;
    upgrading.name_successors(connection)?;
    // What is new here has no past.
    connection.execute_script("DELETE FROM past_nodes; DELETE FROM past_relationships")?;
    upgrading.prove(connection)?;
    tables::drop_all(connection, shape)?;
    Ok(upgrading.report)
}

struct Upgrading {
    now: Timestamp,
    shape: Shape,
    report: Upgrade,
    /// What took the place of which relationship, and whether that one was repaired otherwise.
    named: Vec<Named>,
    /// Which relationship was joined by which.
    joined: HashMap<RelationshipId, RelationshipId>,
    /// How many records have each id in quarantine, without the number behind it.
    aside: HashMap<String, u32>,
}

struct Named {
    id: RelationshipId,
    by: RelationshipId,
    was_repaired: bool,
}

impl Upgrading {
    fn memories(&mut self, connection: &mut dyn SqlConnection, table: &str) -> Result<()> {
        let source = format!("{}, table {table}", self.shape.name());
        let mut reader = Reader::new(connection, &tables::aside(table))?;
        loop {
            let rows = reader.next(connection)?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut read: Vec<Converted<Memory>> = rows
                .iter()
                .map(|row| convert::memory(row, self.now))
                .collect();
            let mut taken = taken(connection, "nodes", &rows)?;
            refuse_taken(&mut read, &mut taken, |memory| memory.id.as_str());
            let mut batch = Batch::default();
            for (row, converted) in rows.iter().zip(read) {
                match converted {
                    Ok(mended) => {
                        let memory = mended.value;
                        self.report.memories += 1;
                        self.repaired(
                            RecordKind::Memory,
                            memory.id.as_str(),
                            &mended.notes,
                            || Some(memory.id.clone()),
                        );
                        batch = batch.put_memory(memory);
                    }
                    Err(reason) => {
                        self.report.memories_quarantined += 1;
                        let record = self.aside(RecordKind::Memory, row, &reason, &source);
                        batch = batch.then(Change::Quarantine(Box::new(record)));
                    }
                }
            }
            put(connection, &batch)?;
        }
    }

    fn relationships(&mut self, connection: &mut dyn SqlConnection) -> Result<()> {
        let source = format!("{}, table relationships", self.shape.name());
        let mut reader = Reader::new(connection, &tables::aside("relationships"))?;
        loop {
            let rows = reader.next(connection)?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut read: Vec<Converted<Relationship>> = rows
                .iter()
                .map(|row| convert::relationship(row, self.now))
                .collect();
            refuse_dangling(connection, &mut read)?;
            let mut taken = taken(connection, "relationships", &rows)?;
            refuse_taken(&mut read, &mut taken, |it| it.id.as_str());
            let mut batch = Batch {
                cycles: Cycles::Allow,
                ..Batch::default()
            };
            let mut contexts = HashMap::new();
            for (row, converted) in rows.iter().zip(read) {
                match converted {
                    Ok(mended) => {
                        let mut relationship = mended.value;
                        self.report.relationships += 1;
                        let id = relationship.id.clone();
                        self.repaired(RecordKind::Relationship, id.as_str(), &mended.notes, || {
                            None
                        });
                        if let Some(by) = relationship.invalidated_by.take() {
                            let was_repaired = !mended.notes.is_empty();
                            self.named.push(Named {
                                id,
                                by,
                                was_repaired,
                            });
                        }
                        if let Some(context) = &relationship.context {
                            contexts.insert(relationship.id.clone(), context.clone());
                        }
                        batch = batch.put_relationship(relationship);
                    }
                    Err(reason) => {
                        self.report.relationships_quarantined += 1;
                        let record = self.aside(RecordKind::Relationship, row, &reason, &source);
                        batch = batch.then(Change::Quarantine(Box::new(record)));
                    }
                }
            }
            let receipt = put(connection, &batch)?;
            self.report.relationships_joined += receipt.reinforced.len() as u64;
            self.add_contexts(connection, &receipt.reinforced, contexts)?;
            let joined = receipt.reinforced.into_iter();
            self.joined.extend(joined.map(|it| (it.given, it.kept)));
        }
    }

    /// Adds the contexts of those that joined another one to that one's, a line each.
    fn add_contexts(
        &mut self,
        connection: &mut dyn SqlConnection,
        joined: &[Reinforced],
        mut contexts: HashMap<RelationshipId, String>,
    ) -> Result<()> {
        let kept: HashSet<&RelationshipId> = joined.iter().map(|it| &it.kept).collect();
        let mut kept = by_id(connection, &kept)?;
        let mut batch = Batch::default();
        for Reinforced { given, kept: id } in joined {
            let Some((more, kept)) = contexts.remove(given).zip(kept.get_mut(id)) else {
                continue;
            };
            let context = kept.context.take().unwrap_or_default();
            let lines = |text: &str| format!("\n{text}\n");
            let both = format!("{context}\n{more}");
            kept.context = Some(if lines(&context).contains(&lines(&more)) {
                context
            } else if both.chars().count() <= Relationship::LONGEST_CONTEXT {
                both
            } else {
                let note = format!(
                    "joined {id:?}, whose context has no room for this one's, which is left out: {more}"
                );
                self.repaired(RecordKind::Relationship, given.as_str(), &[note], || None);
                context
            });
        }
        let kept = kept.into_values();
        batch.cycles = Cycles::Allow;
        put(connection, &kept.fold(batch, Batch::put_relationship)).map(drop)
    }

    /// Says of relationships what took their place, now that all of them are there.
    fn name_successors(&mut self, connection: &mut dyn SqlConnection) -> Result<()> {
        let named = std::mem::take(&mut self.named);
        let ids = named.iter().map(|it| self.stand_in(&it.by));
        let there = ids_there(connection, "relationships", &ids.collect::<Vec<_>>())?;
        let mut pairs = Vec::new();
        for Named {
            id,
            by,
            was_repaired,
        } in &named
        {
            let stand_in = self.stand_in(by);
            if self.joined.contains_key(id) {
                continue;
            }
            if there.contains(stand_in.as_str()) {
                pairs.push((id.clone(), stand_in.clone()));
                continue;
            }
            let note = format!("invalidated_by names {by:?}, which is not there: left out");
            if *was_repaired {
                let mut repaired = self.report.repaired.iter_mut();
                if let Some(repaired) = repaired.find(|it| it.id == id.as_str()) {
                    repaired.what = format!("{}; {note}", repaired.what);
                }
            } else {
                self.repaired(RecordKind::Relationship, id.as_str(), &[note], || None);
            }
        }
        if !pairs.is_empty() {
            connection.execute(
                "UPDATE relationships SET invalidated_by = named.value ->> 1
                 FROM json_each(?1) AS named WHERE relationships.id = named.value ->> 0",
                &[json(&pairs)],
            )?;
        }
        Ok(())
    }

    fn stand_in<'a>(&'a self, id: &'a RelationshipId) -> &'a RelationshipId {
        self.joined.get(id).unwrap_or(id)
    }

    fn repaired(
        &mut self,
        kind: RecordKind,
        id: &str,
        notes: &[String],
        memory: impl FnOnce() -> Option<domain::MemoryId>,
    ) {
        if notes.is_empty() {
            return;
        }
        self.report.repaired_count += 1;
        if self.report.repaired.len() < Upgrade::NAMED {
            self.report.repaired.push(Repaired {
                kind,
                id: id.to_owned(),
                what: notes.join("; "),
                memory: memory(),
            });
        }
    }

    fn aside(&mut self, kind: RecordKind, row: &Row, reason: &str, source: &str) -> Quarantined {
        let mut record = convert::quarantined(kind, row, reason, source, self.now);
        // Rows without an id can be equal, and each is a row.
        let same = self.aside.entry(record.id.clone()).or_insert(0);
        *same += 1;
        if *same > 1 {
            record.id = format!("{} {same}", record.id);
        }
        record
    }

    /// Fails unless every row of the old tables is in the report, and what was read in ours.
    fn prove(&self, connection: &mut dyn SqlConnection) -> Result<()> {
        let mut rows = [0, 0];
        for table in self.shape.memory_tables() {
            rows[0] += count(connection, &tables::aside(table))?;
        }
        rows[1] = count(connection, &tables::aside("relationships"))?;
        let report = &self.report;
        let accounted = [
            report.memories + report.memories_quarantined,
            report.relationships + report.relationships_quarantined,
        ];
        let there = [
            count(connection, "nodes")?,
            count(connection, "relationships")? + report.relationships_joined,
            count(connection, "quarantine")?,
        ];
        let read = [
            report.memories,
            report.relationships,
            report.memories_quarantined + report.relationships_quarantined,
        ];
        if rows == accounted && there == read {
            return Ok(());
        }
        Err(refused(
            ErrorKind::Backend,
            format!(
                "the program has a fault, please report it: of {rows:?} rows {accounted:?} were read, and \
                 {there:?} of {read:?} are there; nothing was changed"
            ),
        ))
    }
}

/// Returns the ids of these rows that a table of ours has already.
fn taken(connection: &mut dyn SqlConnection, table: &str, rows: &[Row]) -> Result<HashSet<String>> {
    let id = |row: &Row| row.columns.get("id")?.as_str().map(str::to_owned);
    let ids: Vec<String> = rows.iter().filter_map(id).collect();
    ids_there(connection, table, &ids)
}

fn put(connection: &mut dyn SqlConnection, batch: &Batch) -> Result<Receipt> {
    let mut receipts = apply(connection, std::slice::from_ref(batch))?;
    receipts.pop().expect("there is one batch")
}

/// Turns down what has an id that something else has.
fn refuse_taken<T>(
    read: &mut [Converted<T>],
    taken: &mut HashSet<String>,
    id: impl Fn(&T) -> &str,
) {
    for converted in read {
        if let Ok(mended) = converted {
            let id = id(&mended.value).to_owned();
            if !taken.insert(id) {
                *converted = Err("another row has the same id".to_owned());
            }
        }
    }
}

/// Turns down relationships whose ends are not there.
fn refuse_dangling(
    connection: &mut dyn SqlConnection,
    read: &mut [Converted<Relationship>],
) -> Result<()> {
    let sound = read.iter().flatten();
    let ends: HashSet<&str> = sound
        .flat_map(|mended| [mended.value.from.as_str(), mended.value.to.as_str()])
        .collect();
    let there = ids_there(connection, "nodes", &ends)?;
    for converted in read {
        let missing = converted.as_ref().ok().and_then(|mended| {
            let mut ends = [&mended.value.from, &mended.value.to].into_iter();
            ends.find(|end| !there.contains(end.as_str()))
        });
        if let Some(missing) = missing {
            *converted = Err(format!("the memory {missing:?} that it joins is not there"));
        }
    }
    Ok(())
}

fn by_id(
    connection: &mut dyn SqlConnection,
    ids: &impl Serialize,
) -> Result<HashMap<RelationshipId, Relationship>> {
    let mut found = HashMap::new();
    let sql = format!(
        "SELECT {} FROM json_each(?1) AS asked CROSS JOIN relationships AS r ON r.id = asked.value",
        row::RELATIONSHIP_COLUMNS
    );
    connection.query(&sql, &[json(ids)], &mut |found_row| {
        let relationship = row::relationship(found_row)?;
        found.insert(relationship.id.clone(), relationship);
        Ok(())
    })?;
    Ok(found)
}

fn ids_there(
    connection: &mut dyn SqlConnection,
    table: &str,
    ids: &impl Serialize,
) -> Result<HashSet<String>> {
    let mut there = HashSet::new();
    let sql = format!(
        "SELECT t.id FROM json_each(?1) AS asked CROSS JOIN {} AS t ON t.id = asked.value",
        quoted(table)
    );
    connection.query(&sql, &[json(ids)], &mut |row| {
        there.insert(text_of(row, 0)?.to_owned());
        Ok(())
    })?;
    Ok(there)
}

/// The engine's time, for what does not say when it was.
fn now(connection: &mut dyn SqlConnection) -> Result<Timestamp> {
    let mut now = None;
    connection.query(
        "SELECT strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')",
        &[],
        &mut |row| {
            now = parse_time("now", text_of(row, 0)?).ok();
            Ok(())
        },
    )?;
    Ok(now.unwrap_or_default())
}
