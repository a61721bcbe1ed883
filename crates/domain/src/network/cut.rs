//! What holds a graph together: memories and joins without which it falls into parts.

use super::Network;

/// A memory without which others are no longer connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Separator {
    /// The memory.
    pub memory: u32,
    /// How many memories there are in each of the parts that it joins, the largest first.
    pub parts: Vec<u32>,
}

impl Separator {
    /// How many pairs of other memories are connected through it alone.
    pub fn separates(&self) -> u64 {
        pairs_between(&self.parts)
    }
}

/// A join without which the memories that it joins are no longer connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bridge {
    /// The memories that it joins, the lesser number first.
    pub ends: [u32; 2],
    /// How many memories there are on the side of each, it included.
    pub parts: [u32; 2],
}

impl Bridge {
    /// How many pairs of memories are connected through it alone.
    pub fn separates(&self) -> u64 {
        pairs_between(&self.parts)
    }
}

/// What holds a graph together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// The memories, by their numbers.
    pub memories: Vec<Separator>,
    /// The joins, by the numbers of their ends.
    pub joins: Vec<Bridge>,
}

fn pairs_between(parts: &[u32]) -> u64 {
    let mut pairs = 0;
    let mut before = 0;
    for part in parts {
        pairs += before * u64::from(*part);
        before += u64::from(*part);
    }
    pairs
}

impl Network {
    /// Finds every memory and every join without which the graph falls into more parts.
    ///
    /// Two joins between the same memories stand in for each other, so neither is a bridge. It is
    /// the search in depth of [Hopcroft and Tarjan](https://doi.org/10.1145/362248.362272), which
    /// looks at each join twice, without recursion: a long chain needs no deep stack.
    pub fn cut(&self) -> Cut {
        let (starts, mut others) = self.rows(|other, _| other);
        for row in starts.windows(2) {
            others[row[0] as usize..row[1] as usize].sort_unstable();
        }
        let mut search = Search {
            state: vec![State::default(); self.memories as usize],
            next: starts.clone(),
            starts,
            others,
            met: 0,
            parts: Vec::new(),
        };
        let mut cut = Cut::default();
        for root in 0..self.memories {
            if search.state[root as usize].met == 0 {
                search.component(root, &mut cut);
            }
        }
        cut.memories.sort_unstable_by_key(|found| found.memory);
        cut.joins.sort_unstable_by_key(|found| found.ends);
        cut
    }
}

/// What the search knows of a memory.
#[derive(Clone, Copy, Default)]
struct State {
    /// When the search met it, counted from 1; 0 before that.
    met: u32,
    /// The earliest memory that can be reached from below it without the way down.
    low: u32,
    /// From where the search came.
    parent: u32,
    /// How many memories are below it, and it.
    size: u32,
    /// Whether the join to the parent was passed over; another one leads back.
    way_down_seen: bool,
}

struct Search {
    starts: Vec<u32>,
    others: Vec<u32>,
    next: Vec<u32>,
    state: Vec<State>,
    met: u32,
    /// A memory, and the size of a part below it that only it joins to the rest.
    parts: Vec<(u32, u32)>,
}

impl Search {
    fn meet(&mut self, memory: u32, parent: u32) {
        self.met += 1;
        self.state[memory as usize] = State {
            met: self.met,
            low: self.met,
            parent,
            size: 1,
            way_down_seen: false,
        };
    }

    /// Looks at all that is connected with `root`.
    fn component(&mut self, root: u32, cut: &mut Cut) {
        let first_bridge = cut.joins.len();
        self.meet(root, root);
        let mut memory = root;
        loop {
            let at = memory as usize;
            if self.next[at] < self.starts[at + 1] {
                let other = self.others[self.next[at] as usize];
                self.next[at] += 1;
                let known = self.state[other as usize].met;
                if known == 0 {
                    self.meet(other, memory);
                    memory = other;
                } else if other == self.state[at].parent && !self.state[at].way_down_seen {
                    self.state[at].way_down_seen = true;
                } else {
                    self.state[at].low = self.state[at].low.min(known);
                }
            } else if memory == root {
                break;
            } else {
                memory = self.climb(memory, cut);
            }
        }
        let whole = self.state[root as usize].size;
        for bridge in &mut cut.joins[first_bridge..] {
            bridge.parts[0] = whole - bridge.parts[1];
            if bridge.ends[0] > bridge.ends[1] {
                bridge.ends.reverse();
                bridge.parts.reverse();
            }
        }
        self.separators(root, whole, cut);
    }

    /// Leaves a memory below which everything is known, and returns its parent.
    fn climb(&mut self, memory: u32, cut: &mut Cut) -> u32 {
        let State {
            low, parent, size, ..
        } = self.state[memory as usize];
        let above = &mut self.state[parent as usize];
        above.low = above.low.min(low);
        above.size += size;
        if low >= above.met {
            self.parts.push((parent, size));
        }
        if low > above.met {
            cut.joins.push(Bridge {
                ends: [parent, memory],
                parts: [0, size],
            });
        }
        parent
    }

    fn separators(&mut self, root: u32, whole: u32, cut: &mut Cut) {
        self.parts.sort_unstable();
        for group in self.parts.chunk_by(|one, other| one.0 == other.0) {
            let memory = group[0].0;
            let mut parts: Vec<u32> = group.iter().map(|(_, size)| *size).collect();
            if memory != root {
                parts.push(whole - 1 - parts.iter().sum::<u32>());
            }
            if parts.len() > 1 {
                parts.sort_unstable_by(|one, other| other.cmp(one));
                cut.memories.push(Separator { memory, parts });
            }
        }
        self.parts.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::{RelationshipType, Score, network::Join};

    fn network(memories: u32, joins: &[(u32, u32)]) -> Network {
        let join =
            |&(from, to): &(u32, u32)| Join::new(from, to, Score::ONE, RelationshipType::RelatedTo);
        Network::new(memories, joins.iter().map(join).collect())
    }

    /// The sizes of what is connected with each of `begin`, each part once, without `removed`.
    fn parts(begin: &[u32], removed: Option<u32>, joins: &[(u32, u32)]) -> Vec<u32> {
        let mut seen = BTreeSet::new();
        let mut sizes = Vec::new();
        for start in begin {
            let before = seen.len();
            let mut waiting = vec![*start];
            while let Some(memory) = waiting.pop() {
                if Some(memory) == removed || !seen.insert(memory) {
                    continue;
                }
                for &(a, b) in joins {
                    waiting.extend((a == memory).then_some(b));
                    waiting.extend((b == memory).then_some(a));
                }
            }
            if seen.len() > before {
                sizes.push(u32::try_from(seen.len() - before).unwrap());
            }
        }
        sizes
    }

    fn by_definition(memories: u32, joins: &[(u32, u32)]) -> Cut {
        let mut cut = Cut::default();
        for memory in 0..memories {
            let neighbours: Vec<u32> = joins
                .iter()
                .filter(|(a, b)| a != b && (*a == memory || *b == memory))
                .map(|(a, b)| if *a == memory { *b } else { *a })
                .collect();
            let mut parts = parts(&neighbours, Some(memory), joins);
            if parts.len() > 1 {
                parts.sort_unstable_by(|one, other| other.cmp(one));
                cut.memories.push(Separator { memory, parts });
            }
        }
        for (index, &(a, b)) in joins.iter().enumerate() {
            let mut without = joins.to_vec();
            without.remove(index);
            let ends = [a.min(b), a.max(b)];
            let both = parts(&ends, None, &without);
            if let [one, other] = both[..]
                && a != b
            {
                cut.joins.push(Bridge {
                    ends,
                    parts: [one, other],
                });
            }
        }
        cut.joins.sort_by_key(|bridge| bridge.ends);
        cut
    }

    proptest! {
        #[test]
        fn the_cut_is_what_the_definition_says(
            joins in proptest::collection::vec((0_u32..9, 0_u32..9), 0..16),
        ) {
            prop_assert_eq!(network(9, &joins).cut(), by_definition(9, &joins));
        }
    }

    #[test]
    fn a_second_join_between_the_same_memories_stands_in_for_the_first() {
        let cut = network(3, &[(0, 1), (1, 0), (1, 2)]).cut();
        let bridge = Bridge {
            ends: [1, 2],
            parts: [2, 1],
        };
        assert_eq!(cut.joins, [bridge]);
        assert_eq!((bridge.separates(), cut.memories[0].separates()), (2, 1));
    }

    #[test]
    fn a_chain_of_a_million_memories_needs_no_deep_stack() {
        let chain: Vec<_> = (1..1_000_000).map(|n| (n - 1, n)).collect();
        let cut = network(1_000_000, &chain).cut();
        assert_eq!((cut.memories.len(), cut.joins.len()), (999_998, 999_999));
        let middle = &cut.memories[499_998];
        assert_eq!(
            (middle.memory, &middle.parts[..]),
            (499_999, &[500_000, 499_999][..])
        );
        assert_eq!(middle.separates(), 500_000 * 499_999);
    }
}
