//! Threads for engines that block: one writer with group commit, and a few readers.
//!
//! An `async fn` that runs a blocking engine holds up everything else on its executor thread. [`Lanes`] moves each
//! connection to a thread of its own and hands it jobs through bounded queues:
//!
//! ```text
//! write(job)   ──► queue ──► 1 writer thread    all that waits in one transaction, with a mark for each job
//! apply(batch) ──►                              as a write, and neighbouring batches at once
//! read(job)    ──► queue ──► n reader threads   whichever is free takes the next
//! ```
//!
//! Nothing here knows SQL, and nothing needs a particular executor: the futures wait on channels alone.
//!
//! # Examples
//!
//! ```
//! use memorygraph_lanes::{Applied, LaneError, LaneOptions, Lanes, Transaction};
//!
//! /// A counter: what it was at the start of the transaction and at the mark, and what it is.
//! #[derive(Default)]
//! struct Counter { start: Option<u32>, mark: u32, now: u32 }
//!
//! impl Transaction for Counter {
//!     type Error = &'static str;
//!     type Batch = u32;
//!     type Receipt = u32;
//!     fn begin(&mut self) -> Result<(), Self::Error> { self.start = Some(self.now); Ok(()) }
//!     fn mark(&mut self) -> Result<(), Self::Error> { self.mark = self.now; Ok(()) }
//!     fn release(&mut self) -> Result<(), Self::Error> { self.start.map(drop).ok_or("no transaction") }
//!     fn rewind(&mut self) -> Result<(), Self::Error> { self.now = self.mark; Ok(()) }
//!     fn commit(&mut self) -> Result<(), Self::Error> { self.start.take().map(drop).ok_or("no transaction") }
//!     fn rollback(&mut self) -> Result<(), Self::Error> { self.now = self.start.take().unwrap_or(self.now); Ok(()) }
//!     fn apply(&mut self, batches: &[u32]) -> Result<Vec<Applied<Self>>, Self::Error> {
//!         Ok(batches.iter().map(|more| { self.now += more; Ok(self.now) }).collect())
//!     }
//!     fn in_transaction(&self) -> bool { self.start.is_some() }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), LaneError<&'static str>> {
//! let open = || Ok::<_, LaneError<&'static str>>(Counter::default());
//! let lanes = Lanes::open(LaneOptions::default(), open, open)?;
//!
//! lanes.write(|counter| { counter.now += 1; Ok(()) }).await?;
//! let refused = lanes.write(|counter| { counter.now += 10; Err::<(), _>("too much") }).await;
//! assert_eq!(refused, Err(LaneError::Failed("too much")));
//! assert_eq!(lanes.write(|counter| Ok(counter.now)).await?, 1);
//! assert_eq!(lanes.apply(5).await?, 6);
//!
//! lanes.close().await;
//! # Ok(())
//! # }
//! ```

mod batch;
mod error;
mod job;
mod lanes;
mod queue;
mod reader;
mod transaction;
mod writer;

pub use crate::{
    error::LaneError,
    lanes::{LaneOptions, Lanes},
    transaction::{Applied, Transaction},
};
