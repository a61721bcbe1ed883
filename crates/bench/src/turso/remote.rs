//! Remote mode: each call travels.

use std::time::Instant;

use domain::{Memory, SearchMode, Sort};
use memorygraph_bench::{
    Result,
    ask::{Ask, Only},
    timing::Timings,
    writes::store_in_bulk,
};
use ports::GraphBackend;
use tokio::runtime::Runtime;

use crate::{
    network::{Network, new_memories},
    options::Options,
    report::{Call, Report},
};

/// How often a read is asked.
const READS: usize = 100;

/// How often one memory, or a batch, is stored.
const SINGLE: usize = 100;
const BATCHES: usize = 10;
const BATCH: usize = 1_000;

pub(crate) fn measure(options: &Options, runtime: &Runtime, report: &mut Report) -> Result<()> {
    let known = new_memories(READS, 0);
    let reads = reads(&known);
    let stores = [
        ("remote: store 1 memory", SINGLE, 1),
        ("remote: store 1,000 memories in a batch", BATCHES, BATCH),
    ];
    let names = reads.iter().map(|(name, _)| *name);
    let names: Vec<&str> = names.chain(stores.iter().map(|store| store.0)).collect();
    if !options.wants_any(&names) {
        return Ok(());
    }
    let network = Network::start(runtime, true)?;
    runtime.block_on(async {
        let backend = network.remote().await?;
        for (name, asks) in &reads {
            let mut calls = Calls::new(&network);
            for ask in asks {
                let begun = Instant::now();
                ask.of(&backend).await?;
                calls.times.add(begun.elapsed());
            }
            calls.end(name, asks.len(), report)?;
        }
        for (name, count, size) in stores {
            let memories = new_memories(count * size, 5_000 + size as u64);
            let mut calls = Calls::new(&network);
            for batch in memories.chunks(size) {
                let begun = Instant::now();
                store_in_bulk(&backend, batch, &[], size).await?;
                calls.times.add(begun.elapsed());
            }
            calls.end(name, count, report)?;
        }
        backend.close().await?;
        Ok(())
    })
}

/// The calls of a row.
struct Calls<'a> {
    network: &'a Network,
    times: Timings,
}

impl<'a> Calls<'a> {
    fn new(network: &'a Network) -> Self {
        network.proxy.reset_requests();
        Self {
            network,
            times: Timings::default(),
        }
    }

    fn end(self, name: &str, calls: usize, report: &mut Report) -> Result<()> {
        let requests = u32::try_from(self.network.proxy.requests())?;
        let call = Call {
            name: name.to_owned(),
            median: self.times.median(),
            p95: self.times.quantile(0.95),
            requests: f64::from(requests) / f64::from(u32::try_from(calls)?),
        };
        eprintln!("{}", call.line());
        report.remote.push(call);
        Ok(())
    }
}

fn reads(known: &[Memory]) -> Vec<(&'static str, Vec<Ask>)> {
    let of_each = |ask: &dyn Fn(&Memory) -> Ask| known.iter().map(ask).collect();
    let walk = |depth| {
        move |memory: &Memory| Ask::Walk {
            from: memory.id.clone(),
            depth,
        }
    };
    let first_words = |memory: &Memory| {
        let words: Vec<&str> = memory.title.split(' ').take(2).collect();
        words.join(" ")
    };
    vec![
        ("remote: get by id", of_each(&|it| Ask::Get(it.id.clone()))),
        (
            "remote: list recent",
            vec![
                Ask::List {
                    sort: Sort::RecentlyUpdated,
                    only: Only::default(),
                };
                READS
            ],
        ),
        (
            "remote: relationships of a memory",
            of_each(&|it| Ask::Relationships(it.id.clone())),
        ),
        ("remote: related, depth 1", of_each(&walk(1))),
        ("remote: related, depth 2", of_each(&walk(2))),
        (
            "remote: recall 2 words of a title",
            of_each(&|it| Ask::Search {
                text: first_words(it),
                mode: SearchMode::Fuzzy,
                only: Only::default(),
            }),
        ),
        ("remote: statistics", vec![Ask::Statistics; 20]),
    ]
}
