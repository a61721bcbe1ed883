//! Batches that wait next to each other are applied at once.

use memorygraph_lanes::{LaneError, Lanes};

use crate::{
    account::{Account, Outcome, POISON, failed, open},
    gate::{Waiting, hold_writer, queued, waiting},
};

/// A batch that stands in the queue.
fn batch(lanes: &Lanes<Account>, number: u32) -> Waiting<'_, Outcome<u32>> {
    waiting(lanes.apply(number))
}

/// A write that stands in the queue, and lets the next call of this method fail or panic.
fn before(
    lanes: &Lanes<Account>,
    prepare: impl FnOnce(&mut Account) + Send + 'static,
) -> Waiting<'_, Outcome<()>> {
    waiting(lanes.write(|account| {
        prepare(account);
        Ok(())
    }))
}

#[tokio::test]
async fn neighbouring_batches_are_applied_at_once() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let (first, second) = (batch(&lanes, 1), batch(&lanes, 2));
    let between = queued(&lanes, 3);
    let third = batch(&lanes, 4);
    gate.open();
    held.await.unwrap();
    assert_eq!((first.await, second.await), (Ok(1), Ok(2)));
    assert_eq!((between.await, third.await), (Ok(3), Ok(4)));
    assert_eq!(
        book.take_log(),
        [
            "begin", "mark", "apply", "put 1", "put 2", "release", "mark", "put 3", "release",
            "mark", "apply", "put 4", "release", "commit"
        ]
    );
}

#[tokio::test]
async fn a_batch_that_is_refused_costs_the_others_nothing() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let (first, refused, last) = (batch(&lanes, 1), batch(&lanes, 0), batch(&lanes, 2));
    gate.open();
    held.await.unwrap();
    assert_eq!((first.await, last.await), (Ok(1), Ok(2)));
    assert_eq!(refused.await, failed("zero"));
    assert_eq!(book.committed(), [1, 2]);
}

#[tokio::test]
async fn when_the_whole_fails_each_batch_is_tried_alone() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let (first, poison, last) = (batch(&lanes, 1), batch(&lanes, POISON), batch(&lanes, 2));
    gate.open();
    held.await.unwrap();
    assert_eq!((first.await, last.await), (Ok(1), Ok(2)));
    assert_eq!(poison.await, failed("poison"));
    assert_eq!(book.committed(), [1, 2]);
}

#[tokio::test]
async fn when_the_whole_panics_each_batch_is_tried_alone() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let prepared = before(&lanes, |account| account.panic("apply"));
    let (first, last) = (batch(&lanes, 1), batch(&lanes, 2));
    gate.open();
    held.await.unwrap();
    assert_eq!(prepared.await, Ok(()));
    assert_eq!((first.await, last.await), (Ok(1), Ok(2)));
    assert_eq!(book.committed(), [1, 2]);
}

#[tokio::test]
async fn a_commit_that_fails_is_told_to_every_batch() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let (first, refused) = (batch(&lanes, 1), batch(&lanes, 0));
    let failing = before(&lanes, |account| account.fail("commit"));
    gate.open();
    held.await.unwrap();
    assert_eq!(first.await, failed("commit"));
    assert_eq!(refused.await, failed("commit"));
    assert_eq!(failing.await, failed("commit"));
    assert_eq!(book.committed(), [0_u32; 0]);
    assert_eq!(lanes.apply(5).await, Ok(5));
}

#[tokio::test]
async fn one_batch_that_fails_is_told_so() {
    let (book, lanes) = open();
    assert_eq!(lanes.apply(0).await, failed("zero"));
    assert_eq!(lanes.apply(POISON).await, failed("poison"));
    assert_eq!(lanes.apply(7).await, Ok(7));
    assert_eq!(book.committed(), [7]);
    lanes.close().await;
    assert_eq!(lanes.apply(8).await, Err(LaneError::Closed));
}
