//! Callers that go away.

use memorygraph_lanes::LaneOptions;

use crate::{
    account::{open, open_with},
    gate::{hold_writer, put, queued, waiting},
};

#[tokio::test]
async fn a_queued_job_is_kept_also_when_its_caller_is_gone() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    drop(queued(&lanes, 1));
    gate.open();
    held.await.unwrap();
    assert_eq!(put(&lanes, 2).await, Ok(2));
    assert_eq!(book.committed(), [1, 2]);
}

#[tokio::test]
async fn a_job_that_got_no_place_before_its_caller_left_never_runs() {
    let (book, lanes) = open_with(LaneOptions {
        queue: 1,
        ..LaneOptions::default()
    });
    let (gate, held) = hold_writer(&lanes).await;
    let placed = queued(&lanes, 1);
    let leaves = queued(&lanes, 2);
    let stays = queued(&lanes, 3);
    drop(leaves);
    gate.open();
    held.await.unwrap();
    assert_eq!(placed.await, Ok(1));
    assert_eq!(stays.await, Ok(3));
    assert_eq!(book.committed(), [1, 3]);
}

#[tokio::test]
async fn a_call_that_was_never_polled_never_runs() {
    let (book, lanes) = open();
    drop(put(&lanes, 1));
    assert_eq!(put(&lanes, 2).await, Ok(2));
    assert_eq!(book.committed(), [2]);
}

#[tokio::test]
async fn an_answer_that_panics_when_nobody_takes_it_leaves_the_lane_alive() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("nobody took the answer");
        }
    }

    let (_book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    drop(waiting(lanes.write(|_| Ok(Bomb))));
    gate.open();
    held.await.unwrap();
    assert_eq!(put(&lanes, 1).await, Ok(1));
}
