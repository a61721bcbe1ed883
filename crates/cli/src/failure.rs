//! What a person or a program hears when something did not work, and the exit code.

use std::{
    borrow::Cow,
    error::Error as _,
    fmt::Display,
    io::{self, Write},
    process::ExitCode,
};

use anstream::AutoStream;
use memorygraph::ports::{BackendError, Conflict, ErrorKind};
use memorygraph::{ConfigError, Error, domain::Invalid, export::ExportError, import::ImportError};
use serde_json::{Value, json};

use crate::{
    command_line::line_of,
    style::{ERROR, QUIET, WARNING, paint},
};

/// How many further problems are listed below the first.
const LISTED: usize = 20;

/// What kind of failure it is: the exit code and the word for programs follow from it, and from
/// nothing else.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Something outside did not work.
    Failed,
    /// The command cannot be meant like this.
    Usage,
    /// A file cannot be taken in as it is.
    InvalidFile,
    /// Somebody stopped it.
    Interrupted,
    /// As the library says.
    Of(ErrorKind),
}

impl Kind {
    fn of(error: &Error) -> Self {
        match (error, error.kind()) {
            (Error::Import(_), ErrorKind::InvalidArgument) => Self::InvalidFile,
            (_, kind) => Self::Of(kind),
        }
    }

    const fn code(self) -> u8 {
        match self {
            Self::Usage | Self::Of(ErrorKind::InvalidArgument) => 2,
            Self::Of(ErrorKind::NotFound) => 3,
            Self::Of(ErrorKind::Conflict) => 4,
            // As shells say it of what Ctrl-C ended.
            Self::Interrupted => 130,
            Self::Failed | Self::InvalidFile | Self::Of(_) => 1,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Failed => "failed".to_owned(),
            Self::Usage => "usage".to_owned(),
            Self::InvalidFile => "invalid_file".to_owned(),
            Self::Interrupted => "interrupted".to_owned(),
            Self::Of(kind) => kind.to_string().replace(' ', "_"),
        }
    }
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    /// More lines, each on its own.
    details: Vec<String>,
    hint: Option<Cow<'static, str>>,
    /// What is there instead, for programs.
    found: Option<Box<Value>>,
    /// Nobody reads on: there is nothing to say, and nothing went wrong.
    is_closed_pipe: bool,
}

impl Failure {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            details: Vec::new(),
            hint: None,
            found: None,
            is_closed_pipe: false,
        }
    }

    /// Says that what was asked for is not there.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::Of(ErrorKind::NotFound), message)
    }

    /// Says that the command cannot be meant like this.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Says that what is there stands against it.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Of(ErrorKind::Conflict), message)
    }

    /// Says that something outside did not work.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// Says that a file cannot be taken in as it is.
    pub(crate) fn invalid_file(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidFile, message)
    }

    /// Says that somebody stopped it.
    pub(crate) fn interrupted(message: impl Into<String>) -> Self {
        Self::new(Kind::Interrupted, message)
    }

    /// Whether somebody stopped it.
    pub(crate) fn is_interrupted(&self) -> bool {
        matches!(self.kind, Kind::Interrupted)
    }

    /// Says what it is about.
    pub(crate) fn about(self, what: &impl Display) -> Self {
        Self {
            message: format!("{}: {}", one_line(&what.to_string()), self.message),
            ..self
        }
    }

    /// Adds what to do.
    pub(crate) fn hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }

    /// Adds to what the message says.
    pub(crate) fn with_detail(mut self, detail: String) -> Self {
        self.details.push(detail);
        self
    }

    /// Writes it to stderr, and returns the exit code.
    pub(crate) fn report(self, as_json: bool) -> ExitCode {
        if self.is_closed_pipe {
            return ExitCode::SUCCESS;
        }
        let lines = if as_json {
            let mut error = json!({"kind": self.kind.name(), "message": self.message});
            if !self.details.is_empty() {
                error["details"] = self.details.into();
            }
            if let Some(hint) = self.hint {
                error["hint"] = hint.into();
            }
            if let Some(found) = self.found {
                error["found"] = *found;
            }
            vec![json!({ "error": error }).to_string()]
        } else {
            let mut lines = vec![format!("{} {}", paint(ERROR, "error:"), self.message)];
            lines.extend(self.details.iter().map(|detail| format!("  {detail}")));
            let hint = self.hint.iter();
            lines.extend(hint.map(|hint| format!("{} {hint}", paint(QUIET, "hint:"))));
            lines
        };
        tell(lines.join("\n"));
        ExitCode::from(self.kind.code())
    }
}

/// Writes to stderr what is worth knowing and no failure.
pub(crate) fn warn(message: &str, hint: &str, as_json: bool) {
    if as_json {
        tell(json!({"warning": {"message": message, "hint": hint}}));
    } else {
        let (warning, hinted) = (paint(WARNING, "warning:"), paint(QUIET, "hint:"));
        tell(format_args!("{warning} {message}\n{hinted} {hint}"));
    }
}

/// Writes to stderr what is answered on the same line.
pub(crate) fn tell_in_line(text: impl Display) {
    let mut stderr = AutoStream::auto(io::stderr());
    // When stderr is closed there is nobody to tell.
    drop(write!(stderr, "{text}").and_then(|()| stderr.flush()));
}

/// Writes a line to stderr.
pub(crate) fn tell(line: impl Display) {
    // When stderr is closed there is nobody to tell.
    drop(writeln!(AutoStream::auto(io::stderr()), "{line}"));
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self {
            is_closed_pipe: error.kind() == io::ErrorKind::BrokenPipe,
            ..Self::failed(format!("write the output: {error}"))
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Error::from(error).into()
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        Error::from(invalid).into()
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut message = message_of(&error);
        // An engine's own words, where the message does not have them already.
        let mut cause = error.source();
        while let Some(source) = cause {
            let text = source.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = source.source();
        }
        let mut failure = Self::new(Kind::of(&error), one_line(&message));
        failure.hint = match &error {
            Error::Backend(error) => {
                failure.found = error.found().and_then(found).map(Box::new);
                backend_hint(error)
            }
            Error::Import(ImportError::Records { problems, count }) => {
                let more = problems.iter().skip(1).take(LISTED);
                failure.details = more.map(|problem| one_line(&problem.to_string())).collect();
                let named = failure.details.len() as u64 + 1;
                if named < *count {
                    failure.details.push(format!("and {} more", count - named));
                }
                let (them, list) = match count {
                    1 => ("it", "tells why"),
                    _ => ("them", "lists them"),
                };
                let hint = "nothing was written; --skip-invalid keeps";
                Some(format!("{hint} {them} in quarantine and {list}").into())
            }
            Error::Export(ExportError::Exists { .. }) => Some("--force replaces it".into()),
            _ => None,
        };
        failure
    }
}

/// Returns what is said to a person. What was being done and the kind go without saying where the
/// command line tells what is wrong with it.
fn message_of(error: &Error) -> String {
    let plain = match error {
        Error::Backend(error) => match error.kind() {
            ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::InvalidArgument => {
                error.detail().map(str::to_owned)
            }
            _ => None,
        },
        _ => None,
    };
    plain.unwrap_or_else(|| error.to_string())
}

fn backend_hint(error: &BackendError) -> Option<Cow<'static, str>> {
    match (error.kind(), error.found()) {
        (ErrorKind::NotFound, _) => {
            Some("memorygraph search TEXT shows the ids of what is there".into())
        }
        (_, Some(Conflict::Cycle(_))) => {
            Some("MEMORY_ALLOW_CYCLES=true allows cycles, for those who want them".into())
        }
        (_, Some(Conflict::Memory { id, .. })) => {
            let get = line_of(&["memorygraph", "get", id.as_str()]);
            Some(format!("{} shows what is there", one_line(&get)).into())
        }
        _ => None,
    }
}

/// Writes what stood against a change, as the library's own values are written.
fn found(conflict: &Conflict) -> Option<Value> {
    match conflict {
        Conflict::Memory { found, .. } => Some(json!({ "memory": found.as_ref()? })),
        Conflict::Relationship { found } => Some(json!({ "relationship": found.as_ref()? })),
        Conflict::Cycle(memories) => Some(json!({ "cycle": memories })),
    }
}

/// A message stays on its line, whatever it quotes.
fn one_line(text: &str) -> String {
    let to_space = |c: char| if c.is_control() { ' ' } else { c };
    text.chars().map(to_space).collect()
}

/// Reports what clap says about the command line; help and version are no failure.
pub(crate) fn wrong_usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // When stdout is closed there is nobody to help.
        drop(error.print());
        return ExitCode::SUCCESS;
    }
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        let text = text.trim_start_matches("error: ").trim_end();
        let failure = Failure::usage(text);
        return if lacks_content(error) {
            failure.hint(CONTENT_TIP).report(true)
        } else {
            failure.report(true)
        };
    }
    drop(error.print());
    if lacks_content(error) {
        tell(CONTENT_TIP);
    }
    ExitCode::from(Kind::Usage.code())
}

/// What else may stand in the place of the content.
const CONTENT_TIP: &str = "for the content, - or --stdin reads the standard input";

/// Whether it is about the content of a memory that is not given.
fn lacks_content(error: &clap::Error) -> bool {
    error.kind() == clap::error::ErrorKind::MissingRequiredArgument
        && error.to_string().contains("<CONTENT>")
}
