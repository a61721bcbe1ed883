//! Questions to the large graph: backend and limit take turns.

use std::time::Duration;

use memorygraph_bench::{
    Result,
    ask::{Answer, Ask},
    limit::Limit,
    store::{self, Store},
    timing::{Timings, timed},
    workload::{Question, Workload},
};
use tokio::runtime::Runtime;

use crate::{
    options::Options,
    report::{ReadRow, Report},
};

/// How many questions warm the caches up before a round counts.
const WARM_UP: usize = 20;

pub(crate) fn measure(
    options: &Options,
    runtime: &Runtime,
    store: &Store,
    report: &mut Report,
) -> Result<()> {
    let backend = store::open(&store.path, runtime)?;
    let limit = Limit::open(&store.path)?;
    let mut ours = |ask: &Ask| {
        let (took, answer) = timed(|| runtime.block_on(ask.of(backend.as_ref())));
        Ok((took, answer?))
    };
    for workload in &store.workloads {
        if options.wants(&workload.name) {
            let (row, _) = compare(options.rounds, workload, &mut ours, &limit)?;
            report.reads.push(row);
        }
    }
    runtime.block_on(backend.close()).map_err(Into::into)
}

/// Lets a way of asking and the limit take turns, and returns how long each call of the first took
/// beside what they come to.
pub(crate) fn compare(
    rounds: usize,
    workload: &Workload,
    ask: &mut dyn FnMut(&Ask) -> Result<(Duration, Answer)>,
    limit: &Limit,
) -> Result<(ReadRow, Timings)> {
    if workload.questions.is_empty() {
        return Err(format!("the graph gives no questions for {:?}", workload.name).into());
    }
    for question in workload.questions.iter().take(WARM_UP) {
        ask(&question.ask)?;
        limit.answer(&question.ask)?;
    }
    let mut agreement = Agreement::default();
    let mut measured = Vec::new();
    for round in 0..rounds {
        let (mut ours, mut theirs) = (Timings::default(), Timings::default());
        for question in &workload.questions {
            let (took, answer) = ask(&question.ask)?;
            ours.add(took);
            let (took, limited) = timed(|| limit.answer(&question.ask));
            theirs.add(took);
            let limited = limited?;
            if round == 0 {
                agreement.add(question, &answer, &limited);
            }
        }
        measured.push((ours, theirs));
    }
    // Each figure is the median of the rounds.
    let figure = |of: &dyn Fn(&(Timings, Timings)) -> Duration| {
        let mut figures = Timings::default();
        for round in &measured {
            figures.add(of(round));
        }
        figures.median()
    };
    let row = ReadRow {
        name: workload.name.clone(),
        goal_millis: workload.goal_millis,
        median: figure(&|round| round.0.median()),
        p95: figure(&|round| round.0.quantile(0.95)),
        slowest: figure(&|round| round.0.quantile(1.0)),
        limit_median: figure(&|round| round.1.median()),
        limit_p95: figure(&|round| round.1.quantile(0.95)),
        agreement: agreement.words(),
    };
    eprintln!("{}", row.line());
    let mut calls = Timings::default();
    for (ours, _) in &measured {
        calls.extend(ours);
    }
    Ok((row, calls))
}

/// How right the answers were.
#[derive(Default)]
struct Agreement {
    questions: usize,
    found: Option<usize>,
    found_by_limit: usize,
    same: usize,
}

impl Agreement {
    fn add(&mut self, question: &Question, ours: &Answer, theirs: &Answer) {
        self.questions += 1;
        if let Some(wanted) = &question.wanted {
            let has = |answer: &Answer| answer.iter().any(|id| id == wanted.as_str());
            *self.found.get_or_insert_default() += usize::from(has(ours));
            self.found_by_limit += usize::from(has(theirs));
        }
        let same = match question.ask {
            Ask::Path { .. } => ours.len() == theirs.len(),
            Ask::Statistics => {
                let sorted = |answer: &Answer| {
                    let mut answer = answer.clone();
                    answer.sort();
                    answer
                };
                sorted(ours) == sorted(theirs)
            }
            _ => ours == theirs,
        };
        self.same += usize::from(same);
    }

    fn words(&self) -> String {
        match self.found {
            Some(found) => format!(
                "{found} of {} found, by the limit {}",
                self.questions, self.found_by_limit
            ),
            None => format!("{} of {} the same", self.same, self.questions),
        }
    }
}
