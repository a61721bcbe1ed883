//! What a file is made of, whatever its format.

use std::{
    collections::HashSet,
    hash::{BuildHasher, RandomState},
};

use domain::{Invalid, Memory, MemoryId, Relationship};
use ports::{Quarantined, RecordKind};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::record::Stated;
use crate::export::digest_text;

/// A record of a file, as it is read.
#[derive(Debug)]
pub(super) struct Item {
    /// Its number among those of its kind, counted from 1.
    pub(super) number: u64,
    /// The line where it stands, where the format has some.
    pub(super) line: Option<u64>,
    pub(super) record: Record,
    /// What the file says, unless the record says it: a record may have the time of the import.
    pub(super) document: Option<String>,
}

/// What a record turned out to be.
#[derive(Debug)]
pub(super) enum Record {
    Memory(Box<Memory>),
    Relationship(Box<Stated>),
    Quarantined(Box<Quarantined>),
    Unfit(Box<Unfit>),
}

/// A record that cannot be kept as what it is.
#[derive(Debug)]
pub(super) struct Unfit {
    pub(super) kind: RecordKind,
    /// How a person finds it in the file.
    pub(super) name: String,
    pub(super) reason: String,
    /// What it says.
    pub(super) document: String,
    /// The memories that it is about, as far as it says.
    pub(super) memories: Vec<MemoryId>,
}

impl Unfit {
    /// Says why a record of a JSON document is none of ours.
    pub(super) fn value(kind: RecordKind, value: &Value, reason: String) -> Self {
        let fields = match kind {
            RecordKind::Memory => &["id", "name"][..],
            RecordKind::Relationship => &["from_memory_id", "to_memory_id", "from", "to"],
        };
        let texts = fields.iter().filter_map(|field| value.get(field)?.as_str());
        Self {
            kind,
            name: name_of(kind, value),
            reason,
            document: value.to_string(),
            memories: texts.filter_map(|id| MemoryId::new(id).ok()).collect(),
        }
    }

    /// Says why a line is no record.
    pub(super) fn line(kind: RecordKind, text: &[u8], reason: String) -> Self {
        if let Ok(value) = serde_json::from_slice::<Value>(text) {
            let inner = match &value {
                Value::Object(fields) => fields.values().find(|inner| inner.is_object()),
                _ => None,
            };
            return Self {
                document: String::from_utf8_lossy(text).into_owned(),
                ..Self::value(kind, inner.unwrap_or(&value), reason)
            };
        }
        let text = String::from_utf8_lossy(text);
        Self {
            kind,
            name: shortened(&text),
            reason,
            memories: Vec::new(),
            document: text.into_owned(),
        }
    }

    pub(super) fn memory(memory: &Memory, reason: String) -> Self {
        Self {
            kind: RecordKind::Memory,
            name: memory.id.to_string(),
            reason,
            document: json(memory),
            memories: vec![memory.id.clone()],
        }
    }

    pub(super) fn relationship(relationship: &Relationship, reason: String) -> Self {
        let Relationship { from, to, .. } = relationship;
        Self {
            kind: RecordKind::Relationship,
            name: format!("{from} {} {to}", relationship.relationship_type),
            reason,
            document: json(relationship),
            memories: vec![from.clone(), to.clone()],
        }
    }

    pub(super) fn quarantined(record: &Quarantined, reason: &Invalid) -> Self {
        Self {
            kind: record.kind,
            name: shortened(&record.id),
            reason: reason.to_string(),
            document: json(record),
            memories: record.memories.clone(),
        }
    }

    /// Has this document, where there is one.
    pub(super) fn saying(self, document: Option<String>) -> Self {
        let document = document.unwrap_or(self.document);
        Self { document, ..self }
    }

    /// The id under which it is kept in quarantine: what it says decides it.
    pub(super) fn id(&self) -> String {
        let digest = Sha256::new()
            .chain_update(self.kind.as_str())
            .chain_update([0])
            .chain_update(&self.document);
        format!("import:{}", digest_text(digest))
    }
}

fn json(record: &impl Serialize) -> String {
    serde_json::to_string(record).expect("records are plain data")
}

fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(60).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// How a person finds a record in the file.
fn name_of(kind: RecordKind, record: &Value) -> String {
    let text = |names: [&str; 2]| {
        let mut found = names.iter().filter_map(|name| record.get(name)?.as_str());
        shortened(found.next().unwrap_or("?"))
    };
    match kind {
        RecordKind::Memory => text(["id", "name"]),
        RecordKind::Relationship => format!(
            "{} {} {}",
            text(["from_memory_id", "from"]),
            text(["relationType", "type"]),
            text(["to_memory_id", "to"])
        ),
    }
}

/// Texts that were seen, of which 16 bytes are held each: enough that no two of them look the same.
#[derive(Debug, Default)]
pub(super) struct Texts {
    states: [RandomState; 2],
    seen: HashSet<[u64; 2]>,
}

impl Texts {
    /// Adds a text; says whether it was not there.
    pub(super) fn add(&mut self, text: &str) -> bool {
        self.seen.insert(self.fingerprint(text))
    }

    pub(super) fn has(&self, text: &str) -> bool {
        self.seen.contains(&self.fingerprint(text))
    }

    fn fingerprint(&self, text: &str) -> [u64; 2] {
        [0, 1].map(|at| self.states[at].hash_one(text))
    }
}
