//! Files that both adapters open. In one process they do so strictly one after the other.

use std::path::Path;

use adapter_sqlite::SqliteBackend;
use domain::{
    AsOf, Direction, ListQuery, Memory, MemoryContext, MemoryFilter, MemoryType, RelationshipQuery,
    SearchMode, SearchQuery, Walk,
};
use memorygraph_adapter_turso::TursoBackend;
use ports::{Batch, Change, ErrorKind, GraphBackend, GraphBackendExt};

use crate::{
    folder::Snapshot,
    graph::{all, assert_fails, at, chain, id, link, memory},
    world::{World, opened},
};

/// Everything that a backend says of its graph, in a form that can be compared.
async fn everything(backend: &dyn GraphBackend) -> Vec<String> {
    let mut said = Vec::new();
    let ever = MemoryFilter {
        as_of: AsOf::Ever,
        ..MemoryFilter::default()
    };
    let query = ListQuery {
        filter: ever.clone(),
        ..ListQuery::default()
    };
    let memories = backend.list(&query, &all()).await.unwrap().items;
    assert!(!memories.is_empty());
    said.extend(memories.iter().map(|memory| format!("{memory:?}")));
    let query = RelationshipQuery {
        as_of: AsOf::Ever,
        ..RelationshipQuery::default()
    };
    let relationships = backend.relationships(&query, &all()).await.unwrap();
    said.extend(relationships.items.iter().map(|r| format!("{r:?}")));
    for text in ["lorem", "title", "user by", "記憶", "größe", "rust"] {
        for mode in [SearchMode::Strict, SearchMode::Normal, SearchMode::Fuzzy] {
            let query = SearchQuery {
                text: text.to_owned(),
                mode,
                filter: ever.clone(),
            };
            let hits = backend.search(&query, &all()).await.unwrap().items;
            said.extend(hits.iter().map(|hit| format!("{text}: {hit:?}")));
        }
    }
    let walk = Walk {
        depth: 5,
        direction: Direction::Both,
        ..Walk::new(memories[0].id.clone())
    };
    said.push(format!("{:?}", backend.walk(&walk).await.unwrap()));
    said.push(format!("{:?}", backend.statistics().await.unwrap()));
    let changes = backend.changes_since(at(0), &all()).await.unwrap();
    said.push(format!("{changes:?}"));
    said
}

/// A batch with everything that a memory and a relationship can have.
fn rich(name: &str) -> Batch {
    let context = MemoryContext {
        project_path: Some("/home/me/größe".to_owned()),
        languages: vec!["rust".to_owned()],
        additional_metadata: [("n".to_owned(), serde_json::json!([1, 0.1, null, "x"]))]
            .into_iter()
            .collect(),
        ..MemoryContext::default()
    };
    let full = Memory {
        memory_type: MemoryType::Fix,
        title: format!("getUserById of {name}"),
        content: "das 記憶 🧠 of lorem".to_owned(),
        summary: Some("the größe".to_owned()),
        tags: vec!["rust".to_owned(), "c++".to_owned()],
        context: Some(context),
        updated_by: Some("me".to_owned()),
        valid_until: Some(at(1_000_000_000)),
        ..memory(&format!("{name}/full"))
    };
    let mut batch = chain(name, 5).put_memory(full).put_relationship(link(
        &format!("{name}/ended"),
        &format!("{name}/full"),
        &format!("{name}/0"),
    ));
    batch.changes.push(Change::InvalidateRelationship {
        id: domain::RelationshipId::new(format!("{name}/ended")).unwrap(),
        until: at(10),
        by: None,
        recorded_at: at(11),
    });
    batch.then(Change::TouchMemory {
        id: id(&format!("{name}/2")),
        uses: 3,
        at: at(5),
    })
}

async fn with_sqlite(path: &Path, batch: Batch) -> Vec<String> {
    let backend = SqliteBackend::open(path).unwrap();
    backend.initialize_schema().await.unwrap();
    backend.apply(batch).await.unwrap();
    let said = everything(&backend).await;
    assert_eq!(backend.health().await.unwrap().warnings, [""; 0]);
    backend.close().await.unwrap();
    said
}

async fn with_turso(world: &World, name: &str, batch: Batch) -> Vec<String> {
    let backend = opened(world.local(name)).await;
    backend.apply(batch).await.unwrap();
    let said = everything(&backend).await;
    assert_eq!(backend.health().await.unwrap().warnings, [""; 0]);
    backend.close().await.unwrap();
    said
}

#[tokio::test]
async fn a_file_of_turso_is_opened_by_sqlite_with_everything_in_it() {
    let world = World::new();
    let path = world.folder.path().join("memory.db");
    let written = with_turso(&world, "memory.db", rich("turso")).await;
    assert_eq!(with_sqlite(&path, Batch::default()).await, written);
}

#[tokio::test]
async fn a_file_of_sqlite_is_opened_by_turso_with_everything_in_it() {
    let world = World::new();
    let path = world.folder.path().join("memory.db");
    let written = with_sqlite(&path, rich("sqlite")).await;
    assert_eq!(
        with_turso(&world, "memory.db", Batch::default()).await,
        written
    );
}

#[tokio::test]
async fn both_write_to_one_file_in_turns() {
    let world = World::new();
    let path = world.folder.path().join("memory.db");
    for round in 0..3 {
        let written = with_sqlite(&path, rich(&format!("sqlite/{round}"))).await;
        assert_eq!(
            with_turso(&world, "memory.db", Batch::default()).await,
            written
        );
        let written = with_turso(&world, "memory.db", rich(&format!("turso/{round}"))).await;
        assert_eq!(with_sqlite(&path, Batch::default()).await, written);
    }
    crate::folder::check_file(&path);
}

#[tokio::test]
async fn a_replica_is_not_opened_by_sqlite_nor_as_a_local_file() {
    let world = World::new();
    let replica = opened(world.replica("replica.db")).await;
    replica.apply(rich("a")).await.unwrap();
    let before = everything(&replica).await;
    replica.close().await.unwrap();
    let path = world.folder.path().join("replica.db");
    let files = Snapshot::of(world.folder.path());
    let words = ["open the graph", path.to_str().unwrap(), "embedded replica"];
    assert_fails(
        SqliteBackend::open(&path).map(drop),
        ErrorKind::InvalidArgument,
        &words,
    );
    files.assert_unchanged(world.folder.path());
    assert_fails(
        TursoBackend::create(world.local("replica.db"))
            .await
            .map(drop),
        ErrorKind::InvalidArgument,
        &words,
    );
    files.assert_unchanged(world.folder.path());
    let replica = opened(world.replica("replica.db")).await;
    assert_eq!(everything(&replica).await, before);
    replica.put_memory(memory("more")).await.unwrap();
}

#[tokio::test]
async fn a_graph_of_its_own_does_not_become_a_replica() {
    let world = World::new();
    let path = world.folder.path().join("memory.db");
    with_sqlite(&path, rich("a")).await;
    let files = Snapshot::of(world.folder.path());
    assert_fails(
        TursoBackend::create(world.replica("memory.db"))
            .await
            .map(drop),
        ErrorKind::InvalidArgument,
        &[
            path.to_str().unwrap(),
            "a graph of its own",
            "memorygraph migrate",
            "name another file",
        ],
    );
    files.assert_unchanged(world.folder.path());
    assert_eq!(world.network.requests(), 0);
}

/// The whole of a replica is in its file once it is closed: another program may copy it.
#[tokio::test]
async fn a_copy_of_a_replica_without_what_is_beside_it_is_a_local_graph() {
    let world = World::new();
    let replica = opened(world.replica("replica.db")).await;
    replica.apply(rich("a")).await.unwrap();
    let before = everything(&replica).await;
    replica.close().await.unwrap();
    let path = world.folder.path().join("copy.db");
    let from = world.folder.path().join("replica.db");
    for suffix in ["", "-wal"] {
        let from = crate::folder::beside(&from, suffix);
        if from.exists() {
            std::fs::copy(from, crate::folder::beside(&path, suffix)).unwrap();
        }
    }
    assert_eq!(with_sqlite(&path, Batch::default()).await, before);
    assert_eq!(
        with_turso(&world, "copy.db", Batch::default()).await,
        before
    );
}
