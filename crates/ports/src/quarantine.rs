use domain::{Invalid, MemoryId, Timestamp, check_time};
use serde::{Deserialize, Serialize};

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum RecordKind {
    Memory,
    Relationship,
}

impl RecordKind {
    /// Returns the name that files and tools use.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Relationship => "relationship",
        }
    }
}

/// A record that is neither a memory nor a relationship, since it breaks a rule of the domain, and
/// is kept so that nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Names it, and follows from where it comes from and what it is: the same record put twice is
    /// there once. 1 to 500 characters.
    pub id: String,
    /// What it would be.
    pub kind: RecordKind,
    /// The memories that it is about, or joins, as far as it says; erasing one of them erases it.
    pub memories: Vec<MemoryId>,
    /// Why it cannot be kept, in words.
    pub reason: String,
    /// Where it comes from, in words.
    pub source: String,
    /// What it says: JSON where it was a record, else its text.
    pub document: String,
    /// When it was put into quarantine.
    pub at: Timestamp,
}

impl Quarantined {
    /// The longest id, in characters.
    pub const LONGEST_ID: usize = 500;

    /// Fails unless it keeps its limits.
    pub fn check(&self) -> Result<(), Invalid> {
        let length = self.id.chars().count();
        if !(1..=Self::LONGEST_ID).contains(&length) {
            let rule = format!("has 1 to {} characters", Self::LONGEST_ID);
            return Err(Invalid::new("id of a record in quarantine", rule, length));
        }
        let texts = [&self.id, &self.reason, &self.source, &self.document];
        if texts.iter().any(|text| text.contains('\0')) {
            return Err(Invalid::new(
                "record in quarantine",
                "has no NUL character",
                &self.id,
            ));
        }
        check_time("at", self.at)
    }
}
