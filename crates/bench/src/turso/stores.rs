//! What a replica's writes cost: requests counted at the proxy, and time.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use memorygraph_bench::{
    Result,
    timing::Timings,
    writes::{store_from_many, store_in_bulk},
};
use ports::{GraphBackend, GraphBackendExt};
use tokio::runtime::Runtime;

use crate::{
    network::{Network, new_memories},
    options::Options,
    report::{Figure, Goal, Report, millis},
};

/// How often one memory, or a batch, is stored.
const SINGLE: usize = 200;
const BATCHES: usize = 10;
const BATCH: usize = 1_000;

/// How many callers store at the same time, and how many memories they store together.
const CALLERS: usize = 64;
const FROM_MANY: usize = 3_200;

const ONE: &str = "replica, store: 1 memory";
const MANY: &str = "replica, store: 1,000 memories in a batch";
const CALLS: &str = "replica, store: 64 callers, one memory a call";

pub(crate) fn measure(options: &Options, runtime: &Runtime, report: &mut Report) -> Result<()> {
    if !options.wants_any(&[ONE, MANY, CALLS]) {
        return Ok(());
    }
    let network = Network::start(runtime, true)?;
    runtime.block_on(async {
        let replica: Arc<dyn GraphBackend> = Arc::new(network.replica("replica.db").await?);
        for (name, times, size) in [(ONE, SINGLE, 1), (MANY, BATCHES, BATCH)] {
            if options.wants(name) {
                calls(&network, replica.as_ref(), report, (name, times, size)).await?;
            }
        }
        for latency in [Duration::ZERO, Duration::from_millis(40)] {
            if options.wants(CALLS) {
                callers(&network, &replica, report, latency).await?;
            }
        }
        replica.close().await?;
        Ok(())
    })
}

/// Stores batch after batch.
async fn calls(
    network: &Network,
    replica: &dyn GraphBackend,
    report: &mut Report,
    (name, count, size): (&str, usize, usize),
) -> Result<()> {
    let memories = new_memories(count * size, 2_000 + size as u64);
    let mut times = Timings::default();
    let mut unseen = 0;
    let mut requests = Vec::new();
    for batch in memories.chunks(size) {
        network.proxy.reset_requests();
        let begun = Instant::now();
        store_in_bulk(replica, batch, &[], size).await?;
        times.add(begun.elapsed());
        requests.push(network.proxy.request_lines());
        let last = batch.last().ok_or("a batch has memories")?;
        if replica.memory(&last.id).await?.is_none() {
            unseen += 1;
        }
    }
    requests.sort_by_key(Vec::len);
    let most = requests.last().map_or(0, Vec::len);
    let compacting = requests.iter().filter(|lines| has_snapshot(lines)).count();
    report.figure(Figure {
        name: format!("{name}, most requests"),
        value: f64::from(u32::try_from(most)?),
        unit: "requests",
        goal: Some(Goal::AtMost(3.0)),
        note: format!(
            "usually {}; {compacting} of {count} calls met the primary compacting its log",
            paths(&requests[count / 2])
        ),
    });
    report.figure(Figure {
        name: format!("{name}, median"),
        value: millis(times.median()),
        unit: "ms",
        goal: None,
        note: format!(
            "p95 {:.2} ms; {count} calls; {unseen} returned before the replica showed it",
            millis(times.quantile(0.95))
        ),
    });
    Ok(())
}

/// Stores from many callers at the same time.
async fn callers(
    network: &Network,
    replica: &Arc<dyn GraphBackend>,
    report: &mut Report,
    latency: Duration,
) -> Result<()> {
    let seed = 3_000 + u64::try_from(latency.as_millis())?;
    let memories = new_memories(FROM_MANY, seed);
    network.proxy.set_latency(latency);
    network.proxy.reset_requests();
    let took = store_from_many(replica, &memories, CALLERS).await?;
    let requests = network.proxy.requests();
    network.proxy.set_latency(Duration::ZERO);
    let stored = f64::from(u32::try_from(FROM_MANY)?);
    let name = if latency.is_zero() {
        CALLS.to_owned()
    } else {
        format!("{CALLS}, {} ms later each answer", latency.as_millis())
    };
    report.figure(Figure {
        name: format!("{name}, requests"),
        value: f64::from(u32::try_from(requests)?) / stored,
        unit: "a store",
        goal: None,
        note: format!("{requests} requests for {FROM_MANY} memories"),
    });
    report.figure(Figure {
        name: format!("{name}, rate"),
        value: stored / took.as_secs_f64(),
        unit: "stores a second",
        goal: None,
        note: String::new(),
    });
    Ok(())
}

/// Says whether the replica had to ask for what the primary had taken out of its log.
fn has_snapshot(lines: &[String]) -> bool {
    lines.iter().any(|line| line.contains("/Snapshot"))
}

/// Returns the paths of requests.
fn paths(lines: &[String]) -> String {
    let paths = lines.iter().filter_map(|line| line.split(' ').nth(1));
    let paths: Vec<String> = paths.map(|path| format!("`{path}`")).collect();
    paths.join(", ")
}
