use adapter_memory::MemoryBackend;
use domain::{
    Memory, MemoryContext, MemoryId, MemoryType, Relationship, RelationshipType, Timestamp,
};
use ports::{Batch, Change, Cycles, Expect, GraphBackend, Quarantined, RecordKind, Result};

use crate::{
    chance::Chance,
    samples::{Contents, at, contents, id, memory, relationship_id, score},
};

/// Few ids, so that changes meet.
pub(super) const MEMORIES: [&str; 14] = [
    "a", "b", "c", "d", "e", "f", "A", "it's", "100%", "é", "ж", "😀", "z z", "\"q\"",
];

/// So many of them have relationships, so that these meet too.
const ENDS: usize = 8;

pub(super) const RELATIONSHIPS: [&str; 18] = [
    "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "R1", "it's", "100%", "é", "ж", "😀",
    "z z", "\"q\"", "\u{ffff}",
];

/// Few types, some of them twice, so that statements meet.
pub(super) const RELATIONSHIP_TYPES: [RelationshipType; 6] = [
    RelationshipType::Solves,
    RelationshipType::SimilarTo,
    RelationshipType::SimilarTo,
    RelationshipType::DependsOn,
    RelationshipType::DependsOn,
    RelationshipType::Blocks,
];

pub(super) const MEMORY_TYPES: [MemoryType; 3] =
    [MemoryType::Fix, MemoryType::Error, MemoryType::General];

pub(super) const TAGS: [&str; 4] = ["red", "light green", "übung", "it's"];

pub(super) const PROJECTS: [&str; 3] = ["/one", "/two", "проект"];

pub(super) const WORDS: [&str; 20] = [
    "walrus",
    "walruses",
    "narwhal",
    "dugong",
    "the",
    "error",
    "getUserById",
    "user",
    "snake_case",
    "foo-bar.rs",
    "Überraschung",
    "поиск",
    "数据库连接",
    "🚀",
    "retrying",
    "connection",
    "C++",
    "v2.1",
    "don't",
    "manatee",
];

/// Contents that several memories have.
pub(super) const CONTENTS: [&str; 3] = ["walrus", "Überraschung 🚀", "it's all the same to them"];

const RECORDS: [&str; 3] = ["memory:a", "it's", "é"];

pub(super) fn random_time(chance: &mut Chance) -> Timestamp {
    let second = chance.below(30);
    let time = at(i64::try_from(second).expect("it is small"));
    if chance.one_in(4) {
        return Timestamp::from_microsecond(time.as_microsecond() + 1)
            .expect("it is of this century");
    }
    time
}

pub(super) fn random_text(most: usize, chance: &mut Chance) -> String {
    let words: Vec<&str> = (0..=chance.below(most))
        .map(|_| chance.pick(&WORDS))
        .collect();
    words.join(" ")
}

fn random_memory(name: &str, chance: &mut Chance) -> Memory {
    let valid_from = random_time(chance);
    let later = valid_from.max(random_time(chance));
    Memory {
        memory_type: chance.pick(&MEMORY_TYPES),
        title: random_text(3, chance),
        content: if chance.one_in(3) {
            chance.pick(&CONTENTS).to_owned()
        } else {
            random_text(12, chance)
        },
        summary: chance.one_in(3).then(|| random_text(4, chance)),
        tags: TAGS
            .into_iter()
            .filter(|_| chance.one_in(3))
            .map(str::to_owned)
            .collect(),
        context: chance.one_in(2).then(|| MemoryContext {
            project_path: Some(chance.pick(&PROJECTS).to_owned()),
            ..MemoryContext::default()
        }),
        importance: score(chance.pick(&[0.0, 0.1 + 0.2, 0.3, 0.5, 1.0])),
        confidence: score(chance.pick(&[0.25, 0.8, 1.0])),
        created_at: random_time(chance),
        updated_at: random_time(chance),
        version: chance.pick(&[1, 2, 3]),
        valid_from,
        valid_until: chance.one_in(4).then_some(later),
        superseded_by: chance.one_in(8).then(|| id(chance.pick(&MEMORIES))),
        ..memory(name)
    }
}

fn random_relationship(chance: &mut Chance) -> Relationship {
    let valid_from = random_time(chance);
    let until = valid_from.max(random_time(chance));
    let ended = chance.one_in(5);
    let made = Relationship::new(
        relationship_id(chance.pick(&RELATIONSHIPS)),
        id(chance.pick(&MEMORIES[..ENDS])),
        chance.pick(&RELATIONSHIP_TYPES),
        id(chance.pick(&MEMORIES[..ENDS])),
        random_time(chance),
    );
    Relationship {
        strength: score(chance.pick(&[0.2, 0.5, 0.9])),
        confidence: score(chance.pick(&[0.1, 0.6])),
        context: chance.one_in(3).then(|| random_text(3, chance)),
        evidence_count: chance.pick(&[1, 2, u32::MAX]),
        recorded_at: random_time(chance),
        valid_from,
        valid_until: ended.then_some(until),
        invalidated_by: (ended && chance.one_in(3))
            .then(|| relationship_id(chance.pick(&RELATIONSHIPS))),
        ..made
    }
}

fn random_record(chance: &mut Chance) -> Quarantined {
    Quarantined {
        id: chance.pick(&RECORDS).to_owned(),
        kind: chance.pick(&[RecordKind::Memory, RecordKind::Relationship]),
        memories: (0..chance.below(3))
            .map(|_| id(chance.pick(&MEMORIES)))
            .collect(),
        reason: random_text(3, chance),
        source: random_text(2, chance),
        document: format!("{{\"title\": \"{}", random_text(4, chance)),
        at: random_time(chance),
    }
}

fn random_change(chance: &mut Chance) -> Change {
    let name = chance.pick(&MEMORIES);
    let relationship = chance.pick(&RELATIONSHIPS);
    match chance.below(28) {
        0..7 => Change::PutMemory(Box::new(random_memory(name, chance))),
        7..17 => Change::PutRelationship(Box::new(random_relationship(chance))),
        17 => Change::RemoveMemory(id(name)),
        18 => Change::RemoveRelationship(relationship_id(relationship)),
        19 | 20 => Change::TouchMemory {
            id: id(name),
            uses: chance.pick(&[1, 5, u32::MAX]),
            at: random_time(chance),
        },
        21 | 22 => Change::InvalidateRelationship {
            id: relationship_id(relationship),
            until: random_time(chance),
            by: chance
                .one_in(2)
                .then(|| relationship_id(chance.pick(&RELATIONSHIPS))),
            recorded_at: random_time(chance),
        },
        23 | 24 => Change::Quarantine(Box::new(random_record(chance))),
        25 => Change::ReleaseQuarantined(chance.pick(&RECORDS).to_owned()),
        26 => Change::EraseMemory(id(name)),
        _ => Change::PutMemory(Box::new(Memory {
            title: if chance.one_in(3) {
                String::new()
            } else {
                name.to_owned()
            },
            ..random_memory(name, chance)
        })),
    }
}

/// Makes a batch of which at most the last change fails by itself, so that there is one reason.
pub(crate) async fn random_batch(
    oracle: &MemoryBackend,
    step: usize,
    chance: &mut Chance,
) -> Result<Batch> {
    let now = contents(oracle).await?;
    let scratch = copy(&now).await?;
    let mut batch = Batch::default();
    // The first batches fill the graph.
    let most = if step < 4 { 20 } else { 8 };
    let length = 1 + chance.below(most);
    let mut fails = false;
    while batch.changes.len() < length && !fails {
        let change = random_change(chance);
        let alone = Batch {
            cycles: Cycles::Allow,
            ..Batch::default().then(change.clone())
        };
        fails = scratch.apply(alone).await.is_err();
        // Failures would be most of all batches.
        if fails && !chance.one_in(12) {
            fails = false;
            continue;
        }
        batch = batch.then(change);
    }
    if fails || chance.one_in(4) {
        batch.cycles = Cycles::Allow;
    }
    Ok(with_expectations(batch, &now, chance))
}

/// Adds expectations that hold, and now and then a last one that may not.
fn with_expectations(mut batch: Batch, now: &Contents, chance: &mut Chance) -> Batch {
    for memory in now.memories.iter().take(chance.below(4)) {
        batch = batch.expect(if chance.one_in(2) {
            Expect::Version(memory.id.clone(), memory.version)
        } else {
            Expect::Present(memory.id.clone())
        });
    }
    for relationship in now.relationships.iter().take(chance.below(2)) {
        let recorded = relationship.recorded_at;
        batch = batch.expect(Expect::RecordedAt(relationship.id.clone(), recorded));
    }
    if !chance.one_in(5) {
        return batch;
    }
    let name: MemoryId = id(chance.pick(&MEMORIES));
    let relationship = relationship_id(chance.pick(&RELATIONSHIPS));
    batch.expect(match chance.below(4) {
        0 => Expect::Absent(name),
        1 => Expect::Present(name),
        2 => Expect::Version(name, chance.pick(&[1, 2, 3])),
        _ => Expect::RecordedAt(relationship, random_time(chance)),
    })
}

/// Makes another graph of the same contents.
async fn copy(now: &Contents) -> Result<MemoryBackend> {
    let copy = MemoryBackend::new();
    let memories = now
        .memories
        .iter()
        .cloned()
        .fold(Batch::default(), Batch::put_memory);
    let first = now.relationships.iter().map(|relationship| Relationship {
        invalidated_by: None,
        ..relationship.clone()
    });
    let then = now.relationships.iter().cloned();
    let mut batch = first.chain(then).fold(memories, Batch::put_relationship);
    batch.cycles = Cycles::Allow;
    copy.apply(batch).await?;
    Ok(copy)
}
