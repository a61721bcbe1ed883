use std::{fmt, fs, path::PathBuf};

use super::{
    Config, ConfigError, Origin, Secret, Setting,
    sources::{Sources, place},
};

const TOKEN: &str = "TURSO_AUTH_TOKEN";
const TOKEN_FILE: &str = "TURSO_AUTH_TOKEN_FILE";

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

impl Config {
    /// Returns the token for the primary, read from its file when that is where it is.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read, is no text or is empty.
    pub fn turso_token(&self) -> Result<Option<Secret>, ConfigError> {
        if let Some(token) = &self.turso_auth_token {
            return Ok(Some(token.value.clone()));
        }
        let Some(file) = &self.turso_auth_token_file else {
            return Ok(None);
        };
        let wrong = |reason: String| ConfigError::TokenFile {
            place: place(TOKEN_FILE, &file.origin),
            path: file.value.clone(),
            reason,
        };
        let text = fs::read_to_string(&file.value)
            .map_err(|error| wrong(format!("cannot be read: {error}")))?;
        let token = text.trim();
        if token.is_empty() {
            return Err(wrong("is empty".to_owned()));
        }
        Ok(Some(token.to_owned().into()))
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

/// Returns the token or the file that has it: of two, the one that is said first.
#[expect(clippy::type_complexity, reason = "two settings, one of them set")]
pub(super) fn token(
    sources: &Sources,
) -> Result<(Option<Setting<Secret>>, Option<Setting<PathBuf>>), ConfigError> {
    let token = sources.secret(TOKEN)?;
    let file = sources.optional_path(TOKEN_FILE)?;
    let (Some(text), Some(path)) = (&token, &file) else {
        return Ok((token, file));
    };
    match (&text.origin, &path.origin) {
        (Origin::Environment(_), Origin::File(_)) => Ok((token, None)),
        (Origin::File(_), Origin::Environment(_)) => Ok((None, file)),
        (origin, _) => Err(ConfigError::Secret {
            place: format!(
                "{} and {}",
                place(TOKEN, origin),
                place(TOKEN_FILE, &path.origin)
            ),
            rule: "are both set: keep one of them",
        }),
    }
}
