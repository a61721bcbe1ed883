//! The shape of a graph: which memories are joined, by number instead of by id, for questions
//! that have to look at all of it.
//!
//! A join takes 12 bytes. [`Network::clusters`] takes at most 56 more for each join while it
//! works, and 60 for each memory; [`Network::cut`] takes 8 for each join and 50 for each memory.

mod clusters;
mod cut;
mod group;

use crate::{RelationshipType, Score};

pub use cut::{Bridge, Cut, Separator};
pub use group::Group;

/// One relationship between two numbered memories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Join {
    from: u32,
    to: u32,
    /// The strength in thousandths, at least 1, so that sums are exact.
    weight: u16,
    relationship_type: RelationshipType,
}

impl Join {
    /// Joins two memories. One thousandth is the least strength that counts, so that the weakest
    /// relationship is one as well.
    pub fn new(from: u32, to: u32, strength: Score, relationship_type: RelationshipType) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a score is from 0 to 1"
        )]
        let weight = (strength.get() * 1_000.0).round() as u16;
        Self {
            from,
            to,
            weight: weight.max(1),
            relationship_type,
        }
    }

    /// The memories that it joins, the one where it begins first.
    pub const fn ends(&self) -> [u32; 2] {
        [self.from, self.to]
    }

    /// What it says.
    pub const fn relationship_type(&self) -> RelationshipType {
        self.relationship_type
    }
}

/// Memories, numbered from 0, and what joins them. Directions do not count.
///
/// Every answer depends on the memories' numbers and on what is joined, and not on the order of
/// the joins.
#[derive(Clone, Debug, Default)]
pub struct Network {
    memories: u32,
    joins: Vec<Join>,
}

impl Network {
    /// The most joins that a network has.
    pub const MOST_JOINS: usize = 1 << 30;

    /// Makes a network of `memories` memories.
    ///
    /// # Panics
    ///
    /// When a join names a memory that is not there, or there are more than
    /// [`MOST_JOINS`](Self::MOST_JOINS).
    pub fn new(memories: u32, joins: Vec<Join>) -> Self {
        assert!(joins.len() <= Self::MOST_JOINS, "{} joins", joins.len());
        for join in &joins {
            assert!(join.from.max(join.to) < memories, "{join:?} of {memories}");
        }
        Self { memories, joins }
    }

    /// How many memories there are.
    pub const fn memories(&self) -> u32 {
        self.memories
    }

    /// What joins them, in the order in which it was given.
    pub fn joins(&self) -> &[Join] {
        &self.joins
    }

    /// For each memory where its neighbours begin in the second list, and one end more; and the
    /// neighbours of all memories, one after another, each as often as it is joined.
    fn rows<T: Copy + Default>(&self, entry: impl Fn(u32, &Join) -> T) -> (Vec<u32>, Vec<T>) {
        let mut starts = vec![0_u32; self.memories as usize + 1];
        let real = || self.joins.iter().filter(|join| join.from != join.to);
        for join in real() {
            starts[join.from as usize + 1] += 1;
            starts[join.to as usize + 1] += 1;
        }
        for memory in 0..self.memories as usize {
            starts[memory + 1] += starts[memory];
        }
        let mut next = starts.clone();
        let mut entries = vec![T::default(); *starts.last().expect("one end more") as usize];
        for join in real() {
            for (memory, other) in [(join.from, join.to), (join.to, join.from)] {
                let place = &mut next[memory as usize];
                entries[*place as usize] = entry(other, join);
                *place += 1;
            }
        }
        (starts, entries)
    }
}
