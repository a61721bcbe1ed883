//! Answers that are lost: a write is reported as done exactly when the primary has it, and is there
//! once.

use std::time::Duration;

use memorygraph_adapter_turso::{Mode, TursoBackend, TursoOptions};
use ports::{BackendError, Batch, Change, ErrorKind, GraphBackend, GraphBackendExt};

use crate::{
    detour::Detour,
    graph::{assert_fails, at, id, memory, run},
    world::{World, opened},
};

/// How many answers in a row are lost, at most.
const LOST: usize = 8;

fn modes(world: &World) -> [TursoOptions; 2] {
    [world.replica("replica.db"), world.remote()]
}

/// Counts one use: a batch that went in twice shows.
fn use_once() -> Batch {
    Batch::default().then(Change::TouchMemory {
        id: id("counter"),
        uses: 1,
        at: at(1),
    })
}

fn uses(world: &World) -> i64 {
    let sql = "SELECT properties ->> 'usage_count' FROM nodes WHERE id = 'counter'";
    world.at_primary(sql).unwrap().parse().unwrap()
}

#[track_caller]
fn assert_honest(error: &BackendError, has_happened: bool) {
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    let words = error.to_string();
    let says_nothing = words.contains("nothing was changed");
    let says_unknown = words.contains("is not known");
    assert!(says_nothing != says_unknown, "{words}");
    assert!(!(says_nothing && has_happened), "it is there: {words}");
}

/// Loses the next one, two, ... answers, and compares what the caller was told with what is there.
#[tokio::test]
async fn a_batch_whose_answers_are_lost_is_done_exactly_when_the_primary_has_it() {
    let world = World::hasty();
    for options in modes(&world) {
        let mode = format!("{:?}", options.mode);
        let backend = opened(options).await;
        backend.put_memory(memory("counter")).await.unwrap();
        for lost in 1..=LOST {
            let before = uses(&world);
            for _ in 0..lost {
                world.network.swallow_next_answer_to("/v3/pipeline");
            }
            let answer = backend.apply(use_once()).await;
            spend(&world, &backend, lost).await;
            let happened = uses(&world) - before;
            eprintln!(
                "{mode}: {lost} lost: {happened}, {:?}",
                answer.as_ref().err().map(ToString::to_string)
            );
            match &answer {
                Ok(_) => assert_eq!(happened, 1, "{mode}, {lost} lost"),
                Err(error) => {
                    assert!(
                        (0..=1).contains(&happened),
                        "{mode}, {lost} lost: {happened}"
                    );
                    assert_honest(error, happened == 1);
                }
            }
        }
        backend.sync().await.unwrap();
        let shown = backend.memory(&id("counter")).await.unwrap().unwrap();
        assert_eq!(i64::from(shown.usage_count), uses(&world));
    }
}

/// Uses up the answers that are still to be lost.
async fn spend(world: &World, backend: &TursoBackend, lost: usize) {
    for _ in 0..lost {
        drop(engines::http::pipeline(
            world.network.port(),
            None,
            &["SELECT 1"],
        ));
    }
    assert!(world.network.swallowed() >= lost);
    drop(backend.sync().await);
}

/// The words by which a group of batches is known on the way.
const GROUP: &str = "INSERT INTO batches (id) VALUES";

/// A device whose way to the primary loses the answer to the first group with `words`.
fn unlucky(world: &World, mode: Option<Mode>, words: &str) -> (Detour, TursoOptions) {
    let way = Detour::without_answer(world.primary.port(), &[GROUP, words]);
    let options = TursoOptions {
        sync_url: Some(way.url()),
        mode,
        ..world.replica(&format!("{mode:?}.db"))
    };
    (way, options)
}

#[tokio::test]
async fn one_lost_answer_costs_a_question_and_no_repetition() {
    let world = World::new();
    for mode in [None, Some(Mode::Remote)] {
        let (way, options) = unlucky(&world, mode, "counter");
        let backend = opened(options).await;
        let rows = world.primary.rows("SELECT count(*) FROM batches");
        let batch = Batch::default()
            .put_memory(memory("counter"))
            .then(use_once().changes.remove(0));
        backend.apply(batch).await.unwrap();
        way.wait();
        assert_eq!(uses(&world), 1);
        let groups = |rows: &[Vec<Option<String>>]| {
            let count = rows[0][0].as_deref().unwrap();
            count.parse::<i64>().unwrap()
        };
        let now = world.primary.rows("SELECT count(*) FROM batches");
        assert_eq!(groups(&now), groups(&rows) + 1, "{mode:?}");
        let shown = backend.memory(&id("counter")).await.unwrap().unwrap();
        assert_eq!((shown.usage_count, shown.version), (1, 1), "{mode:?}");
        run(&backend, "DELETE FROM nodes").await.unwrap();
    }
}

/// Loses the answer to each of the requests that a statement takes, one at a time.
#[tokio::test]
async fn a_statement_whose_answer_is_lost_is_done_exactly_when_the_primary_has_it() {
    const INSERT: &str =
        "INSERT INTO nodes (id, properties) VALUES ('one', '{\"title\": \"One\"}')";
    for mode in [None, Some(Mode::Remote)] {
        let mut done = 0;
        for words in ["BEGIN", "INSERT INTO nodes", "COMMIT"] {
            let world = World::new();
            opened(world.replica("maker.db")).await;
            let way = Detour::without_answer(world.primary.port(), &[words]);
            let options = TursoOptions {
                sync_url: Some(way.url()),
                mode,
                ..world.replica("replica.db")
            };
            let backend = opened(options).await;
            let answer = run(&backend, INSERT).await;
            way.wait();
            let there = world.at_primary("SELECT count(*) FROM nodes");
            let there = there.as_deref() == Some("1");
            let said = answer.as_ref().map_err(ToString::to_string);
            eprintln!("{mode:?}, {words} lost: {there}, {said:?}");
            match &answer {
                Ok(_) => assert!(there, "{mode:?}, {words} lost"),
                Err(error) => assert_honest(error, there),
            }
            done += usize::from(answer.is_ok());
        }
        assert!(done > 0, "after its end a statement is asked for");
    }
}

#[tokio::test]
async fn a_schema_whose_end_is_not_answered_is_there_once() {
    let world = World::new();
    for mode in [None, Some(Mode::Remote)] {
        let way = Detour::without_answer(world.primary.port(), &["COMMIT"]);
        let options = TursoOptions {
            sync_url: Some(way.url()),
            mode,
            ..world.replica(&format!("{mode:?}.db"))
        };
        let backend = opened(options).await;
        backend.put_memory(memory("a")).await.unwrap();
        assert!(backend.memory(&id("a")).await.unwrap().is_some());
    }
    let made = world.at_primary("SELECT count(*) FROM graph");
    assert_eq!(made.as_deref(), Some("1"));
}

/// The primary has the write, and the answer to the question whether it has it is lost as well.
#[tokio::test]
async fn when_no_answer_comes_through_the_error_says_that_it_is_not_known() {
    let world = World::hasty();
    let backend = opened(world.replica("replica.db")).await;
    backend.put_memory(memory("counter")).await.unwrap();
    world.network.swallow_answers(true);
    let answer = backend.apply(use_once()).await;
    world.network.swallow_answers(false);
    assert_fails(
        answer,
        ErrorKind::Unreachable,
        &[
            &world.network.url(),
            "whether the primary has taken the write is not known",
            "look before you repeat it",
        ],
    );
    backend.sync().await.unwrap();
    let shown = backend.memory(&id("counter")).await.unwrap().unwrap();
    assert_eq!((i64::from(shown.usage_count), 1), (uses(&world), 1));
}

#[tokio::test]
async fn when_the_primary_goes_after_an_answer_was_lost_the_error_says_that_it_is_not_known() {
    let mut world = World::hasty();
    let backend = opened(world.replica("replica.db")).await;
    backend.put_memory(memory("counter")).await.unwrap();
    world.network.swallow_answers(true);
    let write = backend.apply(use_once());
    let World {
        primary, network, ..
    } = &mut world;
    let go = async {
        network.wait_until_swallowed(Duration::from_secs(30));
        primary.kill();
    };
    let (answer, ()) = tokio::join!(write, go);
    let error = answer.expect_err("no answer came");
    assert!(error.to_string().contains("is not known"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");

    world.network.swallow_answers(false);
    world.primary.restart();
    backend.sync().await.unwrap();
    let shown = backend.memory(&id("counter")).await.unwrap().unwrap();
    assert_eq!(
        shown.usage_count, 1,
        "it was done before the answer was lost"
    );
}

/// What shows what was written takes the log; when that is lost, the write is done all the same.
#[tokio::test]
async fn a_write_whose_log_is_lost_is_done_and_shows_with_the_next_sync() {
    let world = World::hasty();
    let backend = opened(world.replica("replica.db")).await;
    for path in ["/wal_log.ReplicationLog/Hello", "BatchLogEntries"] {
        let name = path.trim_start_matches('/');
        world.network.swallow_next_answer_to(path);
        backend.put_memory(memory(name)).await.unwrap();
        backend.sync().await.unwrap();
        assert!(backend.memory(&id(name)).await.unwrap().is_some());
    }
    assert_eq!(
        world.at_primary("SELECT count(*) FROM nodes").as_deref(),
        Some("2")
    );
}

/// A request is under way for so long that its sender asks for it, and is told that it is not there;
/// then it arrives.
#[tokio::test]
async fn a_write_that_arrives_after_it_was_given_up_is_refused() {
    let world = World::new();
    for mode in [None, Some(Mode::Remote)] {
        let name = format!("late/{mode:?}");
        let slow = Detour::late(world.primary.port(), &[GROUP, &name]);
        let options = TursoOptions {
            sync_url: Some(slow.url()),
            mode,
            patience: Duration::from_millis(500),
            ..world.replica(&format!("{mode:?}.db"))
        };
        let backend = opened(options).await;
        let batch = Batch::default().put_memory(memory(&name));
        let answer = backend.apply(batch).await;
        slow.wait();
        let there = format!(
            "SELECT count(*), sum(properties ->> 'version') FROM nodes WHERE id = '{name}'"
        );
        let abandoned = "SELECT count(*) FROM batches WHERE applied = 0";
        let abandoned_before: i64 = world.at_primary(abandoned).unwrap().parse().unwrap();
        assert!(abandoned_before > 0, "it was given up");
        // Given up, it was sent again under another name, and that went through.
        assert!(answer.is_ok(), "{answer:?}");
        let before = world.primary.rows(&there);
        assert_eq!(before, [[Some("1".to_owned()), Some("1".to_owned())]]);

        let said = slow.arrive();
        assert!(
            said.contains("UNIQUE constraint failed: batches.id"),
            "{said}"
        );
        assert_eq!(world.primary.rows(&there), before);
        let abandoned = world.at_primary(abandoned).unwrap();
        assert_eq!(abandoned.parse::<i64>().unwrap(), abandoned_before);
        backend.sync().await.unwrap();
        assert!(backend.memory(&id(&name)).await.unwrap().is_some());
    }
}
