//! One transaction for all that waits.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake},
    thread::{self, Thread},
};

use memorygraph_lanes::LaneOptions;

use crate::{
    account::{Outcome, Refused, open, open_with},
    gate::{gate, hold_writer, is_done, put, queued, waiting},
};

#[tokio::test]
async fn all_that_waits_shares_one_transaction_with_a_mark_for_each_job() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let (first, second) = (queued(&lanes, 1), queued(&lanes, 2));
    gate.open();
    held.await.unwrap();
    assert_eq!(first.await, Ok(1));
    assert_eq!(second.await, Ok(2));
    assert_eq!(
        book.take_log(),
        [
            "begin", "mark", "put 1", "release", "mark", "put 2", "release", "commit"
        ]
    );
}

#[tokio::test]
async fn sixty_four_writers_cost_one_commit() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let numbers: Vec<_> = (0..64).collect();
    let calls: Vec<_> = numbers
        .iter()
        .map(|&number| queued(&lanes, number))
        .collect();
    gate.open();
    held.await.unwrap();
    for call in calls {
        call.await.unwrap();
    }
    let commits = book
        .take_log()
        .into_iter()
        .filter(|call| call == "commit")
        .count();
    assert_eq!(commits, 1);
    assert_eq!(book.committed(), numbers);
}

#[tokio::test]
async fn a_group_is_no_larger_than_the_options_say() {
    let (book, lanes) = open_with(LaneOptions {
        group: 2,
        ..LaneOptions::default()
    });
    let (gate, held) = hold_writer(&lanes).await;
    let calls: Vec<_> = (1..=3).map(|number| queued(&lanes, number)).collect();
    gate.open();
    held.await.unwrap();
    for call in calls {
        call.await.unwrap();
    }
    let shape: Vec<_> = book
        .take_log()
        .into_iter()
        .filter(|call| !matches!(call.as_str(), "mark" | "release"))
        .collect();
    assert_eq!(
        shape,
        [
            "begin", "put 1", "put 2", "commit", "begin", "put 3", "commit"
        ]
    );
}

#[tokio::test]
async fn answers_are_sent_after_the_commit() {
    let (_book, lanes) = open();
    let (gate_before, held) = hold_writer(&lanes).await;
    let (mut commit, bar) = gate();
    let mut kept = waiting(lanes.write(|account| {
        account.before_commit(|| drop(bar.wait()));
        Ok(())
    }));
    let mut refused = waiting(lanes.write(|_| Err::<(), _>(Refused("two"))));
    gate_before.open();
    held.await.unwrap();
    commit.reached().await;
    assert!(!is_done(&mut kept));
    assert!(!is_done(&mut refused));
    commit.open();
    kept.await.unwrap();
    refused.await.unwrap_err();
}

#[tokio::test]
async fn writes_run_in_the_order_of_their_calls_also_when_some_want_to_be_alone() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let (first, second) = (queued(&lanes, 1), queued(&lanes, 2));
    let alone = waiting(lanes.write_alone(|account| {
        account.put(3);
        Ok(())
    }));
    let last = queued(&lanes, 4);
    gate.open();
    held.await.unwrap();
    first.await.unwrap();
    second.await.unwrap();
    alone.await.unwrap();
    last.await.unwrap();
    let shape: Vec<_> = book
        .take_log()
        .into_iter()
        .filter(|call| !matches!(call.as_str(), "mark" | "release"))
        .collect();
    assert_eq!(
        shape,
        [
            "begin", "put 1", "put 2", "commit", "put 3", "begin", "put 4", "commit"
        ]
    );
}

#[tokio::test]
async fn a_full_queue_makes_callers_wait_in_the_order_in_which_they_came() {
    let (book, lanes) = open_with(LaneOptions {
        queue: 1,
        ..LaneOptions::default()
    });
    let (gate, held) = hold_writer(&lanes).await;
    let calls: Vec<_> = (1..=5).map(|number| queued(&lanes, number)).collect();
    gate.open();
    held.await.unwrap();
    for (number, call) in (1..).zip(calls) {
        assert_eq!(call.await, Ok(number));
    }
    assert_eq!(book.committed(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn zero_places_and_groups_of_zero_count_as_one() {
    let (book, lanes) = open_with(LaneOptions {
        queue: 0,
        group: 0,
        ..LaneOptions::default()
    });
    assert_eq!(put(&lanes, 1).await, Ok(1));
    assert_eq!(book.committed(), [1]);
}

#[test]
fn any_executor_will_do() {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let (book, lanes) = open();
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut call = pin!(async {
        put(&lanes, 1).await?;
        lanes.read(|_| Ok(())).await?;
        lanes.close().await;
        Ok(())
    });
    let outcome: Outcome<()> = loop {
        match call.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(outcome) => break outcome,
            Poll::Pending => thread::park(),
        }
    };
    assert_eq!(outcome, Ok(()));
    assert_eq!(book.committed(), [1]);
}
