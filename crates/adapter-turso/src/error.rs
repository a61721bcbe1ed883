//! Translates the engine's errors, and the network's.

use lanes::LaneError;
use ports::{BackendError, ErrorKind};

/// Translates an error of the engine in this process; what was being done is added above.
pub(crate) fn turso(err: libsql::Error) -> BackendError {
    let mut said = None;
    let code = match &err {
        libsql::Error::SqliteFailure(code, words) => {
            said = Some(words.as_str());
            Some(*code)
        }
        // The code stands at the end of the words, and nowhere else.
        libsql::Error::ConnectionFailed(words) => {
            let digits = words
                .trim_end_matches('`')
                .rsplit(|c: char| !c.is_ascii_digit());
            digits.into_iter().next().and_then(|code| code.parse().ok())
        }
        _ => None,
    };
    let (kind, words) = match code.and_then(|code| sql_graph::engine_error(code, said)) {
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

    /// Whether it is one of the way to the primary, and not of what was asked.
    pub(crate) fn is_of_the_way(&self) -> bool {
        self.may_have_happened
            || matches!(self.error.kind(), ErrorKind::Unreachable | ErrorKind::Busy)
    }

    /// Whether the answer broke off, and did not just take too long.
    pub(crate) fn is_lost(&self) -> bool {
        self.may_have_happened && !self.words.is_empty()
    }
}

/// Translates an error that came from the primary, or from the way there.
///
/// libsql gives words alone: its own, around those of the HTTP client, the server or SQLite. What is
/// looked for in them is pinned by the tests against a real server.
pub(crate) fn across(err: &libsql::Error, url: &str) -> Failure {
    let whole = err.to_string();
    let (origin, words) = whole
        .strip_prefix("Hrana: `")
        .and_then(|words| words.split_once(": `"))
        .unwrap_or(("", &whole));
    let words = words.trim_end_matches('`');
    let (kind, said, may_have_happened) = match origin {
        "http error" => match words.strip_prefix("error trying to connect: ") {
            Some(reason) => (ErrorKind::Unreachable, unreachable(url, reason), false),
            None => (ErrorKind::Unreachable, unreachable(url, words), true),
        },
        "api error" => match words.strip_prefix("status=") {
            Some(status) => of_status(status, url),
            None => of_statement(words, url),
        },
        "json error" if words.contains("expected f64") => (
            ErrorKind::InvalidArgument,
            "the answer has a real number that is infinite, which a primary cannot send: turn it into \
             text"
                .to_owned(),
            true,
        ),
        "json error" | "unexpected response" => (
            ErrorKind::InvalidArgument,
            no_primary(url, &shortened(words)),
            true,
        ),
        "stream closed" => (ErrorKind::Unreachable, unreachable(url, words), true),
        _ => of_statement(words, url),
    };
    // The words of libsql are in ours: hung below, they would be read twice.
    Failure {
        error: BackendError::new(kind, "ask the primary").because(said),
        may_have_happened,
        words: words.to_owned(),
    }
}

type Meaning = (ErrorKind, String, bool);

/// Tells what an HTTP status other than 200 means; `status` begins with its number.
fn of_status(status: &str, url: &str) -> Meaning {
    let digits = status.bytes().take_while(u8::is_ascii_digit).count();
    let number: u16 = status[..digits].parse().unwrap_or_default();
    // A page that some server sends may hold anything, also what was sent to it.
    let reason = servers_reason(status).map_or(format!("status {number}"), |reason| {
        format!("status {number}, {}", shortened(&reason))
    });
    match number {
        401 => (
            ErrorKind::Unauthorized,
            format!(
                "the primary {url} does not take the token, or asks for one ({reason}): make a new one \
                 and set TURSO_AUTH_TOKEN; nothing was changed"
            ),
            false,
        ),
        403 => (
            ErrorKind::Unauthorized,
            for_reading_alone(url, &reason),
            false,
        ),
        429 => (ErrorKind::Busy, busy(url), false),
        // The primary forgets what was begun on a connection that was silent for too long.
        400 if reason.contains("baton") || reason.contains("stream") => {
            (ErrorKind::Unreachable, unreachable(url, &reason), true)
        }
        408 | 500 | 502..=599 => (ErrorKind::Unreachable, unreachable(url, &reason), true),
        _ => (ErrorKind::InvalidArgument, no_primary(url, &reason), false),
    }
}

/// Returns the reason of an answer that has one in JSON, as a primary's has.
fn servers_reason(status: &str) -> Option<String> {
    let (_, body) = status.split_once("body=")?;
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    Some(body.get("error")?.as_str()?.to_owned())
}

/// Tells what the words about a statement mean. The statement may be a caller's, and have any words.
fn of_statement(words: &str, url: &str) -> Meaning {
    let is_code = |code: &str| words.contains(&format!("code: \"{code}\""));
    let is = |message: &str| words.contains(&format!("SQLite error: {message}"));
    if is_code("SQLITE_BUSY") || is("database is locked") {
        (ErrorKind::Busy, busy(url), false)
    } else if is_code("BLOCKED") {
        let reason = shortened(message(words));
        (
            ErrorKind::Unauthorized,
            for_reading_alone(url, &reason),
            false,
        )
    } else if words.contains(" constraint failed") {
        let said = format!(
            "what was to be written breaks a rule of the tables ({}); nothing was changed",
            shortened(message(words))
        );
        (ErrorKind::InvalidArgument, said, false)
    } else {
        (ErrorKind::Backend, shortened(message(words)), false)
    }
}

/// Returns the message out of the form in which libsql shows some errors.
fn message(words: &str) -> &str {
    let inner = words.split_once("message: \"").map(|(_, inner)| inner);
    let inner = inner.and_then(|inner| inner.rsplit_once("\", code:"));
    inner.map_or(words, |(message, _)| message)
}

fn for_reading_alone(url: &str, reason: &str) -> String {
    format!(
        "the primary {url} takes the token for reading alone ({reason}): bring one that may write; \
         nothing was changed"
    )
}

fn busy(url: &str) -> String {
    format!("others kept the primary {url} busy: try again; nothing was changed")
}

fn no_primary(url: &str, reason: &str) -> String {
    format!(
        "the server at {url} is no libSQL primary, or has no such database ({reason}): check \
         TURSO_DATABASE_URL"
    )
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
    let reason = shortened(reason);
    format!("the primary {url} cannot be reached ({reason}): check the network and the URL")
}

/// Returns the first line, and not too much of it.
fn shortened(words: &str) -> String {
    const LONGEST: usize = 200;
    let line = words.lines().next().unwrap_or_default();
    let mut short: String = line.chars().take(LONGEST).collect();
    if short.len() < words.trim_end().len() {
        short.push('…');
    }
    short
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
