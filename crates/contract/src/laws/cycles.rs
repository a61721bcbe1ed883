use domain::{MemoryId, RelationshipType};
use ports::{Batch, Conflict, Cycles, ErrorKind, GraphBackendExt};

use crate::{
    Harness, LawResult,
    samples::{
        added, assert_fails, assert_names, at, batch, contents, id, invalidate, link, open,
        put_names, remove_memory, remove_relationship,
    },
};

const DEPENDS_ON: RelationshipType = RelationshipType::DependsOn;

/// Memories in a ring, and a chain of relationships that lacks one to close it.
fn chain(kind: RelationshipType, length: usize) -> (Vec<String>, Batch) {
    let names: Vec<String> = (0..length).map(|n| format!("m{n:02}")).collect();
    let put = put_names(names.iter().map(String::as_str));
    let put = names.windows(2).fold(put, |put, ends| {
        put.put_relationship(link(&ends[0], &ends[0], kind, &ends[1]))
    });
    (names, put)
}

/// Checks that the cycle goes along relationships of the chain of these names.
#[track_caller]
fn assert_is_ring(cycle: &[MemoryId], names: &[String]) {
    assert_eq!(cycle.len(), names.len() + 1, "{cycle:?}");
    assert_eq!(cycle.first(), cycle.last(), "{cycle:?}");
    for pair in cycle.windows(2) {
        let at = names.iter().position(|name| pair[0].as_str() == name);
        let next = at.map(|at| names[(at + 1) % names.len()].as_str());
        assert_eq!(next, Some(pair[1].as_str()), "{cycle:?}");
    }
}

/// A relationship that closes a cycle of a type that has none is refused; the error carries the
/// memories along the cycle.
pub async fn a_cycle_is_refused_and_told(h: &dyn Harness) -> LawResult {
    for kind in RelationshipType::ALL
        .into_iter()
        .filter(|kind| kind.is_acyclic())
    {
        let store = open(h).await?;
        let (names, put) = chain(kind, 2);
        store.apply(put.clone()).await?;
        let before = contents(&*store).await?;
        let closing = store.put_relationship(link(&format!("closing {kind}"), "m01", kind, "m00"));
        let error = assert_fails(closing.await, ErrorKind::Conflict);
        assert_names(&error, &["m00", "m01", kind.as_str()]);
        let Some(Conflict::Cycle(cycle)) = error.found() else {
            panic!("the conflict is no cycle: {error:?}");
        };
        assert_is_ring(cycle, &names);
        assert_eq!(contents(&*store).await?, before);
        store
            .apply(
                batch()
                    .then(remove_memory("m00"))
                    .then(remove_memory("m01")),
            )
            .await?;
    }
    Ok(())
}

/// A cycle is refused however long it is.
pub async fn a_long_cycle_is_refused(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let (names, put) = chain(DEPENDS_ON, 40);
    store.apply(put).await?;
    let closing = store.put_relationship(link("closing", "m39", DEPENDS_ON, "m00"));
    let error = assert_fails(closing.await, ErrorKind::Conflict);
    let Some(Conflict::Cycle(cycle)) = error.found() else {
        panic!("the conflict is no cycle: {error:?}");
    };
    assert_is_ring(cycle, &names);
    let forward = store.put_relationship(link("forward", "m00", DEPENDS_ON, "m39"));
    assert_eq!(forward.await?, added(0, 1));
    Ok(())
}

/// A cycle within one batch is refused, in whatever order the batch states it.
pub async fn a_cycle_within_a_batch_is_refused(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let before = contents(&*store).await?;
    let put = put_names(["a", "b", "c"])
        .put_relationship(link("1", "c", DEPENDS_ON, "a"))
        .put_relationship(link("2", "a", DEPENDS_ON, "b"))
        .put_relationship(link("3", "b", DEPENDS_ON, "c"));
    let error = assert_fails(store.apply(put).await, ErrorKind::Conflict);
    assert!(
        matches!(error.found(), Some(Conflict::Cycle(_))),
        "{error:?}"
    );
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// A changed relationship may not close a cycle either.
pub async fn a_changed_relationship_may_not_close_a_cycle(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let (_, put) = chain(DEPENDS_ON, 3);
    store
        .apply(put.put_relationship(link("r", "m00", DEPENDS_ON, "m02")))
        .await?;
    let before = contents(&*store).await?;
    let turned = store.put_relationship(link("r", "m02", DEPENDS_ON, "m00"));
    assert_fails(turned.await, ErrorKind::Conflict);
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// Types that may lead back to where one began do so.
pub async fn other_types_may_form_cycles(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    for kind in RelationshipType::ALL
        .into_iter()
        .filter(|kind| !kind.is_acyclic())
    {
        let (_, put) = chain(kind, 3);
        let put = put.put_relationship(link("closing", "m02", kind, "m00"));
        assert_eq!(store.apply(put).await?, added(3, 3), "{kind}");
        let removal = ["m00", "m01", "m02"].map(remove_memory);
        store
            .apply(removal.into_iter().fold(batch(), Batch::then))
            .await?;
    }
    Ok(())
}

/// A cycle has one type: relationships of several types form none.
pub async fn several_types_form_no_cycle(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b", "c"])
        .put_relationship(link("1", "a", DEPENDS_ON, "b"))
        .put_relationship(link("2", "b", RelationshipType::Blocks, "c"))
        .put_relationship(link("3", "c", DEPENDS_ON, "a"))
        .put_relationship(link("4", "b", RelationshipType::Requires, "a"));
    assert_eq!(store.apply(put).await?, added(3, 4));
    Ok(())
}

/// A diamond is no cycle.
pub async fn a_diamond_is_no_cycle(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b", "c", "d"])
        .put_relationship(link("1", "a", DEPENDS_ON, "b"))
        .put_relationship(link("2", "a", DEPENDS_ON, "c"))
        .put_relationship(link("3", "b", DEPENDS_ON, "d"))
        .put_relationship(link("4", "c", DEPENDS_ON, "d"))
        .put_relationship(link("5", "a", DEPENDS_ON, "d"));
    assert_eq!(store.apply(put).await?, added(4, 5));
    Ok(())
}

/// A batch that allows cycles keeps them, and what others put later is not blamed for them.
pub async fn a_batch_may_allow_cycles(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let (_, put) = chain(DEPENDS_ON, 3);
    let mut put = put.put_relationship(link("closing", "m02", DEPENDS_ON, "m00"));
    put.cycles = Cycles::Allow;
    assert_eq!(store.apply(put).await?, added(3, 3));
    let beside = put_names(["x"])
        .put_relationship(link("in", "x", DEPENDS_ON, "m00"))
        .put_relationship(link("other", "m00", RelationshipType::Blocks, "m01"));
    assert_eq!(store.apply(beside).await?, added(1, 2));
    let again = store.put_relationship(link("m00", "m00", DEPENDS_ON, "m01"));
    assert_fails(again.await, ErrorKind::Conflict);
    Ok(())
}

/// What has ended closes no cycle.
pub async fn what_has_ended_closes_no_cycle(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let (_, put) = chain(DEPENDS_ON, 3);
    store
        .apply(put.then(invalidate("m01", at(5), None)))
        .await?;
    let closing = link("closing", "m02", DEPENDS_ON, "m00");
    assert_eq!(store.put_relationship(closing).await?, added(0, 1));
    let mut ended = link("ended", "m01", DEPENDS_ON, "m02");
    ended.valid_until = Some(at(9));
    assert_eq!(store.put_relationship(ended).await?, added(0, 1));
    let open = store.put_relationship(link("open", "m01", DEPENDS_ON, "m02"));
    assert_fails(open.await, ErrorKind::Conflict);
    Ok(())
}

/// Only what is left after a batch counts: it may close a cycle on its way and open it again.
pub async fn only_what_a_batch_leaves_counts(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let (_, put) = chain(DEPENDS_ON, 3);
    store.apply(put).await?;
    let turn = batch()
        .put_relationship(link("back", "m02", DEPENDS_ON, "m00"))
        .then(remove_relationship("m01"));
    store.apply(turn).await?;
    let ended = batch()
        .put_relationship(link("again", "m01", DEPENDS_ON, "m02"))
        .then(invalidate("again", at(3), None));
    store.apply(ended).await?;
    let gone = batch()
        .put_relationship(link("gone", "m01", DEPENDS_ON, "m02"))
        .then(remove_memory("m02"));
    store.apply(gone).await?;
    assert_eq!(store.memories(&[id("m02")]).await?, []);
    Ok(())
}
