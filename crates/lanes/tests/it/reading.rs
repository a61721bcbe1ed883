//! Many readers, one queue.

use memorygraph_lanes::{LaneError, LaneOptions, Transaction as _};

use crate::{
    account::{Refused, failed, open, open_with},
    gate::{hold_reader, hold_writer, thread_name, waiting},
};

#[tokio::test]
async fn a_slow_read_does_not_hold_up_others() {
    let (_book, lanes) = open();
    let (gate, held) = hold_reader(&lanes).await;
    for number in 0..10 {
        assert_eq!(lanes.read(move |_| Ok(number)).await, Ok(number));
    }
    gate.open();
    held.await.unwrap();
}

#[tokio::test]
async fn the_next_read_goes_to_whichever_reader_is_free() {
    let (_book, lanes) = open();
    for the_first_is_free_first in [true, false] {
        // Both stand at their bars, so they run at the same time.
        let first = hold_reader(&lanes).await;
        let second = hold_reader(&lanes).await;
        let next = waiting(lanes.read(|_| Ok(thread_name())));
        let ((gate, free), (other_gate, other)) = if the_first_is_free_first {
            (first, second)
        } else {
            (second, first)
        };
        gate.open();
        assert_eq!(next.await, free.await);
        other_gate.open();
        other.await.unwrap();
    }
}

#[tokio::test]
async fn a_busy_writer_holds_up_no_read_and_a_busy_reader_no_write() {
    let (_book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    assert_eq!(lanes.read(|_| Ok(1)).await, Ok(1));
    gate.open();
    held.await.unwrap();

    let (gate, held) = hold_reader(&lanes).await;
    assert_eq!(lanes.write(|_| Ok(2)).await, Ok(2));
    gate.open();
    held.await.unwrap();
}

#[tokio::test]
async fn reads_wait_for_a_place_when_the_queue_is_full() {
    let (_book, lanes) = open_with(LaneOptions {
        queue: 1,
        ..LaneOptions::default()
    });
    let (first_gate, first) = hold_reader(&lanes).await;
    let (second_gate, second) = hold_reader(&lanes).await;
    let calls: Vec<_> = (0..3)
        .map(|number| waiting(lanes.read(move |_| Ok(number))))
        .collect();
    first_gate.open();
    second_gate.open();
    first.await.unwrap();
    second.await.unwrap();
    for (number, call) in (0..).zip(calls) {
        assert_eq!(call.await, Ok(number));
    }
}

#[tokio::test]
async fn a_read_that_fails_or_panics_leaves_its_reader_alive() {
    let (_book, lanes) = open();
    // More panics than readers: were a thread to die of one, the last read would have none.
    for _ in 0..3 {
        let fails = lanes.read(|_| Err::<(), _>(Refused("row")));
        assert_eq!(fails.await, failed("row"));
        let panics = lanes.read::<()>(|_| panic!("column"));
        assert_eq!(panics.await, Err(LaneError::Panicked("column".to_owned())));
    }
    assert_eq!(lanes.read(|_| Ok(1)).await, Ok(1));
}

#[tokio::test]
async fn a_transaction_that_a_read_leaves_open_is_rolled_back() {
    let (book, lanes) = open();
    let read = lanes.read(|account| {
        account.begin()?;
        Ok(1)
    });
    assert_eq!(read.await, Ok(1));
    assert_eq!(book.take_log(), ["begin", "rollback"]);
}

#[tokio::test]
async fn a_reader_that_cannot_leave_its_old_transaction_says_so_instead_of_reading_old_data() {
    let (_book, lanes) = open();
    // Only one reader is free, so both reads run on it.
    let (gate, held) = hold_reader(&lanes).await;
    let stuck = lanes.read(|account| {
        account.begin()?;
        account.fail("rollback");
        account.fail("rollback");
        Ok(1)
    });
    assert_eq!(stuck.await, Ok(1));
    assert_eq!(lanes.read(|_| Ok(2)).await, failed("rollback"));
    assert_eq!(lanes.read(|_| Ok(3)).await, Ok(3));
    gate.open();
    held.await.unwrap();
}

#[tokio::test]
async fn threads_are_named_after_the_lane() {
    let (_book, lanes) = open_with(LaneOptions {
        name: "book",
        ..LaneOptions::default()
    });
    let writer = lanes.write(|_| Ok(thread_name())).await;
    assert_eq!(writer, Ok("book-writer".to_owned()));
    let (first_gate, first) = hold_reader(&lanes).await;
    let (second_gate, second) = hold_reader(&lanes).await;
    first_gate.open();
    second_gate.open();
    let mut readers = [first.await.unwrap(), second.await.unwrap()];
    readers.sort();
    assert_eq!(readers, ["book-reader-1", "book-reader-2"]);
}
