use domain::{Relationship, RelationshipType};
use ports::{GraphBackendExt, Receipt, Reinforced};

use crate::{
    Harness, LawResult,
    samples::{
        at, batch, contents, full_relationship, invalidate, link, open, put_names, relationship_id,
        remove_relationship, score,
    },
};

fn joined(given: &str, kept: &str) -> Reinforced {
    Reinforced {
        given: relationship_id(given),
        kept: relationship_id(kept),
    }
}

/// A second statement of the same joins the first, with all its evidence, and is not kept itself.
pub async fn a_second_statement_joins_the_first(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let first = Relationship {
        context: None,
        valid_until: None,
        strength: score(0.2),
        recorded_at: at(1),
        ..full_relationship("first", "a", "b")
    };
    let second = Relationship {
        evidence_count: 3,
        strength: score(0.9),
        confidence: score(0.1),
        context: Some("seen again".to_owned()),
        recorded_at: at(20),
        valid_from: at(-30),
        ..link("second", "a", RelationshipType::Solves, "b")
    };
    store
        .apply(put_names(["a", "b"]).put_relationship(first.clone()))
        .await?;
    let receipt = store.put_relationship(second.clone()).await?;
    let expected = Receipt {
        reinforced: vec![joined("second", "first")],
        ..Receipt::default()
    };
    assert_eq!(receipt, expected);
    let left = contents(&*store).await?.relationships;
    assert_eq!(left, [first.joined_by(&second)]);
    Ok(())
}

/// A symmetric statement joins the same one in the other direction; a directed one does not.
pub async fn only_symmetric_statements_join_in_reverse(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    store.apply(put_names(["a", "b"])).await?;
    let mut expected = Vec::new();
    for kind in RelationshipType::ALL
        .into_iter()
        .filter(|kind| !kind.is_acyclic())
    {
        let one = link(&format!("{kind} 1"), "b", kind, "a");
        let other = link(&format!("{kind} 2"), "a", kind, "b");
        store.put_relationship(one.clone()).await?;
        let receipt = store.put_relationship(other.clone()).await?;
        let joins = kind.is_symmetric();
        assert_eq!(receipt.reinforced.len(), usize::from(joins), "{kind}");
        if joins {
            expected.push(one.joined_by(&other));
        } else {
            expected.extend([one, other]);
        }
    }
    expected.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(contents(&*store).await?.relationships, expected);
    Ok(())
}

/// Another type between the same memories is another statement.
pub async fn another_type_is_another_statement(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let links = [
        link("1", "a", RelationshipType::Solves, "b"),
        link("2", "a", RelationshipType::Addresses, "b"),
        link("3", "a", RelationshipType::Solves, "c"),
    ];
    let put = links
        .iter()
        .cloned()
        .fold(put_names(["a", "b", "c"]), ports::Batch::put_relationship);
    assert_eq!(store.apply(put).await?.reinforced, []);
    assert_eq!(contents(&*store).await?.relationships, links);
    Ok(())
}

/// What has ended neither joins nor is joined.
pub async fn what_has_ended_does_not_join(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let ended = full_relationship("1", "a", "b");
    let open = link("2", "a", RelationshipType::Solves, "b");
    let also_ended = full_relationship("3", "a", "b");
    let put = put_names(["a", "b"])
        .put_relationship(ended.clone())
        .put_relationship(open.clone())
        .put_relationship(also_ended.clone());
    assert_eq!(store.apply(put).await?.reinforced, []);
    assert_eq!(
        contents(&*store).await?.relationships,
        [ended, open, also_ended]
    );
    Ok(())
}

/// After an invalidation the same can be stated anew.
pub async fn after_an_invalidation_the_same_is_stated_anew(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let one = link("1", "a", RelationshipType::Solves, "b");
    let two = link("2", "a", RelationshipType::Solves, "b");
    let put = put_names(["a", "b"])
        .put_relationship(one.clone())
        .then(invalidate("1", at(5), None))
        .put_relationship(two.clone());
    let receipt = store.apply(put).await?;
    assert_eq!(
        (receipt.relationships_added, receipt.reinforced),
        (2, vec![])
    );
    let ended = one.ended(at(5), None, at(6))?;
    assert_eq!(contents(&*store).await?.relationships, [ended, two]);
    Ok(())
}

/// Statements join within one batch too, each in turn, and the receipt tells of each.
pub async fn statements_join_within_a_batch(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let [one, two, three, four] =
        ["4", "1", "3", "2"].map(|name| link(name, "a", RelationshipType::SimilarTo, "b"));
    let put = put_names(["a", "b"])
        .put_relationship(one.clone())
        .put_relationship(two.clone())
        .put_relationship(three.clone())
        .put_relationship(four.clone())
        .put_relationship(two.clone());
    let receipt = store.apply(put).await?;
    let expected = Receipt {
        memories_added: 2,
        relationships_added: 1,
        reinforced: ["1", "3", "2", "1"]
            .map(|given| joined(given, "4"))
            .to_vec(),
        ..Receipt::default()
    };
    assert_eq!(receipt, expected);
    let kept = one
        .joined_by(&two)
        .joined_by(&three)
        .joined_by(&four)
        .joined_by(&two);
    assert_eq!(kept.evidence_count, 5);
    assert_eq!(contents(&*store).await?.relationships, [kept]);
    Ok(())
}

/// A statement that was removed before in the batch is not joined.
pub async fn a_removed_statement_is_not_joined(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let one = link("1", "a", RelationshipType::Solves, "b");
    let two = link("2", "a", RelationshipType::Solves, "b");
    store
        .apply(put_names(["a", "b"]).put_relationship(one))
        .await?;
    let exchange = batch()
        .then(remove_relationship("1"))
        .put_relationship(two.clone());
    let expected = Receipt {
        relationships_added: 1,
        relationships_removed: 1,
        ..Receipt::default()
    };
    assert_eq!(store.apply(exchange).await?, expected);
    assert_eq!(contents(&*store).await?.relationships, [two]);
    Ok(())
}

/// A relationship that is changed into what another one states joins that one, and its old state
/// goes; what it had invalidated then names nothing.
pub async fn a_changed_relationship_joins_what_it_now_states(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let kept = link("1", "a", RelationshipType::Solves, "b");
    let changed = link("2", "a", RelationshipType::Causes, "b");
    let ended = link("3", "a", RelationshipType::Blocks, "b");
    let put = put_names(["a", "b"])
        .put_relationship(kept.clone())
        .put_relationship(changed)
        .put_relationship(ended.clone())
        .then(invalidate("3", at(1), Some("2")));
    store.apply(put).await?;
    let given = link("2", "a", RelationshipType::Solves, "b");
    let expected = Receipt {
        relationships_removed: 1,
        reinforced: vec![joined("2", "1")],
        ..Receipt::default()
    };
    assert_eq!(store.put_relationship(given.clone()).await?, expected);
    let left = contents(&*store).await?.relationships;
    assert_eq!(
        left,
        [kept.joined_by(&given), ended.ended(at(1), None, at(2))?]
    );
    Ok(())
}

/// Evidence stops at the largest count.
pub async fn evidence_stops_at_the_largest_count(h: &dyn Harness) -> LawResult {
    let store = open(h).await?;
    let often = Relationship {
        evidence_count: u32::MAX - 1,
        ..link("1", "a", RelationshipType::Solves, "b")
    };
    let again = Relationship {
        evidence_count: 5,
        ..link("2", "a", RelationshipType::Solves, "b")
    };
    let put = put_names(["a", "b"])
        .put_relationship(often)
        .put_relationship(again);
    store.apply(put).await?;
    let found = store.relationship(&relationship_id("1")).await?;
    assert_eq!(found.map(|found| found.evidence_count), Some(u32::MAX));
    Ok(())
}
