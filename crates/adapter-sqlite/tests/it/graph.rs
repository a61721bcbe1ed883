//! What the tests write, and how they look at a file from outside.

use std::{collections::BTreeMap, fmt::Debug, num::NonZeroUsize, path::Path};

use domain::{
    AsOf, Memory, MemoryFilter, MemoryId, MemoryType, PageRequest, Relationship, RelationshipId,
    RelationshipType, Timestamp,
};
use memorygraph_adapter_sqlite::{SqliteBackend, SqliteOptions};
use ports::{BackendError, Batch, ErrorKind, GraphBackend, Result};
use sqlite_engine::rusqlite::{Connection, OpenFlags};

/// The moment `seconds` after the beginning of the tests' time.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).unwrap()
}

pub(crate) fn id(text: &str) -> MemoryId {
    MemoryId::new(text).unwrap()
}

pub(crate) fn memory(name: &str) -> Memory {
    let title = format!("the title of {name}");
    Memory::new(id(name), MemoryType::General, title, "lorem ipsum", at(0))
}

/// A relationship of a type that may lead in a circle.
pub(crate) fn link(name: &str, from: &str, to: &str) -> Relationship {
    let name = RelationshipId::new(name).unwrap();
    Relationship::new(name, id(from), RelationshipType::LeadsTo, id(to), at(0))
}

/// How many memories and relationships [`five`] puts.
pub(crate) const FIVE: i64 = 5;

/// A batch of three memories and the two relationships between them, whose ids begin with its
/// name and a slash.
pub(crate) fn five(name: &str) -> Batch {
    let part = |part: &str| format!("{name}/{part}");
    let tagged = |name: String| Memory {
        tags: vec!["five".to_owned(), format!("tag of {name}").to_lowercase()],
        ..memory(&name)
    };
    Batch::default()
        .put_memory(tagged(part("a")))
        .put_memory(tagged(part("b")))
        .put_memory(tagged(part("c")))
        .put_relationship(link(&part("ab"), &part("a"), &part("b")))
        .put_relationship(link(&part("bc"), &part("b"), &part("c")))
}

/// Says how many memories and relationships of each batch of [`five`] there are.
pub(crate) const COUNT_FIVES: &str = "
    SELECT substr(id, 1, instr(id, '/') - 1) AS batch, count(*) AS parts
    FROM (SELECT id FROM nodes UNION ALL SELECT id FROM relationships)
    WHERE id LIKE '%/%' GROUP BY batch";

/// Opens the graph with one reader, ready for use.
pub(crate) async fn opened(path: &Path) -> SqliteBackend {
    let backend = SqliteBackend::open_with(&options(path)).unwrap();
    backend.initialize_schema().await.unwrap();
    backend
}

/// One reader is enough for most tests, and opens sooner.
pub(crate) fn options(path: &Path) -> SqliteOptions {
    SqliteOptions {
        readers: NonZeroUsize::MIN,
        ..SqliteOptions::new(path)
    }
}

/// Makes a file with a few memories in it, and closes it.
pub(crate) async fn made(path: &Path) {
    let backend = opened(path).await;
    backend.apply(five("made")).await.unwrap();
    backend.close().await.unwrap();
}

/// Opens a file as another program does.
pub(crate) fn raw(path: &Path) -> Connection {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    sqlite_engine::open(path, flags).unwrap()
}

/// Returns the ids of the batches of [`five`] in the file; fails unless each is there whole.
pub(crate) fn whole_fives(connection: &Connection) -> Vec<String> {
    let mut statement = connection.prepare(COUNT_FIVES).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    let counts: BTreeMap<String, i64> = rows.unwrap().map(std::result::Result::unwrap).collect();
    for (batch, count) in &counts {
        assert_eq!(*count, FIVE, "parts of the batch {batch} are there");
    }
    counts.into_keys().collect()
}

/// Fails unless the file is sound, and everything that is kept twice is kept in step.
pub(crate) fn check_file(connection: &Connection) {
    let answer: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(answer, "ok");
    let dangling = connection
        .prepare("PRAGMA foreign_key_check")
        .unwrap()
        .exists([])
        .unwrap();
    assert!(!dangling, "a relationship leads nowhere");
    connection
        .execute(
            "INSERT INTO nodes_fts (nodes_fts, rank) VALUES ('integrity-check', 1)",
            [],
        )
        .expect("the full-text index has what the memories say");
    for (left, right) in [(SAID, KEPT), (KEPT, SAID)] {
        let odd: i64 = connection
            .query_row(
                &format!("SELECT count(*) FROM ({left} EXCEPT {right})"),
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(odd, 0, "tags that only one side has: {left}");
    }
}

const SAID: &str = "SELECT t.value, n.key FROM nodes AS n, json_each(n.tags) AS t";
const KEPT: &str = "SELECT tag, key FROM node_tags";

/// A page with everything that a small graph holds.
pub(crate) fn all() -> PageRequest {
    PageRequest::first(PageRequest::LARGEST).unwrap()
}

/// A filter that hides nothing.
pub(crate) fn ever() -> MemoryFilter {
    MemoryFilter {
        as_of: AsOf::Ever,
        ..MemoryFilter::default()
    }
}

/// Fails unless the result is an error of this kind whose message names all of `words`.
#[track_caller]
pub(crate) fn assert_fails<T: Debug>(
    result: Result<T>,
    kind: ErrorKind,
    words: &[&str],
) -> BackendError {
    let error = result.expect_err("it had to fail");
    let message = error.to_string();
    assert_eq!(error.kind(), kind, "{message}");
    for word in words {
        assert!(message.contains(word), "{message:?} does not name {word:?}");
    }
    error
}

/// A small generator of numbers: the same seed gives the same numbers everywhere (`SplitMix64`).
#[derive(Debug)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of them.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let index = usize::try_from(self.below(choices.len() as u64)).unwrap();
        &choices[index]
    }
}
