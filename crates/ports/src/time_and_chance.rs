use std::fmt;

use domain::Timestamp;

/// Tells the time. Only the application asks: backends are told.
pub trait Clock: fmt::Debug + Send + Sync {
    /// Returns the present moment in whole microseconds.
    fn now(&self) -> Timestamp;
}

/// Makes ids that nothing else has.
pub trait IdSource: fmt::Debug + Send + Sync {
    /// Returns a new id; later ones sort after earlier ones where the source can do that.
    fn next_id(&self) -> String;
}
