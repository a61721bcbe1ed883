//! Any graph survives the way into a file and back.

use std::sync::Arc;

use adapter_memory::MemoryBackend;
use memorygraph::MemoryGraph;
use memorygraph::domain::{
    Memory, MemoryContext, MemoryType, Relationship, RelationshipId, RelationshipType, Score,
    Timestamp, Visibility,
};
use memorygraph::ports::{Batch, Change, Cycles, GraphBackend, Quarantined, RecordKind};
use memorygraph::{Config, open_backend};
use proptest::prelude::*;
use serde_json::json;

use super::{export, import};
use crate::world::{graph, id, over};

/// A graph to be put into a store.
#[derive(Clone, Debug)]
pub(super) struct Contents {
    memories: Vec<Memory>,
    relationships: Vec<Relationship>,
    quarantined: Vec<Quarantined>,
}

impl Contents {
    pub(super) async fn put(&self, backend: &dyn GraphBackend) {
        let mut batch = Batch {
            cycles: Cycles::Allow,
            ..Batch::default()
        };
        for memory in &self.memories {
            batch = batch.put_memory(memory.clone());
        }
        for relationship in &self.relationships {
            let alone = Relationship {
                invalidated_by: None,
                ..relationship.clone()
            };
            batch = batch.put_relationship(alone);
        }
        backend.apply(batch).await.unwrap();
        for relationship in &self.relationships {
            let batch = Batch {
                cycles: Cycles::Allow,
                ..Batch::default()
            };
            // What was joined by another one cannot name anything, or be named.
            drop(
                backend
                    .apply(batch.put_relationship(relationship.clone()))
                    .await,
            );
        }
        for record in &self.quarantined {
            let change = Change::Quarantine(Box::new(record.clone()));
            let batch = Batch::default().then(change);
            backend.apply(batch).await.unwrap();
        }
    }
}

/// Texts as people, programs and enemies write them; none of them blank.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,12}",
        "\\PC{1,20}",
        Just("\"quoted\" \\ back\\u0041".to_owned()),
        Just("two\r\nlines\u{2028}\u{1}".to_owned()),
        Just("поиск 数据库 🚀".to_owned()),
    ]
    .prop_map(|text| format!("x{text}"))
}

fn moment() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        (0_i64..5).prop_map(|n| Timestamp::from_microsecond(1_767_225_600_000_000 + n).unwrap()),
        (-62_167_219_200_000_000_i64..253_402_207_200_000_000)
            .prop_map(|n| Timestamp::from_microsecond(n).unwrap()),
    ]
}

fn score() -> impl Strategy<Value = Score> {
    prop_oneof![Just(0.1 + 0.2), 0.0..=1.0].prop_map(Score::clamped)
}

fn context() -> impl Strategy<Value = MemoryContext> {
    let visibility = prop::option::of(prop::sample::select(&Visibility::ALL[..]));
    let number = prop_oneof![Just(json!(u64::MAX)), any::<f64>().prop_map(|n| json!(n))];
    (
        prop::option::of(text()),
        prop::collection::vec(text(), 0..3),
        prop::option::of(moment()),
        visibility,
        number,
    )
        .prop_map(
            |(name, list, timestamp, visibility, number)| MemoryContext {
                project_path: name.clone(),
                files_involved: list.clone(),
                languages: list,
                timestamp,
                visibility,
                session_id: name,
                additional_metadata: serde_json::Map::from_iter([
                    ("z".to_owned(), number),
                    ("a".to_owned(), json!({"b": [null, true, 1.5, "text"]})),
                ]),
                ..MemoryContext::default()
            },
        )
}

fn memory(number: usize) -> impl Strategy<Value = Memory> {
    let texts = (text(), text(), prop::option::of(text()));
    let times = (
        moment(),
        moment(),
        moment(),
        moment(),
        prop::option::of(moment()),
    );
    let scores = (score(), score(), prop::option::of(score()));
    let kind = prop::sample::select(&MemoryType::ALL[..]);
    let more = (
        prop::option::of(context()),
        any::<u32>(),
        any::<bool>(),
        any::<bool>(),
    );
    (kind, texts, times, scores, more).prop_map(move |(kind, texts, times, scores, more)| {
        let (title, content, summary) = texts;
        let (created_at, updated_at, one, other, last_accessed) = times;
        let (importance, confidence, effectiveness) = scores;
        let (context, count, has_end, has_tags) = more;
        let tags = if has_tags {
            vec!["ü".to_owned(), "b c".to_owned()]
        } else {
            Vec::new()
        };
        Memory {
            summary,
            tags,
            context,
            importance,
            confidence,
            effectiveness,
            usage_count: count,
            updated_at,
            last_accessed,
            version: count.max(1),
            updated_by: has_end.then(|| "ada".to_owned()),
            valid_from: one.min(other),
            valid_until: has_end.then(|| one.max(other)),
            superseded_by: has_tags.then(|| id("m0")),
            ..Memory::new(id(&format!("m{number}")), kind, title, content, created_at)
        }
    })
}

type Ends = (usize, usize, RelationshipType);

fn relationship(number: usize) -> impl Strategy<Value = (Ends, Relationship)> {
    let kinds = [
        RelationshipType::Solves,
        RelationshipType::RelatedTo,
        RelationshipType::DependsOn,
    ];
    let ends = (
        any::<usize>(),
        any::<usize>(),
        prop::sample::select(kinds.to_vec()),
    );
    let times = (
        moment(),
        moment(),
        moment(),
        moment(),
        prop::option::of(moment()),
    );
    let numbers = (1..u32::MAX, any::<u32>(), any::<u32>());
    let more = (
        prop::option::of(text()),
        any::<bool>(),
        prop::option::of(0..8_usize),
    );
    (ends, times, score(), numbers, more).prop_map(move |(ends, times, score, numbers, more)| {
        let (created_at, recorded_at, one, other, last_validated) = times;
        let (context, has_end, by) = more;
        let name = |number| RelationshipId::new(format!("r{number}")).unwrap();
        let made = Relationship {
            strength: score,
            confidence: score,
            context,
            evidence_count: numbers.0,
            validation_count: numbers.1,
            counter_evidence_count: numbers.2,
            success_rate: has_end.then_some(score),
            last_validated,
            recorded_at,
            valid_from: one.min(other),
            valid_until: has_end.then(|| one.max(other)),
            invalidated_by: by.map(name),
            ..Relationship::new(name(number), id("m0"), ends.2, id("m1"), created_at)
        };
        (ends, made)
    })
}

fn quarantined(number: usize) -> impl Strategy<Value = Quarantined> {
    (text(), moment(), any::<bool>()).prop_map(move |(text, at, is_memory)| Quarantined {
        id: format!("q{number} {text}"),
        kind: if is_memory {
            RecordKind::Memory
        } else {
            RecordKind::Relationship
        },
        memories: if is_memory {
            vec![id("m0")]
        } else {
            Vec::new()
        },
        reason: text.clone(),
        source: "a test".to_owned(),
        document: text,
        at,
    })
}

pub(super) fn contents() -> impl Strategy<Value = Contents> {
    let memories = (2..8_usize).prop_flat_map(|count| {
        let each: Vec<_> = (0..count).map(memory).collect();
        each
    });
    let relationships = (0..12_usize).prop_flat_map(|count| {
        let each: Vec<_> = (0..count).map(relationship).collect();
        each
    });
    let quarantined = (0..3_usize).prop_flat_map(|count| {
        let each: Vec<_> = (0..count).map(quarantined).collect();
        each
    });
    (memories, relationships, quarantined).prop_map(|(memories, made, quarantined)| {
        let count = memories.len();
        let place = |((from, to, _), made): (Ends, Relationship)| {
            let (from, to) = (from % count, to % count);
            (from != to).then(|| Relationship {
                from: memories[from].id.clone(),
                to: memories[to].id.clone(),
                ..made
            })
        };
        let relationships = made.into_iter().filter_map(place).collect();
        Contents {
            memories,
            relationships,
            quarantined,
        }
    })
}

pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(future)
}

async fn comes_back(graph: &MemoryGraph, other: &MemoryGraph) -> Result<(), TestCaseError> {
    let first = export(graph).await;
    prop_assert_eq!(&first, &export(graph).await);
    let report = import(other, &first).await.unwrap();
    prop_assert_eq!(report.fields_ignored.len(), 0);
    prop_assert_eq!(report.memories.added, report.memories.read);
    prop_assert_eq!(report.relationships.added, report.relationships.read);
    prop_assert_eq!(report.quarantine.added, report.quarantine.read);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    prop_assert_eq!(text(&first), text(&export(other).await));
    let again = import(other, &first).await.unwrap();
    prop_assert_eq!(again.memories.already_there, report.memories.read);
    prop_assert_eq!(again.relationships.already_there, report.relationships.read);
    prop_assert_eq!(again.quarantine.already_there, report.quarantine.read);
    prop_assert_eq!(
        (again.memories_differing, again.relationships_differing),
        (0, 0)
    );
    prop_assert!(first == export(other).await);
    Ok(())
}

proptest! {
    #[test]
    fn any_graph_gives_equal_bytes_after_it_came_back(contents in contents()) {
        run(async {
            let backend = Arc::new(MemoryBackend::new());
            contents.put(backend.as_ref()).await;
            comes_back(&over(backend), &graph()).await
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_graph_gives_equal_bytes_after_it_came_back_into_a_file(contents in contents()) {
        run(async {
            let folder = tempfile::tempdir().unwrap();
            let opened = async |name: &str| {
                let path = folder.path().join(name);
                let config = Config::at(path.to_str().unwrap());
                let backend = open_backend(&config).await.unwrap();
                (Arc::clone(&backend), over(backend))
            };
            let (backend, one) = opened("one.db").await;
            contents.put(backend.as_ref()).await;
            let (_, two) = opened("two.db").await;
            comes_back(&one, &two).await?;
            // And from the file into another kind of store.
            comes_back(&two, &graph()).await
        })?;
    }
}
