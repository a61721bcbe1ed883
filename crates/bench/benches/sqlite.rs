//! The questions of the measurement on 10,000 memories, each asked of the SQLite backend and of
//! hand-written SQL on the same file.

use std::{hint::black_box, time::Duration};

use adapter_sqlite::SqliteBackend;
use criterion::Criterion;
use memorygraph_bench::{graph::Graph, limit::Limit, workload};
use ports::GraphBackend;
use tokio::runtime::Runtime;

const MEMORIES: usize = 10_000;
const SEED: u64 = 20_261_124;

/// How many questions of each kind take turns.
const QUESTIONS: usize = 50;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    let folder = tempfile::tempdir().expect("the system gives a folder");
    let path = folder.path().join("memory.db");
    let runtime = Runtime::new().expect("the system gives threads");
    let backend = SqliteBackend::open(&path).expect("a new file");
    let graph = Graph::of(MEMORIES, SEED);
    runtime
        .block_on(async {
            backend.initialize_schema().await?;
            graph.store(&backend, |_| ()).await
        })
        .expect("a new file takes the graph");
    let limit = Limit::open(&path).expect("the backend made the file");

    for workload in workload::reads(&graph, QUESTIONS, SEED) {
        let mut group = criterion.benchmark_group(&workload.name);
        let mut questions = workload.questions.iter().cycle();
        group.bench_function("backend", |bencher| {
            bencher.iter(|| {
                let question = questions.next().expect("there is a question");
                let answer = runtime.block_on(question.ask.of(&backend));
                black_box(answer.expect("an answer"))
            });
        });
        let mut questions = workload.questions.iter().cycle();
        group.bench_function("limit", |bencher| {
            bencher.iter(|| {
                let question = questions.next().expect("there is a question");
                black_box(limit.answer(&question.ask).expect("an answer"))
            });
        });
        group.finish();
    }
    runtime
        .block_on(backend.close())
        .expect("an open backend closes");
    criterion.final_summary();
}
