//! Several openings of one replica, in one process and in several.

use std::collections::BTreeSet;

use memorygraph_adapter_turso::{Mode, TursoBackend, TursoOptions};
use ports::{Batch, ErrorKind, Expect, GraphBackend, Replica};
use tokio::runtime::Builder;

use crate::{
    contents::{assert_equals_primary, assert_sound, whole_chains, whole_chains_at},
    graph::{assert_fails, chain, id, memory},
    rerun::{Other, hear, role, say},
    world::{Hands, World, opened},
};

/// What an opening says that asks the primary for everything.
const WORDS: [&str; 3] = [
    "another process keeps",
    "the primary answers",
    "MEMORY_TURSO_PATH",
];

/// Fails unless the opening has the replica for itself and says nothing of others.
#[track_caller]
fn assert_keeps(device: &TursoBackend) {
    let notices = Replica::sync_status(device).notices;
    assert!(notices.is_empty(), "{notices:?}");
}

/// Fails unless the opening says that another one has the replica, once.
async fn assert_stands_in(device: &TursoBackend, words: &[&str]) {
    let health = device.health().await.unwrap();
    let says = |text: &String| words.iter().all(|word| text.contains(word));
    let said = health.warnings.iter().filter(|text| says(text)).count();
    assert_eq!(said, 1, "{:?}", health.warnings);
    assert!(health.warnings[0].contains("replica.db"));
    let notices = Replica::sync_status(device).notices;
    assert!(notices.iter().any(says), "{notices:?}");
}

#[tokio::test]
async fn a_second_opening_asks_the_primary_and_harms_nothing() {
    let world = World::new();
    let first = opened(world.replica("replica.db")).await;
    let second = opened(world.replica("replica.db")).await;
    assert_keeps(&first);
    assert_stands_in(&second, &WORDS).await;
    let mut written = BTreeSet::new();
    for number in 0..20 {
        let (one, other) = (format!("one{number}"), format!("other{number}"));
        first.apply(chain(&one, 5)).await.unwrap();
        second.apply(chain(&other, 5)).await.unwrap();
        written.extend([one, other]);
        // It sees what it wrote, and what the other one did.
        assert_eq!(whole_chains(&second).await, written);
        if number % 3 == 0 {
            Replica::sync(&first).await.unwrap();
            assert_eq!(whole_chains(&first).await, written);
        }
    }
    Replica::sync(&second).await.unwrap();
    Replica::sync(&first).await.unwrap();
    assert_equals_primary(&first, &world.primary).await;

    // It conflicts as any other device does.
    let new = Batch::default()
        .expect(Expect::Absent(id("m")))
        .put_memory(memory("m"));
    second.apply(new.clone()).await.unwrap();
    assert_fails(first.apply(new).await, ErrorKind::Conflict, &["m"]);

    second.close().await.unwrap();
    assert_keeps(&first);
    first.apply(chain("last", 5)).await.unwrap();
    assert_equals_primary(&first, &world.primary).await;
}

#[tokio::test]
async fn the_replica_goes_to_the_next_opening_when_the_first_is_closed() {
    let world = World::new();
    let first = opened(world.replica("replica.db")).await;
    let second = opened(world.replica("replica.db")).await;
    first.apply(chain("first", 5)).await.unwrap();
    first.close().await.unwrap();
    // Who is open goes on as it began.
    second.apply(chain("second", 5)).await.unwrap();
    assert_stands_in(&second, &WORDS).await;
    let third = opened(world.replica("replica.db")).await;
    assert_keeps(&third);
    third.apply(chain("third", 5)).await.unwrap();
    let all = ["first", "second", "third"].map(str::to_owned);
    assert_eq!(whole_chains(&second).await, BTreeSet::from(all.clone()));
    assert_eq!(whole_chains(&third).await, BTreeSet::from(all));
    assert_equals_primary(&third, &world.primary).await;
}

#[tokio::test]
async fn without_the_primary_a_second_opening_reads_the_copy() {
    let world = World::new();
    let first = opened(world.replica("replica.db")).await;
    first.apply(chain("first", 5)).await.unwrap();
    world.network.cut();
    let second = TursoBackend::create(world.replica("replica.db"))
        .await
        .unwrap();
    assert_stands_in(&second, &["another process keeps", "is read here as it is"]).await;
    let there = BTreeSet::from(["first".to_owned()]);
    assert_eq!(whole_chains(&second).await, there);
    assert_sound(&second).await;
    let written = second.apply(chain("second", 5)).await;
    assert_fails(written, ErrorKind::Unreachable, &["nothing was changed"]);
    assert_fails(
        Replica::sync(&second).await,
        ErrorKind::Busy,
        &["another process"],
    );

    world.network.mend();
    second.apply(chain("second", 5)).await.unwrap();
    first.apply(chain("third", 5)).await.unwrap();
    assert_equals_primary(&first, &world.primary).await;
    // What the first one synced is there for both.
    assert_eq!(whole_chains(&second).await, whole_chains(&first).await);
    assert_equals_primary(&second, &world.primary).await;
    second.close().await.unwrap();
    assert_keeps(&first);
    assert_equals_primary(&first, &world.primary).await;
}

#[test]
fn processes_share_a_replica_without_harm() {
    const TEST: &str = "second_process::processes_share_a_replica_without_harm";
    if let Some(role) = role() {
        return obey(&role);
    }
    let world = World::new();
    let role = |name: &str| {
        let path = world.folder.path().join("replica.db");
        format!("{name} {} {}", world.primary.url(), path.display())
    };
    let mut first = Other::start(TEST, &role("first"));
    assert_eq!(first.lines.recv().as_deref(), Ok("keeps"));
    let mut others = ["second", "third"].map(|name| Other::start(TEST, &role(name)));
    for other in &others {
        assert_eq!(other.lines.recv().as_deref(), Ok("stands in"));
    }
    // All of them write at the same time.
    for process in std::iter::once(&mut first).chain(&mut others) {
        process.say("write");
    }
    for process in std::iter::once(&first).chain(&others) {
        assert_eq!(process.lines.recv().as_deref(), Ok("written"));
    }
    first.say("check");
    assert_eq!(first.lines.recv().as_deref(), Ok("3 groups"));
    first.say("write");
    // The one that keeps the replica dies in the middle.
    first.kill();
    let mut next = Other::start(TEST, &role("next"));
    assert_eq!(next.lines.recv().as_deref(), Ok("keeps"));
    for process in std::iter::once(&mut next).chain(&mut others) {
        process.say("write");
    }
    for process in std::iter::once(&next).chain(&others) {
        assert_eq!(process.lines.recv().as_deref(), Ok("written"));
    }
    for process in std::iter::once(&mut next).chain(&mut others) {
        process.say("end");
        assert!(process.wait().success());
    }

    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let options = TursoOptions {
            sync_url: Some(world.primary.url()),
            ..world.replica("replica.db")
        };
        let last = opened(options).await;
        assert_keeps(&last);
        let there = whole_chains(&last).await;
        assert_eq!(there, whole_chains_at(&world.primary));
        let whole = |name: &str| {
            let of_it = there.iter().filter(|there| there.starts_with(name));
            of_it.count()
        };
        assert_eq!(
            (whole("second"), whole("third"), whole("next")),
            (2 * WRITES, 2 * WRITES, WRITES)
        );
        assert!(whole("first") >= WRITES);
        assert_equals_primary(&last, &world.primary).await;
    });
}

const WRITES: usize = 10;

/// Opens a replica, says whether it has it for itself, and does as it is told.
fn obey(role: &str) {
    let mut words = role.splitn(3, ' ');
    let mut word = || words.next().unwrap();
    let (name, url, path) = (word(), word(), word());
    let options = TursoOptions {
        sync_url: Some(url.to_owned()),
        auto_sync: false,
        mode: Some(Mode::Replica),
        ..TursoOptions::new(path, Hands::new())
    };
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let device = opened(options).await;
        let notices = Replica::sync_status(&device).notices;
        say(if notices.is_empty() {
            "keeps"
        } else {
            "stands in"
        });
        let mut written = 0;
        loop {
            match &*hear() {
                "write" => {
                    for _ in 0..WRITES {
                        let batch = chain(&format!("{name}-{written}"), 5);
                        device.apply(batch).await.unwrap();
                        written += 1;
                    }
                    say("written");
                }
                "check" => {
                    Replica::sync(&device).await.unwrap();
                    assert_sound(&device).await;
                    let there = whole_chains(&device).await;
                    assert_eq!(there.len() % WRITES, 0);
                    say(&format!("{} groups", there.len() / WRITES));
                }
                // Also when the parent is gone, whose line is empty then.
                _ => break,
            }
        }
        device.close().await.unwrap();
    });
}
