//! The second look at a file: what can be kept goes into the store, in batches.

use std::{
    collections::{BTreeSet, HashMap},
    io::{Read, Seek},
    sync::Arc,
};

use domain::{Memory, MemoryId, RelationshipId, Timestamp};
use ports::{Batch, Change, ErrorKind, Expect, Quarantined, Receipt};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{
    Progress, Report, Stage,
    aside::Quarantine,
    batches::{Batches, Kind, Records},
    format::Format,
    item::{Texts, Unfit},
    related::{Candidate, Earlier},
    survey::{Survey, TWO_MEMORIES, TWO_RELATIONSHIPS, no_memory},
};
use crate::{MemoryGraph, Result};

/// What is known while records are kept.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) format: Format,
    /// The memories of the file, as far as it was read.
    memories: Texts,
    /// The relationships of the file that have an id there, as far as it was read.
    own_ids: Texts,
    /// Memories that only the store has, and relationships of the file join.
    elsewhere: BTreeSet<MemoryId>,
    /// Memories that the store had before and relationships of the file can join.
    pub(super) before: Texts,
    /// Whether the store had some memory of the file.
    is_known: bool,
    /// Whether the store had relationships before.
    pub(super) had_relationships: bool,
    /// What relationships of the file state; only of a format in which some have no id.
    pub(super) earlier: HashMap<Uuid, Earlier>,
    /// The relationships that were added without what the file says invalidated them.
    pub(super) invalidated: Vec<(RelationshipId, RelationshipId)>,
    quarantine: Quarantine,
    writing: Option<Writing>,
    pub(super) report: Report,
}

/// Memories on their way into the store.
#[derive(Debug)]
struct Writing {
    memories: Vec<Memory>,
    applied: JoinHandle<ports::Result<Receipt>>,
}

impl Kept {
    /// Says whether the store has a memory now, and relationships may join it.
    fn has(&self, id: &MemoryId) -> bool {
        self.memories.has(id.as_str()) || self.elsewhere.contains(id)
    }
}

/// Which records are kept while the file is read through. A file in which relationships stand
/// before their memories is read through twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    All,
    Memories,
    Others,
}

impl Turn {
    /// Returns those of the records whose turn it is.
    fn part_of(self, mut records: Records) -> Option<Records> {
        let is_of_memories = records.kind == Kind::Memories;
        match self {
            Self::Memories if is_of_memories => records.unfit.clear(),
            Self::Memories => return None,
            // What is unfit among memories is left.
            Self::Others if is_of_memories => {
                records.memories.clear();
                records.kind = Kind::Quarantined;
            }
            Self::All | Self::Others => {}
        }
        Some(records)
    }
}

impl MemoryGraph {
    /// Asks the store for the ends of relationships that the file does not have, and returns those
    /// that are there.
    pub(super) async fn ends(&self, survey: &Survey) -> Result<BTreeSet<MemoryId>> {
        let missing: Vec<_> = survey.missing().into_iter().collect();
        let mut there = BTreeSet::new();
        // They come with their contents.
        for ids in missing.chunks(200) {
            let found = self.backend.memories(ids).await?;
            there.extend(found.into_iter().map(|memory| memory.id));
        }
        Ok(there)
    }

    /// Keeps what can be kept.
    pub(super) async fn keep<S>(
        &self,
        source: S,
        survey: Survey,
        elsewhere: BTreeSet<MemoryId>,
        now: Timestamp,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Report>
    where
        S: Read + Seek + Send + 'static,
    {
        let mut kept = Kept {
            format: survey.format,
            memories: Texts::default(),
            own_ids: Texts::default(),
            before: Texts::default(),
            is_known: false,
            had_relationships: self.has_relationships().await?,
            earlier: HashMap::new(),
            invalidated: Vec::new(),
            quarantine: Quarantine::default(),
            writing: None,
            report: survey.report,
            elsewhere,
        };
        for id in &kept.elsewhere {
            kept.before.add(id.as_str());
        }
        if survey.problems.count > 0 || kept.report.quarantine.read > 0 {
            kept.quarantine = Quarantine::of(self.backend.as_ref()).await?;
        }
        let turns = if survey.is_out_of_order {
            &[Turn::Memories, Turn::Others][..]
        } else {
            &[Turn::All]
        };
        let mut source = source;
        for turn in turns {
            let mut batches = Batches::of(source, kept.format, now);
            while let Some(records) = batches.next().await {
                let Some(records) = turn.part_of(records) else {
                    continue;
                };
                let (kind, done) = (records.kind, records.last);
                self.keep_records(records, &mut kept, now).await?;
                let (stage, total) = match kind {
                    Kind::Memories => (Stage::Memories, kept.report.memories.read),
                    Kind::Relationships => (Stage::Relationships, kept.report.relationships.read),
                    Kind::Quarantined => continue,
                };
                progress(Progress {
                    stage,
                    done,
                    total: Some(total),
                });
            }
            source = batches.end()?;
        }
        self.written(&mut kept).await?;
        self.name_invalidators(&mut kept, true).await?;
        let mut report = kept.report;
        report.set_aside = survey.problems.first;
        let damage = survey.damage.iter().map(ToString::to_string);
        report.damage = damage.collect();
        Ok(report)
    }

    async fn keep_records(&self, records: Records, kept: &mut Kept, now: Timestamp) -> Result<()> {
        let mut unfit: Vec<Unfit> = Vec::new();
        let mut memories = Vec::with_capacity(records.memories.len());
        for (memory, document) in records.memories {
            if kept.memories.add(memory.id.as_str()) {
                memories.push(memory);
            } else {
                let reason = TWO_MEMORIES.to_owned();
                unfit.push(Unfit::memory(&memory, reason).saying(document));
            }
        }
        let mut candidates = Vec::with_capacity(records.relationships.len());
        for (stated, document) in records.relationships {
            let relationship = &stated.relationship;
            if stated.has_own_id && !kept.own_ids.add(relationship.id.as_str()) {
                let reason = TWO_RELATIONSHIPS.to_owned();
                unfit.push(Unfit::relationship(relationship, reason).saying(document));
                continue;
            }
            let ends = [&relationship.from, &relationship.to];
            if let Some(missing) = ends.into_iter().find(|id| !kept.has(id)) {
                let reason = no_memory(missing);
                unfit.push(Unfit::relationship(relationship, reason).saying(document));
                continue;
            }
            candidates.push(Candidate::of(stated, kept));
        }
        if !memories.is_empty() {
            self.keep_memories(memories, kept).await?;
        }
        if records.kind != Kind::Memories {
            self.written(kept).await?;
        }
        if !candidates.is_empty() {
            self.keep_relationships(candidates, kept).await?;
        }
        if !records.quarantined.is_empty() {
            self.keep_quarantined(records.quarantined, kept).await?;
        }
        let unfit = unfit.into_iter().map(|unfit| (unfit, None));
        let numbered = records.unfit.into_iter();
        let numbered = numbered.map(|(unfit, place)| (unfit, Some(place)));
        let aside: Vec<_> = unfit
            .chain(numbered)
            .map(|(unfit, place)| unfit.into_quarantined(place, now))
            .collect();
        if !aside.is_empty() {
            let added = self.quarantine_new(aside, &mut kept.quarantine).await?;
            kept.report.quarantined += added;
        }
        Ok(())
    }

    /// Keeps memories while the next are read; [`written`](Self::written) ends it.
    async fn keep_memories(&self, memories: Vec<Memory>, kept: &mut Kept) -> Result<()> {
        // A store that has none of them needs no look before: the batch says so.
        let batch = (!kept.is_known).then(|| new_batch(memories.iter()));
        self.written(kept).await?;
        let Some(batch) = batch.filter(|_| !kept.is_known) else {
            return self.keep_missing(memories, kept).await;
        };
        let backend = Arc::clone(&self.backend);
        let applied = tokio::spawn(async move { backend.apply(batch).await });
        kept.writing = Some(Writing { memories, applied });
        // On a runtime of one thread, it begins only when this waits.
        tokio::task::yield_now().await;
        Ok(())
    }

    /// Waits until the memories that are being written are in the store.
    async fn written(&self, kept: &mut Kept) -> Result<()> {
        let Some(Writing { memories, applied }) = kept.writing.take() else {
            return Ok(());
        };
        match applied.await.expect("a backend does not panic") {
            // One of them is there, or somebody has just added it.
            Err(error) if error.kind() == ErrorKind::Conflict => {
                kept.is_known = true;
                self.keep_missing(memories, kept).await
            }
            Err(error) => Err(error.into()),
            Ok(_) => {
                kept.report.memories.added += memories.len() as u64;
                Ok(())
            }
        }
    }

    /// Keeps those of the memories that the store does not have.
    async fn keep_missing(&self, memories: Vec<Memory>, kept: &mut Kept) -> Result<()> {
        let ids: Vec<_> = memories.iter().map(|memory| memory.id.clone()).collect();
        loop {
            let found = self.backend.memories(&ids).await?;
            let found: HashMap<_, _> = found.iter().map(|memory| (&memory.id, memory)).collect();
            let missing = memories
                .iter()
                .filter(|memory| !found.contains_key(&memory.id));
            let batch = new_batch(missing);
            let added = batch.changes.len() as u64;
            if added > 0 {
                match self.backend.apply(batch).await {
                    // Somebody has just added one.
                    Err(error) if error.kind() == ErrorKind::Conflict => continue,
                    applied => drop(applied?),
                }
            }
            let differs = |memory: &&Memory| {
                let there = found.get(&memory.id);
                there.is_some_and(|there| kept.format.says_another(memory, there))
            };
            kept.report.memories_differing += memories.iter().filter(differs).count() as u64;
            for id in found.into_keys() {
                kept.before.add(id.as_str());
            }
            let tally = &mut kept.report.memories;
            tally.added += added;
            tally.already_there += memories.len() as u64 - added;
            return Ok(());
        }
    }

    /// Adds what the file has in quarantine and the store has not.
    async fn keep_quarantined(&self, records: Vec<Quarantined>, kept: &mut Kept) -> Result<()> {
        let count = records.len() as u64;
        let added = self.quarantine_new(records, &mut kept.quarantine).await?;
        let tally = &mut kept.report.quarantine;
        tally.added += added;
        tally.already_there += count - added;
        Ok(())
    }
}

/// Adds memories that are not there.
fn new_batch<'a>(memories: impl Iterator<Item = &'a Memory>) -> Batch {
    let mut batch = Batch::default();
    for memory in memories {
        batch.expects.push(Expect::Absent(memory.id.clone()));
        let put = Change::PutMemory(Box::new(memory.clone()));
        batch.changes.push(put);
    }
    batch
}
