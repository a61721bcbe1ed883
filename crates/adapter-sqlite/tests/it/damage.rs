//! Files whose bytes were lost or changed: an answer is right, or it says that the file is damaged.

use std::{fs, path::Path};

use domain::{ListQuery, Memory, PathQuery, RelationshipQuery, SearchQuery, Walk};
use memorygraph_adapter_sqlite::{Key, SqliteBackend, SqliteOptions};
use ports::{BackendError, Batch, ErrorKind, GraphBackend, Result};
use tempfile::TempDir;

use crate::graph::{Chance, all, assert_fails, at, id, link, memory, options};

const SEED: u64 = 4_242;
const PAGE: usize = 4096;
const MEMORIES: usize = 300;

fn written() -> Vec<Memory> {
    let memory = |number: usize| Memory {
        content: format!("word{number} common ").repeat(20),
        ..memory(&format!("m{number:03}"))
    };
    (0..MEMORIES).map(memory).collect()
}

/// Makes a file of many pages, closed, and returns its bytes.
async fn make(options: &SqliteOptions) -> Vec<u8> {
    let backend = SqliteBackend::open_with(options).unwrap();
    backend.initialize_schema().await.unwrap();
    let mut batch = written()
        .into_iter()
        .fold(Batch::default(), Batch::put_memory);
    for number in 1..MEMORIES {
        let (from, to) = (format!("m{:03}", number / 2), format!("m{number:03}"));
        batch = batch.put_relationship(link(&format!("r{number:03}"), &from, &to));
    }
    backend.apply(batch).await.unwrap();
    backend.close().await.unwrap();
    fs::read(&options.path).unwrap()
}

/// Passes a right answer on, and lets an error that says what is wrong be one.
fn right_or_said<T>(answer: Result<T>, said: &mut Vec<BackendError>) -> Option<T> {
    match answer {
        Ok(answer) => Some(answer),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
            said.push(error);
            None
        }
    }
}

/// Asks everything; fails at a wrong answer. Returns what was said about damage.
async fn ask_everything(options: &SqliteOptions) -> Vec<String> {
    let mut said = Vec::new();
    let Some(backend) = right_or_said(SqliteBackend::open_with(options), &mut said) else {
        return messages(&said);
    };
    let expected = written();
    let ids: Vec<_> = expected.iter().map(|memory| memory.id.clone()).collect();
    if let Some(memories) = right_or_said(backend.memories(&ids).await, &mut said) {
        assert_eq!(memories, expected);
    }
    for memory in expected.iter().step_by(30) {
        let ids = [memory.id.clone()];
        if let Some(found) = right_or_said(backend.memories(&ids).await, &mut said) {
            assert_eq!(found, ids.map(|_| memory.clone()));
        }
    }
    let listed = backend.list(&ListQuery::default(), &all()).await;
    if let Some(page) = right_or_said(listed, &mut said) {
        let mut listed = page.items;
        listed.reverse();
        assert_eq!(listed, expected);
    }
    let query = RelationshipQuery::default();
    let relationships = backend.relationships(&query, &all()).await;
    if let Some(page) = right_or_said(relationships, &mut said) {
        assert_eq!(page.items.len(), MEMORIES - 1);
    }
    let walk = Walk {
        depth: 10,
        limit: 10_000.try_into().unwrap(),
        ..Walk::new(id("m000"))
    };
    if let Some(walked) = right_or_said(backend.walk(&walk).await, &mut said) {
        assert_eq!(walked.steps.len(), MEMORIES - 1);
    }
    let path = PathQuery {
        max_depth: 10,
        ..PathQuery::new(id("m000"), id("m299"))
    };
    if let Some(path) = right_or_said(backend.shortest_path(&path).await, &mut said) {
        assert_eq!(path.unwrap().steps.len(), 9);
    }
    let search = SearchQuery {
        text: "word299".to_owned(),
        ..SearchQuery::default()
    };
    if let Some(hits) = right_or_said(backend.search(&search, &all()).await, &mut said) {
        assert_eq!(hits.items.len(), 1);
        assert_eq!(hits.items[0].memory, expected[299]);
    }
    if let Some(statistics) = right_or_said(backend.statistics().await, &mut said) {
        assert_eq!(statistics.memories, MEMORIES as u64);
    }
    let changes = backend.changes_since(at(0), &all()).await;
    if let Some(changes) = right_or_said(changes, &mut said) {
        assert_eq!(changes.items.len(), 2 * MEMORIES - 1);
    }
    let mut messages = messages(&said);
    if let Some(health) = right_or_said(backend.health().await, &mut said) {
        messages.extend(health.warnings);
    }
    backend.close().await.unwrap();
    messages
}

fn messages(said: &[BackendError]) -> Vec<String> {
    said.iter().map(ToString::to_string).collect()
}

fn assert_said(messages: &[String]) {
    assert!(
        messages
            .iter()
            .any(|message| message.contains("damaged") && message.contains("restore")),
        "nobody said that the file is damaged: {messages:?}"
    );
}

#[tokio::test]
async fn a_sound_file_gives_no_warning() {
    let folder = TempDir::new().unwrap();
    let options = options(&folder.path().join("graph.db"));
    make(&options).await;
    assert_eq!(ask_everything(&options).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_page_of_rubbish_gives_no_wrong_answer() {
    let folder = TempDir::new().unwrap();
    let options = options(&folder.path().join("graph.db"));
    let sound = make(&options).await;
    let pages = sound.len() / PAGE;
    assert!(pages > 50, "only {pages} pages");
    for page in 1..pages {
        let mut bytes = sound.clone();
        bytes[page * PAGE..(page + 1) * PAGE].fill(0xa5);
        fs::write(&options.path, bytes).unwrap();
        assert_said(&ask_everything(&options).await);
    }
}

#[tokio::test]
async fn flipped_bytes_cost_no_panic() {
    let folder = TempDir::new().unwrap();
    let options = options(&folder.path().join("graph.db"));
    let sound = make(&options).await;
    let mut chance = Chance(SEED);
    for _ in 0..40 {
        let mut bytes = sound.clone();
        for _ in 0..20 {
            let place = usize::try_from(chance.below(bytes.len() as u64 - 100)).unwrap();
            // The first 100 bytes are the header, which says how to read the rest.
            bytes[place + 100] ^= 1 << chance.below(8);
        }
        fs::write(&options.path, bytes).unwrap();
        let Ok(backend) = SqliteBackend::open_with(&options) else {
            continue;
        };
        drop(backend.list(&ListQuery::default(), &all()).await);
        drop(
            backend
                .relationships(&RelationshipQuery::default(), &all())
                .await,
        );
        drop(backend.statistics().await);
        drop(backend.changes_since(at(0), &all()).await);
        drop(backend.health().await);
        drop(
            backend
                .apply(Batch::default().put_memory(memory("new")))
                .await,
        );
        backend.close().await.unwrap();
    }
}

/// An encrypted page has a tag, so that a single bit that changed is noticed.
#[tokio::test]
async fn a_flipped_bit_in_an_encrypted_file_gives_no_wrong_answer() {
    let folder = TempDir::new().unwrap();
    let options = SqliteOptions {
        key: Some(Key::new(format!("raw:{}", "5a".repeat(32)))),
        ..options(&folder.path().join("graph.db"))
    };
    let sound = make(&options).await;
    let mut chance = Chance(SEED);
    for page in (1..sound.len() / PAGE).step_by(3) {
        let mut bytes = sound.clone();
        let place = usize::try_from(chance.below(PAGE as u64)).unwrap();
        bytes[page * PAGE + place] ^= 1;
        fs::write(&options.path, bytes).unwrap();
        let messages = ask_everything(&options).await;
        assert!(!messages.is_empty(), "page {page}, byte {place}");
    }
}

#[tokio::test]
async fn a_file_that_was_cut_off_is_refused() {
    let folder = TempDir::new().unwrap();
    let options = options(&folder.path().join("graph.db"));
    let sound = make(&options).await;
    for length in [50, 100, 1_000, PAGE, sound.len() / 2, sound.len() - PAGE] {
        fs::write(&options.path, &sound[..length]).unwrap();
        assert_fails(
            SqliteBackend::open_with(&options),
            ErrorKind::Corrupt,
            &["open the graph", path(&options.path), "the file is"],
        );
        assert!(
            fs::read(&options.path).unwrap() == sound[..length],
            "it was changed"
        );
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}
