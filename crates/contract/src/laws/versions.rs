use domain::{Memory, Relationship, RelationshipType};
use ports::{Conflict, ErrorKind, Expect, GraphBackendExt};

use crate::{
    Harness, LawResult,
    samples::{
        assert_fails, assert_names, at, batch, contents, full_memory, id, invalidate, link, memory,
        open, put_names, relationship_id, remove_memory, titled,
    },
};

/// The state of a memory that a conflict has to carry.
fn as_found(name: &str, found: Option<Memory>) -> Conflict {
    Conflict::Memory {
        id: id(name),
        found: found.map(Box::new),
    }
}

/// A batch that expects no memory succeeds where there is none.
pub async fn absent_holds_where_nothing_is(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = batch()
        .expect(Expect::Absent(id("a")))
        .put_memory(memory("a"));
    store.apply(put).await?;
    assert_eq!(store.memory(&id("a")).await?, Some(memory("a")));
    Ok(())
}

/// A batch that expects no memory fails where there is one, and carries it.
pub async fn absent_fails_where_a_memory_is(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(full_memory("it's")).await?;
    let put = batch()
        .expect(Expect::Absent(id("it's")))
        .put_memory(memory("it's"));
    let error = assert_fails(store.apply(put).await, ErrorKind::Conflict);
    assert_eq!(
        error.found(),
        Some(&as_found("it's", Some(full_memory("it's"))))
    );
    assert_names(&error, &["it's"]);
    assert_eq!(store.memory(&id("it's")).await?, Some(full_memory("it's")));
    Ok(())
}

/// A batch that expects a memory succeeds where it is, and fails where it is not.
pub async fn present_holds_where_a_memory_is(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    let put = |name| {
        batch()
            .expect(Expect::Present(id(name)))
            .put_memory(memory("b"))
    };
    let error = assert_fails(store.apply(put("missing")).await, ErrorKind::Conflict);
    assert_eq!(error.found(), Some(&as_found("missing", None)));
    assert_names(&error, &["missing"]);
    assert_eq!(store.memory(&id("b")).await?, None);
    store.apply(put("a")).await?;
    assert_eq!(store.memory(&id("b")).await?, Some(memory("b")));
    Ok(())
}

/// A batch that expects a version succeeds where the memory has it.
pub async fn a_version_holds_where_it_is_the_same(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(full_memory("a")).await?;
    let next = Memory {
        version: 5,
        ..titled("a", "the next")
    };
    let put = batch()
        .expect(Expect::Version(id("a"), 4))
        .put_memory(next.clone());
    store.apply(put).await?;
    assert_eq!(store.memory(&id("a")).await?, Some(next));
    Ok(())
}

/// A batch that expects another version, or the version of a memory that is not there, fails and
/// carries what was found.
pub async fn a_version_fails_where_it_is_another(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(full_memory("a")).await?;
    for version in [0, 3, 5, u32::MAX] {
        let put = batch()
            .expect(Expect::Version(id("a"), version))
            .put_memory(memory("a"));
        let error = assert_fails(store.apply(put).await, ErrorKind::Conflict);
        assert_eq!(error.found(), Some(&as_found("a", Some(full_memory("a")))));
        assert_names(&error, &["a"]);
    }
    let put = batch()
        .expect(Expect::Version(id("none"), 1))
        .put_memory(memory("b"));
    let error = assert_fails(store.apply(put).await, ErrorKind::Conflict);
    assert_eq!(error.found(), Some(&as_found("none", None)));
    assert_eq!(contents(&*store).await?.memories, [full_memory("a")]);
    Ok(())
}

/// A batch that expects when a relationship was recorded succeeds where it was then, and fails
/// else, with what was found.
pub async fn recorded_at_holds_where_it_is_the_same(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let one = Relationship {
        recorded_at: at(4),
        ..link("1", "a", RelationshipType::Solves, "b")
    };
    store
        .apply(put_names(["a", "b"]).put_relationship(one.clone()))
        .await?;
    let end = |name, time| {
        batch()
            .expect(Expect::RecordedAt(relationship_id(name), time))
            .then(invalidate("1", at(9), None))
    };
    let error = assert_fails(store.apply(end("1", at(5))).await, ErrorKind::Conflict);
    let found = Some(Box::new(one.clone()));
    assert_eq!(error.found(), Some(&Conflict::Relationship { found }));
    assert_names(&error, &["1"]);
    let error = assert_fails(store.apply(end("none", at(4))).await, ErrorKind::Conflict);
    assert_eq!(error.found(), Some(&Conflict::Relationship { found: None }));
    assert_names(&error, &["none"]);
    let kept = contents(&*store).await?.relationships;
    assert_eq!(kept, std::slice::from_ref(&one));
    store.apply(end("1", at(4))).await?;
    let ended = one.ended(at(9), None, at(10))?;
    assert_eq!(contents(&*store).await?.relationships, [ended]);
    Ok(())
}

/// Expectations are about the state before the batch, not about what it does.
pub async fn expectations_are_about_the_state_before(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    let own = batch()
        .expect(Expect::Present(id("b")))
        .put_memory(memory("b"));
    assert_fails(store.apply(own).await, ErrorKind::Conflict);
    let removed = batch()
        .expect(Expect::Present(id("a")))
        .expect(Expect::Version(id("a"), 1))
        .expect(Expect::Absent(id("b")))
        .then(remove_memory("a"))
        .put_memory(memory("b"));
    store.apply(removed).await?;
    assert_eq!(contents(&*store).await?.memories, [memory("b")]);
    Ok(())
}

/// Of several expectations, one that is broken is enough to change nothing.
pub async fn one_broken_expectation_is_enough(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "b"])).await?;
    let before = contents(&*store).await?;
    let put = batch()
        .expect(Expect::Present(id("a")))
        .expect(Expect::Version(id("b"), 1))
        .expect(Expect::Absent(id("b")))
        .expect(Expect::Absent(id("c")))
        .put_memory(memory("c"));
    let error = assert_fails(store.apply(put).await, ErrorKind::Conflict);
    assert_eq!(error.found(), Some(&as_found("b", Some(memory("b")))));
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// Of two writers that read the same version, one wins, and the other learns what the first wrote.
pub async fn of_two_writers_one_wins(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.put_memory(memory("a")).await?;
    let write = |title: &str| {
        let next = Memory {
            version: 2,
            ..titled("a", title)
        };
        let put = batch().expect(Expect::Version(id("a"), 1)).put_memory(next);
        store.apply(put)
    };
    let (left, right) = tokio::join!(write("left"), write("right"));
    let (won, lost) = if left.is_ok() {
        ("left", right)
    } else {
        ("right", left)
    };
    let error = assert_fails(lost, ErrorKind::Conflict);
    let kept = Memory {
        version: 2,
        ..titled("a", won)
    };
    assert_eq!(error.found(), Some(&as_found("a", Some(kept.clone()))));
    assert_eq!(contents(&*store).await?.memories, [kept]);
    Ok(())
}
