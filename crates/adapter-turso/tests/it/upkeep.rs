//! Inspections, repairs, copies and erasing: in a local file, on a replica, and at the primary.

use std::{fs, path::Path};

use domain::{ListQuery, Memory};
use memorygraph_adapter_turso::{TursoBackend, TursoOptions};
use ports::{Batch, Change, ErrorKind, GraphBackend, GraphBackendExt, Restored, Trouble};

use crate::{
    graph::{all, assert_fails, at, chain, id, memory, run},
    world::{Hands, World, opened},
};

fn local(path: &Path) -> TursoOptions {
    TursoOptions::new(path, Hands::new())
}

fn troubles(found: &[ports::Finding]) -> Vec<Trouble> {
    found.iter().map(|found| found.trouble).collect()
}

/// Puts a row that is no memory, one that breaks a rule, and one that has no tag of its own.
const SPOIL: [&str; 3] = [
    "INSERT INTO nodes (id, properties, expansion) VALUES ('none', '[]', '')",
    r#"INSERT INTO nodes (id, properties, expansion) VALUES ('odd', '{"title": "x", "type": "y"}', '')"#,
    "INSERT INTO node_tags (tag, key) VALUES ('stray', 1)",
];

async fn spoil_and_mend(backend: &TursoBackend) {
    backend.apply(chain("c", 3)).await.unwrap();
    assert_eq!(backend.inspect().await.unwrap(), []);
    for sql in SPOIL {
        run(backend, sql).await.unwrap();
    }
    let expected = [Trouble::UnreadableMemories, Trouble::TagIndexOutOfStep];
    let found = backend.inspect().await.unwrap();
    assert_eq!(troubles(&found), expected, "{found:#?}");
    assert_eq!(found[0].count, 2);
    let listed = backend.list(&ListQuery::default(), &all()).await;
    assert_fails(listed, ErrorKind::Corrupt, &["memorygraph health --repair"]);

    let repaired = backend.repair().await.unwrap();
    assert_eq!(troubles(&repaired), expected);
    assert_eq!(backend.inspect().await.unwrap(), []);
    assert_eq!(backend.repair().await.unwrap(), []);
    let kept = backend.quarantine(&all()).await.unwrap().items;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].memories, [id("none")]);
    assert!(backend.memory(&id("odd")).await.unwrap().is_some());
    let listed = backend.list(&ListQuery::default(), &all()).await.unwrap();
    assert_eq!(listed.items.len(), 4);
    // The triggers are back.
    let removed = Batch::default().then(Change::RemoveMemory(id("c/0")));
    backend.apply(removed).await.unwrap();
    assert_eq!(backend.inspect().await.unwrap(), []);
}

#[tokio::test]
async fn a_local_file_is_inspected_and_mended() {
    let folder = tempfile::TempDir::new().unwrap();
    let backend = opened(local(&folder.path().join("graph.db"))).await;
    spoil_and_mend(&backend).await;
    let forget = "INSERT INTO nodes_fts (nodes_fts, rowid, content) VALUES ('delete', 2, 'ipsum')";
    run(&backend, forget).await.unwrap();
    let found = backend.inspect().await.unwrap();
    assert_eq!(troubles(&found), [Trouble::TextIndexOutOfStep]);
    backend.repair().await.unwrap();
    assert_eq!(backend.inspect().await.unwrap(), []);
    backend.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_mended_at_its_primary() {
    let world = World::new();
    let backend = opened(world.replica("a.db")).await;
    spoil_and_mend(&backend).await;
    let other = opened(world.replica("b.db")).await;
    other.sync().await.unwrap();
    assert_eq!(other.inspect().await.unwrap(), []);
    assert_eq!(other.statistics().await.unwrap().memories, 3);
    backend.close().await.unwrap();
    other.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_is_inspected_and_mended_from_afar() {
    let world = World::new();
    let backend = opened(world.remote()).await;
    spoil_and_mend(&backend).await;
    let copy = world.folder.path().join("copy.db");
    assert_fails(
        backend.backup(&copy).await,
        ErrorKind::Unsupported,
        &["primary", "memorygraph export"],
    );
    assert!(!backend.capabilities().backup);
    assert!(!copy.exists());
    backend.close().await.unwrap();
}

#[tokio::test]
async fn a_row_whose_json_is_broken_goes_into_quarantine() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let backend = opened(local(&path)).await;
    backend.apply(chain("c", 3)).await.unwrap();
    backend.close().await.unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let document = br#"{"id":"c/1","#;
    let mut windows = bytes.windows(document.len());
    let at = windows.position(|it| it == document).unwrap();
    bytes[at + r#"{"id""#.len()] = b'#';
    fs::write(&path, bytes).unwrap();

    let backend = opened(local(&path)).await;
    let found = backend.inspect().await.unwrap();
    assert_eq!(troubles(&found), [Trouble::UnreadableMemories]);
    assert!(found[0].examples[0].contains("c/1"), "{found:?}");
    backend.repair().await.unwrap();
    assert_eq!(backend.inspect().await.unwrap(), []);
    let kept = backend.quarantine(&all()).await.unwrap().items;
    assert_eq!(kept.len(), 3, "with the relationships that joined it");
    backend.apply(chain("d", 2)).await.unwrap();
    assert_eq!(backend.statistics().await.unwrap().memories, 4);
    assert_eq!(backend.inspect().await.unwrap(), []);
    backend.close().await.unwrap();
}

async fn lose_parts_and_mend(backend: &TursoBackend) {
    backend.apply(chain("c", 3)).await.unwrap();
    for lose in [
        "DROP TRIGGER nodes_inserted",
        "DROP INDEX nodes_content",
        "DROP TABLE node_tags",
    ] {
        run(backend, lose).await.unwrap();
    }
    let found = backend.inspect().await.unwrap();
    assert_eq!(troubles(&found), [Trouble::IncompleteSchema], "{found:#?}");
    assert_eq!(found[0].count, 3);
    let repaired = backend.repair().await.unwrap();
    assert_eq!(repaired[0], found[0]);
    assert_eq!(backend.inspect().await.unwrap(), []);
    backend.apply(chain("d", 2)).await.unwrap();
    assert_eq!(backend.inspect().await.unwrap(), []);
    backend.close().await.unwrap();
}

#[tokio::test]
async fn what_the_schema_of_a_local_file_lacks_is_made_again() {
    let folder = tempfile::TempDir::new().unwrap();
    lose_parts_and_mend(&opened(local(&folder.path().join("graph.db"))).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_schema_of_a_primary_lacks_is_made_again_from_afar() {
    let world = World::new();
    lose_parts_and_mend(&opened(world.remote()).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_replica_opens_as_a_file_of_its_own() {
    let world = World::new();
    let backend = opened(world.replica("a.db")).await;
    backend.apply(chain("c", 5)).await.unwrap();
    let copy = world.folder.path().join("copy.db");
    let made = backend.backup(&copy).await.unwrap();
    assert_eq!((made.memories, made.relationships), (5, 4));
    // It goes on reading and writing.
    backend.apply(chain("d", 2)).await.unwrap();
    assert_eq!(backend.statistics().await.unwrap().memories, 7);
    backend.close().await.unwrap();
    let from_copy = opened(local(&copy)).await;
    assert_eq!(from_copy.statistics().await.unwrap().memories, 5);
    assert_eq!(from_copy.inspect().await.unwrap(), []);
    from_copy.apply(chain("e", 2)).await.unwrap();
    from_copy.close().await.unwrap();
    let failed = TursoBackend::restore(&world.replica("a.db"), &copy);
    assert_fails(failed, ErrorKind::Unsupported, &["memorygraph migrate"]);
}

#[tokio::test]
async fn a_copy_of_a_local_file_is_restored() {
    let folder = tempfile::TempDir::new().unwrap();
    let (path, copy) = (
        folder.path().join("graph.db"),
        folder.path().join("copy.db"),
    );
    let backend = opened(local(&path)).await;
    backend.apply(chain("c", 5)).await.unwrap();
    let made = backend.backup(&copy).await.unwrap();
    assert_eq!((made.memories, made.relationships), (5, 4));
    assert_fails(
        backend.backup(&copy).await,
        ErrorKind::InvalidArgument,
        &["something already"],
    );
    backend.apply(chain("d", 3)).await.unwrap();
    let failed = TursoBackend::restore(&local(&path), &copy);
    assert_fails(
        failed,
        ErrorKind::Busy,
        &["has the store open", "nothing was changed"],
    );
    backend.close().await.unwrap();
    let restored = TursoBackend::restore(&local(&path), &copy).unwrap();
    let kept = folder.path().join("graph.db.before-restore");
    assert_eq!(
        restored,
        Restored {
            memories: 5,
            relationships: 4,
            kept: Some(kept.clone())
        }
    );
    for (file, memories) in [(&path, 5), (&kept, 8)] {
        let backend = opened(local(file)).await;
        assert_eq!(backend.statistics().await.unwrap().memories, memories);
        assert_eq!(backend.inspect().await.unwrap(), []);
        backend.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_graph_in_memory_has_copies_too() {
    let folder = tempfile::TempDir::new().unwrap();
    let copy = folder.path().join("copy.db");
    let backend = opened(local(Path::new(":memory:"))).await;
    backend.apply(chain("c", 5)).await.unwrap();
    assert_eq!(backend.backup(&copy).await.unwrap().memories, 5);
    assert!(copy.exists());
    assert_eq!(backend.inspect().await.unwrap(), []);
}

#[tokio::test]
async fn what_was_erased_from_a_local_file_leaves_no_byte() {
    const PARTS: [&str; 3] = ["nowqzxjvkw", "earlierqzxjvkw", "tagqzxjvkw"];
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("graph.db");
    let left = || {
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend(fs::read(folder.path().join("graph.db-wal")).unwrap_or_default());
        bytes.make_ascii_lowercase();
        let has = |part: &&str| {
            bytes
                .windows(part.len())
                .any(|window| window == part.as_bytes())
        };
        PARTS.into_iter().filter(has).collect::<Vec<_>>()
    };
    let backend = opened(local(&path)).await;
    for (version, word) in [
        (1, "bpearlierqzxjvkwqzxjvkwqzxjvkw"),
        (2, "bpnowqzxjvkwqzxjvkwqzxjvkw"),
    ] {
        let secret = Memory {
            tags: vec!["bptagqzxjvkwqzxjvkw".to_owned()],
            content: format!("{word} {}", "and many more words ".repeat(500)),
            version,
            updated_at: at(version.into()),
            ..memory("secret")
        };
        let batch = Batch::default().put_memory(secret);
        backend.apply(batch).await.unwrap();
        backend
            .apply(chain(&format!("c{version}"), 100))
            .await
            .unwrap();
    }
    assert_eq!(left(), PARTS, "the markers are found where they are");
    let erase = Batch::default().then(Change::EraseMemory(id("secret")));
    let receipt = backend.apply(erase).await.unwrap();
    assert_eq!((receipt.memories_removed, receipt.states_erased), (1, 1));
    assert_eq!(left(), Vec::<&str>::new());
    assert_eq!(backend.inspect().await.unwrap(), []);
    backend.close().await.unwrap();
    assert_eq!(left(), Vec::<&str>::new());
}
