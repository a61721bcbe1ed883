//! Files of the predecessors, and what becomes of each when it is upgraded.

use std::{
    fs,
    path::{Path, PathBuf},
};

use domain::{AsOf, ListQuery, Memory, MemoryFilter, PageRequest, Relationship, RelationshipQuery};
use ports::{GraphBackend, RecordKind, Upgrade};
use serde_json::{Map, Value};

/// A file, and what its upgrade counts.
#[derive(Debug)]
pub struct Sample {
    /// The name of the file.
    pub file: &'static str,
    /// Whose it is.
    pub from: &'static str,
    /// How many memories are read, and how many rows of them kept aside.
    pub memories: [u64; 2],
    /// How many relationships are read, how many of them join another one, and how many rows are
    /// kept aside.
    pub relationships: [u64; 3],
    /// What is repaired: the ids, and a part of what is said about each.
    pub repaired: &'static [(RecordKind, &'static str, &'static str)],
    /// What is kept aside: a part of its document, and of the reason.
    pub kept_aside: &'static [(&'static str, &'static str)],
}

/// The files, one of each shape; [`BOTH`] is made of two others.
pub const SAMPLES: [Sample; 5] = [
    Sample {
        file: "python-0.9.db",
        from: "Python MemoryGraph before 0.10",
        memories: [60, 0],
        relationships: [55, 0, 0],
        repaired: &[],
        kept_aside: &[],
    },
    Sample {
        file: "python-0.12.db",
        from: "Python MemoryGraph 0.10 to 0.12",
        memories: [204, 0],
        relationships: [290, 0, 0],
        repaired: &[(
            RecordKind::Memory,
            "743976b6-0e3f-4957-b903-101a1b0b17fb",
            "title was blank",
        )],
        kept_aside: &[],
    },
    Sample {
        file: "python-turso.db",
        from: "Python MemoryGraph with Turso",
        memories: [1, 0],
        relationships: [0, 0, 0],
        repaired: &[],
        kept_aside: &[],
    },
    Sample {
        file: "typescript-0.13.db",
        from: "TypeScript MemoryGraph 0.13",
        memories: [3, 0],
        relationships: [2, 0, 1],
        repaired: &[],
        kept_aside: &[("f740918b", "to_memory_id is another memory")],
    },
    Sample {
        file: BOTH,
        from: "Python MemoryGraph, later opened by TypeScript MemoryGraph 0.13",
        memories: [207, 1],
        relationships: [290, 0, 0],
        repaired: &[(
            RecordKind::Memory,
            "743976b6-0e3f-4957-b903-101a1b0b17fb",
            "title was blank",
        )],
        kept_aside: &[("\"title\":\"a twin\"", "another row has the same id")],
    },
];

/// The name of the file that [`MAKE_BOTH`] makes.
pub const BOTH: &str = "both.db";

/// Makes the shape of [`BOTH`] of a copy of `python-0.12.db`, to which `typescript-0.13.db` is
/// attached as `ts`; one of its memories has the id of another one.
pub const MAKE_BOTH: &str = "
    CREATE TABLE memories (id TEXT PRIMARY KEY, type TEXT NOT NULL, title TEXT NOT NULL,
      content TEXT NOT NULL, summary TEXT, tags TEXT NOT NULL DEFAULT '[]',
      importance REAL NOT NULL DEFAULT 0.5, confidence REAL NOT NULL DEFAULT 0.8,
      effectiveness REAL, usage_count INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL,
      updated_at TEXT NOT NULL, last_accessed TEXT, version INTEGER NOT NULL DEFAULT 1,
      updated_by TEXT, context TEXT);
    CREATE INDEX idx_memories_type ON memories(type);
    INSERT INTO memories SELECT * FROM ts.memories;
    INSERT INTO memories (id, type, title, content, created_at, updated_at)
      SELECT min(id), 'task', 'a twin', 'of another one', '2026-01-01T00:00:00.000Z',
        '2026-01-01T00:00:00.000Z' FROM nodes;";

/// Returns where a file is.
pub fn fixture(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(file)
}

/// Copies a file into a folder, where it may be changed, and returns its path there.
///
/// # Panics
///
/// When it cannot be copied.
pub fn copy_into(folder: &Path, file: &str) -> PathBuf {
    let path = folder.join(file);
    let bytes = fs::read(fixture(file)).expect("the file is in the repository");
    fs::write(&path, bytes).expect("the folder takes it");
    path
}

/// Fails unless the report and the store have every row of the sample.
///
/// # Panics
///
/// When one is missing.
pub async fn check(store: &dyn GraphBackend, sample: &Sample, upgrade: &Upgrade) {
    let file = sample.file;
    assert_eq!(upgrade.from, sample.from, "{file}");
    let memories = [upgrade.memories, upgrade.memories_quarantined];
    assert_eq!(memories, sample.memories, "{file}");
    let relationships = [
        upgrade.relationships,
        upgrade.relationships_joined,
        upgrade.relationships_quarantined,
    ];
    assert_eq!(relationships, sample.relationships, "{file}");
    assert_eq!(upgrade.repaired_count, sample.repaired.len() as u64);
    assert_eq!(upgrade.repaired.len(), sample.repaired.len(), "{file}");
    for (repaired, (kind, id, what)) in upgrade.repaired.iter().zip(sample.repaired) {
        assert_eq!((repaired.kind, repaired.id.as_str()), (*kind, *id));
        assert!(repaired.what.contains(what), "{}", repaired.what);
    }
    check_contents(store, sample).await;
}

/// Fails unless the store has every row of the sample, and nothing else.
///
/// # Panics
///
/// When one is missing.
pub async fn check_contents(store: &dyn GraphBackend, sample: &Sample) {
    let file = sample.file;
    let memories = all_memories(store).await;
    assert_eq!(memories.len() as u64, sample.memories[0], "{file}");
    let relationships = all_relationships(store).await;
    let apart = sample.relationships[0] - sample.relationships[1];
    assert_eq!(relationships.len() as u64, apart, "{file}");
    let page = PageRequest::first(500).expect("it is in range");
    let aside = store.quarantine(&page).await.expect("a quarantine");
    assert_eq!(aside.items.len(), sample.kept_aside.len(), "{file}");
    for (record, (document, reason)) in aside.items.iter().zip(sample.kept_aside) {
        assert!(record.document.contains(document), "{}", record.document);
        assert!(record.reason.contains(reason), "{}", record.reason);
        assert!(record.source.contains(sample.from), "{}", record.source);
    }
}

/// Lists every memory, of at most 1,000.
///
/// # Panics
///
/// When the store does not answer.
pub async fn all_memories(store: &dyn GraphBackend) -> Vec<Memory> {
    let query = ListQuery {
        filter: MemoryFilter {
            as_of: AsOf::Ever,
            ..MemoryFilter::default()
        },
        ..ListQuery::default()
    };
    let page = PageRequest::first(PageRequest::LARGEST).expect("it is in range");
    let found = store.list(&query, &page).await.expect("a list");
    found.items
}

/// Lists every relationship, of at most 1,000.
///
/// # Panics
///
/// When the store does not answer.
pub async fn all_relationships(store: &dyn GraphBackend) -> Vec<Relationship> {
    let query = RelationshipQuery {
        as_of: AsOf::Ever,
        ..RelationshipQuery::default()
    };
    let page = PageRequest::first(PageRequest::LARGEST).expect("it is in range");
    let found = store.relationships(&query, &page).await.expect("a list");
    found.items
}

/// Fails unless memories and relationships say what the JSON export of their predecessor says.
///
/// # Panics
///
/// When one says something else, or is missing.
pub fn check_exported(memories: &[Memory], relationships: &[Relationship], export: &Value) {
    let list = |name: &str| export[name].as_array().expect("a list").iter();
    for exported in list("memories") {
        let id = exported["id"].as_str().expect("an id");
        let memory = memories.iter().find(|memory| memory.id.as_str() == id);
        let memory = serde_json::to_value(memory.expect("it is there")).expect("JSON");
        check_fields(id, &memory, exported);
    }
    for exported in list("relationships") {
        let text = |name: &str| exported[name].as_str().expect("a text");
        let found = relationships.iter().find(|it| {
            it.from.as_str() == text("from_memory_id")
                && it.to.as_str() == text("to_memory_id")
                && it.relationship_type.as_str() == text("type")
        });
        let found = found.expect("it is there");
        let properties = &exported["properties"];
        let found_values = serde_json::json!({
            "strength": found.strength, "confidence": found.confidence,
            "evidence_count": found.evidence_count,
        });
        for field in ["strength", "confidence", "evidence_count"] {
            assert_eq!(found_values[field], properties[field], "{}", found.id);
        }
        let context = properties["context"].as_str().map(|text| {
            let reading: Value = serde_json::from_str(text).expect("a reading");
            reading["text"].as_str().expect("a text").to_owned()
        });
        assert_eq!(found.context, context, "{}", found.id);
    }
}

fn check_fields(id: &str, memory: &Value, exported: &Value) {
    let empty = Map::new();
    for (name, value) in exported.as_object().expect("an object") {
        let found = &memory[name];
        match value {
            Value::Null => assert!(found.is_null(), "{name} of {id}"),
            Value::Array(entries) if entries.is_empty() => {
                assert!(found.is_null(), "{name} of {id}");
            }
            Value::Object(fields) if fields == &empty => {}
            Value::Object(_) if name == "context" => check_fields(id, found, value),
            Value::String(text) if name.ends_with("_at") || name == "timestamp" => {
                let time = domain::parse_time("time", text).expect("a time");
                assert_eq!(*found, domain::time_text(time), "{name} of {id}");
            }
            // White space around a text says nothing, and is not kept.
            Value::String(text) => assert_eq!(found, text.trim(), "{name} of {id}"),
            _ => assert_eq!(found, value, "{name} of {id}"),
        }
    }
}
