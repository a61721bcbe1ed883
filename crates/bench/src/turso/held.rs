//! Reads while a sync is held up.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use adapter_turso::TursoBackend;
use domain::{Memory, SearchMode};
use memorygraph_bench::{
    Result,
    ask::{Ask, Only},
    timing::Timings,
};
use ports::{GraphBackend, GraphBackendExt, Replica};
use tokio::{runtime::Runtime, task::JoinSet};

use crate::{
    network::{Network, new_memories},
    options::Options,
    report::{Figure, Goal, Report, millis},
};

/// How long a sync is held up.
const HELD: Duration = Duration::from_secs(5);

/// How many tasks read at the same time.
const READERS: usize = 4;

/// How often both are measured, in turn.
const ROUNDS: u64 = 3;

const NAME: &str = "reads while a sync is held up for 5 s, p95 beside p95 without";

pub(crate) fn measure(options: &Options, runtime: &Runtime, report: &mut Report) -> Result<()> {
    if !options.wants(NAME) {
        return Ok(());
    }
    let network = Network::start(runtime, true)?;
    let mut free = Timings::default();
    let mut held = Timings::default();
    runtime.block_on(async {
        let replica = Arc::new(network.replica("replica.db").await?);
        let writer = network.writer().await?;
        let asks = Arc::new(asks(&new_memories(500, 0)));
        for round in 0..ROUNDS {
            let backend: Arc<dyn GraphBackend> = Arc::<TursoBackend>::clone(&replica);
            read(&backend, &asks, &mut free).await?;

            for memory in new_memories(1, 4_000 + round) {
                writer.put_memory(memory).await?;
            }
            network.proxy.hold();
            let syncing = Arc::clone(&replica);
            let syncing = tokio::spawn(async move { Replica::sync(syncing.as_ref()).await });
            network.proxy.wait_until_held(Duration::from_secs(5));
            read(&backend, &asks, &mut held).await?;
            if syncing.is_finished() {
                return Err("the sync was not held up".into());
            }
            network.proxy.release();
            syncing.await??;
        }
        replica.close().await?;
        writer.close().await?;
        Result::Ok(())
    })?;
    let (without, with) = (free.quantile(0.95), held.quantile(0.95));
    report.figure(Figure {
        name: NAME.to_owned(),
        value: with.as_secs_f64() / without.as_secs_f64(),
        unit: "x",
        goal: Some(Goal::AtMost(2.0)),
        note: format!(
            "p95 {:.2} ms, without {:.2} ms; medians {:.2} ms and {:.2} ms; {READERS} tasks, \
             {ROUNDS} turns of 5 s each",
            millis(with),
            millis(without),
            millis(held.median()),
            millis(free.median()),
        ),
    });
    Ok(())
}

/// Draws gets, walks, and searches for two words of a title.
fn asks(memories: &[Memory]) -> Vec<Ask> {
    let asks = memories.iter().enumerate();
    asks.map(|(place, memory)| match place % 4 {
        0 => Ask::Walk {
            from: memory.id.clone(),
            depth: 1,
        },
        1 => Ask::Search {
            text: memory
                .title
                .split(' ')
                .take(2)
                .collect::<Vec<_>>()
                .join(" "),
            mode: SearchMode::Fuzzy,
            only: Only::default(),
        },
        _ => Ask::Get(memory.id.clone()),
    })
    .collect()
}

/// Reads in several tasks for as long as a sync is held up.
async fn read(
    backend: &Arc<dyn GraphBackend>,
    asks: &Arc<Vec<Ask>>,
    times: &mut Timings,
) -> Result<()> {
    let is_over = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for reader in 0..READERS {
        let (backend, asks) = (Arc::clone(backend), Arc::clone(asks));
        let is_over = Arc::clone(&is_over);
        tasks.spawn(async move {
            let mut took = Vec::new();
            let mine = asks.iter().cycle().skip(reader * asks.len() / READERS);
            for ask in mine {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                let begun = Instant::now();
                ask.of(backend.as_ref()).await?;
                took.push(begun.elapsed());
            }
            Result::Ok(took)
        });
    }
    tokio::time::sleep(HELD).await;
    is_over.store(true, Ordering::Relaxed);
    while let Some(ended) = tasks.join_next().await {
        ended??.into_iter().for_each(|took| times.add(took));
    }
    Ok(())
}
