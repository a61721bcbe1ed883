//! A connection in memory: an account book that records each call, and fails when a test says so.

use std::{
    mem,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, mpsc},
};

use memorygraph_lanes::{Applied, LaneError, LaneOptions, Lanes, Transaction};

/// A batch that fails those with which it is applied.
pub(crate) const POISON: u32 = 13;

/// What all connections to one book share, and what outlives them.
#[derive(Clone, Default)]
pub(crate) struct Book(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    committed: Vec<u32>,
    log: Vec<String>,
}

/// The error of a call that was told to fail, or that came at the wrong time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Refused(pub(crate) &'static str);

pub(crate) type Outcome<T> = Result<T, LaneError<Refused>>;

pub(crate) fn failed<T>(call: &'static str) -> Outcome<T> {
    Err(LaneError::Failed(Refused(call)))
}

impl Book {
    pub(crate) fn connect(&self, name: &'static str) -> Account {
        Account {
            book: self.clone(),
            name,
            written: None,
            mark: None,
            failing: Vec::new(),
            panicking: Vec::new(),
            before_commit: None,
            at_close: None,
        }
    }

    pub(crate) fn open(&self, options: LaneOptions) -> Lanes<Account> {
        let opened: Result<_, Refused> = Lanes::open(
            options,
            || Ok(self.connect("writer")),
            || Ok(self.connect("reader")),
        );
        opened.expect("a book always opens")
    }

    pub(crate) fn committed(&self) -> Vec<u32> {
        self.pages().committed.clone()
    }

    /// What was called since this was last asked.
    pub(crate) fn take_log(&self) -> Vec<String> {
        mem::take(&mut self.pages().log)
    }

    fn log(&self, line: impl Into<String>) {
        self.pages().log.push(line.into());
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().expect("nobody panics with the book in hand")
    }
}

/// Lanes over a new book, with two readers.
pub(crate) fn open() -> (Book, Lanes<Account>) {
    open_with(LaneOptions::default())
}

/// As [`open`], with other limits.
pub(crate) fn open_with(options: LaneOptions) -> (Book, Lanes<Account>) {
    let book = Book::default();
    let readers = NonZeroUsize::new(2).expect("two is not zero");
    let lanes = book.open(LaneOptions { readers, ..options });
    (book, lanes)
}

/// One connection to a book.
pub(crate) struct Account {
    book: Book,
    name: &'static str,
    /// The numbers of the open transaction.
    written: Option<Vec<u32>>,
    /// How many of them there were at the mark.
    mark: Option<usize>,
    failing: Vec<&'static str>,
    panicking: Vec<&'static str>,
    before_commit: Option<Box<dyn FnOnce() + Send>>,
    at_close: Option<mpsc::Sender<()>>,
}

impl Account {
    /// Writes a number: into the transaction, or for good if there is none.
    pub(crate) fn put(&mut self, number: u32) {
        self.book.log(format!("put {number}"));
        match &mut self.written {
            Some(written) => written.push(number),
            None => self.book.pages().committed.push(number),
        }
    }

    /// Lets the next call of this method fail.
    pub(crate) fn fail(&mut self, call: &'static str) {
        self.failing.push(call);
    }

    /// Lets the next call of this method panic.
    pub(crate) fn panic(&mut self, call: &'static str) {
        self.panicking.push(call);
    }

    /// Rolls back without being asked, as an engine does on a full disk.
    pub(crate) fn give_up(&mut self) {
        self.book.log("give up");
        self.written = None;
        self.mark = None;
    }

    /// Runs this in the middle of the next commit.
    pub(crate) fn before_commit(&mut self, then: impl FnOnce() + Send + 'static) {
        self.before_commit = Some(Box::new(then));
    }

    /// Keeps the sender until the connection is closed.
    pub(crate) fn at_close(&mut self, sender: mpsc::Sender<()>) {
        self.at_close = Some(sender);
    }

    fn call(&mut self, call: &'static str) -> Result<(), Refused> {
        self.book.log(call);
        assert!(!take(&mut self.panicking, call), "{call} panics");
        if take(&mut self.failing, call) {
            return Err(Refused(call));
        }
        Ok(())
    }

    fn written(&mut self) -> Result<&mut Vec<u32>, Refused> {
        self.written.as_mut().ok_or(Refused("no transaction"))
    }
}

fn take(calls: &mut Vec<&'static str>, call: &'static str) -> bool {
    let found = calls.iter().position(|&planned| planned == call);
    found.map(|at| calls.remove(at)).is_some()
}

impl Transaction for Account {
    type Error = Refused;
    /// A number to write: 0 is refused, and [`POISON`] fails the whole.
    type Batch = u32;
    type Receipt = u32;

    fn apply(&mut self, batches: &[u32]) -> Result<Vec<Applied<Self>>, Refused> {
        self.call("apply")?;
        let write = |&number: &u32| match number {
            0 => Ok(Err(Refused("zero"))),
            POISON => Err(Refused("poison")),
            _ => {
                self.put(number);
                Ok(Ok(number))
            }
        };
        batches.iter().map(write).collect()
    }

    fn begin(&mut self) -> Result<(), Refused> {
        self.call("begin")?;
        if self.written.is_some() {
            return Err(Refused("a transaction in a transaction"));
        }
        self.written = Some(Vec::new());
        Ok(())
    }

    fn mark(&mut self) -> Result<(), Refused> {
        self.call("mark")?;
        self.mark = Some(self.written()?.len());
        Ok(())
    }

    fn release(&mut self) -> Result<(), Refused> {
        self.call("release")?;
        self.mark.take().map(drop).ok_or(Refused("no mark"))
    }

    fn rewind(&mut self) -> Result<(), Refused> {
        self.call("rewind")?;
        let mark = self.mark.take().ok_or(Refused("no mark"))?;
        self.written()?.truncate(mark);
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Refused> {
        if let Some(then) = self.before_commit.take() {
            then();
        }
        self.call("commit")?;
        let written = mem::take(self.written()?);
        self.written = None;
        self.book.pages().committed.extend(written);
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), Refused> {
        self.call("rollback")?;
        self.written()?;
        self.written = None;
        self.mark = None;
        Ok(())
    }

    fn in_transaction(&self) -> bool {
        self.written.is_some()
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.book.log(format!("close {}", self.name));
    }
}
