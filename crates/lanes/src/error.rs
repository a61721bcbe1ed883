//! What a caller gets when a job did not succeed, and the guard that turns panics into it.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Why a job has no result. Whichever it is, nothing that the job wrote in a transaction is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaneError<E> {
    /// The lanes are closed. The job has not run.
    #[error("the lanes are closed")]
    Closed,
    /// The job panicked with this message. Also told to the jobs that shared a transaction with it, if the engine
    /// ended the transaction at that moment.
    #[error("a job panicked: {0}")]
    Panicked(String),
    /// The job failed, or the connection did when it began, marked, released or committed the job's transaction, or
    /// the engine ended the transaction because of a later job in it.
    #[error(transparent)]
    Failed(E),
}

/// Runs the step and turns a panic into [`LaneError::Panicked`].
///
/// Whoever calls this brings the connection back to a known state after an error, so nobody sees what a panic left
/// half done: that is why the step counts as unwind safe.
pub(crate) fn guarded<T, E>(step: impl FnOnce() -> Result<T, E>) -> Result<T, LaneError<E>> {
    match catch_unwind(AssertUnwindSafe(step)) {
        Ok(result) => result.map_err(LaneError::Failed),
        Err(panic) => Err(LaneError::Panicked(message(panic.as_ref()))),
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    if let Some(text) = panic.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = panic.downcast_ref::<String>() {
        text.clone()
    } else {
        "no message".to_owned()
    }
}
