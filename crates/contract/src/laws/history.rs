use std::{collections::BTreeSet, sync::Arc};

use domain::{Memory, MemoryType, Relationship, RelationshipType, SearchMode};
use ports::{Batch, Change, ErrorKind, Expect, GraphBackend, GraphBackendExt, Result};

use crate::{
    Harness, LawResult,
    samples::{
        assert_fails, at, batch, caught_up, contents, found_as, full_memory, full_relationship, id,
        invalidate, link, memory, memory_names, memory_states, open, put_names, relationship_id,
        relationship_states, remove_memory, remove_relationship, score, touch,
    },
};

pub(crate) const SOLVES: RelationshipType = RelationshipType::Solves;
pub(crate) const SIMILAR_TO: RelationshipType = RelationshipType::SimilarTo;

/// A state of the memory "m".
pub(crate) fn state(n: u32) -> Memory {
    Memory {
        title: format!("state {n}"),
        updated_at: at(n.into()),
        version: n,
        ..memory("m")
    }
}

/// Puts the states of "m", each with a batch of its own.
pub(crate) async fn put_states(
    store: &dyn GraphBackend,
    states: impl IntoIterator<Item = u32>,
) -> Result<()> {
    for n in states {
        store.put_memory(state(n)).await?;
    }
    Ok(())
}

pub(crate) fn versions(states: &[Memory]) -> Vec<u32> {
    states.iter().map(|state| state.version).collect()
}

pub(crate) fn strengths(states: &[Relationship]) -> Vec<f64> {
    states.iter().map(|state| state.strength.get()).collect()
}

/// A relationship "r" from "a" to "b" of this strength.
pub(crate) fn tie(strength: f64) -> Relationship {
    Relationship {
        strength: score(strength),
        ..link("r", "a", SOLVES, "b")
    }
}

/// A store with "a", "b", "c" and a relationship "r" from "a" to "b", which was replaced once.
pub(crate) async fn with_tie(h: &dyn Harness) -> Result<Arc<dyn GraphBackend>> {
    let store = open(h).await?;
    let put = put_names(["a", "b", "c"]).put_relationship(tie(0.25));
    store.apply(put).await?;
    store.put_relationship(tie(0.5)).await?;
    Ok(store)
}

/// A new memory and a new relationship have one state: the present one.
pub async fn what_is_new_has_one_state(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["b", "another"])
        .put_memory(full_memory("a"))
        .put_relationship(full_relationship("r", "a", "b"));
    store.apply(put).await?;
    assert_eq!(memory_states(&*store, "a").await?, [full_memory("a")]);
    let expected = [full_relationship("r", "a", "b")];
    assert_eq!(relationship_states(&*store, "r").await?, expected);
    Ok(())
}

/// Each change adds the state before it; the newest comes first.
pub async fn a_change_adds_the_state_before_it(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    put_states(&*store, 1..=4).await?;
    let expected = [4, 3, 2, 1].map(state);
    assert_eq!(memory_states(&*store, "m").await?, expected);
    assert_eq!(store.memory(&id("m")).await?, Some(state(4)));
    Ok(())
}

/// An earlier state says all that the memory said, except for how often it was used.
pub async fn a_state_carries_everything(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["b"])
        .put_memory(full_memory("a"))
        .put_relationship(full_relationship("r", "a", "b"));
    store.apply(put).await?;
    let replacing = put_names(["a"]).put_relationship(tie(0.5));
    store.apply(replacing).await?;
    let expected = [memory("a"), full_memory("a").unused()];
    assert_eq!(memory_states(&*store, "a").await?, expected);
    let expected = [tie(0.5), full_relationship("r", "a", "b")];
    assert_eq!(relationship_states(&*store, "r").await?, expected);
    Ok(())
}

/// A change of any field of a memory is a change.
pub async fn every_field_of_a_memory_makes_a_state(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let full = full_memory("m");
    let changed = [
        Memory {
            memory_type: MemoryType::Fix,
            ..full.clone()
        },
        Memory {
            title: "t".to_owned(),
            ..full.clone()
        },
        Memory {
            content: "c".to_owned(),
            ..full.clone()
        },
        Memory {
            summary: None,
            ..full.clone()
        },
        Memory {
            tags: vec![],
            ..full.clone()
        },
        Memory {
            context: None,
            ..full.clone()
        },
        Memory {
            importance: score(0.0),
            ..full.clone()
        },
        Memory {
            confidence: score(0.0),
            ..full.clone()
        },
        Memory {
            effectiveness: None,
            ..full.clone()
        },
        Memory {
            created_at: at(-1),
            ..full.clone()
        },
        Memory {
            updated_at: at(9),
            ..full.clone()
        },
        Memory {
            version: 5,
            ..full.clone()
        },
        Memory {
            updated_by: None,
            ..full.clone()
        },
        Memory {
            valid_from: at(-9),
            ..full.clone()
        },
        Memory {
            valid_until: None,
            ..full.clone()
        },
        Memory {
            superseded_by: None,
            ..full.clone()
        },
    ];
    let mut expected = Vec::new();
    for changed in changed {
        store.put_memory(full.clone()).await?;
        store.put_memory(changed.clone()).await?;
        expected.extend([full.unused(), changed.unused()]);
    }
    expected.reverse();
    expected[0] = store.memory(&id("m")).await?.expect("it was just put");
    assert_eq!(memory_states(&*store, "m").await?, expected);
    Ok(())
}

/// A use is no change, and only the present state tells how often the memory was used.
pub async fn a_use_is_no_change(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    put_states(&*store, [1]).await?;
    store.apply(batch().then(touch("m", 3, at(5)))).await?;
    let used = Memory {
        usage_count: 3,
        last_accessed: Some(at(5)),
        ..state(1)
    };
    assert_eq!(memory_states(&*store, "m").await?, [used]);
    let changed = Memory {
        usage_count: 4,
        ..state(2)
    };
    store.put_memory(changed.clone()).await?;
    store.apply(batch().then(touch("m", 1, at(6)))).await?;
    let used = Memory {
        usage_count: 5,
        last_accessed: Some(at(6)),
        ..changed
    };
    assert_eq!(memory_states(&*store, "m").await?, [used, state(1)]);
    Ok(())
}

/// What is put again as it was, is no change.
pub async fn putting_the_same_again_adds_no_state(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    put_states(&*store, [1, 2, 2, 2]).await?;
    assert_eq!(versions(&memory_states(&*store, "m").await?), [2, 1]);
    store.put_relationship(tie(0.5)).await?;
    assert_eq!(
        strengths(&relationship_states(&*store, "r").await?),
        [0.5, 0.25]
    );
    store.put_memory(memory("a")).await?;
    assert_eq!(memory_states(&*store, "a").await?, [memory("a")]);
    Ok(())
}

/// A state that comes back is a state of its own.
pub async fn a_state_may_come_back(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    put_states(&*store, [1, 2, 1, 2]).await?;
    assert_eq!(versions(&memory_states(&*store, "m").await?), [2, 1, 2, 1]);
    Ok(())
}

/// The states that a batch goes through on its way are none; what it leaves is one.
pub async fn a_batch_makes_one_state(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    put_states(&*store, [1]).await?;
    let several = (2..=4).map(state).fold(batch(), Batch::put_memory);
    let several = several
        .put_relationship(tie(0.75))
        .put_relationship(tie(1.0));
    store.apply(several).await?;
    assert_eq!(versions(&memory_states(&*store, "m").await?), [4, 1]);
    let found = relationship_states(&*store, "r").await?;
    assert_eq!(strengths(&found), [1.0, 0.5, 0.25]);
    let there_and_back = batch().put_memory(state(5)).put_memory(state(4));
    store.apply(there_and_back).await?;
    let removed_and_put = batch().then(remove_memory("m")).put_memory(state(4));
    store.apply(removed_and_put).await?;
    assert_eq!(memory_states(&*store, "m").await?[0], state(4));
    let put_and_removed = batch().put_memory(memory("x")).then(remove_memory("x"));
    store.apply(put_and_removed).await?;
    assert_eq!(memory_states(&*store, "x").await?, []);
    Ok(())
}

/// Removing keeps the last state, for a memory and for the relationships that go with it.
pub async fn what_was_removed_keeps_its_states(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    put_states(&*store, 1..=2).await?;
    let removal = batch().then(remove_memory("m")).then(remove_memory("b"));
    store.apply(removal).await?;
    assert_eq!(memory_states(&*store, "m").await?, [2, 1].map(state));
    assert_eq!(memory_states(&*store, "b").await?, [memory("b")]);
    let found = relationship_states(&*store, "r").await?;
    assert_eq!(found, [tie(0.5), tie(0.25)]);
    assert_eq!(store.relationship(&relationship_id("r")).await?, None);
    // Again, since nothing is there to be removed.
    store.apply(batch().then(remove_memory("m"))).await?;
    assert_eq!(memory_states(&*store, "m").await?, [2, 1].map(state));
    Ok(())
}

/// What was removed and is put again goes on with its history.
pub async fn what_is_put_again_goes_on(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    put_states(&*store, 1..=2).await?;
    store.apply(batch().then(remove_memory("m"))).await?;
    put_states(&*store, [3]).await?;
    assert_eq!(versions(&memory_states(&*store, "m").await?), [3, 2, 1]);
    store.apply(batch().then(remove_memory("m"))).await?;
    put_states(&*store, [3]).await?;
    assert_eq!(versions(&memory_states(&*store, "m").await?), [3, 3, 2, 1]);
    store.apply(batch().then(remove_relationship("r"))).await?;
    let moved = Relationship {
        strength: score(0.75),
        ..link("r", "c", SOLVES, "a")
    };
    store.put_relationship(moved.clone()).await?;
    let found = relationship_states(&*store, "r").await?;
    assert_eq!(found, [moved, tie(0.5), tie(0.25)]);
    Ok(())
}

/// A refused batch adds no state.
pub async fn a_refused_batch_adds_no_state(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    put_states(&*store, 1..=2).await?;
    let changes = || {
        batch()
            .put_memory(state(3))
            .then(remove_memory("b"))
            .put_memory(state(4))
    };
    let unrelated = changes().put_relationship(link("x", "a", SOLVES, "nobody"));
    assert_fails(store.apply(unrelated).await, ErrorKind::NotFound);
    let unexpected = changes().expect(Expect::Version(id("m"), 1));
    assert_fails(store.apply(unexpected).await, ErrorKind::Conflict);
    let invalid = changes().put_memory(Memory {
        title: String::new(),
        ..state(5)
    });
    assert_fails(store.apply(invalid).await, ErrorKind::InvalidArgument);
    assert_eq!(memory_states(&*store, "m").await?, [2, 1].map(state));
    let found = relationship_states(&*store, "r").await?;
    assert_eq!(found, [tie(0.5), tie(0.25)]);
    Ok(())
}

/// What was never there has no history, and neither has one kind that of the other.
pub async fn what_was_never_there_has_no_history(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    for name in ["r", "A", "a ", "nobody", "%", "'"] {
        assert_eq!(memory_states(&*store, name).await?, [], "{name}");
    }
    for name in ["a", "R", "nobody", "%", "'"] {
        assert_eq!(relationship_states(&*store, name).await?, [], "{name}");
    }
    Ok(())
}

/// Reinforcement, invalidation, replacement and removal are changes of a relationship.
pub async fn a_relationship_keeps_every_state(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    let again = Relationship {
        recorded_at: at(3),
        ..link("again", "a", SOLVES, "b")
    };
    store.put_relationship(again.clone()).await?;
    let reinforced = tie(0.5).joined_by(&again);
    store
        .apply(batch().then(invalidate("r", at(5), None)))
        .await?;
    let ended = reinforced.clone().ended(at(5), None, at(6))?;
    let moved = link("r", "b", SIMILAR_TO, "c");
    store.put_relationship(moved.clone()).await?;
    store.apply(batch().then(remove_relationship("r"))).await?;
    let expected = [moved, ended, reinforced, tie(0.5), tie(0.25)];
    assert_eq!(relationship_states(&*store, "r").await?, expected);
    assert_eq!(relationship_states(&*store, "again").await?, []);
    Ok(())
}

/// A relationship that joins another one, since that is what it now states, leaves its last state.
pub async fn what_joins_another_leaves_its_state(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    let other = link("s", "a", SOLVES, "c");
    store.put_relationship(other.clone()).await?;
    let same = link("s", "a", SOLVES, "b");
    let receipt = store.put_relationship(same.clone()).await?;
    assert_eq!(receipt.reinforced.len(), 1);
    assert_eq!(relationship_states(&*store, "s").await?, [other]);
    let expected = [tie(0.5).joined_by(&same), tie(0.5), tie(0.25)];
    assert_eq!(relationship_states(&*store, "r").await?, expected);
    Ok(())
}

/// That what took its place is removed is no change of a relationship.
pub async fn losing_what_took_its_place_is_no_change(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    store.put_relationship(link("s", "a", SOLVES, "c")).await?;
    let end = batch().then(invalidate("r", at(5), Some("s")));
    store.apply(end).await?;
    store.apply(batch().then(remove_relationship("s"))).await?;
    let found = relationship_states(&*store, "r").await?;
    assert_eq!(strengths(&found), [0.5, 0.5, 0.25]);
    assert_eq!(
        (found[0].valid_until, &found[0].invalidated_by),
        (Some(at(5)), &None)
    );
    assert_eq!(found[1], tie(0.5));
    Ok(())
}

/// A change of a memory is none of its relationships, and the other way round.
pub async fn neighbours_keep_their_states(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    let changed = Memory {
        title: "changed".to_owned(),
        ..memory("a")
    };
    store.put_memory(changed.clone()).await?;
    assert_eq!(memory_states(&*store, "a").await?, [changed, memory("a")]);
    assert_eq!(
        strengths(&relationship_states(&*store, "r").await?),
        [0.5, 0.25]
    );
    store.apply(batch().then(remove_memory("a"))).await?;
    assert_eq!(memory_states(&*store, "b").await?, [memory("b")]);
    Ok(())
}

/// A durable store has its histories after it was opened again, and goes on with them.
pub async fn histories_are_there_after_reopening(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    let durable = store.capabilities().durable;
    put_states(&*store, 1..=3).await?;
    store.close().await?;
    let store = open(h).await?;
    caught_up(&*store).await?;
    let kept: &[u32] = if durable { &[3, 2, 1] } else { &[] };
    assert_eq!(versions(&memory_states(&*store, "m").await?), kept);
    put_states(&*store, [4]).await?;
    let kept: &[u32] = if durable { &[4, 3, 2, 1] } else { &[4] };
    assert_eq!(versions(&memory_states(&*store, "m").await?), kept);
    let expected: &[f64] = if durable { &[0.5, 0.25] } else { &[] };
    let found = relationship_states(&*store, "r").await?;
    assert_eq!(strengths(&found), expected);
    Ok(())
}

/// A history shows in no list, search, walk or count.
pub async fn histories_show_nowhere_else(h: &dyn Harness) -> LawResult {
    let store = with_tie(h).await?;
    put_states(&*store, 1..=3).await?;
    let removal = batch()
        .then(remove_memory("m"))
        .then(Change::RemoveRelationship(relationship_id("r")));
    store.apply(removal).await?;
    let now = contents(&*store).await?;
    let names = memory_names(&now.memories);
    assert_eq!((names, now.relationships), (vec!["a", "b", "c"], vec![]));
    assert_eq!((now.statistics.memories, now.changes.len()), (3, 3));
    for mode in [SearchMode::Normal, SearchMode::Fuzzy] {
        let found = found_as(&*store, "state", mode).await?;
        assert_eq!(found, BTreeSet::new(), "{mode:?}");
    }
    Ok(())
}
