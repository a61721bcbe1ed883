//! How lanes open and end.

use std::{cell::Cell, sync::mpsc};

use memorygraph_lanes::{LaneError, LaneOptions, Lanes};

use crate::{
    account::{Account, Book, Refused, open, open_with},
    gate::{Waiting, hold_reader, hold_writer, is_done, put, queued, waiting},
};

const CLOSED: [&str; 3] = ["close reader", "close reader", "close writer"];

#[test]
fn a_writer_that_cannot_be_opened_fails_the_opening() {
    let book = Book::default();
    let opened: Result<Lanes<Account>, _> = Lanes::open(
        LaneOptions::default(),
        || Err(Refused("locked")),
        || Ok(book.connect("reader")),
    );
    assert_eq!(opened.err(), Some(Refused("locked")));
    assert!(book.take_log().is_empty());
}

#[test]
fn a_reader_that_cannot_be_opened_fails_the_opening_and_closes_the_others() {
    let book = Book::default();
    let readers = Cell::new(0);
    let opened = Lanes::open(
        LaneOptions::default(),
        || Ok(book.connect("writer")),
        || {
            readers.set(readers.get() + 1);
            match readers.get() {
                1 => Ok(book.connect("reader")),
                _ => Err(Refused("too many files")),
            }
        },
    );
    assert_eq!(opened.err(), Some(Refused("too many files")));
    assert_eq!(book.take_log(), ["close reader", "close writer"]);
}

#[tokio::test]
async fn closing_waits_until_every_connection_is_closed_the_writers_last() {
    let (book, lanes) = open();
    let (gate, held) = hold_reader(&lanes).await;
    let mut closing = waiting(lanes.close());
    assert!(!is_done(&mut closing));
    gate.open();
    closing.await;
    held.await.unwrap();
    assert_eq!(book.take_log(), CLOSED);
}

#[tokio::test]
async fn what_is_queued_runs_to_its_end_before_the_lanes_close() {
    let (book, lanes) = open_with(LaneOptions {
        group: 2,
        ..LaneOptions::default()
    });
    let (write_gate, writes) = hold_writer(&lanes).await;
    let (first_gate, first) = hold_reader(&lanes).await;
    let (second_gate, second) = hold_reader(&lanes).await;
    let calls: Vec<_> = (1..=5).map(|number| queued(&lanes, number)).collect();
    let read = waiting(lanes.read(|_| Ok("read")));
    let closing = waiting(lanes.close());
    for gate in [write_gate, first_gate, second_gate] {
        gate.open();
    }
    closing.await;
    for held in [writes, first, second] {
        held.await.unwrap();
    }
    for (number, call) in (1..).zip(calls) {
        assert_eq!(call.await, Ok(number));
    }
    assert_eq!(read.await, Ok("read"));
    assert_eq!(book.committed(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn later_calls_are_told_that_the_lanes_are_closed() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let closing = waiting(lanes.close());
    // Already while the rest still runs.
    assert_eq!(put(&lanes, 1).await, Err(LaneError::Closed));
    assert_eq!(lanes.read(|_| Ok(())).await, Err(LaneError::Closed));
    gate.open();
    held.await.unwrap();
    closing.await;
    assert_eq!(put(&lanes, 1).await, Err(LaneError::Closed));
    assert_eq!(lanes.write_alone(|_| Ok(())).await, Err(LaneError::Closed));
    assert_eq!(lanes.read(|_| Ok(())).await, Err(LaneError::Closed));
    assert_eq!(book.committed(), [0; 0]);
}

#[tokio::test]
async fn those_who_wait_for_a_place_are_told_that_the_lanes_are_closed() {
    let (book, lanes) = open_with(LaneOptions {
        queue: 1,
        ..LaneOptions::default()
    });
    let (gate, held) = hold_writer(&lanes).await;
    let (placed, waits) = (queued(&lanes, 1), queued(&lanes, 2));
    let closing = waiting(lanes.close());
    assert_eq!(waits.await, Err(LaneError::Closed));
    gate.open();
    held.await.unwrap();
    closing.await;
    assert_eq!(placed.await, Ok(1));
    assert_eq!(book.committed(), [1]);
}

#[tokio::test]
async fn a_caller_that_stopped_polling_does_not_keep_the_lanes_from_closing() {
    let (book, lanes) = open_with(LaneOptions {
        queue: 1,
        ..LaneOptions::default()
    });
    let (gate, held) = hold_writer(&lanes).await;
    let (placed, stopped) = (queued(&lanes, 1), queued(&lanes, 2));
    gate.open();
    held.await.unwrap();
    // The free place is promised to the call that is not polled.
    assert_eq!(placed.await, Ok(1));
    lanes.close().await;
    assert_eq!(stopped.await, Err(LaneError::Closed));
    assert_eq!(book.committed(), [1]);
}

#[tokio::test]
async fn closing_again_returns_at_once() {
    let (book, lanes) = open();
    lanes.close().await;
    assert_eq!(book.take_log(), CLOSED);
    let mut again: Waiting<'_, ()> = Box::pin(lanes.close());
    assert!(is_done(&mut again));
}

#[tokio::test]
async fn all_who_close_at_the_same_time_wait_for_the_end() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let closings = [
        waiting(lanes.close()),
        waiting(lanes.close()),
        waiting(lanes.close()),
    ];
    gate.open();
    held.await.unwrap();
    for closing in closings {
        closing.await;
    }
    assert_eq!(book.take_log(), CLOSED);
}

#[tokio::test]
async fn closing_goes_on_when_nobody_waits_for_it() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    drop(waiting(lanes.close()));
    assert_eq!(put(&lanes, 1).await, Err(LaneError::Closed));
    gate.open();
    held.await.unwrap();
    lanes.close().await;
    assert_eq!(book.committed(), [0; 0]);
}

#[tokio::test]
async fn dropped_lanes_finish_what_is_queued_and_close_their_connections() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let (told, closed) = mpsc::channel();
    drop(waiting(lanes.write(move |account| {
        account.put(1);
        account.at_close(told);
        Ok(())
    })));
    drop(held);
    // Comes back although the writer is held.
    drop(lanes);
    gate.open();
    closed
        .recv()
        .expect_err("the sender goes with the connection");
    assert_eq!(book.committed(), [1]);
    assert_eq!(
        book.take_log()
            .iter()
            .filter(|call| call.starts_with("close"))
            .count(),
        3
    );
}
