use std::sync::Arc;

use memorygraph::domain::{Memory, MemoryContext, Score};
use memorygraph::ports::{Batch, Conflict, ErrorKind};
use memorygraph::{Error, MemoryGraph, Update, Updated};

use super::{draft, kind, with};
use crate::{
    watched::Watched,
    world::{id, over},
};

fn to_title(title: &str, expected_version: Option<u32>) -> Update {
    Update {
        title: Some(title.into()),
        expected_version,
        ..Update::default()
    }
}

async fn updated(graph: &MemoryGraph, update: Update) -> Updated {
    graph.update(&id("a"), &update).await.unwrap()
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_counts_a_version() {
    let graph = with(&["a"]).await;
    let before = graph.get(&id("a")).await.unwrap().unwrap();
    let update = Update {
        title: Some("new".into()),
        importance: Some(Score::ONE),
        author: Some("ada".into()),
        ..Update::default()
    };
    let after = graph.update(&id("a"), &update).await.unwrap().memory;
    assert_eq!(
        (after.title.as_str(), after.importance),
        ("new", Score::ONE)
    );
    assert_eq!(after.content, before.content);
    assert_eq!(
        (after.version, after.updated_by.as_deref()),
        (2, Some("ada"))
    );
    assert!(after.updated_at > before.updated_at);
    assert_eq!(graph.get(&id("a")).await.unwrap().as_ref(), Some(&after));

    // The same once more says nothing new.
    let again = graph.update(&id("a"), &update).await.unwrap();
    assert_eq!((again.memory, again.merged.len()), (after, 0));
}

#[tokio::test]
async fn an_update_of_a_version_that_has_passed_is_a_conflict_with_what_is_there() {
    let graph = with(&["a"]).await;
    let to = |title: &str, version| Update {
        title: Some(title.into()),
        expected_version: Some(version),
        ..Update::default()
    };
    graph.update(&id("a"), &to("second", 1)).await.unwrap();
    let error = graph.update(&id("a"), &to("third", 1)).await.unwrap_err();
    let Error::Backend(backend) = &error else {
        panic!("{error}")
    };
    let Some(Conflict::Memory { found, .. }) = backend.found() else {
        panic!("{error}")
    };
    assert_eq!(found.as_ref().unwrap().title, "second");
    let nobody = graph.update(&id("nobody"), &Update::default()).await;
    assert_eq!(kind(nobody), ErrorKind::NotFound);
    assert_eq!(
        kind(graph.update(&id("a"), &to(" ", 2)).await),
        ErrorKind::InvalidArgument
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn updates_of_many_callers_at_once_all_arrive() {
    let backend = Arc::new(Watched::default());
    let graph = over(Arc::clone(&backend) as _);
    graph.remember(draft("a", "a")).await.unwrap();
    // All of them read before the first one writes.
    backend.yield_before_writes();
    let updates: Vec<_> = (0..16)
        .map(|n| {
            let graph = graph.clone();
            tokio::spawn(async move {
                let update = Update {
                    title: Some(format!("title {n}")),
                    ..Update::default()
                };
                graph.update(&id("a"), &update).await
            })
        })
        .collect();
    for update in updates {
        update.await.unwrap().unwrap();
    }
    assert_eq!(graph.get(&id("a")).await.unwrap().unwrap().version, 17);
}

#[tokio::test]
async fn changes_of_different_fields_are_merged() {
    let graph = with(&["a"]).await;
    updated(&graph, to_title("theirs", Some(1))).await;
    let tags = Update {
        tags: Some(vec!["Theirs".into()]),
        ..Update::default()
    };
    updated(&graph, tags).await;
    let ours = Update {
        content: Some("ours".into()),
        importance: Some(Score::ONE),
        expected_version: Some(1),
        ..Update::default()
    };
    let done = updated(&graph, ours).await;
    assert_eq!(done.merged, ["title", "tags"]);
    let memory = done.memory;
    assert_eq!(
        (memory.title.as_str(), memory.content.as_str()),
        ("theirs", "ours")
    );
    assert_eq!(
        (memory.tags.as_slice(), memory.version),
        (&["theirs".to_owned()][..], 4)
    );
    assert_eq!(graph.get(&id("a")).await.unwrap(), Some(memory));
}

#[tokio::test]
async fn a_field_that_the_update_leaves_as_it_was_seen_stays_theirs() {
    let graph = with(&["a"]).await;
    let seen = graph.get(&id("a")).await.unwrap().unwrap();
    updated(&graph, to_title("theirs", None)).await;
    let ours = Update {
        title: Some(seen.title),
        content: Some("ours".into()),
        expected_version: Some(seen.version),
        ..Update::default()
    };
    let done = updated(&graph, ours).await;
    assert_eq!(
        (done.memory.title.as_str(), done.merged),
        ("theirs", vec!["title"])
    );
}

#[tokio::test]
async fn both_sides_may_say_the_same() {
    let graph = with(&["a"]).await;
    updated(&graph, to_title("both", None)).await;
    let done = updated(&graph, to_title("both", Some(1))).await;
    assert_eq!((done.memory.version, done.merged.len()), (2, 0));
}

#[tokio::test]
async fn a_field_that_both_changed_is_a_conflict_that_shows_both_sides() {
    let graph = with(&["a"]).await;
    updated(&graph, to_title("theirs", None)).await;
    let ours = Update {
        content: Some("unseen".into()),
        ..to_title("ours", Some(1))
    };
    let error = graph.update(&id("a"), &ours).await.unwrap_err();
    let message = error.to_string();
    assert!(
        message.contains(r#"title (theirs "theirs", ours "ours")"#) && !message.contains("unseen"),
        "{message}"
    );
    let after = graph.get(&id("a")).await.unwrap().unwrap();
    assert_eq!((after.version, after.title.as_str()), (2, "theirs"));
}

#[tokio::test]
async fn each_field_of_the_context_is_merged_by_itself() {
    let graph = with(&["a"]).await;
    let context = |project: &str, branch: Option<&str>| Update {
        context: Some(MemoryContext {
            project_path: Some(project.into()),
            git_branch: branch.map(str::to_owned),
            ..MemoryContext::default()
        }),
        ..Update::default()
    };
    updated(&graph, context("shop", None)).await;
    updated(&graph, context("shop", Some("main"))).await;
    let seen_before = |update| Update {
        expected_version: Some(2),
        ..update
    };
    let done = updated(&graph, seen_before(context("bank", None))).await;
    assert_eq!(done.merged, ["context.git_branch"]);
    let merged = done.memory.context.unwrap();
    assert_eq!(
        (merged.project_path.as_deref(), merged.git_branch.as_deref()),
        (Some("bank"), Some("main"))
    );
    let other = seen_before(context("shop", Some("next")));
    let error = graph.update(&id("a"), &other).await.unwrap_err();
    assert!(error.to_string().contains("context.git_branch"), "{error}");
}

#[tokio::test]
async fn a_version_that_the_history_lacks_is_a_conflict() {
    let graph = with(&["a"]).await;
    updated(&graph, to_title("second", None)).await;
    for version in [0, 3] {
        let error = graph.update(&id("a"), &to_title("x", Some(version))).await;
        assert_eq!(kind(error), ErrorKind::Conflict, "{version}");
    }
    // A memory that once had this id had other versions.
    graph.forget(&id("a")).await.unwrap();
    graph.remember(draft("a", "another")).await.unwrap();
    let error = graph.update(&id("a"), &to_title("x", Some(2))).await;
    assert_eq!(kind(error), ErrorKind::Conflict);
}

#[tokio::test]
async fn a_version_of_long_ago_is_found() {
    let graph = with(&["a"]).await;
    for n in 0..130 {
        updated(&graph, to_title(&format!("title {n}"), None)).await;
    }
    let ours = Update {
        content: Some("ours".into()),
        expected_version: Some(2),
        ..Update::default()
    };
    let done = updated(&graph, ours).await;
    assert_eq!((done.memory.version, done.merged), (132, vec!["title"]));
}

#[tokio::test]
async fn a_change_that_comes_in_between_is_merged_too() {
    let backend = Arc::new(Watched::default());
    let graph = over(Arc::clone(&backend) as _);
    let seen = graph.remember(draft("a", "first")).await.unwrap();
    let in_between = |title: &str| {
        let memory = Memory {
            title: title.into(),
            version: 2,
            ..seen.clone()
        };
        backend.before_the_next_write(Batch::default().put_memory(memory));
    };
    in_between("theirs");
    let ours = Update {
        content: Some("ours".into()),
        expected_version: Some(1),
        ..Update::default()
    };
    let done = updated(&graph, ours).await;
    assert_eq!(
        (done.memory.title.as_str(), done.merged),
        ("theirs", vec!["title"])
    );
    assert_eq!(
        (done.memory.content.as_str(), done.memory.version),
        ("ours", 3)
    );
}
