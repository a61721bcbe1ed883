//! Storing: from many callers at the same time, and in bulk.

use std::{path::PathBuf, time::Duration};

use domain::Memory;
use memorygraph_bench::{
    Result,
    graph::Graph,
    limit::Limit,
    store,
    timing::{Timings, timed},
    writes::{store_from_many, store_in_bulk},
};
use tokio::runtime::Runtime;

use crate::{
    options::Options,
    report::{RateRow, Report},
};

/// How many memories are stored in bulk, and three times as many relationships.
const BULK: usize = 10_000;

/// How many callers store at the same time, and how many memories they store together.
const CALLERS: usize = 64;
const FROM_MANY: usize = 12_800;

/// How many memories are stored with one commit each.
const ONE_BY_ONE: usize = 500;

pub(crate) fn measure(options: &Options, runtime: &Runtime, report: &mut Report) -> Result<()> {
    let names = ["store: 64 callers", "store: 1 caller", "bulk"];
    if !names.iter().any(|name| name.contains(&options.only)) {
        return Ok(());
    }
    let graph = Graph::of(FROM_MANY, store::SEED + 1);
    let writer = Writer {
        options,
        runtime,
        path: options.folder.join("writes.db"),
    };
    writer.compare(&graph.memories[..1_000])?;
    let memories = &graph.memories;
    let one_by_one = &memories[..ONE_BY_ONE];
    let mut rows = Vec::new();
    rows.push(writer.row(
        "store: 64 callers, one memory a call",
        "one caller, a commit for each INSERT",
        Some(10.0),
        (FROM_MANY, &|| writer.many(memories, CALLERS)),
        (ONE_BY_ONE, &|| {
            writer.limit(|limit| limit.store_each(one_by_one))
        }),
    )?);
    rows.push(writer.row(
        "store: 1 caller, one memory a call",
        "one caller, a commit for each INSERT",
        None,
        (ONE_BY_ONE, &|| writer.many(one_by_one, 1)),
        (ONE_BY_ONE, &|| {
            writer.limit(|limit| limit.store_each(one_by_one))
        }),
    )?);
    let bulk = &memories[..BULK];
    for size in [1_000, BULK] {
        rows.push(writer.row(
            &format!("bulk: 10,000 memories in batches of {size}"),
            "one transaction, a prepared INSERT a row",
            Some(0.6),
            (BULK, &|| writer.bulk(bulk, size)),
            (BULK, &|| writer.limit(|limit| limit.store(bulk, &[], BULK))),
        )?);
    }
    let small = Graph::of(BULK, store::SEED + 2);
    let count = small.relationships.len();
    rows.push(writer.row(
        "bulk: 30,000 relationships in batches of 1000",
        "one transaction, a prepared INSERT a row",
        None,
        (count, &|| writer.relationships(&small)),
        (count, &|| writer.limit_relationships(&small)),
    )?);
    report.rates.extend(rows);
    store::remove(&writer.path);
    Ok(())
}

/// Stores into a new file each time.
struct Writer<'a> {
    options: &'a Options,
    runtime: &'a Runtime,
    path: PathBuf,
}

/// How many things a way stores, and how long it takes.
type Way<'a> = (usize, &'a dyn Fn() -> Result<Duration>);

impl Writer<'_> {
    /// Lets backend and limit take turns.
    fn row(
        &self,
        name: &str,
        limit_name: &str,
        goal: Option<f64>,
        ours: Way<'_>,
        theirs: Way<'_>,
    ) -> Result<RateRow> {
        let (mut our_times, mut their_times) = (Timings::default(), Timings::default());
        for _ in 0..self.options.rounds {
            our_times.add(ours.1()?);
            their_times.add(theirs.1()?);
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of thousands")]
        let rate = |count: usize, times: &Timings| count as f64 / times.median().as_secs_f64();
        let row = RateRow {
            name: name.to_owned(),
            rate: rate(ours.0, &our_times),
            limit_name: limit_name.to_owned(),
            limit_rate: rate(theirs.0, &their_times),
            goal,
        };
        eprintln!("{}", row.line());
        Ok(row)
    }

    fn many(&self, memories: &[Memory], callers: usize) -> Result<Duration> {
        store::remove(&self.path);
        let backend = store::open(&self.path, self.runtime)?;
        self.runtime.block_on(async {
            let took = store_from_many(&backend, memories, callers).await?;
            let stored = backend.statistics().await?.memories;
            if stored != memories.len() as u64 {
                return Err(format!("{stored} of {} are stored", memories.len()).into());
            }
            backend.close().await?;
            Ok(took)
        })
    }

    fn bulk(&self, memories: &[Memory], size: usize) -> Result<Duration> {
        store::remove(&self.path);
        let backend = store::open(&self.path, self.runtime)?;
        self.runtime.block_on(async {
            let took = store_in_bulk(backend.as_ref(), memories, &[], size).await?;
            backend.close().await?;
            Ok(took)
        })
    }

    fn limit(&self, store: impl Fn(&mut Limit) -> Result<()>) -> Result<Duration> {
        let mut limit = self.empty()?;
        let (took, stored) = timed(|| store(&mut limit));
        stored.map(|()| took)
    }

    fn relationships(&self, graph: &Graph) -> Result<Duration> {
        store::remove(&self.path);
        let backend = store::open(&self.path, self.runtime)?;
        self.runtime.block_on(async {
            store_in_bulk(backend.as_ref(), &graph.memories, &[], BULK).await?;
            let relationships = &graph.relationships;
            let took = store_in_bulk(backend.as_ref(), &[], relationships, 1_000).await?;
            backend.close().await?;
            Ok(took)
        })
    }

    fn limit_relationships(&self, graph: &Graph) -> Result<Duration> {
        let mut limit = self.empty()?;
        limit.store(&graph.memories, &[], BULK)?;
        let (took, stored) = timed(|| limit.store(&[], &graph.relationships, usize::MAX));
        stored.map(|()| took)
    }

    /// Opens a new file of the backend's schema by hand.
    fn empty(&self) -> Result<Limit> {
        store::remove(&self.path);
        let backend = store::open(&self.path, self.runtime)?;
        self.runtime.block_on(backend.close())?;
        Limit::open(&self.path)
    }

    /// Fails unless both ways store the same memories, tags and indexed words.
    fn compare(&self, memories: &[Memory]) -> Result<()> {
        self.bulk(memories, 1_000)?;
        let ours = Limit::open(&self.path)?.contents()?;
        let mut limit = self.empty()?;
        limit.store(memories, &[], BULK)?;
        let theirs = limit.contents()?;
        if ours == theirs {
            return Ok(());
        }
        let first = ours.iter().zip(&theirs).find(|(a, b)| a != b);
        Err(format!("backend and limit store different rows: {first:#?}").into())
    }
}
