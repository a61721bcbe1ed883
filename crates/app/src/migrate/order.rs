use std::collections::{BTreeMap, HashMap, HashSet};

use domain::{Relationship, RelationshipId};
use ports::{Batch, Cycles};

use super::{LARGEST, PAGE};

/// Puts relationships into batches that can be applied in this order: what took the place of
/// another one is there before it.
///
/// Each names at most one. Those that name each other in a circle are in one batch, which first
/// puts them without names: nobody sees that, since a batch is applied as a whole.
pub(super) fn batches(relationships: BTreeMap<RelationshipId, Relationship>) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut batch = new_batch();
    let mut bytes = 0;
    for circle in circles(relationships) {
        bytes += circle.iter().map(size).sum::<usize>();
        batch = put(batch, circle);
        if batch.changes.len() >= PAGE as usize || bytes >= LARGEST {
            batches.push(std::mem::replace(&mut batch, new_batch()));
            bytes = 0;
        }
    }
    if !batch.changes.is_empty() {
        batches.push(batch);
    }
    batches
}

fn new_batch() -> Batch {
    Batch {
        cycles: Cycles::Allow,
        ..Batch::default()
    }
}

fn size(relationship: &Relationship) -> usize {
    relationship.context.as_ref().map_or(0, String::len)
}

fn put(mut batch: Batch, circle: Vec<Relationship>) -> Batch {
    let names_itself = |it: &Relationship| it.invalidated_by.as_ref() == Some(&it.id);
    if circle.len() > 1 || circle.iter().any(names_itself) {
        for relationship in &circle {
            batch = batch.put_relationship(Relationship {
                invalidated_by: None,
                ..relationship.clone()
            });
        }
    }
    circle.into_iter().fold(batch, Batch::put_relationship)
}

/// Returns the relationships so that each comes after the one that it names, where that is among
/// them; those that name each other in a circle come together.
fn circles(mut left: BTreeMap<RelationshipId, Relationship>) -> Vec<Vec<Relationship>> {
    let mut circles = Vec::new();
    let mut done: HashSet<RelationshipId> = HashSet::new();
    let ids: Vec<_> = left.keys().cloned().collect();
    for start in ids {
        // The way from here to where the names end, or lead back to.
        let mut way: Vec<RelationshipId> = Vec::new();
        let mut places: HashMap<RelationshipId, usize> = HashMap::new();
        let mut next = Some(start);
        let mut circle = Vec::new();
        while let Some(id) = next.take().filter(|id| !done.contains(id))
            && let Some(relationship) = left.get(&id)
        {
            if let Some(begin) = places.get(&id) {
                circle = way.split_off(*begin);
                break;
            }
            next.clone_from(&relationship.invalidated_by);
            places.insert(id.clone(), way.len());
            way.push(id);
        }
        done.extend(circle.iter().chain(&way).cloned());
        let mut take = |ids: Vec<RelationshipId>| -> Vec<Relationship> {
            ids.iter().filter_map(|id| left.remove(id)).collect()
        };
        if !circle.is_empty() {
            circles.push(take(circle));
        }
        for id in way.into_iter().rev() {
            circles.push(take(vec![id]));
        }
    }
    circles
}

#[cfg(test)]
mod tests {
    use domain::{MemoryId, RelationshipType, Timestamp};
    use ports::Change;
    use proptest::prelude::*;

    use super::*;

    fn id(number: usize) -> RelationshipId {
        RelationshipId::new(number.to_string()).unwrap()
    }

    fn named(names: &[Option<usize>]) -> BTreeMap<RelationshipId, Relationship> {
        let [from, to] = ["a", "b"].map(|id| MemoryId::new(id).unwrap());
        let relationships = names.iter().enumerate().map(|(number, name)| {
            let kind = RelationshipType::Solves;
            let now = Timestamp::UNIX_EPOCH;
            let plain = Relationship::new(id(number), from.clone(), kind, to.clone(), now);
            let relationship = Relationship {
                invalidated_by: name.map(id),
                ..plain
            };
            (id(number), relationship)
        });
        relationships.collect()
    }

    proptest! {
        #[test]
        fn what_is_named_is_there_before_it_is_named(
            // Beyond the end are those that the target has already.
            names in prop::collection::vec(prop::option::of(0_usize..1_300), 0..1_200),
        ) {
            let wanted = named(&names);
            let mut there = BTreeMap::new();
            let mut puts = 0;
            for batch in batches(wanted.clone()) {
                prop_assert_eq!(batch.cycles, Cycles::Allow);
                puts += batch.changes.len();
                for change in batch.changes {
                    let Change::PutRelationship(put) = change else {
                        panic!("{change:?}");
                    };
                    if let Some(by) = &put.invalidated_by {
                        prop_assert!(there.contains_key(by) || !wanted.contains_key(by));
                    }
                    there.insert(put.id.clone(), *put);
                }
                // Nothing incomplete is left between two batches.
                prop_assert!(there.iter().all(|(id, it)| wanted[id] == *it));
            }
            prop_assert_eq!(there, wanted);
            prop_assert!(puts <= 2 * names.len());
        }
    }

    #[test]
    fn a_long_chain_goes_in_from_its_end_and_in_pieces() {
        let names: Vec<_> = (1..=3_000)
            .map(|next| (next < 3_000).then_some(next))
            .collect();
        let batches = batches(named(&names));
        assert_eq!(batches.len(), 6);
        assert!(batches.iter().all(|batch| batch.changes.len() == 500));
    }
}
