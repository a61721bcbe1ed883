//! The first look at a file: is it an export, what can be kept, what is missing.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{self, BufReader, Read, Seek, SeekFrom},
    ops::ControlFlow,
    thread,
};

use domain::{MemoryId, RelationshipId, Timestamp};
use serde_json::Value;
use tokio::sync::mpsc;

use super::{
    ImportError, Problem, Problems, Progress, RecordKind, Report, Stage, cycles::Edges, document,
    record,
};
use crate::Result;

/// How many records are checked between two reports of progress.
const STEP: u64 = 1_000;
/// The most cycles that a report names.
const CYCLES: usize = 100;

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The memories that can be kept, and when they were first kept.
    pub(super) memories: HashMap<MemoryId, Timestamp>,
    /// The relationships that can be kept once the store turns out to have these ends, which the
    /// file does not have.
    pub(super) loose: Vec<Loose>,
    /// The records that cannot be kept.
    pub(super) problems: Problems,
    /// What is known of the report.
    pub(super) report: Report,
}

/// A relationship with an end that the file does not have.
#[derive(Debug)]
pub(super) struct Loose {
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) missing: MemoryId,
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
    let mut survey = Survey::default();
    let mut read = 0;
    document::read(begin(source)?, RecordKind::Memory, |number, value| {
        survey.memory(number, value, now);
        read = number;
        step(read)
    })?;
    let mut relationships = Relationships::default();
    document::read(begin(source)?, RecordKind::Relationship, |number, value| {
        survey.relationship(number, value, now, &mut relationships);
        step(read + number)
    })?;
    survey.report.cycles = relationships.edges.cycles(CYCLES);
    survey.report.fields_ignored = relationships.ignored;
    Ok(survey)
}

/// What is learned from all relationships together.
#[derive(Default)]
struct Relationships {
    own_ids: HashSet<RelationshipId>,
    edges: Edges,
    ignored: BTreeMap<String, u64>,
}

impl Survey {
    fn memory(&mut self, number: u64, value: Value, now: Timestamp) {
        self.report.memories.read += 1;
        let name = name_of(RecordKind::Memory, &value);
        let reason = match record::memory(value, now) {
            Ok(memory) if self.memories.contains_key(&memory.id) => {
                "the id stands for another memory of the file too".to_owned()
            }
            Ok(memory) => {
                self.memories.insert(memory.id, memory.created_at);
                return;
            }
            Err(invalid) => invalid.to_string(),
        };
        self.problem(RecordKind::Memory, number, name, reason);
    }

    fn relationship(&mut self, number: u64, value: Value, now: Timestamp, all: &mut Relationships) {
        self.report.relationships.read += 1;
        let name = name_of(RecordKind::Relationship, &value);
        let began = |id: &MemoryId| self.memories.get(id).copied();
        let read = match record::relationship(value, began, now) {
            Ok(read) => read,
            Err(invalid) => {
                let reason = invalid.to_string();
                return self.problem(RecordKind::Relationship, number, name, reason);
            }
        };
        let relationship = read.relationship;
        if read.has_own_id && !all.own_ids.insert(relationship.id.clone()) {
            let reason = "the id stands for another relationship of the file too".to_owned();
            return self.problem(RecordKind::Relationship, number, name, reason);
        }
        for field in read.ignored {
            // A file with a name of its own in each record is no reason to hold them all.
            if all.ignored.len() < 100 || all.ignored.contains_key(&field) {
                *all.ignored.entry(field).or_default() += 1;
            }
        }
        all.edges.add(&relationship);
        let ends = [relationship.from, relationship.to];
        if let Some(missing) = ends.into_iter().find(|id| !self.memories.contains_key(id)) {
            self.loose.push(Loose {
                number,
                name,
                missing,
            });
        }
    }

    pub(super) fn problem(&mut self, kind: RecordKind, number: u64, name: String, reason: String) {
        let tally = match kind {
            RecordKind::Memory => &mut self.report.memories,
            RecordKind::Relationship => &mut self.report.relationships,
        };
        tally.set_aside += 1;
        self.problems.add(Problem {
            kind,
            number,
            name,
            reason,
        });
    }
}

/// Goes back to the beginning of the file, behind a mark of UTF-8 that some programs put there.
pub(super) fn begin<S: Read + Seek>(
    source: &mut S,
) -> std::result::Result<BufReader<&mut S>, ImportError> {
    let mut first = Vec::new();
    source
        .rewind()
        .and_then(|()| source.by_ref().take(3).read_to_end(&mut first))
        .and_then(|_| match first.as_slice() {
            b"\xEF\xBB\xBF" => Ok(()),
            _ => source.seek(SeekFrom::Start(0)).map(drop),
        })
        .map_err(|error: io::Error| ImportError::Read {
            reason: error.to_string(),
        })?;
    Ok(BufReader::with_capacity(1 << 16, source))
}

/// How a person finds a record in the file.
fn name_of(kind: RecordKind, record: &Value) -> String {
    let text = |name: &str| {
        let text = record.get(name).and_then(Value::as_str).unwrap_or("?");
        let mut shown: String = text.chars().take(60).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        shown
    };
    match kind {
        RecordKind::Memory => text("id"),
        RecordKind::Relationship => format!(
            "{} {} {}",
            text("from_memory_id"),
            text("type"),
            text("to_memory_id")
        ),
    }
}
