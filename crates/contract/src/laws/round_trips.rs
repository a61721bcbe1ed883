use std::future::Future;

use domain::{
    ListQuery, Memory, MemoryFilter, PathQuery, Relationship, RelationshipQuery, RelationshipType,
    SearchQuery, Walk,
};
use ports::{Batch, Change, Expect, GraphBackend, Result};

use crate::{
    Harness, LawResult,
    samples::{
        at, batch, erase, first, full_memory, id, invalidate, link, memory, open, put_memories,
        put_names, quarantine, record, relationship_id, remove_memory, remove_relationship, titled,
        touch,
    },
};

const MANY: usize = 300;

const SOLVES: RelationshipType = RelationshipType::Solves;

/// Counts the statements of a call.
async fn statements<T>(
    h: &dyn Harness,
    store: &dyn GraphBackend,
    call: impl Future<Output = Result<T>> + Send,
) -> Result<u64> {
    let before = h.statements(store);
    call.await?;
    Ok(h.statements(store) - before)
}

fn name(n: usize) -> String {
    format!("m{n:03}")
}

/// Puts `count` memories, each of them related to the hub.
fn star(from: usize, count: usize) -> Batch {
    let spokes = from..from + count;
    let put = put_memories(spokes.clone().map(|n| titled(&name(n), "spoke")));
    spokes.fold(put, |put, n| {
        put.put_relationship(link(&name(n), "hub", SOLVES, &name(n)))
    })
}

/// A batch of hundreds of puts takes as many statements as one of a few.
pub async fn puts_do_not_grow_with_the_batch(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["hub"])).await?;
    let few = statements(h, &*store, store.apply(star(0, 1))).await?;
    let many = statements(h, &*store, store.apply(star(1, MANY))).await?;
    assert_eq!(many, few);
    let few = statements(h, &*store, store.apply(star(0, 1))).await?;
    let many = statements(h, &*store, store.apply(star(0, MANY))).await?;
    assert_eq!(many, few);
    Ok(())
}

/// Relationships of a type that has no cycles are checked in as many statements for hundreds as
/// for one.
pub async fn cycle_checks_do_not_grow_with_the_batch(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let names: Vec<String> = (0..=MANY).map(name).collect();
    store
        .apply(put_names(names.iter().map(String::as_str)))
        .await?;
    let chain = |names: &[String]| {
        names.windows(2).fold(batch(), |put, ends| {
            let kind = RelationshipType::DependsOn;
            put.put_relationship(link(&ends[0], &ends[0], kind, &ends[1]))
        })
    };
    let few = statements(h, &*store, store.apply(chain(&names[..2]))).await?;
    let many = statements(h, &*store, store.apply(chain(&names[1..]))).await?;
    assert_eq!(many, few);
    Ok(())
}

/// Relationships that join others take as many statements for hundreds as for one.
pub async fn joins_do_not_grow_with_the_batch(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["hub"])).await?;
    store.apply(star(0, MANY)).await?;
    let again = |count| {
        (0..count).fold(batch(), |put, n| {
            put.put_relationship(link(&format!("again {n}"), "hub", SOLVES, &name(n)))
        })
    };
    let few = statements(h, &*store, store.apply(again(1))).await?;
    let many = statements(h, &*store, store.apply(again(MANY))).await?;
    assert_eq!(many, few);
    Ok(())
}

/// Touches, invalidations, removals, erasures and records of hundreds take as many statements as of
/// one.
pub async fn other_changes_do_not_grow_with_the_batch(h: &dyn Harness) -> LawResult {
    type Make = fn(usize) -> Change;
    let store = open(h).await?;
    store.apply(put_names(["hub"])).await?;
    store.apply(star(0, MANY + 1)).await?;
    let kinds: [(&str, Make); 7] = [
        ("quarantine", |n| quarantine(record(&name(n), &[&name(n)]))),
        ("release", |n| Change::ReleaseQuarantined(name(n))),
        ("touch", |n| touch(&name(n), 1, at(5))),
        ("invalidate", |n| invalidate(&name(n), at(5), None)),
        ("remove relationships", |n| remove_relationship(&name(n))),
        ("remove memories", |n| remove_memory(&name(n))),
        ("erase memories", |n| erase(&name(n))),
    ];
    for (kind, make) in kinds {
        let one = batch().then(make(0));
        let few = statements(h, &*store, store.apply(one)).await?;
        let hundreds = (1..=MANY).map(make).fold(batch(), Batch::then);
        let many = statements(h, &*store, store.apply(hundreds)).await?;
        assert_eq!(many, few, "{kind}");
    }
    Ok(())
}

/// Hundreds of expectations take as many statements as one.
pub async fn expectations_do_not_grow_with_the_batch(h: &dyn Harness) -> LawResult {
    type Make = fn(usize) -> Expect;
    let store = open(h).await?;
    store.apply(put_names(["hub"])).await?;
    store.apply(star(0, MANY)).await?;
    let kinds: [(&str, Make); 4] = [
        ("absent", |n| Expect::Absent(id(&format!("absent {n}")))),
        ("present", |n| Expect::Present(id(&name(n)))),
        ("version", |n| Expect::Version(id(&name(n)), 1)),
        ("recorded at", |n| {
            Expect::RecordedAt(relationship_id(&name(n)), at(0))
        }),
    ];
    for (kind, make) in kinds {
        let expecting = |count| {
            let expecting = (0..count).map(make).fold(batch(), Batch::expect);
            expecting.put_memory(memory("hub"))
        };
        let few = statements(h, &*store, store.apply(expecting(1))).await?;
        let many = statements(h, &*store, store.apply(expecting(MANY))).await?;
        assert_eq!(many, few, "{kind}");
    }
    Ok(())
}

/// Hundreds of memories are read in as many statements as one.
pub async fn reads_do_not_grow_with_the_ids(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store
        .apply(put_memories((0..MANY).map(|n| memory(&name(n)))))
        .await?;
    let ids: Vec<_> = (0..MANY).map(|n| id(&name(n))).collect();
    let few = statements(h, &*store, store.memories(&ids[..1])).await?;
    let many = statements(h, &*store, store.memories(&ids)).await?;
    assert_eq!(many, few);
    Ok(())
}

/// A list takes as many statements for a page of hundreds as for a page of one.
pub async fn lists_do_not_grow_with_the_page(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["hub"])).await?;
    store.apply(star(0, MANY)).await?;
    let (one, many) = (first(1), first(1_000));
    let all = ListQuery::default();
    let few = statements(h, &*store, store.list(&all, &one)).await?;
    assert_eq!(statements(h, &*store, store.list(&all, &many)).await?, few);
    let of_hub = RelationshipQuery {
        touching: vec![id("hub")],
        ..RelationshipQuery::default()
    };
    let few = statements(h, &*store, store.relationships(&of_hub, &one)).await?;
    let more = statements(h, &*store, store.relationships(&of_hub, &many)).await?;
    assert_eq!(more, few);
    let few = statements(h, &*store, store.changes_since(at(0), &one)).await?;
    let more = statements(h, &*store, store.changes_since(at(0), &many)).await?;
    assert_eq!(more, few);
    Ok(())
}

/// A search takes as many statements for a page of a hundred hits as for a page of one.
pub async fn searches_do_not_grow_with_the_page(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["hub"])).await?;
    store
        .apply(star(0, MANY).put_memory(full_memory("full")))
        .await?;
    let search = |text: &str| SearchQuery {
        text: text.to_owned(),
        ..SearchQuery::default()
    };
    let spokes = search("spoke");
    let few = statements(h, &*store, store.search(&spokes, &first(1))).await?;
    let many = statements(h, &*store, store.search(&spokes, &first(100))).await?;
    assert_eq!(many, few);
    Ok(())
}

/// A walk or a path through hundreds of neighbours takes no more statements than through one.
pub async fn walks_do_not_grow_with_the_neighbours(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let lonely = link("lonely", "lonely", SOLVES, "one");
    let put = put_names(["hub", "lonely", "one"]).put_relationship(lonely);
    store.apply(put).await?;
    store.apply(star(0, MANY)).await?;
    let walk = |from: &str, limit: u32| Walk {
        depth: 2,
        limit: limit.try_into().expect("it is not zero"),
        ..Walk::new(id(from))
    };
    let few = statements(h, &*store, store.walk(&walk("lonely", 1_000))).await?;
    for limit in [1, 1_000] {
        // A walk that has reached its limit need not look at the next level.
        let many = statements(h, &*store, store.walk(&walk("hub", limit))).await?;
        assert!(
            many <= few,
            "{many} statements, and {few} for one neighbour"
        );
    }
    let short = PathQuery::new(id("lonely"), id("one"));
    let few = statements(h, &*store, store.shortest_path(&short)).await?;
    let through = PathQuery::new(id("hub"), id(&name(7)));
    let many = statements(h, &*store, store.shortest_path(&through)).await?;
    assert!(
        many <= few,
        "{many} statements, and {few} for one neighbour"
    );
    Ok(())
}

/// A history, and the quarantine, take as many statements for a page of hundreds as for one of one.
pub async fn pasts_do_not_grow_with_the_page(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let records = (0..MANY).map(|n| quarantine(record(&name(n), &[])));
    let put = put_names(["other"]).put_relationship(link("r", "hub", SOLVES, "other"));
    store.apply(put_names(["hub"])).await?;
    store.apply(records.fold(put, Batch::then)).await?;
    for n in 2..20 {
        let hub = Memory {
            version: n,
            ..memory("hub")
        };
        let again = link(&format!("again {n}"), "hub", SOLVES, "other");
        let put = batch().put_memory(hub).put_relationship(again);
        store.apply(put).await?;
    }
    let (one, many) = (first(1), first(1_000));
    let hub = id("hub");
    let few = statements(h, &*store, store.memory_history(&hub, &one)).await?;
    let more = statements(h, &*store, store.memory_history(&hub, &many)).await?;
    assert_eq!(more, few);
    let r = relationship_id("r");
    let few = statements(h, &*store, store.relationship_history(&r, &one)).await?;
    let more = statements(h, &*store, store.relationship_history(&r, &many)).await?;
    assert_eq!(more, few);
    let few = statements(h, &*store, store.quarantine(&one)).await?;
    let more = statements(h, &*store, store.quarantine(&many)).await?;
    assert_eq!(more, few);
    Ok(())
}

/// Hundreds of contents are looked for in as many statements as one, and words that one context of
/// hundreds has in as many as words that all have.
pub async fn questions_do_not_grow_with_what_they_name(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["hub"])).await?;
    store.apply(star(0, MANY)).await?;
    let of = |count: usize| ListQuery {
        filter: MemoryFilter {
            contents: (0..count).map(name).collect(),
            ..MemoryFilter::default()
        },
        ..ListQuery::default()
    };
    let few = statements(h, &*store, store.list(&of(1), &first(10))).await?;
    let many = statements(h, &*store, store.list(&of(MANY), &first(10))).await?;
    assert_eq!(many, few);
    let said = (0..MANY).fold(batch(), |put, n| {
        let rare = if n == MANY - 1 { "rare" } else { "" };
        put.put_relationship(Relationship {
            context: Some(format!("common {rare}")),
            ..link(&name(n), "hub", SOLVES, &name(n))
        })
    });
    store.apply(said).await?;
    let about = |text: &str| RelationshipQuery {
        context: Some(text.to_owned()),
        ..RelationshipQuery::default()
    };
    let (common, rare) = (about("common"), about("rare"));
    let few = statements(h, &*store, store.relationships(&common, &first(1))).await?;
    let many = statements(h, &*store, store.relationships(&rare, &first(1))).await?;
    assert_eq!(many, few);
    Ok(())
}
