//! Where an export goes.

use std::fs;
use std::future::Future;
use std::task::{Context, Poll, Waker};

use memorygraph::domain::{Memory, Relationship, RelationshipId, Timestamp};
use memorygraph::export::{Existing, Options, Stage, Target};
use memorygraph::ports::{Batch, ErrorKind};
use memorygraph::{Draft, MemoryGraph};

use super::{Text, export, import};
use crate::world::{self, graph, id};

fn draft(title: &str) -> Draft {
    Draft::new("general".parse().unwrap(), title, format!("about {title}"))
}

#[tokio::test]
async fn a_file_is_written_whole_and_beside_its_place_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.jsonl");
    let graph = graph();
    graph.remember(draft("one")).await.unwrap();
    let mut seen = Vec::new();
    let (target, partial) = (path.clone(), folder.path().join("graph.jsonl.partial"));
    let report = graph
        .export(
            Target::File(path.clone()),
            &Options::default(),
            &mut |now| {
                assert!(!target.exists());
                assert!(partial.exists());
                seen.push((now.stage, now.done, now.total));
            },
        )
        .await
        .unwrap();
    let bytes = fs::read(&path).unwrap();
    assert_eq!(report.bytes, bytes.len() as u64);
    assert_eq!(bytes, export(&graph).await);
    assert_eq!(seen.first(), Some(&(Stage::Look, 1, 1)));
    assert_eq!(seen.last(), Some(&(Stage::Write, 1, 1)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_file_that_is_there_stays_unless_it_is_to_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.jsonl");
    fs::write(&path, "precious").unwrap();
    let graph = graph();
    graph.remember(draft("one")).await.unwrap();
    let to = || Target::File(path.clone());
    let error = graph
        .export(to(), &Options::default(), &mut |_| {})
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(
        error.to_string().starts_with("there is something at "),
        "{error}"
    );
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    let replace = Options {
        existing: Existing::Replace,
        ..Options::default()
    };
    graph.export(to(), &replace, &mut |_| {}).await.unwrap();
    assert_eq!(fs::read(&path).unwrap(), export(&graph).await);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_file_that_appears_meanwhile_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.jsonl");
    let graph = graph();
    graph.remember(draft("one")).await.unwrap();
    let appearing = path.clone();
    let error = graph
        .export(Target::File(path.clone()), &Options::default(), &mut |_| {
            fs::write(&appearing, "precious").unwrap();
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{error}");
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn what_cannot_be_written_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let graph = graph();
    for (path, expected) in [
        (folder.path().to_owned(), "it is a folder"),
        (folder.path().join("no/such/folder.jsonl"), "No such file"),
    ] {
        let error = graph
            .export(Target::File(path), &Options::default(), &mut |_| {})
            .await
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    // A partial file that an export left behind is in nobody's way; one that is in use is.
    let path = folder.path().join("graph.jsonl");
    let partial = folder.path().join("graph.jsonl.partial");
    let other = fs::File::create(&partial).unwrap();
    other.lock().unwrap();
    let to = || Target::File(path.clone());
    let error = graph
        .export(to(), &Options::default(), &mut |_| {})
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    drop(other);
    fs::write(&partial, "left behind").unwrap();
    graph
        .export(to(), &Options::default(), &mut |_| {})
        .await
        .unwrap();
    assert_eq!(fs::read(&path).unwrap(), export(&graph).await);
}

/// Adds two memories and what joins them at once: the memory backend never waits.
fn change(graph: &MemoryGraph, number: u64) {
    let memory = |name: String| {
        let kind = "general".parse().unwrap();
        Memory::new(id(&name), kind, "t", "c", Timestamp::UNIX_EPOCH)
    };
    let one = memory(format!("one-{number}"));
    let other = memory(format!("other-{number}"));
    let name = RelationshipId::new(format!("r-{number}")).unwrap();
    let (from, to) = (one.id.clone(), other.id.clone());
    let kind = "SOLVES".parse().unwrap();
    let joined = Relationship::new(name, from, kind, to, Timestamp::UNIX_EPOCH);
    let batch = Batch::default().put_memory(one).put_memory(other);
    let mut applied = graph.backend().apply(batch.put_relationship(joined));
    let mut context = Context::from_waker(Waker::noop());
    assert!(matches!(
        applied.as_mut().poll(&mut context),
        Poll::Ready(Ok(_))
    ));
}

#[tokio::test]
async fn a_graph_that_others_change_meanwhile_is_exported_in_one_state() {
    let graph = graph();
    graph.remember(draft("first")).await.unwrap();
    let text = Text::default();
    let target = Target::Writer(Box::new(text.clone()));
    let mut calls = 0;
    let report = graph
        .export(target, &Options::default(), &mut |_| {
            // Each look has three pages: memories, relationships, quarantine.
            calls += 1;
            if calls % 3 == 1 && calls < 9 {
                change(&graph, calls);
            }
        })
        .await
        .unwrap();
    assert_eq!((report.memories, report.relationships), (7, 3));
    let target = world::graph();
    let read = import(&target, &text.bytes()).await.unwrap();
    assert_eq!((read.memories.added, read.relationships.added), (7, 3));
}

#[tokio::test]
async fn a_graph_that_others_never_stop_changing_is_busy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.jsonl");
    let graph = graph();
    let mut calls = 0;
    let error = graph
        .export(Target::File(path), &Options::default(), &mut |_| {
            calls += 1;
            change(&graph, calls);
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.to_string().contains("6 looks"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn an_export_that_nobody_waits_for_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.jsonl");
    let graph = graph();
    graph.remember(draft("one")).await.unwrap();
    let options = Options::default();
    let mut heard = |_| {};
    let mut export = Box::pin(graph.export(Target::File(path), &options, &mut heard));
    let mut context = Context::from_waker(Waker::noop());
    assert!(export.as_mut().poll(&mut context).is_pending());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    drop(export);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
