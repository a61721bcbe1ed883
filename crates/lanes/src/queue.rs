//! A bounded queue from async callers to blocking threads.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
    thread::{self, Thread},
};

use tokio::sync::{Semaphore, SemaphorePermit};

/// First in, first out; many callers put, many threads take; anyone can close it.
///
/// Channels end when their last sender is gone, so a caller that stands in line and is never polled again would keep
/// one open for ever. This queue ends when it is told to. It also gives the writer a whole group for one lock, and
/// wakes the thread that has been idle for the shortest time: its connection knows what was read last, and the others
/// hold less.
pub(crate) struct Queue<T> {
    /// One permit for each free place, given out in the order of asking.
    places: Semaphore,
    line: Mutex<Line<T>>,
}

struct Line<T> {
    tasks: VecDeque<T>,
    /// The threads that wait, the last one to come at the end.
    idle: Vec<Thread>,
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
                idle: Vec::new(),
                closed: false,
            }),
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
        let idle = line.idle.pop();
        drop(line);
        // The place stays occupied until the task leaves the queue.
        place.forget();
        if let Some(idle) = idle {
            idle.unpark();
        }
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
        let mut line = self.lock();
        line.closed = true;
        let idle = std::mem::take(&mut line.idle);
        drop(line);
        self.places.close();
        for thread in idle {
            thread.unpark();
        }
    }

    /// Blocks until there is a task or the queue is closed.
    fn wait(&self) -> MutexGuard<'_, Line<T>> {
        let mut line = self.lock();
        while line.tasks.is_empty() && !line.closed {
            let this = thread::current();
            let id = this.id();
            line.idle.push(this);
            drop(line);
            thread::park();
            line = self.lock();
            // Threads wake without a reason, too.
            line.idle.retain(|thread| thread.id() != id);
        }
        line
    }

    fn lock(&self) -> MutexGuard<'_, Line<T>> {
        self.line.lock().expect(UNPOISONED)
    }
}

const UNPOISONED: &str = "nothing panics while it holds the queue";

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    #[test]
    fn the_thread_that_came_last_is_woken_first() {
        let queue = Arc::new(Queue::new(8));
        let (took, taken) = mpsc::channel();
        let come = |name: &'static str, idle: usize| {
            let (queue, took) = (Arc::clone(&queue), took.clone());
            let waits = Arc::clone(&queue);
            let thread = thread::spawn(move || took.send((name, queue.take())).unwrap());
            while waits.lock().idle.len() < idle {
                thread::yield_now();
            }
            thread
        };
        let threads = [come("first", 1), come("second", 2), come("third", 3)];
        for (task, name) in [(1, "third"), (2, "second"), (3, "first")] {
            let place = queue.places.try_acquire().unwrap();
            queue.occupy(place, task).unwrap();
            assert_eq!(taken.recv().unwrap(), (name, Some(task)));
        }
        for thread in threads {
            thread.join().unwrap();
        }
    }

    #[test]
    fn who_waits_hears_of_the_end() {
        let queue = Arc::new(Queue::<()>::new(1));
        let threads = [(); 3].map(|()| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.take())
        });
        while queue.lock().idle.len() < 3 {
            thread::yield_now();
        }
        queue.close();
        assert!(
            threads
                .map(|thread| thread.join().unwrap())
                .iter()
                .all(Option::is_none)
        );
    }

    #[test]
    fn a_place_that_was_given_out_before_the_closing_takes_no_task_after_it() {
        let queue = Queue::new(1);
        let place = queue.places.try_acquire().unwrap();
        queue.close();
        assert!(queue.occupy(place, "task").is_err());
        assert_eq!(queue.take(), None);
    }
}
