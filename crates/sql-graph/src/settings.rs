//! How connections to a file are set up, whichever engine opens it.

use std::{
    hash::{BuildHasher, RandomState},
    thread,
    time::{Duration, Instant},
};

use ports::{BackendError, ErrorKind, Result};

/// How long a caller waits for other processes before it hears [`ErrorKind::Busy`].
pub const BUSY: Duration = Duration::from_secs(30);

/// How many prepared statements a connection keeps.
pub const PREPARED: usize = 128;

/// The settings of every connection. The page cache is 1.5 MiB: the system caches the file as well,
/// and a larger one made neither searches of 100,000 memories nor their import faster, while each
/// process and connection would have one of its own.
pub const EVERY: [&str; 2] = ["PRAGMA foreign_keys = ON", "PRAGMA cache_size = -1536"];

/// The settings of a connection that writes. Twice the waiting for the disk that a commit has goes
/// with moving the log into the file, which is done after 4,000 pages: a group of 64 memories writes
/// a thousand. REPLACE fires the triggers that keep the index in step only when they are recursive.
pub const WRITING: [&str; 3] = [
    "PRAGMA synchronous = FULL",
    "PRAGMA recursive_triggers = ON",
    "PRAGMA wal_autocheckpoint = 4000",
];

/// Returns what waits while another process holds the file, given how often it has: a little longer
/// each time, never as long as the others, and no longer than [`BUSY`].
pub fn waiting() -> impl FnMut(i32) -> bool + Send + 'static {
    let random = RandomState::new();
    let mut since = Instant::now();
    move |attempt| {
        if attempt == 0 {
            since = Instant::now();
        }
        let longest = 1_000_u64 << attempt.clamp(0, 5);
        let pause = longest / 2 + random.hash_one((attempt, since)) % longest;
        thread::sleep(Duration::from_micros(pause));
        since.elapsed() < BUSY
    }
}

/// Tries again while another connection is in the way, for statements with which engines do not
/// wait: two that read and both want the file alone would wait for each other.
pub fn patiently<T>(mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let mut wait = waiting();
    // From the first: an engine that does wait has then waited long enough.
    let mut waits = 1;
    loop {
        match attempt() {
            Err(err) if err.kind() == ErrorKind::Busy && wait(waits) => waits += 1,
            ended => return ended,
        }
    }
}

/// Says that a file cannot have a write-ahead log; `mode` is what its journal stays in.
pub fn no_write_ahead_log(mode: &str) -> BackendError {
    BackendError::new(ErrorKind::Unsupported, "open the graph").because(format!(
        "its file system takes no write-ahead log (the journal mode stays {mode:?}): keep the graph on \
         a local disk"
    ))
}

/// Says which graph an error of opening is about.
pub fn about(err: BackendError, location: impl std::fmt::Display) -> BackendError {
    let words = match err.detail() {
        Some(detail) => format!("{location}: {detail}"),
        None => location.to_string(),
    };
    err.while_doing("open the graph").because(words)
}
