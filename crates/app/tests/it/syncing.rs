use crate::world::graph;

#[tokio::test]
async fn a_store_that_is_no_replica_has_nothing_to_sync() {
    let graph = graph();
    assert_eq!(graph.sync().await.unwrap(), None);
    assert_eq!(graph.sync_status(), None);
    assert_eq!(graph.freshness(), None);
}

#[cfg(feature = "turso")]
mod with_a_primary {
    use std::{path::Path, time::Duration};

    use engines::Sqld;
    use memorygraph::domain::{MemoryType, Timestamp};
    use memorygraph::ports::ErrorKind;
    use memorygraph::{Config, Draft, MemoryGraph, Origin, Setting, TursoMode};

    use crate::world::id;

    fn said<T>(value: T) -> Setting<T> {
        Setting {
            value,
            origin: Origin::Flag("the test"),
        }
    }

    /// A replica of `url` that syncs only when it is asked.
    fn replica(path: &Path, url: &str) -> Config {
        Config {
            turso_database_url: Some(said(url.into())),
            turso_auto_sync: said(false),
            ..Config::turso(path)
        }
    }

    #[tokio::test]
    async fn what_one_replica_remembers_another_has_after_a_sync() {
        let primary = Sqld::start();
        let folder = tempfile::tempdir().unwrap();
        let open = async |name: &str| {
            let config = replica(&folder.path().join(name), &primary.url());
            MemoryGraph::open(&config).await.unwrap()
        };
        let (one, other) = (open("one.db").await, open("other.db").await);
        let draft = Draft {
            id: Some(id("fix")),
            ..Draft::new(MemoryType::Fix, "Larger pool", "It had 4 connections.")
        };
        let kept = one.remember(draft).await.unwrap();

        let synced = other.sync().await.unwrap().unwrap();
        assert!(synced.frames > 0, "{synced:?}");
        assert_eq!(other.get(&kept.id).await.unwrap(), Some(kept));

        let fresh = other.freshness().unwrap();
        assert!(fresh.age.unwrap() < Duration::from_mins(1), "{fresh:?}");
        assert!(fresh.last_synced_at.unwrap() > Timestamp::UNIX_EPOCH);
        // The first was the one that made the copy.
        assert_eq!(other.sync_status().unwrap().successes, 2);
        for graph in [one, other] {
            graph.close().await.unwrap();
        }
    }

    #[tokio::test]
    async fn without_its_primary_a_replica_answers_and_tells_its_age() {
        let mut primary = Sqld::start();
        let folder = tempfile::tempdir().unwrap();
        let config = replica(&folder.path().join("graph.db"), &primary.url());
        let graph = MemoryGraph::open(&config).await.unwrap();
        let draft = Draft::new(MemoryType::Fix, "Larger pool", "It had 4 connections.");
        let kept = graph.remember(draft).await.unwrap();
        graph.sync().await.unwrap();
        graph.close().await.unwrap();
        primary.stop();

        let graph = MemoryGraph::open(&config).await.unwrap();
        assert_eq!(graph.get(&kept.id).await.unwrap(), Some(kept));
        assert!(graph.freshness().unwrap().last_synced_at.is_some());
        let error = graph.sync().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable);
        let status = graph.sync_status().unwrap();
        assert_eq!(status.last_error.unwrap().kind, ErrorKind::Unreachable);
        graph.close().await.unwrap();
    }

    #[tokio::test]
    async fn uses_reach_the_primary_at_the_end_unless_it_did_not_answer() {
        let mut primary = Sqld::start();
        let folder = tempfile::tempdir().unwrap();
        let config = replica(&folder.path().join("graph.db"), &primary.url());
        let open = async || MemoryGraph::open(&config).await.unwrap();
        let graph = open().await;
        let draft = Draft::new(MemoryType::Fix, "Larger pool", "It had 4 connections.");
        let id = graph.remember(draft).await.unwrap().id;
        let uses = async |graph: &MemoryGraph| {
            let memory = graph.get(&id).await.unwrap().unwrap();
            memory.usage_count
        };
        assert_eq!(uses(&graph).await, 0);
        graph.close().await.unwrap();

        let graph = open().await;
        assert_eq!(uses(&graph).await, 1);
        primary.stop();
        assert!(graph.sync().await.is_err());
        primary.restart();
        graph.close().await.unwrap();

        let graph = open().await;
        assert_eq!(uses(&graph).await, 1);
        graph.close().await.unwrap();
    }

    #[tokio::test]
    async fn a_remote_graph_is_no_replica() {
        let primary = Sqld::start();
        let config = Config {
            turso_mode: Some(said(TursoMode::Remote)),
            ..replica(Path::new("unused.db"), &primary.url())
        };
        let graph = MemoryGraph::open(&config).await.unwrap();
        let draft = Draft::new(MemoryType::Fix, "Larger pool", "It had 4 connections.");
        let kept = graph.remember(draft).await.unwrap();
        assert_eq!(graph.get(&kept.id).await.unwrap(), Some(kept));
        assert_eq!(graph.sync().await.unwrap(), None);
        assert_eq!(graph.freshness(), None);
        graph.close().await.unwrap();
        assert!(!Path::new("unused.db").exists());
    }

    #[tokio::test]
    async fn a_mode_that_lacks_its_url_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            turso_mode: Some(said(TursoMode::Replica)),
            ..Config::turso(folder.path().join("graph.db"))
        };
        let error = MemoryGraph::open(&config).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument);
        assert!(error.to_string().contains("TURSO_DATABASE_URL"), "{error}");
    }
}

#[cfg(all(feature = "sqlite", feature = "turso"))]
#[tokio::test]
async fn a_local_file_moves_between_the_backends() {
    use memorygraph::domain::MemoryType;
    use memorygraph::{Config, Draft, MemoryGraph};

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.db");
    let mut kept = Vec::new();
    for config in [
        Config::turso(&path),
        Config::sqlite(&path),
        Config::turso(&path),
    ] {
        let graph = MemoryGraph::open(&config).await.unwrap();
        for memory in &kept {
            let memory: &memorygraph::domain::Memory = memory;
            let found = graph.get(&memory.id).await.unwrap().unwrap();
            assert_eq!(found.unused(), *memory);
        }
        let content = format!("{} connections.", kept.len());
        let draft = Draft::new(MemoryType::Fix, "Larger pool", content);
        kept.push(graph.remember(draft).await.unwrap());
        graph.close().await.unwrap();
    }
}
