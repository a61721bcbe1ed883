//! A row as it is stored, whatever it holds, and what it could be.

use domain::{Memory, MemoryId, Relationship, RelationshipId, Timestamp, repair};
use ports::{RecordKind, Result};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::rows::Table;
use crate::{
    SqlConnection,
    parameter::json as parameter,
    row::{self, integer_of},
};

const MEMORY: [&str; 4] = ["id", "properties", "created_at", "updated_at"];
const RELATIONSHIP: [&str; 10] = [
    "id",
    "from_id",
    "to_id",
    "rel_type",
    "properties",
    "created_at",
    "recorded_at",
    "valid_from",
    "valid_until",
    "invalidated_by",
];

/// What a row became after a repair.
pub(super) enum Mended {
    Memory(Box<Memory>),
    Relationship(Box<Relationship>),
}

/// A row with the texts of its columns; none for NULL.
pub(super) struct Record {
    pub(super) key: i64,
    kind: RecordKind,
    /// Whether its id is a text, and the bytes of all its values are.
    is_text: bool,
    columns: Vec<(&'static str, Option<String>)>,
}

impl Record {
    /// Reads rows, whatever type and bytes their values have.
    pub(super) fn read(
        connection: &mut dyn SqlConnection,
        table: Table,
        keys: &[i64],
    ) -> Result<Vec<Self>> {
        let names: &[&'static str] = match table.kind {
            RecordKind::Memory => &MEMORY,
            RecordKind::Relationship => &RELATIONSHIP,
        };
        // Bytes that are no text travel as their digits.
        let columns: Vec<String> = names
            .iter()
            .map(|name| format!("CASE WHEN r.{name} IS NOT NULL THEN hex(r.{name}) END"))
            .collect();
        let sql = format!(
            "SELECT {}, r.key, typeof(r.id) = 'text' FROM json_each(?1) AS asked CROSS JOIN {} AS r ON r.key = asked.value",
            columns.join(", "),
            table.name
        );
        let mut records = Vec::new();
        connection.query(&sql, &[parameter(&keys)], &mut |row| {
            // Others find a row by the text alone.
            let mut is_text = integer_of(row, names.len() + 1)? == 1;
            let columns = names.iter().enumerate().map(|(column, name)| {
                let digits = row.text(column)?;
                let text = digits.map(|digits| {
                    text(digits).unwrap_or_else(|| {
                        is_text = false;
                        format!("x'{digits}'")
                    })
                });
                Ok((*name, text))
            });
            records.push(Self {
                columns: columns.collect::<Result<_>>()?,
                is_text,
                key: integer_of(row, names.len())?,
                kind: table.kind,
            });
            Ok(())
        })?;
        Ok(records)
    }

    fn column(&self, name: &str) -> Option<&str> {
        let mut columns = self.columns.iter();
        let (_, text) = columns.find(|(column, _)| *column == name)?;
        text.as_deref()
    }

    /// Reads it as a record that may break rules; or says why that does not help.
    pub(super) fn mended(&self) -> std::result::Result<Mended, String> {
        if !self.is_text {
            return Err("it has bytes that are no text".to_owned());
        }
        let properties = self.column("properties").unwrap_or_default();
        let Ok(Value::Object(mut record)) = serde_json::from_str(properties) else {
            return Err("what it says is no JSON object".to_owned());
        };
        let since = Timestamp::UNIX_EPOCH;
        let id = self.column("id").unwrap_or_default();
        match self.kind {
            RecordKind::Memory => {
                let id = MemoryId::new(id).map_err(|err| err.to_string())?;
                record.remove("id");
                self.add_columns(&mut record, &["created_at", "updated_at"]);
                let mended = repair::memory(id, record, since)?;
                Ok(Mended::Memory(Box::new(mended.value)))
            }
            RecordKind::Relationship => {
                let id = RelationshipId::new(id).map_err(|err| err.to_string())?;
                let end = |name| {
                    let end = self.column(name).unwrap_or_default();
                    MemoryId::new(end).map_err(|err| err.to_string())
                };
                let ends = [end("from_id")?, end("to_id")?];
                let times = ["created_at", "recorded_at", "valid_from", "valid_until"];
                self.add_columns(&mut record, &times);
                self.add_columns(&mut record, &["invalidated_by"]);
                let kind = self.column("rel_type").unwrap_or_default();
                record.insert("type".to_owned(), kind.into());
                let mended = repair::relationship(id, ends, record, since)?;
                Ok(Mended::Relationship(Box::new(mended.value)))
            }
        }
    }

    /// Columns win over what the document says.
    fn add_columns(&self, record: &mut Map<String, Value>, names: &[&str]) {
        for name in names {
            if let Some(text) = self.column(name) {
                record.insert((*name).to_owned(), text.into());
            }
        }
    }

    /// Writes it as a row of the table `quarantine`, without the moment.
    pub(super) fn quarantined(&self, table: Table, reason: &str) -> impl Serialize + use<> {
        let document = self.document();
        let id: String = self
            .column("id")
            .unwrap_or_default()
            .chars()
            .take(200)
            .collect();
        let id = format!("{}/{id}/{:016x}", table.name, digest(&document));
        let about: &[&str] = match self.kind {
            RecordKind::Memory => &["id"],
            RecordKind::Relationship => &["from_id", "to_id"],
        };
        let memories: Vec<MemoryId> = about
            .iter()
            .filter_map(|name| MemoryId::new(self.column(name)?).ok())
            .collect();
        let source = format!("the table {}", table.name);
        (id, self.kind, memories, reason.to_owned(), source, document)
    }

    fn document(&self) -> String {
        let columns = self.columns.iter().map(|(name, text)| {
            let value = match text {
                Some(text) if *name == "properties" => {
                    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
                }
                text => json!(text),
            };
            ((*name).to_owned(), value)
        });
        Value::Object(columns.collect()).to_string()
    }
}

impl Mended {
    /// Writes it as the elements of its row.
    pub(super) fn row(&self) -> Value {
        let row = match self {
            Self::Memory(memory) => serde_json::to_value(row::memory_row(memory)),
            Self::Relationship(relationship) => {
                serde_json::to_value(row::relationship_row(relationship))
            }
        };
        row.expect("rows are plain data")
    }
}

/// Returns the text that hexadecimal digits stand for; none for bytes that are no text, or have a
/// NUL, which no record has.
fn text(digits: &str) -> Option<String> {
    let bytes = digits.as_bytes().chunks_exact(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok()?;
        u8::from_str_radix(pair, 16).ok()
    });
    let text = String::from_utf8(bytes.collect::<Option<_>>()?).ok()?;
    (!text.contains('\0')).then_some(text)
}

/// Tells documents apart (FNV-1a).
fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |digest, byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_for_texts() {
        assert_eq!(text("C3A962").as_deref(), Some("éb"));
        assert_eq!(text("").as_deref(), Some(""));
        assert_eq!(text("61FF"), None);
        assert_eq!(text("6100"), None);
    }

    #[test]
    fn documents_have_digests_of_their_own() {
        assert_ne!(digest("a"), digest("b"));
        assert_eq!(digest(""), 0xcbf2_9ce4_8422_2325);
    }
}
