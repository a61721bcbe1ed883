//! Callers that go away.

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
    time::Duration,
};

use ports::GraphBackend;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::graph::{Chance, check_file, five, opened, raw, whole_fives};

const SEED: u64 = 31_337;

/// Polls a future some times and drops it; says whether it was done.
fn abandon(future: impl Future, polls: u64) -> bool {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..polls).any(|_| future.as_mut().poll(&mut context).is_ready())
}

/// While another process holds the file the writer waits, so what is sent meanwhile stays queued,
/// and what has no place in the queue waits for one.
#[test]
fn a_batch_whose_caller_went_away_in_the_queue_is_there_whole_or_not_at_all() {
    const SENT: usize = 2_500;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let backend = runtime.block_on(opened(&path));
    let holder = raw(&path);
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();

    let mut chance = Chance(SEED);
    let mut never_polled = BTreeSet::new();
    let mut polled = BTreeSet::new();
    for number in 0..SENT {
        let name = format!("{number:04}");
        let polls = chance.below(3);
        // Outside of the runtime, whose tasks are made to yield now and then.
        let done = abandon(backend.apply(five(&name)), polls);
        assert!(!done, "{name} was answered while the file was held");
        match polls {
            0 => _ = never_polled.insert(name),
            _ => _ = polled.insert(name),
        }
    }
    holder.execute_batch("ROLLBACK").unwrap();

    runtime.block_on(backend.apply(five("last"))).unwrap();
    let there: BTreeSet<String> = whole_fives(&holder).into_iter().collect();
    assert!(there.contains("last"));
    assert!(there.is_disjoint(&never_polled));
    // What was polled took a place while there was one, and ran without its caller.
    let ran = there.intersection(&polled).count();
    assert!(ran >= 1_000, "only {ran} ran");
    assert!(ran < polled.len(), "the queue was never full");
    check_file(&holder);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_that_are_aborted_at_any_moment_leave_no_half_batch() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = Arc::new(opened(&path).await);
    let mut chance = Chance(SEED);
    let mut acknowledged = BTreeSet::new();
    for round in 0..60 {
        let tasks: Vec<_> = (0..20)
            .map(|task| {
                let backend = Arc::clone(&backend);
                let name = format!("{round}-{task}");
                let moment = Duration::from_micros(chance.below(4_000));
                tokio::spawn(async move {
                    let answer = backend.apply(five(&name));
                    match tokio::time::timeout(moment, answer).await {
                        Ok(answer) => {
                            answer.unwrap();
                            Some(name)
                        }
                        Err(_) => None,
                    }
                })
            })
            .collect();
        if chance.below(2) == 0 {
            tasks.iter().step_by(3).for_each(JoinHandle::abort);
        }
        for task in tasks {
            if let Ok(Some(name)) = task.await {
                acknowledged.insert(name);
            }
        }
    }
    backend.apply(five("last")).await.unwrap();
    let connection = raw(&path);
    let there: BTreeSet<String> = whole_fives(&connection).into_iter().collect();
    assert!(there.contains("last"));
    let lost: Vec<_> = acknowledged.difference(&there).collect();
    assert!(lost.is_empty(), "seed {SEED}: lost {lost:?}");
    assert!(
        acknowledged.len() < 60 * 20,
        "none of the callers went away"
    );
    check_file(&connection);
}

#[tokio::test]
async fn a_read_whose_caller_went_away_holds_nothing_up() {
    let folder = TempDir::new().unwrap();
    let backend = opened(&folder.path().join("graph.db")).await;
    backend.apply(five("a")).await.unwrap();
    for _ in 0..2_000 {
        abandon(backend.statistics(), 1);
    }
    assert_eq!(backend.statistics().await.unwrap().memories, 3);
    backend.close().await.unwrap();
}
