//! What is in quarantine.

use domain::PageRequest;
use ports::{Batch, Change, GraphBackend, Quarantined};

use super::{KeptAside, LARGEST, first_page};
use crate::Result;

/// Puts into quarantine in the target what the source has there and the target lacks, unless it is a
/// dry run.
pub(super) async fn carry(
    from: &dyn GraphBackend,
    to: &dyn GraphBackend,
    dry_run: bool,
) -> Result<KeptAside> {
    let mut kept = KeptAside::default();
    let mut there = Sorted::new(to);
    let mut page = first_page();
    loop {
        let part = from.quarantine(&page).await?;
        let mut batch = Batch::default();
        let mut bytes = 0;
        for record in part.items {
            kept.read += 1;
            if there.has(&record.id).await? {
                continue;
            }
            if dry_run {
                kept.added += 1;
            } else {
                let size = record.document.len();
                if bytes + size > LARGEST {
                    kept.added += put(to, std::mem::take(&mut batch)).await?;
                    bytes = 0;
                }
                bytes += size;
                batch = batch.then(Change::Quarantine(Box::new(record)));
            }
        }
        kept.added += put(to, batch).await?;
        let Some(cursor) = part.next else {
            // Somebody else may have put some there meanwhile.
            kept.already_there = kept.read.saturating_sub(kept.added);
            return Ok(kept);
        };
        page = page.after(cursor);
    }
}

async fn put(to: &dyn GraphBackend, batch: Batch) -> Result<u64> {
    if batch.changes.is_empty() {
        return Ok(0);
    }
    Ok(to.apply(batch).await?.quarantined_added)
}

/// Looks up ids that ascend in what is in quarantine, which is listed in the same order.
struct Sorted<'a> {
    store: &'a dyn GraphBackend,
    /// The next page; none after the last.
    page: Option<PageRequest>,
    found: std::iter::Peekable<std::vec::IntoIter<Quarantined>>,
}

impl<'a> Sorted<'a> {
    fn new(store: &'a dyn GraphBackend) -> Self {
        Self {
            store,
            page: Some(first_page()),
            found: Vec::new().into_iter().peekable(),
        }
    }

    async fn has(&mut self, id: &str) -> Result<bool> {
        loop {
            while self.found.next_if(|found| found.id.as_str() < id).is_some() {}
            if let Some(found) = self.found.peek() {
                return Ok(found.id == id);
            }
            let Some(page) = self.page.take() else {
                return Ok(false);
            };
            let part = self.store.quarantine(&page).await?;
            self.page = part.next.map(|cursor| page.after(cursor));
            self.found = part.items.into_iter().peekable();
        }
    }
}
