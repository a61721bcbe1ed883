use tokio::sync::{Semaphore, SemaphorePermit};

/// Bounds how much is worked on at once, and how much waits for that.
#[derive(Debug)]
pub(crate) struct Places {
    /// One for each that is worked on.
    at_work: Semaphore,
    most_at_work: u32,
    /// One for each that is worked on or waits.
    admitted: Semaphore,
    most_waiting: usize,
}

/// Lets a piece of work be done, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    _at_work: SemaphorePermit<'a>,
    _admitted: SemaphorePermit<'a>,
}

/// Too much waits already.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full {
    most_waiting: usize,
}

impl Full {
    /// What the client hears.
    pub(crate) fn message(&self) -> String {
        format!(
            "too many requests at once: {} wait already; try again when some are answered",
            self.most_waiting
        )
    }
}

impl Places {
    /// Lets `most_at_work` be worked on, while `most_waiting` wait.
    pub(crate) fn new(most_at_work: u32, most_waiting: usize) -> Self {
        Self {
            at_work: Semaphore::new(most_at_work as usize),
            most_at_work,
            admitted: Semaphore::new(most_at_work as usize + most_waiting),
            most_waiting,
        }
    }

    /// Waits for a place, after those who came before.
    ///
    /// # Errors
    ///
    /// Fails at once when too many wait.
    pub(crate) async fn take(&self) -> Result<Place<'_>, Full> {
        let most_waiting = self.most_waiting;
        let full = Full { most_waiting };
        let Ok(admitted) = self.admitted.try_acquire() else {
            return Err(full);
        };
        let at_work = self.at_work.acquire().await;
        Ok(Place {
            _at_work: at_work.expect("nobody closes the places"),
            _admitted: admitted,
        })
    }

    /// Returns when nothing is worked on.
    pub(crate) async fn all_free(&self) {
        drop(self.at_work.acquire_many(self.most_at_work).await);
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, task::Poll};

    use super::*;

    #[tokio::test]
    async fn so_many_work_so_many_wait_and_the_next_is_refused() {
        let places = Places::new(1, 1);
        let place = places.take().await.unwrap();
        let mut waits = pin!(places.take());
        assert!(matches!(polled(waits.as_mut()).await, Poll::Pending));
        assert_eq!(places.take().await.unwrap_err(), Full { most_waiting: 1 });
        drop(place);
        waits.await.unwrap();
    }

    #[tokio::test]
    async fn who_no_longer_waits_leaves_room() {
        let places = Places::new(1, 1);
        let _place = places.take().await.unwrap();
        {
            let mut gone = pin!(places.take());
            assert!(polled(gone.as_mut()).await.is_pending());
        }
        let mut waits = pin!(places.take());
        assert!(polled(waits.as_mut()).await.is_pending());
    }

    async fn polled<F: Future>(mut future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await
    }
}
