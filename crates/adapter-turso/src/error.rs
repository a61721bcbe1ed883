//! Translates the engine's errors, and the network's.

use lanes::LaneError;
use ports::{BackendError, ErrorKind};

/// Translates an error of the engine in this process; what was being done is added above.
pub(crate) fn turso(err: libsql::Error) -> BackendError {
    let code = match &err {
        libsql::Error::SqliteFailure(code, _) => Some(*code),
        // The code stands at the end of the words, and nowhere else.
        libsql::Error::ConnectionFailed(words) => {
            let digits = words
                .trim_end_matches('`')
                .rsplit(|c: char| !c.is_ascii_digit());
            digits.into_iter().next().and_then(|code| code.parse().ok())
        }
        _ => None,
    };
    let (kind, words) = match code.and_then(sql_graph::engine_error) {
        Some((kind, words)) => (kind, words.to_owned()),
        None => (ErrorKind::Backend, err.to_string()),
    };
    BackendError::new(kind, "run a statement")
        .because(words)
        .from_source(err)
}

/// Why the primary gave no answer, or one that refuses.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: BackendError,
    /// Whether the request may have been carried out all the same.
    pub(crate) may_have_happened: bool,
    /// What libsql said, by which some failures are told apart.
    pub(crate) words: String,
}

impl Failure {
    /// Takes an error of the engine in this process.
    pub(crate) fn here(error: BackendError) -> Self {
        Self {
            error,
            may_have_happened: false,
            words: String::new(),
        }
    }

    pub(crate) fn into_error(self) -> BackendError {
        self.error
    }

    /// Whether the answer broke off, and did not just take too long.
    pub(crate) fn is_lost(&self) -> bool {
        self.may_have_happened && !self.words.is_empty()
    }
}

/// Translates an error that came from the primary, or from the way there.
///
/// libsql gives words alone, in which it wraps those of the HTTP client, the server and SQLite; what
/// is looked for in them is pinned by the tests against a real server.
pub(crate) fn across(err: &libsql::Error, url: &str) -> Failure {
    let words = err.to_string();
    let has = |part: &str| words.contains(part);
    let (kind, said, may_have_happened) = if has("error trying to connect") {
        (
            ErrorKind::Unreachable,
            unreachable(url, &reason(&words)),
            false,
        )
    } else if has("status=401") || has("Unauthenticated") || has("AUTH_") {
        let said = format!(
            "the primary {url} does not take the token, or asks for one: make a new one and set \
             TURSO_AUTH_TOKEN; nothing was changed"
        );
        (ErrorKind::Unauthorized, said, false)
    } else if has("status=403") || has("PermissionDenied") || has("Unauthorized") || has("blocked")
    {
        let said = format!(
            "the primary {url} takes the token for reading alone: bring one that may write; nothing \
             was changed"
        );
        (ErrorKind::Unauthorized, said, false)
    } else if has("SQLITE_BUSY") || has("database is locked") || has("status=429") {
        let said = format!("others kept the primary {url} busy: try again; nothing was changed");
        (ErrorKind::Busy, said, false)
    } else if ["500", "502", "503", "504"]
        .iter()
        .any(|status| has(&format!("status={status}")))
        || has("baton")
        || has("stream has expired")
    {
        (
            ErrorKind::Unreachable,
            unreachable(url, &reason(&words)),
            true,
        )
    } else if has("expected f64") {
        let said =
            "the answer has a real number that is infinite, which a primary cannot send: turn \
                    it into text"
                .to_owned();
        (ErrorKind::InvalidArgument, said, false)
    } else if has("status=") || has("json error") || has("unexpected response") {
        let said = format!(
            "the server at {url} is no libSQL primary, or has no such database ({}): check \
             TURSO_DATABASE_URL",
            reason(&words)
        );
        (ErrorKind::InvalidArgument, said, false)
    } else if has("http error") || has("stream closed") || has("ended prematurely") {
        (
            ErrorKind::Unreachable,
            unreachable(url, &reason(&words)),
            true,
        )
    } else if has("constraint failed") {
        let said = format!(
            "what was to be written breaks a rule of the tables ({}); nothing was changed",
            reason(&words)
        );
        (ErrorKind::InvalidArgument, said, false)
    } else {
        (ErrorKind::Backend, reason(&words), false)
    };
    // The words of libsql are in ours: hung below, they would be read twice.
    Failure {
        error: BackendError::new(kind, "ask the primary").because(said),
        may_have_happened,
        words,
    }
}

/// Says that the primary did not answer in time.
pub(crate) fn timed_out(url: &str, seconds: f64) -> Failure {
    let error = BackendError::new(ErrorKind::Unreachable, "ask the primary")
        .because(unreachable(url, &format!("no answer within {seconds} s")));
    Failure {
        error,
        may_have_happened: true,
        words: String::new(),
    }
}

fn unreachable(url: &str, reason: &str) -> String {
    let reason = reason.trim_start_matches("error trying to connect: ");
    format!("the primary {url} cannot be reached ({reason}): check the network and the URL")
}

/// Returns the innermost of the quoted words, of which a server may send a whole page.
fn reason(words: &str) -> String {
    const LONGEST: usize = 200;
    let inner = words.trim_end_matches('`');
    let inner = inner.rsplit_once('`').map_or(inner, |(_, inner)| inner);
    let line = inner.lines().next().unwrap_or_default();
    let mut reason: String = line.chars().take(LONGEST).collect();
    if reason.len() < inner.trim_end().len() {
        reason.push('…');
    }
    reason
}

/// Translates how a job on a lane ended.
pub(crate) fn on_lane(doing: &'static str) -> impl FnOnce(LaneError<BackendError>) -> BackendError {
    move |err| match err {
        LaneError::Failed(err) => err.while_doing(doing),
        LaneError::Closed => closed(doing),
        LaneError::Panicked(message) => BackendError::new(ErrorKind::Backend, doing).because(
            format!("the program has a fault, please report it: {message}"),
        ),
    }
}

/// Says that there is no connection.
pub(crate) fn closed(doing: &'static str) -> BackendError {
    BackendError::new(ErrorKind::Closed, doing)
        .because("the backend is not connected, or was closed: connect it, or open it again")
}
