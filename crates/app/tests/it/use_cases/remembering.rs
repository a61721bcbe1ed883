use std::sync::Arc;

use memorygraph::domain::{MemoryContext, MemoryType};
use memorygraph::ports::{Conflict, ErrorKind};
use memorygraph::{Draft, Duplicates, Error, Result, Update};

use super::{draft, with};
use crate::{
    watched::Watched,
    world::{graph, id, over},
};

fn saying(content: &str, project: Option<&str>) -> Draft {
    let context = MemoryContext {
        project_path: project.map(str::to_owned),
        ..MemoryContext::default()
    };
    Draft {
        context: (context != MemoryContext::default()).then_some(context),
        ..Draft::new(MemoryType::General, "A title", content)
    }
}

/// The id of the memory that stood in the way, and the message.
fn duplicate_of<T>(result: Result<T>) -> (String, String) {
    let error = result.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let Error::Backend(backend) = &error else {
        panic!("{error}")
    };
    let Some(Conflict::Memory { id, .. }) = backend.found() else {
        panic!("{error}")
    };
    (id.to_string(), error.to_string())
}

#[tokio::test]
async fn what_is_remembered_is_normalised_and_can_be_got() {
    let graph = graph();
    let kept = graph
        .remember(Draft {
            tags: vec![" Redis ".into(), "redis".into(), String::new()],
            summary: Some("  ".into()),
            ..Draft::new(MemoryType::Fix, "  A title ", "Content.")
        })
        .await
        .unwrap();
    assert_eq!(kept.id, id("id-1"));
    assert_eq!(
        (kept.title.as_str(), kept.summary.as_ref()),
        ("A title", None)
    );
    assert_eq!(kept.tags, ["redis"]);
    assert_eq!((kept.version, kept.created_at), (1, kept.valid_from));
    assert_eq!(graph.get(&kept.id).await.unwrap(), Some(kept));
    assert_eq!(graph.get(&id("nobody")).await.unwrap(), None);
}

#[tokio::test]
async fn of_many_drafts_all_are_kept_or_none() {
    let graph = graph();
    let drafts = vec![draft("a", "good"), draft("b", "  "), draft("c", "good")];
    let error = graph.remember_all(drafts).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(
        error.to_string().contains("memory 2 of 3: title"),
        "{error}"
    );
    assert_eq!(graph.statistics().await.unwrap().memories, 0);
    assert!(graph.remember_all(Vec::new()).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_id_that_is_taken_is_a_conflict() {
    let graph = with(&["a"]).await;
    let error = graph.remember(draft("a", "another")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert_eq!(graph.get(&id("a")).await.unwrap().unwrap().title, "a");
}

#[tokio::test]
async fn two_drafts_with_one_id_are_refused() {
    let graph = graph();
    let drafts = vec![draft("a", "one"), draft("a", "other")];
    let error = graph.remember_all(drafts).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("memory 2 of 2"), "{error}");
    assert_eq!(graph.statistics().await.unwrap().memories, 0);
}

#[tokio::test]
async fn the_same_content_in_the_same_project_is_told_and_not_kept_twice() {
    let graph = graph();
    let first = graph
        .remember(saying("Redis has 4 connections.", None))
        .await
        .unwrap();
    let again = saying("\nRedis has 4 connections.  \n", None);
    let (id, message) = duplicate_of(graph.remember(again.clone()).await);
    assert_eq!(id, first.id.as_str());
    assert!(
        message.contains("\"id-1\"") && message.contains("update that one, or keep both"),
        "{message}"
    );
    assert_eq!(graph.statistics().await.unwrap().memories, 1);

    let both = Draft {
        duplicates: Duplicates::Keep,
        ..again
    };
    graph.remember(both).await.unwrap();
    assert_eq!(graph.statistics().await.unwrap().memories, 2);
}

#[tokio::test]
async fn the_same_content_in_another_project_is_something_else() {
    let graph = graph();
    for project in [None, Some("shop"), Some("bank")] {
        graph.remember(saying("It works.", project)).await.unwrap();
    }
    let (id, _) = duplicate_of(graph.remember(saying("It works.", Some("bank"))).await);
    assert_eq!(id, "id-3");
    graph
        .remember(saying("it works.", Some("bank")))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_duplicate_is_looked_for_in_the_project_of_all_the_drafts() {
    let backend = Arc::new(Watched::default());
    let graph = over(Arc::clone(&backend) as _);
    let old = vec![saying("old", Some("shop")), saying("old", None)];
    graph.remember_all(old).await.unwrap();
    let asked = || {
        let listed = backend.listed();
        let projects = listed.into_iter().map(|query| query.filter.project_path);
        projects.collect::<Vec<_>>()
    };
    asked();
    for (drafts, project, refused) in [
        (
            vec![saying("1", Some("shop")), saying("2", Some("shop"))],
            Some("shop"),
            false,
        ),
        (vec![saying("old", Some("shop"))], Some("shop"), true),
        (
            vec![saying("3", Some("bank")), saying("old", Some("shop"))],
            None,
            true,
        ),
        (
            vec![saying("4", Some("bank")), saying("old", None)],
            None,
            true,
        ),
        (
            vec![saying("5", None), saying("old", Some("shop"))],
            None,
            true,
        ),
        (vec![saying("old", None)], None, true),
    ] {
        let done = graph.remember_all(drafts).await;
        assert_eq!(done.is_err(), refused, "{project:?} {done:?}");
        assert_eq!(asked(), [project.map(str::to_owned)]);
    }
}

#[tokio::test]
async fn what_no_longer_holds_may_be_said_again() {
    let graph = graph();
    let first = graph.remember(saying("It rains.", None)).await.unwrap();
    let ended = Update {
        valid_until: Some(first.valid_from),
        ..Update::default()
    };
    graph.update(&first.id, &ended).await.unwrap();
    graph.remember(saying("It rains.", None)).await.unwrap();
}

#[tokio::test]
async fn a_duplicate_among_many_drafts_is_named_and_none_is_kept() {
    let graph = graph();
    graph.remember(saying("old", None)).await.unwrap();
    let drafts = vec![saying("new", None), saying("old", None)];
    let (id, message) = duplicate_of(graph.remember_all(drafts).await);
    assert_eq!(id, "id-1");
    assert!(message.contains("memory 2 of 2"), "{message}");

    let drafts = vec![
        saying("new", None),
        saying("other", None),
        saying("new", None),
    ];
    let (_, message) = duplicate_of(graph.remember_all(drafts).await);
    assert!(message.contains("memory 3 of 3"), "{message}");
    assert_eq!(graph.statistics().await.unwrap().memories, 1);

    let kept = Draft {
        duplicates: Duplicates::Keep,
        ..saying("new", None)
    };
    let drafts = vec![saying("new", None), kept];
    assert_eq!(graph.remember_all(drafts).await.unwrap().len(), 2);
}
