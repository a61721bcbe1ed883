//! Inspections, copies, and copies in the place of a store.

use std::path::Path;

use memorygraph::{
    Config, Draft, MemoryGraph,
    domain::MemoryType,
    ports::{ErrorKind, Restored},
    restore,
};
use tempfile::TempDir;

/// One for each backend that this build has.
fn configs(path: &Path) -> Vec<Config> {
    vec![
        #[cfg(feature = "sqlite")]
        Config::sqlite(path),
        #[cfg(feature = "turso")]
        Config::turso(path),
    ]
}

async fn remember(graph: &MemoryGraph, title: &str) {
    let draft = Draft::new(MemoryType::General, title, format!("About {title}."));
    graph.remember(draft).await.unwrap();
}

#[tokio::test]
async fn a_backup_brings_back_what_was_there() {
    for backend in 0..configs(Path::new("")).len() {
        let folder = TempDir::new().unwrap();
        let (path, copy) = (
            folder.path().join("graph.db"),
            folder.path().join("copy.db"),
        );
        let config = &configs(&path)[backend];
        let graph = MemoryGraph::open(config).await.unwrap();
        remember(&graph, "first").await;
        assert_eq!(graph.backup(&copy).await.unwrap().memories, 1);
        remember(&graph, "second").await;
        assert_eq!(graph.inspect().await.unwrap(), []);
        assert_eq!(graph.repair().await.unwrap(), []);
        let busy = restore(config, &copy).await.unwrap_err();
        assert_eq!(busy.kind(), ErrorKind::Busy, "{busy}");
        graph.close().await.unwrap();

        let restored = restore(config, &copy).await.unwrap();
        let expected = Restored {
            memories: 1,
            relationships: 0,
            kept: Some(folder.path().join("graph.db.before-restore")),
        };
        assert_eq!(restored, expected);
        let graph = MemoryGraph::open(config).await.unwrap();
        assert_eq!(graph.statistics().await.unwrap().memories, 1);
        graph.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_graph_in_memory_is_copied_and_not_replaced() {
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("copy.db");
    for config in &configs(Path::new(":memory:")) {
        let graph = MemoryGraph::open(config).await.unwrap();
        remember(&graph, "first").await;
        let copy = folder.path().join(format!("{}.db", graph.backend().name()));
        assert_eq!(graph.backup(&copy).await.unwrap().memories, 1);
        let refused = restore(config, &copy).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
    }
    let absent = restore(&Config::at(folder.path().join("graph.db")), &copy).await;
    assert_eq!(absent.unwrap_err().kind(), ErrorKind::InvalidArgument);
}
