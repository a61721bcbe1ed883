//! The reader lanes: many connections, one queue.

use crate::{
    job::Job,
    queue::Queue,
    transaction::{Transaction, settle},
};

/// Serves reads until the queue is closed and empty, then closes the connection.
pub(crate) fn serve<C: Transaction>(mut connection: C, queue: &Queue<Job<C>>) {
    while let Some(mut job) = queue.take() {
        // The second call ends what the job has left open at once, because a snapshot that stays open shows old
        // data and keeps the engine from tidying up. The first tells of it if that failed.
        let ended = settle(&mut connection).and_then(|()| job.run(&mut connection));
        drop(settle(&mut connection));
        job.answer(ended);
    }
}
