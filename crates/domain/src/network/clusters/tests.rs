use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{RelationshipType, Score, network::Join};

fn network(memories: u32, joins: &[(u32, u32, f64)]) -> Network {
    let join = |&(from, to, strength): &(u32, u32, f64)| {
        Join::new(
            from,
            to,
            Score::clamped(strength),
            RelationshipType::RelatedTo,
        )
    };
    Network::new(memories, joins.iter().map(join).collect())
}

fn equal(memories: u32, joins: &[(u32, u32)]) -> Network {
    let joins: Vec<_> = joins.iter().map(|(a, b)| (*a, *b, 0.5)).collect();
    network(memories, &joins)
}

/// `SplitMix64`: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// Groups of `size` memories; of 1,000 pairs, `inside` are joined within a group and `between`
/// across groups.
fn planted(groups: u32, size: u32, inside: u64, between: u64, seed: u64) -> (Network, Vec<u32>) {
    let mut dice = Dice(seed);
    let memories = groups * size;
    let mut joins = Vec::new();
    for a in 0..memories {
        for b in 0..a {
            let chance = if a % groups == b % groups {
                inside
            } else {
                between
            };
            if dice.roll(1_000) < chance {
                joins.push((b, a));
            }
        }
    }
    let truth = (0..memories).map(|memory| memory % groups).collect();
    (equal(memories, &joins), truth)
}

/// The adjusted Rand index: 1 for equal partitions, about 0 for unrelated ones.
fn likeness(one: &[u32], other: &[u32]) -> f64 {
    fn pairs(counts: impl Iterator<Item = u32>) -> f64 {
        counts
            .map(|n| f64::from(n) * (f64::from(n) - 1.0) / 2.0)
            .sum()
    }
    let [mut rows, mut columns] = [BTreeMap::new(), BTreeMap::new()];
    let mut cells = BTreeMap::new();
    for (a, b) in one.iter().zip(other) {
        *rows.entry(*a).or_insert(0) += 1;
        *columns.entry(*b).or_insert(0) += 1;
        *cells.entry((*a, *b)).or_insert(0) += 1;
    }
    let all = pairs([u32::try_from(one.len()).unwrap()].into_iter());
    let (rows, columns) = (pairs(rows.into_values()), pairs(columns.into_values()));
    let chance = rows * columns / all;
    (pairs(cells.into_values()) - chance) / (f64::midpoint(rows, columns) - chance)
}

#[test]
fn planted_groups_are_found() {
    for seed in 0..5 {
        let (network, truth) = planted(12, 40, 300, 10, seed);
        let found = likeness(&network.clusters(), &truth);
        assert!(found > 0.97, "seed {seed}: {found}");
    }
}

#[test]
fn noisy_groups_are_mostly_found() {
    for seed in 0..5 {
        let (network, truth) = planted(8, 50, 250, 40, seed);
        let clusters = network.clusters();
        let found = likeness(&clusters, &truth);
        assert!(found > 0.8, "seed {seed}: {found}");
        assert!(network.modularity(&clusters) >= network.modularity(&truth) - 0.01);
    }
}

#[test]
fn cliques_in_a_ring_stay_apart() {
    let (cliques, size) = (10, 6);
    let mut joins = Vec::new();
    for clique in 0..cliques {
        let first = clique * size;
        for a in first..first + size {
            joins.extend((first..a).map(|b| (b, a)));
        }
        joins.push((first, (first + size + 1) % (cliques * size)));
    }
    let truth: Vec<_> = (0..cliques * size).map(|memory| memory / size).collect();
    assert_eq!(equal(cliques * size, &joins).clusters(), truth);
}

#[test]
fn the_karate_club_is_parted_as_well_as_is_known_to_be_possible() {
    // Zachary (1977). The greatest modularity of any partition is 0.4198.
    const FRIENDS: [(u32, &[u32]); 30] = [
        (0, &[1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 17, 19, 21, 31]),
        (1, &[2, 3, 7, 13, 17, 19, 21, 30]),
        (2, &[3, 7, 8, 9, 13, 27, 28, 32]),
        (3, &[7, 12, 13]),
        (4, &[6, 10]),
        (5, &[6, 10, 16]),
        (6, &[16]),
        (8, &[30, 32, 33]),
        (9, &[33]),
        (13, &[33]),
        (14, &[32, 33]),
        (15, &[32, 33]),
        (18, &[32, 33]),
        (19, &[33]),
        (20, &[32, 33]),
        (22, &[32, 33]),
        (23, &[25, 27, 29, 32, 33]),
        (24, &[25, 27, 31]),
        (25, &[31]),
        (26, &[29, 33]),
        (27, &[33]),
        (28, &[31, 33]),
        (29, &[32, 33]),
        (30, &[32, 33]),
        (31, &[32, 33]),
        (32, &[33]),
        (7, &[]),
        (10, &[]),
        (11, &[]),
        (12, &[]),
    ];
    let joins: Vec<_> = FRIENDS
        .iter()
        .flat_map(|(one, others)| others.iter().map(|other| (*one, *other)))
        .collect();
    assert_eq!(joins.len(), 78);
    let club = equal(34, &joins);
    let modularity = club.modularity(&club.clusters());
    assert!((0.4185..0.4199).contains(&modularity), "{modularity}");
}

#[test]
fn strong_relationships_hold_together_what_weak_ones_only_touch() {
    let square = [(0, 1, 1.0), (1, 2, 0.05), (2, 3, 1.0), (3, 0, 0.05)];
    assert_eq!(network(4, &square).clusters(), [0, 0, 1, 1]);
    let turned = square.map(|(a, b, strength)| (a, b, 1.05 - strength));
    assert_eq!(network(4, &turned).clusters(), [0, 1, 1, 0]);
}

#[test]
fn nothing_and_memories_alone_are_clusters_too() {
    assert!(equal(0, &[]).clusters().is_empty());
    assert_eq!(equal(3, &[]).clusters(), [0, 1, 2]);
    assert_eq!(equal(2, &[(0, 0), (1, 0)]).clusters(), [0, 0]);
    assert!(equal(3, &[]).modularity(&[0, 1, 2]).abs() < f64::EPSILON);
}

#[test]
fn modularity_is_what_the_definition_says() {
    // Two triangles and one join between them: 6/7 lie within, each triangle has half the ends.
    let joins = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (2, 3)];
    let network = equal(6, &joins);
    let clusters = network.clusters();
    assert_eq!(clusters, [0, 0, 0, 1, 1, 1]);
    let expected = 6.0 / 7.0 - 0.5;
    assert!((network.modularity(&clusters) - expected).abs() < 1e-9);
    assert!(network.modularity(&[0; 6]).abs() < 1e-9);
}

fn joins(memories: u32) -> impl Strategy<Value = Vec<(u32, u32, f64)>> {
    let join = (0..memories, 0..memories, 0.0..1.0);
    proptest::collection::vec(join, 0..60)
}

/// Groups by what is joined within `same`, which says whether two memories may be together.
fn connected(
    joins: &[(u32, u32, f64)],
    memories: u32,
    same: impl Fn(u32, u32) -> bool,
) -> Vec<u32> {
    let mut groups: Vec<u32> = (0..memories).collect();
    for _ in 0..memories {
        for (a, b, _) in joins {
            if same(*a, *b) {
                let least = groups[*a as usize].min(groups[*b as usize]);
                groups[*a as usize] = least;
                groups[*b as usize] = least;
            }
        }
    }
    groups
}

proptest! {
    #[test]
    fn every_cluster_is_connected_and_no_worse_than_all_that_is(joins in joins(20)) {
        let network = network(20, &joins);
        let clusters = network.clusters();
        let together = |a: u32, b: u32| clusters[a as usize] == clusters[b as usize];
        let parts = connected(&joins, 20, together);
        prop_assert_eq!(renumbered(parts).0, clusters.clone());
        let whole = connected(&joins, 20, |_, _| true);
        prop_assert!(network.modularity(&clusters) >= network.modularity(&whole) - 1e-9);
    }

    #[test]
    fn the_order_of_joins_does_not_matter(joins in joins(12)) {
        let turned: Vec<_> = joins.iter().rev().map(|(a, b, w)| (*b, *a, *w)).collect();
        prop_assert_eq!(network(12, &joins).clusters(), network(12, &turned).clusters());
    }
}
