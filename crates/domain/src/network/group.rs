//! What memories that belong together have in common.

use std::{cmp::Reverse, collections::BTreeMap};

use super::Network;
use crate::RelationshipType;

/// Memories of one cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// How many memories it has.
    pub size: u32,
    /// How many joins there are between them.
    pub joins: u64,
    /// How many pairs of them are joined, each counted once.
    pub pairs: u64,
    /// What the joins say, and how many say it.
    pub types: BTreeMap<RelationshipType, u64>,
    /// The memories with the strongest joins inside, the strongest first; then by number.
    pub central: Vec<u32>,
}

impl Group {
    /// The share of the pairs that are joined; 0 for a single memory.
    #[expect(clippy::cast_precision_loss, reason = "a share is no count")]
    pub fn density(&self) -> f64 {
        let size = u64::from(self.size);
        let all = size * size.saturating_sub(1) / 2;
        self.pairs as f64 / all.max(1) as f64
    }
}

impl Network {
    /// Describes clusters: `clusters` has the cluster of each memory, numbered from 0. At most
    /// `named` memories of each are [central](Group::central).
    ///
    /// # Panics
    ///
    /// Unless `clusters` has one entry for each memory.
    pub fn groups(&self, clusters: &[u32], named: usize) -> Vec<Group> {
        assert_eq!(
            clusters.len(),
            self.memories as usize,
            "one for each memory"
        );
        let count = clusters.iter().max().map_or(0, |most| *most as usize + 1);
        let mut groups = vec![Group::default(); count];
        let mut weights = vec![0_u64; clusters.len()];
        let mut pairs = Vec::new();
        for join in &self.joins {
            let [from, to] = join.ends();
            let cluster = clusters[from as usize];
            if from == to || cluster != clusters[to as usize] {
                continue;
            }
            let group = &mut groups[cluster as usize];
            group.joins += 1;
            *group.types.entry(join.relationship_type).or_default() += 1;
            pairs.push((from.min(to), from.max(to)));
            for end in [from, to] {
                weights[end as usize] += u64::from(join.weight);
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        for (memory, _) in pairs {
            groups[clusters[memory as usize] as usize].pairs += 1;
        }
        let mut order: Vec<u32> = (0..self.memories).collect();
        order.sort_by_key(|memory| Reverse(weights[*memory as usize]));
        for memory in order {
            let group = &mut groups[clusters[memory as usize] as usize];
            group.size += 1;
            if group.central.len() < named {
                group.central.push(memory);
            }
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Score, network::Join};

    #[test]
    fn a_group_counts_its_pairs_once_and_names_the_strongest_first() {
        use RelationshipType::{Causes, RelatedTo};

        let join = |from, to, strength, kind| Join::new(from, to, Score::clamped(strength), kind);
        let joins = vec![
            join(0, 1, 0.5, Causes),
            join(1, 0, 0.1, RelatedTo),
            join(1, 2, 0.4, Causes),
            join(2, 3, 1.0, Causes),
        ];
        let groups = Network::new(4, joins).groups(&[0, 0, 0, 1], 2);
        let first = Group {
            size: 3,
            joins: 3,
            pairs: 2,
            types: BTreeMap::from([(Causes, 2), (RelatedTo, 1)]),
            central: vec![1, 0],
        };
        assert_eq!(groups[0], first);
        assert!((first.density() - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!((groups[1].size, groups[1].joins), (1, 0));
        assert!(groups[1].density().abs() < f64::EPSILON);
    }
}
