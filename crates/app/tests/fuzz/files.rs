//! The importers of texts: our own JSON Lines, the predecessors' JSON, the MCP memory server's file.

use std::{
    io::{Cursor, Write},
    sync::{Arc, Mutex},
};

use memorygraph::domain::PageRequest;
use memorygraph::import::{ImportError, OnInvalid, Options, Report, Tally};
use memorygraph::ports::{ErrorKind, Statistics};
use memorygraph::{Error, MemoryGraph, Result, export};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::{
    corpus::{Corpus, corpus},
    store::{Asking, empty},
};

/// Imports, and counts how often the progress was told.
async fn import(graph: &MemoryGraph, text: &[u8], invalid: OnInvalid) -> (Result<Report>, usize) {
    let mut told = 0;
    let source = Cursor::new(text.to_vec());
    let answer = graph
        .import(source, Options { invalid }, &mut |_| told += 1)
        .await;
    (answer, told)
}

async fn kept(graph: &MemoryGraph) -> (Statistics, usize) {
    let all = PageRequest::first(PageRequest::LARGEST).unwrap();
    let quarantine = graph.backend().quarantine(&all).await.unwrap().items;
    (graph.statistics().await.unwrap(), quarantine.len())
}

/// Exports into memory.
async fn export(graph: &MemoryGraph) -> Vec<u8> {
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);
    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let shared = Shared::default();
    let target = export::Target::Writer(Box::new(shared.clone()));
    let options = export::Options::default();
    graph.export(target, &options, &mut |_| {}).await.unwrap();
    let bytes = shared.0.lock().unwrap();
    bytes.clone()
}

/// An error says where: a line, a record, or that it is about the file.
fn says_where(error: &Error) -> bool {
    let message = error.to_string();
    let has_place = message.chars().any(|c| c.is_ascii_digit());
    error.kind() == ErrorKind::InvalidArgument
        && match error {
            Error::Import(ImportError::CutOff { .. } | ImportError::Records { .. }) => has_place,
            Error::Import(ImportError::NoJson { .. }) => message.contains("line"),
            Error::Import(_) => message.contains("file"),
            _ => false,
        }
}

/// Checks what holds for every file, however its records are dealt with.
pub(crate) async fn answers(
    text: &[u8],
    invalid: OnInvalid,
) -> std::result::Result<(), TestCaseError> {
    let graph = empty();
    let (answer, told) = import(&graph, text, invalid).await;
    prop_assert!(told <= 100 + 8 * text.len(), "told {} times", told);
    let (counts, quarantined) = kept(&graph).await;
    let report = match answer {
        Err(error) => {
            prop_assert!(says_where(&error), "{}", error);
            prop_assert_eq!((counts, quarantined), (Statistics::default(), 0));
            return Ok(());
        }
        Ok(report) => report,
    };
    prop_assert_eq!(report.memories.added, counts.memories);
    let relationships = counts.relationships + counts.relationships_ended;
    prop_assert_eq!(report.relationships.added, relationships);
    let sums = |tally: &Tally| tally.added + tally.already_there + tally.set_aside <= tally.read;
    prop_assert!(
        sums(&report.memories) && sums(&report.relationships),
        "{:?}",
        report
    );
    if invalid == OnInvalid::Stop {
        let set_aside = report.memories.set_aside + report.relationships.set_aside;
        prop_assert_eq!((set_aside, report.damage.len()), (0, 0));
    }
    for problem in &report.set_aside {
        prop_assert!(
            problem.number > 0 && !problem.reason.is_empty(),
            "{}",
            problem
        );
    }
    // Importing again changes nothing.
    let (again, _) = import(&graph, text, invalid).await;
    let again = again.map_err(|error| TestCaseError::fail(format!("the second time: {error}")))?;
    prop_assert_eq!(
        (
            again.memories.added,
            again.relationships.added,
            again.quarantined
        ),
        (0, 0, 0),
        "{:?}",
        again
    );
    prop_assert_eq!(&kept(&graph).await, &(counts, quarantined));
    // What was kept goes out, and in again, without a loss.
    let exported = export(&graph).await;
    let other = empty();
    let (carried, _) = import(&other, &exported, OnInvalid::Stop).await;
    carried.map_err(|error| TestCaseError::fail(format!("our own export: {error}")))?;
    let again = export(&other).await;
    let [again, exported] = [&again, &exported].map(|text| String::from_utf8_lossy(text));
    prop_assert_eq!(again, exported);
    Ok(())
}

fn fuzz(corpus: &Corpus, usual: u32) {
    let asking = Asking::begin();
    corpus.fuzz(usual, |text| {
        asking.run(async {
            answers(text, OnInvalid::Stop).await?;
            answers(text, OnInvalid::SetAside).await
        })
    });
}

#[test]
fn any_json_export_is_answered() {
    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let corpus = corpus("json").with(format!("{fixtures}/typescript-0.13-export.json"));
    fuzz(&corpus, 300);
}

#[test]
fn any_lines_are_answered() {
    fuzz(&corpus("lines"), 300);
}

/// What is behind the first line is taken for whole, so that it is looked at itself.
#[test]
fn any_lines_whose_first_one_fits_are_answered() {
    let asking = Asking::begin();
    corpus("lines").fuzz(300, |text| {
        let text = signed(text);
        asking.run(async {
            answers(&text, OnInvalid::Stop).await?;
            answers(&text, OnInvalid::SetAside).await
        })
    });
}

/// Puts a first line in place that fits the others.
fn signed(text: &[u8]) -> Vec<u8> {
    let first = text.iter().position(|byte| *byte == b'\n');
    let rest = &text[first.map_or(text.len(), |first| first + 1)..];
    let count = |kind: &str| {
        let lines = rest.split(|byte| *byte == b'\n');
        lines
            .filter(|line| line.starts_with(kind.as_bytes()))
            .count()
    };
    let digest = Sha256::digest(rest);
    let digest = digest.iter().fold("sha256:".to_owned(), |text, byte| {
        format!("{text}{byte:02x}")
    });
    let header = serde_json::json!({
        "format": "memorygraph",
        "version": 1,
        "memories": count("{\"memory\""),
        "relationships": count("{\"relationship\""),
        "quarantined": count("{\"quarantined\""),
        "digest": digest,
    });
    let mut signed = header.to_string().into_bytes();
    signed.push(b'\n');
    signed.extend(rest);
    signed
}

#[test]
fn any_file_of_the_mcp_memory_server_is_answered() {
    fuzz(&corpus("mcp-memory"), 300);
}
