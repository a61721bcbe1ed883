//! A graph of some size, and every question that one can ask it.

use std::{future::Future, path::Path, sync::Arc};

use domain::{
    AsOf, Direction, ListQuery, Memory, MemoryContext, MemoryFilter, MemoryType, Page, PageRequest,
    PathQuery, RelationshipId, RelationshipQuery, RelationshipType, Score, SearchMode, SearchQuery,
    Sort, Walk,
};
use memorygraph_adapter_sqlite::SqliteBackend;
use ports::{Batch, Change, Cycles, Expect, GraphBackend};

use crate::graph::{Chance, at, ever, id, link, memory, opened};

const MEMORIES: u64 = 3_000;
const SORTS: [Sort; 4] = [
    Sort::RecentlyUpdated,
    Sort::Newest,
    Sort::Oldest,
    Sort::MostImportant,
];
const DIRECTIONS: [Direction; 3] = [Direction::Outgoing, Direction::Incoming, Direction::Both];

fn as_ofs() -> [AsOf; 3] {
    [AsOf::Latest, AsOf::At(at(500)), AsOf::Ever]
}

fn score(value: f64) -> Score {
    Score::new("score", value).unwrap()
}

/// Makes a graph of some size. ANALYZE is not run on it, as on a user's.
pub(super) async fn make(path: &Path) {
    let backend = opened(path).await;
    let mut chance = Chance(99);
    let mut batch = Batch {
        cycles: Cycles::Allow,
        ..Batch::default()
    };
    for number in 0..MEMORIES {
        let seconds = i64::try_from(chance.below(1_000)).unwrap();
        let name = format!("m{number}");
        let project_path = Some(format!("/project/{}", chance.below(20)));
        let context = MemoryContext {
            project_path,
            ..MemoryContext::default()
        };
        batch = batch.put_memory(Memory {
            memory_type: *chance.pick(&MemoryType::ALL),
            content: format!("common word{} rare{number}", chance.below(100)),
            tags: vec![format!("tag{}", chance.below(50))],
            importance: score([0.2, 0.5, 0.8][usize::try_from(chance.below(3)).unwrap()]),
            context: Some(context),
            created_at: at(seconds),
            updated_at: at(seconds + 10),
            valid_from: at(seconds),
            valid_until: (number % 50 == 0).then(|| at(seconds + 100)),
            ..memory(&name)
        });
    }
    for number in 0..2 * MEMORIES {
        let from = chance.below(MEMORIES);
        let to = (from + 1 + chance.below(MEMORIES - 1)) % MEMORIES;
        let mut link = link(
            &format!("r{number}"),
            &format!("m{from}"),
            &format!("m{to}"),
        );
        link.relationship_type = *chance.pick(&RelationshipType::ALL);
        link.valid_until = (number % 20 == 0).then(|| at(900));
        batch = batch.put_relationship(link);
    }
    backend.apply(batch).await.unwrap();
    backend.close().await.unwrap();
}

/// Asks for the first page and for the second.
pub(super) async fn two_pages<T, F: Future<Output = ports::Result<Page<T>>>>(
    ask: impl Fn(PageRequest) -> F,
) {
    let first = ask(PageRequest::first(3).unwrap()).await.unwrap();
    if let Some(next) = first.next {
        ask(PageRequest::first(3).unwrap().after(next))
            .await
            .unwrap();
    }
}

/// Every filter alone, and pairs of those that people combine.
fn filters() -> Vec<MemoryFilter> {
    let one = |change: fn(&mut MemoryFilter)| {
        let mut filter = MemoryFilter::default();
        change(&mut filter);
        filter
    };
    let mut filters = vec![
        one(|_| ()),
        one(|filter| filter.types = vec![MemoryType::Solution]),
        one(|filter| filter.types = vec![MemoryType::Solution, MemoryType::Problem]),
        one(|filter| filter.tags = vec!["tag7".to_owned()]),
        one(|filter| filter.tags = vec!["tag7".to_owned(), "tag8".to_owned()]),
        one(|filter| filter.project_path = Some("/project/7".to_owned())),
        one(|filter| filter.min_importance = Some(score(0.6))),
        one(|filter| filter.min_confidence = Some(score(0.6))),
        one(|filter| filter.created_since = Some(at(900))),
        one(|filter| filter.created_before = Some(at(100))),
        one(|filter| filter.updated_since = Some(at(900))),
        one(|filter| {
            filter.types = vec![MemoryType::Solution];
            filter.project_path = Some("/project/7".to_owned());
        }),
        one(|filter| {
            filter.types = vec![MemoryType::Solution];
            filter.min_importance = Some(score(0.6));
        }),
        one(|filter| {
            filter.tags = vec!["tag7".to_owned()];
            filter.project_path = Some("/project/7".to_owned());
        }),
        one(|filter| {
            filter.created_since = Some(at(100));
            filter.created_before = Some(at(200));
        }),
    ];
    for as_of in as_ofs() {
        filters.push(MemoryFilter { as_of, ..ever() });
    }
    filters
}

pub(super) async fn list_everything(backend: Arc<SqliteBackend>) {
    for sort in SORTS {
        for filter in filters() {
            let query = ListQuery { filter, sort };
            two_pages(|page| {
                let (backend, query) = (&backend, &query);
                async move { backend.list(query, &page).await }
            })
            .await;
        }
    }
}

pub(super) async fn search_everything(backend: Arc<SqliteBackend>) {
    for mode in [SearchMode::Strict, SearchMode::Normal, SearchMode::Fuzzy] {
        for text in [
            "rare7",
            "common",
            "common word7",
            "comon wrd7 rare",
            "rare7 getUserById",
        ] {
            for filter in filters() {
                let query = SearchQuery {
                    text: text.to_owned(),
                    mode,
                    filter,
                };
                two_pages(|page| {
                    let (backend, query) = (&backend, &query);
                    async move { backend.search(query, &page).await }
                })
                .await;
            }
        }
    }
}

/// The types that people ask for: any, one of each kind, several.
pub(super) fn some_types() -> [Vec<RelationshipType>; 4] {
    [
        vec![],
        vec![RelationshipType::Solves],
        vec![RelationshipType::SimilarTo],
        vec![RelationshipType::Solves, RelationshipType::SimilarTo],
    ]
}

pub(super) async fn relate_everything(backend: Arc<SqliteBackend>) {
    let ids = |names: &[&str]| -> Vec<_> {
        names
            .iter()
            .map(|name| RelationshipId::new(*name).unwrap())
            .collect()
    };
    for as_of in as_ofs() {
        for types in some_types() {
            for direction in DIRECTIONS {
                for touching in [vec![], vec![id("m1")], vec![id("m1"), id("m2")]] {
                    for ids in [vec![], ids(&["r1"]), ids(&["r1", "r2"])] {
                        let query = RelationshipQuery {
                            ids,
                            touching: touching.clone(),
                            direction,
                            types: types.clone(),
                            context: None,
                            as_of,
                        };
                        two_pages(|page| {
                            let (backend, query) = (&backend, &query);
                            async move { backend.relationships(query, &page).await }
                        })
                        .await;
                    }
                }
            }
        }
    }
}

pub(super) async fn walk_everything(backend: Arc<SqliteBackend>) {
    for as_of in as_ofs() {
        for types in some_types() {
            for direction in DIRECTIONS {
                let walk = Walk {
                    direction,
                    types: types.clone(),
                    depth: 2,
                    as_of,
                    ..Walk::new(id("m1"))
                };
                backend.walk(&walk).await.unwrap();
                let path = PathQuery {
                    direction,
                    types: types.clone(),
                    as_of,
                    ..PathQuery::new(id("m1"), id("m2"))
                };
                backend.shortest_path(&path).await.unwrap();
            }
        }
    }
}

pub(super) async fn change_everything(backend: Arc<SqliteBackend>) {
    let relationship = |name: &str| RelationshipId::new(name).unwrap();
    let recorded_at = at(0);
    let batch = Batch::default()
        .expect(Expect::Absent(id("new")))
        .expect(Expect::Present(id("m1")))
        .expect(Expect::Version(id("m1"), 1))
        .expect(Expect::RecordedAt(relationship("r1"), recorded_at))
        .put_memory(memory("new"))
        .put_memory(memory("m3"))
        .put_relationship(link("new", "new", "m1"))
        .put_relationship(link("again", "m1", "new"))
        .then(Change::TouchMemory {
            id: id("m1"),
            uses: 1,
            at: at(1),
        })
        .then(Change::InvalidateRelationship {
            id: relationship("new"),
            until: at(3),
            by: Some(relationship("again")),
            recorded_at: at(4),
        })
        .then(Change::RemoveRelationship(relationship("r1")))
        .then(Change::RemoveMemory(id("m4")));
    backend.apply(batch).await.unwrap();
    let mut acyclic = link("acyclic", "new", "m1");
    acyclic.relationship_type = RelationshipType::DependsOn;
    backend
        .apply(Batch::default().put_relationship(acyclic))
        .await
        .unwrap();
}

pub(super) async fn look_at_everything(backend: Arc<SqliteBackend>) {
    backend.memories(&[id("m1"), id("nobody")]).await.unwrap();
    backend.statistics().await.unwrap();
    backend.health().await.unwrap();
    two_pages(|page| {
        let backend = &backend;
        async move { backend.changes_since(at(10), &page).await }
    })
    .await;
    // The last memory of a moment, and the first relationship after it.
    let page = PageRequest::first(PageRequest::LARGEST).unwrap();
    let all = backend.changes_since(at(0), &page).await.unwrap();
    let Some(next) = all.next else { return };
    let page = page.after(next);
    backend.changes_since(at(0), &page).await.unwrap();
}
