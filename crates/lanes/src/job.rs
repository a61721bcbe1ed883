//! A caller's closure on its way through a lane, and the way back for its answer.

use std::convert::Infallible;

use tokio::sync::oneshot;

use crate::{
    error::{LaneError, guarded},
    transaction::{Ended, Transaction},
};

/// A job whose result type only its caller knows.
pub(crate) type Job<C> = Box<dyn Work<C> + Send>;

/// Tells a caller how it ended.
pub(crate) type Caller<T, E> = oneshot::Sender<Result<T, LaneError<E>>>;

/// Receives the answer of one job; fails if the job was dropped before it ran.
pub(crate) type Answer<T, E> = oneshot::Receiver<Result<T, LaneError<E>>>;

/// The two halves of a job: it runs before the commit, and its caller hears of it after.
pub(crate) trait Work<C: Transaction> {
    /// Runs the closure, catches its panic, and keeps its result for the answer. Call it at most once.
    fn run(&mut self, connection: &mut C) -> Ended<C>;

    /// Tells the caller how the job ended; if well, with the result that the run has kept.
    fn answer(self: Box<Self>, ended: Ended<C>);

    /// Takes the job apart into several that can be run alone, none of which has run; `None` if it is one.
    fn split(&mut self) -> Option<Vec<Job<C>>> {
        None
    }
}

/// Wraps the closure as a job.
pub(crate) fn job<C, T, F>(closure: F) -> (Job<C>, Answer<T, C::Error>)
where
    C: Transaction,
    T: Send + 'static,
    F: FnOnce(&mut C) -> Result<T, C::Error> + Send + 'static,
{
    let (caller, answer) = oneshot::channel();
    let request = Request {
        closure: Some(closure),
        result: None,
        caller,
    };
    (Box::new(request), answer)
}

struct Request<F, T, E> {
    closure: Option<F>,
    result: Option<T>,
    caller: Caller<T, E>,
}

impl<C, T, F> Work<C> for Request<F, T, C::Error>
where
    C: Transaction,
    F: FnOnce(&mut C) -> Result<T, C::Error>,
{
    fn run(&mut self, connection: &mut C) -> Ended<C> {
        let closure = self.closure.take().expect("a job runs once");
        self.result = Some(guarded(|| closure(connection))?);
        Ok(())
    }

    fn answer(self: Box<Self>, ended: Ended<C>) {
        let Self {
            closure,
            result,
            caller,
        } = *self;
        let answer = ended.map(|()| result.expect("a job that ended well has run"));
        // Without its caller the answer is dropped here, and so is a closure that never ran.
        drop_guarded(caller.send(answer));
        drop_guarded(closure);
    }
}

/// Drops what callers brought. Its destructor is foreign code; the thread outlives a panic in it.
pub(crate) fn drop_guarded<T>(foreign: T) {
    drop(guarded(move || {
        drop(foreign);
        Ok::<_, Infallible>(())
    }));
}
