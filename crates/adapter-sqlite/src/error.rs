use lanes::LaneError;
use ports::{BackendError, ErrorKind};
use sqlite_engine::rusqlite;

/// Translates an error of the engine; what was being done is added above.
pub(crate) fn sqlite(err: rusqlite::Error) -> BackendError {
    let code = err.sqlite_error().map(|err| err.extended_code);
    let said = match &err {
        rusqlite::Error::SqliteFailure(_, said) => said.as_deref(),
        rusqlite::Error::SqlInputError { msg, .. } => Some(msg.as_str()),
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

/// Translates how a job on a lane ended.
pub(crate) fn on_lane(doing: &'static str) -> impl FnOnce(LaneError<BackendError>) -> BackendError {
    move |err| match err {
        LaneError::Failed(err) => err.while_doing(doing),
        LaneError::Closed => BackendError::new(ErrorKind::Closed, doing)
            .because("the backend was closed: open it again"),
        LaneError::Panicked(message) => BackendError::new(ErrorKind::Backend, doing).because(
            format!("the program has a fault, please report it: {message}"),
        ),
    }
}
