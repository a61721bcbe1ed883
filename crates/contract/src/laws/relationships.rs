use domain::{AsOf, Direction, Relationship, RelationshipQuery, RelationshipType, Timestamp};
use ports::{ErrorKind, GraphBackendExt, Receipt};

use crate::{
    Harness, LawResult,
    samples::{
        added, assert_fails, assert_names, at, batch, contents, full_relationship, id, invalidate,
        link, open, put_names, relationship_id, relationship_names, relationships, remove_memory,
        remove_relationship, removed, score,
    },
};

/// Puts the relationships in one batch, with the memories that they join, and finds each of them
/// unchanged.
async fn survive(h: &dyn Harness, all: Vec<Relationship>) -> LawResult {
    let store = open(h).await?;
    for relationship in &all {
        let ends = [&relationship.from, &relationship.to];
        store
            .apply(put_names(ends.map(domain::MemoryId::as_str)))
            .await?;
    }
    let put = all
        .iter()
        .cloned()
        .fold(batch(), ports::Batch::put_relationship);
    assert_eq!(store.apply(put).await?, added(0, all.len() as u64));
    for relationship in all {
        let found = store.relationship(&relationship.id).await?;
        assert_eq!(found, Some(relationship));
    }
    Ok(())
}

/// A relationship comes back with every field as it was put.
pub async fn every_field_survives(h: &dyn Harness) -> LawResult {
    let by = link("1", "a", RelationshipType::Solves, "b");
    let replaced = Relationship {
        invalidated_by: Some(by.id.clone()),
        ..full_relationship("2", "a", "b")
    };
    let open = Relationship {
        valid_until: None,
        ..full_relationship("3", "b", "a")
    };
    survive(h, vec![by, replaced, open]).await
}

/// Each of the types comes back.
pub async fn every_type_survives(h: &dyn Harness) -> LawResult {
    let typed = |kind: RelationshipType| link(kind.as_str(), "a", kind, "b");
    survive(h, RelationshipType::ALL.into_iter().map(typed).collect()).await
}

/// The extremes of every field come back.
pub async fn extremes_survive(h: &dyn Harness) -> LawResult {
    let moment = |microsecond| Timestamp::from_microsecond(microsecond);
    let first = moment(-62_167_219_200_000_000)?;
    let last = moment(253_402_207_199_999_999)?;
    let most = Relationship {
        strength: score(1.0),
        confidence: score(1.0),
        context: Some("𝄞".repeat(Relationship::LONGEST_CONTEXT)),
        evidence_count: u32::MAX,
        validation_count: u32::MAX,
        counter_evidence_count: u32::MAX,
        success_rate: Some(score(1.0)),
        last_validated: Some(last),
        created_at: last,
        recorded_at: last,
        valid_from: first,
        valid_until: Some(last),
        ..link("most", "a", RelationshipType::Solves, "b")
    };
    let least = Relationship {
        strength: score(0.0),
        confidence: score(5e-324),
        context: Some(String::new()),
        success_rate: Some(score(0.0)),
        last_validated: Some(first),
        created_at: first,
        recorded_at: first,
        valid_from: first,
        valid_until: Some(first),
        ..link("least", "a", RelationshipType::Solves, "b")
    };
    survive(h, vec![most, least]).await
}

/// Any text of 1 to 128 characters names a relationship, and ids are compared to the letter.
pub async fn ids_of_any_kind_survive(h: &dyn Harness) -> LawResult {
    let longest = "🔗".repeat(128);
    let names = [
        "x", "X", " ", "x ", "it's", "\"q\"", "100%", "a_b", "a\nb", "a\\b", "null", "0", "00",
        "1.0", "\u{1}", &longest,
    ];
    let mut kinds = RelationshipType::ALL.into_iter();
    let named = names.into_iter().zip(&mut kinds);
    let named = named.map(|(name, kind)| link(name, "it's a \"memory\"", kind, "100%"));
    survive(h, named.collect()).await
}

/// Both ends of a relationship must be there; the error names the one that is not.
pub async fn both_ends_must_be_there(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["here"])).await?;
    for (from, to) in [("here", "nowhere"), ("nowhere", "here")] {
        let put = store.put_relationship(link("r", from, RelationshipType::Solves, to));
        let error = assert_fails(put.await, ErrorKind::NotFound);
        assert_names(&error, &["nowhere"]);
    }
    assert_eq!(contents(&*store).await?.relationships, []);
    Ok(())
}

/// A memory is not related to itself.
pub async fn a_memory_is_not_related_to_itself(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a"])).await?;
    let put = store.put_relationship(link("r", "a", RelationshipType::SimilarTo, "a"));
    let error = assert_fails(put.await, ErrorKind::InvalidArgument);
    assert_names(&error, &["to_memory_id"]);
    assert_eq!(contents(&*store).await?.relationships, []);
    Ok(())
}

/// Putting a relationship again replaces every field, its ends and its type too.
pub async fn putting_again_replaces_every_field(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "b", "c"])).await?;
    store
        .put_relationship(full_relationship("r", "a", "b"))
        .await?;
    let other = link("r", "c", RelationshipType::Causes, "a");
    let receipt = store.put_relationship(other.clone()).await?;
    assert_eq!(receipt, Receipt::default());
    assert_eq!(contents(&*store).await?.relationships, [other]);
    let of_b = RelationshipQuery {
        touching: vec![id("b")],
        as_of: AsOf::Ever,
        ..RelationshipQuery::default()
    };
    assert_eq!(relationships(&*store, &of_b).await?, []);
    Ok(())
}

/// Putting an unchanged relationship again is no second statement.
pub async fn putting_the_same_again_does_not_reinforce(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "b"])).await?;
    let one = link("r", "a", RelationshipType::SimilarTo, "b");
    store.put_relationship(one.clone()).await?;
    assert_eq!(
        store.put_relationship(one.clone()).await?,
        Receipt::default()
    );
    assert_eq!(contents(&*store).await?.relationships, [one]);
    Ok(())
}

/// A removed relationship is gone, its memories stay, and it can be put again.
pub async fn a_removed_relationship_is_gone(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let one = link("r", "a", RelationshipType::Solves, "b");
    store
        .apply(put_names(["a", "b"]).put_relationship(one.clone()))
        .await?;
    let receipt = store.apply(batch().then(remove_relationship("r"))).await?;
    assert_eq!(receipt, removed(0, 1));
    assert_eq!(store.relationship(&one.id).await?, None);
    assert_eq!(contents(&*store).await?.memories.len(), 2);
    assert_eq!(store.put_relationship(one.clone()).await?, added(0, 1));
    assert_eq!(contents(&*store).await?.relationships, [one]);
    Ok(())
}

/// Removing a relationship that is not there succeeds and changes nothing.
pub async fn removing_what_is_not_there_succeeds(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let one = link("r", "a", RelationshipType::Solves, "b");
    store
        .apply(put_names(["a", "b"]).put_relationship(one))
        .await?;
    let before = contents(&*store).await?;
    let receipt = store.apply(batch().then(remove_relationship("s"))).await?;
    assert_eq!(receipt, Receipt::default());
    assert_eq!(contents(&*store).await?, before);
    Ok(())
}

/// An invalidated relationship says until when it held, since when this is known, and what took
/// its place.
pub async fn an_invalidated_relationship_says_how_it_ended(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let old = link("old", "a", RelationshipType::Solves, "b");
    let new = link("new", "c", RelationshipType::Solves, "b");
    let put = put_names(["a", "b", "c"])
        .put_relationship(old.clone())
        .put_relationship(new.clone());
    store.apply(put).await?;
    let invalidation = batch().then(invalidate("old", at(10), Some("new")));
    assert_eq!(store.apply(invalidation).await?, Receipt::default());
    let ended = old.ended(at(10), Some(new.id.clone()), at(11))?;
    assert_eq!(contents(&*store).await?.relationships, [new, ended]);
    Ok(())
}

/// A relationship that has ended stays as it ended.
pub async fn a_relationship_ends_once(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let one = link("1", "a", RelationshipType::Solves, "b");
    let other = link("2", "b", RelationshipType::Solves, "a");
    let put = put_names(["a", "b"])
        .put_relationship(one.clone())
        .put_relationship(other.clone());
    store.apply(put).await?;
    store
        .apply(batch().then(invalidate("1", at(10), None)))
        .await?;
    store
        .apply(batch().then(invalidate("1", at(20), Some("2"))))
        .await?;
    store
        .apply(batch().then(invalidate("1", at(-20), None)))
        .await?;
    let ended = one.ended(at(10), None, at(11))?;
    assert_eq!(contents(&*store).await?.relationships, [ended, other]);
    Ok(())
}

/// A relationship cannot end before it began.
pub async fn a_relationship_cannot_end_before_it_began(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let one = link("1", "a", RelationshipType::Solves, "b");
    store
        .apply(put_names(["a", "b"]).put_relationship(one.clone()))
        .await?;
    let early = store.apply(batch().then(invalidate("1", at(-1), None)));
    let error = assert_fails(early.await, ErrorKind::InvalidArgument);
    assert_names(&error, &["valid_until"]);
    store
        .apply(batch().then(invalidate("1", at(0), None)))
        .await?;
    let ended = one.ended(at(0), None, at(1))?;
    assert_eq!(contents(&*store).await?.relationships, [ended]);
    Ok(())
}

/// What an invalidation names must be there; the error names what is not.
pub async fn what_an_invalidation_names_must_be_there(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let one = link("1", "a", RelationshipType::Solves, "b");
    store
        .apply(put_names(["a", "b"]).put_relationship(one.clone()))
        .await?;
    let unknown = store.apply(batch().then(invalidate("ghost", at(1), None)));
    assert_names(
        &assert_fails(unknown.await, ErrorKind::NotFound),
        &["ghost"],
    );
    let by_unknown = store.apply(batch().then(invalidate("1", at(1), Some("ghost"))));
    assert_names(
        &assert_fails(by_unknown.await, ErrorKind::NotFound),
        &["ghost"],
    );
    let put_later = batch()
        .then(invalidate("1", at(1), Some("2")))
        .put_relationship(link("2", "b", RelationshipType::Solves, "a"));
    assert_names(
        &assert_fails(store.apply(put_later).await, ErrorKind::NotFound),
        &["2"],
    );
    assert_eq!(contents(&*store).await?.relationships, [one]);
    Ok(())
}

/// A relationship that is put as invalidated names one that is there.
pub async fn what_a_put_relationship_was_invalidated_by_must_be_there(
    h: &dyn Harness,
) -> LawResult {
    let store = open(h).await?;
    let ended = Relationship {
        invalidated_by: Some(relationship_id("ghost")),
        ..full_relationship("1", "a", "b")
    };
    let put = put_names(["a", "b"]).put_relationship(ended);
    assert_names(
        &assert_fails(store.apply(put).await, ErrorKind::NotFound),
        &["ghost"],
    );
    assert_eq!(contents(&*store).await?.relationships, []);
    Ok(())
}

/// A relationship that moved away from a memory before that was removed is the same one, and what it
/// has invalidated says so still.
pub async fn what_moved_away_from_a_removed_memory_stays(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let old = link("old", "a", RelationshipType::Solves, "b");
    let put = put_names(["a", "b", "c"])
        .put_relationship(old.clone())
        .put_relationship(link("new", "b", RelationshipType::Causes, "c"))
        .then(invalidate("old", at(1), Some("new")));
    store.apply(put).await?;
    let moved = link("new", "a", RelationshipType::Causes, "b");
    let change = batch()
        .put_relationship(moved.clone())
        .then(remove_memory("c"));
    assert_eq!(store.apply(change).await?, removed(1, 0));
    let ended = old.ended(at(1), Some(moved.id.clone()), at(2))?;
    assert_eq!(contents(&*store).await?.relationships, [moved, ended]);
    Ok(())
}

/// When a relationship goes, what it had invalidated stays ended and names nothing.
pub async fn what_a_removed_relationship_had_invalidated_stays_ended(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let names = ["a", "b", "c", "d"];
    let one = link("1", "a", RelationshipType::Solves, "b");
    let two = link("2", "b", RelationshipType::Solves, "a");
    let put = put_names(names)
        .put_relationship(one.clone())
        .put_relationship(two.clone())
        .put_relationship(link("by 1", "b", RelationshipType::Causes, "a"))
        .put_relationship(link("by 2", "c", RelationshipType::Causes, "d"))
        .then(invalidate("1", at(1), Some("by 1")))
        .then(invalidate("2", at(2), Some("by 2")));
    store.apply(put).await?;
    let removal = batch()
        .then(remove_relationship("by 1"))
        .then(remove_memory("d"));
    assert_eq!(store.apply(removal).await?, removed(1, 2));
    let left = contents(&*store).await?.relationships;
    let ended = [
        one.ended(at(1), None, at(2))?,
        two.ended(at(2), None, at(3))?,
    ];
    assert_eq!(left, ended);
    Ok(())
}

/// Relationships are found from the memories that they touch, in a direction; symmetric ones from
/// both ends.
pub async fn relationships_are_found_from_their_ends(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b", "c"])
        .put_relationship(link("1", "a", RelationshipType::Solves, "b"))
        .put_relationship(link("2", "b", RelationshipType::Solves, "a"))
        .put_relationship(link("3", "b", RelationshipType::SimilarTo, "a"))
        .put_relationship(link("4", "b", RelationshipType::Solves, "c"));
    store.apply(put).await?;
    let cases = [
        (vec!["a"], Direction::Outgoing, vec!["1", "3"]),
        (vec!["a"], Direction::Incoming, vec!["2", "3"]),
        (vec!["a"], Direction::Both, vec!["1", "2", "3"]),
        (vec!["c"], Direction::Outgoing, vec![]),
        (vec!["a", "c"], Direction::Incoming, vec!["2", "3", "4"]),
        (
            vec!["a", "b", "a"],
            Direction::Both,
            vec!["1", "2", "3", "4"],
        ),
        (vec!["unknown"], Direction::Both, vec![]),
        (vec![], Direction::Outgoing, vec!["1", "2", "3", "4"]),
    ];
    for (touching, direction, expected) in cases {
        let query = RelationshipQuery {
            touching: touching.iter().copied().map(id).collect(),
            direction,
            ..RelationshipQuery::default()
        };
        let found = relationships(&*store, &query).await?;
        assert_eq!(relationship_names(&found), expected, "{query:?}");
    }
    Ok(())
}

/// Relationships are found by id and by type, and by both at once.
pub async fn relationships_are_found_by_id_and_type(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let put = put_names(["a", "b", "c"])
        .put_relationship(link("1", "a", RelationshipType::Solves, "b"))
        .put_relationship(link("2", "b", RelationshipType::Causes, "a"))
        .put_relationship(link("3", "b", RelationshipType::SimilarTo, "c"));
    store.apply(put).await?;
    let (solves, causes) = (RelationshipType::Solves, RelationshipType::Causes);
    let cases = [
        (vec!["3", "1", "9", "1"], vec![], vec![], vec!["1", "3"]),
        (vec![], vec![causes, solves], vec![], vec!["1", "2"]),
        (vec!["1", "3"], vec![causes, solves], vec![], vec!["1"]),
        (vec!["1", "3"], vec![], vec!["c"], vec!["3"]),
        (vec![], vec![causes], vec!["c"], vec![]),
        (vec![], vec![RelationshipType::Blocks], vec![], vec![]),
    ];
    for (ids, types, touching, expected) in cases {
        let query = RelationshipQuery {
            ids: ids.into_iter().map(relationship_id).collect(),
            types,
            touching: touching.into_iter().map(id).collect(),
            ..RelationshipQuery::default()
        };
        let found = relationships(&*store, &query).await?;
        assert_eq!(relationship_names(&found), expected, "{query:?}");
    }
    Ok(())
}
