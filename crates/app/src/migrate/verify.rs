//! The second look at the source: the target has it all, and finds it.

use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{
    AsOf, Memory, MemoryFilter, MemoryId, PageRequest, SearchQuery, Timestamp, text::question,
};
use ports::GraphBackend;

use super::{
    Kind, MigrateError, Migrated, NAMED, Progress, Stage, Verified,
    carry::Carried,
    compare::{Standing, every_memory, every_relationship, memories, relationships},
    first_page, quarantine,
    sum::hash,
};
use crate::Result;

/// How many memories are looked for.
const SAMPLE: usize = 20;
/// Among how many hits of the source they have to be, to be looked for in the target.
const SOURCE_HITS: u32 = 100;
/// Among how many hits of the target they have to be, which may have many others.
const TARGET_HITS: u32 = 1_000;
/// How many ids an error names.
const LISTED: usize = 10;

/// What is wrong with the target.
struct Faults<'a> {
    /// What was known to differ before; all of it unless there was too much to name.
    known: HashSet<&'a str>,
    all_are_known: bool,
    missing: Ids,
    changed: Ids,
}

#[derive(Default)]
struct Ids {
    first: Vec<String>,
    count: u64,
}

impl Ids {
    fn add(&mut self, kind: Kind, id: &str) {
        self.count += 1;
        if self.first.len() < LISTED {
            let kind = match kind {
                Kind::Memory => "memory",
                Kind::Relationship => "relationship",
            };
            self.first.push(format!("{kind} {id}"));
        }
    }

    fn sentence(&self, beginning: &str) -> Option<String> {
        let more = self.count.saturating_sub(self.first.len() as u64);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        (self.count > 0).then(|| format!("{beginning} {}{more}", self.first.join(", ")))
    }
}

impl Faults<'_> {
    fn look<T>(&mut self, kind: Kind, id: &str, standing: &Standing<T>) {
        match standing {
            Standing::Absent => self.missing.add(kind, id),
            Standing::Other(_) if self.all_are_known && !self.known.contains(id) => {
                self.changed.add(kind, id);
            }
            _ => {}
        }
    }
}

/// Compares source and target, and looks for some of the memories.
pub(super) async fn all(
    from: &dyn GraphBackend,
    to: &dyn GraphBackend,
    carried: &Carried,
    migrated: &Migrated,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Verified> {
    if let Ok(replica) = to.replica() {
        replica.sync().await?;
    }
    let mut faults = Faults {
        known: migrated.differing.iter().map(|it| it.id.as_str()).collect(),
        all_are_known: migrated.differing.len() < NAMED,
        missing: Ids::default(),
        changed: Ids::default(),
    };
    let (found, sample) = look(from, to, carried.total, &mut faults, progress).await?;
    if (found.memories.source, found.relationships.source)
        != (carried.memories.source, carried.relationships.source)
    {
        return Err(MigrateError::Changed { what: "the source" }.into());
    }
    let mut wrong: Vec<String> = [
        faults.missing.sentence("it lacks"),
        faults.changed.sentence("it has another content for"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if wrong.is_empty() && found != *carried {
        wrong.push("another program changed some of what was carried".to_owned());
    }
    let mut unfound = Ids::default();
    let mut searches = 0;
    for memory in sample.values() {
        // Nobody finds what has only words that everything has.
        if !is_found(from, memory, SOURCE_HITS).await? {
            continue;
        }
        searches += 1;
        if !is_found(to, memory, TARGET_HITS).await? {
            unfound.add(Kind::Memory, memory.id.as_str());
        }
    }
    wrong.extend(unfound.sentence("a search for the title does not find"));
    let quarantined = match migrated.quarantined.read {
        0 => 0,
        _ => quarantine::carry(from, to, true).await?.already_there,
    };
    let missing = migrated.quarantined.read.saturating_sub(quarantined);
    if missing > 0 {
        wrong.push(format!(
            "{missing} of what is in quarantine is missing there"
        ));
    }
    if !wrong.is_empty() {
        return Err(MigrateError::Verification { found: wrong }.into());
    }
    let common = [found.memories.common, found.relationships.common];
    Ok(Verified {
        memories: common[0].count,
        relationships: common[1].count,
        digest: common[0].with(common[1]).to_hex(),
        quarantined,
        searches,
    })
}

/// What is looked for of a memory.
struct Sought {
    id: MemoryId,
    title: String,
    created_at: Timestamp,
}

/// Reads both graphs again. Of the memories that both have, the sample has those with the least
/// hashes, as good as drawn by lot and the same every time.
async fn look(
    from: &dyn GraphBackend,
    to: &dyn GraphBackend,
    total: [u64; 2],
    faults: &mut Faults<'_>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(Carried, BTreeMap<u128, Sought>)> {
    let mut found = Carried {
        total,
        ..Carried::default()
    };
    let mut done = 0;
    let mut step = |count: usize| {
        done += count as u64;
        progress(Progress {
            stage: Stage::Verify,
            done,
            total: total[0] + total[1],
        });
    };
    let mut sample = BTreeMap::new();
    let first = first_page();

    step(0);
    let query = every_memory();
    let mut page = first.clone();
    loop {
        let part = from.list(&query, &page).await?;
        let standings = memories(to, &part.items).await?;
        for (memory, standing) in part.items.iter().zip(&standings) {
            found.add_memory(memory, standing);
            faults.look(Kind::Memory, memory.id.as_str(), standing);
            if matches!(standing, Standing::Same(_)) {
                draw(&mut sample, memory);
            }
        }
        step(part.items.len());
        match part.next {
            Some(cursor) => page = page.after(cursor),
            None => break,
        }
    }

    let query = every_relationship();
    let mut page = first;
    loop {
        let part = from.relationships(&query, &page).await?;
        let mut stating = HashMap::new();
        let standings = relationships(from, to, &part.items, &mut stating).await?;
        for (relationship, standing) in part.items.iter().zip(&standings) {
            found.add_relationship(relationship, standing, relationship);
            faults.look(Kind::Relationship, relationship.id.as_str(), standing);
        }
        step(part.items.len());
        match part.next {
            Some(cursor) => page = page.after(cursor),
            None => return Ok((found, sample)),
        }
    }
}

/// Takes a memory into the sample, when its title can be looked for.
fn draw(sample: &mut BTreeMap<u128, Sought>, memory: &Memory) {
    let place = hash(&memory.id);
    let is_among_them = sample.len() < SAMPLE
        || sample
            .last_key_value()
            .is_some_and(|(last, _)| place < *last);
    if is_among_them && !question(&memory.title).is_empty() {
        let sought = Sought {
            id: memory.id.clone(),
            title: memory.title.clone(),
            created_at: memory.created_at,
        };
        sample.insert(place, sought);
        if sample.len() > SAMPLE {
            sample.pop_last();
        }
    }
}

/// Looks for a memory by its title. Thousands of others may have the same, so the question is
/// narrowed to the moment at which the memory was kept.
async fn is_found(store: &dyn GraphBackend, sought: &Sought, hits: u32) -> Result<bool> {
    let next = sought.created_at.as_microsecond().checked_add(1);
    let query = SearchQuery {
        text: sought.title.clone(),
        filter: MemoryFilter {
            created_since: Some(sought.created_at),
            created_before: next.and_then(|next| Timestamp::from_microsecond(next).ok()),
            as_of: AsOf::Ever,
            ..MemoryFilter::default()
        },
        ..SearchQuery::default()
    };
    let hits = store.search(&query, &PageRequest::first(hits)?).await?;
    Ok(hits.items.iter().any(|hit| hit.memory.id == sought.id))
}
