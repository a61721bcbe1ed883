use std::fmt;

use ports::ErrorKind;

use super::Problem;

/// A file could not be imported. Nothing was written, unless it changed while it was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be read.
    #[error("the file cannot be read: {reason}")]
    Read {
        /// What the system says.
        reason: String,
    },
    /// The file ends before its JSON does.
    #[error("the file ends in the middle, at line {line}, column {column}: it was cut off")]
    CutOff {
        /// Where, counted from 1.
        line: usize,
        /// Where, in bytes.
        column: usize,
    },
    /// The file is no JSON.
    #[error("the file is not JSON: {reason}")]
    NoJson {
        /// What is wrong, with line and column.
        reason: String,
    },
    /// The file is JSON, and no export.
    #[error("the file is not an export of MemoryGraph: {reason}")]
    NoExport {
        /// What is missing.
        reason: String,
    },
    /// The file is a database, which is imported in another way.
    #[error("the file is a database: it is imported by MemoryGraph::import_database")]
    Database,
    /// The file is an export of a format that this program does not know.
    #[error("the file has the format {found}; this program reads \"1.0\" and \"2.0\"")]
    Version {
        /// The version that the file states, as JSON.
        found: String,
    },
    /// The file has our own format in a version that this program does not know.
    #[error(
        "the file has version {found} of our format; this program reads version 1: use a newer one"
    )]
    LinesVersion {
        /// The version that the file states.
        found: u64,
    },
    /// The end of the file is missing.
    #[error("the file ends in the middle, at line {line}: it was cut off, {missing}")]
    Incomplete {
        /// The last line, counted from 1.
        line: u64,
        /// What its first line says it has and it has not.
        missing: Missing,
    },
    /// The file has more than its first line says.
    #[error("the file has {records} more records than its first line says: export it again")]
    Surplus {
        /// How many more.
        records: u64,
    },
    /// The file was changed after it was written.
    #[error(
        "the file was changed after it was written: its content has the digest {found}, and its \
         first line says {stated}; bring a copy that is whole"
    )]
    Digest {
        /// The digest of what follows the first line.
        found: String,
        /// What the first line says it is.
        stated: String,
    },
    /// Some records cannot be kept.
    #[error("{}", of_records(problems, *count))]
    Records {
        /// The first of them, at most 1,000; never empty.
        problems: Vec<Problem>,
        /// How many there are.
        count: u64,
    },
}

/// How many records a file lacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// How many memories.
    pub memories: u64,
    /// How many relationships.
    pub relationships: u64,
    /// How many records of the quarantine.
    pub quarantined: u64,
}

impl Missing {
    const fn all(self) -> [u64; 3] {
        [self.memories, self.relationships, self.quarantined]
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.memories, "memory", "memories"),
            (self.relationships, "relationship", "relationships"),
            (
                self.quarantined,
                "quarantined record",
                "quarantined records",
            ),
        ];
        let counts = counts.into_iter().filter(|(count, ..)| *count > 0);
        let words: Vec<_> = counts
            .map(|(count, one, many)| match count {
                1 => format!("1 {one}"),
                _ => format!("{count} {many}"),
            })
            .collect();
        let is_one = self.all().into_iter().fold(0, u64::saturating_add) == 1;
        match (words.as_slice(), is_one) {
            ([], _) => f.write_str("the end of its last line is missing"),
            (words, true) => write!(f, "{} is missing", words.join(" and ")),
            (words, false) => write!(f, "{} are missing", words.join(" and ")),
        }
    }
}

impl ImportError {
    /// The decision that the caller can take.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Read { .. } => ErrorKind::Unreachable,
            _ => ErrorKind::InvalidArgument,
        }
    }
}

fn of_records(problems: &[Problem], count: u64) -> String {
    let first = problems.first().map(Problem::to_string).unwrap_or_default();
    match count {
        1 => format!("one record cannot be kept: {first}"),
        _ => format!("{count} records cannot be kept, the first is {first}"),
    }
}
