//! Stores, and what is in them.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use memorygraph::domain::{
    AsOf, ListQuery, Memory, MemoryFilter, MemoryType, PageRequest, Relationship, RelationshipId,
    RelationshipQuery, RelationshipType, Score, Timestamp,
};
use memorygraph::migrate::{Migrated, Options, Route, migrate};
use memorygraph::ports::{Batch, Cycles, GraphBackend};
use memorygraph::{Config, Result, open_backend};

use crate::world::id;

/// The schemes of files that this build has: two that are the same where it has one engine.
pub(super) const SCHEMES: [&str; 2] = [
    if cfg!(feature = "sqlite") {
        "sqlite"
    } else {
        "turso"
    },
    if cfg!(feature = "turso") {
        "turso"
    } else {
        "sqlite"
    },
];

/// A configuration that says nothing.
pub(super) fn plain() -> Config {
    Config::at("unused.db")
}

pub(super) fn url(scheme: &str, path: &Path) -> String {
    format!("{scheme}:{}", path.display())
}

/// Opens the file at `path`, as a source was made or a target is looked at.
pub(super) async fn file(scheme: &str, path: &Path) -> Arc<dyn GraphBackend> {
    let config = match scheme {
        "sqlite" => Config::sqlite(path),
        _ => Config::turso(path),
    };
    open_backend(&config).await.unwrap()
}

/// Migrates as `config` says.
pub(super) async fn go(from: &str, to: &str, config: &Config, dry_run: bool) -> Result<Migrated> {
    let options = Options { dry_run };
    let route = Route::new(from, to, config, &|_| None)?;
    let ends = route.open(&options).await?;
    let migrated = migrate(&*ends.from, &*ends.to, &options, &mut |_| {}).await;
    ends.close().await?;
    migrated
}

/// All that a store has.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Contents {
    pub(super) memories: BTreeMap<String, Memory>,
    pub(super) relationships: BTreeMap<String, Relationship>,
}

impl Contents {
    pub(super) async fn of(store: &dyn GraphBackend) -> Self {
        let mut contents = Self::default();
        let query = ListQuery {
            filter: MemoryFilter {
                as_of: AsOf::Ever,
                ..MemoryFilter::default()
            },
            ..ListQuery::default()
        };
        let all = PageRequest::first(PageRequest::LARGEST).unwrap();
        let mut page = all.clone();
        loop {
            let part = store.list(&query, &page).await.unwrap();
            let named = part.items.into_iter().map(|it| (it.id.to_string(), it));
            contents.memories.extend(named);
            match part.next {
                Some(next) => page = page.after(next),
                None => break,
            }
        }
        let query = RelationshipQuery {
            as_of: AsOf::Ever,
            ..RelationshipQuery::default()
        };
        let part = store.relationships(&query, &all).await.unwrap();
        assert!(part.next.is_none());
        let named = part.items.into_iter().map(|it| (it.id.to_string(), it));
        contents.relationships.extend(named);
        contents
    }

    /// Of the file at `path`.
    pub(super) async fn at(scheme: &str, path: &Path) -> Self {
        let store = file(scheme, path).await;
        let contents = Self::of(&*store).await;
        store.close().await.unwrap();
        contents
    }
}

/// Writes `PRAGMA user_version` into the header of a closed file.
pub(super) fn set_schema_version(path: &Path, version: u8) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[63] = version;
    std::fs::write(path, bytes).unwrap();
}

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_767_225_600 + second).unwrap()
}

pub(super) fn memory(name: &str) -> Memory {
    let title = format!("About {name}");
    Memory::new(
        id(name),
        MemoryType::Fix,
        title,
        "It had 4 connections.",
        at(0),
    )
}

pub(super) fn relationship_id(name: &str) -> RelationshipId {
    RelationshipId::new(name).unwrap()
}

pub(super) fn link(name: &str, from: &str, kind: RelationshipType, to: &str) -> Relationship {
    Relationship::new(relationship_id(name), id(from), kind, id(to), at(1))
}

/// One that has ended, with what took its place.
pub(super) fn ended(relationship: Relationship, by: Option<&str>) -> Relationship {
    Relationship {
        valid_until: Some(at(9)),
        invalidated_by: by.map(relationship_id),
        ..relationship
    }
}

/// Puts all of it, in batches of any size.
pub(super) async fn put(
    store: &dyn GraphBackend,
    memories: impl IntoIterator<Item = Memory>,
    relationships: impl IntoIterator<Item = Relationship>,
) {
    let mut batch = memories
        .into_iter()
        .fold(Batch::default(), Batch::put_memory);
    batch.cycles = Cycles::Allow;
    let relationships: Vec<_> = relationships.into_iter().collect();
    // Some name others that come later.
    for relationship in &relationships {
        batch = batch.put_relationship(Relationship {
            invalidated_by: None,
            ..relationship.clone()
        });
    }
    let names = relationships
        .into_iter()
        .filter(|it| it.invalidated_by.is_some());
    store
        .apply(names.fold(batch, Batch::put_relationship))
        .await
        .unwrap();
}

/// A graph with everything that there can be: every field, circles of acyclic types, what has ended
/// and what took its place, in chains that go up and down the ids, in a circle, and itself.
pub(super) async fn put_everything(store: &dyn GraphBackend) {
    use RelationshipType::{Causes, DependsOn, RelatedTo, Solves};

    let full: Memory = serde_json::from_value(serde_json::json!({
        "id": "full 😀", "type": "error", "title": "Redis timeout", "content": "Reads take 2 s.",
        "summary": "Slow reads", "tags": ["redis", "übung"], "importance": 0.300_000_000_000_000_04,
        "confidence": 1.0, "effectiveness": 0.25, "usage_count": 7,
        "context": {"project_path": "/shop", "languages": ["rust"],
            "zeta": {"nested": [1.5, null]}, "alpha": "x"},
        "created_at": "2024-02-29T23:59:59.999999Z", "updated_at": "2025-01-01T00:00:00.000001Z",
        "last_accessed": "2025-06-01T00:00:00Z", "version": 12, "updated_by": "ada",
        "valid_from": "1999-12-31T00:00:00Z", "valid_until": "2025-01-02T00:00:00Z",
        "superseded_by": "a"
    }))
    .unwrap();
    let weighed = Relationship {
        strength: Score::new("strength", 0.1 + 0.2).unwrap(),
        context: Some("with 32 connections".to_owned()),
        evidence_count: 5,
        validation_count: 4,
        counter_evidence_count: 3,
        success_rate: Some(Score::new("rate", 0.75).unwrap()),
        last_validated: Some(at(4)),
        recorded_at: at(5),
        ..link("weighed", "a", Solves, "full 😀")
    };
    let relationships = [
        weighed,
        link("circle-1", "a", DependsOn, "b"),
        link("circle-2", "b", DependsOn, "c"),
        link("circle-3", "c", DependsOn, "a"),
        ended(link("chain-1", "a", Causes, "b"), Some("chain-3")),
        ended(link("chain-2", "a", Causes, "b"), None),
        ended(link("chain-3", "a", Causes, "b"), Some("chain-2")),
        ended(link("round-1", "b", Causes, "c"), Some("round-2")),
        ended(link("round-2", "b", Causes, "c"), Some("round-1")),
        ended(link("round-3", "b", Causes, "c"), Some("round-1")),
        ended(link("self", "c", Causes, "a"), Some("self")),
        // Has no end, and a name all the same.
        Relationship {
            invalidated_by: Some(relationship_id("circle-2")),
            ..link("both", "c", RelatedTo, "b")
        },
    ];
    let memories = ["a", "b", "c"].map(memory);
    put(store, memories.into_iter().chain([full]), relationships).await;
}
