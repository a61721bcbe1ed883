use lanes::LaneError;
use ports::{BackendError, ErrorKind};
use sqlite_engine::rusqlite::{self, ErrorCode};

/// Translates an error of the engine; what was being done is added above.
pub(crate) fn sqlite(err: rusqlite::Error) -> BackendError {
    let (kind, words) = match err.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => (
            ErrorKind::Busy,
            "another process kept the file locked for 30 seconds: try again, or end that process",
        ),
        Some(ErrorCode::DatabaseCorrupt) => (
            ErrorKind::Corrupt,
            "the file is damaged: stop every program that uses it and restore a backup",
        ),
        Some(ErrorCode::NotADatabase) => (
            ErrorKind::Corrupt,
            "the file is no SQLite database, or is encrypted with another key; nothing was changed",
        ),
        Some(ErrorCode::ConstraintViolation) => (
            ErrorKind::InvalidArgument,
            "what was to be written breaks a rule of the tables; nothing was changed",
        ),
        Some(ErrorCode::DiskFull) => (
            ErrorKind::Backend,
            "the disk is full: make room and try again; nothing was changed",
        ),
        Some(
            ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::AuthorizationForStatementDenied,
        ) => (
            ErrorKind::Unauthorized,
            "the file or its folder may not be written: change its permissions",
        ),
        Some(ErrorCode::CannotOpen) => (
            ErrorKind::Unauthorized,
            "the file cannot be opened: look at the permissions of it and its folder",
        ),
        Some(ErrorCode::SystemIoFailure) => (
            ErrorKind::Backend,
            "reading or writing the file failed: look at the disk; nothing was changed",
        ),
        _ => {
            let words = err.to_string();
            return BackendError::new(ErrorKind::Backend, "run a statement")
                .because(words)
                .from_source(err);
        }
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
