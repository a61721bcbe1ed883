use std::sync::Arc;

use memorygraph::MemoryGraph;
use memorygraph::domain::{Hit, Memory, MemoryFilter, MemoryId, PageRequest};
use memorygraph::ports::{Change, Clock, GraphBackend, GraphBackendExt};

use super::{draft, page};
use crate::{
    watched::Watched,
    world::{Counted, Seconds, id},
};

/// How many seconds uses wait.
const A_WHILE: i64 = 30;

/// A graph of as many memories, `m0` and so on.
async fn watched(memories: usize) -> (MemoryGraph, Arc<Watched>, Arc<Seconds>) {
    let backend = Arc::new(Watched::default());
    let clock = Arc::new(Seconds::default());
    let graph = MemoryGraph::over(
        Arc::clone(&backend) as Arc<dyn GraphBackend>,
        Arc::clone(&clock) as Arc<dyn Clock>,
        Arc::new(Counted::default()),
    );
    let drafts = (0..memories).map(|n| draft(&format!("m{n}"), "Redis"));
    graph.remember_all(drafts.collect()).await.unwrap();
    backend.written();
    (graph, backend, clock)
}

/// What was counted, in one batch for each.
fn uses(backend: &Watched) -> Vec<Vec<(MemoryId, u32)>> {
    let batches = backend.written().into_iter().map(|batch| {
        let uses = batch.changes.into_iter().map(|change| match change {
            Change::TouchMemory { id, uses, .. } => (id, uses),
            other => panic!("{other:?}"),
        });
        uses.collect()
    });
    batches.collect()
}

async fn kept(backend: &Watched, name: &str) -> Memory {
    backend.memory(&id(name)).await.unwrap().unwrap()
}

async fn get(graph: &MemoryGraph, name: &str) -> Memory {
    graph.get(&id(name)).await.unwrap().unwrap()
}

/// Lets the tasks that wait run.
async fn turn() {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_read_writes_nothing_and_its_uses_are_written_after_a_while() {
    let (graph, backend, clock) = watched(2).await;
    get(&graph, "m0").await;
    get(&graph, "m0").await;
    let found = graph
        .recall("redis", MemoryFilter::default(), &page())
        .await
        .unwrap();
    assert_eq!(found.items.len(), 2);
    turn().await;
    assert!(uses(&backend).is_empty());

    clock.pass(A_WHILE);
    get(&graph, "m1").await;
    turn().await;
    assert_eq!(uses(&backend), [[(id("m0"), 3), (id("m1"), 2)]]);
    let memory = kept(&backend, "m0").await;
    assert_eq!((memory.usage_count, memory.version), (3, 1));
    assert!(memory.last_accessed.unwrap() > memory.created_at);
    let states = graph.memory_history(&memory.id, &page()).await.unwrap();
    assert_eq!(states.items.len(), 1);

    // They wait anew from the next use on.
    clock.pass(A_WHILE);
    get(&graph, "m1").await;
    turn().await;
    assert!(uses(&backend).is_empty());
    clock.pass(A_WHILE);
    get(&graph, "m1").await;
    turn().await;
    assert_eq!(uses(&backend), [[(id("m1"), 2)]]);
}

#[tokio::test]
async fn many_uses_are_written_at_once() {
    let (graph, backend, _) = watched(300).await;
    let all = PageRequest::first(255).unwrap();
    graph
        .recall("", MemoryFilter::default(), &all)
        .await
        .unwrap();
    turn().await;
    assert!(uses(&backend).is_empty());
    let all = PageRequest::first(256).unwrap();
    graph
        .recall("", MemoryFilter::default(), &all)
        .await
        .unwrap();
    turn().await;
    let [uses] = uses(&backend).try_into().unwrap();
    assert_eq!(uses.len(), 256);
}

#[tokio::test]
async fn closing_writes_what_waits() {
    let (graph, backend, _) = watched(1).await;
    get(&graph, "m0").await;
    graph.close().await.unwrap();
    assert_eq!(uses(&backend), [[(id("m0"), 1)]]);
    graph.close().await.unwrap();
    assert!(uses(&backend).is_empty());
}

#[tokio::test]
async fn closing_waits_for_the_uses_that_a_read_has_just_had_written() {
    // Its task never had a turn, has begun, and is done.
    for turns in 0..4 {
        let (graph, backend, _) = watched(300).await;
        backend.yield_before_writes();
        let all = PageRequest::first(300).unwrap();
        graph
            .recall("", MemoryFilter::default(), &all)
            .await
            .unwrap();
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        graph.close().await.unwrap();
        let [written] = uses(&backend).try_into().unwrap();
        assert_eq!(written.len(), 300);
        turn().await;
        assert!(uses(&backend).is_empty());
    }
}

#[tokio::test]
async fn uses_that_cannot_be_written_wait_on() {
    let (graph, backend, clock) = watched(1).await;
    backend.set_read_only(true);
    get(&graph, "m0").await;
    clock.pass(A_WHILE);
    get(&graph, "m0").await;
    turn().await;
    assert_eq!(uses(&backend).len(), 1);
    assert_eq!(kept(&backend, "m0").await.usage_count, 0);
    get(&graph, "m0").await;
    turn().await;
    assert!(uses(&backend).is_empty());

    backend.set_read_only(false);
    clock.pass(A_WHILE);
    get(&graph, "m0").await;
    turn().await;
    assert_eq!(kept(&backend, "m0").await.usage_count, 4);
}

#[tokio::test]
async fn many_uses_that_cannot_be_written_are_not_tried_at_every_read() {
    let (graph, backend, _) = watched(300).await;
    backend.set_read_only(true);
    let all = PageRequest::first(300).unwrap();
    for _ in 0..5 {
        graph
            .recall("", MemoryFilter::default(), &all)
            .await
            .unwrap();
        turn().await;
    }
    assert_eq!(uses(&backend).len(), 1);
    graph.close().await.unwrap();
    assert_eq!(uses(&backend).len(), 1);
}

#[tokio::test]
async fn what_waits_is_bounded_and_the_last_used_stay() {
    let (graph, backend, _) = watched(10_500).await;
    backend.set_read_only(true);
    let largest = PageRequest::first(PageRequest::LARGEST).unwrap();
    let filter = MemoryFilter::default;
    let first = graph.recall("", filter(), &largest).await.unwrap();
    turn().await;
    let rest = largest.clone().after(first.next.unwrap());
    let last = graph.recall("", filter(), &rest).await.unwrap();
    assert_eq!(last.items.len(), 500);
    backend.set_read_only(false);
    uses(&backend);
    graph.close().await.unwrap();
    let [written] = uses(&backend).try_into().unwrap();
    assert_eq!(written.len(), 9_000);
    let written = |hit: &Hit| written.iter().any(|(id, _)| *id == hit.memory.id);
    assert!(last.items.iter().all(written));
}

#[tokio::test]
async fn what_is_no_more_is_not_counted() {
    let (graph, backend, _) = watched(2).await;
    get(&graph, "m0").await;
    get(&graph, "m1").await;
    graph.forget(&id("m0")).await.unwrap();
    graph.erase(&id("m1")).await.unwrap();
    backend.written();
    graph.close().await.unwrap();
    assert!(uses(&backend).is_empty());
}

#[test]
fn a_graph_is_used_without_a_runtime_and_outlives_one() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
    };
    let first = runtime();
    let (graph, backend, clock) = first.block_on(watched(1));
    first.block_on(get(&graph, "m0"));
    drop(first);
    // No runtime at all: nothing is written.
    clock.pass(A_WHILE);
    let waiting = std::task::Waker::noop();
    let mut context = std::task::Context::from_waker(waiting);
    let memory = id("m0");
    let read = std::pin::pin!(graph.get(&memory));
    assert!(std::future::Future::poll(read, &mut context).is_ready());
    assert!(uses(&backend).is_empty());

    let second = runtime();
    second.block_on(async {
        get(&graph, "m0").await;
        turn().await;
    });
    assert_eq!(uses(&backend), [[(id("m0"), 3)]]);
    second.block_on(graph.close()).unwrap();
    assert!(uses(&backend).is_empty());
}

#[test]
fn uses_whose_writer_never_had_its_turn_are_not_lost() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
    };
    let first = runtime();
    let (graph, backend, clock) = first.block_on(watched(1));
    first.block_on(async {
        get(&graph, "m0").await;
        clock.pass(A_WHILE);
        get(&graph, "m0").await;
    });
    drop(first);
    assert!(uses(&backend).is_empty());

    let second = runtime();
    second.block_on(async {
        get(&graph, "m0").await;
        turn().await;
    });
    assert_eq!(uses(&backend), [[(id("m0"), 3)]]);
}

#[tokio::test]
async fn what_waits_does_not_keep_the_store() {
    let (graph, backend, _) = watched(1).await;
    get(&graph, "m0").await;
    drop(graph);
    assert_eq!(Arc::strong_count(&backend), 1);
}

#[cfg(any(feature = "sqlite", feature = "turso"))]
#[tokio::test]
async fn uses_are_in_the_file_after_closing() {
    let folder = tempfile::tempdir().unwrap();
    let config = memorygraph::Config::at(folder.path().join("graph.db"));
    let mut graph = MemoryGraph::open(&config).await.unwrap();
    let kept = graph.remember(draft("m0", "Redis")).await.unwrap();
    for uses in 0..3 {
        assert_eq!(get(&graph, "m0").await.usage_count, uses);
        graph.close().await.unwrap();
        graph = MemoryGraph::open(&config).await.unwrap();
    }
    assert_eq!(get(&graph, "m0").await.unused(), kept);
    let states = graph.memory_history(&kept.id, &page()).await.unwrap();
    assert_eq!(states.items.len(), 1);
    graph.close().await.unwrap();
}
