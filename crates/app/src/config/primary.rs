use std::fmt;

use super::{ConfigError, Setting, sources::Sources};

/// Where reads and writes of Turso go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TursoMode {
    /// A file on this machine.
    Local,
    /// Reads go to a copy on this machine, writes to the primary.
    Replica,
    /// Everything goes to the primary.
    Remote,
}

impl TursoMode {
    pub(super) const CHOICES: &[(&str, Self)] = &[
        ("local", Self::Local),
        ("replica", Self::Replica),
        ("remote", Self::Remote),
    ];
}

/// The URL of a primary.
///
/// `Debug` leaves out what does not belong into it but may be there, such as a token.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Returns all of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns its scheme, host and path, without what does not belong into it but may be there.
    pub fn without_secrets(&self) -> String {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        let shown = &rest[..end];
        // A password may itself have an `@`, so that the last one counts.
        let host = shown.rsplit_once('@').map_or(shown, |(_, host)| host);
        format!("{scheme}://{host}")
    }
}

impl<T: Into<String>> From<T> for DatabaseUrl {
    fn from(url: T) -> Self {
        Self(url.into())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({})", self.without_secrets())
    }
}

pub(super) fn url(sources: &Sources) -> Result<Option<Setting<DatabaseUrl>>, ConfigError> {
    Ok(sources
        .text("TURSO_DATABASE_URL")?
        .map(|Setting { value, origin }| Setting {
            value: value.into(),
            origin,
        }))
}
