mod answers;
pub(crate) mod batches;

use adapter_memory::MemoryBackend;
use ports::{Batch, Change, Conflict, GraphBackend};

use crate::{
    Harness, LawResult,
    chance::Chance,
    samples::{caught_up, open},
};

use self::{answers::compare, batches::random_batch};

/// Other seeds than the usual ones are tried by this variable.
const SEED: &str = "RANDOM_WALK_SEED";

/// The seeds of a law: those that it names, or the one of the environment.
fn seeds(usual: &[u64]) -> Vec<u64> {
    match std::env::var(SEED).map(|seed| seed.parse()) {
        Ok(Ok(seed)) => vec![seed],
        _ => usual.to_vec(),
    }
}

/// Hands the same batch to both, and fails unless both do the same.
async fn apply_to_both(
    store: &dyn GraphBackend,
    oracle: &dyn GraphBackend,
    batch: Batch,
    place: &str,
) -> LawResult {
    let written = format!("{batch:#?}");
    let done = (store.apply(batch.clone()).await, oracle.apply(batch).await);
    match done {
        (Ok(done), Ok(expected)) => assert_eq!(done, expected, "{place}: {written}"),
        (Err(failed), Err(expected)) => {
            let kinds = (failed.kind(), expected.kind());
            assert_eq!(kinds.0, kinds.1, "{place}: {failed}; {expected}; {written}");
            match (failed.found(), expected.found()) {
                // There may be several cycles, and each is a reason.
                (Some(Conflict::Cycle(cycle)), Some(Conflict::Cycle(_))) => {
                    assert_eq!(cycle.first(), cycle.last(), "{place}: {cycle:?}");
                }
                (found, expected) => assert_eq!(found, expected, "{place}: {written}"),
            }
        }
        (done, expected) => {
            panic!("{place}: it was {done:?}, and had to be {expected:?}: {written}")
        }
    }
    Ok(())
}

/// After any batches a backend answers every question as a graph in memory does. A failure names
/// its seed.
pub async fn random_batches_are_answered_alike(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    for seed in seeds(&[1, 2]) {
        let oracle = MemoryBackend::new();
        empty(&*store).await?;
        let mut chance = Chance::new(seed);
        for step in 0..90 {
            let place = format!("{SEED}={seed}, step {step}");
            let batch = random_batch(&oracle, step, &mut chance).await?;
            apply_to_both(&*store, &oracle, batch, &place).await?;
            if step % 3 == 2 {
                compare(&*store, &oracle, &mut chance, &place).await?;
            }
        }
    }
    Ok(())
}

/// The same holds when the store is opened again now and then, and used through two openings where
/// it is durable.
pub async fn reopening_changes_no_answer(h: &dyn Harness) -> LawResult {
    let mut stores = [open(h).await?, open(h).await?];
    let durable = stores[0].capabilities().durable;
    for seed in seeds(&[3]) {
        let mut oracle = MemoryBackend::new();
        empty(&*stores[0]).await?;
        let mut chance = Chance::new(seed);
        for step in 0..60 {
            let place = format!("{SEED}={seed}, step {step}");
            let writer = if durable { chance.below(2) } else { 0 };
            let batch = random_batch(&oracle, step, &mut chance).await?;
            apply_to_both(&*stores[writer], &oracle, batch, &place).await?;
            if step % 5 == 4 {
                let reader = if durable { 1 - writer } else { 0 };
                caught_up(&*stores[reader]).await?;
                compare(&*stores[reader], &oracle, &mut chance, &place).await?;
            }
            if step % 20 == 19 {
                stores[writer].close().await?;
                stores[writer] = open(h).await?;
                if !durable {
                    oracle = MemoryBackend::new();
                }
                compare(&*stores[writer], &oracle, &mut chance, &place).await?;
            }
        }
    }
    Ok(())
}

/// Removes everything, and every trace of it.
async fn empty(store: &dyn GraphBackend) -> LawResult {
    let memories = batches::MEMORIES.map(|name| Change::EraseMemory(crate::samples::id(name)));
    let kept = store.quarantine(&crate::samples::first(100)).await?.items;
    let kept = kept
        .into_iter()
        .map(|record| Change::ReleaseQuarantined(record.id));
    let removal = memories.into_iter().chain(kept);
    store
        .apply(removal.fold(Batch::default(), Batch::then))
        .await?;
    Ok(())
}
