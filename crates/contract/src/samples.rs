//! Short names for the values that laws put and expect.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    AsOf, Cursor, ListQuery, Memory, MemoryContext, MemoryFilter, MemoryId, MemoryType, Page,
    PageRequest, Relationship, RelationshipId, RelationshipQuery, RelationshipType, Score,
    SearchMode, SearchQuery, Sort, Timestamp, Visibility,
};
use ports::{
    BackendError, Batch, Change, Changed, ErrorKind, GraphBackend, Quarantined, Receipt,
    RecordKind, Result, Statistics,
};

use crate::{Harness, LawResult};

/// Opens the harness's store, ready for use.
pub(crate) async fn open(h: &dyn Harness) -> Result<Arc<dyn GraphBackend>> {
    let store = h.open().await;
    store.initialize_schema().await?;
    Ok(store)
}

/// Brings a replica up to date, so that it shows what another opening wrote. Others show it at once.
pub(crate) async fn caught_up(store: &dyn GraphBackend) -> Result<()> {
    if store.capabilities().replica {
        store.replica()?.sync().await?;
    }
    Ok(())
}

pub(crate) fn id(text: &str) -> MemoryId {
    MemoryId::new(text).expect("laws write valid ids")
}

pub(crate) fn relationship_id(text: &str) -> RelationshipId {
    RelationshipId::new(text).expect("laws write valid ids")
}

/// The moment `seconds` after the beginning of the laws' time.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + seconds).expect("laws write valid times")
}

pub(crate) fn score(value: f64) -> Score {
    Score::new("score", value).expect("laws write valid scores")
}

/// A memory whose id is its name.
pub(crate) fn memory(name: &str) -> Memory {
    titled(name, &format!("the title of {name}"))
}

/// A memory with a title, and a content that has none of its words.
pub(crate) fn titled(name: &str, title: &str) -> Memory {
    Memory::new(id(name), MemoryType::General, title, "lorem", at(0))
}

/// A relationship from one memory to another.
pub(crate) fn link(name: &str, from: &str, kind: RelationshipType, to: &str) -> Relationship {
    Relationship::new(relationship_id(name), id(from), kind, id(to), at(0))
}

/// A memory in which every field says something.
pub(crate) fn full_memory(name: &str) -> Memory {
    Memory {
        id: id(name),
        memory_type: MemoryType::CodePattern,
        title: "Retry with jitter".to_owned(),
        content: "Wait, then try again.\nNot all at once.".to_owned(),
        summary: Some("Spread the retries".to_owned()),
        tags: vec![
            "retry".to_owned(),
            "back off".to_owned(),
            "übung".to_owned(),
        ],
        context: Some(full_context()),
        importance: score(0.1 + 0.2),
        confidence: score(0.625),
        effectiveness: Some(score(1.0 / 3.0)),
        usage_count: 7,
        created_at: at(1),
        updated_at: at(2),
        last_accessed: Some(at(3)),
        version: 4,
        updated_by: Some("Ada".to_owned()),
        valid_from: at(-5),
        valid_until: Some(at(5)),
        superseded_by: Some(id("another")),
    }
}

/// A context in which every field says something.
pub(crate) fn full_context() -> MemoryContext {
    let text = |text: &str| Some(text.to_owned());
    let list = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
    MemoryContext {
        project_path: text("/home/ada/project"),
        files_involved: list("src/main.rs", "src/lib.rs"),
        languages: list("rust", "sql"),
        frameworks: list("tokio", "axum"),
        technologies: list("sqlite", "fts5"),
        git_commit: text("0a1b2c"),
        git_branch: text("main"),
        working_directory: text("/home/ada"),
        timestamp: Some(at(4)),
        session_id: text("session"),
        user_id: text("ada"),
        additional_metadata: serde_json::Map::from_iter([(
            "ticket".to_owned(),
            serde_json::json!({"number": 7}),
        )]),
        tenant_id: text("tenant"),
        team_id: text("team"),
        visibility: Some(Visibility::Team),
        created_by: text("grace"),
    }
}

/// A relationship from `from` to `to` in which every field says something.
pub(crate) fn full_relationship(name: &str, from: &str, to: &str) -> Relationship {
    Relationship {
        id: relationship_id(name),
        from: id(from),
        to: id(to),
        relationship_type: RelationshipType::Solves,
        strength: score(0.1 + 0.2),
        confidence: score(2.0 / 3.0),
        context: Some("only in production, since \"2025\"".to_owned()),
        evidence_count: 5,
        validation_count: 3,
        counter_evidence_count: 1,
        success_rate: Some(score(0.75)),
        last_validated: Some(at(6)),
        created_at: at(1),
        recorded_at: at(8),
        valid_from: at(-3),
        valid_until: Some(at(7)),
        invalidated_by: None,
    }
}

pub(crate) fn batch() -> Batch {
    Batch::default()
}

/// A batch that puts all of them.
pub(crate) fn put_memories(memories: impl IntoIterator<Item = Memory>) -> Batch {
    memories.into_iter().fold(batch(), Batch::put_memory)
}

/// A batch that puts memories of these names.
pub(crate) fn put_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Batch {
    put_memories(names.into_iter().map(memory))
}

pub(crate) fn remove_memory(name: &str) -> Change {
    Change::RemoveMemory(id(name))
}

pub(crate) fn remove_relationship(name: &str) -> Change {
    Change::RemoveRelationship(relationship_id(name))
}

pub(crate) fn touch(name: &str, uses: u32, at: Timestamp) -> Change {
    Change::TouchMemory {
        id: id(name),
        uses,
        at,
    }
}

/// Ends a relationship at `until`, as recorded one second later.
pub(crate) fn invalidate(name: &str, until: Timestamp, by: Option<&str>) -> Change {
    Change::InvalidateRelationship {
        id: relationship_id(name),
        until,
        by: by.map(relationship_id),
        recorded_at: Timestamp::from_microsecond(until.as_microsecond() + 1_000_000)
            .expect("laws write valid times"),
    }
}

/// What a batch returns that adds this many memories and relationships.
pub(crate) fn added(memories: u64, relationships: u64) -> Receipt {
    Receipt {
        memories_added: memories,
        relationships_added: relationships,
        ..Receipt::default()
    }
}

/// What a batch returns that removes this many memories and relationships.
pub(crate) fn removed(memories: u64, relationships: u64) -> Receipt {
    Receipt {
        memories_removed: memories,
        relationships_removed: relationships,
        ..Receipt::default()
    }
}

pub(crate) fn first(limit: u32) -> PageRequest {
    PageRequest::first(limit).expect("laws write valid limits")
}

pub(crate) fn after(limit: u32, cursor: &Cursor) -> PageRequest {
    first(limit).after(cursor.clone())
}

/// All orders of a list.
pub(crate) const SORTS: [Sort; 4] = [
    Sort::RecentlyUpdated,
    Sort::Newest,
    Sort::Oldest,
    Sort::MostImportant,
];

/// A filter that hides nothing.
pub(crate) fn ever() -> MemoryFilter {
    MemoryFilter {
        as_of: AsOf::Ever,
        ..MemoryFilter::default()
    }
}

pub(crate) fn memory_names(memories: &[Memory]) -> Vec<&str> {
    memories.iter().map(|memory| memory.id.as_str()).collect()
}

pub(crate) fn relationship_names(relationships: &[Relationship]) -> Vec<&str> {
    relationships
        .iter()
        .map(|relationship| relationship.id.as_str())
        .collect()
}

/// Everything that one can see of a graph, the answers to searches apart.
#[derive(Debug, PartialEq)]
pub(crate) struct Contents {
    pub(crate) memories: Vec<Memory>,
    pub(crate) relationships: Vec<Relationship>,
    pub(crate) changes: Vec<Changed>,
    pub(crate) statistics: Statistics,
}

/// Reads everything, page by page where it is much.
pub(crate) async fn contents(store: &dyn GraphBackend) -> Result<Contents> {
    let query = RelationshipQuery {
        as_of: AsOf::Ever,
        ..RelationshipQuery::default()
    };
    let oldest = Timestamp::from_second(-62_167_219_200).expect("the year 0 is in range");
    Ok(Contents {
        memories: list_all(store, ever(), Sort::Oldest).await?,
        relationships: relationships(store, &query).await?,
        changes: changes(store, oldest).await?,
        // What was, and what is in quarantine, is asked for apart.
        statistics: Statistics {
            quarantined: 0,
            earlier_states: 0,
            ..store.statistics().await?
        },
    })
}

/// Lists all memories that the filter admits.
pub(crate) async fn list_all(
    store: &dyn GraphBackend,
    filter: MemoryFilter,
    sort: Sort,
) -> Result<Vec<Memory>> {
    let query = ListQuery { filter, sort };
    let mut all = Vec::new();
    let mut page = first(PageRequest::LARGEST);
    loop {
        let Page { items, next } = store.list(&query, &page).await?;
        all.extend(items);
        let Some(next) = next else { return Ok(all) };
        page = page.after(next);
    }
}

/// Lists all relationships of the query.
pub(crate) async fn relationships(
    store: &dyn GraphBackend,
    query: &RelationshipQuery,
) -> Result<Vec<Relationship>> {
    let mut all = Vec::new();
    let mut page = first(PageRequest::LARGEST);
    loop {
        let Page { items, next } = store.relationships(query, &page).await?;
        all.extend(items);
        let Some(next) = next else { return Ok(all) };
        page = page.after(next);
    }
}

/// Lists all that the graph learned at or after a moment.
pub(crate) async fn changes(store: &dyn GraphBackend, since: Timestamp) -> Result<Vec<Changed>> {
    let mut all = Vec::new();
    let mut page = first(PageRequest::LARGEST);
    loop {
        let Page { items, next } = store.changes_since(since, &page).await?;
        all.extend(items);
        let Some(next) = next else { return Ok(all) };
        page = page.after(next);
    }
}

/// Reads all states of a memory.
pub(crate) async fn memory_states(store: &dyn GraphBackend, name: &str) -> Result<Vec<Memory>> {
    let page = first(PageRequest::LARGEST);
    Ok(store.memory_history(&id(name), &page).await?.items)
}

/// Reads all states of a relationship.
pub(crate) async fn relationship_states(
    store: &dyn GraphBackend,
    name: &str,
) -> Result<Vec<Relationship>> {
    let page = first(PageRequest::LARGEST);
    let name = relationship_id(name);
    Ok(store.relationship_history(&name, &page).await?.items)
}

/// A record in quarantine that is about these memories.
pub(crate) fn record(name: &str, memories: &[&str]) -> Quarantined {
    Quarantined {
        id: name.to_owned(),
        kind: RecordKind::Memory,
        memories: memories.iter().map(|name| id(name)).collect(),
        reason: "the title is too long".to_owned(),
        source: "import of old.json".to_owned(),
        document: format!("{{\"id\": {name:?}}}"),
        at: at(0),
    }
}

pub(crate) fn quarantine(record: Quarantined) -> Change {
    Change::Quarantine(Box::new(record))
}

pub(crate) fn erase(name: &str) -> Change {
    Change::EraseMemory(id(name))
}

/// Reads all records in quarantine.
pub(crate) async fn in_quarantine(store: &dyn GraphBackend) -> Result<Vec<Quarantined>> {
    Ok(store.quarantine(&first(PageRequest::LARGEST)).await?.items)
}

/// Fails unless the result is an error of this kind; returns the error.
#[track_caller]
pub(crate) fn assert_fails<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind) -> BackendError {
    match result {
        Ok(value) => panic!("it succeeded with {value:?}, where it had to fail: {kind}"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{error}");
            error
        }
    }
}

/// Fails unless the message of an error names all of these.
#[track_caller]
pub(crate) fn assert_names(error: &BackendError, words: &[&str]) {
    let message = error.to_string();
    for word in words {
        assert!(message.contains(word), "{message:?} does not name {word:?}");
    }
}

/// Ids of what the text finds, sorted.
pub(crate) async fn found_as(
    store: &dyn GraphBackend,
    text: &str,
    mode: SearchMode,
) -> Result<BTreeSet<String>> {
    let query = SearchQuery {
        text: text.to_owned(),
        mode,
        ..SearchQuery::default()
    };
    let hits = store.search(&query, &first(100)).await?.items;
    let ids = hits.into_iter().map(|hit| hit.memory.id.to_string());
    Ok(ids.collect())
}

/// Checks what each text finds, in every mode alike.
pub(crate) async fn assert_finds(store: &dyn GraphBackend, cases: &[(&str, &[&str])]) -> LawResult {
    for (text, expected) in cases {
        let expected: BTreeSet<String> = expected.iter().map(|&id| id.to_owned()).collect();
        for mode in [SearchMode::Strict, SearchMode::Normal] {
            let found = found_as(store, text, mode).await?;
            assert_eq!(found, expected, "{text:?} {mode:?}");
        }
        if !expected.is_empty() {
            let fuzzy = found_as(store, text, SearchMode::Fuzzy).await?;
            assert_eq!(fuzzy, expected, "{text:?} fuzzy");
        }
    }
    Ok(())
}

/// A store with a memory for each title, named by the title, and one that matches nothing.
pub(crate) async fn with_titles(h: &dyn Harness, titles: &[&str]) -> Result<Arc<dyn GraphBackend>> {
    let store = open(h).await?;
    let memories = titles.iter().map(|&title| titled(title, title));
    let put = put_memories(memories).put_memory(titled("other", "zzz"));
    store.apply(put).await?;
    Ok(store)
}
