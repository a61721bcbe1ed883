//! Tokens, which are set themselves or are in a file that is.

use std::{fs, path::PathBuf};

use super::{
    Config, ConfigError, Origin, Secret, Setting,
    sources::{Sources, place},
};

/// The shortest token that the HTTP server takes, in characters; it is more than anybody guesses.
const SHORTEST: usize = 16;

/// What a token for the HTTP server is: neither easy to guess nor impossible to send.
const RULE: &str = "is 16 or more characters without spaces; openssl rand -hex 32 makes one";

/// The two variables of a token.
#[derive(Clone, Copy)]
pub(super) struct Variables {
    itself: &'static str,
    file: &'static str,
}

/// What the primary asks for.
pub(super) const TURSO: Variables = Variables {
    itself: "TURSO_AUTH_TOKEN",
    file: "TURSO_AUTH_TOKEN_FILE",
};

/// What the HTTP server asks for.
pub(super) const HTTP: Variables = Variables {
    itself: "MEMORY_HTTP_TOKEN",
    file: "MEMORY_HTTP_TOKEN_FILE",
};

impl Variables {
    /// Returns the token or the file that has it: of two, the one that is said first.
    #[expect(clippy::type_complexity, reason = "two settings, one of them set")]
    pub(super) fn find(
        self,
        sources: &Sources,
    ) -> Result<(Option<Setting<Secret>>, Option<Setting<PathBuf>>), ConfigError> {
        let token = sources.secret(self.itself)?;
        let file = sources.optional_path(self.file)?;
        let (Some(text), Some(path)) = (&token, &file) else {
            return Ok((token, file));
        };
        match (&text.origin, &path.origin) {
            (Origin::Environment(_), Origin::File(_)) => Ok((token, None)),
            (Origin::File(_), Origin::Environment(_)) => Ok((None, file)),
            (origin, _) => Err(ConfigError::Secret {
                place: format!(
                    "{} and {}",
                    place(self.itself, origin),
                    place(self.file, &path.origin)
                ),
                rule: "are both set: keep one of them",
            }),
        }
    }

    /// Returns what the file has.
    fn read(self, file: &Setting<PathBuf>) -> Result<Secret, ConfigError> {
        let text = fs::read_to_string(&file.value)
            .map_err(|error| self.wrong(file, format!("cannot be read: {error}")))?;
        // Some editors begin a file with a mark that is no part of it.
        let token = text.trim_start_matches('\u{feff}').trim();
        if token.is_empty() {
            return Err(self.wrong(file, "is empty".to_owned()));
        }
        Ok(token.to_owned().into())
    }

    fn wrong(self, file: &Setting<PathBuf>, reason: String) -> ConfigError {
        ConfigError::TokenFile {
            place: place(self.file, &file.origin),
            path: file.value.clone(),
            reason,
        }
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
        let file = self.turso_auth_token_file.as_ref();
        file.map(|file| TURSO.read(file)).transpose()
    }

    /// Returns the token that clients of the HTTP server have to send, read from its file when that
    /// is where it is, without the spaces and line breaks around it.
    ///
    /// # Errors
    ///
    /// Fails when the token is shorter than 16 characters or has any that are no visible ASCII, and
    /// when the file cannot be read, is no text or is empty.
    pub fn http_token(&self) -> Result<Option<Secret>, ConfigError> {
        if let Some(Setting { value, origin }) = &self.http_token {
            let token = value.expose().trim();
            if !is_good(token) {
                let place = place(HTTP.itself, origin);
                return Err(ConfigError::Secret { place, rule: RULE });
            }
            return Ok(Some(token.to_owned().into()));
        }
        let Some(file) = &self.http_token_file else {
            return Ok(None);
        };
        let token = HTTP.read(file)?;
        if !is_good(token.expose()) {
            return Err(HTTP.wrong(file, format!("has no token: one {RULE}")));
        }
        Ok(Some(token))
    }
}

fn is_good(token: &str) -> bool {
    token.len() >= SHORTEST && token.bytes().all(|byte| byte.is_ascii_graphic())
}
