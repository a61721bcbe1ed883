//! The promises of the lanes, on a connection in memory that records what it is asked.

mod account;
mod batches;
mod cancelling;
mod closing;
mod failing;
mod gate;
mod grouping;
mod random_walk;
mod reading;
