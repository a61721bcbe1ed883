use std::{fmt, io::Read, ops::ControlFlow};

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, error::Category};

use super::{ImportError, RecordKind};

/// Hands the records of one kind in a JSON export to `found`, each with its number, counted from
/// 1, as it is read: only one of them is held at a time. Stops when `found` breaks.
///
/// # Errors
///
/// Fails when the text is no JSON, is cut off, or is no export of a version that is known.
pub(super) fn read(
    source: impl Read,
    kind: RecordKind,
    found: impl FnMut(u64, Value) -> ControlFlow<()>,
) -> Result<(), ImportError> {
    let mut document = Document {
        kind,
        found,
        number: 0,
        stopped: false,
        sections: false,
        format_version: None,
        export_version: None,
    };
    let mut json = serde_json::Deserializer::from_reader(source);
    let read = json
        .deserialize_map(&mut document)
        .and_then(|()| json.end());
    if document.stopped {
        return Ok(());
    }
    read.map_err(wrong_document)?;
    document.check()
}

struct Document<F> {
    kind: RecordKind,
    found: F,
    number: u64,
    stopped: bool,
    sections: bool,
    format_version: Option<Value>,
    export_version: Option<Value>,
}

impl<F> Document<F> {
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

impl<'de, F: FnMut(u64, Value) -> ControlFlow<()>> Visitor<'de> for &mut Document<F> {
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
struct Records<'a, F>(&'a mut Document<F>);

impl<'de, F: FnMut(u64, Value) -> ControlFlow<()>> DeserializeSeed<'de> for Records<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(u64, Value) -> ControlFlow<()>> Visitor<'de> for Records<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the list of all {}", self.0.kind.plural())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut records: A) -> Result<(), A::Error> {
        let document = self.0;
        while let Some(record) = records.next_element()? {
            document.number += 1;
            if (document.found)(document.number, record).is_break() {
                document.stopped = true;
                return Err(de::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

fn wrong_document(error: serde_json::Error) -> ImportError {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Io => ImportError::Read {
            reason: std::io::Error::from(error).to_string(),
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
