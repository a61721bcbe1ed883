//! The writer lane: one connection, and one transaction for all that waits.

use std::collections::VecDeque;

use crate::{
    batch::{Entry, together},
    error::guarded,
    job::{Job, Work},
    queue::Queue,
    transaction::{Ended, Transaction, end, settle},
};

/// A job, and how it wants to be run.
pub(crate) enum Task<C: Transaction> {
    /// In a transaction, with whoever else is there.
    Shared(Job<C>),
    /// As [`Shared`](Self::Shared), and at once with those of its kind that wait next to it.
    Batch(Entry<C>),
    /// Outside any transaction.
    Alone(Job<C>),
}

/// Serves writes, up to `limit` in one transaction, until the queue is closed and empty. Gives the connection back.
pub(crate) fn serve<C: Transaction>(mut connection: C, queue: &Queue<Task<C>>, limit: usize) -> C {
    let mut waiting = VecDeque::new();
    loop {
        queue.fill(&mut waiting, limit);
        match waiting.pop_front() {
            Some(Task::Alone(job)) => run_alone(&mut connection, job),
            Some(first) => {
                waiting.push_front(first);
                run_group(&mut connection, &mut waiting);
            }
            None => return connection,
        }
    }
}

/// Runs a job that asked for no transaction. One that it leaves open is committed if the job succeeded, so that no
/// success is ever told of writes that are not kept.
fn run_alone<C: Transaction>(connection: &mut C, mut job: Job<C>) {
    let ended = settle(connection)
        .and_then(|()| job.run(connection))
        .and_then(|()| end(connection, C::commit));
    drop(settle(connection));
    job.answer(ended);
}

/// Runs what waits, up to the first that wants to be alone, in one transaction.
fn run_group<C: Transaction>(connection: &mut C, waiting: &mut VecDeque<Task<C>>) {
    let mut jobs = VecDeque::new();
    let mut entries = Vec::new();
    while let Some(task) = waiting.pop_front() {
        match task {
            Task::Batch(entry) => entries.push(entry),
            Task::Shared(job) => {
                jobs.extend(at_once(&mut entries));
                jobs.push_back(job);
            }
            Task::Alone(_) => {
                waiting.push_front(task);
                break;
            }
        }
    }
    jobs.extend(at_once(&mut entries));
    // One transaction, unless it is lost on the way: then those who have not run get another.
    while !jobs.is_empty() {
        run_transaction(connection, &mut jobs);
    }
}

/// Makes one job of the batches that came one after the other, if there are any.
fn at_once<C: Transaction>(entries: &mut Vec<Entry<C>>) -> Option<Job<C>> {
    (!entries.is_empty()).then(|| together(std::mem::take(entries)))
}

/// Runs the jobs in one transaction and answers those that it has taken from the front: all, or those up to the one
/// with which the transaction was lost.
fn run_transaction<C: Transaction>(connection: &mut C, jobs: &mut VecDeque<Job<C>>) {
    let begun = settle(connection).and_then(|()| guarded(|| connection.begin()));
    if let Err(error) = begun {
        for job in jobs.drain(..) {
            job.answer(Err(error.clone()));
        }
        return;
    }

    if jobs.len() == 1 {
        run_only(connection, jobs);
        return;
    }

    let mut ran = Vec::with_capacity(jobs.len());
    let mut transaction = Ok(());
    while transaction.is_ok()
        && let Some(mut job) = jobs.pop_front()
    {
        let (own, shared) = run_marked(connection, job.as_mut());
        transaction = shared;
        if own.is_err()
            && transaction.is_ok()
            && let Some(parts) = job.split()
        {
            // One of them may be to blame, and the others must not suffer for it.
            for part in parts.into_iter().rev() {
                jobs.push_front(part);
            }
            continue;
        }
        ran.push((job, own));
    }
    // To commit nothing would still cost a write of the pages that were touched and restored.
    if transaction.is_ok() && ran.iter().any(|(_, own)| own.is_ok()) {
        transaction = guarded(|| connection.commit());
    }
    // A rollback that fails is tried again, and told, before the next transaction.
    drop(settle(connection));

    for (job, own) in ran {
        job.answer(own.and_then(|()| transaction.clone()));
    }
}

/// Runs the only job of a transaction. It needs no mark, for which engines copy each page before they change it:
/// there is nothing else to keep when it fails.
fn run_only<C: Transaction>(connection: &mut C, jobs: &mut VecDeque<Job<C>>) {
    let Some(mut job) = jobs.pop_front() else {
        return;
    };
    let own = job.run(connection);
    if own.is_err()
        && connection.in_transaction()
        && let Some(parts) = job.split()
    {
        jobs.extend(parts);
        drop(settle(connection));
        return;
    }
    let ended = own.and_then(|()| guarded(|| connection.commit()));
    drop(settle(connection));
    job.answer(ended);
}

/// Runs one job after a mark. Says how the job itself ended, and whether the transaction is still good.
fn run_marked<C: Transaction>(connection: &mut C, job: &mut dyn Work<C>) -> (Ended<C>, Ended<C>) {
    if let Err(error) = guarded(|| connection.mark()) {
        return (Err(error.clone()), Err(error));
    }
    match job.run(connection) {
        Ok(()) => {
            let released = guarded(|| connection.release());
            (released.clone(), released)
        }
        Err(own) => {
            let rewound = guarded(|| {
                if connection.in_transaction() {
                    connection.rewind().map(|()| true)
                } else {
                    Ok(false)
                }
            });
            let shared = match rewound {
                Ok(true) => Ok(()),
                // An engine that rolls back by itself tells the reason to the job under which it does.
                Ok(false) => Err(own.clone()),
                Err(error) => Err(error),
            };
            (Err(own), shared)
        }
    }
}
