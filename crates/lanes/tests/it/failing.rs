//! Who hears of which failure, and what is kept in spite of it.

use memorygraph_lanes::LaneError;

use crate::{
    account::{Outcome, Refused, failed, open},
    gate::{hold_writer, put, queued, waiting},
};

fn panicked<T>(message: &str) -> Outcome<T> {
    Err(LaneError::Panicked(message.to_owned()))
}

#[tokio::test]
async fn a_job_that_fails_is_taken_back_and_only_its_caller_hears_of_it() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let before = queued(&lanes, 1);
    let fails = waiting(lanes.write(|account| {
        account.put(2);
        Err::<(), _>(Refused("two"))
    }));
    let after = queued(&lanes, 3);
    gate.open();
    held.await.unwrap();
    assert_eq!(before.await, Ok(1));
    assert_eq!(fails.await, failed("two"));
    assert_eq!(after.await, Ok(3));
    assert_eq!(
        book.take_log(),
        [
            "begin", "mark", "put 1", "release", "mark", "put 2", "rewind", "mark", "put 3",
            "release", "commit"
        ]
    );
    assert_eq!(book.committed(), [1, 3]);
}

#[tokio::test]
async fn a_job_that_panics_is_taken_back_and_only_its_caller_hears_of_it() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let before = queued(&lanes, 1);
    let number = 2;
    let panics = waiting(lanes.write::<()>(move |account| {
        account.put(number);
        panic!("number {number}");
    }));
    let after = queued(&lanes, 3);
    gate.open();
    held.await.unwrap();
    assert_eq!(before.await, Ok(1));
    assert_eq!(panics.await, panicked("number 2"));
    assert_eq!(after.await, Ok(3));
    assert_eq!(book.committed(), [1, 3]);
}

#[tokio::test]
async fn a_panic_without_a_text_is_told_too() {
    let (_book, lanes) = open();
    let panics = lanes.write::<()>(|_| std::panic::panic_any(7));
    assert_eq!(panics.await, panicked("no message"));
}

#[tokio::test]
async fn a_transaction_that_keeps_nothing_is_rolled_back_instead_of_committed() {
    let (book, lanes) = open();
    let fails = lanes.write(|_| Err::<(), _>(Refused("alone")));
    assert_eq!(fails.await, failed("alone"));
    assert_eq!(book.take_log(), ["begin", "rollback"]);
}

#[tokio::test]
async fn the_only_job_of_a_transaction_is_not_marked() {
    let (book, lanes) = open();
    let puts = lanes.write(|account| {
        account.put(1);
        Ok(1)
    });
    assert_eq!(puts.await, Ok(1));
    assert_eq!(book.take_log(), ["begin", "put 1", "commit"]);
}

#[tokio::test]
async fn a_failed_commit_is_told_to_everyone_who_had_succeeded() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let first = waiting(lanes.write(|account| {
        account.put(1);
        account.fail("commit");
        Ok(())
    }));
    let fails = waiting(lanes.write(|_| Err::<(), _>(Refused("two"))));
    let third = queued(&lanes, 3);
    gate.open();
    held.await.unwrap();
    assert_eq!(first.await, failed("commit"));
    assert_eq!(fails.await, failed("two"));
    assert_eq!(third.await, failed("commit"));
    assert_eq!(book.take_log().last().unwrap(), "rollback");
    assert_eq!(put(&lanes, 4).await, Ok(4));
    assert_eq!(book.committed(), [4]);
}

#[tokio::test]
async fn when_the_transaction_cannot_begin_none_has_run_and_all_are_told() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let arranges = waiting(lanes.write_alone(|account| {
        account.fail("begin");
        Ok(())
    }));
    let (first, second) = (queued(&lanes, 1), queued(&lanes, 2));
    gate.open();
    held.await.unwrap();
    arranges.await.unwrap();
    assert_eq!(first.await, failed("begin"));
    assert_eq!(second.await, failed("begin"));
    assert_eq!(book.take_log(), ["begin"]);
    assert_eq!(put(&lanes, 3).await, Ok(3));
}

#[tokio::test]
async fn when_the_engine_gives_up_those_who_ran_are_told_and_the_others_get_a_new_transaction() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let earlier = queued(&lanes, 1);
    let loses = waiting(lanes.write(|account| {
        account.put(2);
        account.give_up();
        Err::<(), _>(Refused("disk full"))
    }));
    let (later, last) = (queued(&lanes, 3), queued(&lanes, 4));
    gate.open();
    held.await.unwrap();
    assert_eq!(earlier.await, failed("disk full"));
    assert_eq!(loses.await, failed("disk full"));
    assert_eq!(later.await, Ok(3));
    assert_eq!(last.await, Ok(4));
    assert_eq!(
        book.take_log(),
        [
            "begin", "mark", "put 1", "release", "mark", "put 2", "give up", "begin", "mark",
            "put 3", "release", "mark", "put 4", "release", "commit"
        ]
    );
    assert_eq!(book.committed(), [3, 4]);
}

#[tokio::test]
async fn a_job_that_hides_that_the_engine_gave_up_is_not_believed() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let earlier = queued(&lanes, 1);
    let hides = waiting(lanes.write(|account| {
        account.give_up();
        Ok(())
    }));
    let later = queued(&lanes, 3);
    gate.open();
    held.await.unwrap();
    assert_eq!(earlier.await, failed("no mark"));
    assert_eq!(hides.await, failed("no mark"));
    assert_eq!(later.await, Ok(3));
    assert_eq!(book.committed(), [3]);
}

#[tokio::test]
async fn when_the_engine_gives_up_under_a_panic_the_earlier_jobs_are_told_of_it() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let earlier = queued(&lanes, 1);
    let panics = waiting(lanes.write::<()>(|account| {
        account.give_up();
        panic!("two");
    }));
    gate.open();
    held.await.unwrap();
    assert_eq!(earlier.await, panicked("two"));
    assert_eq!(panics.await, panicked("two"));
    assert_eq!(book.committed(), [0; 0]);
}

#[tokio::test]
async fn a_job_that_cannot_be_taken_back_takes_the_transaction_with_it() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let earlier = queued(&lanes, 1);
    let sticks = waiting(lanes.write(|account| {
        account.put(2);
        account.fail("rewind");
        Err::<(), _>(Refused("two"))
    }));
    let later = queued(&lanes, 3);
    gate.open();
    held.await.unwrap();
    assert_eq!(earlier.await, failed("rewind"));
    assert_eq!(sticks.await, failed("two"));
    assert_eq!(later.await, Ok(3));
    assert_eq!(book.committed(), [3]);
}

#[tokio::test]
async fn a_mark_that_fails_takes_the_transaction_with_it() {
    let (book, lanes) = open();
    let (gate, held) = hold_writer(&lanes).await;
    let earlier = waiting(lanes.write(|account| {
        account.put(1);
        account.fail("mark");
        Ok(())
    }));
    let (unmarked, later) = (queued(&lanes, 2), queued(&lanes, 3));
    gate.open();
    held.await.unwrap();
    assert_eq!(earlier.await, failed("mark"));
    assert_eq!(unmarked.await, failed("mark"));
    assert_eq!(later.await, Ok(3));
    assert_eq!(book.committed(), [3]);
}

#[tokio::test]
async fn a_connection_that_panics_is_one_that_fails() {
    for call in ["mark", "release", "rewind", "commit", "rollback"] {
        let (book, lanes) = open();
        let (gate, held) = hold_writer(&lanes).await;
        let arranges = waiting(lanes.write_alone(move |account| {
            account.panic(call);
            Ok(())
        }));
        let write = queued(&lanes, 1);
        let refused = waiting(lanes.write(|_| Err::<(), _>(Refused("two"))));
        gate.open();
        held.await.unwrap();
        arranges.await.unwrap();
        let acknowledged = write.await.is_ok();
        assert_ne!(refused.await, Ok(()));
        assert_eq!(
            book.committed() == [1],
            acknowledged,
            "after a panic in {call}"
        );
        assert_eq!(put(&lanes, 3).await, Ok(3), "after a panic in {call}");
    }
}

#[tokio::test]
async fn a_transaction_that_could_not_be_rolled_back_is_ended_before_the_next_begins() {
    let (book, lanes) = open();
    let fails = lanes.write(|account| {
        account.put(1);
        account.fail("commit");
        account.fail("rollback");
        Ok(())
    });
    assert_eq!(fails.await, failed("commit"));
    assert_eq!(put(&lanes, 2).await, Ok(2));
    assert_eq!(book.committed(), [2]);
}

#[tokio::test]
async fn a_lone_job_runs_outside_any_transaction() {
    let (book, lanes) = open();
    let alone = lanes.write_alone(|account| {
        account.put(1);
        Ok("done")
    });
    assert_eq!(alone.await, Ok("done"));
    assert_eq!(book.take_log(), ["put 1"]);
}

#[tokio::test]
async fn a_lone_job_that_fails_or_panics_leaves_the_lane_alive() {
    let (_book, lanes) = open();
    let fails = lanes.write_alone(|_| Err::<(), _>(Refused("pragma")));
    assert_eq!(fails.await, failed("pragma"));
    let panics = lanes.write_alone::<()>(|_| panic!("vacuum"));
    assert_eq!(panics.await, panicked("vacuum"));
    assert_eq!(put(&lanes, 1).await, Ok(1));
}

#[tokio::test]
async fn what_a_lone_job_leaves_open_is_committed_if_it_succeeded_and_else_rolled_back() {
    use memorygraph_lanes::Transaction as _;

    let (book, lanes) = open();
    let succeeds = lanes.write_alone(|account| {
        account.begin()?;
        account.put(1);
        Ok(())
    });
    assert_eq!(succeeds.await, Ok(()));
    let fails = lanes.write_alone(|account| {
        account.begin()?;
        account.put(2);
        Err::<(), _>(Refused("two"))
    });
    assert_eq!(fails.await, failed("two"));
    let uncommitted = lanes.write_alone(|account| {
        account.begin()?;
        account.put(3);
        account.fail("commit");
        Ok(())
    });
    assert_eq!(uncommitted.await, failed("commit"));
    assert_eq!(book.committed(), [1]);
    assert_eq!(book.take_log().last().unwrap(), "rollback");
}

#[test]
fn errors_say_what_happened() {
    let text = |error: LaneError<Refused>| error.to_string();
    assert_eq!(text(LaneError::Closed), "the lanes are closed");
    assert_eq!(
        text(LaneError::Panicked("boom".into())),
        "a job panicked: boom"
    );
    assert_eq!(text(LaneError::Failed(Refused("disk full"))), "disk full");
}
