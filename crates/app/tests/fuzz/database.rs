//! The importer of database files: the predecessors', and our own.

use std::{fs, path::Path};

use memorygraph::domain::PageRequest;
use memorygraph::ports::{ErrorKind, Statistics};
use memorygraph::{Config, Error, MemoryGraph, open_backend};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::{
    corpus::corpus,
    store::{Asking, empty, over},
};

async fn kept(graph: &MemoryGraph) -> (Statistics, usize) {
    let all = PageRequest::first(PageRequest::LARGEST).unwrap();
    let quarantine = graph.backend().quarantine(&all).await.unwrap().items;
    (graph.statistics().await.unwrap(), quarantine.len())
}

/// A file is imported, or refused in words with nothing written; either way it stays as it is.
async fn answers(folder: &Path, bytes: &[u8]) -> std::result::Result<(), TestCaseError> {
    let file = folder.join("old.db");
    fs::write(&file, bytes).unwrap();
    let graph = empty();
    let answer = graph.import_database(&file, &mut |_| {}).await;
    prop_assert!(fs::read(&file).unwrap() == bytes, "the source was changed");
    let beside = fs::read_dir(folder).unwrap().count();
    prop_assert_eq!(beside, 1, "something is beside the source");
    let (counts, quarantined) = kept(&graph).await;
    match answer {
        Err(error) => {
            let expected = [
                ErrorKind::InvalidArgument,
                ErrorKind::Corrupt,
                ErrorKind::Schema,
                // What the engine says of statements in a file that were mutated.
                ErrorKind::Backend,
            ];
            prop_assert!(expected.contains(&error.kind()), "{}", error);
            let words = error.to_string();
            let is_told = match error {
                Error::Migrate(_) => words.contains("of the source"),
                _ => words.contains("old.db") && !words.contains("memory.db"),
            };
            prop_assert!(is_told, "{}", words);
            let is_told = error.kind() != ErrorKind::Backend || !words.contains("unsupported");
            prop_assert!(is_told, "{}", words);
        }
        Ok(report) => {
            let added = report.carried.memories.added;
            prop_assert_eq!(added, counts.memories, "{:?}", report);
            let relationships = counts.relationships + counts.relationships_ended;
            prop_assert_eq!(report.carried.relationships.added, relationships);
            prop_assert_eq!(report.carried.quarantined.added, quarantined as u64);
            let again = graph.import_database(&file, &mut |_| {}).await;
            prop_assert!(again.is_ok(), "the second time: {:?}", again);
            prop_assert_eq!(kept(&graph).await, (counts, quarantined));
        }
    }
    Ok(())
}

/// A file of our own, with what a small export holds.
fn ours(asking: &Asking, folder: &Path) -> Vec<u8> {
    let file = folder.join("ours.db");
    let seed = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/corpus/lines/small.jsonl"
    );
    asking.run(async {
        let graph = over(open_backend(&Config::at(&file)).await.unwrap());
        let source = fs::File::open(seed).unwrap();
        let options = memorygraph::import::Options::default();
        graph.import(source, options, &mut |_| {}).await.unwrap();
        graph.close().await.unwrap();
    });
    fs::read(file).unwrap()
}

#[test]
fn any_database_is_answered() {
    let asking = Asking::begin();
    let folder = TempDir::new().unwrap();
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../contract/fixtures");
    let corpus = corpus("database")
        .with(format!("{fixtures}/typescript-0.13.db"))
        .with(format!("{fixtures}/python-turso.db"))
        .with_made("ours.db", ours(&asking, folder.path()));
    let place = TempDir::new().unwrap();
    corpus.fuzz(60, |bytes| asking.run(answers(place.path(), bytes)));
}
