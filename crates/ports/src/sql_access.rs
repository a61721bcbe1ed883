use async_trait::async_trait;
use serde::Serialize;

use crate::Result;

/// Lets a caller put questions of their own to a backend that speaks SQL.
#[async_trait]
pub trait SqlAccess: Send + Sync {
    /// Runs one statement and returns its rows.
    ///
    /// With [`Access::Write`] what it changes is committed when the call returns, and what it puts
    /// into the tables is found by every other method at once.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](crate::ErrorKind::InvalidArgument) when the SQL is wrong, a parameter
    ///   is missing, or a statement changes something with [`Access::Read`]
    async fn execute_query(
        &self,
        sql: &str,
        parameters: SqlParameters,
        access: Access,
    ) -> Result<Vec<Row>>;
}

/// What a statement may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Look.
    Read,
    /// Look and change.
    Write,
}

/// The values for a statement's parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlParameters {
    /// For `?1`, `?2` and so on.
    Positional(Vec<SqlValue>),
    /// For `:name`, `@name` or `$name`; names are given without the sign in front.
    Named(Vec<(String, SqlValue)>),
}

impl SqlParameters {
    /// For a statement without parameters.
    pub const NONE: Self = Self::Positional(Vec::new());
}

/// A value that SQL takes and gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(missing_docs, reason = "the names are SQL's own")]
pub enum SqlValue {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<&str> for SqlValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for SqlValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for SqlValue {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

/// A row: its columns by name, in the order of the statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row(pub Vec<(String, SqlValue)>);

impl Row {
    /// Returns the value of the column, the first one of that name.
    pub fn get(&self, column: &str) -> Option<&SqlValue> {
        self.0
            .iter()
            .find(|(name, _)| name == column)
            .map(|(_, value)| value)
    }
}
