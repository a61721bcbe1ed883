//! Local mode and the SQLite backend on copies of one file: both take turns, and the processors'
//! time counts.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use adapter_turso::{Mode, TursoBackend};
use domain::{Memory, MemoryId, Timestamp};
use memorygraph_bench::{
    Result,
    ask::Ask,
    graph::Graph,
    machine::cpu_time,
    store::{self, SEED},
    workload::{Question, Workload},
    writes::{store_from_many, store_in_bulk},
};
use ports::GraphBackend;
use tokio::runtime::Runtime;

use crate::{
    network,
    options::Options,
    report::{Ratio, Report},
};

/// The least time of a turn, so that what a thread begins and ends with counts for little.
const TURN: Duration = Duration::from_millis(100);

/// How many memories the writes of a round store one by one, from many callers, and in a batch.
const ONE_BY_ONE: usize = 200;
const FROM_MANY: usize = 3_200;
const BATCH: usize = 1_000;

/// How many callers store at the same time.
const CALLERS: usize = 64;

/// Returns the name and version of the engine.
pub(crate) async fn engine() -> Result<String> {
    let options = network::options(Path::new(":memory:"), None, Mode::Local);
    let backend = TursoBackend::create(options).await?;
    let engine = backend.health().await?.engine;
    backend.close().await?;
    Ok(engine)
}

/// Two backends with the same memories.
struct Pair<'a> {
    options: &'a Options,
    runtime: &'a Runtime,
    turso: Arc<dyn GraphBackend>,
    sqlite: Arc<dyn GraphBackend>,
    memories: usize,
}

pub(crate) fn measure(
    options: &Options,
    memories: usize,
    runtime: &Runtime,
    report: &mut Report,
) -> Result<()> {
    let kept = store::prepare(&options.folder, memories, runtime)?;
    let copy = |name: &str| -> Result<PathBuf> {
        let path = options.folder.join(name);
        store::remove(&path);
        std::fs::copy(&kept.path, &path)?;
        Ok(path)
    };
    let (for_turso, for_sqlite) = (copy("turso.db")?, copy("sqlite.db")?);
    let turso = network::options(&for_turso, None, Mode::Local);
    let turso = runtime.block_on(async {
        let backend = TursoBackend::create(turso).await?;
        backend.initialize_schema().await?;
        Result::Ok(Arc::new(backend))
    })?;
    let pair = Pair {
        options,
        runtime,
        turso,
        sqlite: store::open(&for_sqlite, runtime)?,
        memories,
    };
    let mut workloads = kept.workloads;
    workloads.extend(pair.more_workloads(&workloads)?);
    for workload in &workloads {
        if options.wants(&workload.name) {
            report.ratios.push(pair.reads(workload)?);
        }
    }
    pair.writes(&workloads, report)?;
    for backend in [&pair.turso, &pair.sqlite] {
        runtime.block_on(backend.close())?;
    }
    store::remove(&for_turso);
    store::remove(&for_sqlite);
    Ok(())
}

/// What a backend does in the turn of a round.
type Work<'a> = dyn Fn(&Arc<dyn GraphBackend>, usize) -> Result<()> + 'a;

impl Pair<'_> {
    /// Lets the backends take turns, and returns what a call needs in each.
    fn turns(&self, name: &str, calls: usize, work: &Work<'_>) -> Result<Ratio> {
        let calls = u32::try_from(calls)?;
        let mut rounds = Vec::new();
        for round in 0..self.options.rounds {
            let mut times = Vec::new();
            for backend in [&self.turso, &self.sqlite] {
                let before = cpu_time()?;
                work(backend, round)?;
                times.push((cpu_time()?.saturating_sub(before)) / calls);
            }
            rounds.push((times[0], times[1]));
        }
        let ratio = Ratio {
            name: name.to_owned(),
            memories: self.memories,
            rounds,
        };
        eprintln!("{}", ratio.line());
        Ok(ratio)
    }

    fn reads(&self, workload: &Workload) -> Result<Ratio> {
        // Warms both up, and tells how often the questions fit into a turn.
        let begun = Instant::now();
        for question in &workload.questions {
            let ask = &question.ask;
            let (turso, sqlite) = self.runtime.block_on(async {
                let turso = ask.of(self.turso.as_ref()).await?;
                Result::Ok((turso, ask.of(self.sqlite.as_ref()).await?))
            })?;
            if turso != sqlite {
                return Err(format!("the backends answer {ask:?} differently").into());
            }
        }
        let once = (begun.elapsed() / 2).max(Duration::from_micros(1));
        let repeats = TURN.as_nanos().div_ceil(once.as_nanos());
        let calls = workload.questions.len() * usize::try_from(repeats)?;
        self.turns(&workload.name, calls, &|backend, _| {
            self.runtime.block_on(async {
                for question in workload.questions.iter().cycle().take(calls) {
                    question.ask.of(backend.as_ref()).await?;
                }
                Ok(())
            })
        })
    }

    /// Returns what the stored workloads do not ask, about the same memories.
    fn more_workloads(&self, workloads: &[Workload]) -> Result<Vec<Workload>> {
        let ids = known(workloads);
        let memories = self.runtime.block_on(self.sqlite.memories(&ids))?;
        let moments: Vec<Timestamp> = memories.iter().map(|it| it.updated_at).collect();
        let workload = |name: &str, asks: Vec<Ask>| Workload {
            name: name.to_owned(),
            goal_millis: None,
            questions: asks
                .into_iter()
                .map(|ask| Question { ask, wanted: None })
                .collect(),
        };
        Ok(vec![
            workload(
                "list: relationships of a memory",
                ids.into_iter().map(Ask::Relationships).collect(),
            ),
            workload(
                "list: changes since",
                moments.into_iter().map(Ask::Changes).collect(),
            ),
        ])
    }

    fn writes(&self, workloads: &[Workload], report: &mut Report) -> Result<()> {
        let options = self.options;
        let names = [
            "store: 1 caller, one memory a call",
            "store: 64 callers, one memory a call",
            "store: 1,000 memories in a batch",
            "relate: 1,000 relationships in a batch",
            "update: 1 caller, one memory a call",
        ];
        if !options.wants_any(&names) {
            return Ok(());
        }
        let a_round = ONE_BY_ONE + FROM_MANY + BATCH;
        let new = Graph::of(a_round * options.rounds, SEED + 1);
        let part = |round: usize, first: usize, count: usize| -> &[Memory] {
            &new.memories[round * a_round + first..][..count]
        };
        let mut add = |name: &str, calls: usize, work: &Work<'_>| -> Result<()> {
            report.ratios.push(self.turns(name, calls, work)?);
            Ok(())
        };
        let run = self.runtime;
        add(names[0], ONE_BY_ONE, &|backend, round| {
            let memories = part(round, 0, ONE_BY_ONE);
            run.block_on(store_from_many(backend, memories, 1))
                .map(drop)
        })?;
        add(names[1], FROM_MANY, &|backend, round| {
            let memories = part(round, ONE_BY_ONE, FROM_MANY);
            run.block_on(store_from_many(backend, memories, CALLERS))
                .map(drop)
        })?;
        add(names[2], 1, &|backend, round| {
            let memories = part(round, ONE_BY_ONE + FROM_MANY, BATCH);
            run.block_on(store_in_bulk(backend.as_ref(), memories, &[], BATCH))
                .map(drop)
        })?;
        add(names[3], 1, &|backend, round| {
            let relationships = &new.relationships[round * BATCH..][..BATCH];
            run.block_on(store_in_bulk(backend.as_ref(), &[], relationships, BATCH))
                .map(drop)
        })?;
        let known = known(workloads);
        add(names[4], known.len(), &|backend, round| {
            run.block_on(async {
                let mut memories = backend.memories(&known).await?;
                for memory in &mut memories {
                    memory.title = format!("Changed in round {round}");
                }
                store_from_many(backend, &memories, 1).await.map(drop)
            })
        })
    }
}

/// Returns the memories that the questions for one ask for, each once.
fn known(workloads: &[Workload]) -> Vec<MemoryId> {
    let questions = workloads.iter().flat_map(|workload| &workload.questions);
    let mut ids: Vec<MemoryId> = questions
        .filter_map(|question| match &question.ask {
            Ask::Get(id) => Some(id.clone()),
            _ => None,
        })
        .collect();
    ids.sort();
    ids.dedup();
    ids
}
