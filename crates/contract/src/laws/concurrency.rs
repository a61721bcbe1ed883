use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use domain::{ListQuery, Memory, MemoryId, RelationshipType, SearchQuery, Walk};
use ports::{Batch, Conflict, ErrorKind, Expect, GraphBackend, GraphBackendExt, Result};
use tokio::task::JoinSet;

use crate::{
    Harness, LawError, LawResult,
    samples::{
        assert_fails, at, batch, caught_up, contents, first, id, link, memory, memory_names, open,
        put_memories, put_names, relationship_id, remove_memory, touch,
    },
};

const DEPENDS_ON: RelationshipType = RelationshipType::DependsOn;
const SOLVES: RelationshipType = RelationshipType::Solves;

/// Waits for all tasks, and fails when one of them did.
async fn all<T: 'static>(mut tasks: JoinSet<Result<T>>) -> std::result::Result<Vec<T>, LawError> {
    let mut answers = Vec::new();
    while let Some(answer) = tasks.join_next().await {
        answers.push(answer??);
    }
    Ok(answers)
}

/// Reads the memory, counts its uses and its version on, and writes it; again when another writer
/// was faster.
async fn increment(store: &dyn GraphBackend, name: &MemoryId) -> Result<()> {
    let mut found = store.memory(name).await?.expect("it is never removed");
    for _ in 0..1_000 {
        let next = Memory {
            usage_count: found.usage_count + 1,
            version: found.version + 1,
            ..found.clone()
        };
        let expected = Expect::Version(name.clone(), found.version);
        let Err(error) = store.apply(batch().expect(expected).put_memory(next)).await else {
            return Ok(());
        };
        let Some(Conflict::Memory {
            found: Some(newer), ..
        }) = error.found()
        else {
            return Err(error);
        };
        found = newer.as_ref().clone();
    }
    panic!("a thousand times another writer was faster");
}

/// Of 64 tasks that write at once, each finds its own write, and together they find all.
pub async fn many_writers_all_succeed(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let mut tasks = JoinSet::new();
    for n in 0..64 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let name = format!("m{n:02}");
            let receipt = store.put_memory(memory(&name)).await?;
            assert_eq!(receipt.memories_added, 1);
            assert_eq!(store.memory(&id(&name)).await?, Some(memory(&name)));
            Ok(())
        });
    }
    all(tasks).await?;
    let expected: Vec<String> = (0..64).map(|n| format!("m{n:02}")).collect();
    assert_eq!(memory_names(&contents(&*store).await?.memories), expected);
    Ok(())
}

/// Sixteen tasks count one memory on, with the version that they expect: no count is lost.
pub async fn no_update_is_lost(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("m")).await?;
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for _ in 0..4 {
                increment(&*store, &id("m")).await?;
            }
            Ok(())
        });
    }
    all(tasks).await?;
    let expected = Memory {
        usage_count: 64,
        version: 65,
        ..memory("m")
    };
    assert_eq!(store.memory(&id("m")).await?, Some(expected));
    Ok(())
}

/// Uses that are counted at once are all counted, without expectations.
pub async fn no_touch_is_lost(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("m")).await?;
    let mut tasks = JoinSet::new();
    for n in 0..32 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { store.apply(batch().then(touch("m", 2, at(n)))).await });
    }
    all(tasks).await?;
    let expected = Memory {
        usage_count: 64,
        last_accessed: Some(at(31)),
        ..memory("m")
    };
    assert_eq!(store.memory(&id("m")).await?, Some(expected));
    Ok(())
}

const TOGETHER: [&str; 4] = ["a", "b", "c", "d"];

/// Four memories that always change together.
fn round(n: u32) -> Batch {
    put_memories(TOGETHER.map(|name| Memory {
        version: n,
        title: format!("round {n}"),
        ..memory(name)
    }))
}

/// Reads the four in one of four ways; a walk from the first one reaches the other three.
async fn read(store: &dyn GraphBackend, way: usize) -> Result<Vec<Memory>> {
    Ok(match way {
        0 => store.memories(&TOGETHER.map(id)).await?,
        1 => store.list(&ListQuery::default(), &first(10)).await?.items,
        2 => {
            let walked = store.walk(&Walk::new(id("a"))).await?;
            walked.steps.into_iter().map(|step| step.memory).collect()
        }
        _ => {
            let query = SearchQuery {
                text: "round".to_owned(),
                ..SearchQuery::default()
            };
            let hits = store.search(&query, &first(10)).await?.items;
            hits.into_iter().map(|hit| hit.memory).collect()
        }
    })
}

/// A reader sees whole batches: memories that always change together are never seen apart, in
/// whatever way they are read.
pub async fn readers_see_whole_batches(h: &dyn Harness) -> LawResult {
    const ROUNDS: u32 = 40;
    let store = open(h).await?;
    let links = TOGETHER[1..].iter().map(|to| link(to, "a", SOLVES, to));
    store
        .apply(links.fold(round(1), Batch::put_relationship))
        .await?;
    let mut readers = JoinSet::new();
    for way in 0..4 {
        let store = Arc::clone(&store);
        readers.spawn(async move {
            let mut last = 0;
            while last < ROUNDS {
                let seen = read(&*store, way).await?;
                assert_eq!(seen.len(), if way == 2 { 3 } else { 4 });
                let version = seen[0].version;
                assert!(
                    version >= last,
                    "way {way} went back from {last} to {version}"
                );
                let is_whole = seen.iter().all(|memory| memory.version == version);
                assert!(is_whole, "way {way}: {seen:#?}");
                last = version;
                tokio::task::yield_now().await;
            }
            Ok(())
        });
    }
    for n in 2..=ROUNDS {
        store.apply(round(n)).await?;
    }
    all(readers).await?;
    Ok(())
}

/// A caller that stops waiting leaves a whole batch or nothing.
pub async fn who_stops_waiting_leaves_a_whole_batch_or_nothing(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    for n in 0..40 {
        let [a, b] = ["a", "b"].map(|half| format!("m{n:02} {half}"));
        let put = put_names([a.as_str(), b.as_str()]).put_relationship(link(&a, &a, SOLVES, &b));
        let mut apply = store.apply(put);
        let mut polls = n % 4;
        std::future::poll_fn(|context| {
            if polls == 0 || apply.as_mut().poll(context).is_ready() {
                return Poll::Ready(());
            }
            polls -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        drop(apply);
        let seen = store.statistics().await?;
        assert_eq!(seen.memories, 2 * seen.relationships, "round {n}");
    }
    store.put_memory(memory("last")).await?;
    let seen = store.statistics().await?;
    assert_eq!(seen.memories, 2 * seen.relationships + 1);
    Ok(())
}

/// Of batches that are applied at the same time, one that is refused after it was written leaves
/// nothing, and the others are kept.
pub async fn a_refused_batch_leaves_nothing_among_others(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let chain = put_names(["first", "second"])
        .put_relationship(link("chain", "first", DEPENDS_ON, "second"));
    store.apply(chain).await?;
    let mut calls = JoinSet::new();
    for n in 0..32 {
        let store = Arc::clone(&store);
        let (name, closing) = (format!("m{n:02}"), format!("closing {n}"));
        calls.spawn(async move {
            let mut batch = put_names([name.as_str()]);
            if n % 4 == 0 {
                batch = batch.put_relationship(link(&closing, "second", DEPENDS_ON, "first"));
            }
            store.apply(batch).await.map_err(|err| err.kind())
        });
    }
    let answers = calls.join_all().await;
    let refused = answers
        .iter()
        .filter(|answer| **answer == Err(ErrorKind::Conflict))
        .count();
    assert_eq!(
        (
            refused,
            answers.iter().filter(|answer| answer.is_ok()).count()
        ),
        (8, 24)
    );
    let seen = contents(&*store).await?;
    assert_eq!((seen.memories.len(), seen.relationships.len()), (2 + 24, 1));
    Ok(())
}

/// A caller that stops waiting for an answer harms nobody else.
pub async fn who_stops_reading_harms_nobody(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "b"])).await?;
    for _ in 0..50 {
        let mut context = Context::from_waker(Waker::noop());
        let (query, page) = (ListQuery::default(), first(10));
        let list = pin!(store.list(&query, &page));
        if let Poll::Ready(answer) = list.poll(&mut context) {
            assert_eq!(answer?.items.len(), 2);
        }
    }
    let found = store.list(&ListQuery::default(), &first(10)).await?.items;
    assert_eq!(memory_names(&found), ["b", "a"]);
    Ok(())
}

/// Tasks that state the same at once make one relationship with the evidence of all.
pub async fn the_same_statement_at_once_is_one(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "b"])).await?;
    let mut tasks = JoinSet::new();
    for n in 0..24 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let (from, to) = if n % 2 == 0 { ("a", "b") } else { ("b", "a") };
            let one = link(&format!("r{n}"), from, RelationshipType::SimilarTo, to);
            store.put_relationship(one).await
        });
    }
    let receipts = all(tasks).await?;
    let added = receipts.iter().map(|receipt| receipt.relationships_added);
    assert_eq!(added.sum::<u64>(), 1);
    let found = contents(&*store).await?.relationships;
    assert_eq!((found.len(), found[0].evidence_count), (1, 24));
    let joined = receipts.iter().flat_map(|receipt| &receipt.reinforced);
    assert!(joined.clone().all(|joined| joined.kept == found[0].id));
    assert_eq!(joined.count(), 23);
    Ok(())
}

/// Of two relationships that would close a cycle together, one is refused.
pub async fn a_cycle_is_not_closed_from_two_sides(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    for n in 0..8 {
        let [a, b] = ["a", "b"].map(|end| format!("{end}{n}"));
        store.apply(put_names([a.as_str(), b.as_str()])).await?;
        let kind = RelationshipType::DependsOn;
        let forth = store.put_relationship(link(&format!("forth {n}"), &a, kind, &b));
        let back = store.put_relationship(link(&format!("back {n}"), &b, kind, &a));
        let (forth, back) = tokio::join!(forth, back);
        assert_ne!(forth.is_ok(), back.is_ok());
        let lost = if forth.is_ok() { back } else { forth };
        let error = assert_fails(lost, ErrorKind::Conflict);
        assert!(
            matches!(error.found(), Some(Conflict::Cycle(_))),
            "{error:?}"
        );
    }
    Ok(())
}

/// A memory that is removed while others relate to it leaves no relationship without its end.
pub async fn no_relationship_loses_its_end(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let name = |n: i32| format!("m{n:02}");
    store
        .apply(put_memories((0..20).map(|n| memory(&name(n)))))
        .await?;
    let mut tasks = JoinSet::new();
    for n in 0..20 {
        let relating = Arc::clone(&store);
        tasks.spawn(async move {
            let (from, to) = (name(n), name((n + 1) % 20));
            match relating
                .put_relationship(link(&from, &from, SOLVES, &to))
                .await
            {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        });
        if n % 2 == 0 {
            let removing = Arc::clone(&store);
            tasks.spawn(async move {
                let removal = batch().then(remove_memory(&name(n)));
                removing.apply(removal).await.map(drop)
            });
        }
    }
    all(tasks).await?;
    let found = contents(&*store).await?;
    assert_eq!((found.memories.len(), found.relationships), (10, vec![]));
    Ok(())
}

/// Two openings of one durable store see each other's writes, replicas after a sync and all others
/// at once; else they are strangers.
pub async fn two_openings_see_each_others_writes(h: &dyn Harness) -> LawResult {
    let [one, other] = [open(h).await?, open(h).await?];
    let durable = one.capabilities().durable;
    for n in 0..10 {
        let (writer, reader) = if n % 2 == 0 {
            (&one, &other)
        } else {
            (&other, &one)
        };
        let [name, neighbour] = [format!("m{n}"), format!("n{n}")];
        let put = put_names([name.as_str(), neighbour.as_str()]);
        let put = put.put_relationship(link(&name, &name, SOLVES, &neighbour));
        writer.apply(put).await?;
        caught_up(&**reader).await?;
        let seen = durable.then(|| memory(&name));
        assert_eq!(reader.memory(&id(&name)).await?, seen);
        let relationship = reader.relationship(&relationship_id(&name)).await?;
        assert_eq!(relationship.is_some(), durable);
        let query = SearchQuery {
            text: name.clone(),
            ..SearchQuery::default()
        };
        let hits = reader.search(&query, &first(10)).await?.items;
        assert_eq!(hits.len(), usize::from(durable), "{query:?}");
    }
    Ok(())
}

/// Two openings of one durable store count one memory on without losing a count; else each counts
/// its own.
pub async fn two_openings_lose_no_update(h: &dyn Harness) -> LawResult {
    let stores = [open(h).await?, open(h).await?];
    let durable = stores[0].capabilities().durable;
    stores[0].put_memory(memory("m")).await?;
    if !durable {
        stores[1].put_memory(memory("m")).await?;
    }
    caught_up(&*stores[1]).await?;
    let mut tasks = JoinSet::new();
    for store in stores.iter().cycle().take(8) {
        let store = Arc::clone(store);
        tasks.spawn(async move {
            for _ in 0..4 {
                increment(&*store, &id("m")).await?;
            }
            Ok(())
        });
    }
    all(tasks).await?;
    for store in &stores {
        caught_up(&**store).await?;
        let found = store.memory(&id("m")).await?;
        let expected = if durable { 32 } else { 16 };
        assert_eq!(found.map(|memory| memory.usage_count), Some(expected));
    }
    Ok(())
}

/// A new store may be opened and prepared by several at once.
pub async fn several_may_open_a_new_store_at_once(h: &dyn Harness) -> LawResult {
    let opening = || async {
        let store = h.open().await;
        let version = store.initialize_schema().await?;
        Ok::<_, LawError>((store, version))
    };
    let (one, two, three) = tokio::join!(opening(), opening(), opening());
    let opened = [one?, two?, three?];
    for (n, (store, version)) in opened.iter().enumerate() {
        assert_eq!(*version, opened[0].1);
        store.put_memory(memory(&n.to_string())).await?;
    }
    let (store, _) = &opened[0];
    caught_up(&**store).await?;
    let count = store.statistics().await?.memories;
    assert_eq!(count, if store.capabilities().durable { 3 } else { 1 });
    Ok(())
}
