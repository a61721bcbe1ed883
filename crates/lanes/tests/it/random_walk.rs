//! Whatever happens: what is kept is what was acknowledged, in order.

use memorygraph_lanes::LaneOptions;
use proptest::prelude::*;

use crate::{
    account::{Account, Outcome, Refused, open_with},
    gate::{hold_writer, waiting},
};

/// What a job does after it has written its number.
#[derive(Clone, Copy, Debug)]
enum Then {
    Succeed,
    Fail,
    Panic,
    /// Succeeds, but the engine refuses this when it is next asked.
    Arrange(&'static str),
    /// Fails, because the engine has rolled back.
    GiveUp,
    /// Says that it succeeded although the engine has rolled back.
    Hide,
}

/// What goes on on an engine without a fault.
const PLAIN: &[Then] = &[Then::Succeed, Then::Fail, Then::Panic];

fn then() -> impl Strategy<Value = Then> {
    let calls = ["begin", "mark", "release", "rewind", "commit", "rollback"];
    prop_oneof![
        6 => Just(Then::Succeed),
        3 => Just(Then::Fail),
        2 => Just(Then::Panic),
        2 => prop::sample::select(calls.to_vec()).prop_map(Then::Arrange),
        1 => Just(Then::GiveUp),
        1 => Just(Then::Hide),
    ]
}

fn run(account: &mut Account, number: u32, then: Then) -> Result<u32, Refused> {
    account.put(number);
    match then {
        Then::Succeed => {}
        Then::Fail => return Err(Refused("fail")),
        Then::Panic => panic!("panic"),
        Then::Arrange(call) => account.fail(call),
        Then::GiveUp => {
            account.give_up();
            return Err(Refused("disk full"));
        }
        Then::Hide => account.give_up(),
    }
    Ok(number)
}

/// Queues all jobs behind a gate, and returns what was acknowledged and what was kept.
async fn walk(jobs: Vec<Then>, group: usize, queue: usize) -> (Vec<u32>, Vec<u32>) {
    let (book, lanes) = open_with(LaneOptions {
        group,
        queue,
        ..LaneOptions::default()
    });
    let (gate, held) = hold_writer(&lanes).await;
    let calls: Vec<_> = (0..)
        .zip(jobs)
        .map(|(number, then)| waiting(lanes.write(move |account| run(account, number, then))))
        .collect();
    gate.open();
    held.await.expect("the gate job does nothing");
    let mut acknowledged = Vec::new();
    for call in calls {
        let outcome: Outcome<u32> = call.await;
        acknowledged.extend(outcome.ok());
    }
    lanes.close().await;
    (acknowledged, book.committed())
}

fn walked(jobs: Vec<Then>, group: usize, queue: usize) -> (Vec<u32>, Vec<u32>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.expect("a runtime without drivers always starts");
    runtime.block_on(walk(jobs, group, queue))
}

proptest! {
    #[test]
    fn what_is_kept_is_what_was_acknowledged_in_order(
        jobs in prop::collection::vec(then(), 0..40),
        group in 1_usize..10,
        queue in 1_usize..20,
    ) {
        let (acknowledged, kept) = walked(jobs, group, queue);
        prop_assert_eq!(acknowledged, kept);
    }

    #[test]
    fn without_a_fault_of_the_engine_exactly_the_jobs_that_succeed_are_kept(
        jobs in prop::collection::vec(prop::sample::select(PLAIN), 0..40),
        group in 1_usize..10,
    ) {
        let expected: Vec<u32> = (0..)
            .zip(&jobs)
            .filter(|(_, then)| matches!(then, Then::Succeed))
            .map(|(number, _)| number)
            .collect();
        let (acknowledged, kept) = walked(jobs, group, 64);
        prop_assert_eq!(&acknowledged, &expected);
        prop_assert_eq!(&kept, &expected);
    }
}
