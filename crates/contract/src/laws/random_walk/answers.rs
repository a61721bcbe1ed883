use domain::{
    AsOf, Direction, Hit, ListQuery, MemoryFilter, MemoryId, Page, PageRequest, PathQuery,
    RelationshipQuery, SearchMode, SearchQuery, Walk,
};
use ports::{GraphBackend, Result, Statistics};

use crate::{
    LawResult,
    chance::Chance,
    samples::{SORTS, contents, first, id, relationship_id, score},
};

use super::batches::{
    CONTENTS, MEMORIES, MEMORY_TYPES, PROJECTS, RELATIONSHIP_TYPES, RELATIONSHIPS, TAGS, WORDS,
    random_text, random_time,
};

/// Puts questions of every kind to both, and fails unless the answers are the same.
pub(super) async fn compare(
    store: &dyn GraphBackend,
    oracle: &dyn GraphBackend,
    chance: &mut Chance,
    place: &str,
) -> LawResult {
    let (mut found, expected) = (contents(store).await?, contents(oracle).await?);
    assert_near(&mut found.statistics, &expected.statistics, place);
    assert_eq!(found, expected, "{place}");

    let ids: Vec<MemoryId> = (0..6).map(|_| id(chance.pick(&MEMORIES))).collect();
    let answers = (store.memories(&ids).await?, oracle.memories(&ids).await?);
    assert_eq!(answers.0, answers.1, "{place}: {ids:?}");

    for sort in SORTS {
        let query = ListQuery {
            filter: random_filter(chance),
            sort,
        };
        let place = format!("{place}: {query:?}");
        let limit = random_limit(chance);
        let found = pages(limit, async |page| store.list(&query, &page).await).await?;
        let expected = pages(limit, async |page| oracle.list(&query, &page).await).await?;
        assert_eq!(found, expected, "{place}");
    }
    for _ in 0..4 {
        let query = random_relationship_query(chance);
        let place = format!("{place}: {query:?}");
        let limit = random_limit(chance);
        let found = pages(limit, async |page| store.relationships(&query, &page).await).await?;
        let expected = pages(limit, async |page| {
            oracle.relationships(&query, &page).await
        })
        .await?;
        assert_eq!(found, expected, "{place}");
    }
    let (since, limit) = (random_time(chance), random_limit(chance));
    let found = pages(limit, async |page| store.changes_since(since, &page).await).await?;
    let expected = pages(limit, async |page| oracle.changes_since(since, &page).await).await?;
    assert_eq!(found, expected, "{place}: since {since}");

    compare_pasts(store, oracle, chance, place).await?;
    for _ in 0..6 {
        let walk = random_walk(chance);
        let place = format!("{place}: {walk:?}");
        assert_alike(store.walk(&walk).await, oracle.walk(&walk).await, &place);
        let query = random_path(chance);
        let place = format!("{place}: {query:?}");
        let found = store.shortest_path(&query).await;
        assert_alike(found, oracle.shortest_path(&query).await, &place);
    }
    for _ in 0..6 {
        let query = random_search(chance);
        let place = format!("{place}: {query:?}");
        let limit = random_limit(chance);
        let found = pages(limit, async |page| store.search(&query, &page).await).await?;
        let expected = pages(limit, async |page| oracle.search(&query, &page).await).await?;
        assert_same_hits(&found.concat(), &expected.concat(), &place);
    }
    Ok(())
}

/// Fails unless the histories and the quarantines are the same.
async fn compare_pasts(
    store: &dyn GraphBackend,
    oracle: &dyn GraphBackend,
    chance: &mut Chance,
    place: &str,
) -> LawResult {
    let limit = random_limit(chance);
    for name in several(&MEMORIES, 3, chance) {
        let id = id(name);
        let found = pages(limit, async |page| store.memory_history(&id, &page).await).await?;
        let expected = pages(limit, async |page| oracle.memory_history(&id, &page).await).await?;
        assert_eq!(found, expected, "{place}: history of {id:?}");
    }
    for name in several(&RELATIONSHIPS, 3, chance) {
        let id = relationship_id(name);
        let found = pages(limit, async |page| {
            store.relationship_history(&id, &page).await
        });
        let expected = pages(limit, async |page| {
            oracle.relationship_history(&id, &page).await
        });
        assert_eq!(found.await?, expected.await?, "{place}: history of {id:?}");
    }
    let counts = |of: Statistics| (of.quarantined, of.earlier_states);
    let (found, expected) = (store.statistics().await?, oracle.statistics().await?);
    assert_eq!(counts(found), counts(expected), "{place}");
    let found = pages(limit, async |page| store.quarantine(&page).await).await?;
    let expected = pages(limit, async |page| oracle.quarantine(&page).await).await?;
    assert_eq!(found, expected, "{place}");
    Ok(())
}

/// Reads page by page.
async fn pages<T>(
    limit: u32,
    read: impl AsyncFn(PageRequest) -> Result<Page<T>>,
) -> Result<Vec<Vec<T>>> {
    let mut pages = Vec::new();
    let mut page = first(limit);
    loop {
        let Page { items, next } = read(page).await?;
        pages.push(items);
        let Some(next) = next else { return Ok(pages) };
        page = first(limit).after(next);
    }
}

/// Fails unless both are the same answer, or errors of the same kind.
#[track_caller]
fn assert_alike<T: PartialEq + std::fmt::Debug>(
    found: Result<T>,
    expected: Result<T>,
    place: &str,
) {
    let found = found.map_err(|error| error.kind());
    assert_eq!(found, expected.map_err(|error| error.kind()), "{place}");
}

/// Fails unless the hits are the same in the same order; scores may differ in their last bits.
#[track_caller]
fn assert_same_hits(found: &[Hit], expected: &[Hit], place: &str) {
    let parts = |hit: &Hit| (hit.memory.clone(), hit.fields.clone(), hit.words.clone());
    let found_parts: Vec<_> = found.iter().map(parts).collect();
    let expected_parts: Vec<_> = expected.iter().map(parts).collect();
    assert_eq!(found_parts, expected_parts, "{place}");
    for (found, expected) in found.iter().zip(expected) {
        let difference = (found.score - expected.score).abs();
        assert!(
            difference < 1e-9,
            "{place}: {} is not {}",
            found.score,
            expected.score
        );
    }
}

/// Takes over the means where they differ in their last bits only.
#[track_caller]
fn assert_near(found: &mut Statistics, expected: &Statistics, place: &str) {
    let means = [
        (&mut found.mean_importance, expected.mean_importance),
        (&mut found.mean_confidence, expected.mean_confidence),
    ];
    for (found, expected) in means {
        let (Some(mean), Some(near)) = (*found, expected) else {
            continue;
        };
        assert!((mean - near).abs() < 1e-12, "{place}: {mean} is not {near}");
        *found = expected;
    }
}

fn random_limit(chance: &mut Chance) -> u32 {
    chance.pick(&[1, 2, 3, 5, 8, 100, PageRequest::LARGEST])
}

fn random_as_of(chance: &mut Chance) -> AsOf {
    match chance.below(3) {
        0 => AsOf::Latest,
        1 => AsOf::Ever,
        _ => AsOf::At(random_time(chance)),
    }
}

fn random_filter(chance: &mut Chance) -> MemoryFilter {
    MemoryFilter {
        types: several(&MEMORY_TYPES, 6, chance),
        tags: several(&TAGS, 8, chance)
            .into_iter()
            .map(|tag| {
                if chance.one_in(2) {
                    tag.to_uppercase()
                } else {
                    tag.to_owned()
                }
            })
            .collect(),
        project_path: chance.one_in(5).then(|| chance.pick(&PROJECTS).to_owned()),
        contents: several(&CONTENTS, 12, chance)
            .into_iter()
            .map(str::to_owned)
            .collect(),
        min_importance: chance.one_in(5).then(|| score(chance.pick(&[0.3, 0.5]))),
        min_confidence: chance.one_in(5).then(|| score(chance.pick(&[0.25, 0.8]))),
        created_since: chance.one_in(5).then(|| random_time(chance)),
        created_before: chance.one_in(5).then(|| random_time(chance)),
        updated_since: chance.one_in(5).then(|| random_time(chance)),
        as_of: random_as_of(chance),
    }
}

/// Some of the choices, often none; each with a chance of one in `n`.
fn several<T: Copy>(choices: &[T], n: usize, chance: &mut Chance) -> Vec<T> {
    let chosen = choices.iter().copied();
    chosen.filter(|_| chance.one_in(n)).collect()
}

fn random_direction(chance: &mut Chance) -> Direction {
    chance.pick(&[Direction::Outgoing, Direction::Incoming, Direction::Both])
}

fn random_relationship_query(chance: &mut Chance) -> RelationshipQuery {
    let ids = several(&RELATIONSHIPS, 30, chance);
    let touching = several(&MEMORIES, 10, chance);
    RelationshipQuery {
        ids: ids.into_iter().map(relationship_id).collect(),
        touching: touching.into_iter().map(id).collect(),
        direction: random_direction(chance),
        types: several(&RELATIONSHIP_TYPES, 8, chance),
        context: chance.one_in(4).then(|| random_text(2, chance)),
        as_of: random_as_of(chance),
    }
}

fn random_walk(chance: &mut Chance) -> Walk {
    let from = (0..=chance.below(2)).map(|_| id(chance.pick(&MEMORIES[..9])));
    Walk {
        from: from.collect(),
        direction: random_direction(chance),
        types: several(&RELATIONSHIP_TYPES, 8, chance),
        depth: if chance.one_in(12) {
            0
        } else {
            chance.pick(&[1, 2, 3, 10])
        },
        limit: chance
            .pick(&[1, 2, 4, 100, Walk::LARGEST])
            .try_into()
            .expect("none is zero"),
        as_of: random_as_of(chance),
    }
}

fn random_path(chance: &mut Chance) -> PathQuery {
    PathQuery {
        direction: random_direction(chance),
        types: several(&RELATIONSHIP_TYPES, 10, chance),
        max_depth: if chance.one_in(12) {
            11
        } else {
            chance.pick(&[1, 2, 5, 10])
        },
        as_of: random_as_of(chance),
        ..PathQuery::new(
            id(chance.pick(&MEMORIES[..9])),
            id(chance.pick(&MEMORIES[..9])),
        )
    }
}

fn random_search(chance: &mut Chance) -> SearchQuery {
    let mut text = random_text(3, chance);
    if chance.one_in(3) {
        // A slip of the keyboard.
        text.push(' ');
        text.extend(chance.pick(&WORDS).chars().filter(|_| !chance.one_in(6)));
    }
    let modes = [SearchMode::Strict, SearchMode::Normal, SearchMode::Fuzzy];
    let filter = if chance.one_in(2) {
        random_filter(chance)
    } else {
        MemoryFilter::default()
    };
    SearchQuery {
        text,
        mode: chance.pick(&modes),
        filter,
    }
}
