//! Stores of the predecessors: the Python and TypeScript programs of the same name.
//!
//! [`recognise`](shape::recognise) tells them by their tables, [`upgrade`] makes one of ours of them
//! inside the caller's transaction. Every row is read, repaired and read, or kept in quarantine; a
//! count at the end proves it. Other tables stay as they are, unless they hang on those that go.

mod convert;
mod keep;
mod row;
mod shape;
mod tables;
mod upgrade;

pub use keep::{Kept, keep_aside};
pub use shape::Shape;
pub(crate) use shape::{Tables, recognise};
pub(crate) use tables::refuse_others;
pub(crate) use upgrade::upgrade;
