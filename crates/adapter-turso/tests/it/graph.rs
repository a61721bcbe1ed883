//! What the tests write and read.

use std::fmt::Debug;

use domain::{
    Memory, MemoryId, MemoryType, PageRequest, Relationship, RelationshipId, RelationshipType,
    SearchMode, SearchQuery, Timestamp,
};
use memorygraph_adapter_turso::TursoBackend;
use ports::{
    Access, BackendError, Batch, ErrorKind, GraphBackend, Result, Row, SqlAccess, SqlParameters,
    SqlValue,
};

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

/// A batch of `count` memories whose ids begin with `name`, each joined to the one before.
pub(crate) fn chain(name: &str, count: usize) -> Batch {
    let part = |number: usize| format!("{name}/{number}");
    let batch = (0..count).fold(Batch::default(), |batch, number| {
        batch.put_memory(memory(&part(number)))
    });
    (1..count).fold(batch, |batch, number| {
        let edge = format!("{name}/edge/{number}");
        batch.put_relationship(link(&edge, &part(number - 1), &part(number)))
    })
}

/// A page with everything that a small graph holds.
pub(crate) fn all() -> PageRequest {
    PageRequest::first(PageRequest::LARGEST).unwrap()
}

/// Returns the ids of the memories that have all words of `text`.
pub(crate) async fn found(backend: &dyn GraphBackend, text: &str) -> Vec<String> {
    let query = SearchQuery {
        text: text.to_owned(),
        mode: SearchMode::Strict,
        ..SearchQuery::default()
    };
    let hits = backend.search(&query, &all()).await.unwrap().items;
    hits.into_iter()
        .map(|hit| hit.memory.id.to_string())
        .collect()
}

/// Runs a statement that may write.
pub(crate) async fn run(backend: &TursoBackend, sql: &str) -> Result<Vec<Row>> {
    backend
        .execute_query(sql, SqlParameters::NONE, Access::Write)
        .await
}

/// Runs a statement that reads.
pub(crate) async fn ask(backend: &TursoBackend, sql: &str) -> Vec<Row> {
    backend
        .execute_query(sql, SqlParameters::NONE, Access::Read)
        .await
        .unwrap()
}

/// Returns the only value of the answer to a statement that reads.
pub(crate) async fn value(backend: &TursoBackend, sql: &str) -> SqlValue {
    ask(backend, sql).await[0].0[0].1.clone()
}

/// Fails unless the result is an error of this kind whose message has all of `words`.
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
        assert!(message.contains(word), "{message:?} does not say {word:?}");
    }
    error
}
