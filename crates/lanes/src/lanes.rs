//! The threads, seen from outside.

use std::{
    num::NonZeroUsize,
    sync::Arc,
    thread::{self, JoinHandle},
};

use tokio::sync::watch;

use crate::{
    batch::entry,
    error::LaneError,
    job::{Answer, Job, job},
    queue::{Closed, Queue},
    reader,
    transaction::Transaction,
    writer::{self, Task},
};

/// How many threads there are, and how much may wait for them.
#[derive(Clone, Copy, Debug)]
pub struct LaneOptions {
    /// The threads are called `<name>-writer` and `<name>-reader-<n>`.
    pub name: &'static str,
    /// How many reads run at the same time, each on a connection of its own.
    pub readers: NonZeroUsize,
    /// How many jobs may wait for the writer, and how many for the readers. Callers beyond that wait for a place.
    /// Zero counts as one.
    pub queue: usize,
    /// How many writes share a transaction at most. Zero counts as one.
    pub group: usize,
}

impl Default for LaneOptions {
    /// Four readers, 1024 places in each queue, and up to 64 writes in a transaction.
    fn default() -> Self {
        Self {
            name: "lane",
            readers: const { NonZeroUsize::new(4).expect("four is not zero") },
            queue: 1024,
            group: 64,
        }
    }
}

/// One writer and a few readers, each with a connection and a thread of its own.
///
/// A job that has a place in the queue runs to its end, also when its caller is gone. A call whose future is dropped
/// before that never runs. When the queue is full, calls wait for a place, in the order in which they came. A job that
/// panics costs its caller an error and nobody else anything.
///
/// Dropping the lanes does not block: the threads finish what is queued, close their connections, and end on their
/// own. Await [`close`](Self::close) to know when that is done.
pub struct Lanes<C: Transaction> {
    writes: Arc<Queue<Task<C>>>,
    reads: Arc<Queue<Job<C>>>,
    /// The writer's thread holds the only receiver, and drops it after the last connection.
    running: watch::Sender<()>,
}

impl<C: Transaction> Lanes<C> {
    /// Opens the writer's connection, then the readers', then starts the threads.
    ///
    /// Blocks until all connections are open; call it at startup. If one cannot be opened, the others are closed and
    /// the error is returned.
    ///
    /// # Panics
    ///
    /// If the system cannot start a thread.
    pub fn open<E>(
        options: LaneOptions,
        writer: impl FnOnce() -> Result<C, E>,
        reader: impl Fn() -> Result<C, E>,
    ) -> Result<Self, E> {
        let LaneOptions {
            name,
            readers,
            queue,
            group,
        } = options;
        let writer = writer()?;
        let readers = (0..readers.get())
            .map(|_| reader())
            .collect::<Result<Vec<_>, _>>()?;

        let lanes = Self {
            writes: Arc::new(Queue::new(queue)),
            reads: Arc::new(Queue::new(queue)),
            running: watch::Sender::new(()),
        };
        let readers: Vec<_> = (1..)
            .zip(readers)
            .map(|(number, connection)| {
                let reads = Arc::clone(&lanes.reads);
                spawn(format!("{name}-reader-{number}"), move || {
                    reader::serve(connection, &reads);
                })
            })
            .collect();
        let writes = Arc::clone(&lanes.writes);
        let running = lanes.running.subscribe();
        spawn(format!("{name}-writer"), move || {
            let connection = writer::serve(writer, &writes, group.max(1));
            // The writer's connection goes last: engines tidy up with the last one, and the readers' may not write.
            for reader in readers {
                drop(reader.join());
            }
            drop(connection);
            drop(running);
        });
        Ok(lanes)
    }

    /// Runs the job in a transaction, which it shares with the writes that wait at the same time, and answers after
    /// the commit.
    ///
    /// Jobs run in the order in which they got their places. Each sees what those before it wrote. The job must not
    /// begin, commit or roll back by itself, and passes on the errors of its connection: one that writes on after the
    /// engine has ended the transaction writes outside any.
    ///
    /// # Errors
    ///
    /// A job that fails or panics is taken back, and only its caller gets the error. If the transaction cannot begin
    /// or commit, or the engine gives it up, all who shared it so far get that error, and nothing of theirs is kept.
    /// After [`Closed`](LaneError::Closed) the job has not run.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut C) -> Result<T, C::Error> + Send + 'static,
    ) -> Result<T, LaneError<C::Error>> {
        self.ask_writer(Task::Shared, job).await
    }

    /// Writes the batch in a transaction, as [`write`](Self::write) would, and at once with the batches that wait next
    /// to it, which spares the engine work. Answers after the commit.
    ///
    /// # Errors
    ///
    /// As for [`write`](Self::write). A batch that is refused costs the others nothing.
    pub async fn apply(&self, batch: C::Batch) -> Result<C::Receipt, LaneError<C::Error>> {
        let (entry, answer) = entry(batch);
        hear(self.writes.put(Task::Batch(entry)).await, answer).await
    }

    /// Runs the job on the writer's connection outside any transaction: for settings, for compacting, and for schema
    /// steps that manage their own transaction.
    ///
    /// It takes its turn among the writes. A transaction that the job leaves open is committed if the job succeeded,
    /// and rolled back if it did not.
    ///
    /// # Errors
    ///
    /// As the job, as the commit of what it left open, or [`Closed`](LaneError::Closed), after which it has not run.
    pub async fn write_alone<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut C) -> Result<T, C::Error> + Send + 'static,
    ) -> Result<T, LaneError<C::Error>> {
        self.ask_writer(Task::Alone, job).await
    }

    /// Runs the job on whichever reader is free first.
    ///
    /// A job of more than one statement that must see one state opens a transaction by itself. One that it leaves
    /// open is rolled back.
    ///
    /// # Errors
    ///
    /// As the job, or [`Closed`](LaneError::Closed), after which it has not run.
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut C) -> Result<T, C::Error> + Send + 'static,
    ) -> Result<T, LaneError<C::Error>> {
        let (job, answer) = self::job(job);
        hear(self.reads.put(job).await, answer).await
    }

    /// Lets what is queued run to its end, then closes every connection, the writer's last.
    ///
    /// Calls that have no place in a queue yet, and all later ones, get [`Closed`](LaneError::Closed). Closing again,
    /// also at the same time, waits for the same end. A future that is dropped after its first poll has closed
    /// the lanes; it only does not wait.
    pub async fn close(&self) {
        self.shut();
        self.running.closed().await;
    }

    async fn ask_writer<T: Send + 'static>(
        &self,
        task: impl FnOnce(Job<C>) -> Task<C> + Send,
        job: impl FnOnce(&mut C) -> Result<T, C::Error> + Send + 'static,
    ) -> Result<T, LaneError<C::Error>> {
        let (job, answer) = self::job(job);
        hear(self.writes.put(task(job)).await, answer).await
    }

    fn shut(&self) {
        self.writes.close();
        self.reads.close();
    }
}

impl<C: Transaction> Drop for Lanes<C> {
    fn drop(&mut self) {
        self.shut();
    }
}

/// Waits for the answer of a job that was put in a queue.
async fn hear<T: Send, E: Send>(
    put: Result<(), Closed>,
    answer: Answer<T, E>,
) -> Result<T, LaneError<E>> {
    match put {
        // Every job in a queue is answered; were one dropped instead, it would not have run.
        Ok(()) => answer.await.unwrap_or(Err(LaneError::Closed)),
        Err(Closed) => Err(LaneError::Closed),
    }
}

fn spawn(name: String, body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    thread::Builder::new()
        .name(name)
        .spawn(body)
        .expect("the system can start a thread")
}
