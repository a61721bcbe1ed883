//! The application inside of somebody else's program.

use std::sync::atomic::{AtomicU64, Ordering};

use memorygraph::domain::{ListQuery, MemoryFilter, MemoryType, PageRequest};
use memorygraph::{Config, Draft, MemoryGraph};
use tokio::runtime::{Builder, Runtime};
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Event, Metadata, Subscriber, span};

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn two_threads() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

async fn open(file: &std::path::Path) -> MemoryGraph {
    MemoryGraph::open(&Config::at(file)).await.unwrap()
}

async fn remember(graph: &MemoryGraph, title: &str) {
    let content = format!("What there is to say about {title}.");
    let draft = Draft::new(MemoryType::General, title, content);
    graph.remember(draft).await.unwrap();
}

async fn titles(graph: &MemoryGraph) -> Vec<String> {
    let page = PageRequest::first(10).unwrap();
    // A recall counts as a use, which is work that the graph still has to do when it is dropped.
    let found = graph.recall("say", MemoryFilter::default(), &page);
    assert!(!found.await.unwrap().items.is_empty());
    let listed = graph.list(&ListQuery::default(), &page).await.unwrap();
    listed
        .items
        .into_iter()
        .map(|memory| memory.title)
        .collect()
}

#[test]
fn two_graphs_live_in_one_process_and_are_dropped_inside_of_its_runtime() {
    for runtime in [one_thread, two_threads] {
        let folder = tempfile::tempdir().unwrap();
        let files = ["one.db", "two.db"].map(|name| folder.path().join(name));
        let host = runtime();
        host.block_on(async {
            let (one, two) = (open(&files[0]).await, open(&files[1]).await);
            tokio::join!(remember(&one, "first"), remember(&two, "second"));
            assert_eq!(titles(&one).await, ["first"]);
            drop(one);
            assert_eq!(titles(&two).await, ["second"]);
            two.close().await.unwrap();
        });
        // Another runtime opens what the first one left.
        drop(host);
        runtime().block_on(async {
            assert_eq!(titles(&open(&files[0]).await).await, ["first"]);
            assert_eq!(titles(&open(&files[1]).await).await, ["second"]);
        });
    }
}

#[test]
fn a_graph_outlives_the_runtime_that_opened_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph.db");
    let host = two_threads();
    let graph = host.block_on(async {
        let graph = open(&file).await;
        remember(&graph, "first").await;
        assert_eq!(titles(&graph).await, ["first"]);
        graph
    });
    drop(host);
    one_thread().block_on(async {
        remember(&graph, "second").await;
        assert_eq!(titles(&graph).await.len(), 2);
        graph.close().await.unwrap();
    });
}

#[test]
fn a_call_that_the_host_gives_up_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph.db");
    one_thread().block_on(async {
        let graph = open(&file).await;
        let task = tokio::spawn({
            let graph = graph.clone();
            async move { remember(&graph, "given up").await }
        });
        tokio::task::yield_now().await;
        task.abort();
        drop(task.await);
        remember(&graph, "kept").await;
        let titles = titles(&graph).await;
        assert!(titles.contains(&"kept".to_owned()), "{titles:?}");
        graph.close().await.unwrap();
    });
}

/// Counts the messages of the application.
struct Messages(AtomicU64);

impl Subscriber for &'static Messages {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("memorygraph")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[test]
fn messages_go_to_the_subscriber_of_the_host_and_none_is_set_for_it() {
    static MESSAGES: Messages = Messages(AtomicU64::new(0));

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph.db");
    let graph = one_thread().block_on(async {
        let graph = open(&file).await;
        remember(&graph, "not told").await;
        graph
    });
    // As long as there is one subscriber alone, `tracing` asks a thread that has none whether a
    // message is wanted, and remembers its answer for all threads: other tests would decide.
    let [host, _other] = [Dispatch::new(&MESSAGES), Dispatch::new(&MESSAGES)];
    tracing::dispatcher::with_default(&host, || {
        one_thread().block_on(remember(&graph, "told"));
    });
    let told = MESSAGES.0.load(Ordering::Relaxed);
    assert!(told > 0);
    one_thread().block_on(async {
        remember(&graph, "not told either").await;
        graph.close().await.unwrap();
    });
    assert_eq!(MESSAGES.0.load(Ordering::Relaxed), told);
    let ours = tracing::dispatcher::get_default(Dispatch::is::<NoSubscriber>);
    assert!(ours, "a global subscriber was set");
}
