use std::{error::Error, fmt};

use domain::{Invalid, Memory, MemoryId, Relationship};

/// What a call to a backend returns.
pub type Result<T> = std::result::Result<T, BackendError>;

/// A backend could not do what it was asked.
///
/// The message says what was being done, what was in the way, and what to do; it never holds a
/// secret. Errors of an engine hang below as [`source`](Error::source).
#[derive(Debug, Clone)]
pub struct BackendError {
    kind: ErrorKind,
    doing: &'static str,
    detail: Option<String>,
    conflict: Option<Box<Conflict>>,
    source: Option<std::sync::Arc<dyn Error + Send + Sync>>,
}

/// One kind for each decision that a caller can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Can never work, as an empty title or a foreign cursor: fix the caller.
    InvalidArgument,
    /// A change or a walk names something that is not there: fix the batch.
    NotFound,
    /// An expectation does not hold: look at what was found, then decide.
    Conflict,
    /// This backend lacks the capability: take another way.
    Unsupported,
    /// Another process holds the store: try again later.
    Busy,
    /// The primary cannot be reached: the message says whether a write may have happened.
    Unreachable,
    /// The credentials or the file's permissions do not allow it: bring others.
    Unauthorized,
    /// Stored bytes do not decode: stop, restore a backup.
    Corrupt,
    /// The store has a schema that this program does not know: use a newer program.
    Schema,
    /// The backend was closed: open it again.
    Closed,
    /// Anything else below: report it.
    Backend,
}

impl ErrorKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArgument => "invalid argument",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Unsupported => "unsupported",
            Self::Busy => "busy",
            Self::Unreachable => "unreachable",
            Self::Unauthorized => "unauthorized",
            Self::Corrupt => "corrupt",
            Self::Schema => "schema",
            Self::Closed => "closed",
            Self::Backend => "backend",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What stood against a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// A memory is not as expected; `found` is what is there.
    Memory {
        /// Which.
        id: MemoryId,
        /// Its present state, when there is one.
        found: Option<Box<Memory>>,
    },
    /// A relationship is not as expected; `found` is what is there.
    Relationship {
        /// Its present state, when there is one.
        found: Option<Box<Relationship>>,
    },
    /// A relationship would close a cycle of a type that has none: the memories along it, the
    /// first one again at the end.
    Cycle(Vec<MemoryId>),
}

impl BackendError {
    /// Says that `doing` ("search") failed.
    pub fn new(kind: ErrorKind, doing: &'static str) -> Self {
        Self {
            kind,
            doing,
            detail: None,
            conflict: None,
            source: None,
        }
    }

    /// Says that an argument of `doing` breaks a rule of the domain.
    pub fn invalid(doing: &'static str) -> impl FnOnce(Invalid) -> Self {
        move |invalid| Self::new(ErrorKind::InvalidArgument, doing).because(invalid.to_string())
    }

    /// Says that `conflict` stood against `doing`.
    pub fn conflict(doing: &'static str, conflict: Conflict, detail: impl Into<String>) -> Self {
        Self {
            conflict: Some(Box::new(conflict)),
            ..Self::new(ErrorKind::Conflict, doing).because(detail)
        }
    }

    /// Says what was being done, for an error from a layer that does not know.
    #[must_use]
    pub fn while_doing(self, doing: &'static str) -> Self {
        Self { doing, ..self }
    }

    /// Adds what was in the way, and what to do.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Hangs the engine's error below.
    #[must_use]
    pub fn from_source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(std::sync::Arc::new(source));
        self
    }

    /// The decision that the caller can take.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What was in the way, and what to do.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// What was found, for a [`Conflict`](ErrorKind::Conflict).
    pub fn found(&self) -> Option<&Conflict> {
        self.conflict.as_deref()
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.kind)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}

impl Error for BackendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_ref()
            .map(|source| &**source as &(dyn Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_what_was_being_done_and_what_was_in_the_way() {
        let error = BackendError::new(ErrorKind::NotFound, "put a relationship")
            .because("no memory has the id \"m\"");
        assert_eq!(
            error.to_string(),
            "put a relationship: not found: no memory has the id \"m\""
        );
    }

    #[test]
    fn an_invalid_value_keeps_its_words() {
        let invalid = Invalid::new("limit", "is a number from 1 to 10", 11);
        let error = BackendError::invalid("list memories")(invalid);
        assert_eq!(
            error.to_string(),
            "list memories: invalid argument: limit is a number from 1 to 10, got 11"
        );
    }
}
