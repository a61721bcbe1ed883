//! The JSON exports of the Python and TypeScript MemoryGraph, formats 1.0 and 2.0.

use std::{
    cell::Cell,
    collections::HashMap,
    fmt,
    io::{self, Read, Seek},
    ops::ControlFlow,
};

use domain::{Invalid, MemoryId, Timestamp};
use ports::RecordKind;
use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, error::Category};

use super::{
    ImportError, Step,
    format::begin,
    item::{Item, Record, Unfit},
    record,
};

/// Hands each record to `each` until that breaks: memories first, wherever they stand in the file,
/// which is read twice for that.
///
/// # Errors
///
/// Fails when the text is no JSON, is cut off, or is no export of a version that is known.
pub(super) fn read(
    source: &mut (impl Read + Seek),
    now: Timestamp,
    each: &mut Step<'_>,
) -> Result<(), ImportError> {
    // When memories were first kept, for relationships that do not say when they began.
    let mut began: HashMap<MemoryId, Timestamp> = HashMap::new();
    let mut stopped = false;
    let kind = RecordKind::Memory;
    values(begin(source)?, kind, |number, line, value| {
        let record = match record::memory(&value, now) {
            Ok(memory) => {
                let id = memory.id.clone();
                began.entry(id).or_insert(memory.created_at);
                Record::Memory(Box::new(memory))
            }
            Err(invalid) => unfit(kind, &value, &invalid),
        };
        let line = Some(line);
        let flow = each(Item {
            number,
            line,
            record,
            document: Some(value.to_string()),
        });
        stopped = flow.is_break();
        flow
    })?;
    if stopped {
        return Ok(());
    }
    let kind = RecordKind::Relationship;
    values(begin(source)?, kind, |number, line, value| {
        let began = |id: &MemoryId| began.get(id).copied();
        let record = match record::relationship(&value, began, now) {
            Ok(stated) => Record::Relationship(Box::new(stated)),
            Err(invalid) => unfit(kind, &value, &invalid),
        };
        let line = Some(line);
        each(Item {
            number,
            line,
            record,
            document: Some(value.to_string()),
        })
    })
}

fn unfit(kind: RecordKind, value: &Value, why: &Invalid) -> Record {
    Record::Unfit(Box::new(Unfit::value(kind, value, why.to_string())))
}

/// Hands the records of one kind to `found`, each with its number, counted from 1, and the line
/// where it begins, as it is read: only one of them is held at a time. Stops when `found` breaks.
fn values(
    source: impl Read,
    kind: RecordKind,
    found: impl FnMut(u64, u64, Value) -> ControlFlow<()>,
) -> Result<(), ImportError> {
    let place = Place::default();
    let mut document = Document {
        kind,
        found,
        place: &place,
        number: 0,
        stopped: false,
        sections: false,
        format_version: None,
        export_version: None,
    };
    let counted = Counted {
        source,
        place: &place,
    };
    let mut json = serde_json::Deserializer::from_reader(counted);
    let read = json
        .deserialize_map(&mut document)
        .and_then(|()| json.end());
    if document.stopped {
        return Ok(());
    }
    read.map_err(wrong_document)?;
    document.check()
}

/// Where the reader of a file is.
#[derive(Default)]
struct Place {
    /// How many lines have ended.
    ended: Cell<u64>,
    /// The line of the first byte of the record that is being read; 0 before that byte.
    record: Cell<u64>,
}

/// Counts lines. The parser takes a byte at a time, so it is never ahead of what it has parsed.
struct Counted<'a, R> {
    source: R,
    place: &'a Place,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        for byte in &buffer[..length] {
            match byte {
                b'\n' => self.place.ended.set(self.place.ended.get() + 1),
                b' ' | b'\t' | b'\r' | b',' => {}
                _ if self.place.record.get() == 0 => {
                    self.place.record.set(self.place.ended.get() + 1);
                }
                _ => {}
            }
        }
        Ok(length)
    }
}

struct Document<'a, F> {
    kind: RecordKind,
    found: F,
    place: &'a Place,
    number: u64,
    stopped: bool,
    sections: bool,
    format_version: Option<Value>,
    export_version: Option<Value>,
}

impl<F> Document<'_, F> {
    /// Fails unless this is an export of a version that is known.
    fn check(&self) -> Result<(), ImportError> {
        let no_export = |reason: &str| {
            Err(ImportError::NoExport {
                reason: reason.to_owned(),
            })
        };
        let stated = self.format_version.as_ref();
        let Some(version) = stated.or(self.export_version.as_ref()) else {
            return no_export("it has neither format_version nor export_version");
        };
        if !["1.0", "2.0"].map(Value::from).contains(version) {
            return Err(ImportError::Version {
                found: version.to_string(),
            });
        }
        if !self.sections {
            return no_export("it has neither memories nor relationships");
        }
        Ok(())
    }
}

impl<'de, F: FnMut(u64, u64, Value) -> ControlFlow<()>> Visitor<'de> for &mut Document<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an export, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let section = match key.as_str() {
                "memories" => RecordKind::Memory,
                "relationships" => RecordKind::Relationship,
                "format_version" => {
                    self.format_version = Some(map.next_value()?);
                    continue;
                }
                "export_version" => {
                    self.export_version = Some(map.next_value()?);
                    continue;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            self.sections = true;
            if section == self.kind {
                map.next_value_seed(Records(&mut *self))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// The list of the records that are asked for.
struct Records<'a, 'b, F>(&'a mut Document<'b, F>);

impl<'de, F: FnMut(u64, u64, Value) -> ControlFlow<()>> DeserializeSeed<'de>
    for Records<'_, '_, F>
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(u64, u64, Value) -> ControlFlow<()>> Visitor<'de> for Records<'_, '_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = match self.0.kind {
            RecordKind::Memory => "memories",
            RecordKind::Relationship => "relationships",
        };
        write!(f, "the list of all {plural}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        let document = self.0;
        loop {
            document.place.record.set(0);
            let Some(record) = records.next_element()? else {
                return Ok(());
            };
            document.number += 1;
            let line = document.place.record.get();
            if (document.found)(document.number, line, record).is_break() {
                document.stopped = true;
                return Err(de::Error::custom("stopped"));
            }
        }
    }
}

fn wrong_document(error: serde_json::Error) -> ImportError {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Io => ImportError::Read {
            reason: io::Error::from(error).to_string(),
        },
        Category::Eof => ImportError::CutOff { line, column },
        Category::Syntax => ImportError::NoJson {
            reason: error.to_string(),
        },
        Category::Data => ImportError::NoExport {
            reason: error.to_string(),
        },
    }
}
