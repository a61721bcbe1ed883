use std::{
    io::{Read, Seek},
    ops::ControlFlow,
    thread::{self, JoinHandle},
};

use domain::{Memory, Timestamp};
use ports::Quarantined;
use tokio::sync::mpsc;

use super::{
    ImportError,
    format::Format,
    item::{Item, Record, Unfit},
    record::Stated,
};

/// The most bytes of text that a batch holds, unless one record alone has more.
const LARGEST: usize = 8 << 20;

/// Records of a file, in their order.
#[derive(Debug)]
pub(super) struct Records {
    /// What they are.
    pub(super) kind: Kind,
    /// The number of the last of them.
    pub(super) last: u64,
    pub(super) memories: Vec<Said<Memory>>,
    pub(super) relationships: Vec<Said<Stated>>,
    pub(super) quarantined: Vec<Quarantined>,
    pub(super) unfit: Vec<(Unfit, Place)>,
}

/// A record, and what the file says where the record does not say it.
pub(super) type Said<T> = (T, Option<String>);

/// Where a record stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) number: u64,
    pub(super) line: Option<u64>,
}

/// What records are; those that are unfit go with the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Memories,
    Relationships,
    Quarantined,
}

impl Kind {
    /// The most records that go into the store at once. Relationships are small, and each touches
    /// pages all over the indexes, which a batch writes once.
    const fn most(self) -> usize {
        match self {
            Self::Memories | Self::Quarantined => 2_500,
            Self::Relationships => 8_000,
        }
    }
}

impl Records {
    fn of(kind: Kind) -> Self {
        Self {
            kind,
            last: 0,
            memories: Vec::new(),
            relationships: Vec::new(),
            quarantined: Vec::new(),
            unfit: Vec::new(),
        }
    }

    fn len(&self) -> usize {
        self.memories.len() + self.relationships.len() + self.quarantined.len() + self.unfit.len()
    }

    /// Adds a record, and returns how many bytes of text it has.
    fn add(&mut self, item: Item) -> usize {
        let place = Place {
            number: item.number,
            line: item.line,
        };
        let size = match item.record {
            Record::Memory(memory) => {
                let size = memory.title.len() + memory.content.len();
                self.memories.push((*memory, item.document));
                size
            }
            Record::Relationship(stated) => {
                let size = stated.relationship.context.as_ref().map_or(0, String::len);
                self.relationships.push((*stated, item.document));
                size
            }
            Record::Quarantined(record) => {
                let size = record.document.len();
                self.quarantined.push(*record);
                size
            }
            Record::Unfit(unfit) => {
                let size = unfit.document.len();
                self.unfit.push((*unfit, place));
                return size;
            }
        };
        self.last = place.number;
        size
    }
}

/// The records of a file, read on a thread of its own and handed over in batches of one kind.
///
/// At most three batches are held at a time. The thread ends when nobody waits for it any more.
pub(super) struct Batches<S> {
    batches: mpsc::Receiver<Records>,
    thread: JoinHandle<(S, Result<Vec<ImportError>, ImportError>)>,
}

impl<S: Read + Seek + Send + 'static> Batches<S> {
    /// Begins to read.
    pub(super) fn of(source: S, format: Format, now: Timestamp) -> Self {
        let (sender, batches) = mpsc::channel(1);
        let thread = thread::spawn(move || {
            let mut source = source;
            let mut batch = Records::of(Kind::Memories);
            let mut bytes = 0;
            let result = format.read(&mut source, now, &mut |item| {
                let kind = match &item.record {
                    Record::Memory(_) => Kind::Memories,
                    Record::Relationship(_) => Kind::Relationships,
                    Record::Quarantined(_) => Kind::Quarantined,
                    Record::Unfit(_) => batch.kind,
                };
                if kind != batch.kind || batch.len() == batch.kind.most() || bytes >= LARGEST {
                    bytes = 0;
                    let full = std::mem::replace(&mut batch, Records::of(kind));
                    if full.len() > 0 && sender.blocking_send(full).is_err() {
                        return ControlFlow::Break(());
                    }
                }
                bytes += batch.add(item);
                ControlFlow::Continue(())
            });
            if result.is_ok() && batch.len() > 0 {
                // When nobody waits for the rest, nobody misses it.
                drop(sender.blocking_send(batch));
            }
            (source, result)
        });
        Self { batches, thread }
    }

    /// Returns the next batch.
    pub(super) async fn next(&mut self) -> Option<Records> {
        self.batches.recv().await
    }

    /// Gives the file back after the last batch, when it could be read.
    pub(super) fn end(self) -> Result<S, ImportError> {
        let (source, result) = self.thread.join().expect("reading a file does not panic");
        result.map(|_| source)
    }
}
