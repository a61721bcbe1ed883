use std::{
    io::{Read, Seek},
    ops::ControlFlow,
    thread::{self, JoinHandle},
};

use serde_json::Value;
use tokio::sync::mpsc;

use super::{BATCH, ImportError, RecordKind, document, survey::begin};

/// The most bytes of text that a batch holds, unless one record alone has more.
const LARGEST: usize = 8 << 20;

/// The records of one kind in a file, read on a thread of its own and handed over in batches.
///
/// At most three batches are held at a time. The thread ends when nobody waits for it any more.
pub(super) struct Batches<S, T> {
    batches: mpsc::Receiver<(u64, Vec<T>)>,
    thread: JoinHandle<(S, Result<(), ImportError>)>,
}

impl<S, T> Batches<S, T>
where
    S: Read + Seek + Send + 'static,
    T: Send + 'static,
{
    /// Begins to read; a record of which `read` makes nothing is left out. `size` tells how many
    /// bytes of text it has.
    pub(super) fn of(
        source: S,
        kind: RecordKind,
        read: impl Fn(Value) -> Option<T> + Send + 'static,
        size: fn(&T) -> usize,
    ) -> Self {
        let (sender, batches) = mpsc::channel(1);
        let thread = thread::spawn(move || {
            let mut source = source;
            let result = begin(&mut source).and_then(|text| {
                let mut batch = Vec::new();
                let mut bytes = 0;
                let mut last = 0;
                document::read(text, kind, |number, value| {
                    last = number;
                    if let Some(record) = read(value) {
                        bytes += size(&record);
                        batch.push(record);
                    }
                    if batch.len() < BATCH && bytes < LARGEST {
                        return ControlFlow::Continue(());
                    }
                    bytes = 0;
                    match sender.blocking_send((number, std::mem::take(&mut batch))) {
                        Ok(()) => ControlFlow::Continue(()),
                        Err(_) => ControlFlow::Break(()),
                    }
                })?;
                // When nobody waits for the rest, nobody misses it.
                drop(sender.blocking_send((last, batch)));
                Ok(())
            });
            (source, result)
        });
        Self { batches, thread }
    }

    /// Returns the next batch and the number of the last record that was read for it.
    pub(super) async fn next(&mut self) -> Option<(u64, Vec<T>)> {
        self.batches.recv().await
    }

    /// Gives the file back, after the last batch.
    pub(super) fn end(self) -> Result<S, ImportError> {
        let (source, result) = self.thread.join().expect("reading a file does not panic");
        result.map(|()| source)
    }
}
