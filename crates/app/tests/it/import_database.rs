//! Database files, taken in without being touched.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use adapter_memory::MemoryBackend;
use contract::predecessors::{self, SAMPLES};
use memorygraph::{
    Config, Draft, Duplicates, Link, MemoryGraph,
    domain::{MemoryFilter, MemoryType, PageRequest, RelationshipType},
    import::{DatabaseImport, is_database},
    migrate::{KeptAside, Progress},
    ports::ErrorKind,
};
use tempfile::TempDir;

use crate::world::{graph, over};

async fn imported(graph: &MemoryGraph, path: &Path) -> DatabaseImport {
    let nothing = &mut |_: Progress| {};
    graph.import_database(path, nothing).await.unwrap()
}

async fn refused(path: &Path) -> (ErrorKind, String) {
    let nothing = &mut |_: Progress| {};
    let error = graph().import_database(path, nothing).await.unwrap_err();
    (error.kind(), error.to_string())
}

#[tokio::test]
async fn each_sample_comes_in_whole_and_again_changes_nothing() {
    let samples = SAMPLES
        .iter()
        .filter(|sample| predecessors::fixture(sample.file).exists());
    let mut count = 0;
    for sample in samples {
        count += 1;
        let folder = TempDir::new().unwrap();
        let path = predecessors::copy_into(folder.path(), sample.file);
        let before = fs::read(&path).unwrap();
        let graph = over(Arc::new(MemoryBackend::new()));
        let first = imported(&graph, &path).await;
        let upgrade = first.upgrade.as_ref().unwrap();
        assert_eq!(upgrade.backup, None);
        predecessors::check(&**graph.backend(), sample, upgrade).await;
        assert!(first.is_complete(), "{}", sample.file);
        assert_eq!(first.carried.memories.added, sample.memories[0]);
        let kept = sample.kept_aside.len() as u64;
        assert_eq!(
            first.carried.quarantined,
            KeptAside {
                read: kept,
                added: kept,
                already_there: 0
            }
        );

        let again = imported(&graph, &path).await;
        assert_eq!(again.carried.memories.added, 0);
        assert_eq!(again.carried.memories.already_there, sample.memories[0]);
        assert_eq!(again.carried.relationships.added, 0);
        assert!(again.is_complete(), "{:?}", again.carried.differing);
        assert_eq!(
            again.carried.quarantined,
            KeptAside {
                read: kept,
                added: 0,
                already_there: kept
            }
        );
        predecessors::check_contents(&**graph.backend(), sample).await;

        assert!(fs::read(&path).unwrap() == before, "{}", sample.file);
        let files = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "something was left beside {}", sample.file);
    }
    assert_eq!(count, 4);
}

#[tokio::test]
async fn a_file_of_ours_comes_in_while_it_is_open() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("memory.db");
    let from = MemoryGraph::open(&Config::at(&path)).await.unwrap();
    assert_eq!(from.upgraded(), None);
    let mut ids = Vec::new();
    for title in ["first", "second"] {
        let draft = Draft {
            duplicates: Duplicates::Keep,
            ..Draft::new(MemoryType::General, title, "content")
        };
        ids.push(from.remember(draft).await.unwrap().id);
    }
    let link = Link::new(ids[0].clone(), RelationshipType::Solves, ids[1].clone());
    from.relate(link).await.unwrap();
    let graph = graph();
    let report = imported(&graph, &path).await;
    assert_eq!(report.upgrade, None);
    assert_eq!(report.carried.memories.added, 2);
    assert_eq!(report.carried.relationships.added, 1);
    let found = graph.backend().memories(&ids).await.unwrap();
    let there = from.backend().memories(&ids).await.unwrap();
    assert_eq!(found, there);
    from.close().await.unwrap();
}

/// A replica's copy is a database as every other one; what tells of its primary is not read.
#[tokio::test]
async fn what_lies_beside_a_replica_does_not_matter() {
    let folder = TempDir::new().unwrap();
    let path = predecessors::copy_into(folder.path(), "python-turso.db");
    fs::write(folder.path().join("python-turso.db-info"), "{}").unwrap();
    let report = imported(&graph(), &path).await;
    assert_eq!(report.carried.memories.added, 1);
}

#[tokio::test]
async fn a_file_that_is_read_only_comes_in() {
    let folder = TempDir::new().unwrap();
    let path = predecessors::copy_into(folder.path(), "python-0.9.db");
    let mut permissions = fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&path, permissions).unwrap();
    let report = imported(&graph(), &path).await;
    assert_eq!(report.carried.memories.added, 60);
}

#[tokio::test]
async fn what_is_no_database_of_ours_is_refused_by_its_name() {
    let folder = TempDir::new().unwrap();
    let absent = folder.path().join("absent.db");
    let (kind, words) = refused(&absent).await;
    assert_eq!(kind, ErrorKind::NotFound);
    assert!(words.contains("absent.db"), "{words}");

    let text = folder.path().join("notes.txt");
    fs::write(&text, "Dear diary, ".repeat(100)).unwrap();
    for path in [&text, folder.path()] {
        let (kind, words) = refused(path).await;
        assert_eq!(kind, ErrorKind::InvalidArgument);
        assert!(words.contains("is no SQLite database"), "{words}");
    }

    let damaged = folder.path().join("damaged.db");
    let mut bytes = fs::read(predecessors::fixture("python-0.12.db")).unwrap();
    bytes.truncate(100_000);
    fs::write(&damaged, bytes).unwrap();
    let (kind, words) = refused(&damaged).await;
    assert_eq!(kind, ErrorKind::Corrupt, "{words}");
    assert!(
        words.contains("damaged.db") && !words.contains("memory.db"),
        "{words}"
    );
}

#[tokio::test]
async fn a_file_that_is_damaged_anywhere_is_named() {
    const PAGE: usize = 4_096;
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ours.db");
    let graph = MemoryGraph::open(&Config::at(&path)).await.unwrap();
    let draft = Draft::new(MemoryType::General, "title", "content");
    graph.remember(draft).await.unwrap();
    graph.close().await.unwrap();
    let whole = fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged.db");
    let mut count = 0;
    for page in 1..whole.len() / PAGE {
        let mut bytes = whole.clone();
        bytes[page * PAGE..][..PAGE].fill(0xff);
        fs::write(&damaged, bytes).unwrap();
        let graph = over(Arc::new(MemoryBackend::new()));
        let answer = graph.import_database(&damaged, &mut |_| {}).await;
        if let Err(error) = answer {
            count += 1;
            let words = error.to_string();
            assert_eq!(error.kind(), ErrorKind::Corrupt, "page {page}: {words}");
            let named = words.contains("damaged.db: ") && !words.contains("memory.db");
            assert!(named && words.contains("restore a backup"), "{words}");
        }
    }
    assert!(count > 5, "{count} of {} pages", whole.len() / PAGE);
}

#[tokio::test]
async fn a_file_of_a_format_that_no_engine_knows_is_damaged() {
    let folder = TempDir::new().unwrap();
    let path = predecessors::copy_into(folder.path(), "python-0.9.db");
    let mut bytes = fs::read(&path).unwrap();
    // The format of the schema, of which there are four.
    bytes[44..48].copy_from_slice(&9_u32.to_be_bytes());
    fs::write(&path, bytes).unwrap();
    let (kind, words) = refused(&path).await;
    assert_eq!(kind, ErrorKind::Corrupt, "{words}");
    assert!(
        words.contains("python-0.9.db: the head of the file"),
        "{words}"
    );
}

#[tokio::test]
async fn a_predecessors_file_opens_in_place_and_says_so() {
    let folder = TempDir::new().unwrap();
    let path = predecessors::copy_into(folder.path(), "python-0.12.db");
    let graph = MemoryGraph::open(&Config::at(&path)).await.unwrap();
    let upgrade = graph.upgraded().unwrap();
    assert_eq!((upgrade.memories, upgrade.relationships), (204, 290));
    assert_eq!(upgrade.repaired_count, 1);
    assert!(
        upgrade
            .backup
            .as_ref()
            .unwrap()
            .ends_with("python-0.12.db.before-memorygraph")
    );
    let page = PageRequest::first(10).unwrap();
    let found = graph
        .recall("hydration mismatch", MemoryFilter::default(), &page)
        .await
        .unwrap();
    assert!(!found.items.is_empty());
    graph.close().await.unwrap();
    let again = MemoryGraph::open(&Config::at(&path)).await.unwrap();
    assert_eq!(again.upgraded(), None);
}

#[test]
fn a_database_is_told_by_its_first_bytes() {
    let bytes = fs::read(predecessors::fixture("python-0.9.db")).unwrap();
    assert!(is_database(&bytes[..16]));
    assert!(!is_database(&bytes[..10]));
    assert!(!is_database(b"{\"format\": 1}"));
}

/// The file of a replica that is open and follows its primary.
#[cfg(feature = "turso")]
#[tokio::test]
async fn the_file_of_a_replica_comes_in() {
    use memorygraph::{Origin, Setting};

    let primary = engines::Sqld::start();
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("replica.db");
    let url = Setting {
        value: primary.url().as_str().into(),
        origin: Origin::Flag("the test"),
    };
    let config = Config {
        turso_database_url: Some(url),
        ..Config::turso(&path)
    };
    let replica = MemoryGraph::open(&config).await.unwrap();
    let draft = Draft::new(MemoryType::Fix, "Larger pool", "It had 4 connections.");
    let kept = replica.remember(draft).await.unwrap();
    let graph = graph();
    let report = imported(&graph, &path).await;
    assert_eq!(report.carried.memories.added, 1);
    let found = graph.backend().memories(&[kept.id]).await.unwrap();
    assert_eq!(found[0].title, "Larger pool");
    replica.close().await.unwrap();
}

/// Opening it, or what lies beside it, and closing it again would drop the locks of this process.
#[tokio::test]
async fn the_own_file_is_refused_and_keeps_its_locks() {
    for backend in [Config::sqlite as fn(PathBuf) -> Config, Config::turso] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("memory.db");
        let graph = match MemoryGraph::open(&backend(path.clone())).await {
            // This build does not have it.
            Err(error) if error.kind() == ErrorKind::Unsupported => continue,
            graph => graph.unwrap(),
        };
        let draft = Draft::new(MemoryType::Fix, "Larger pool", "It had 4 connections.");
        graph.remember(draft).await.unwrap();
        let mut names = vec![path.clone(), folder.path().join("memory.db-wal")];
        #[cfg(unix)]
        {
            let (link, second) = (folder.path().join("link"), folder.path().join("second"));
            std::os::unix::fs::symlink(&path, &link).unwrap();
            fs::hard_link(&path, &second).unwrap();
            names.extend([link, second]);
        }
        let before = locks(&path);
        for name in names {
            let nothing = &mut |_: Progress| {};
            let refused = graph.import_database(&name, nothing).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
            assert!(refused.to_string().contains("is the graph itself"));
            assert!(graph.refuse_own_file(&name).is_err());
        }
        assert_eq!(locks(&path), before);
        graph
            .refuse_own_file(&folder.path().join("other.db"))
            .unwrap();
        graph.close().await.unwrap();
    }
}

/// The locks that this process has on a file, where the system says. The list of all processes'
/// locks is no snapshot: one that is read while others lock files can have a line twice, or not.
#[cfg(target_os = "linux")]
fn locks(path: &Path) -> Vec<String> {
    use std::os::unix::fs::MetadataExt;

    let inode = format!(":{} ", fs::metadata(path).unwrap().ino());
    let mut locks = Vec::new();
    for open in fs::read_dir("/proc/self/fdinfo").unwrap() {
        // What another test closed meanwhile is not there.
        let said = fs::read_to_string(open.unwrap().path()).unwrap_or_default();
        let of_file = said
            .lines()
            .filter(|line| line.starts_with("lock:") && line.contains(&inode));
        let of_file = of_file.filter_map(|line| line.split_once(": "));
        locks.extend(of_file.map(|(_, lock)| lock.to_owned()));
    }
    assert!(!locks.is_empty(), "the file of an open graph is locked");
    locks.sort();
    locks
}

#[cfg(not(target_os = "linux"))]
fn locks(_: &Path) -> Vec<String> {
    Vec::new()
}
