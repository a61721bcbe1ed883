//! Reads records that break rules of the domain, and says what was wrong and what was done about it.
//!
//! Nothing is dropped. What a field cannot hold goes into the additional metadata of a memory, under
//! the field's name with `original_` before it, and into the context of a relationship. What has no
//! field goes there under its own name.

mod fields;
mod memory;
mod relationship;
#[cfg(test)]
mod tests;

pub use memory::memory;
pub use relationship::relationship;

/// A value that keeps the rules, and how it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended<T> {
    /// The value.
    pub value: T,
    /// What was wrong and what was done, a sentence each; empty when nothing was.
    pub notes: Vec<String>,
}
