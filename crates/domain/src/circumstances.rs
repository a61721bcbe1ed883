//! Placeholder so that the crate compiles: the author of circumstances overwrites it.

/// Placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circumstances;

/// Placeholder.
pub fn read(_text: &str) -> Circumstances {
    Circumstances
}
