//! A process that ends in the middle of an upgrade.

use std::{fs, path::Path};

use contract::predecessors::{self, SAMPLES};
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::GraphBackend;
use tempfile::TempDir;

use super::{
    bare::{Bare, ENDED},
    old_rows, put,
};
use crate::{
    child::{self, Other},
    files::beside,
    graph::{check_file, options, raw},
};

const TEST: &str =
    "predecessors::killed::ended_before_any_statement_the_file_is_the_old_or_the_new_one";

/// Upgrades, and keeps a copy beside the file, as a backend does, until its statements are used up.
fn upgrade_until_ended(role: &str) {
    let (left, path) = role.split_once(' ').unwrap();
    let path = Path::new(path);
    let mut connection = Bare::open(path, left.parse().unwrap());
    connection.upgrade(|| {
        let mut reader = Bare::open(path, u64::MAX);
        sql_graph::keep_aside(&mut reader, path).map(Some)
    });
    child::say("upgraded");
}

#[tokio::test]
async fn ended_before_any_statement_the_file_is_the_old_or_the_new_one() {
    if let Some(role) = child::role() {
        return upgrade_until_ended(&role);
    }
    let (mut ends, mut hot) = (0, 0);
    // Before each statement in both journal modes, then of the other shapes before some.
    for (number, sample) in SAMPLES.iter().enumerate() {
        let step = match sample.file {
            "python-0.9.db" | "typescript-0.13.db" => 1,
            _ => 29,
        };
        let folder = TempDir::new().unwrap();
        let original = put(folder.path(), sample);
        let old = old_rows(&original);
        for left in (number as u64 % step..).step_by(usize::try_from(step).unwrap()) {
            let folder = TempDir::new().unwrap();
            let path = folder.path().join("memory.db");
            fs::copy(&original, &path).unwrap();
            let role = format!("{left} {}", path.display());
            let mut other = Other::start(TEST, &role);
            let upgraded = other.lines.iter().any(|line| line == "upgraded");
            let code = other.wait().code();
            assert_eq!(code, Some(if upgraded { 0 } else { ENDED }), "{role}");
            if !upgraded {
                ends += 1;
                hot += u32::from(beside(&path, "-journal").exists());
                // Its own program finds all of it, and nothing else.
                assert_eq!(old_rows(&path), old, "{} {left}", sample.file);
                assert_eq!(check_integrity(&path), "ok");
            }
            let store = SqliteBackend::open_with(&options(&path)).unwrap();
            let schema = store.initialize_schema().await.unwrap();
            assert_eq!(
                schema.upgraded.is_some(),
                !upgraded,
                "{} {left}",
                sample.file
            );
            predecessors::check_contents(&store, sample).await;
            store.close().await.unwrap();
            check_file(&raw(&path));
            assert_eq!(old_rows(&beside(&path, ".before-memorygraph")), old);
            if upgraded {
                break;
            }
        }
    }
    assert!(ends > 100, "only {ends} processes ended in between");
    assert!(
        hot > 30,
        "only {hot} of them left a file that was half written"
    );
}

fn check_integrity(path: &Path) -> String {
    let answer = raw(path).query_row("PRAGMA integrity_check", [], |row| row.get(0));
    answer.unwrap()
}
