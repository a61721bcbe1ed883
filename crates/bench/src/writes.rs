//! Storing through a backend.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{Memory, Relationship};
use ports::{Batch, GraphBackend, GraphBackendExt};
use tokio::task::JoinSet;

use crate::Result;

/// Stores memories one by one from `callers` tasks at the same time, each durably before its caller
/// goes on, and returns how long that took.
pub async fn store_from_many(
    backend: &Arc<dyn GraphBackend>,
    memories: &[Memory],
    callers: usize,
) -> Result<Duration> {
    // Whoever stores, stores what is new: all callers work at the same end of time.
    let shares = (0..callers).map(|caller| {
        let share = memories.iter().skip(caller).step_by(callers);
        share.cloned().collect::<Vec<Memory>>()
    });
    let shares: Vec<Vec<Memory>> = shares.collect();
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for share in shares {
        let backend = Arc::clone(backend);
        tasks.spawn(async move {
            for memory in share {
                backend.put_memory(memory).await?;
            }
            Ok::<_, ports::BackendError>(())
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(begun.elapsed())
}

/// Stores memories, then relationships, in batches of `size`, and returns how long that took.
pub async fn store_in_bulk(
    backend: &dyn GraphBackend,
    memories: &[Memory],
    relationships: &[Relationship],
    size: usize,
) -> Result<Duration> {
    let memories = memories.chunks(size).map(|chunk| {
        chunk
            .iter()
            .fold(Batch::default(), |batch, it| batch.put_memory(it.clone()))
    });
    let relationships = relationships.chunks(size).map(|chunk| {
        chunk.iter().fold(Batch::default(), |batch, it| {
            batch.put_relationship(it.clone())
        })
    });
    let batches: Vec<Batch> = memories.chain(relationships).collect();
    let begun = Instant::now();
    for batch in batches {
        backend.apply(batch).await?;
    }
    Ok(begun.elapsed())
}
