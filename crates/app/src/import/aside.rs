//! What cannot be kept goes into quarantine.

use domain::Timestamp;
use ports::{Batch, Change, GraphBackend, Quarantined};

use super::{
    batches::Place,
    item::{Texts, Unfit},
};
use crate::{MemoryGraph, Result, export::pages};

/// The most bytes of text that go into quarantine at once, unless one record alone has more.
const LARGEST: usize = 8 << 20;

/// What the store has in quarantine.
#[derive(Debug, Default)]
pub(super) struct Quarantine {
    ids: Texts,
}

impl Quarantine {
    pub(super) async fn of(backend: &dyn GraphBackend) -> Result<Self> {
        let mut ids = Texts::default();
        let mut pages = pages::Quarantine::of(backend);
        while let Some(page) = pages.next().await? {
            for record in page {
                ids.add(&record.id);
            }
        }
        Ok(Self { ids })
    }
}

impl Unfit {
    /// Makes a record for the quarantine of it: the same one each time the file is imported.
    pub(super) fn into_quarantined(self, place: Option<Place>, now: Timestamp) -> Quarantined {
        let without_nul = |text: String| {
            if text.contains('\0') {
                text.replace('\0', "\u{fffd}")
            } else {
                text
            }
        };
        let source = match place {
            Some(Place {
                line: Some(line), ..
            }) => format!("an import, line {line}"),
            Some(Place { number, .. }) => format!("an import, {} {number}", self.kind.as_str()),
            None => "an import".to_owned(),
        };
        Quarantined {
            id: self.id(),
            kind: self.kind,
            memories: self.memories,
            reason: without_nul(self.reason),
            source,
            document: without_nul(self.document),
            at: now,
        }
    }
}

impl MemoryGraph {
    /// Puts the records into quarantine that are not there, and returns how many those are.
    pub(super) async fn quarantine_new(
        &self,
        records: Vec<Quarantined>,
        there: &mut Quarantine,
    ) -> Result<u64> {
        let mut added = 0;
        let mut batch = Batch::default();
        let mut bytes = 0;
        for record in records {
            if !there.ids.add(&record.id) {
                continue;
            }
            added += 1;
            bytes += record.document.len();
            batch = batch.then(Change::Quarantine(Box::new(record)));
            if bytes >= LARGEST {
                bytes = 0;
                self.backend.apply(std::mem::take(&mut batch)).await?;
            }
        }
        if !batch.changes.is_empty() {
            self.backend.apply(batch).await?;
        }
        Ok(added)
    }
}
