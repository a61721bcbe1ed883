//! Our own JSON Lines, as `docs/export-format.md` describes them.

use std::io::{BufRead, Read};

use domain::{Memory, Relationship};
use ports::{Quarantined, RecordKind};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    ImportError, Missing, Step,
    format::unreadable,
    item::{Item, Record, Unfit},
    record::Stated,
};
use crate::export::{Header, VERSION, digest_text};

/// The longest line, in bytes.
const LONGEST: u64 = 256 << 20;

/// A line after the first.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Memory(Box<Memory>),
    Relationship(Box<Relationship>),
    Quarantined(Box<Quarantined>),
}

/// Lines of a file, one of which is held at a time.
pub(super) struct Lines<R> {
    source: R,
    /// The last one that was read, without its end.
    pub(super) text: Vec<u8>,
    /// Its number, counted from 1.
    pub(super) number: u64,
    /// Whether it had an end.
    pub(super) is_whole: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn of(source: R) -> Self {
        Self {
            source,
            text: Vec::new(),
            number: 0,
            is_whole: true,
        }
    }

    /// Reads the next line; says whether there was one.
    pub(super) fn next(&mut self) -> Result<bool, ImportError> {
        self.text.clear();
        let source = self.source.by_ref();
        let read = source.take(LONGEST).read_until(b'\n', &mut self.text);
        let length = read.map_err(unreadable)?;
        if length == 0 {
            return Ok(false);
        }
        self.number += 1;
        self.is_whole = self.text.last() == Some(&b'\n');
        if self.is_whole {
            self.text.pop();
        } else if length as u64 == LONGEST {
            return Err(ImportError::NoExport {
                reason: format!("line {} is longer than any record", self.number),
            });
        }
        Ok(true)
    }
}

/// Hands each record to `each` until that breaks. Returns what does not fit the first line.
pub(super) fn read(
    source: impl BufRead,
    each: &mut Step<'_>,
) -> Result<Vec<ImportError>, ImportError> {
    let mut lines = Lines::of(source);
    lines.next()?;
    let header = header(&lines)?;
    let mut numbers = Numbers::default();
    let mut digest = Sha256::new();
    while lines.next()? {
        digest.update(&lines.text);
        if lines.is_whole {
            digest.update(b"\n");
        }
        let item = numbers.item(&lines);
        if each(item).is_break() {
            return Ok(Vec::new());
        }
    }
    let digest = digest_text(digest);
    if digest == header.digest && numbers.fits(&header) {
        return Ok(Vec::new());
    }
    Ok(vec![numbers.wrong(&header, &lines, digest)])
}

fn header<R>(lines: &Lines<R>) -> Result<Header, ImportError> {
    #[derive(Deserialize)]
    struct Version {
        version: u64,
    }
    let no_header = |error: serde_json::Error| {
        if error.is_eof() && !lines.is_whole {
            let (line, column) = (error.line(), error.column());
            return ImportError::CutOff { line, column };
        }
        ImportError::NoExport {
            reason: format!("its first line is no header: {error}"),
        }
    };
    let version: Version = serde_json::from_slice(&lines.text).map_err(no_header)?;
    if version.version != u64::from(VERSION) {
        return Err(ImportError::LinesVersion {
            found: version.version,
        });
    }
    serde_json::from_slice(&lines.text).map_err(no_header)
}

/// How many records of each kind there were.
#[derive(Default)]
struct Numbers {
    memories: u64,
    relationships: u64,
    quarantined: u64,
    /// Which of them the last one was counted as, when it was no record.
    unfit: Option<usize>,
}

impl Numbers {
    fn item<R>(&mut self, lines: &Lines<R>) -> Item {
        let text = &lines.text;
        let mut unfit_as = None;
        let (number, record) = match serde_json::from_slice(text) {
            Ok(Line::Memory(memory)) => {
                self.memories += 1;
                let record = match memory.check() {
                    Ok(()) => Record::Memory(memory),
                    Err(invalid) => {
                        Record::Unfit(Box::new(Unfit::memory(&memory, invalid.to_string())))
                    }
                };
                (self.memories, record)
            }
            Ok(Line::Relationship(relationship)) => {
                self.relationships += 1;
                let record = match relationship.check() {
                    Ok(()) => Record::Relationship(Box::new(Stated::once(*relationship))),
                    Err(invalid) => Record::Unfit(Box::new(Unfit::relationship(
                        &relationship,
                        invalid.to_string(),
                    ))),
                };
                (self.relationships, record)
            }
            Ok(Line::Quarantined(quarantined)) => {
                self.quarantined += 1;
                let record = match quarantined.check() {
                    Ok(()) => Record::Quarantined(quarantined),
                    Err(invalid) => {
                        Record::Unfit(Box::new(Unfit::quarantined(&quarantined, &invalid)))
                    }
                };
                (self.quarantined, record)
            }
            Err(error) => {
                let place = guess(text);
                let kind = match place {
                    1 => RecordKind::Relationship,
                    _ => RecordKind::Memory,
                };
                let unfit = Unfit::line(kind, text, reason(&error));
                unfit_as = Some(place);
                let count = self.count(place);
                *count += 1;
                (*count, Record::Unfit(Box::new(unfit)))
            }
        };
        self.unfit = unfit_as;
        Item {
            number,
            line: Some(lines.number),
            record,
            document: None,
        }
    }

    fn count(&mut self, place: usize) -> &mut u64 {
        match place {
            0 => &mut self.memories,
            1 => &mut self.relationships,
            _ => &mut self.quarantined,
        }
    }

    fn all(&self) -> [u64; 3] {
        [self.memories, self.relationships, self.quarantined]
    }

    fn fits(&self, header: &Header) -> bool {
        self.all() == stated(header)
    }

    /// Says what is wrong with a file that is not as it was written.
    fn wrong<R>(&self, header: &Header, lines: &Lines<R>, digest: String) -> ImportError {
        let mut found = self.all();
        let is_torn = !lines.is_whole && lines.number > 1;
        if is_torn && let Some(place) = self.unfit {
            // What is there in part is missing.
            found[place] -= 1;
        }
        let mut missing = [0; 3];
        for (at, stated) in stated(header).into_iter().enumerate() {
            missing[at] = stated.saturating_sub(found[at]);
        }
        let [memories, relationships, quarantined] = missing;
        let missing = Missing {
            memories,
            relationships,
            quarantined,
        };
        if missing != Missing::default() || is_torn {
            return ImportError::Incomplete {
                line: lines.number,
                missing,
            };
        }
        if found != stated(header) {
            let more = |(found, stated): (&u64, u64)| found.saturating_sub(stated);
            return ImportError::Surplus {
                records: found
                    .iter()
                    .zip(stated(header))
                    .map(more)
                    .fold(0, u64::saturating_add),
            };
        }
        ImportError::Digest {
            found: digest,
            stated: header.digest.clone(),
        }
    }
}

/// Tells what a line that is no record was meant to be.
fn guess(text: &[u8]) -> usize {
    if text.starts_with(b"{\"rel") {
        1
    } else if text.starts_with(b"{\"qua") {
        2
    } else {
        0
    }
}

fn stated(header: &Header) -> [u64; 3] {
    [header.memories, header.relationships, header.quarantined]
}

/// What is wrong with a line, without the number that it has alone.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((what, _)) => format!("{what}, at column {}", error.column()),
        None => text,
    }
}
