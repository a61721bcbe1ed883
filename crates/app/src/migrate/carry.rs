//! The first look at the source: what the target lacks goes in.

use std::collections::HashMap;

use domain::{Memory, Relationship, RelationshipId};
use ports::{Batch, Change, ErrorKind, Expect, GraphBackend, Statistics};

use super::{
    Kind, LARGEST, MigrateError, Migrated, Progress, Stage,
    compare::{
        self, Known, Standing, by_id, content, every_memory, every_relationship, memories,
        relationships,
    },
    first_page, order,
    sum::Sum,
};
use crate::Result;

/// What a look at the source and at the target found of one kind of thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// What the source has.
    pub(super) source: Sum,
    /// What both have, as the target has it, or will have it.
    pub(super) common: Sum,
    /// What the target has in place of what differs.
    pub(super) other: Sum,
    /// What is left out, with what stands for it.
    pub(super) stated: Sum,
}

/// What a look at the source and at the target found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) memories: Seen,
    pub(super) relationships: Seen,
    /// How many there were of both when it began.
    pub(super) total: [u64; 2],
}

impl Carried {
    pub(super) fn add_memory(&mut self, memory: &Memory, standing: &Standing<Memory>) {
        let seen = &mut self.memories;
        seen.source.add(&content(memory));
        match standing {
            Standing::Absent => seen.common.add(&content(memory)),
            Standing::Same(there) => seen.common.add(&content(there)),
            Standing::Other(there) => seen.other.add(&content(there)),
            Standing::Stated(_) => unreachable!("no memory states what another one does"),
        }
    }

    /// `form` is how the target is to have it.
    pub(super) fn add_relationship(
        &mut self,
        relationship: &Relationship,
        standing: &Standing<Relationship>,
        form: &Relationship,
    ) {
        let seen = &mut self.relationships;
        seen.source.add(relationship);
        match standing {
            Standing::Absent => seen.common.add(form),
            Standing::Same(there) => seen.common.add(there),
            Standing::Other(there) => seen.other.add(there),
            Standing::Stated(kept) => seen.stated.add(&(&relationship.id, kept)),
        }
    }
}

struct Carry<'a> {
    from: &'a dyn GraphBackend,
    to: &'a dyn GraphBackend,
    migrated: &'a mut Migrated,
    carried: Carried,
}

/// Carries what the target lacks, unless it is a dry run, and tells what became of everything.
pub(super) async fn all(
    from: &dyn GraphBackend,
    to: &dyn GraphBackend,
    statistics: &Statistics,
    migrated: &mut Migrated,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Carried> {
    let mut carry = Carry {
        from,
        to,
        migrated,
        carried: Carried {
            total: [
                statistics.memories,
                statistics.relationships + statistics.relationships_ended,
            ],
            ..Carried::default()
        },
    };
    carry.memories(progress).await?;
    carry.relationships(progress).await?;
    Ok(carry.carried)
}

impl Carry<'_> {
    async fn memories(&mut self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<()> {
        let query = every_memory();
        let mut page = first_page();
        loop {
            let part = self.from.list(&query, &page).await?;
            for memories in pieces(&part.items) {
                self.put_memories(memories).await?;
            }
            progress(Progress {
                stage: Stage::Memories,
                done: self.migrated.memories.read,
                total: self.carried.total[0],
            });
            match part.next {
                Some(cursor) => page = page.after(cursor),
                None => return Ok(()),
            }
        }
    }

    async fn put_memories(&mut self, page: &[Memory]) -> Result<()> {
        let standings = loop {
            let standings = memories(self.to, page).await?;
            let mut batch = Batch::default();
            for (memory, standing) in page.iter().zip(&standings) {
                if matches!(standing, Standing::Absent) {
                    memory
                        .check()
                        .map_err(|invalid| unfit(memory.id.as_str(), &invalid))?;
                    batch.expects.push(Expect::Absent(memory.id.clone()));
                    let put = Change::PutMemory(Box::new(memory.clone()));
                    batch.changes.push(put);
                }
            }
            if batch.changes.is_empty() || self.migrated.dry_run {
                break standings;
            }
            match self.to.apply(batch).await {
                // Somebody added one of them in between: it is looked at again.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                applied => {
                    applied?;
                    break standings;
                }
            }
        };
        for (memory, standing) in page.iter().zip(&standings) {
            self.carried.add_memory(memory, standing);
            let tally = &mut self.migrated.memories;
            tally.read += 1;
            match standing {
                Standing::Absent => tally.added += 1,
                Standing::Other(_) => {
                    tally.differing += 1;
                    self.migrated
                        .note_differing(Kind::Memory, memory.id.as_str());
                }
                _ => tally.already_there += 1,
            }
        }
        Ok(())
    }

    async fn relationships(&mut self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<()> {
        let query = every_relationship();
        let mut page = first_page();
        loop {
            let part = self.from.relationships(&query, &page).await?;
            self.put_relationships(&part.items).await?;
            let tally = &mut self.migrated.relationships;
            progress(Progress {
                stage: Stage::Relationships,
                done: tally.read,
                total: self.carried.total[1],
            });
            if let Some(cursor) = part.next {
                page = page.after(cursor);
                continue;
            }
            // Some go in before it is their turn, so that they are there when it is.
            let others = tally.added + tally.differing + tally.stated_already;
            tally.already_there = tally.read.saturating_sub(others);
            return Ok(());
        }
    }

    async fn put_relationships(&mut self, page: &[Relationship]) -> Result<()> {
        let mut stating = HashMap::new();
        let mut standings = relationships(self.from, self.to, page, &mut stating).await?;
        let mut known = Known::default();
        for (relationship, standing) in page.iter().zip(&standings) {
            known.add(relationship, standing);
        }
        if !self.migrated.dry_run {
            self.follow_names(&mut known, &mut stating).await?;
        }
        let rename = |relationship: &Relationship| {
            let by = relationship.invalidated_by.as_ref();
            Relationship {
                invalidated_by: by.map(|by| known.stand_ins.get(by).unwrap_or(by).clone()),
                ..relationship.clone()
            }
        };
        let absent = std::mem::take(&mut known.absent)
            .into_iter()
            .map(|(id, relationship)| (id, rename(&relationship)))
            .collect();
        if !self.migrated.dry_run {
            let joined = self.put_all(order::batches(absent)).await?;
            for (relationship, standing) in page.iter().zip(&mut standings) {
                if let Some(kept) = joined.get(&relationship.id) {
                    *standing = Standing::Stated(kept.clone());
                }
            }
        }
        for (relationship, standing) in page.iter().zip(&standings) {
            let form = rename(relationship);
            self.carried.add_relationship(relationship, standing, &form);
            let id = &relationship.id;
            let tally = &mut self.migrated.relationships;
            tally.read += 1;
            match standing {
                Standing::Absent if self.migrated.dry_run => tally.added += 1,
                Standing::Absent | Standing::Same(_) => {}
                Standing::Other(_) => {
                    tally.differing += 1;
                    self.migrated
                        .note_differing(Kind::Relationship, id.as_str());
                }
                Standing::Stated(kept) => {
                    tally.stated_already += 1;
                    self.migrated.note_stated(id, kept);
                }
            }
        }
        Ok(())
    }

    /// Adds to what is known what took the place of the absent ones, and of that in turn.
    async fn follow_names(
        &self,
        known: &mut Known,
        stating: &mut HashMap<compare::Statement, RelationshipId>,
    ) -> Result<()> {
        let named = |relationship: &Relationship| relationship.invalidated_by.clone();
        let mut next: Vec<RelationshipId> = known.absent.values().filter_map(named).collect();
        loop {
            next.retain(|id| !known.has(id));
            next.sort_unstable();
            next.dedup();
            if next.is_empty() {
                return Ok(());
            }
            let found = by_id(self.to, next.clone()).await?;
            known.there.extend(found.into_iter().map(|it| it.id));
            next.retain(|id| !known.has(id));
            let missing = next.len();
            let page = by_id(self.from, std::mem::take(&mut next)).await?;
            if page.len() < missing {
                return Err(MigrateError::Changed { what: "the source" }.into());
            }
            let standings = relationships(self.from, self.to, &page, stating).await?;
            for (relationship, standing) in page.iter().zip(&standings) {
                known.add(relationship, standing);
                if matches!(standing, Standing::Absent) {
                    next.extend(named(relationship));
                }
            }
        }
    }

    /// Applies the batches, and returns what was joined by one that somebody stated in between.
    async fn put_all(
        &mut self,
        batches: Vec<Batch>,
    ) -> Result<HashMap<RelationshipId, RelationshipId>> {
        let mut joined = HashMap::new();
        for batch in batches {
            for change in &batch.changes {
                if let Change::PutRelationship(put) = change {
                    put.check()
                        .map_err(|invalid| unfit(put.id.as_str(), &invalid))?;
                }
            }
            let receipt = match self.to.apply(batch).await {
                // An end is not there: the source had it later, or the target has it no longer.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    let what = "one of the graphs";
                    return Err(MigrateError::Changed { what }.into());
                }
                applied => applied?,
            };
            self.migrated.relationships.added += receipt.relationships_added;
            joined.extend(receipt.reinforced.into_iter().map(|it| (it.given, it.kept)));
        }
        Ok(joined)
    }
}

/// Cuts a page so that each piece has at most [`LARGEST`] bytes of text, or one memory.
fn pieces(page: &[Memory]) -> impl Iterator<Item = &[Memory]> {
    let size = |memory: &Memory| memory.title.len() + memory.content.len();
    let mut left = page;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fits = left.iter().take_while(|memory| {
            bytes += size(memory);
            bytes <= LARGEST
        });
        let count = fits.count().max(1).min(left.len());
        let (piece, rest) = left.split_at(count);
        left = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

fn unfit(id: &str, invalid: &domain::Invalid) -> MigrateError {
    MigrateError::Unfit {
        id: id.to_owned(),
        reason: invalid.to_string(),
    }
}
