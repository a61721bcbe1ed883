//! The server for agents: how long an agent waits for it, and how much memory it takes.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use domain::{Memory, SearchMode};
use memorygraph_bench::{
    Result,
    ask::{Ask, Only},
    graph::Graph,
    limit::Limit,
    store::{self, Store},
    timing::Timings,
    workload::Workload,
};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{
    children::megabytes,
    options::Options,
    reads,
    report::{Figure, Report},
    stdio::{Call, Served},
};

/// How many servers are started on a store.
const STARTS: usize = 50;

/// How many calls a server answers whose memory is measured.
const CALLS: usize = 1_000;

/// How many memories the store has that is small enough to be in the page cache as a whole.
const SMALL: usize = 1_000;

/// The most megabytes that such a server may take.
const RESIDENT: f64 = 30.0;

/// The most milliseconds that 95 of 100 recalls may take.
const RECALL: f64 = 15.0;

pub(crate) fn measure(
    options: &Options,
    runtime: &Runtime,
    store: &Store,
    report: &mut Report,
) -> Result<()> {
    if !options.wants("serve") {
        return Ok(());
    }
    let server = Server {
        program: &options.server,
        // Recalls count what they find as used, and the stores are used again.
        store: options.folder.join("served.db"),
        home: options.folder.join("home"),
    };
    fs::create_dir_all(&server.home)?;

    let anything = Ask::Search {
        text: "timeout retry connection".to_owned(),
        mode: SearchMode::Fuzzy,
        only: Only::default(),
    };
    let empty = || {
        store::remove(&server.store);
        runtime.block_on(store::open(&server.store, runtime)?.close())?;
        Result::Ok(())
    };
    empty()?;
    let name = "an empty store";
    server.starts(report, name, Some(30.0), &anything, || Ok(()))?;
    let name = "a file that is not there yet";
    let none = || {
        store::remove(&server.store);
        Ok(())
    };
    server.starts(report, name, None, &anything, none)?;
    server.copies(store)?;
    let three = question(store, "recall: 3 rare words")?;
    let name = format!("{} memories", store.memories);
    server.starts(report, &name, Some(60.0), &three, || Ok(()))?;

    if store.memories > SMALL {
        let small = store::prepare(&options.folder, SMALL, runtime)?;
        server.copies(&small)?;
        server.resides(report, &small)?;
    }
    server.copies(store)?;
    server.resides(report, store)?;
    server.copies(store)?;
    server.recalls(report, options.rounds, store)?;
    store::remove(&server.store);
    for figure in &report.figures {
        eprintln!("{}", figure.line());
    }
    Ok(())
}

/// The first question of a workload.
fn question(store: &Store, name: &str) -> Result<Ask> {
    let workload = store.workloads.iter().find(|it| it.name == name);
    let question = workload.and_then(|workload| workload.questions.first());
    let question = question.ok_or_else(|| format!("the graph gives no questions for {name:?}"))?;
    Ok(question.ask.clone())
}

/// A program, and the store that it serves.
struct Server<'a> {
    program: &'a Path,
    store: PathBuf,
    home: PathBuf,
}

impl Server<'_> {
    /// Makes the store the same as another.
    fn copies(&self, store: &Store) -> Result<()> {
        store::remove(&self.store);
        fs::copy(&store.path, &self.store)?;
        Ok(())
    }

    fn start(&self) -> Result<(Served, Duration)> {
        Served::start(self.program, &self.store, &self.home)
    }

    /// Measures from spawning to the first answer, and to that of a first recall. `prepare` goes
    /// before each start. The limit is a process that opens the file and answers by hand.
    fn starts(
        &self,
        report: &mut Report,
        name: &str,
        goal: Option<f64>,
        ask: &Ask,
        prepare: impl Fn() -> Result<()>,
    ) -> Result<()> {
        let recall = Call::of(ask).ok_or("a recall is a call")?;
        let ask = serde_json::to_string(ask)?;
        let (mut firsts, mut recalled) = (Timings::default(), Timings::default());
        let (mut opened, mut answered) = (Timings::default(), Timings::default());
        for turn in 0..=STARTS {
            prepare()?;
            let (mut served, first) = self.start()?;
            served.calls(&recall)?;
            let recall = served.age();
            served.ends()?;
            let open = self.by_hand(&["--child-open-by-hand"], &[])?;
            let answer = self.by_hand(&["--child-answer-by-hand"], &[&ask])?;
            // The first turn brings programs and file into the page cache.
            if turn > 0 {
                firsts.add(first);
                recalled.add(recall);
                opened.add(open);
                answered.add(answer);
            }
        }
        for (what, ours, limit) in [
            ("the first answer", &firsts, &opened),
            ("the first recall's answer", &recalled, &answered),
        ] {
            // The goal is for the first request, whatever it asks for.
            for (share, which) in [(0.5, "median"), (0.95, "p95")] {
                report.figures.push(Figure {
                    name: format!("serve {name}: from spawn to {what}, {which} of {STARTS}"),
                    value: millis(ours.quantile(share)),
                    unit: "ms",
                    goal,
                    limit: Some(millis(limit.quantile(share))),
                });
            }
        }
        Ok(())
    }

    /// Runs this program on the store, and returns how long it took from spawning until it said
    /// something.
    fn by_hand(&self, task: &[&str], more: &[&str]) -> Result<Duration> {
        let program = std::env::current_exe()?;
        let spawned = Instant::now();
        let mut child = Command::new(program)
            .args(task)
            .arg(&self.store)
            .args(more)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let said = child.stdout.take().ok_or("no pipe")?;
        BufReader::new(said).read_line(&mut line)?;
        let took = spawned.elapsed();
        if child.wait()?.success() {
            Ok(took)
        } else {
            Err("the process that answers by hand failed".into())
        }
    }

    /// Measures the memory of a server that answered many calls: reads of each kind, and a store
    /// after each four of them.
    fn resides(&self, report: &mut Report, store: &Store) -> Result<()> {
        let asks = (0..CALLS).flat_map(|turn| {
            let questions = store.workloads.iter().map(|workload| &workload.questions);
            questions.filter_map(move |questions| Some(&questions.get(turn % questions.len())?.ask))
        });
        let mut reads = asks.filter_map(Call::of);
        let graph = Graph::of(CALLS, store::SEED + 3);
        let mut stores = graph.memories.iter().map(stores);
        let (mut served, _) = self.start()?;
        for turn in 1..=CALLS {
            let call = if turn % 5 == 0 {
                stores.next()
            } else {
                reads.next()
            };
            served.calls(&call.ok_or("the graph gives too few questions")?)?;
        }
        let (resident, most) = served.bytes()?;
        served.ends()?;
        for (what, bytes, goal) in [
            ("resident", resident, Some(RESIDENT)),
            ("most ever resident", most, None),
        ] {
            report.figures.push(Figure {
                name: format!(
                    "serve {} memories: {what} after {CALLS} mixed calls",
                    store.memories
                ),
                value: megabytes(bytes),
                unit: "MB",
                goal,
                limit: None,
            });
        }
        Ok(())
    }

    /// Measures `recall_memories`, kind by kind and all together.
    fn recalls(&self, report: &mut Report, rounds: usize, store: &Store) -> Result<()> {
        let is_recall = |ask: &Ask| Call::of(ask).is_some_and(|it| it.tool == "recall_memories");
        let recalls = store.workloads.iter().filter(|workload| {
            let first = workload.questions.first();
            first.is_some_and(|question| is_recall(&question.ask))
        });
        let mut workloads: Vec<Workload> = recalls.cloned().collect();
        let questions = workloads.iter().flat_map(|it| it.questions.clone());
        let all = Workload {
            name: "recall: all of these".to_owned(),
            goal_millis: None,
            questions: questions.collect(),
        };
        workloads.push(all);
        let limit = Limit::open(&self.store)?;
        let (mut served, _) = self.start()?;
        let mut recall = |ask: &Ask| {
            let call = Call::of(ask).ok_or("a recall is a call")?;
            let (took, found) = served.calls(&call)?;
            let items = found["items"].as_array().ok_or("an answer without items")?;
            let ids = items.iter().map(|hit| hit["memory"]["id"].as_str());
            let ids: Option<Vec<_>> = ids.map(|id| id.map(str::to_owned)).collect();
            Ok((took, ids.ok_or("a hit without an id")?))
        };
        let mut calls = Timings::default();
        for mut workload in workloads {
            workload.name = format!("over stdio, {}", workload.name);
            workload.goal_millis = Some(RECALL);
            let (row, took) = reads::compare(rounds, &workload, &mut recall, &limit)?;
            report.reads.push(row);
            calls = took;
        }
        served.ends()?;
        report.figures.push(Figure {
            name: format!("serve {} memories: recall, all kinds, p99", store.memories),
            value: millis(calls.quantile(0.99)),
            unit: "ms",
            goal: None,
            limit: None,
        });
        Ok(())
    }
}

/// The call that stores a memory.
fn stores(memory: &Memory) -> Call {
    Call {
        tool: "store_memory",
        arguments: json!({
            "type": memory.memory_type,
            "title": memory.title,
            "content": memory.content,
            "tags": memory.tags,
            "importance": memory.importance,
        }),
    }
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1_000.0
}
