//! Syncs of a replica with a real primary.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use adapter_turso::TursoBackend;
use memorygraph_bench::{Result, timing::Timings, writes::store_in_bulk};
use ports::{BackendError, GraphBackend, GraphBackendExt, Replica};
use tokio::runtime::Runtime;

use crate::{
    network::{MEMORIES, Network, new_memories},
    options::Options,
    report::{Figure, Goal, Report, millis},
};

/// How often a sync of one change is measured, and with latency.
const SYNCS: usize = 300;
const SLOW_SYNCS: usize = 60;

/// How often a sync of 1,000 changes is measured.
const LARGE_SYNCS: usize = 15;

/// How often a new replica is filled.
const FIRST_SYNCS: usize = 5;

/// How long a sync rests that the primary refuses.
const PAUSE: Duration = Duration::from_millis(50);

const ONE: &str = "sync: 1 change";
const ONE_SLOW: &str = "sync: 1 change, 40 ms later each answer";
const NONE_SLOW: &str = "sync: no change, 40 ms later each answer";
const MANY: &str = "sync: 1,000 changes";
const FIRST: &str = "sync: the first, of 20,000 memories";

pub(crate) fn measure(options: &Options, runtime: &Runtime, report: &mut Report) -> Result<()> {
    if !options.wants_any(&[ONE, ONE_SLOW, NONE_SLOW, MANY, FIRST]) {
        return Ok(());
    }
    let network = Network::start(runtime, true)?;
    runtime.block_on(async {
        if options.wants(FIRST) {
            first(&network, report).await?;
        }
        let mut devices = Devices {
            network: &network,
            writer: network.writer().await?,
            replica: network.near_replica("near.db").await?,
        };
        if options.wants(ONE) {
            devices.row(report, ONE, SYNCS, 1, Some(10.0)).await?;
        }
        if options.wants(MANY) {
            let goal = Some(300.0);
            devices.row(report, MANY, LARGE_SYNCS, 1_000, goal).await?;
        }
        devices.replica.close().await?;
        devices.replica = network.replica("far.db").await?;
        network.proxy.set_latency(Duration::from_millis(40));
        if options.wants(ONE_SLOW) {
            let goal = Some(100.0);
            devices.row(report, ONE_SLOW, SLOW_SYNCS, 1, goal).await?;
        }
        if options.wants(NONE_SLOW) {
            devices.row(report, NONE_SLOW, SLOW_SYNCS, 0, None).await?;
        }
        devices.replica.close().await?;
        devices.writer.close().await?;
        Ok(())
    })
}

/// One that writes, and one that syncs.
struct Devices<'a> {
    network: &'a Network,
    writer: TursoBackend,
    replica: TursoBackend,
}

impl Devices<'_> {
    /// Measures syncs that bring `changes` each.
    async fn row(
        &self,
        report: &mut Report,
        name: &str,
        syncs: usize,
        changes: usize,
        goal: Option<f64>,
    ) -> Result<()> {
        let memories = new_memories(syncs * changes, 1_000 + name.len() as u64);
        let mut times = Timings::default();
        let (mut requests, mut frames, mut again) = (0, 0, 0);
        for round in 0..syncs {
            let new = &memories[round * changes..][..changes];
            store_in_bulk(&self.writer, new, &[], changes.max(1)).await?;
            self.network.proxy.reset_requests();
            let begun = Instant::now();
            let synced = loop {
                match Replica::sync(&self.replica).await {
                    Ok(synced) => break synced,
                    Err(err) if !is_compacting(&err) => return Err(err.into()),
                    Err(_) => {
                        again += 1;
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            };
            times.add(begun.elapsed());
            requests += self.network.proxy.requests();
            frames += synced.frames;
            if let Some(last) = new.last() {
                self.replica
                    .memory(&last.id)
                    .await?
                    .ok_or("a change did not come")?;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of thousands")]
        let each = |count: f64| count / syncs as f64;
        #[expect(clippy::cast_precision_loss, reason = "counts of thousands")]
        let mut note = format!(
            "p95 {:.2} ms; {:.0} frames each; {syncs} syncs",
            millis(times.quantile(0.95)),
            each(frames as f64),
        );
        if requests > 0 {
            // Those of near replicas do not pass the proxy.
            #[expect(clippy::cast_precision_loss, reason = "counts of thousands")]
            write!(note, "; {:.0} requests each", each(requests as f64))?;
        }
        if again > 0 {
            write!(
                note,
                "; asked again {again} times while the primary compacted"
            )?;
        }
        report.figure(Figure {
            name: format!("{name}, median"),
            value: millis(times.median()),
            unit: "ms",
            goal: goal.map(Goal::Below),
            note,
        });
        Ok(())
    }
}

/// Says whether the primary is putting its log together, and for that time has nothing for those who
/// are behind.
pub(crate) fn is_compacting(err: &BackendError) -> bool {
    err.to_string().contains("snapshot not found")
}

/// Measures how long a new replica takes until it has everything.
async fn first(network: &Network, report: &mut Report) -> Result<()> {
    let mut times = Timings::default();
    let mut bytes = 0;
    for number in 0..FIRST_SYNCS {
        let name = format!("first-{number}.db");
        let begun = Instant::now();
        let replica = network.near_replica(&name).await?;
        times.add(begun.elapsed());
        bytes = network.size(&name)?;
        let stored = replica.statistics().await?.memories;
        if stored != MEMORIES as u64 {
            return Err(format!("{stored} of {MEMORIES} memories came").into());
        }
        replica.close().await?;
    }
    #[expect(clippy::cast_precision_loss, reason = "no file has 2^52 bytes")]
    let megabytes = bytes as f64 / 1_000_000.0;
    report.figure(Figure {
        name: format!("{FIRST} with 3 relationships each, median"),
        value: times.median().as_secs_f64(),
        unit: "s",
        goal: None,
        note: format!(
            "slowest {:.2} s; {megabytes:.0} MB on the disk; {FIRST_SYNCS} replicas",
            times.quantile(1.0).as_secs_f64()
        ),
    });
    Ok(())
}
