//! Whatever a person types and whatever a file says, there is an answer.
//!
//! Each target takes the files of its folder in `tests/corpus`, as they are and mutated, and checks
//! what holds for every input. `FUZZ_CASES=20000` tries that many of each target.

#![expect(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod circumstances;
mod corpus;
mod database;
mod files;
mod mutation;
mod question;
mod search;
mod store;
mod values;
