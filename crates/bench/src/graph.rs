//! The graph that is measured: made from a seed, and stored through a backend.

use contract::corpus::Corpus;
use domain::{Memory, Relationship};
use ports::{Batch, GraphBackend};

use crate::Result;

/// The graph of the measurements: the same seed gives the same one everywhere.
#[derive(Debug)]
pub struct Graph {
    /// The memories.
    pub memories: Vec<Memory>,
    /// The relationships among them; some memories have very many.
    pub relationships: Vec<Relationship>,
}

/// How many things go into one batch when a graph is stored.
const BATCH: usize = 1_000;

impl Graph {
    /// Makes a graph of `memories` memories with three times as many relationships.
    pub fn of(memories: usize, seed: u64) -> Self {
        let corpus = Corpus::new(seed);
        Self {
            memories: corpus.memories(memories).collect(),
            relationships: corpus.relationships(memories, memories * 3).collect(),
        }
    }

    /// Stores the whole graph, and tells `progress` how many things are stored.
    pub async fn store(
        &self,
        backend: &dyn GraphBackend,
        mut progress: impl FnMut(usize),
    ) -> Result<()> {
        let mut stored = 0;
        for chunk in self.memories.chunks(BATCH) {
            let batch = chunk
                .iter()
                .fold(Batch::default(), |batch, it| batch.put_memory(it.clone()));
            backend.apply(batch).await?;
            stored += chunk.len();
            progress(stored);
        }
        for chunk in self.relationships.chunks(BATCH) {
            let batch = chunk.iter().fold(Batch::default(), |batch, it| {
                batch.put_relationship(it.clone())
            });
            backend.apply(batch).await?;
            stored += chunk.len();
            progress(stored);
        }
        Ok(())
    }
}
