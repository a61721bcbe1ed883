use std::{collections::BTreeSet, sync::Arc};

use domain::{Memory, Relationship, RelationshipType, SearchMode, Walk};
use ports::{Batch, ErrorKind, GraphBackend, GraphBackendExt, Receipt, Result};
use tokio::task::JoinSet;

use crate::{
    Harness, LawResult,
    samples::{
        assert_fails, at, batch, caught_up, contents, erase, found_as, id, in_quarantine,
        invalidate, link, memory, memory_states, open, put_names, quarantine, record,
        relationship_names, relationship_states, remove_memory, score, titled,
    },
};

const SOLVES: RelationshipType = RelationshipType::Solves;

fn again(name: &str) -> Memory {
    Memory {
        version: 2,
        ..memory(name)
    }
}

fn tie(name: &str, from: &str, to: &str, strength: f64) -> Relationship {
    Relationship {
        strength: score(strength),
        ..link(name, from, SOLVES, to)
    }
}

/// A store in which "a" has two earlier states and two relationships with one earlier state each,
/// of which "ended" has an end, and in which two records of three are about it.
async fn with_traces(h: &dyn Harness) -> Result<Arc<dyn GraphBackend>> {
    let store = open(h).await?;
    let put = put_names(["a", "b", "c"])
        .put_relationship(tie("out", "a", "b", 0.25))
        .put_relationship(tie("ended", "c", "a", 0.25))
        .put_relationship(tie("elsewhere", "b", "c", 0.25))
        .then(quarantine(record("about a", &["a"])))
        .then(quarantine(record("about a too", &["b", "a"])))
        .then(quarantine(record("about b", &["b"])));
    store.apply(put).await?;
    let changed = batch()
        .put_memory(again("a"))
        .put_memory(again("b"))
        .put_relationship(tie("out", "a", "b", 0.5))
        .put_relationship(tie("elsewhere", "b", "c", 0.5))
        .then(invalidate("ended", at(5), None));
    store.apply(changed).await?;
    let third = Memory {
        version: 3,
        ..memory("a")
    };
    store.put_memory(third).await?;
    Ok(store)
}

/// What erasing "a" there says.
fn of_traces() -> Receipt {
    Receipt {
        memories_removed: 1,
        relationships_removed: 2,
        states_erased: 4,
        quarantined_removed: 2,
        ..Receipt::default()
    }
}

async fn names_in_quarantine(store: &dyn GraphBackend) -> Result<Vec<String>> {
    let records = in_quarantine(store).await?.into_iter();
    Ok(records.map(|record| record.id).collect())
}

/// Fails unless nothing of "a" is left, and all of its neighbours.
async fn assert_no_trace(store: &dyn GraphBackend) -> LawResult {
    assert_eq!(memory_states(store, "a").await?, []);
    for name in ["out", "ended"] {
        assert_eq!(relationship_states(store, name).await?, [], "{name}");
    }
    assert_eq!(names_in_quarantine(store).await?, ["about b"]);
    let now = contents(store).await?;
    let memories = [again("b"), memory("c")];
    assert_eq!(now.memories, memories);
    assert_eq!(relationship_names(&now.relationships), ["elsewhere"]);
    assert_eq!(memory_states(store, "b").await?, [again("b"), memory("b")]);
    let found = relationship_states(store, "elsewhere").await?;
    let [newer, older] = [0.5, 0.25].map(|strength| tie("elsewhere", "b", "c", strength));
    assert_eq!(found, [newer, older]);
    Ok(())
}

/// Erasing removes the memory, its relationships, all states of both, and what quarantine has about
/// it; it counts them, and leaves all others with their histories.
pub async fn erasing_removes_every_trace(h: &dyn Harness) -> LawResult {
    let store = with_traces(h).await?;
    let receipt = store.apply(batch().then(erase("a"))).await?;
    assert_eq!(receipt, of_traces());
    assert_no_trace(&*store).await
}

/// What was removed before leaves traces, and erasing removes them.
pub async fn what_was_removed_can_be_erased(h: &dyn Harness) -> LawResult {
    let store = with_traces(h).await?;
    store.apply(batch().then(remove_memory("a"))).await?;
    assert_eq!(memory_states(&*store, "a").await?.len(), 3);
    assert_eq!(names_in_quarantine(&*store).await?.len(), 3);
    let receipt = store.apply(batch().then(erase("a"))).await?;
    let expected = Receipt {
        states_erased: 3 + 2 + 2,
        quarantined_removed: 2,
        ..Receipt::default()
    };
    assert_eq!(receipt, expected);
    assert_no_trace(&*store).await
}

/// Erasing what was never there, or is erased already, changes nothing and succeeds.
pub async fn erasing_what_is_not_there_changes_nothing(h: &dyn Harness) -> LawResult {
    let store = with_traces(h).await?;
    let strangers = ["nobody", "A", "a ", "%", "out"];
    let stranger = strangers.map(erase).into_iter();
    let stranger = stranger.fold(batch(), Batch::then);
    let before = contents(&*store).await?;
    assert_eq!(store.apply(stranger).await?, Receipt::default());
    assert_eq!(contents(&*store).await?, before);
    assert_eq!(memory_states(&*store, "a").await?.len(), 3);
    assert_eq!(relationship_states(&*store, "out").await?.len(), 2);
    store.apply(batch().then(erase("a"))).await?;
    let twice = batch().then(erase("a")).then(erase("a"));
    assert_eq!(store.apply(twice).await?, Receipt::default());
    assert_no_trace(&*store).await
}

/// Erasing twice in one batch counts once.
pub async fn erasing_twice_counts_once(h: &dyn Harness) -> LawResult {
    let store = with_traces(h).await?;
    let twice = batch()
        .then(erase("a"))
        .then(remove_memory("a"))
        .then(erase("a"));
    assert_eq!(store.apply(twice).await?, of_traces());
    assert_no_trace(&*store).await
}

/// Both ends of a relationship may be erased at once; its states count once.
pub async fn both_ends_are_erased_at_once(h: &dyn Harness) -> LawResult {
    let store = with_traces(h).await?;
    let both = batch().then(erase("a")).then(erase("b"));
    let receipt = store.apply(both).await?;
    let expected = Receipt {
        memories_removed: 2,
        relationships_removed: 3,
        states_erased: 2 + 1 + 3,
        quarantined_removed: 3,
        ..Receipt::default()
    };
    assert_eq!(receipt, expected);
    let now = contents(&*store).await?;
    assert_eq!(
        (now.memories, now.relationships),
        (vec![memory("c")], vec![])
    );
    for name in ["out", "ended", "elsewhere"] {
        assert_eq!(relationship_states(&*store, name).await?, [], "{name}");
    }
    assert_eq!(in_quarantine(&*store).await?, []);
    Ok(())
}

/// An erased id can be put again, and its history begins anew.
pub async fn an_erased_id_begins_anew(h: &dyn Harness) -> LawResult {
    let store = with_traces(h).await?;
    store.apply(batch().then(erase("a"))).await?;
    let put = put_names(["a"]).put_relationship(tie("out", "b", "a", 1.0));
    store.apply(put).await?;
    assert_eq!(memory_states(&*store, "a").await?, [memory("a")]);
    let found = relationship_states(&*store, "out").await?;
    assert_eq!(found, [tie("out", "b", "a", 1.0)]);
    store.put_memory(again("a")).await?;
    assert_eq!(
        memory_states(&*store, "a").await?,
        [again("a"), memory("a")]
    );
    Ok(())
}

/// In a batch that erases a memory and puts it again, nothing of the old one stays.
pub async fn erased_and_put_again_begins_anew(h: &dyn Harness) -> LawResult {
    let store = with_traces(h).await?;
    let anew = batch()
        .then(erase("a"))
        .put_memory(titled("a", "another"))
        .put_relationship(tie("out", "a", "b", 1.0));
    let receipt = store.apply(anew).await?;
    let expected = Receipt {
        memories_removed: 0,
        relationships_removed: 1,
        ..of_traces()
    };
    assert_eq!(receipt, expected);
    assert_eq!(memory_states(&*store, "a").await?, [titled("a", "another")]);
    let found = relationship_states(&*store, "out").await?;
    assert_eq!(found, [tie("out", "a", "b", 1.0)]);
    assert_eq!(relationship_states(&*store, "ended").await?, []);
    Ok(())
}

/// In a batch that puts a memory and then erases it, nothing of it stays, neither what was put nor
/// what was there before.
pub async fn put_and_erased_leaves_no_trace(h: &dyn Harness) -> LawResult {
    let store = with_traces(h).await?;
    let put = batch()
        .put_memory(titled("a", "another"))
        .put_relationship(tie("out", "a", "c", 1.0))
        .put_memory(memory("new"))
        .put_relationship(tie("to new", "a", "new", 1.0))
        .then(quarantine(record("about new", &["new"])))
        .then(erase("new"))
        .then(erase("a"));
    assert_eq!(store.apply(put).await?, of_traces());
    assert_eq!(memory_states(&*store, "new").await?, []);
    assert_eq!(relationship_states(&*store, "to new").await?, []);
    assert_no_trace(&*store).await
}

/// A batch that is refused erases nothing.
pub async fn a_refused_batch_erases_nothing(h: &dyn Harness) -> LawResult {
    let store = with_traces(h).await?;
    let before = contents(&*store).await?;
    let refused = batch()
        .then(erase("a"))
        .put_relationship(tie("x", "a", "b", 1.0));
    assert_fails(store.apply(refused).await, ErrorKind::NotFound);
    let invalid = batch().then(erase("a")).put_memory(titled("x", ""));
    assert_fails(store.apply(invalid).await, ErrorKind::InvalidArgument);
    assert_eq!(contents(&*store).await?, before);
    assert_eq!(memory_states(&*store, "a").await?.len(), 3);
    assert_eq!(relationship_states(&*store, "ended").await?.len(), 2);
    assert_eq!(names_in_quarantine(&*store).await?.len(), 3);
    let receipt = store.apply(batch().then(erase("a"))).await?;
    assert_eq!(receipt, of_traces());
    Ok(())
}

/// A relationship that moved away before stays, and forgets that it ever touched the memory.
pub async fn what_moved_away_forgets_the_erased(h: &dyn Harness) -> LawResult {
    for at_once in [false, true] {
        let store = open(h).await?;
        let put = put_names(["a", "b", "c"]).put_relationship(tie("r", "a", "b", 0.25));
        store.apply(put).await?;
        store.put_relationship(tie("r", "c", "b", 0.5)).await?;
        store.put_relationship(tie("r", "b", "a", 0.75)).await?;
        let moved = batch().put_relationship(tie("r", "b", "c", 1.0));
        let states = if at_once {
            let receipt = store.apply(moved.then(erase("a"))).await?;
            assert_eq!(receipt.relationships_removed, 0);
            receipt.states_erased
        } else {
            store.apply(moved).await?;
            store.apply(batch().then(erase("a"))).await?.states_erased
        };
        assert_eq!(states, if at_once { 1 } else { 2 }, "at once: {at_once}");
        let found = relationship_states(&*store, "r").await?;
        let expected = [tie("r", "b", "c", 1.0), tie("r", "c", "b", 0.5)];
        assert_eq!(found, expected, "at once: {at_once}");
        let clean = batch().then(erase("b")).then(erase("c"));
        store.apply(clean).await?;
    }
    Ok(())
}

/// Of a relationship that another one took the place of, erasing keeps the end.
pub async fn what_the_erased_had_invalidated_stays_ended(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b", "c"])
        .put_relationship(tie("old", "b", "c", 0.5))
        .put_relationship(tie("new", "a", "c", 0.5));
    store.apply(put).await?;
    let end = batch().then(invalidate("old", at(5), Some("new")));
    store.apply(end).await?;
    store.apply(batch().then(erase("a"))).await?;
    let found = relationship_states(&*store, "old").await?;
    assert_eq!(found.len(), 2);
    let ended = (found[0].valid_until, &found[0].invalidated_by);
    assert_eq!(ended, (Some(at(5)), &None));
    assert_eq!(found[1], tie("old", "b", "c", 0.5));
    Ok(())
}

/// No search, in whatever mode, and no other question finds what was erased.
pub async fn what_was_erased_is_not_found(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let full = Memory {
        content: "the narwhal dives".to_owned(),
        summary: Some("tusks".to_owned()),
        tags: vec!["arctic".to_owned()],
        ..titled("a", "walrusByName")
    };
    let put = put_names(["b"])
        .put_memory(titled("a", "manatee"))
        .put_relationship(tie("r", "b", "a", 0.5));
    store.apply(put).await?;
    store.put_memory(full).await?;
    let words = [
        "walrusByName",
        "walrus",
        "narwhal",
        "tusks",
        "arctic",
        "manatee",
    ];
    let slips = ["walrsbyname", "narwhl", "arctik", "manatees"]; // spellchecker:disable-line
    assert!(
        !found_as(&*store, slips[1], SearchMode::Fuzzy)
            .await?
            .is_empty()
    );
    store.apply(batch().then(erase("a"))).await?;
    for word in words.into_iter().chain(slips) {
        for mode in [SearchMode::Strict, SearchMode::Normal, SearchMode::Fuzzy] {
            let found = found_as(&*store, word, mode).await?;
            assert_eq!(found, BTreeSet::new(), "{word} {mode:?}");
        }
    }
    assert_eq!(store.memory(&id("a")).await?, None);
    assert_eq!(store.walk(&Walk::new(id("b"))).await?.steps, []);
    assert_fails(store.walk(&Walk::new(id("a"))).await, ErrorKind::NotFound);
    let now = contents(&*store).await?;
    assert_eq!(now.memories, [memory("b")]);
    assert_eq!((now.changes.len(), now.statistics.memories), (1, 1));
    Ok(())
}

/// Erasing at once with batches of others takes nothing of theirs, and each counts its own.
pub async fn erasing_at_once_with_others_counts_its_own(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let mut tasks = JoinSet::new();
    for n in 0..16 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let [gone, kept, both] = ["gone", "kept", "both"].map(|name| format!("{name} {n:02}"));
            for version in 1..=3 {
                let put = put_names([]).put_memory(Memory {
                    version,
                    ..memory(&gone)
                });
                let put = put.put_memory(Memory {
                    version,
                    ..memory(&kept)
                });
                let strength = f64::from(version) / 4.0;
                let put = put.put_relationship(tie(&both, &kept, &gone, strength));
                store.apply(put).await?;
            }
            let about = batch().then(quarantine(record(&both, &[&gone])));
            let (quarantined, erased) =
                tokio::join!(store.apply(about), store.apply(batch().then(erase(&gone))));
            quarantined?;
            let erased = erased?;
            let counts = (
                erased.memories_removed,
                erased.relationships_removed,
                erased.states_erased,
            );
            assert_eq!(counts, (1, 1, 2 + 2), "{n}");
            assert_eq!(memory_states(&*store, &gone).await?, [], "{n}");
            assert_eq!(relationship_states(&*store, &both).await?, [], "{n}");
            assert_eq!(memory_states(&*store, &kept).await?.len(), 3, "{n}");
            Ok::<_, ports::BackendError>(())
        });
    }
    while let Some(answer) = tasks.join_next().await {
        answer??;
    }
    let now = contents(&*store).await?;
    assert_eq!((now.memories.len(), now.relationships.len()), (16, 0));
    Ok(())
}

/// What a durable store erased is not there after it was opened again.
pub async fn what_was_erased_does_not_come_back(h: &dyn Harness) -> LawResult {
    let store = with_traces(h).await?;
    let durable = store.capabilities().durable;
    store.apply(batch().then(erase("a"))).await?;
    store.close().await?;
    let store = open(h).await?;
    caught_up(&*store).await?;
    if durable {
        return assert_no_trace(&*store).await;
    }
    assert_eq!(contents(&*store).await?.memories, []);
    assert_eq!(in_quarantine(&*store).await?, []);
    Ok(())
}
