use memorygraph::domain::{MemoryContext, MemoryType, PageRequest, RelationshipType, Timestamp};
use memorygraph::ports::ErrorKind;
use memorygraph::{ActivityQuery, Draft, Ending, MemoryGraph, RecentActivity, Update};

use super::{draft, kind, link};
use crate::world::{graph, id};

const BEGIN: Timestamp = Timestamp::UNIX_EPOCH;

fn of(name: &str, memory_type: MemoryType, project: &str) -> Draft {
    let context = MemoryContext {
        project_path: Some(project.into()),
        ..MemoryContext::default()
    };
    Draft {
        memory_type,
        context: Some(context),
        ..draft(name, name)
    }
}

async fn shop() -> MemoryGraph {
    let graph = graph();
    for draft in [
        of("slow", MemoryType::Problem, "shop"),
        of("timeout", MemoryType::Error, "shop"),
        of("pool", MemoryType::Fix, "shop"),
        of("deadlock", MemoryType::Error, "bank"),
    ] {
        graph.remember(draft).await.unwrap();
    }
    graph
}

async fn activity(graph: &MemoryGraph, project: Option<&str>, since: Timestamp) -> RecentActivity {
    let query = ActivityQuery {
        project: project.map(str::to_owned),
        since,
        limit: 10,
    };
    graph.recent_activity(&query).await.unwrap()
}

fn names(memories: &[memorygraph::domain::Memory]) -> Vec<&str> {
    memories.iter().map(|memory| memory.id.as_str()).collect()
}

#[tokio::test]
async fn activity_counts_what_was_kept_or_changed_since() {
    let graph = shop().await;
    let all = activity(&graph, None, BEGIN).await;
    assert_eq!((all.total, all.truncated), (4, false));
    assert_eq!(all.memories_by_type[&MemoryType::Error], 2);
    assert_eq!(names(&all.recent), ["deadlock", "pool", "timeout", "slow"]);

    let pool = graph.get(&id("pool")).await.unwrap().unwrap();
    let update = Update {
        title: Some("new".into()),
        ..Update::default()
    };
    graph.update(&id("slow"), &update).await.unwrap();
    let late = activity(&graph, Some("shop"), pool.updated_at).await;
    assert_eq!(names(&late.recent), ["slow", "pool"]);
    assert_eq!(late.total, 2);
    assert!(!late.memories_by_type.contains_key(&MemoryType::Error));
}

#[tokio::test]
async fn unresolved_is_what_nothing_valid_solves_or_addresses() {
    let graph = shop().await;
    let unresolved = async |project| {
        let never = Timestamp::from_second(4_000_000_000).unwrap();
        let activity = activity(&graph, project, never).await;
        assert_eq!(activity.total, 0);
        let names = activity.unresolved.into_iter();
        names
            .map(|memory| memory.id.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(unresolved(None).await, ["deadlock", "timeout", "slow"]);
    assert_eq!(unresolved(Some("shop")).await, ["timeout", "slow"]);

    let solves = graph.relate(link("pool", RelationshipType::Solves, "timeout"));
    let solves = solves.await.unwrap().relationship;
    let addresses = graph.relate(link("pool", RelationshipType::Addresses, "slow"));
    addresses.await.unwrap();
    // What a problem itself points at does not solve it.
    let causes = graph.relate(link("deadlock", RelationshipType::Solves, "pool"));
    causes.await.unwrap();
    assert_eq!(unresolved(None).await, ["deadlock"]);

    graph
        .invalidate(&solves.id, Ending::default())
        .await
        .unwrap();
    assert_eq!(unresolved(None).await, ["deadlock", "timeout"]);
    let over = Update {
        valid_until: Some(solves.valid_from),
        ..Update::default()
    };
    graph.update(&id("timeout"), &over).await.unwrap();
    assert_eq!(unresolved(None).await, ["deadlock"]);
}

#[tokio::test]
async fn the_lists_are_as_long_as_the_limit_and_the_counts_are_not() {
    let graph = shop().await;
    let query = |limit| ActivityQuery {
        project: None,
        since: BEGIN,
        limit,
    };
    let one = graph.recent_activity(&query(1)).await.unwrap();
    assert_eq!(names(&one.recent), ["deadlock"]);
    assert_eq!(names(&one.unresolved), ["deadlock"]);
    assert_eq!((one.total, one.truncated), (4, false));
    for limit in [0, PageRequest::LARGEST + 1] {
        let error = kind(graph.recent_activity(&query(limit)).await);
        assert_eq!(error, ErrorKind::InvalidArgument);
    }
}

#[tokio::test]
async fn very_much_activity_is_cut_and_says_so() {
    let graph = graph();
    let drafts = (0..=RecentActivity::MOST)
        .map(|n| draft(&format!("m{n}"), "title"))
        .collect();
    graph.remember_all(drafts).await.unwrap();
    let activity = activity(&graph, None, BEGIN).await;
    assert_eq!(activity.total, RecentActivity::MOST);
    assert!(activity.truncated);
}
