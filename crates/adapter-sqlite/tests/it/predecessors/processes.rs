//! Several processes that open a predecessor's file at the same time.

use std::path::Path;

use contract::predecessors;
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::GraphBackend;
use tempfile::TempDir;

use super::{backup_of, journal_mode, put, sample};
use crate::{
    child::{self, Other},
    files::beside,
    graph::options,
};

const TEST: &str =
    "predecessors::processes::of_several_that_open_it_one_upgrades_and_all_find_it_done";

fn open_at_a_word(path: &Path) {
    child::end_with_parent();
    let store = SqliteBackend::open_with(&options(path)).unwrap();
    child::say("open");
    while !path.with_extension("go").exists() {
        std::thread::yield_now();
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let schema = store.initialize_schema().await.unwrap();
        let memories = store.statistics().await.unwrap().memories;
        let did = if schema.upgraded.is_some() {
            "upgraded"
        } else {
            "found"
        };
        store.close().await.unwrap();
        child::say(&format!("{did} {memories}"));
    });
}

#[test]
fn of_several_that_open_it_one_upgrades_and_all_find_it_done() {
    if let Some(role) = child::role() {
        return open_at_a_word(Path::new(&role));
    }
    let folder = TempDir::new().unwrap();
    let path = put(folder.path(), sample("python-0.12.db"));
    let role = path.display().to_string();
    let others: Vec<Other> = (0..4).map(|_| Other::start(TEST, &role)).collect();
    for other in &others {
        assert_eq!(other.lines.recv().unwrap(), "open");
    }
    std::fs::write(path.with_extension("go"), "").unwrap();
    let mut said: Vec<String> = others
        .iter()
        .map(|other| other.lines.recv().unwrap())
        .collect();
    said.sort();
    assert_eq!(
        said,
        ["found 204", "found 204", "found 204", "upgraded 204"]
    );
    assert!(backup_of(&path).exists());
    assert!(
        !beside(&path, ".before-memorygraph-2").exists(),
        "two copies were made"
    );
    assert_eq!(journal_mode(&path), "wal");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = SqliteBackend::open_with(&options(&path)).unwrap();
        assert_eq!(store.initialize_schema().await.unwrap().upgraded, None);
        predecessors::check_contents(&store, sample("python-0.12.db")).await;
    });
}
