//! Any graph survives the way there and back.

use contract::chance::Chance;
use memorygraph::domain::{Memory, MemoryContext, Relationship, RelationshipType, Timestamp};
use memorygraph::ports::GraphBackend;

use super::stores::{Contents, at, file, go, link, memory, plain, put, relationship_id, url};

const SEED: u64 = 20_261_124;
const GRAPHS: u64 = 30;
const WORDS: [&str; 8] = [
    "walrus",
    "getUserById",
    "поиск",
    "数据库",
    "🚀",
    "foo-bar.rs",
    "the",
    "it's",
];

fn text(chance: &mut Chance) -> String {
    let words: Vec<_> = (0..=chance.below(6)).map(|_| chance.pick(&WORDS)).collect();
    words.join(" ")
}

fn moment(chance: &mut Chance) -> Timestamp {
    let second = i64::try_from(chance.below(40)).unwrap();
    let finer = i64::try_from(chance.below(3)).unwrap();
    Timestamp::from_microsecond(at(second).as_microsecond() + finer).unwrap()
}

fn random_memory(name: &str, chance: &mut Chance) -> Memory {
    let valid_from = moment(chance);
    let later = valid_from.max(moment(chance));
    let count = u32::try_from(chance.below(9)).unwrap();
    Memory {
        title: text(chance),
        content: text(chance),
        summary: chance.one_in(3).then(|| text(chance)),
        tags: WORDS[..3]
            .iter()
            .filter(|_| chance.one_in(2))
            .map(|tag| tag.to_lowercase())
            .collect(),
        context: chance.one_in(3).then(|| MemoryContext {
            project_path: Some(text(chance)),
            ..MemoryContext::default()
        }),
        usage_count: count,
        last_accessed: chance.one_in(2).then(|| moment(chance)),
        created_at: moment(chance),
        updated_at: moment(chance),
        version: count + 1,
        valid_from,
        valid_until: chance.one_in(3).then_some(later),
        superseded_by: chance.one_in(5).then(|| memory("m1").id),
        ..memory(name)
    }
}

/// Fills a store: few memories and types, so that statements and circles meet.
async fn fill(store: &dyn GraphBackend, chance: &mut Chance) {
    let memories: Vec<_> = (0..2 + chance.below(12)).map(|n| format!("m{n}")).collect();
    let types = [
        RelationshipType::Solves,
        RelationshipType::RelatedTo,
        RelationshipType::DependsOn,
    ];
    let count = chance.below(60);
    let mut relationships: Vec<Relationship> = Vec::new();
    for number in 0..count {
        let (from, to) = (chance.below(memories.len()), chance.below(memories.len()));
        if from == to {
            continue;
        }
        let kind = chance.pick(&types);
        let mut made = link(&format!("r{number}"), &memories[from], kind, &memories[to]);
        let is_stated = |it: &Relationship| it.valid_until.is_none() && it.states_the_same(&made);
        if chance.one_in(2) || relationships.iter().any(is_stated) {
            made.valid_from = moment(chance);
            made.valid_until = Some(made.valid_from.max(moment(chance)));
        }
        made.recorded_at = moment(chance);
        relationships.push(made);
    }
    let ids: Vec<String> = relationships.iter().map(|it| it.id.to_string()).collect();
    for relationship in &mut relationships {
        // Chains and circles of every length.
        if chance.one_in(2) {
            let by = &ids[chance.below(ids.len())];
            relationship.invalidated_by = Some(relationship_id(by));
        }
    }
    let memories: Vec<_> = memories
        .iter()
        .map(|name| random_memory(name, chance))
        .collect();
    put(store, memories, relationships).await;
}

#[tokio::test]
async fn any_graph_comes_back_as_it_went() {
    for seed in SEED..SEED + GRAPHS {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut chance = Chance::new(seed);
        let store = file("sqlite", &path("one.db")).await;
        fill(&*store, &mut chance).await;
        let before = Contents::of(&*store).await;
        store.close().await.unwrap();
        for (from, to) in [
            (
                url("sqlite", &path("one.db")),
                url("turso", &path("two.db")),
            ),
            (
                url("turso", &path("two.db")),
                url("sqlite", &path("three.db")),
            ),
        ] {
            let migrated = go(&from, &to, &plain(), false).await;
            let migrated = migrated.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert!(migrated.is_complete(), "seed {seed}");
            assert_eq!(
                migrated.memories.added,
                before.memories.len() as u64,
                "seed {seed}"
            );
            let added = migrated.relationships.added;
            assert_eq!(added, before.relationships.len() as u64, "seed {seed}");
        }
        assert_eq!(
            Contents::at("turso", &path("two.db")).await,
            before,
            "seed {seed}"
        );
        assert_eq!(
            Contents::at("sqlite", &path("three.db")).await,
            before,
            "seed {seed}"
        );
    }
}
