//! Which memories belong together.

use std::collections::VecDeque;

use super::Network;

impl Network {
    /// Puts each memory into a cluster, so that strong relationships lie within clusters and few
    /// between them, and returns the cluster of each: numbered from 0 in the order of their first
    /// memories.
    ///
    /// It looks for a partition of great [modularity](Self::modularity) by the method of
    /// [Leiden](https://doi.org/10.1038/s41598-019-41695-z) (Traag, Waltman and van Eck, 2019):
    /// memories move to the neighbouring cluster that gains most, clusters are refined into parts
    /// that are well connected, these become the memories of a smaller graph, and so on until
    /// nothing moves. Nothing is left to chance: of equal gains, the least number wins. Every
    /// cluster is connected. As with every method that goes by modularity, groups of fewer than
    /// about the square root of twice the number of joins may end up in one cluster where they
    /// touch.
    pub fn clusters(&self) -> Vec<u32> {
        let mut level = Level::of(self);
        let mut place: Vec<u32> = (0..self.memories).collect();
        let mut clusters = place.clone();
        loop {
            level.move_nodes(&mut clusters);
            let (refined, count) = renumbered(level.refined(&clusters));
            if count == level.degrees.len() {
                break;
            }
            let mut above = vec![0; count];
            for (node, part) in refined.iter().enumerate() {
                above[*part as usize] = clusters[node];
            }
            // What was one community is one node or several; their number names it from here on.
            clusters = renumbered(above).0;
            level = level.joined(&refined, count);
            for node in &mut place {
                *node = refined[*node as usize];
            }
        }
        for node in &mut place {
            *node = clusters[*node as usize];
        }
        self.connected(&place)
    }

    /// Says how much better than chance `clusters`, which has the cluster of each memory, keeps
    /// relationships within clusters: below 1, and 0 for a single one
    /// ([Newman and Girvan](https://doi.org/10.1103/PhysRevE.69.026113)).
    pub fn modularity(&self, clusters: &[u32]) -> f64 {
        let level = Level::of(self);
        let most = clusters.iter().max().map_or(0, |most| *most as usize + 1);
        let mut sums = vec![0_u64; most];
        let mut within = 0_u64;
        for (node, cluster) in clusters.iter().enumerate() {
            sums[*cluster as usize] += level.degrees[node];
            for (other, weight) in level.row(node) {
                if clusters[other] == *cluster {
                    within += weight;
                }
            }
        }
        if level.total == 0 {
            return 0.0;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a measure of quality, not a count"
        )]
        let share = |weight: u64| weight as f64 / level.total as f64;
        share(within) - sums.iter().map(|sum| share(*sum).powi(2)).sum::<f64>()
    }

    /// Splits clusters that are not connected, which only raises the modularity.
    fn connected(&self, clusters: &[u32]) -> Vec<u32> {
        let mut roots: Vec<u32> = (0..self.memories).collect();
        for join in &self.joins {
            if clusters[join.from as usize] == clusters[join.to as usize] {
                let [one, other] = join.ends().map(|end| root(&mut roots, end));
                roots[one.max(other) as usize] = one.min(other);
            }
        }
        let found = (0..self.memories).map(|memory| root(&mut roots, memory));
        renumbered(found.collect()).0
    }
}

fn root(roots: &mut [u32], mut memory: u32) -> u32 {
    while roots[memory as usize] != memory {
        roots[memory as usize] = roots[roots[memory as usize] as usize];
        memory = roots[memory as usize];
    }
    memory
}

/// Numbers from 0 in the order of first appearance, and how many there are.
fn renumbered(mut numbers: Vec<u32>) -> (Vec<u32>, usize) {
    let most = numbers.iter().max().map_or(0, |most| *most as usize + 1);
    let mut new = vec![u32::MAX; most];
    let mut count = 0;
    for number in &mut numbers {
        let place = &mut new[*number as usize];
        if *place == u32::MAX {
            *place = count;
            count += 1;
        }
        *number = *place;
    }
    (numbers, count as usize)
}

/// A weighted graph. At first its nodes are the memories, later groups of them.
struct Level {
    starts: Vec<u32>,
    /// The neighbours of each node, each once and in order, with the weight of what joins them.
    edges: Vec<(u32, u32)>,
    /// The weight of all that touches a node; what lies within it counts twice.
    degrees: Vec<u64>,
    /// Of all nodes.
    total: u64,
}

impl Level {
    fn of(network: &Network) -> Self {
        let (starts, mut edges) = network.rows(|other, join| (other, u32::from(join.weight)));
        let mut level = Self {
            starts: Vec::with_capacity(starts.len()),
            edges: Vec::new(),
            degrees: Vec::with_capacity(starts.len()),
            total: 0,
        };
        // Joins of the same two memories become one edge, in place.
        let mut kept = 0;
        for row in starts.windows(2) {
            let (begin, end) = (row[0] as usize, row[1] as usize);
            edges[begin..end].sort_unstable_by_key(|edge| edge.0);
            let first = kept;
            let mut degree = 0;
            for at in begin..end {
                let (other, weight) = edges[at];
                degree += u64::from(weight);
                if kept > first && edges[kept - 1].0 == other {
                    edges[kept - 1].1 = edges[kept - 1].1.saturating_add(weight);
                } else {
                    edges[kept] = (other, weight);
                    kept += 1;
                }
            }
            level.starts.push(index(first));
            level.degrees.push(degree);
            level.total += degree;
        }
        level.starts.push(index(kept));
        edges.truncate(kept);
        level.edges = edges;
        level
    }

    fn row(&self, node: usize) -> impl Iterator<Item = (usize, u64)> + '_ {
        let (begin, end) = (self.starts[node], self.starts[node + 1]);
        let row = &self.edges[begin as usize..end as usize];
        row.iter()
            .map(|(other, weight)| (*other as usize, u64::from(*weight)))
    }

    /// What a node of `degree` gains in a community that weighs `sum` without it and to which
    /// `inward` joins it. Compared only with other gains, so it is exact, in units of
    /// `2 / total²`.
    fn gain(&self, inward: u64, degree: u64, sum: u64) -> i128 {
        i128::from(inward) * i128::from(self.total) - i128::from(degree) * i128::from(sum)
    }

    /// Moves each node to the community where it gains most, as long as any gains.
    fn move_nodes(&self, communities: &mut [u32]) {
        let nodes = self.degrees.len();
        let mut sums = vec![0_u64; nodes];
        let mut sizes = vec![0_u32; nodes];
        for (node, community) in communities.iter().enumerate() {
            sums[*community as usize] += self.degrees[node];
            sizes[*community as usize] += 1;
        }
        let mut empty: Vec<u32> = (0..index(nodes))
            .rev()
            .filter(|community| sizes[*community as usize] == 0)
            .collect();
        let mut toward = Toward::new(nodes);
        let mut waits = vec![true; nodes];
        let mut queue: VecDeque<u32> = (0..index(nodes)).collect();
        while let Some(node) = queue.pop_front().map(|node| node as usize) {
            waits[node] = false;
            toward.clear();
            for (other, weight) in self.row(node) {
                toward.add(communities[other], weight);
            }
            let (own, degree) = (communities[node], self.degrees[node]);
            sums[own as usize] -= degree;
            let stay = self.gain(toward.weight(own), degree, sums[own as usize]);
            let (mut best, mut most) = (own, stay);
            for community in toward.communities() {
                let gain = self.gain(toward.weight(community), degree, sums[community as usize]);
                if gain > most || (gain == most && best != own && community < best) {
                    (best, most) = (community, gain);
                }
            }
            if most < 0
                && let Some(alone) = empty.pop()
            {
                best = alone;
            }
            sums[best as usize] += degree;
            if best == own {
                continue;
            }
            communities[node] = best;
            sizes[best as usize] += 1;
            sizes[own as usize] -= 1;
            if sizes[own as usize] == 0 {
                empty.push(own);
            }
            for (other, _) in self.row(node) {
                if communities[other] != best && !waits[other] {
                    waits[other] = true;
                    queue.push_back(index(other));
                }
            }
        }
    }

    /// Splits communities into parts that are connected well: each begins as one node, and a node
    /// that is alone joins the part of its community where it gains most, if it gains at all.
    fn refined(&self, communities: &[u32]) -> Vec<u32> {
        let nodes = self.degrees.len();
        let mut whole = vec![0_u64; nodes];
        for (node, community) in communities.iter().enumerate() {
            whole[*community as usize] += self.degrees[node];
        }
        let mut parts: Vec<u32> = (0..index(nodes)).collect();
        let mut sizes = vec![1_u32; nodes];
        let mut sums = self.degrees.clone();
        // The weight that joins a part to the rest of its community.
        let mut outward: Vec<u64> = (0..nodes)
            .map(|node| {
                let row = self.row(node);
                let inside = row.filter(|(other, _)| communities[*other] == communities[node]);
                inside.map(|(_, weight)| weight).sum()
            })
            .collect();
        let mut toward = Toward::new(nodes);
        for node in 0..nodes {
            let (own, whole) = (parts[node] as usize, whole[communities[node] as usize]);
            let well_connected = |part: usize, outward: &[u64], sums: &[u64]| {
                self.gain(outward[part], sums[part], whole - sums[part]) >= 0
            };
            if sizes[own] != 1 || !well_connected(own, &outward, &sums) {
                continue;
            }
            toward.clear();
            for (other, weight) in self.row(node) {
                if communities[other] == communities[node] {
                    toward.add(parts[other], weight);
                }
            }
            let degree = self.degrees[node];
            let (mut best, mut most) = (own, 0);
            for part in toward.communities() {
                let gain = self.gain(toward.weight(part), degree, sums[part as usize]);
                let part = part as usize;
                let better = gain > most || (gain == most && best != own && part < best);
                if better && well_connected(part, &outward, &sums) {
                    (best, most) = (part, gain);
                }
            }
            if best != own {
                let between = toward.weight(index(best));
                outward[best] = outward[best] + outward[own] - 2 * between;
                sums[best] += degree;
                sizes[best] += 1;
                sizes[own] = 0;
                parts[node] = index(best);
            }
        }
        parts
    }

    /// Makes each of `count` parts a node.
    fn joined(&self, parts: &[u32], count: usize) -> Self {
        let mut starts = vec![0_u32; count + 1];
        for part in parts {
            starts[*part as usize + 1] += 1;
        }
        for part in 0..count {
            starts[part + 1] += starts[part];
        }
        let mut members = vec![0_u32; parts.len()];
        let mut next = starts.clone();
        for (node, part) in parts.iter().enumerate() {
            let place = &mut next[*part as usize];
            members[*place as usize] = index(node);
            *place += 1;
        }
        let mut level = Self {
            starts: vec![0],
            edges: Vec::new(),
            degrees: Vec::with_capacity(count),
            total: self.total,
        };
        let mut toward = Toward::new(count);
        for (part, range) in starts.windows(2).enumerate() {
            toward.clear();
            let mut degree = 0;
            for node in &members[range[0] as usize..range[1] as usize] {
                degree += self.degrees[*node as usize];
                for (other, weight) in self.row(*node as usize) {
                    if parts[other] as usize != part {
                        toward.add(parts[other], weight);
                    }
                }
            }
            toward.touched.sort_unstable();
            level.edges.extend(toward.communities().map(|other| {
                let weight = toward.weight(other);
                (other, u32::try_from(weight).unwrap_or(u32::MAX))
            }));
            level.starts.push(index(level.edges.len()));
            level.degrees.push(degree);
        }
        level
    }
}

/// How strongly a node is joined to each community that it touches.
struct Toward {
    weights: Vec<u64>,
    touched: Vec<u32>,
}

impl Toward {
    fn new(communities: usize) -> Self {
        Self {
            weights: vec![0; communities],
            touched: Vec::new(),
        }
    }

    fn clear(&mut self) {
        for community in self.touched.drain(..) {
            self.weights[community as usize] = 0;
        }
    }

    /// A weight of an edge is never 0, so a community is touched once.
    fn add(&mut self, community: u32, weight: u64) {
        let sum = &mut self.weights[community as usize];
        if *sum == 0 {
            self.touched.push(community);
        }
        *sum += weight;
    }

    fn weight(&self, community: u32) -> u64 {
        self.weights[community as usize]
    }

    fn communities(&self) -> impl Iterator<Item = u32> + '_ {
        self.touched.iter().copied()
    }
}

fn index(number: usize) -> u32 {
    u32::try_from(number).expect("a network has fewer than 2^32 of everything")
}

#[cfg(test)]
mod tests;
