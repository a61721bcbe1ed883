//! Batches on their way through the writer's lane, and the way back for their receipts.

use std::iter;

use tokio::sync::oneshot;

use crate::{
    error::{LaneError, guarded},
    job::{Answer, Caller, Job, Work, drop_guarded},
    transaction::{Applied, Ended, Transaction},
};

/// A batch, and who waits for its receipt.
pub(crate) struct Entry<C: Transaction> {
    batch: C::Batch,
    caller: Caller<C::Receipt, C::Error>,
}

/// Wraps the batch as an entry.
pub(crate) fn entry<C: Transaction>(batch: C::Batch) -> (Entry<C>, Answer<C::Receipt, C::Error>) {
    let (caller, answer) = oneshot::channel();
    (Entry { batch, caller }, answer)
}

/// Wraps batches that came one after the other as one job.
pub(crate) fn together<C: Transaction>(entries: Vec<Entry<C>>) -> Job<C> {
    let (batches, callers) = entries
        .into_iter()
        .map(|entry| (entry.batch, entry.caller))
        .unzip();
    Box::new(Together {
        batches,
        callers,
        applied: Vec::new(),
    })
}

struct Together<C: Transaction> {
    batches: Vec<C::Batch>,
    callers: Vec<Caller<C::Receipt, C::Error>>,
    applied: Vec<Applied<C>>,
}

impl<C: Transaction> Work<C> for Together<C> {
    fn run(&mut self, connection: &mut C) -> Ended<C> {
        self.applied = guarded(|| {
            let applied = connection.apply(&self.batches)?;
            assert_eq!(
                applied.len(),
                self.batches.len(),
                "not each batch has an answer"
            );
            Ok(applied)
        })?;
        match self.applied.as_slice() {
            // Nothing was kept, so there is nothing to commit.
            [Err(error)] => Err(LaneError::Failed(error.clone())),
            _ => Ok(()),
        }
    }

    fn answer(self: Box<Self>, ended: Ended<C>) {
        let Self {
            batches,
            callers,
            applied,
        } = *self;
        let answers: Box<dyn Iterator<Item = _>> = match ended {
            Ok(()) => Box::new(
                applied
                    .into_iter()
                    .map(|applied| applied.map_err(LaneError::Failed)),
            ),
            Err(error) => Box::new(iter::repeat_with(move || Err(error.clone()))),
        };
        // Without its caller an answer is dropped here, and with it foreign code runs, as for a closure.
        for (caller, answer) in callers.into_iter().zip(answers) {
            drop_guarded(caller.send(answer));
        }
        batches.into_iter().for_each(drop_guarded);
    }

    fn split(&mut self) -> Option<Vec<Job<C>>> {
        if self.batches.len() < 2 {
            return None;
        }
        let batches = self.batches.drain(..);
        let entries = batches
            .zip(self.callers.drain(..))
            .map(|(batch, caller)| Entry { batch, caller });
        Some(entries.map(|entry| together(vec![entry])).collect())
    }
}
