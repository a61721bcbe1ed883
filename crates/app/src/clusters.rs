use std::{collections::BTreeMap, num::NonZeroU32};

use domain::{Memory, RelationshipType, Score};
use serde::Serialize;

use crate::{
    MemoryGraph, Result,
    aside::aside,
    network::{Scope, check_named},
};

/// Asks which memories belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterQuery {
    /// Where to look.
    pub scope: Scope,
    /// The fewest memories of a cluster.
    pub min_size: NonZeroU32,
    /// The least [density](Cluster::density) of a cluster.
    pub min_density: Score,
    /// The most clusters to return.
    pub limit: NonZeroU32,
    /// The most memories of a cluster to name.
    pub named: NonZeroU32,
}

/// Clusters of 3 memories or more, the 20 largest, with 10 memories each.
impl Default for ClusterQuery {
    fn default() -> Self {
        let number = |number| NonZeroU32::new(number).expect("the defaults are not zero");
        Self {
            scope: Scope::default(),
            min_size: number(3),
            min_density: Score::ZERO,
            limit: number(20),
            named: number(10),
        }
    }
}

/// Which memories belong together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Clusters {
    /// The largest first, among equals the densest.
    pub clusters: Vec<Cluster>,
    /// How many clusters there are; more than are here where the limit left some out.
    pub found: u64,
    /// How many memories were looked at.
    pub memories: u64,
    /// How many relationships were looked at.
    pub relationships: u64,
    /// How well the graph falls into clusters: 0 when not at all, 0.3 and more when they are real.
    pub modularity: f64,
}

/// Memories that belong together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cluster {
    /// How many memories it has.
    pub size: u64,
    /// How many relationships join them.
    pub relationships: u64,
    /// The share of its pairs of memories that a relationship joins: 1 when all are.
    pub density: f64,
    /// The memories that the strongest relationships join to the others, the strongest first.
    pub memories: Vec<Memory>,
    /// What its relationships say, and how many say it.
    pub types: BTreeMap<RelationshipType, u64>,
}

impl MemoryGraph {
    /// Finds memories that belong together: groups with strong relationships inside and few
    /// between them, by the method of Leiden, which
    /// [`Network::clusters`](domain::network::Network::clusters) describes. Each memory is in at
    /// most one; the same graph always gives the same answer.
    ///
    /// Relationships come by the page and become 12 bytes each; all together the question takes
    /// at most 70 bytes for each relationship and about 200 for each memory. The work is done on
    /// a thread of its own. What others change meanwhile may be seen in part.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when the [scope](Scope) is too large, or
    ///   the limits together name more than 10,000 memories
    pub async fn clusters(&self, query: &ClusterQuery) -> Result<Clusters> {
        const DOING: &str = "find clusters";

        check_named(DOING, query.limit.get().saturating_mul(query.named.get()))?;
        let seen = self.network(&query.scope, DOING).await?;
        let (memories, relationships) = seen.counts();
        let (asked, named) = (query.clone(), query.named.get() as usize);
        let (ids, groups, found, modularity) = aside(move || {
            let numbers = seen.network.clusters();
            let modularity = seen.network.modularity(&numbers);
            let mut groups = seen.network.groups(&numbers, named);
            groups.retain(|group| {
                group.size >= asked.min_size.get() && group.density() >= asked.min_density.get()
            });
            groups.sort_by(|one, other| {
                let larger = other.size.cmp(&one.size);
                larger.then_with(|| other.density().total_cmp(&one.density()))
            });
            let found = groups.len() as u64;
            groups.truncate(asked.limit.get() as usize);
            let wanted = groups
                .iter()
                .flat_map(|group| group.central.iter().copied());
            (seen.ids(wanted), groups, found, modularity)
        })
        .await;
        let named = self.named(&ids).await?;
        let clusters = groups.into_iter().map(|group| Cluster {
            size: u64::from(group.size),
            relationships: group.joins,
            density: group.density(),
            memories: group
                .central
                .iter()
                .filter_map(|number| named.get(number).cloned())
                .collect(),
            types: group.types,
        });
        Ok(Clusters {
            clusters: clusters.collect(),
            found,
            memories,
            relationships,
            modularity,
        })
    }
}
