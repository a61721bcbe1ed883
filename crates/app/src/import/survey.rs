//! The first look at a file: can it be read, what can be kept, what is missing.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Seek},
    ops::ControlFlow,
    thread,
};

use domain::{MemoryId, Timestamp};
use ports::RecordKind;
use tokio::sync::mpsc;

use super::{
    ImportError, Problem, Problems, Progress, Report, Stage,
    cycles::Edges,
    format::Format,
    item::{Item, Record, Texts, Unfit},
    record::Stated,
};
use crate::Result;

/// How many records are checked between two reports of progress.
const STEP: u64 = 1_000;
/// The most cycles that a report names.
const CYCLES: usize = 100;

/// What a file holds.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) format: Format,
    /// The relationships that can be kept once the store turns out to have these ends, which the
    /// file does not have.
    pub(super) loose: Vec<Loose>,
    /// Whether a relationship stands before a memory that it joins.
    pub(super) is_out_of_order: bool,
    /// The records that cannot be kept.
    pub(super) problems: Problems,
    /// What is known of the report.
    pub(super) report: Report,
    /// What is wrong with the file as a whole.
    pub(super) damage: Vec<ImportError>,
}

/// A relationship with ends that the file does not have.
#[derive(Debug)]
pub(super) struct Loose {
    pub(super) number: u64,
    pub(super) line: Option<u64>,
    pub(super) name: String,
    pub(super) missing: Vec<MemoryId>,
}

/// Looks through the file on a thread of its own, and gives it back.
pub(super) async fn of<S>(
    source: S,
    now: Timestamp,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(S, Survey)>
where
    S: Read + Seek + Send + 'static,
{
    let (report, mut reports) = mpsc::channel(1);
    let thread = thread::spawn(move || {
        let mut source = source;
        let survey = look(&mut source, now, |done| {
            // When nobody is there to hear it, nobody waits for the survey.
            match done % STEP {
                0 if report.blocking_send(done).is_err() => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        (source, survey)
    });
    while let Some(done) = reports.recv().await {
        progress(Progress {
            stage: Stage::Check,
            done,
            total: None,
        });
    }
    let (source, survey) = thread.join().expect("reading a file does not panic");
    Ok((source, survey?))
}

/// Looks through the file; `step` is called after each record and may end it.
fn look(
    source: &mut (impl Read + Seek),
    now: Timestamp,
    mut step: impl FnMut(u64) -> ControlFlow<()>,
) -> std::result::Result<Survey, ImportError> {
    let format = Format::of(source)?;
    let mut survey = Survey {
        format,
        loose: Vec::new(),
        is_out_of_order: false,
        problems: Problems::default(),
        report: Report::default(),
        damage: Vec::new(),
    };
    let mut all = All::default();
    let mut done = 0;
    survey.damage = format.read(source, now, &mut |item| {
        survey.add(item, &mut all);
        done += 1;
        step(done)
    })?;
    survey.find_further_down(&all.memories);
    survey.report.cycles = all.edges.cycles(CYCLES);
    survey.report.fields_ignored = all.ignored;
    Ok(survey)
}

/// What is learned from all records together.
#[derive(Default)]
struct All {
    memories: Texts,
    relationships: Texts,
    edges: Edges,
    ignored: BTreeMap<String, u64>,
}

impl Survey {
    fn add(&mut self, item: Item, all: &mut All) {
        let (number, line) = (item.number, item.line);
        match item.record {
            Record::Memory(memory) => {
                self.report.memories.read += 1;
                if !all.memories.add(memory.id.as_str()) {
                    let unfit = Unfit::memory(&memory, TWO_MEMORIES.to_owned());
                    self.set_aside(number, line, unfit);
                }
            }
            Record::Relationship(stated) => self.relationship(number, line, *stated, all),
            Record::Quarantined(_) => self.report.quarantine.read += 1,
            Record::Unfit(unfit) => {
                match unfit.kind {
                    RecordKind::Memory => self.report.memories.read += 1,
                    RecordKind::Relationship => self.report.relationships.read += 1,
                }
                self.set_aside(number, line, *unfit);
            }
        }
    }

    fn relationship(&mut self, number: u64, line: Option<u64>, stated: Stated, all: &mut All) {
        self.report.relationships.read += u64::from(stated.statements);
        let relationship = stated.relationship;
        if stated.has_own_id && !all.relationships.add(relationship.id.as_str()) {
            let unfit = Unfit::relationship(&relationship, TWO_RELATIONSHIPS.to_owned());
            return self.set_aside(number, line, unfit);
        }
        for field in stated.ignored {
            // A file with a name of its own in each record is no reason to hold them all.
            if all.ignored.len() < 100 || all.ignored.contains_key(&field) {
                *all.ignored.entry(field).or_default() += 1;
            }
        }
        if self.format.is_foreign() {
            all.edges.add(&relationship);
        }
        let ends = [&relationship.from, &relationship.to];
        let missing: Vec<_> = ends
            .into_iter()
            .filter(|id| !all.memories.has(id.as_str()))
            .cloned()
            .collect();
        if !missing.is_empty() {
            self.loose.push(Loose {
                number,
                line,
                name: Unfit::relationship(&relationship, String::new()).name,
                missing,
            });
        }
    }

    fn set_aside(&mut self, number: u64, line: Option<u64>, unfit: Unfit) {
        self.problem(Problem {
            kind: unfit.kind,
            number,
            line,
            name: unfit.name,
            reason: unfit.reason,
        });
    }

    fn problem(&mut self, problem: Problem) {
        let tally = match problem.kind {
            RecordKind::Memory => &mut self.report.memories,
            RecordKind::Relationship => &mut self.report.relationships,
        };
        tally.set_aside += 1;
        self.problems.add(problem);
    }

    /// Finds the ends of relationships that stand below them in the file.
    fn find_further_down(&mut self, memories: &Texts) {
        for loose in &mut self.loose {
            let before = loose.missing.len();
            loose.missing.retain(|id| !memories.has(id.as_str()));
            self.is_out_of_order |= loose.missing.len() < before;
        }
        self.loose.retain(|loose| !loose.missing.is_empty());
    }

    /// The ends of relationships that the file does not have, in order.
    pub(super) fn missing(&self) -> BTreeSet<MemoryId> {
        let missing = self.loose.iter().flat_map(|loose| &loose.missing);
        missing.cloned().collect()
    }

    /// Takes the relationships for problems whose ends the store does not have either.
    pub(super) fn resolve(&mut self, there: &BTreeSet<MemoryId>) {
        for loose in std::mem::take(&mut self.loose) {
            if let Some(missing) = loose.missing.iter().find(|id| !there.contains(*id)) {
                self.problem(Problem {
                    kind: RecordKind::Relationship,
                    number: loose.number,
                    line: loose.line,
                    name: loose.name,
                    reason: no_memory(missing),
                });
            }
        }
        let by_kind = self.format == Format::Document;
        self.problems.first.sort_by_key(|problem| {
            let line = problem.line.unwrap_or(problem.number);
            if by_kind {
                (Some(problem.kind), problem.number)
            } else {
                (None, line)
            }
        });
    }
}

impl Survey {
    /// Fails when something cannot be kept, or the file as a whole is not as it was written. A file
    /// that was cut off says so rather than what is wrong with its last record.
    pub(super) fn fail_if_wrong(&mut self) -> std::result::Result<(), ImportError> {
        let is_cut = |damage: &ImportError| {
            matches!(
                damage,
                ImportError::CutOff { .. } | ImportError::Incomplete { .. }
            )
        };
        if self.problems.count > 0 && !(self.problems.count == 1 && self.damage.iter().any(is_cut))
        {
            return Err(ImportError::Records {
                problems: std::mem::take(&mut self.problems.first),
                count: self.problems.count,
            });
        }
        match self.damage.pop() {
            Some(damage) => Err(damage),
            None => Ok(()),
        }
    }
}

/// Why a memory cannot be kept.
pub(super) const TWO_MEMORIES: &str = "the id stands for another memory of the file too";
/// Why a relationship cannot be kept.
pub(super) const TWO_RELATIONSHIPS: &str = "the id stands for another relationship of the file too";

/// Why a relationship cannot be kept.
pub(super) fn no_memory(id: &MemoryId) -> String {
    format!("no memory has the id {id:?}")
}
