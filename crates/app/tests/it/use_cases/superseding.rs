use std::sync::Arc;

use memorygraph::domain::{
    AsOf, ListQuery, Memory, MemoryContext, MemoryFilter, MemoryType, RelationshipType, Timestamp,
};
use memorygraph::ports::{Batch, ErrorKind};
use memorygraph::{Draft, MemoryGraph, Update};

use super::{draft, kind, page, with};
use crate::{
    watched::Watched,
    world::{graph, id, over},
};

async fn in_project(graph: &MemoryGraph) -> Memory {
    let context = MemoryContext {
        project_path: Some("shop".into()),
        git_branch: Some("main".into()),
        ..MemoryContext::default()
    };
    let draft = Draft {
        context: Some(context),
        ..draft("old", "Deploys")
    };
    graph.remember(draft).await.unwrap()
}

#[tokio::test]
async fn the_old_memory_stays_no_longer_valid_and_joined_to_the_new_one() {
    let graph = graph();
    let before = in_project(&graph).await;
    let new = Draft::new(MemoryType::General, "Deploys", "On Mondays.");
    let done = graph.supersede(&id("old"), new).await.unwrap();
    assert_eq!(done.old.valid_until, Some(done.new.valid_from));
    assert_eq!(done.old.superseded_by.as_ref(), Some(&done.new.id));
    assert_eq!(done.old.version, before.version + 1);
    assert_eq!(done.new.context, before.context);
    let joined = &done.relationship;
    assert_eq!(
        (&joined.from, joined.relationship_type, &joined.to),
        (&done.new.id, RelationshipType::Replaces, &done.old.id)
    );

    let kept = graph.get(&id("old")).await.unwrap();
    assert_eq!(kept.as_ref(), Some(&done.old));
    assert_eq!(
        graph.get(&done.new.id).await.unwrap().as_ref(),
        Some(&done.new)
    );
    let kept = graph.relationship(&joined.id).await.unwrap();
    assert_eq!(kept.as_ref(), Some(joined));

    let valid = async |as_of| {
        let filter = MemoryFilter {
            as_of,
            ..MemoryFilter::default()
        };
        let query = ListQuery {
            filter,
            ..ListQuery::default()
        };
        let listed = graph.list(&query, &page()).await.unwrap();
        let ids = listed.items.into_iter().map(|memory| memory.id);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(valid(AsOf::Latest).await, [done.new.id]);
    assert_eq!(valid(AsOf::At(before.valid_from)).await, [id("old")]);
}

#[tokio::test]
async fn a_draft_with_a_context_keeps_it_in_the_same_project() {
    let graph = graph();
    in_project(&graph).await;
    let context = MemoryContext {
        git_branch: Some("next".into()),
        ..MemoryContext::default()
    };
    let new = Draft {
        context: Some(context),
        ..draft("new", "Deploys")
    };
    let context = graph.supersede(&id("old"), new).await.unwrap().new.context;
    let context = context.unwrap();
    assert_eq!(
        (
            context.project_path.as_deref(),
            context.git_branch.as_deref()
        ),
        (Some("shop"), Some("next"))
    );
}

#[tokio::test]
async fn a_memory_is_superseded_once() {
    let graph = with(&["old"]).await;
    graph
        .supersede(&id("old"), draft("new", "new"))
        .await
        .unwrap();
    let error = graph
        .supersede(&id("old"), draft("third", "third"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(
        error.to_string().contains("\"new\" took the place"),
        "{error}"
    );
    assert_eq!(graph.get(&id("third")).await.unwrap(), None);
}

#[tokio::test]
async fn a_memory_whose_successor_is_gone_can_be_superseded_again() {
    let graph = with(&["old"]).await;
    let first = graph.supersede(&id("old"), draft("new", "new")).await;
    let first = first.unwrap().old;
    graph.forget(&id("new")).await.unwrap();
    let again = graph.supersede(&id("old"), draft("third", "third")).await;
    let again = again.unwrap();
    assert_eq!(again.old.superseded_by, Some(id("third")));
    assert_eq!(again.old.valid_until, first.valid_until);
    assert_eq!(graph.get(&id("old")).await.unwrap(), Some(again.old));

    // The one that is gone may come back, too.
    graph.erase(&id("third")).await.unwrap();
    let back = graph.supersede(&id("old"), draft("new", "new")).await;
    assert_eq!(back.unwrap().old.superseded_by, Some(id("new")));
    let error = graph.supersede(&id("old"), draft("x", "x")).await;
    assert_eq!(kind(error), ErrorKind::Conflict);
}

#[tokio::test]
async fn the_new_memory_may_say_what_the_old_one_said_and_nobody_else() {
    let graph = with(&["old", "other"]).await;
    let saying = |name: &str, of: &str| Draft {
        content: draft(of, of).content,
        ..draft(name, name)
    };
    let other = graph.supersede(&id("old"), saying("new", "other")).await;
    assert_eq!(kind(other), ErrorKind::Conflict);
    graph
        .supersede(&id("old"), saying("new", "old"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_memory_that_ended_before_is_superseded_without_ending_later() {
    let graph = with(&["old"]).await;
    let ended = Timestamp::from_second(1_767_225_600).unwrap();
    let update = Update {
        valid_until: Some(ended),
        ..Update::default()
    };
    graph.update(&id("old"), &update).await.unwrap();
    let done = graph.supersede(&id("old"), draft("new", "new")).await;
    assert_eq!(done.unwrap().old.valid_until, Some(ended));
}

#[tokio::test]
async fn what_cannot_supersede_changes_nothing() {
    let graph = with(&["old", "other"]).await;
    let nobody = graph.supersede(&id("nobody"), draft("new", "new")).await;
    assert_eq!(kind(nobody), ErrorKind::NotFound);
    let itself = graph.supersede(&id("old"), draft("old", "new")).await;
    assert_eq!(kind(itself), ErrorKind::InvalidArgument);
    let taken = Draft {
        content: "Something new.".into(),
        ..draft("other", "new")
    };
    assert_eq!(
        kind(graph.supersede(&id("old"), taken).await),
        ErrorKind::Conflict
    );
    let blank = graph.supersede(&id("old"), draft("new", " ")).await;
    assert_eq!(kind(blank), ErrorKind::InvalidArgument);
    let old = graph.get(&id("old")).await.unwrap().unwrap();
    assert_eq!((old.version, old.superseded_by), (1, None));
}

#[tokio::test]
async fn a_change_that_comes_in_between_is_superseded_too() {
    let backend = Arc::new(Watched::default());
    let graph = over(Arc::clone(&backend) as _);
    let seen = graph.remember(draft("old", "first")).await.unwrap();
    let theirs = Memory {
        title: "theirs".into(),
        version: 2,
        ..seen
    };
    backend.before_the_next_write(Batch::default().put_memory(theirs));
    let done = graph.supersede(&id("old"), draft("new", "new")).await;
    let old = done.unwrap().old;
    assert_eq!((old.title.as_str(), old.version), ("theirs", 3));
    assert_eq!(graph.get(&id("old")).await.unwrap(), Some(old));
}
