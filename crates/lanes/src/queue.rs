//! A bounded queue from async callers to blocking threads.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard},
};

use tokio::sync::{Semaphore, SemaphorePermit};

/// First in, first out; many callers put, many threads take; anyone can close it.
///
/// Channels end when their last sender is gone, so a caller that stands in line and is never polled again would keep
/// one open for ever. This queue ends when it is told to. It also gives the writer a whole group for one lock.
pub(crate) struct Queue<T> {
    /// One permit for each free place, given out in the order of asking.
    places: Semaphore,
    line: Mutex<Line<T>>,
    arrived: Condvar,
}

struct Line<T> {
    tasks: VecDeque<T>,
    closed: bool,
}

/// The queue takes nothing any more.
#[derive(Debug)]
pub(crate) struct Closed;

impl<T> Queue<T> {
    /// An empty queue with this many places, at least one.
    pub(crate) fn new(places: usize) -> Self {
        Self {
            places: Semaphore::new(places.clamp(1, Semaphore::MAX_PERMITS)),
            line: Mutex::new(Line {
                tasks: VecDeque::new(),
                closed: false,
            }),
            arrived: Condvar::new(),
        }
    }

    /// Waits for a place and puts the task there. A future that is dropped before it is done has put nothing.
    pub(crate) async fn put(&self, task: T) -> Result<(), Closed> {
        let place = self.places.acquire().await.map_err(|_| Closed)?;
        self.occupy(place, task)
    }

    fn occupy(&self, place: SemaphorePermit<'_>, task: T) -> Result<(), Closed> {
        let mut line = self.lock();
        // Asked under the lock, because the threads may have found the queue closed and empty since.
        if line.closed {
            return Err(Closed);
        }
        line.tasks.push_back(task);
        drop(line);
        // The place stays occupied until the task leaves the queue.
        place.forget();
        self.arrived.notify_one();
        Ok(())
    }

    /// Blocks until there is a task, and takes it. `None` when the queue is closed and empty.
    pub(crate) fn take(&self) -> Option<T> {
        let task = self.wait().tasks.pop_front()?;
        self.places.add_permits(1);
        Some(task)
    }

    /// Moves what waits into `taken`, until that holds `limit` tasks. Blocks only while both are empty and the queue
    /// is open; so `taken` is empty afterwards only when there will never be a task again.
    pub(crate) fn fill(&self, taken: &mut VecDeque<T>, limit: usize) {
        let mut line = if taken.is_empty() {
            self.wait()
        } else {
            self.lock()
        };
        let count = line.tasks.len().min(limit.saturating_sub(taken.len()));
        taken.extend(line.tasks.drain(..count));
        drop(line);
        self.places.add_permits(count);
    }

    /// Lets nobody in any more, not even those who wait for a place. What is in the queue can still be taken.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.places.close();
        self.arrived.notify_all();
    }

    /// Blocks until there is a task or the queue is closed.
    fn wait(&self) -> MutexGuard<'_, Line<T>> {
        self.arrived
            .wait_while(self.lock(), |line| line.tasks.is_empty() && !line.closed)
            .expect(UNPOISONED)
    }

    fn lock(&self) -> MutexGuard<'_, Line<T>> {
        self.line.lock().expect(UNPOISONED)
    }
}

const UNPOISONED: &str = "nothing panics while it holds the queue";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_was_given_out_before_the_closing_takes_no_task_after_it() {
        let queue = Queue::new(1);
        let place = queue.places.try_acquire().unwrap();
        queue.close();
        assert!(queue.occupy(place, "task").is_err());
        assert_eq!(queue.take(), None);
    }
}
